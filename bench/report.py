"""The figures as a table for people, as JSON, and as Markdown for the README."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.measure import Figure, Spread
from bench.paths import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Start to first answer, and resident memory after the run, of the service as it is."""

    seconds: float
    resident_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one run on one engine gave. `shape` says of what kind the machine is, never which."""

    engine: str
    at: datetime
    shape: str
    data: str
    figures: Sequence[Figure]
    start: Start


START_DUE, START_EXTREME = 3.0, 1.5
MEMORY_DUE, MEMORY_EXTREME = 250.0, 150.0


def shape() -> str:
    """Return cores, memory and versions of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB memory, {platform.system()} {platform.machine()}, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )


COLUMNS = (
    "path",
    "measured",
    "quartiles",
    "due",
    "extreme",
    "met",
    "per second",
    "CPU µs",
    "beside: /s",
    "CPU µs",
    "by CPU",
)


def rows(report: Report) -> list[tuple[str, ...]]:
    """Return the table, all cells as text."""
    found = [_row(figure) for figure in report.figures]
    start, memory = report.start.seconds, report.start.resident_mb
    found.append(
        (
            "start to first answer",
            f"{start:.2f} s",
            "",
            "3 s",
            "1.5 s",
            _met(start <= START_DUE, start <= START_EXTREME),
        )
        + ("",) * 5
    )
    found.append(
        ("resident memory after the run", f"{memory:.0f} MB", "", "250 MB", "150 MB")
        + (_met(memory <= MEMORY_DUE, memory <= MEMORY_EXTREME),)
        + ("",) * 5
    )
    return found


def _row(figure: Figure) -> tuple[str, ...]:
    path = figure.path
    quartiles = f"{_number(path, figure.figure.low)}-{_number(path, figure.figure.high)}"
    behind = f" + {figure.backend_us:.0f}" if figure.backend_us else ""
    return (
        path.title,
        _told(path, figure.figure.median),
        quartiles,
        _told(path, path.due),
        _told(path, path.extreme),
        _met(figure.is_met, figure.is_extreme),
        f"{figure.rate.median:,.0f}",
        f"{figure.cpu_us.median:,.0f}{behind}",
        "" if figure.beside_rate is None else f"{figure.beside_rate:,.0f}",
        "" if figure.beside_cpu_us is None else f"{figure.beside_cpu_us:,.0f}",
        "" if figure.cpu_ratio is None else f"{figure.cpu_ratio:.2f}",
    )


def _told(path: Path, value: float) -> str:
    unit = {"rate": " %", "overhead": " %", "cpu-ms": " ms", "resources": "/s", "resources-ratio": " x"}[path.judged]
    return _number(path, value) + unit


def _number(path: Path, value: float) -> str:
    match path.judged:
        case "rate" | "overhead":
            return f"{value * 100:.1f}"
        case "resources":
            return f"{value:,.0f}"
        case _:
            return f"{value:.2f}" if path.judged == "cpu-ms" else f"{value:.1f}"


def _met(due: bool, extreme: bool) -> str:  # noqa: FBT001
    return "extreme" if extreme else "due" if due else "NO"


def head(report: Report) -> str:
    """Return when and on what was measured."""
    return f"{report.at:%Y-%m-%d}, {report.engine}, {report.shape}; {report.data}"


def show(report: Report) -> None:
    """Print the table."""
    table = Table(*COLUMNS, title=head(report), title_justify="left")
    for row in rows(report):
        table.add_row(*row)
    Console(width=190).print(table)


def markdown(report: Report) -> str:
    """Return the table for the README."""
    lines = [
        "| " + " | ".join(COLUMNS) + " |",
        "|" + "---|" * len(COLUMNS),
        *("| " + " | ".join(row) + " |" for row in rows(report)),
    ]
    return f"{head(report)}\n\n" + "\n".join(lines) + "\n"


def as_json(report: Report) -> dict[str, Any]:
    """Return everything measured."""
    return {**asdict(report), "at": report.at.isoformat()}


__all__ = ["Report", "Spread", "Start", "as_json", "head", "markdown", "rows", "shape", "show"]
