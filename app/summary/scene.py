"""What the sections see: the rows of one answer, the moment, and the next moment at which it would read differently."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec

from app.summary import catalogue, times
from app.summary.catalogue import Text
from app.summary.markup import safe
from app.summary.model import Kind, Line

if TYPE_CHECKING:
    from app.summary.stays import Chain


class Row(msgspec.Struct, frozen=True, eq=False):
    """One line with where it comes from. `in_bundle` is false for what has no entry (another source's Patient)."""

    line: Line
    ref: str  # 'Type/id'
    type: str
    source: str  # organisation's name, escaped
    owner: str  # controller, tells sources apart
    received_us: int
    in_bundle: bool
    age: tuple[int, int, str]  # sorts newest first

    def has(self, mark: int) -> bool:
        """Tell whether the line bears the mark."""
        return bool(self.line.marks & mark)


@dataclass(frozen=True, slots=True)
class Block:
    """What a section says: XHTML blocks, and the rows whose resources are its entries."""

    parts: list[str]
    rows: list[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One row of the section table. `types` are the entry types that the section allows, `None` is any."""

    key: str
    code: str
    system: str
    display: str
    title: Text
    kinds: tuple[Kind, ...]
    arrange: Callable[["Scene", "Section"], Block]
    types: frozenset[str] | None = None
    stale_days: int | None = None
    window_days: int | None = None
    limit: int | None = None
    notice: bool = False  # repeats the standing notice


class Scene:
    """The rows of one answer by kind. Only `deadline` changes while the sections are composed."""

    __slots__ = ("at", "by_ref", "chain", "chains", "computing", "deadline", "phones", "rows")

    def __init__(self, *, at: int, phones: Mapping[str, str], computing: bool) -> None:
        """`at` is µs; `phones` are 24-hour numbers by organisation."""
        self.at = at
        self.phones = phones
        self.computing = computing
        self.rows: dict[Kind, list[Row]] = {}
        self.by_ref: dict[str, Row] = {}
        self.chains: list[Chain] = []  # of stays, oldest first
        self.chain: Chain | None = None  # the one that goes on now
        self.deadline: int | None = None

    def of(self, section: Section) -> list[Row]:
        """Return the rows of the section's kinds and types, in the order they came."""
        found: list[Row] = []
        for kind in section.kinds:
            rows = self.rows.get(kind)
            if rows:
                found += rows if section.types is None else [row for row in rows if row.type in section.types]
        return found

    def passed(self, moment: int) -> bool:
        """Tell whether `moment` has come; one that has not is remembered as a deadline of this answer."""
        if moment <= self.at:
            return True
        if self.deadline is None or moment < self.deadline:
            self.deadline = moment
        return False

    def is_over(self, stop: int | None) -> bool:
        """Tell whether a period whose last µs is `stop` has ended."""
        return stop is not None and self.passed(stop + 1)

    def is_stale(self, moment: int, days: int | None) -> bool:
        """Tell whether what was true at `moment` is older than the section trusts; an unknown date is not judged."""
        return days is not None and moment > 0 and self.passed(moment + days * times.DAY)

    def origin(self, row: Row, stale_days: int | None = None) -> str:
        """Write as-of, received (where it is another day) and source of a row, and whether it is stale."""
        line = row.line
        told = f"{catalogue.AS_OF.da} {line.as_of_text}" if line.as_of_text else catalogue.AS_OF_UNKNOWN.da
        if row.received_us and times.day_of(line.as_of) != times.day_of(row.received_us):
            told += f", {catalogue.RECEIVED.da} {times.day_text(row.received_us)}"
        stale = f" {mark(catalogue.STALE)}" if self.is_stale(line.as_of, stale_days) else ""
        return f" <small>{told} · {row.source}</small>{stale}"

    def item(self, row: Row, html: str, stale_days: int | None = None) -> str:
        """Write one list item."""
        return f"<li>{html}{self.origin(row, stale_days)}</li>"


def mark(text: Text) -> str:
    """Write a mark in both languages, Danish bold."""
    return f"<b>{text.da}</b> <i lang='en'>({text.en})</i>"


def heading(text: Text) -> str:
    """Write a sub-heading in both languages."""
    return f"<p><b>{text.da}</b> <i lang='en'>{text.en}</i></p>"


def both(text: Text) -> str:
    """Write a sentence in both languages as a paragraph."""
    return f"<p>{safe(text.da)} <i lang='en'>{safe(text.en)}</i></p>"


def listed(items: Iterable[str]) -> list[str]:
    """Return one list of the items, or nothing."""
    inside = "".join(items)
    return [f"<ul>{inside}</ul>"] if inside else []


def newest(rows: Iterable[Row]) -> list[Row]:
    """Sort newest first; equal dates by received, then by id, so that the order never depends on storage."""
    return sorted(rows, key=_AGE)


_AGE = attrgetter("age")
