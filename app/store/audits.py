"""Audit rows of one citizen, newest first: what the citizen reads about who looked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Select, Text, and_, bindparam, or_, select

from app.store.database import Query, Snapshot, Value
from app.store.tables import audit

_END_OF_TIME = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One record; (writer, seq) names it, `body` as app.audit encodes it, time in µs UTC."""

    pid: int
    writer: str
    seq: int
    at_us: int
    kind: int
    hash: bytes
    body: bytes


async def of_citizen(
    snapshot: Snapshot,
    pid: int,
    *,
    since_us: int = 0,
    before: tuple[int, str, int] = (_END_OF_TIME, "", 0),
    limit: int = 100,
    organisations: Sequence[str] | None = None,
) -> list[AuditRow]:
    """Return records about the citizen, newest first; `before` is (at, writer, seq) of the last one already seen.

    `organisations` narrows to what these did, before the limit; `None` is no constraint.
    """
    at, writer, seq = before
    values: dict[str, Value] = {"pid": pid, "since": since_us, "at": at, "writer": writer, "seq": seq, "limit": limit}
    if organisations is None:
        return [_row(*columns) for columns in await snapshot.rows(_OF_CITIZEN, values)]
    if not organisations:
        return []
    padded = padded_places(organisations)
    values |= {f"organisation{number}": one for number, one in enumerate(padded)}
    query = Query(("audits.of_citizen", len(padded)), lambda: _of_citizen(len(padded)))
    return [_row(*columns) for columns in await snapshot.rows(query, values)]


def padded_places(organisations: Sequence[str]) -> list[str]:
    """Return the list padded to a power of two by its last, so that statements stay few."""
    size = 1 << (len(organisations) - 1).bit_length()
    return [*organisations, *([organisations[-1]] * (size - len(organisations)))]


async def find(snapshot: Snapshot, pid: int, *, writer: str, seq: int) -> AuditRow | None:
    """Return one record."""
    found = await snapshot.rows(_FIND, {"pid": pid, "writer": writer, "seq": seq})
    return _row(*found[0]) if found else None


def _row(pid: int, writer: str, seq: int, at: int, kind: int, hash: bytes, body: bytes) -> AuditRow:
    return AuditRow(pid=pid, writer=writer, seq=seq, at_us=at, kind=kind, hash=hash, body=body)


_PID, _AT, _SEQ = (bindparam(name, type_=BigInteger) for name in ("pid", "at", "seq"))
_WRITER = bindparam("writer", type_=Text)
_COLUMNS = [column for column in audit.columns if column.name != "organisation"]


def _of_citizen(organisations: int = 0) -> Select[Any]:
    places = [bindparam(f"organisation{number}", type_=Text) for number in range(organisations)]
    return (
        select(*_COLUMNS)
        .where(
            audit.c.pid == _PID,
            audit.c.at >= bindparam("since", type_=BigInteger),
            audit.c.at <= _AT,
            or_(
                audit.c.at < _AT,
                audit.c.writer < _WRITER,
                and_(audit.c.writer == _WRITER, audit.c.seq < _SEQ),
            ),
            *([audit.c.organisation.in_(places)] if places else []),
        )
        .order_by(audit.c.at.desc(), audit.c.writer.desc(), audit.c.seq.desc())
        .limit(bindparam("limit", type_=BigInteger))
    )


_OF_CITIZEN = Query("audits.of_citizen", _of_citizen)
_FIND = Query(
    "audits.find",
    lambda: select(*_COLUMNS).where(audit.c.pid == _PID, audit.c.writer == _WRITER, audit.c.seq == _SEQ),
)
