"""Which of a citizen's records are about which (docs/adr/0020-about-a-hidden-record.md).

Read without a permit, to narrow one: by the gate before anything is read with it, and by the log. Nothing of it reaches
a caller.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, func, not_, select

from app.store.database import Query, Snapshot
from app.store.job import Delete, Upsert
from app.store.recent import Recent
from app.store.signatures import SignatureRow
from app.store.tables import N_BITS, pointer, resource
from app.store.visible import visible
from consent.condition import ALWAYS
from consent.disclosure import residual
from consent.model import Permit, Signature
from consent.pointing import reached
from schemas.homes import TYPE_NAME


@dataclass(frozen=True, slots=True)
class Pointing:
    """What follows from pointers for a permit: records left out, and what each of the others may not name."""

    about_withheld: tuple[tuple[Signature, str], ...]
    unnamed: dict[str, frozenset[str]]


def rows(pointing: Iterable[tuple[int, Iterable[int], Iterable[int]]]) -> set[tuple[int, int]]:
    """Return the rows of records, from (n, those that it is about, others that it names): see `put`."""
    found: set[tuple[int, int]] = set()
    for n, about, names in pointing:
        found.update((n, target) for target in about)
        found.update((-n, target) for target in names)
    return found


def put(pid: int, rows: Iterable[tuple[int, int]]) -> Upsert:
    """Write pointers: (n, n of what it is about) or (-n, n of what it names)."""
    return Upsert(pointer, tuple((pid, target, n) for n, target in sorted(rows)))


def forget(pid: int) -> Delete:
    """Remove all pointers of a citizen, before all are written anew."""
    return Delete(pointer, ("pid",), ((pid,),))


async def pointing_at_withheld(
    snapshot: Snapshot, permit: Permit, signatures: tuple[SignatureRow, ...], *, change: int | None = None
) -> Pointing | None:
    """Return what follows from the pointers at what the permit withholds, `None` when nothing does.

    Nothing is asked of the database when the permit withholds nothing of this citizen, or everything. `change` is the
    citizen's counter of changes as this snapshot sees it: by it is remembered under which signatures anything is
    pointed at, for whoever asks; where all of those are permitted whole, nothing withheld is.
    """
    closed = [row for row in signatures if residual(permit, row.signature) is not ALWAYS]
    if not closed:
        return None
    if change is not None:
        pointed = await _pointed(snapshot, int(permit.request.citizen), change)
        if not any(row.number in pointed for row in closed):
            return None
    shown = visible(permit, signatures, snapshot.ids)
    if shown.nothing:
        return None
    pid = shown.pid
    values = {"pid": pid, "base": pid << N_BITS}
    query = Query(("pointers.hidden", shown.key), lambda: _TARGETS.where(not_(shown.clause(resource))))
    type_of: dict[int, int] = dict(await snapshot.rows(query, {**shown.values, **values}))
    if not type_of:
        return None
    records = await snapshot.rows(_RECORDS, values)
    found = reached([(n, target) for target, n, _, _ in records if n > 0], type_of)
    left_out = {n: (type_, sig) for _, n, type_, sig in records if n in found}
    type_of |= {n: type_ for n, (type_, _) in left_out.items()}
    naming = {-n: type_ for target, n, type_, _ in records if n < 0 and target in type_of and -n not in type_of}
    ids = snapshot.ids.encode_all(pid, [*type_of, *naming])
    names = {n: f"{TYPE_NAME[type_]}/{id_}" for (n, type_), id_ in zip((type_of | naming).items(), ids, strict=True)}
    unnamed: dict[str, set[str]] = {}
    for target, n, _, _ in records:
        if -n in naming and target in type_of:
            unnamed.setdefault(names[-n], set()).add(names[target])
    of_number = {row.number: row.signature for row in signatures}
    return Pointing(
        tuple((of_number[sig], names[n]) for n, (_, sig) in left_out.items()),
        {name: frozenset(named) for name, named in unnamed.items()},
    )


async def _pointed(snapshot: Snapshot, pid: int, change: int) -> frozenset[int]:
    recent: Recent[frozenset[int]] = snapshot.remembered.setdefault("pointed", (0, Recent(_MOST)))[1]
    known = recent.find(pid, change)
    if known is None:
        rows = await snapshot.rows(_POINTED, {"pid": pid, "base": pid << N_BITS})
        known = frozenset([row[0] for row in rows])
        recent.keep(pid, change, known)
    return known


_MOST = 2048


async def of_citizen(snapshot: Snapshot, pid: int) -> list[tuple[int, int]]:
    """Return (n, n of what it is about) of all that the citizen's records are about."""
    records = await snapshot.rows(_RECORDS, {"pid": pid, "base": pid << N_BITS})
    return [(n, target) for target, n, _, _ in records if n > 0]


_PID = bindparam("pid", type_=BigInteger)


def _lies(column: ColumnElement[int]) -> ColumnElement[bool]:
    place = bindparam("base", type_=BigInteger) + column
    return and_(resource.c.pid == _PID, resource.c.place == place)


_POINTED_AT = select(pointer.c.target).distinct().where(pointer.c.pid == _PID).subquery("pointed_at")
_TARGETS = select(_POINTED_AT.c.target, resource.c.type).select_from(
    _POINTED_AT.join(resource, _lies(_POINTED_AT.c.target))
)
_POINTED = Query(
    "pointers.pointed",
    lambda: select(resource.c.sig).distinct().select_from(_POINTED_AT.join(resource, _lies(_POINTED_AT.c.target))),
)
_RECORDS = Query(
    "pointers.records",
    lambda: (
        select(pointer.c.target, pointer.c.n, resource.c.type, resource.c.sig)
        .select_from(pointer.join(resource, _lies(func.abs(pointer.c.n, type_=BigInteger))))
        .where(pointer.c.pid == _PID)
        .order_by(pointer.c.target, pointer.c.n)
    ),
)
