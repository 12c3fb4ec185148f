"""Which of a citizen's records are about which (docs/adr/0020-about-a-hidden-record.md).

Read without a permit, to narrow one: by the gate before anything is read with it, and by the log. Nothing of it reaches
a caller.
"""

from collections.abc import Iterable

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, not_, select

from app.store.database import Query, Snapshot
from app.store.job import Upsert
from app.store.signatures import SignatureRow
from app.store.tables import N_BITS, pointer, resource
from app.store.visible import visible
from consent.condition import ALWAYS
from consent.disclosure import residual
from consent.model import Permit, Signature
from consent.pointing import reached
from schemas.homes import TYPE_NAME


def put(pid: int, rows: Iterable[tuple[int, int]]) -> Upsert:
    """Write that records are about others: (n, n of what it is about)."""
    return Upsert(pointer, tuple((pid, target, n) for n, target in sorted(rows)))


async def about_withheld(
    snapshot: Snapshot, permit: Permit, signatures: tuple[SignatureRow, ...]
) -> list[tuple[Signature, str]]:
    """Return signature and 'Type/id' of the records that are about something which the permit withholds.

    Nothing is asked of the database when the permit withholds nothing of this citizen, or everything.
    """
    if all(residual(permit, row.signature) is ALWAYS for row in signatures):
        return []
    shown = visible(permit, signatures, snapshot.ids)
    if shown.nothing:
        return []
    pid = shown.pid
    values = {"pid": pid, "base": pid << N_BITS}
    hidden = Query(("pointers.hidden", shown.key), lambda: _TARGETS.where(not_(shown.clause(resource))))
    withheld = [row[0] for row in await snapshot.rows(hidden, {**shown.values, **values})]
    if not withheld:
        return []
    rows = await snapshot.rows(_RECORDS, values)
    found = reached([(n, target) for target, n, _, _ in rows], withheld)
    named = {n: (type_, sig) for _, n, type_, sig in rows if n in found}
    of_number = {row.number: row.signature for row in signatures}
    ids = dict(zip(named, snapshot.ids.encode_all(pid, named), strict=True))
    return [(of_number[sig], f"{TYPE_NAME[type_]}/{ids[n]}") for n, (type_, sig) in named.items()]


async def of_citizen(snapshot: Snapshot, pid: int) -> list[tuple[int, int]]:
    """Return (n, n of what it is about) of all that the citizen's records are about."""
    rows = await snapshot.rows(_RECORDS, {"pid": pid, "base": pid << N_BITS})
    return [(n, target) for target, n, _, _ in rows]


_PID = bindparam("pid", type_=BigInteger)


def _lies(column: ColumnElement[int]) -> ColumnElement[bool]:
    place = bindparam("base", type_=BigInteger) + column
    return and_(resource.c.pid == _PID, resource.c.place == place)


_TARGETS = (
    select(pointer.c.target)
    .distinct()
    .select_from(pointer.join(resource, _lies(pointer.c.target)))
    .where(pointer.c.pid == _PID)
)
_RECORDS = Query(
    "pointers.records",
    lambda: (
        select(pointer.c.target, pointer.c.n, resource.c.type, resource.c.sig)
        .select_from(pointer.join(resource, _lies(pointer.c.n)))
        .where(pointer.c.pid == _PID)
        .order_by(pointer.c.target, pointer.c.n)
    ),
)
