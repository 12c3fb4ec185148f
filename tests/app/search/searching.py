"""A citizen or directory with searchable resources on a real database, and permits to see all or some of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.search.cursor import Position
from app.search.index import index
from app.search.parse import parse
from app.search.sql import Page, find
from app.store.database import Database
from app.store.job import Delete, Insert, Job, Upsert, Write
from app.store.signatures import SignatureRow
from app.store.tables import INDEXES, N_BITS, idx_date, idx_quantity, idx_reference, idx_string, idx_token, resource
from consent import Permit, Requester, Signature, decide
from consent.model import AccessRequest, CitizenKey, Facts, OrganisationKey, PersonKey
from consent.vocabulary import Action, Category, Function, Purpose, Regime
from schemas.homes import TYPE_NUMBER

PID = 4711
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOW_US = 1_795_348_800_000_000
SEEN, HIDDEN = 1, 2
"""Signatures: a measurement that `permit` shows, a letter that it does not."""

Resource = dict[str, Any]


def _signature(category: Category) -> Signature:
    return Signature(
        category, frozenset(), OrganisationKey("1"), OrganisationKey("1"), PersonKey(""), Regime.HEALTH_CARE
    )


SIGNATURES = (
    SignatureRow(SEEN, _signature(Category.MEASUREMENT), 1),
    SignatureRow(HIDDEN, _signature(Category.LETTER), 1),
)


def permit(*categories: Category) -> Permit:
    """The citizen's own permit; of some categories, or of all."""
    request = AccessRequest(
        requester=Requester(function=Function.CITIZEN, citizen=CitizenKey(PID), person=PersonKey("p")),
        citizen=CitizenKey(PID),
        purposes=frozenset({Purpose.PATIENT_REQUEST}),
        action=Action.LOOK_UP,
        categories=frozenset(categories or Category),
        at=AT,
    )
    decided = decide(request, Facts(citizen_born=datetime(1970, 1, 1, tzinfo=UTC)))
    assert isinstance(decided, Permit)
    return decided


MEASUREMENTS = permit(Category.MEASUREMENT)
EVERYTHING = permit()


def index_writes(pid: int, n: int, found: Resource) -> list[Write]:
    """The index rows of one resource, in place of those that it had."""
    rows = index(found)
    return [
        *(Delete(table, ("pid", "n"), ((pid, n),)) for table in INDEXES),
        Insert(idx_token, tuple((pid, *row, n) for row in rows.tokens)),
        Insert(idx_reference, tuple((pid, *row, n) for row in rows.references)),
        Insert(idx_date, tuple((pid, number, low, n, high) for number, low, high in rows.dates)),
        Insert(idx_string, tuple((pid, *row, n) for row in rows.strings)),
        Insert(idx_quantity, tuple((pid, number, unit, low, n, high) for number, unit, low, high in rows.quantities)),
    ]


@dataclass
class Shelf:
    """Resources of one citizen; `put` stores one and returns its counter."""

    database: Database
    pid: int = PID
    bodies: dict[int, Resource] = field(default_factory=dict)

    async def put_all(
        self, found: Iterable[Resource], *, sig: int = SEEN, updated_us: Callable[[int], int] = int
    ) -> list[int]:
        numbers = []
        writes: list[Write] = []
        for one in found:
            n = len(self.bodies) + 1
            self.bodies[n] = one
            numbers.append(n)
            writes += self._row(n, sig, 1, updated_us(n)), *index_writes(self.pid, n, one)
        await self.database.commit(Job(pid=self.pid, writes=tuple(writes)))
        return numbers

    async def put(self, found: Resource, *, sig: int = SEEN, updated_us: int = NOW_US) -> int:
        return (await self.put_all([found], sig=sig, updated_us=lambda _: updated_us))[0]

    async def change(self, n: int, found: Resource, *, version: int, updated_us: int, sig: int = SEEN) -> None:
        self.bodies[n] = found
        writes = (self._row(n, sig, version, updated_us), *index_writes(self.pid, n, found))
        await self.database.commit(Job(pid=self.pid, writes=writes))

    def _row(self, n: int, sig: int, version: int, updated_us: int) -> Upsert:
        one = self.bodies[n]
        body = msgspec.json.encode(one)
        type_number = TYPE_NUMBER[one["resourceType"]]
        place = self.pid << N_BITS | n
        row = (place, self.pid, n, type_number, version, sig, 0, updated_us, updated_us, updated_us, b"", body)
        return Upsert(resource, (row,))

    async def search(
        self,
        type_: str,
        *pairs: tuple[str, str],
        by: Permit | None = EVERYTHING,
        after: Position | None = None,
    ) -> Page:
        query = parse(type_, pairs)
        async with self.database.snapshot() as snapshot:
            return await find(snapshot, by, query, signatures=SIGNATURES, after=after)

    async def found(self, type_: str, *pairs: tuple[str, str], by: Permit | None = EVERYTHING) -> set[int]:
        page = await self.search(type_, ("_count", "500"), *pairs, by=by)
        assert page.next is None
        return {row.n for row in page.rows}


def observation(**elements: object) -> Resource:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "test"}, **elements}


def concept(code: str, system: str | None = "http://loinc.org", **more: object) -> Mapping[str, object]:
    coding = {"code": code, **({"system": system} if system is not None else {})}
    return {"coding": [coding], **more}
