"""What the service must know of a citizen's records to keep its books, never to answer: read without a permit.

Nothing of it may reach a caller. Used by writing alone (which Patient answers, which labels flow upwards, whether who
opens a door bears the citizen's name, whom a consent names, what is about
what); an architecture test names who may import this.
"""

from collections.abc import Sequence

from sqlalchemy import BigInteger, bindparam, select, union_all

from app.store.database import Query, Snapshot
from app.store.place import of_citizen, place_of, places_of
from app.store.tables import history, resource, signature
from schemas.homes import TYPE_NUMBER

_PATIENT = TYPE_NUMBER["Patient"]
_PID = bindparam("pid", type_=BigInteger)


async def patients(snapshot: Snapshot, pid: int) -> list[tuple[int, str, int, bytes]]:
    """Return (n, controller, updated µs, body) of every live Patient of the citizen."""
    return [(*row,) for row in await snapshot.rows(_PATIENTS, {**places_of(pid), "type": _PATIENT})]


async def body(snapshot: Snapshot, pid: int, n: int, *, type_number: int) -> bytes | None:
    """Return a live resource of the citizen as stored, if it is of this type."""
    found = await snapshot.rows(_BODY, {"place": place_of(pid, n), "type": type_number})
    return found[0][0] if found else None


async def signature_numbers(snapshot: Snapshot, pid: int, ns: Sequence[int]) -> dict[int, int]:
    """Return the signature number of each of these resources that exists and lives."""
    found: dict[int, int] = {}
    for n in ns:
        for row in await snapshot.rows(_SIGNATURE, {"place": place_of(pid, n)}):
            found[n] = row[0]
    return found


async def all_signature_numbers(snapshot: Snapshot, pid: int) -> dict[int, int]:
    """Return the signature number of every resource of the citizen, of deleted ones too."""
    return {row[0]: row[1] for row in await snapshot.rows(_SIGNATURES, places_of(pid))}


async def bodies(snapshot: Snapshot, pid: int) -> list[tuple[int, bytes]]:
    """Return (n, body) of every version of every resource of the citizen; a deletion has no body."""
    return [(row[0], bytes(row[1])) for row in await snapshot.rows(_BODIES, {"pid": pid})]


async def master_reference(snapshot: Snapshot, pid: int) -> int | None:
    """Return the counter of the Patient that answers for the citizen."""
    found = await snapshot.rows(_PATIENTS, {**places_of(pid), "type": _PATIENT})
    return found[0][0] if found else None


_PATIENTS = Query(
    "bookkeeping.patients",
    lambda: (
        select(resource.c.n, signature.c.controller, resource.c.updated, resource.c.body)
        .select_from(
            resource.join(signature, (signature.c.pid == resource.c.pid) & (signature.c.sig == resource.c.sig))
        )
        .where(of_citizen(resource), resource.c.type == bindparam("type", type_=BigInteger), resource.c.deleted == 0)
        .order_by(resource.c.n)
    ),
)
_SIGNATURE = Query(
    "bookkeeping.signature",
    lambda: select(resource.c.sig).where(
        resource.c.place == bindparam("place", type_=BigInteger), resource.c.deleted == 0
    ),
)
_BODY = Query(
    "bookkeeping.body",
    lambda: select(resource.c.body).where(
        resource.c.place == bindparam("place", type_=BigInteger),
        resource.c.type == bindparam("type", type_=BigInteger),
        resource.c.deleted == 0,
    ),
)
_BODIES = Query(
    "bookkeeping.bodies",
    lambda: union_all(*(select(table.c.n, table.c.body).where(table.c.pid == _PID) for table in (resource, history))),
)
_SIGNATURES = Query("bookkeeping.signatures", lambda: select(resource.c.n, resource.c.sig).where(of_citizen(resource)))
