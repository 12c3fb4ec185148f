"""Stored resources. Whoever reads a citizen's shows a permit, and it is applied in SQL.

Current versions lie in `resource`, replaced ones in `history`. Without a permit only the directory can be read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    FromClause,
    LargeBinary,
    Select,
    and_,
    bindparam,
    case,
    literal,
    literal_column,
    select,
    true,
    union_all,
)

from app.runtime import from_us
from app.store.database import Query, Row, Snapshot
from app.store.ids import Ids
from app.store.place import of_citizen, place_of, places_of
from app.store.signatures import SignatureRow
from app.store.tables import DIRECTORY, resource
from app.store.tables import history as past
from app.store.visible import visible
from consent.model import CitizenKey, Item, Period, Permit, Signature
from schemas.homes import TYPE_NAME


class Owner:
    """Whom a list of stored resources belongs to, and what their items and ids are made from."""

    __slots__ = ("_ids", "_public", "citizen", "ns", "signatures")

    def __init__(self, pid: int, signatures: Mapping[int, Signature], ids: Ids) -> None:
        self.citizen = CitizenKey(pid)
        self.signatures = signatures
        self.ns: Sequence[int] = ()
        self._ids = ids
        self._public: dict[int, str] = {}

    def id_of(self, n: int) -> str:
        """Return the public id; those of the whole list are made together, which costs half."""
        if n not in self._public:
            ns = {n, *self.ns}
            self._public = dict(zip(ns, self._ids.encode_all(self.citizen, ns), strict=True))
        return self._public[n]


_BEGINS = {number: f'{{"resourceType":"{name}","id":"'.encode() for number, name in TYPE_NAME.items()}


class Stored(NamedTuple):
    """One version of a resource. Times are µs UTC; `line` is empty for versions that were replaced."""

    owner: Owner
    type_number: int
    n: int
    version: int
    sig: int
    deleted: int
    updated_us: int
    start_us: int
    stop_us: int
    line: bytes
    body: bytes

    @property
    def type(self) -> str:
        """Name of the resource type."""
        return TYPE_NAME[self.type_number]

    @property
    def id(self) -> str:
        """Public id: where the body says it, else encrypted anew, which costs ten times as much."""
        body, begins = self.body, _BEGINS[self.type_number]
        start = len(begins)
        if body.startswith(begins) and body[start + 26 : start + 27] == b'"':
            return body[start : start + 26].decode("ascii")
        return self.owner.id_of(self.n)

    @property
    def action(self) -> int:
        """1 created, 2 updated, 3 deleted."""
        if self.deleted:
            return 3
        return 1 if self.version == 1 else 2

    @property
    def signature(self) -> Signature:
        """What a decision about the record rests on."""
        return self.owner.signatures[self.sig]

    @property
    def item(self) -> Item:
        """The record in the engine's words."""
        return _StoredItem(self)


class _StoredItem(Item):
    """An item whose parts are made when they are asked for.

    Of the 150 records of a summary the engine asks the signature, and of few the period or the instance: making all
    four of each would cost as much as reading the records.
    """

    __slots__ = ("_stored",)

    _stored: Stored

    def __init__(self, stored: Stored) -> None:  # not super(): its fields are the properties below
        object.__setattr__(self, "_stored", stored)

    @property
    def citizen(self) -> CitizenKey:
        return self._stored.owner.citizen

    @property
    def instance(self) -> str:
        return f"{self._stored.type}/{self._stored.id}"

    @property
    def signature(self) -> Signature:
        return self._stored.owner.signatures[self._stored.sig]

    @property
    def period(self) -> Period:
        return Period(start=from_us(self._stored.start_us), end=from_us(self._stored.stop_us))


async def current(snapshot: Snapshot, permit: Permit, signatures: Sequence[SignatureRow]) -> list[Stored]:
    """Return everything that the permit shows and is not deleted, in the order of creation."""
    shown = visible(permit, signatures, snapshot.ids)
    if shown.nothing:
        return []
    query = Query(("resources.current", shown.key), lambda: _current(shown.clause(resource)))
    rows = await snapshot.rows(query, {**shown.values, **places_of(shown.pid)})
    return _stored(Owner(shown.pid, shown.signatures, snapshot.ids), rows)


async def current_lines(
    snapshot: Snapshot, permit: Permit, signatures: Sequence[SignatureRow]
) -> list[tuple[int, bytes, bytes]] | None:
    """Return (signature, line, body) of what `current` returns, None where it has to be asked of single records.

    A summary asks no more of a record whose signature is permitted whole, and to read ten columns of 150 rows takes
    twice as long as three.
    """
    shown = visible(permit, signatures, snapshot.ids)
    if shown.nothing or not shown.whole:
        return [] if shown.nothing else None
    query = Query(("resources.lines", shown.key), lambda: _current(shown.clause(resource), ("sig", "line", "body")))
    return await snapshot.rows(query, {**shown.values, **places_of(shown.pid)})


async def read(
    snapshot: Snapshot, permit: Permit, signatures: Sequence[SignatureRow], *, type_number: int, n: int
) -> Stored | None:
    """Return the current version, possibly a deletion; None for absent and withheld alike."""
    return _single(await _select(snapshot, permit, signatures, "read", _read, {"type": type_number, "n": n}))


async def version(
    snapshot: Snapshot, permit: Permit, signatures: Sequence[SignatureRow], *, type_number: int, n: int, version: int
) -> Stored | None:
    """Return one version; its own signature and the current one must both be permitted."""
    values = {"type": type_number, "n": n, "version": version}
    return _single(await _select(snapshot, permit, signatures, "version", _version, values))


async def history(
    snapshot: Snapshot, permit: Permit, signatures: Sequence[SignatureRow], *, type_number: int, n: int
) -> list[Stored]:
    """Return all versions, newest first, whose own signature and whose current one are permitted."""
    return await _select(snapshot, permit, signatures, "history", _history, {"type": type_number, "n": n})


async def directory_read(snapshot: Snapshot, *, type_number: int, n: int) -> Stored | None:
    """Return the current version of an organisation, practitioner or the like, possibly a deletion."""
    return _single(await _select_directory(snapshot, "read", _read, {"type": type_number, "n": n}))


async def directory_version(snapshot: Snapshot, *, type_number: int, n: int, version: int) -> Stored | None:
    """Return one version of a directory entry."""
    values = {"type": type_number, "n": n, "version": version}
    return _single(await _select_directory(snapshot, "version", _version, values))


async def directory_history(snapshot: Snapshot, *, type_number: int, n: int) -> list[Stored]:
    """Return all versions of a directory entry, newest first."""
    return await _select_directory(snapshot, "history", _history, {"type": type_number, "n": n})


Clause = Callable[[FromClause], ColumnElement[bool]]


async def _select(
    snapshot: Snapshot,
    permit: Permit,
    signatures: Sequence[SignatureRow],
    name: str,
    build: Callable[[Clause], Executable],
    values: dict[str, int],
) -> list[Stored]:
    shown = visible(permit, signatures, snapshot.ids)
    if shown.nothing:
        return []
    query = Query((f"resources.{name}", shown.key), lambda: build(shown.clause))
    rows = await snapshot.rows(query, {**shown.values, **_at(shown.pid, values)})
    return _stored(Owner(shown.pid, shown.signatures, snapshot.ids), rows)


async def _select_directory(
    snapshot: Snapshot, name: str, build: Callable[[Clause], Executable], values: dict[str, int]
) -> list[Stored]:
    query = Query((f"resources.directory.{name}",), lambda: build(lambda _: true()))
    rows = await snapshot.rows(query, _at(DIRECTORY, values))
    return _stored(Owner(DIRECTORY, {}, snapshot.ids), rows)


def _at(pid: int, values: dict[str, int]) -> dict[str, int]:
    return {**values, "pid": pid, "place": place_of(pid, values["n"])}


def _stored(owner: Owner, rows: list[Row]) -> list[Stored]:
    owner.ns = [row[1] for row in rows]
    make = tuple.__new__  # what `Stored._make` does, in half the time
    return [make(Stored, (owner, *row)) for row in rows]


def _single(found: list[Stored]) -> Stored | None:
    return found[0] if found else None


_SHOWN = ("type", "n", "version", "sig", "deleted", "updated", "start", "stop", "line", "body")
_NO = literal_column("0", BigInteger)
_YES = literal_column("1", BigInteger)
_DELETION = literal_column("3", BigInteger)
_N, _PLACE, _PID, _TYPE, _VERSION = (
    bindparam(name, type_=BigInteger) for name in ("n", "place", "pid", "type", "version")
)


def resource_columns() -> list[ColumnElement[Any]]:
    """Return the columns of a `Stored` after its owner, for whoever selects current versions."""
    return [resource.c[name] for name in _SHOWN]


def stored_of(pid: int, signatures: Iterable[SignatureRow], ids: Ids, rows: list[Row]) -> list[Stored]:
    """Return rows of `resource_columns` as stored resources of one citizen."""
    return _stored(Owner(pid, {row.number: row.signature for row in signatures}, ids), rows)


def _current(shown: ColumnElement[bool], columns: Iterable[str] = _SHOWN) -> Executable:
    return (
        select(*(resource.c[name] for name in columns))
        .where(of_citizen(resource), resource.c.deleted == _NO, shown)
        .order_by(resource.c.place)
    )


def _read(shown: Clause) -> Select[Any]:
    return select(*resource_columns()).where(_is_at_place(), shown(resource))


def _is_at_place() -> ColumnElement[bool]:
    return and_(resource.c.place == _PLACE, resource.c.pid == _PID, resource.c.type == _TYPE)


def _replaced(shown: Clause) -> Select[Any]:
    """Select replaced versions; the current one must be visible too."""
    deleted = case((past.c.action == _DELETION, _YES), else_=_NO).label("deleted")
    line = literal(b"", LargeBinary).label("line")
    own = {"deleted": deleted, "line": line}
    return (
        select(*(own[name] if name in own else past.c[name] for name in _SHOWN))
        .select_from(past.join(resource, and_(resource.c.pid == past.c.pid, resource.c.place == _PLACE)))
        .where(past.c.pid == _PID, past.c.n == _N, _is_at_place(), shown(past), shown(resource))
    )


def _version(shown: Clause) -> Executable:
    return union_all(
        _read(shown).where(resource.c.version == _VERSION), _replaced(shown).where(past.c.version == _VERSION)
    )


def _history(shown: Clause) -> Executable:
    both = union_all(_read(shown), _replaced(shown))
    return both.order_by(both.selected_columns.version.desc())
