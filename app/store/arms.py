"""Queries of several kinds of facts at once: one arm a kind, all of the same shape.

Every arm has the number of its kind, six texts, four numbers (a period first) and bytes; what it lacks is NULL.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    LargeBinary,
    Select,
    Text,
    bindparam,
    cast,
    literal_column,
    null,
    or_,
    select,
)

from app.store.query import Row

TEXTS, NUMBERS = 6, 4


def arm(
    kind: int,
    texts: Sequence[ColumnElement[Any]],
    numbers: Sequence[ColumnElement[Any]],
    stored: ColumnElement[Any] | None = None,
) -> Select[Any]:
    """Return one arm of the query."""
    return select(
        literal_column(str(kind), BigInteger),
        *texts,
        *[cast(null(), Text)] * (TEXTS - len(texts)),
        *numbers,
        *[cast(null(), BigInteger)] * (NUMBERS - len(numbers)),
        cast(null(), LargeBinary) if stored is None else stored,
    )


def is_running(stop: ColumnElement[int | None]) -> ColumnElement[bool]:
    """Return the condition that what ends at `stop` has not ended at `at`."""
    return or_(stop.is_(None), stop >= bindparam("at", type_=BigInteger))


def by_kind(rows: Iterable[Row], kinds: int) -> list[list[Row]]:
    """Return the rows of each kind, without its number."""
    found: list[list[Row]] = [[] for _ in range(kinds)]
    for row in rows:
        found[row[0]].append(row[1:])
    return found
