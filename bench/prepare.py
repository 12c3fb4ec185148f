"""A database with the bench citizens in it, written through the use cases that answer HTTP."""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from app.config import Settings
from app.context import Call, Service
from app.demo.personas import PERSONAS
from app.demo.run import issuer_key, mark_as_demo, persona_token, seed_directory, submit_as
from app.identity import Caller
from app.main import open_service
from app.runtime import now, now_us, random_id, to_us
from app.sharing import RegisterFact, feed_registers, search, summary
from app.store.database import open_database
from app.store.migrate import migrate
from app.summary.sections import VIEWS
from bench.corpus import Corpus, corpus
from bench.directives import COUNTS, direct
from consent.model import Period
from consent.vocabulary import RelationKind

READER, WRITER = "hospital-doctor", "hospital-system"
PROFILE = VIEWS["admission-context"].profile
Progress = Callable[[str, int, int], None]
_AT_ONCE = 4
_OBSERVATION = re.compile(rb'/Observation/([a-z2-7]{26})","resource":')


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One citizen as the load generator asks for her: `patient` and `observations` are public ids."""

    identifier: tuple[str, str]
    patient: str
    observations: tuple[str, ...]
    tag: str
    summary: bytes
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """`reader` and `writer` are bearer tokens; `directed` are citizens with so many directives."""

    targets: tuple[Target, ...]
    directed: Mapping[int, tuple[Target, ...]]
    reader: str
    writer: str
    corpus: Corpus


async def prepare(url: str, *, citizens: int, progress: Progress, directed: int = 0) -> Prepared:
    """Migrate and fill the database behind `url`, and find what can be asked for.

    `directed` citizens more are written for each number of directives.
    """
    await migrate(url)
    database = await open_database(url)
    await mark_as_demo(database)
    await database.close()
    service = await open_service(Settings(mode="development", database_url=url))
    try:
        content = corpus(citizens=citizens + directed * len(COUNTS), at=now())
        await _write(service, content, progress)
        groups = {
            count: content.citizens[citizens + place * directed :][:directed] for place, count in enumerate(COUNTS)
        }
        key = await issuer_key(service.database)
        for place, (count, identifiers) in enumerate(groups.items()):
            for identifier in identifiers:
                await direct(service, key, identifier, count)
            progress("writing directives", place + 1, len(groups))
        return await _found(service, content, content.citizens[:citizens], groups)
    finally:
        await service.database.close()


async def _write(service: Service, content: Corpus, progress: Progress) -> None:
    await seed_directory(service.database, content.cluster)
    ward = PERSONAS[READER].organisation
    stays = [
        RegisterFact(citizen=identifier, kind=RelationKind.STAY, period=Period(), source="bench", organisation=ward)
        for identifier in content.citizens
    ]
    await feed_registers(service, stays, at_us=now_us())
    key = await issuer_key(service.database)
    groups = [list(group) for _, group in groupby(content.submissions, key=lambda one: one.identifier)]
    done = 0

    async def write(group: list[object]) -> None:
        nonlocal done
        for one in group:
            await submit_as(service, key, one)  # type: ignore[arg-type]
        done += 1
        progress("writing citizens", done, len(groups))

    for start in range(0, len(groups), _AT_ONCE):
        await asyncio.gather(*(write(list(group)) for group in groups[start : start + _AT_ONCE]))


async def _found(
    service: Service,
    content: Corpus,
    plain: Sequence[tuple[str, str]],
    directed: Mapping[int, Sequence[tuple[str, str]]],
) -> Prepared:
    key = await issuer_key(service.database)
    at_us = now_us()
    reader = persona_token(PERSONAS[READER], key, at_us=at_us)
    caller = service.verifier.verify(reader, now_us=at_us)
    asked = Asking(service, caller, at_us)
    return Prepared(
        targets=tuple([await asked.target(one) for one in plain]),
        directed={count: tuple([await asked.target(one) for one in many]) for count, many in directed.items() if many},
        reader=reader,
        writer=persona_token(PERSONAS[WRITER], key, at_us=to_us(now())),
        corpus=content,
    )


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for what the load generator will ask for, and when."""

    service: Service
    caller: Caller
    at_us: int

    async def target(self, identifier: tuple[str, str]) -> Target:
        """Return a citizen as the load generator asks for her."""
        call = Call(caller=self.caller, request_id=random_id(), at_us=self.at_us)
        made = await summary(
            self.service, call, id=None, identifier=identifier, profile=PROFILE, unchanged=lambda _tag: False
        )
        body = made.body or b""
        pairs = [("identifier", "|".join(identifier))]
        found = await search(self.service, call, type="Patient", pairs=pairs, lenient=False)
        patient = re.search(rb'/Patient/([a-z2-7]{26})","resource":', found)
        assert patient is not None
        observations = tuple(one.decode() for one in _OBSERVATION.findall(body))
        return Target(
            identifier=identifier,
            patient=patient[1].decode(),
            observations=observations,
            tag=made.tag.decode(),
            summary=body,
            body=_resource(body, observations[0]),
        )


def _resource(document: bytes, id_: str) -> bytes:
    start = document.index(b'/Observation/%s","resource":' % id_.encode())
    start = document.index(b'"resource":', start) + len(b'"resource":')
    return document[start : document.index(b'},{"fullUrl"', start)]


def copy_sqlite(path: Path, to: Path) -> None:
    """Copy a database file that may be open."""
    source, target = sqlite3.connect(path), sqlite3.connect(to)
    with target:
        source.backup(target)
    source.close()
    target.close()
