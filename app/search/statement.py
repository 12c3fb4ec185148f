"""A search as one SELECT over `resource` and its index tables: the statement of a shape, and the values of one search.

What the caller may see is part of the WHERE, before sort, limit and total. Parameters: `s_…` for the search, `s0…`,
`s1…` for its clauses in order, and those of `Visible`.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

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
from app.store.database import Value
from app.store.ids import Ids as PublicIds
from app.store.tables import N_BITS, idx_date, idx_quantity, idx_reference, idx_string, idx_token, resource
from app.store.visible import Visible
from schemas.homes import TYPE_NUMBER

COLUMNS = ("n", "version", "sig", "updated", "start", "stop", "body")
"""What a page reads of each resource, the sort value after it. Summary lines are not needed here."""


def _int(name: str) -> BindParameter[int]:
    return bindparam(name, type_=BigInteger)


def _text(name: str) -> BindParameter[str]:
    return bindparam(name, type_=Text)


def _where(query: SearchQuery, visible: Visible | None) -> list[ColumnElement[bool]]:
    leader = _leader(query.clauses)
    keys: list[ColumnElement[int]] = [resource.c.pid, resource.c.type]
    if leader is not None:
        # Engines that know no sizes would walk the whole type; a sum is no key, so that they begin with the leader.
        keys = [key + literal_column("0") for key in keys]
    conditions = [keys[0] == _int("s_pid"), keys[1] == _int("s_type"), resource.c.deleted == literal_column("0")]
    if visible is not None:
        conditions.append(visible.clause(resource))
    conditions += (_condition(f"s{i}", clause, leads=i == leader) for i, clause in enumerate(query.clauses))
    return conditions


def _leader(clauses: tuple[Clause, ...]) -> int | None:
    """Return the clause that finds the fewest by a key of its own, so that the search begins there."""
    ranks = {Ids: 0, References: 1, Codes: 2, Texts: 3}
    narrow = [
        (ranks[type(clause)], i)
        for i, clause in enumerate(clauses)
        if type(clause) in ranks and not (isinstance(clause, Codes) and clause.negated)
    ]
    return min(narrow)[1] if narrow else None


def page_of(query: SearchQuery, visible: Visible | None, *, rest: bool) -> Select[Any]:
    """Return one page; the last column is the sort value.

    The inner statement sorts places and leaves the bodies where they are: twice as fast as sorting whole rows.
    """
    value = _sort_value(query)
    matches = select(resource.c.place, value.label("sorted")).where(*_where(query, visible))
    place, after, after_place = resource.c.place, _int("s_after"), _int("s_after_place")
    if query.sort.descending:
        beyond = and_(value <= after, or_(value < after, place < after_place))
        order = value.desc(), place.desc()
    else:
        beyond = and_(value >= after, or_(value > after, place > after_place))
        order = value.asc(), place.asc()
    if rest:
        matches = matches.where(beyond)
    # Without the zero SQLAlchemy would add an OFFSET parameter on SQLite.
    page = matches.order_by(*order).limit(_int("s_limit")).offset(literal_column("0")).subquery("page")
    found = resource.alias("found")
    both = page.join(found, found.c.place == page.c.place)
    ordered = (page.c.sorted, page.c.place)
    return (
        select(*(found.c[name] for name in COLUMNS), page.c.sorted)
        .select_from(both)
        .order_by(*(column.desc() if query.sort.descending else column.asc() for column in ordered))
    )


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


def total_of(query: SearchQuery, visible: Visible | None) -> Select[Any]:
    """Return the number of all results."""
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


def _condition(name: str, clause: Clause, *, leads: bool) -> ColumnElement[bool]:
    """Return one clause; its parameters begin with `name`, see `_arguments`."""
    match clause:
        case Updated(ranges):
            return _any_range(name, ranges, resource.c.updated, resource.c.updated)
        case Ids(values):
            return resource.c.place.in_(_ints(f"{name}v", values))
    table, of_value, is_negated = _rows_of(name, clause)
    rows = and_(table.c.pid == _int("s_pid"), table.c.param.in_(_ints(f"{name}p", clause.numbers)), *of_value)
    if leads or isinstance(clause, Missing):  # whole keys are not known: found once, not for each resource
        there: ColumnElement[bool] = resource.c.place.in_(select(_int("s_base") + table.c.n).where(rows))
    else:
        there = exists(select(literal_column("1")).where(rows, table.c.n == resource.c.n))
    return ~there if is_negated else there


def _rows_of(
    name: str, clause: Codes | References | Texts | Dates | Quantities | Missing
) -> tuple[Table, list[ColumnElement[bool]], bool]:
    """Return the index table of a clause, what its rows must satisfy, and whether there must be none."""
    match clause:
        case Codes(_, values, negated):
            return idx_token, [idx_token.c.value.in_(_ints(f"{name}v", values))], negated
        case References(_, values):
            return idx_reference, [idx_reference.c.value.in_(_ints(f"{name}v", values))], False
        case Texts(_, values, _):
            likes = [idx_string.c.value.like(_text(f"{name}v{i}")) for i in range(padded(len(values)))]
            return idx_string, [or_(*likes)], False
        case Dates(_, ranges):
            return idx_date, [_any_range(name, ranges, idx_date.c.low, idx_date.c.high)], False
        case Quantities(_, ranges):
            low, high, unit = idx_quantity.c.low, idx_quantity.c.high, idx_quantity.c.unit
            return idx_quantity, [_any_range(name, ranges, low, high, unit)], False
        case Missing(kind, _, missing, unless):
            table = _TABLES[kind]
            return table, [table.c.value.not_in(_ints(f"{name}v", unless))] if unless else [], missing


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


def values_of(ids: PublicIds, pid: int, query: SearchQuery) -> dict[str, Value] | None:
    """Return the values of the parameters; `None` when ids are asked for and none of them can be found here."""
    values: dict[str, Value] = {"s_pid": pid, "s_base": pid << N_BITS, "s_type": TYPE_NUMBER[query.type]}
    if query.sort.number is not None:
        values["s_sort"] = query.sort.number
    for i, clause in enumerate(query.clauses):
        if isinstance(clause, Ids):
            found = (ids.decode(text) for text in clause.values)
            places = tuple(pid << N_BITS | one[1] for one in found if one is not None and one[0] == pid)
            if not places:
                return None
            values.update(_padded(f"s{i}v", places, padded(len(clause.values))))
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
        case Missing(_, numbers, _, unless):
            yield from _padded(f"{name}p", numbers)
            if unless:
                yield from _padded(f"{name}v", unless)
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
