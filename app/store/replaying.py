"""What a replay reads of past accesses: who looked, and of what was shown its signature and clinical period.

INVARIANT: no statement here selects a body or a line; a replay never touches what is written in a record.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import BigInteger, bindparam, func, literal_column, select, union_all

from app.store.database import Query, Snapshot
from app.store.place import of_citizen, places_of
from app.store.tables import DIRECTORY, audit, history, resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What decisions know of one version of a record: its type and signature by number, its period in µs UTC."""

    type_number: int
    sig: int
    start_us: int
    stop_us: int


async def citizens_looked_at(snapshot: Snapshot, *, start_us: int, stop_us: int) -> list[tuple[int, int]]:
    """Return (pid, number of audit records) of everybody about whom there are records in the period."""
    return [(pid, count) for pid, count in await snapshot.rows(_CITIZENS, {"start": start_us, "stop": stop_us})]


async def records_of(snapshot: Snapshot, pid: int, *, start_us: int, stop_us: int) -> list[tuple[int, bytes]]:
    """Return (µs UTC, record as app.audit encodes it) of a citizen in the period, oldest first."""
    values = {"pid": pid, "start": start_us, "stop": stop_us}
    return [(at, body) for at, body in await snapshot.rows(_RECORDS, values)]


async def shapes_of(snapshot: Snapshot, pid: int) -> dict[tuple[int, int], Shape]:
    """Return '(n, version) -> shape' of every version of every record of the citizen."""
    return {
        (n, version): Shape(type_number=type_number, sig=sig, start_us=start, stop_us=stop)
        for n, version, type_number, sig, start, stop in await snapshot.rows(_SHAPES, places_of(pid))
    }


def statements() -> Iterable[Query]:
    """Return every statement of this module."""
    return (_CITIZENS, _RECORDS, _SHAPES)


_PID, _START, _STOP = (bindparam(name, type_=BigInteger) for name in ("pid", "start", "stop"))
_DIRECTORY = literal_column(str(DIRECTORY), BigInteger)
_CITIZENS = Query(
    "replaying.citizens",
    lambda: (
        select(audit.c.pid, func.count())
        .where(audit.c.pid > _DIRECTORY, audit.c.at >= _START, audit.c.at <= _STOP)
        .group_by(audit.c.pid)
        .order_by(audit.c.pid)
    ),
)
_RECORDS = Query(
    "replaying.records",
    lambda: (
        select(audit.c.at, audit.c.body)
        .where(audit.c.pid == _PID, audit.c.at >= _START, audit.c.at <= _STOP)
        .order_by(audit.c.at, audit.c.writer, audit.c.seq)
    ),
)
_SHAPES = Query(
    "replaying.shapes",
    lambda: union_all(
        select(
            resource.c.n, resource.c.version, resource.c.type, resource.c.sig, resource.c.start, resource.c.stop
        ).where(of_citizen(resource)),
        select(history.c.n, history.c.version, history.c.type, history.c.sig, history.c.start, history.c.stop).where(
            history.c.pid == _PID
        ),
    ),
)
