"""A search as one SELECT within one citizen or the directory, and its pages.

What the caller may see is part of the WHERE before sort, limit and total. Pages are keyset pages by sort value and
counter, so that a resource that does not change during paging appears exactly once, whatever others write meanwhile.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from app.search.cursor import Position
from app.search.query import (
    Clause,
    Codes,
    Dates,
    Ids,
    Missing,
    Prefix,
    Quantities,
    Range,
    References,
    SearchQuery,
    Texts,
    Updated,
    padded,
)
from app.search.values import LEAST, MOST
from app.store.database import Query, Snapshot, Value
from app.store.tables import idx_date, idx_quantity, idx_reference, idx_string, idx_token, resource
from schemas.homes import TYPE_NUMBER


class Visible(Protocol):
    """What of a citizen's resources a permit covers, as SQL; `nothing` means that no row can be visible."""

    @property
    def key(self) -> Hashable:
        """Return the shape of the clause."""

    @property
    def values(self) -> Mapping[str, Value]:
        """Return the values of its parameters."""

    @property
    def nothing(self) -> bool:
        """Tell whether no row can be visible."""

    def clause(self, table: Table) -> ColumnElement[bool]:
        """Return the condition on rows of `table`."""


class Found(NamedTuple):
    """One current resource as the database has it; times in µs UTC."""

    n: int
    version: int
    sig: int
    updated: int
    start: int
    stop: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """Some results in order.

    `total` counts all that are visible, when asked for or known anyway; `next` is where the rest begins.
    """

    rows: tuple[Found, ...]
    total: int | None
    next: Position | None


_NOTHING_FOUND = Page((), 0, None)


async def find(
    snapshot: Snapshot, *, pid: int, visible: Visible | None, query: SearchQuery, after: Position | None = None
) -> Page:
    """Search one citizen's resources, or with `pid` 0 and no `visible` the directory.

    `query.patient` has been resolved to `pid` by the caller. A position in another citizen's results finds nothing.

    Raises:
        UnavailableError: the database is out of reach.
    """
    if (visible is not None and visible.nothing) or (after is not None and after.pid != pid):
        return _NOTHING_FOUND
    values = _values(snapshot, pid, query)
    if values is None:
        return _NOTHING_FOUND
    key: Hashable = None
    if visible is not None:
        values.update(visible.values)
        key = visible.key
    found: list[tuple[Any, ...]] = []
    if query.count:
        values["s_limit"] = query.count + 1
        if after is not None:
            values |= {"s_after": after.value, "s_after_n": after.n}
        rest = after is not None
        statement = Query(("search", query.key, key, rest), lambda: _select(query, visible, rest=rest))
        found = await snapshot.rows(statement, values)
    has_more = len(found) > query.count
    rows = tuple(Found(*row[:-1]) for row in found[: query.count])
    position = Position(pid, found[query.count - 1][-1], rows[-1].n) if has_more else None
    if query.count and after is None and not has_more:
        return Page(rows, len(rows), None)
    total = None
    if query.total == "accurate":
        counting = Query(("search-total", query.key, key), lambda: _count(query, visible))
        total = (await snapshot.rows(counting, values))[0][0]
    return Page(rows, total, position)


# Statements


def _int(name: str) -> BindParameter[int]:
    return bindparam(name, type_=BigInteger)


def _text(name: str) -> BindParameter[str]:
    return bindparam(name, type_=Text)


def _where(query: SearchQuery, visible: Visible | None) -> list[ColumnElement[bool]]:
    conditions = [
        resource.c.pid == _int("s_pid"),
        resource.c.type == _int("s_type"),
        resource.c.deleted == literal_column("0"),
    ]
    if visible is not None:
        conditions.append(visible.clause(resource))
    return [*conditions, *(_condition(f"s{i}", clause) for i, clause in enumerate(query.clauses))]


def _select(query: SearchQuery, visible: Visible | None, *, rest: bool) -> Select[Any]:
    """Return one page; the last column is the sort value."""
    value = _sort_value(query)
    statement = select(*(resource.c[name] for name in Found._fields), value).where(*_where(query, visible))
    n, after, after_n = resource.c.n, _int("s_after"), _int("s_after_n")
    if query.sort.descending:
        beyond = and_(value <= after, or_(value < after, n < after_n))
        order = value.desc(), n.desc()
    else:
        beyond = and_(value >= after, or_(value > after, n > after_n))
        order = value.asc(), n.asc()
    if rest:
        statement = statement.where(beyond)
    # Without the zero SQLAlchemy would add an OFFSET parameter on SQLite.
    return statement.order_by(*order).limit(_int("s_limit")).offset(literal_column("0"))


def _sort_value(query: SearchQuery) -> ColumnElement[int]:
    """Return what results are sorted by. A resource without the date comes last in either order."""
    if query.sort.number is None:
        return resource.c.updated
    first = (
        select(func.min(idx_date.c.low))
        .where(idx_date.c.pid == _int("s_pid"), idx_date.c.param == _int("s_sort"), idx_date.c.n == resource.c.n)
        .scalar_subquery()
    )
    return func.coalesce(first, literal_column(str(LEAST - 1 if query.sort.descending else MOST + 1), BigInteger))


def _count(query: SearchQuery, visible: Visible | None) -> Select[Any]:
    return select(func.count()).select_from(resource).where(*_where(query, visible))


_Compare = Callable[
    [ColumnElement[int], ColumnElement[int], ColumnElement[int], ColumnElement[int]], ColumnElement[bool]
]
# The range of a resource's value (`low`, `high`) against what is asked for (`a`, `b`), both ends included.
_COMPARE: Mapping[Prefix, _Compare] = MappingProxyType(
    {
        "eq": lambda low, high, a, b: and_(low >= a, high <= b),
        "ne": lambda low, high, a, b: or_(low < a, high > b),
        "gt": lambda _low, high, _a, b: high > b,
        "lt": lambda low, _high, a, _b: low < a,
        "ge": lambda _low, high, a, _b: high >= a,
        "le": lambda low, _high, _a, b: low <= b,
        "sa": lambda low, _high, _a, b: low > b,
        "eb": lambda _low, high, a, _b: high < a,
        "ap": lambda low, high, a, b: and_(low <= b, high >= a),
    }
)
_TABLES: Mapping[str, Table] = MappingProxyType(
    {
        "token": idx_token,
        "uri": idx_token,
        "reference": idx_reference,
        "date": idx_date,
        "string": idx_string,
        "quantity": idx_quantity,
    }
)


def _condition(name: str, clause: Clause) -> ColumnElement[bool]:  # noqa: PLR0911  # one for each kind of clause
    """Return one clause; its parameters begin with `name`, see `_arguments`."""
    match clause:
        case Codes(numbers, values, negated):
            hit = _exists(idx_token, name, numbers, idx_token.c.value.in_(_ints(f"{name}v", values)))
            return ~hit if negated else hit
        case References(numbers, values):
            return _exists(idx_reference, name, numbers, idx_reference.c.value.in_(_ints(f"{name}v", values)))
        case Texts(numbers, values, _):
            likes = [idx_string.c.value.like(_text(f"{name}v{i}")) for i in range(padded(len(values)))]
            return _exists(idx_string, name, numbers, or_(*likes))
        case Dates(numbers, ranges):
            return _exists(idx_date, name, numbers, _any_range(name, ranges, idx_date.c.low, idx_date.c.high))
        case Quantities(numbers, ranges):
            low, high, unit = idx_quantity.c.low, idx_quantity.c.high, idx_quantity.c.unit
            return _exists(idx_quantity, name, numbers, _any_range(name, ranges, low, high, unit))
        case Updated(ranges):
            return _any_range(name, ranges, resource.c.updated, resource.c.updated)
        case Missing(kind, numbers, missing):
            hit = _exists(_TABLES[kind], name, numbers)
            return ~hit if missing else hit
        case Ids(values):
            return resource.c.n.in_(_ints(f"{name}v", values))


def _exists(table: Table, name: str, numbers: tuple[int, ...], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Tell whether the resource has a row in an index table."""
    return exists(
        select(literal_column("1")).where(
            table.c.pid == _int("s_pid"),
            table.c.param.in_(_ints(f"{name}p", numbers)),
            *conditions,
            table.c.n == resource.c.n,
        )
    )


def _ints(name: str, values: tuple[Any, ...]) -> list[BindParameter[int]]:
    return [_int(f"{name}{i}") for i in range(padded(len(values)))]


def _any_range(
    name: str,
    ranges: tuple[Range, ...],
    low: ColumnElement[int],
    high: ColumnElement[int],
    unit: ColumnElement[int] | None = None,
) -> ColumnElement[bool]:
    found = []
    for i, one in enumerate(ranges):
        holds = _COMPARE[one.prefix](low, high, _int(f"{name}a{i}"), _int(f"{name}b{i}"))
        found.append(holds if unit is None else and_(unit == _int(f"{name}u{i}"), holds))
    return or_(*found)


# Values


def _values(snapshot: Snapshot, pid: int, query: SearchQuery) -> dict[str, Value] | None:
    """Return the values of the parameters; `None` when ids are asked for and none of them can be found here."""
    values: dict[str, Value] = {"s_pid": pid, "s_type": TYPE_NUMBER[query.type]}
    if query.sort.number is not None:
        values["s_sort"] = query.sort.number
    for i, clause in enumerate(query.clauses):
        if isinstance(clause, Ids):
            places = (snapshot.ids.decode(text) for text in clause.values)
            ns = tuple(place[1] for place in places if place is not None and place[0] == pid)
            if not ns:
                return None
            values.update(_padded(f"s{i}v", ns, padded(len(clause.values))))
        else:
            values.update(_arguments(f"s{i}", clause))
    return values


def _arguments(name: str, clause: Clause) -> Iterator[tuple[str, Value]]:
    match clause:
        case Codes(numbers, values, _) | References(numbers, values):
            yield from _padded(f"{name}p", numbers)
            yield from _padded(f"{name}v", values)
        case Texts(numbers, texts, inside):
            yield from _padded(f"{name}p", numbers)
            yield from _padded(f"{name}v", tuple(f"%{text}%" if inside else f"{text}%" for text in texts))
        case Dates(numbers, ranges) | Quantities(numbers, ranges):
            yield from _padded(f"{name}p", numbers)
            yield from _limits(name, ranges)
        case Updated(ranges):
            yield from _limits(name, ranges)
        case Missing(_, numbers, _):
            yield from _padded(f"{name}p", numbers)
        case Ids():
            pass  # decoded before


def _padded(name: str, values: tuple[Value, ...], length: int = 0) -> Iterator[tuple[str, Value]]:
    """Name the values of a list and repeat the last one up to its padded length."""
    for i in range(length or padded(len(values))):
        yield f"{name}{i}", values[min(i, len(values) - 1)]


def _limits(name: str, ranges: tuple[Range, ...]) -> Iterator[tuple[str, Value]]:
    for i, one in enumerate(ranges):
        yield f"{name}a{i}", one.low
        yield f"{name}b{i}", one.high
        yield f"{name}u{i}", one.unit
