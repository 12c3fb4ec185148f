"""Citizens, records and permits with valid defaults."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from msgspec import structs

from app.runtime import to_us
from app.store import citizens, revisions, signatures
from app.store.citizens import CitizenRow
from app.store.database import Database
from app.store.job import AuditEntry, Job
from app.store.revisions import Revision
from app.store.signatures import SignatureRow
from consent.model import (
    AccessRequest,
    CitizenKey,
    Grant,
    OrganisationKey,
    Organisations,
    Permit,
    PersonKey,
    Requester,
    Signature,
    Withheld,
)
from consent.vocabulary import Action, Category, Function, Purpose, Regime
from schemas.homes import TYPE_NUMBER

AT = datetime(2026, 5, 4, 3, 12, tzinfo=UTC)
AT_US = to_us(AT)
HOUR = timedelta(hours=1)
PID = 4711
DIAGNOSIS = Signature(
    Category.DIAGNOSIS,
    frozenset(),
    OrganisationKey("hospital"),
    OrganisationKey("ward"),
    PersonKey("ann"),
    Regime.HEALTH_CARE,
)
MEDICATION = replace(DIAGNOSIS, category=Category.MEDICATION)


@dataclass(frozen=True)
class Found:
    """Index rows of a record."""

    tokens: Sequence[tuple[int, int]] = ()
    references: Sequence[tuple[int, int]] = ()
    dates: Sequence[tuple[int, int, int]] = ()
    strings: Sequence[tuple[int, str]] = ()
    quantities: Sequence[tuple[int, int, int, int]] = ()


def entry(pid: int = PID, body: bytes = b"who saw what", at_us: int = AT_US) -> AuditEntry:
    return AuditEntry(pid=pid, at_us=at_us, kind=1, body=body)


def record(*pids: int) -> Job:
    return Job(pid=pids[0], audit=tuple(entry(pid) for pid in pids))


def citizen_row(pid: int = PID, **changes: int | None) -> CitizenRow:
    row = CitizenRow(pid=pid, change=1, next_n=1, born=None, died=None, master=None, classified=1)
    return replace(row, **changes)


def new_citizen(pid: int = PID) -> Job:
    return Job(pid=pid, base_change=0, writes=(citizens.admit(citizen_row(pid)),), audit=(entry(pid),))


def revision(n: int = 1, type: str = "Condition", **changes: object) -> Revision:
    plain = Revision(
        n=n,
        type_number=TYPE_NUMBER[type],
        version=1,
        sig=1,
        updated_us=AT_US,
        start_us=AT_US,
        stop_us=AT_US,
        line=b"line",
        body=b'{"resourceType":"%s"}' % type.encode(),
        index=Found(),
    )
    return structs.replace(plain, **changes)


def submission(
    revised: Iterable[Revision], numbers: dict[Signature, int] | None = None, *, pid: int = PID, base_change: int = 1
) -> Job:
    touched = signatures.touch(pid, numbers or {DIAGNOSIS: 1}, change=base_change + 1)
    return Job(pid=pid, base_change=base_change, writes=(touched, *revisions.put(pid, revised)), audit=(entry(pid),))


def permit(
    categories: Iterable[Category] = tuple(Category),
    *,
    withheld: tuple[Withheld, ...] = (),
    grants: tuple[Grant, ...] | None = None,
    tree: Organisations | None = None,
    pid: int = PID,
) -> Permit:
    grant = Grant(categories=frozenset(categories), regimes=frozenset(Regime), never=frozenset(), rule="rule")
    request = AccessRequest(
        requester=Requester(function=Function.HOSPITAL_TREATMENT),
        citizen=CitizenKey(pid),
        purposes=frozenset({Purpose.TREATMENT}),
        action=Action.LOOK_UP,
        categories=frozenset(Category),
        at=AT,
    )
    return Permit(
        request=request,
        grants=(grant,) if grants is None else grants,
        withheld=withheld,
        organisations=tree or Organisations(),
        obligations=frozenset(),
        reasons=(),
        policy="test",
    )


async def stored(
    database: Database, revised: Iterable[Revision], numbers: dict[Signature, int] | None = None, *, pid: int = PID
) -> None:
    """Store records of a new citizen."""
    await database.commit(new_citizen(pid))
    await database.commit(submission(revised, numbers, pid=pid))


async def known_signatures(database: Database, pid: int = PID) -> tuple[SignatureRow, ...]:
    async with database.snapshot() as snapshot:
        return await signatures.load(snapshot, pid)
