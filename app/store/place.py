"""Where a resource lies: `place` is pid << 22 | n, so that a citizen's resources are one range of keys."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from app.store.tables import N_BITS

_PID = bindparam("pid", type_=BigInteger)
_FIRST = bindparam("first", type_=BigInteger)
_LAST = bindparam("last", type_=BigInteger)


def place_of(pid: int, n: int) -> int:
    """Return the place of resource `n` of a citizen."""
    return pid << N_BITS | n


def places_of(pid: int) -> dict[str, int]:
    """Return the values that `of_citizen` asks for."""
    return {"pid": pid, "first": pid << N_BITS, "last": (pid + 1 << N_BITS) - 1}


class OfCitizen(ColumnElement[bool]):
    """The rows of `resource` that belong to one citizen, said so that each engine reads them as one range.

    SQLite has no index that begins with pid and holds the rows: told of pid it would take the index by type and look
    up every row, told of the range of rowids it reads neighbours.
    """

    inherit_cache = False

    def __init__(self, table: FromClause) -> None:
        self.by_pid = table.c.pid == _PID
        self.by_place = table.c.place.between(_FIRST, _LAST)


def of_citizen(resource: FromClause) -> ColumnElement[bool]:
    """Return the condition that a row of `resource` (or an alias) belongs to the citizen of `places_of`."""
    return OfCitizen(resource)


@compiles(OfCitizen)
def _elsewhere(element: OfCitizen, compiler: SQLCompiler, **how: Any) -> str:
    return compiler.process(element.by_pid, **how)


@compiles(OfCitizen, "sqlite")
def _on_sqlite(element: OfCitizen, compiler: SQLCompiler, **how: Any) -> str:
    return compiler.process(element.by_place, **how)
