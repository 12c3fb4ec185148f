"""Statements written once in SQLAlchemy Core, compiled once per shape and dialect, handed to the driver as they are.

What that must beware of (DESIGN § 4), and how:

* *Expanding IN*: a list parameter would make every length its own statement at run time. It is refused; write one
  `bindparam` per place and pad the list (`app.store.visible` shows how).
* *Hidden values*: SQLite compiles LIMIT to `LIMIT ? OFFSET ?`, constants become parameters. The compiled statement
  keeps its constants and the order in which the driver wants everything.
* *Skipped type processors*: nobody converts values on this path. Columns and parameters other than integers, text and
  bytes are refused when the statement is compiled.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, Integer, LargeBinary, String
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import NullType

Value = int | str | bytes | None
Row = tuple[Any, ...]
"""One row as the driver gives it: integers, text, bytes and None, in the order of the select."""

_PLAIN = (Integer, String, LargeBinary, NullType)
_KEPT = 4096
"""Compiled statements kept per database; searches make new shapes, and whoever searches must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Query:
    """A statement with its name.

    `key` must tell two different statements apart; whatever varies from call to call is a named `bindparam`, never a
    constant in the statement: `build` runs once per key and dialect.
    """

    key: Hashable
    build: Callable[[], Executable]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement as the driver takes it: `names` in the driver's order, `constants` for those that are fixed."""

    sql: str
    names: tuple[str, ...]
    constants: Mapping[str, Value]

    def arguments(self, values: Mapping[str, Value]) -> list[Value]:
        """Put `values` in the driver's order.

        Raises:
            KeyError: a parameter has no value: a mistake of the caller's, not of the client's.
        """
        if not self.constants:
            return [values[name] for name in self.names]
        constants = self.constants
        return [constants[name] if name in constants else values[name] for name in self.names]


class Compiler:
    """Compiles queries for one dialect and keeps the newest."""

    __slots__ = ("_dialect", "_kept")

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._kept: dict[Hashable, Compiled] = {}

    def compiled(self, query: Query) -> Compiled:
        """Return the compiled form of `query`."""
        found = self._kept.get(query.key)
        if found is None:
            if len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            found = self._kept[query.key] = compile_statement(query.build(), self._dialect)
        return found


def compile_statement(statement: Executable, dialect: Dialect) -> Compiled:
    """Compile a statement whose parameters and columns are integers, text and bytes.

    Raises:
        TypeError: it needs what this path does not do (see the module).
    """
    if not isinstance(statement, ClauseElement):
        raise TypeError("only statements of SQLAlchemy Core can be compiled")
    compiled = statement.compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("only queries and changes of rows can be compiled")
    if compiled.post_compile_params or compiled.literal_execute_params:
        raise TypeError("a list parameter would be expanded at run time: use one bindparam per place")
    names = tuple(compiled.positiontup or ())
    kinds = [compiled.binds[name].type for name in names]
    kinds += [column.type for column in compiled._result_columns]  # noqa: SLF001  # no public way to ask
    for kind in kinds:
        if not isinstance(getattr(kind, "item_type", kind), _PLAIN):
            raise TypeError(f"`{kind!r}` would need a conversion that is not made here: cast it to an integer or text")
    constants = {name: compiled.binds[name].effective_value for name in names if not compiled.binds[name].required}
    return Compiled(sql=str(compiled), names=names, constants=constants)
