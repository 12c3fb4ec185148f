"""What the re-classification of one citizen reads and writes: every record and version, without a permit.

Nothing of it may reach a caller; an architecture test names who may import this.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from app.store.database import Query, Snapshot
from app.store.job import Update, Write
from app.store.place import of_citizen, place_of, places_of
from app.store.tables import history, resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One version of a record. `body` is empty for a version that says that the record is deleted.

    Of replaced versions neither the time nor the line is read: nothing is made of them.
    """

    n: int
    version: int
    type_number: int
    sig: int
    updated_us: int
    line: bytes
    body: bytes


async def current_of(snapshot: Snapshot, pid: int) -> list[Kept]:
    """Return the current version of every record of the citizen."""
    return [_kept(*row) for row in await snapshot.rows(_CURRENT, places_of(pid))]


async def earlier_of(snapshot: Snapshot, pid: int) -> list[Kept]:
    """Return all replaced versions, those of one record from the first to the last."""
    rows = await snapshot.rows(_EARLIER, {"pid": pid})
    return [_kept(n, version, type_number, sig, 0, b"", body) for n, version, type_number, sig, body in rows]


def rewrite(pid: int, current: Iterable[Kept], earlier: Iterable[Kept]) -> tuple[Write, ...]:
    """Write the signature and line of current versions, and the signature of replaced ones."""
    rows = tuple((pid, place_of(pid, one.n), one.sig, one.line) for one in current)
    past = tuple((pid, one.n, one.version, one.sig) for one in earlier)
    return (
        *([Update(resource, ("pid", "place"), ("sig", "line"), rows)] if rows else []),
        *([Update(history, ("pid", "n", "version"), ("sig",), past)] if past else []),
    )


def _kept(n: int, version: int, type_number: int, sig: int, updated_us: int, line: bytes, body: bytes) -> Kept:
    return Kept(n=n, version=version, type_number=type_number, sig=sig, updated_us=updated_us, line=line, body=body)


_CURRENT = Query(
    "reclassifying.current",
    lambda: select(*(resource.c[name] for name in ("n", "version", "type", "sig", "updated", "line", "body"))).where(
        of_citizen(resource)
    ),
)
_EARLIER = Query(
    "reclassifying.earlier",
    lambda: (
        select(history.c.n, history.c.version, history.c.type, history.c.sig, history.c.body)
        .where(history.c.pid == bindparam("pid"))
        .order_by(history.c.n, history.c.version)
    ),
)
