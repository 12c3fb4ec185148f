"""`python -m bench [--quick] [--postgresql] [--growth] [--json FILE] [--markdown]`; see docs/performance.md."""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg

from app.runtime import now
from bench import bare, growth, measure, paths, postgresql, report
from bench.prepare import Prepared, copy_sqlite, prepare
from bench.report import Report, Start
from bench.servers import Server


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    citizens: int
    rounds: int
    seconds: float
    starts: int
    directed: int
    """Citizens for each number of directives."""


FULL = Size(citizens=120, rounds=15, seconds=2.0, starts=5, directed=12)
QUICK = Size(citizens=24, rounds=5, seconds=0.5, starts=1, directed=4)


def main(arguments: Sequence[str] | None = None) -> list[Report]:
    """Measure and print; the reports are returned for tests."""
    given = _parser().parse_args(arguments)
    size = QUICK if given.quick else FULL
    size = replace(
        size, **{key: value for key in ("citizens", "rounds", "seconds", "directed") if (value := getattr(given, key))}
    )
    only = frozenset(given.only.split(",")) if given.only else None
    made: list[Report] = []
    with tempfile.TemporaryDirectory(prefix="overgang-bench-") as folder:
        made.append(_sqlite(Path(folder), size, only))
    if given.postgresql:
        with tempfile.TemporaryDirectory(prefix="overgang-bench-") as folder, postgresql.server() as server:
            made.append(_postgresql(server, Path(folder), size, only))
    if given.growth is not None:
        _growth(given.growth, size)
    for one in made:
        if given.markdown:
            sys.stdout.write(report.markdown(one) + "\n")
        else:
            report.show(one)
    if given.json is not None:
        given.json.write_text(json.dumps([report.as_json(one) for one in made], indent=1), encoding="utf-8")
    return made


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure every figure that we claim.")
    parser.add_argument("--quick", action="store_true", help="under two minutes, wider quartiles")
    parser.add_argument("--postgresql", action="store_true", help="measure on PostgreSQL too")
    parser.add_argument(
        "--growth", type=int, nargs="?", const=100_000, metavar="CITIZENS", help="from 1,000 to so many citizens too"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    parser.add_argument("--only", metavar="STREAMS", help=f"comma-separated, of: {', '.join(_STREAMS)}")
    parser.add_argument("--citizens", type=int)
    parser.add_argument("--directed", type=int, help="citizens for each number of directives")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="of one turn")
    return parser


_STREAMS = sorted({key for path in paths.PATHS for key in (path.stream, path.beside) if key})


def _growth(many: int, size: Size) -> None:
    with tempfile.TemporaryDirectory(prefix="overgang-bench-") as folder:
        grown = growth.run(
            Path(folder), few=1_000, many=many, rounds=size.rounds, seconds=size.seconds, progress=_progress
        )
    for one in grown:
        sys.stdout.write(
            f"growth 1,000 -> {many:,} citizens, {one.path}: p99 {one.few.p99_ms:.2f} -> {one.many.p99_ms:.2f} ms "
            f"({one.ratio:.2f} x; due 1.3 x), CPU {one.few.cpu_us:.0f} -> {one.many.cpu_us:.0f} µs, "
            f"pages {one.few_pages:.0f} -> {one.many_pages:.0f} ({one.many_pages / one.few_pages:.2f} x; due 1.3 x)\n"
        )


def _progress(what: str, done: int, total: int) -> None:
    end = "\n" if done == total else ""
    sys.stderr.write(f"\r{what}: {done} of {total}   {end}")
    sys.stderr.flush()


def _sqlite(folder: Path, size: Size, only: frozenset[str] | None) -> Report:
    file = folder / "bench.sqlite"
    url = f"sqlite:///{file}"
    prepared = asyncio.run(prepare(url, citizens=size.citizens, directed=size.directed, progress=_progress))
    urls = {}
    for key in (paths.WRITTEN, paths.MODELS):
        copy_sqlite(file, folder / f"{key}.sqlite")
        urls[key] = f"sqlite:///{folder}/{key}.sqlite"
    return _measured("SQLite", url, urls, prepared, folder, size, only, backends=lambda: 0.0)


def _postgresql(server: postgresql.Backends, folder: Path, size: Size, only: frozenset[str] | None) -> Report:
    url = server.url.format("bench")
    asyncio.run(_execute(server.url.format("postgres"), "CREATE DATABASE bench"))
    prepared = asyncio.run(prepare(url, citizens=size.citizens, directed=size.directed, progress=_progress))
    urls = {}
    for key in (paths.WRITTEN, paths.MODELS):
        asyncio.run(_execute(server.url.format("postgres"), f"CREATE DATABASE {key} TEMPLATE bench"))
        urls[key] = server.url.format(key)
    asyncio.run(_execute(url, "ANALYZE"))
    return _measured("PostgreSQL", url, urls, prepared, folder, size, only, backends=server.cpu_seconds)


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _measured(
    engine: str,
    url: str,
    urls: Mapping[str, str],
    prepared: Prepared,
    folder: Path,
    size: Size,
    only: frozenset[str] | None,
    *,
    backends: Callable[[], float],
) -> Report:
    bodies = folder / "bodies"
    bodies.mkdir()
    for name, body in paths.bodies(prepared).items():
        (bodies / name).write_bytes(body)
    streams = {key: one for key, one in paths.streams(prepared).items() if only is None or key in only}
    needed = {stream.server for stream in streams.values()} | {paths.SERVE}
    with ExitStack() as stack:
        servers: dict[str, Server] = {}
        starts = []
        for key in sorted(needed):
            servers[key] = _server(key, urls.get(key, url), bodies, prepared)
            stack.callback(servers[key].stop)
            for again in range(size.starts if key == paths.SERVE else 1):
                if again:
                    servers[key].stop()
                servers[key].start()
                if key == paths.SERVE:
                    starts.append(servers[key].start_seconds)
        turns = measure.run(
            streams, servers, rounds=size.rounds, seconds=size.seconds, backends=backends, progress=_progress
        )
        start = Start(seconds=statistics.median(starts), resident_mb=servers[paths.SERVE].resident_bytes() / 2**20)
    summaries = [len(one.summary) for one in prepared.targets]
    entries = [one.summary.count(b'"fullUrl"') for one in prepared.targets]
    return Report(
        engine=engine,
        at=now(),
        shape=report.shape(),
        data=(
            f"{size.citizens} citizens, summaries of {statistics.mean(entries):.0f} resources and "
            f"{statistics.mean(summaries) / 1000:.0f} kB, {size.rounds} rounds of {size.seconds} s"
        ),
        figures=measure.figures(turns),
        start=start,
    )


def _server(key: str, url: str, bodies: Path, prepared: Prepared) -> Server:
    service = {"OVERGANG_MODE": "development", "OVERGANG_DATABASE_URL": url, "OVERGANG_LOG_LEVEL": "warning"}
    if key == paths.BARE:
        probe = b"GET /read-0 HTTP/1.1\r\nHost: localhost\r\n\r\n"
        return Server(key=key, factory="bench.bare:create_app", environment={bare.FOLDER: str(bodies)}, probe=probe)
    factory = None if key in {paths.SERVE, paths.WRITTEN} else f"bench.variants:{key}"
    return Server(key=key, factory=factory, environment=service, probe=paths.probe(prepared))


if __name__ == "__main__":
    main()
