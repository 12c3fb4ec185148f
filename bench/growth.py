"""Growth: the same citizens asked for among few and among many, in turn. SQLite; about 5 GB for 100,000 citizens.

Two things are compared: how long the slowest hundredth takes, and how many pages of the database an answer reads. The
latter is counted by the operating system, from a service that keeps no page and maps none (`bench.variants.pageless`).

A few citizens with 20 resources each are written through the use cases and then copied row by row under new keys, for
writing two million resources through the service would take the better part of an hour and measure nothing more.
"""

import asyncio
import random
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Table

from app.config import Settings
from app.demo.personas import PERSONAS
from app.demo.run import issuer_key, mark_as_demo, persona_token, seed_directory, submit_as
from app.main import open_service
from app.runtime import now, now_us
from app.sharing import RegisterFact, feed_registers
from app.store.database import open_database
from app.store.ids import Ids
from app.store.migrate import migrate
from app.store.tables import N_BITS, metadata
from bench import measure, paths
from bench.corpus import corpus, number
from bench.measure import Turn
from bench.paths import FRESH, PAGELESS, SERVE, Stream
from bench.prepare import READER, Progress
from bench.servers import Server
from consent.model import Period
from consent.vocabulary import RelationKind
from schemas.homes import HOME_OF
from schemas.terminology import systems

RESOURCES = 20
_TEMPLATES = 12
_ASKED = 400
_LETTERS = "GG"
_AT_ONCE = 500
_PATHS = ("read", "search", "summary-fresh")
_COUNTED = 200
_PAGE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """One path among few and among many citizens: medians over the rounds. `ratio` is that of the 99th percentiles.

    Pages are those that readers took from the file for one answer of a service that remembers nothing.
    """

    path: str
    few: Turn
    many: Turn
    ratio: float
    few_pages: float
    many_pages: float


def run(folder: Path, *, few: int, many: int, rounds: int, seconds: float, progress: Progress) -> list[Grown]:
    """Build both databases and measure them in turn."""
    template = folder / "template.sqlite"
    token = asyncio.run(_template(f"sqlite:///{template}"))
    with ExitStack() as stack:
        streams: dict[str, Stream] = {}
        servers: dict[str, Server] = {}
        for size in (few, many):
            file = folder / f"citizens-{size}.sqlite"
            asked = _grow(template, file, size, progress)
            for key, made in _streams(asked, token).items():
                streams[f"{key}-{size}"] = replace(made, key=f"{key}-{size}", server=f"{made.server}-{size}")
            for kind, factory in ((SERVE, None), (FRESH, f"bench.variants:{FRESH}")):
                server = _server(kind, factory, file, size, streams[f"read-{size}"].requests[0])
                server.start()
                stack.callback(server.stop)
                servers[server.key] = server
        turns = measure.run(streams, servers, rounds=rounds, seconds=seconds, backends=lambda: 0.0, progress=progress)
    pages = {size: _pages(folder / f"citizens-{size}.sqlite", size, streams) for size in (few, many)}
    return [
        _grown(key, (turns[f"{key}-{few}"], turns[f"{key}-{many}"]), (pages[few][key], pages[many][key]))
        for key in _PATHS
    ]


def _grown(path: str, turns: tuple[Sequence[Turn], Sequence[Turn]], pages: tuple[float, float]) -> Grown:
    few, many = turns
    ratios = [large.p99_ms / small.p99_ms for small, large in zip(few, many, strict=True)]
    return Grown(
        path=path,
        few=_middle(few),
        many=_middle(many),
        ratio=measure.spread(ratios).median,
        few_pages=pages[0],
        many_pages=pages[1],
    )


def _pages(file: Path, size: int, streams: Mapping[str, Stream]) -> dict[str, float]:
    """Return how many pages one answer of each path reads from the file."""
    server = _server("pageless", f"bench.variants:{PAGELESS}", file, size, streams[f"read-{size}"].requests[0])
    server.start()
    found = {}
    try:
        for path in _PATHS:
            requests = streams[f"{path}-{size}"].requests[:_COUNTED]
            server.ask(requests[0])
            before = server.read_bytes()
            for request in requests:
                server.ask(request)
            found[path] = (server.read_bytes() - before) / _PAGE / len(requests)
    finally:
        server.stop()
    return found


def _server(kind: str, factory: str | None, file: Path, size: int, probe: bytes) -> Server:
    return Server(
        key=f"{kind}-{size}",
        factory=factory,
        environment={
            "OVERGANG_MODE": "development",
            "OVERGANG_DATABASE_URL": f"sqlite:///{file}",
            "OVERGANG_LOG_LEVEL": "warning",
        },
        probe=probe,
    )


def _middle(turns: Sequence[Turn]) -> Turn:
    return sorted(turns, key=lambda turn: turn.p99_ms)[len(turns) // 2]


async def _template(url: str) -> str:
    """Write the citizens that are copied; return a reader's token."""
    await migrate(url)
    database = await open_database(url)
    await mark_as_demo(database)
    await database.close()
    service = await open_service(Settings(mode="development", database_url=url))
    try:
        content = corpus(citizens=_TEMPLATES, at=now())
        await seed_directory(service.database, content.cluster)
        ward = PERSONAS[READER].organisation
        stays = [
            RegisterFact(citizen=one, kind=RelationKind.STAY, period=Period(), source="bench", organisation=ward)
            for one in content.citizens
        ]
        await feed_registers(service, stays, at_us=now_us())
        key = await issuer_key(service.database)
        for one in content.submissions:
            if one.sender == "hospital-system":
                entry = _first(one.bundle["entry"])
                await submit_as(service, key, replace(one, bundle={**one.bundle, "entry": entry}))
        return persona_token(PERSONAS[READER], key, at_us=now_us())
    finally:
        await service.database.close()


def _first(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return so many entries that point to nothing outside of them."""
    chosen: list[dict[str, Any]] = []
    known: set[str] = set()
    addresses = {entry["fullUrl"] for entry in entries}
    for entry in entries:
        text = repr(entry["resource"])
        if len(chosen) < RESOURCES and {address for address in addresses if address in text} <= known | {
            entry["fullUrl"]
        }:
            chosen.append(entry)
            known.add(entry["fullUrl"])
    return chosen


@dataclass(frozen=True, slots=True)
class _Asked:
    identifier: tuple[str, str]
    patient: str
    observation: str


def _grow(template: Path, file: Path, size: int, progress: Progress) -> list[_Asked]:
    """Copy the template's citizens under new keys until there are `size`; return those who will be asked for."""
    with closing(sqlite3.connect(template)) as source, closing(sqlite3.connect(file)) as target:
        source.backup(target)
        target.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;")
        ids = Ids(source.execute("SELECT value FROM setting WHERE name = 'id-key'").fetchone()[0])
        rng = random.Random(size)
        pids = sorted(rng.sample(range(1, 2**40), size))
        chosen = frozenset(rng.sample(range(size), min(_ASKED, size)))
        templates = _templates(source)
        asked = []
        for start in range(0, size, _AT_ONCE):
            places = range(start, min(start + _AT_ONCE, size))
            for table in _citizens_tables():
                marks = ",".join("?" * len(table.columns))
                rows = (
                    row for place in places for row in _copied(table, templates[place % len(templates)], pids[place])
                )
                target.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)
            target.executemany(
                "INSERT INTO identifier (system, value, controller, valid_from, pid) VALUES (?, ?, '', 0, ?)",
                ((systems.X_ECPR, number(place, _LETTERS), pids[place]) for place in places),
            )
            target.commit()
            asked += [_ask(ids, templates[at % len(templates)], pids[at], at) for at in places if at in chosen]
            progress(f"growing to {size}", places[-1] + 1, size)
        target.executescript("PRAGMA journal_mode = WAL; ANALYZE;")
    return asked


def _citizens_tables() -> list[Table]:
    apart = {"identifier", "audit", "outbox", "answer", "history"}
    return [table for table in metadata.tables.values() if "pid" in table.columns and table.name not in apart]


_Template = dict[str, list[tuple[Any, ...]]]


def _templates(source: sqlite3.Connection) -> list[_Template]:
    pids = [row[0] for row in source.execute("SELECT pid FROM citizen WHERE next_n > ?", (RESOURCES // 2,))]
    return [
        {
            table.name: source.execute(
                f"SELECT {','.join(column.name for column in table.columns)} FROM {table.name} WHERE pid = ?", (pid,)
            ).fetchall()
            for table in _citizens_tables()
        }
        for pid in pids
    ]


def _copied(table: Table, template: _Template, pid: int) -> Iterator[tuple[Any, ...]]:
    names = [column.name for column in table.columns]
    at, place = names.index("pid"), names.index("place") if "place" in names else None
    for row in template[table.name]:
        made = list(row)
        made[at] = pid
        if place is not None:
            made[place] = pid << N_BITS | row[names.index("n")]
        yield tuple(made)


def _ask(ids: Ids, template: _Template, pid: int, place: int) -> _Asked:
    columns = [column.name for column in metadata.tables["resource"].columns]
    n, type_ = columns.index("n"), columns.index("type")
    of = {row[type_]: row[n] for row in template["resource"]}
    return _Asked(
        (systems.X_ECPR, number(place, _LETTERS)),
        ids.encode(pid, of[HOME_OF["Patient"].number]),
        ids.encode(pid, of[HOME_OF["Observation"].number]),
    )


def _streams(asked: Sequence[_Asked], token: str) -> dict[str, Stream]:
    made = (
        Stream(key="read", server=SERVE, requests=tuple(paths.read(one.observation, token) for one in asked)),
        Stream(
            key="search",
            server=SERVE,
            requests=tuple(search for one in asked for search in paths.searches(one.patient, token)),
        ),
        Stream(key="summary-fresh", server=FRESH, requests=tuple(paths.pull(one.identifier, token) for one in asked)),
    )
    return {stream.key: replace(stream, connections=4) for stream in made}
