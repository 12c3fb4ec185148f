"""What a use case asks the writer to do: one plain value per request, without callbacks, the same on both engines.

All writes of a job are one transaction: all of it or nothing. Writes run in the order given.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Table

from app.store.query import Row, Value


@dataclass(frozen=True, slots=True)
class Insert:
    """Add rows, each with a value for every column in the table's order. A key that exists makes the job stale."""

    table: Table
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Upsert:
    """Add rows or replace those with the same primary key; of two rows with one key the last counts."""

    table: Table
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Update:
    """Change some columns of rows: each row is the values of `keys`, then of `columns`. A missing row is no error."""

    table: Table
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove all rows in which `keys` have the values of one of `rows`."""

    table: Table
    keys: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Archive:
    """Copy the current versions of the resources at these places to `history`, before they are replaced.

    Each row is (place,).
    """

    rows: tuple[tuple[int], ...]


@dataclass(frozen=True, slots=True)
class Bump:
    """Raise the version of a shared fact (table `state`) by one, so that every process re-reads it."""

    name: str


Write = Insert | Upsert | Update | Delete | Archive | Bump


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One record of an access, a refusal or a change; the writer adds writer, sequence number and chained hash.

    `organisation` is that of the body: by it SQL finds what an organisation answers for.
    """

    pid: int
    at_us: int
    kind: int
    body: bytes
    organisation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One unit of writing.

    `base_change` is `citizen.change` as the use case read it: the writer compares and raises it by one in the same
    transaction, so whatever was decided on stale facts is not stored. 0 means that the citizen is new and that a row
    of `citizen` (with change 1) is among the writes. None means that nothing about the citizen herself changes:
    audit, answers, deliveries.
    """

    pid: int
    base_change: int | None = None
    writes: tuple[Write, ...] = ()
    audit: tuple[AuditEntry, ...] = ()

    @property
    def is_record_only(self) -> bool:
        """Tell whether the job adds audit and nothing else; such jobs are written together, without savepoints."""
        return self.base_change is None and not self.writes

    @property
    def size(self) -> int:
        """Return about how many rows the job writes."""
        if not self.writes:
            return len(self.audit)
        return len(self.audit) + sum(1 if isinstance(write, Bump) else len(write.rows) for write in self.writes)


def joined(writes: Iterable[Write]) -> tuple[Write, ...]:
    """Return the same writes in fewer statements: upserts of a table as one, unless it is changed between them."""
    made: list[Write] = []
    rows: dict[int, list[Row]] = {}
    last: dict[str, int] = {}
    for write in writes:
        if isinstance(write, Archive | Bump):
            last.clear()
        elif isinstance(write, Upsert) and last.get(write.table.name) in rows:
            rows[last[write.table.name]] += write.rows
            continue
        else:
            last[write.table.name] = len(made)
            if isinstance(write, Upsert):
                rows[len(made)] = [*write.rows]
        made.append(write)
    return tuple(
        Upsert(write.table, tuple(rows[at])) if isinstance(write, Upsert) else write for at, write in enumerate(made)
    )


def rows_of(table: Table, values: Iterable[Mapping[str, Value]]) -> tuple[Row, ...]:
    """Put values by column name in the table's order; columns left out are NULL.

    Raises:
        KeyError: a name is no column of the table, or a column that must have a value has none.
    """
    columns = table.columns
    rows = []
    for value in values:
        if unknown := value.keys() - columns.keys():
            raise KeyError(f"no columns {sorted(unknown)} in {table.name}")
        rows.append(tuple(value.get(column.name) if column.nullable else value[column.name] for column in columns))
    return tuple(rows)
