"""Seed a database with the synthetic cluster, through the same use cases that answer HTTP. All data is synthetic."""

import asyncio
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec

from app.context import Call, Service
from app.demo.chart import Submission
from app.demo.cluster import Cluster, generate
from app.demo.personas import PERSONAS, Persona
from app.demo.registers import RegisterKind, RegisterRow
from app.errors import ConfigurationError, OvergangError
from app.fhir.outcome import outcome
from app.identity import issue_token
from app.identity.tokens import new_issuer_key, public_jwks
from app.runtime import random_id, to_us
from app.sharing import DirectoryFile, RegisterFact, feed_registers, load_directory, transaction
from app.store import directory, settings
from app.store.database import Database
from app.store.directory import listed
from app.store.job import Job
from app.store.tables import DIRECTORY
from consent.model import Period
from consent.vocabulary import Purpose, RelationKind, RepresentationKind
from schemas.admit import Admitted, admit

ISSUER = "overgang-demo"
SEEDED = "demo-seeded"
"""Mark of a database that was seeded to the end."""
_AT_ONCE = 6
Progress = Callable[[int, int], None]


async def mark_as_demo(database: Database) -> None:
    """Mark a database as demo and give it the key of the persona issuer; one that holds other data is refused.

    Raises:
        ConfigurationError: the database holds organisations and is not marked as demo.
    """
    async with database.snapshot() as snapshot:
        marks = await settings.load(snapshot)
        registered = await directory.load(snapshot, -1)
    snapshot.remembered.pop("directory", None)
    if "demo" in marks:
        return
    if registered.organisations:
        raise ConfigurationError("this database holds data and is not marked as demo")
    key = new_issuer_key()
    writes = (
        settings.put("demo", b"1"),
        settings.put("demo-issuer-private", json.dumps(key).encode()),
        settings.put("demo-issuer-public", json.dumps(public_jwks(key)).encode()),
    )
    await database.commit(Job(pid=DIRECTORY, writes=writes))


async def seed(service: Service, *, at: datetime, citizens: int = 220, number: int = 1, progress: Progress) -> Cluster:
    """Write the cluster: directory, registers, and what every source submitted, as of when it did.

    Raises:
        ConfigurationError: the database is not marked as demo.
        OvergangError: a submission was refused; the demo data is then wrong.
    """
    if not service.is_demo:
        raise ConfigurationError("only a database that is marked as demo is seeded")
    cluster = generate(citizens=citizens, seed=number, at=at)
    await seed_directory(service.database, cluster)
    await feed_registers(
        service, [fact for row in cluster.register if (fact := _fact(row)) is not None], at_us=to_us(at)
    )
    token_key = await issuer_key(service.database)
    submissions = sorted(cluster.submissions, key=lambda one: (one.identifier, one.at))
    groups = [list(group) for _, group in groupby(submissions, key=lambda one: one.identifier)]
    done = 0

    async def write(group: list[Submission]) -> None:
        nonlocal done
        for one in group:
            await submit_as(service, token_key, one)
            done += 1
            progress(done, len(submissions))

    for start in range(0, len(groups), _AT_ONCE):
        await asyncio.gather(*(write(group) for group in groups[start : start + _AT_ONCE]))
    await service.database.commit(Job(pid=DIRECTORY, writes=(settings.put(SEEDED, b"1"),)))
    return cluster


async def seed_directory(database: Database, cluster: Cluster) -> None:
    """Write organisations, staff, delegations and clients, as an operator loads them."""
    lists = {"specialties", "functions", "organisations", "purposes", "types"}

    def rows(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        kept = [{name: value for name, value in row.items() if value is not None} for row in found]
        return [{name: listed(value) if name in lists else value for name, value in row.items()} for row in kept]

    file = DirectoryFile.model_validate(
        {
            "organisations": rows(cluster.organisations),
            "staff": rows(cluster.staff),
            "delegations": rows(cluster.delegations),
            "clients": rows(cluster.clients),
        }
    )
    await load_directory(database, file)


async def submit_as(service: Service, token_key: dict[str, str], one: Submission) -> None:
    """Send one submission as its sender, at its time.

    Raises:
        OvergangError: it was refused.
    """
    at_us = to_us(one.at)
    token = persona_token(PERSONAS[one.sender], token_key, at_us=at_us)
    caller = service.verifier.verify(token, now_us=at_us)
    content = admit(msgspec.json.encode(one.bundle))
    if not isinstance(content, Admitted):
        fault = content.faults[0]
        raise OvergangError(f"demo data is invalid at {fault.path}: {fault.text}", faults=content.faults)
    call = Call(caller=caller, request_id=random_id(), at_us=at_us)
    await transaction(service, call, content=content, minimal=True, outcome=outcome)


def persona_token(
    persona: Persona,
    private_jwk: dict[str, str],
    *,
    at_us: int,
    audience: str = "overgang",
    purposes: frozenset[str] = frozenset(),
    life_seconds: int = 8 * 3600,
) -> str:
    """Issue a token for a persona; `purposes` replace the persona's own."""
    wanted = frozenset(Purpose(code) for code in purposes) or frozenset({persona.purpose})
    return issue_token(
        private_jwk,
        issuer=ISSUER,
        audience=audience,
        subject=persona.person or persona.key,
        client=persona.client,
        function=persona.function,
        purposes=wanted,
        organisation=persona.organisation,
        name=persona.name,
        person_id=None if persona.citizen is None else "|".join(persona.citizen),
        authorisation=persona.authorisation,
        profession=persona.profession,
        on_behalf_of=persona.on_behalf_of,
        issued_us=at_us,
        life_seconds=life_seconds,
        token_id=random_id(),
    )


async def issuer_key(database: Database) -> dict[str, str]:
    """Return the private key of the persona issuer.

    Raises:
        ConfigurationError: personas refuse a database that is not marked as demo.
    """
    async with database.snapshot() as snapshot:
        marks = await settings.load(snapshot)
    if "demo" not in marks:
        raise ConfigurationError("personas refuse a database that is not marked as demo")
    key: dict[str, str] = json.loads(marks["demo-issuer-private"])
    return key


def _fact(row: RegisterRow) -> RegisterFact | None:
    kinds: dict[RegisterKind, RelationKind | RepresentationKind] = {
        RegisterKind.OWN_GP: RelationKind.OWN_GP,
        RegisterKind.RESIDENCE: RelationKind.RESIDENCE,
        RegisterKind.CUSTODY: RepresentationKind.CUSTODY,
        RegisterKind.GUARDIAN: RepresentationKind.GUARDIAN,
    }
    kind = kinds.get(row.kind)
    if kind is None:
        return None
    return RegisterFact(
        citizen=row.identifier,
        kind=kind,
        period=Period(start=row.start, end=row.stop),
        source=row.source,
        organisation=row.organisation,
        representative=row.representative,
    )
