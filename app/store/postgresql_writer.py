"""PostgreSQL's writing connection: groups of jobs as one transaction, one statement per table however many rows.

Errors of the driver can quote values: they are never chained to ours, only their SQLSTATE is told.
"""

import asyncio
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import Executable, TableValuedAlias, bindparam, column, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect

from app.errors import InvalidContentError, OvergangError, StaleError, UnavailableError
from app.store import tables
from app.store.bearing import touches_facts
from app.store.chain import Head, extend, genesis
from app.store.job import Archive, AuditEntry, Bump, Delete, Insert, Job, Update, Upsert, Write
from app.store.query import Row, Value, compile_statement
from app.store.writer import Outcome
from app.store.writing import (
    ADVANCE_CHANGE,
    ADVANCE_FACTS,
    ADVANCE_HEAD,
    FIND_HEAD,
    TOUCH_FACTS,
    archive_statement,
    bump_statement,
    unstorable,
)

DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves dialect classes untyped
WAIT_SECONDS = 10
_ATTEMPTS = 5
_AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
CONNECTION = {
    "statement_cache_size": 1024,
    "max_cached_statement_lifetime": 0,
    "command_timeout": 30,
    "server_settings": {"jit": "off", "application_name": "overgang"},
}


class PostgresqlWriteConnection:
    """The writing connection of a process and the end of its audit chain.

    After any failure of a transaction the end of the chain is read from the database again. If the connection broke
    while a commit was under way, that also tells whether the commit arrived.
    """

    def __init__(self, url: str, writer: str) -> None:
        self.writer = writer
        self._url = url
        self._connection: Any = None
        self._head = genesis(writer)

    async def commit_group(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Write a group in one transaction: an outcome for each job.

        Raises:
            UnavailableError: the database is out of reach.
        """
        failure: Exception | None = None
        doubtful: _Work | None = None
        has_savepoints = False
        for attempt in range(_ATTEMPTS):
            work = _Work(jobs, has_savepoints=has_savepoints)
            try:
                connection = await self._open()
                if doubtful is not None and self._head == doubtful.new_head:
                    return doubtful.outcomes  # the connection broke after the commit had arrived
                await self._transact(connection, work)
            except _JobFailedError:
                has_savepoints = True
            except _AGAIN as error:
                failure = error
                await self._leave()
                await asyncio.sleep(0.005 * 2**attempt)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                failure = error
                await self.close()
                if work.is_committing:
                    doubtful = work
                    if work.new_head is None:
                        break  # nothing would tell whether it arrived
                await asyncio.sleep(0.02 * 2**attempt)
            except BaseException:
                await self.close()
                raise
            else:
                return work.outcomes
        raise failure_of(failure, "the database did not take the write")

    async def close(self) -> None:
        """Close the connection, whatever state it is in."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def _open(self) -> Any:
        if self._connection is None:
            connection = await asyncpg.connect(self._url, timeout=WAIT_SECONDS, **CONNECTION)
            try:
                await self._find_head(connection)
            except BaseException:
                connection.terminate()
                raise
            self._connection = connection
        return self._connection

    async def _find_head(self, connection: Any) -> None:
        found = await connection.fetchrow(_FIND_HEAD.sql, self.writer)
        self._head = genesis(self.writer) if found is None else Head(self.writer, *found)

    async def _leave(self) -> None:
        """Leave the failed transaction and look where the chain ends."""
        try:
            await self._connection.execute("ROLLBACK")
            await self._find_head(self._connection)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await self.close()

    async def _transact(self, connection: Any, work: "_Work") -> None:
        if self._head.seq and all(job.is_record_only for job in work.jobs):
            await self._record_only(connection, work)
            return
        await connection.execute("BEGIN")
        try:
            for index, job in enumerate(work.jobs):
                work.outcomes[index] = await work.attempt(connection, job)
        except _JobFailedError:
            await self._leave()
            raise
        head = await self._record(connection, work.entries())
        work.is_committing = True
        work.new_head = None if head is self._head else head
        await connection.execute("COMMIT")
        self._head = head

    async def _record_only(self, connection: Any, work: "_Work") -> None:
        """Write audit alone, in one statement: the commonest group, one round trip instead of four."""
        work.outcomes = [unstorable(job.audit) for job in work.jobs]
        head, rows = extend(self._head, work.entries())
        if not rows:
            return
        work.is_committing, work.new_head = True, head
        values = {"new_seq": head.seq, "new_hash": head.hash, "new_at": rows[-1][3], "old_seq": self._head.seq}
        columns = {f"given_{each.name}": rows for each, rows in zip(tables.audit.c, _by_column(rows), strict=True)}
        arguments = [{**values, "writer": self.writer, **columns}[name] for name in _RECORD.names]
        if await connection.execute(_RECORD.sql, *arguments) == "INSERT 0 0":
            raise asyncpg.SerializationError("the end of the audit chain has moved")
        self._head = head

    async def _record(self, connection: Any, entries: Sequence[AuditEntry]) -> Head:
        if not entries:
            return self._head
        head, rows = extend(self._head, entries)
        await _run(connection, Insert(tables.audit, rows))
        at = rows[-1][3]
        if self._head.seq == 0:
            await _run(connection, Insert(tables.audit_head, ((head.writer, head.seq, head.hash, at),)))
        else:
            values = {"new_seq": head.seq, "new_hash": head.hash, "new_at": at, "old_seq": self._head.seq}
            arguments = _ADVANCE_HEAD.arguments({**values, "writer": self.writer})
            if await connection.execute(_ADVANCE_HEAD.sql, *arguments) != "UPDATE 1":
                raise asyncpg.SerializationError("the end of the audit chain has moved")
        return head


class _JobFailedError(Exception):
    """A job failed in a transaction without savepoints: the group is written again with them."""


class _Work:
    """One attempt to write a group.

    The first attempt takes no savepoints, two round trips less per job: jobs fail seldom, and the commonest failure,
    a stale citizen, is found before the job has changed anything.
    """

    def __init__(self, jobs: Sequence[Job], *, has_savepoints: bool) -> None:
        self.jobs = jobs
        self.outcomes: list[Outcome] = [None] * len(jobs)
        self.is_committing = False
        self.new_head: Head | None = None
        self._has_savepoints = has_savepoints

    def entries(self) -> list[AuditEntry]:
        """Return the audit of the jobs that succeeded."""
        return [
            entry
            for job, outcome in zip(self.jobs, self.outcomes, strict=True)
            if outcome is None
            for entry in job.audit
        ]

    async def attempt(self, connection: Any, job: Job) -> Outcome:
        """Write one job; with savepoints a failed job leaves nothing behind."""
        if outcome := unstorable(job.audit):
            return outcome
        if job.is_record_only:
            return None
        if self._has_savepoints:
            await connection.execute("SAVEPOINT job")
        outcome = await self._apply(connection, job)
        if self._has_savepoints:
            await connection.execute("RELEASE job" if outcome is None else "ROLLBACK TO job")
        return outcome

    async def _apply(self, connection: Any, job: Job) -> Outcome:
        try:
            if not await _advance(connection, job):
                return StaleError("the citizen was written about meanwhile")
            for write in job.writes:
                await _run(connection, write)
        except _AGAIN:
            raise
        except (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, OSError):
            raise
        except Exception as error:
            if connection.is_closed():
                raise
            if not self._has_savepoints:
                raise _JobFailedError from None
            if isinstance(error, asyncpg.UniqueViolationError):
                return StaleError("what was to be written exists already")
            return failure_of(error, "the database refused the job")
        return None


def failure_of(error: Exception | None, text: str) -> OvergangError:
    """Turn a driver's error into ours, without its text: it may quote values."""
    if isinstance(error, asyncpg.DataError):
        return InvalidContentError("a value holds what no database can")
    state = getattr(error, "sqlstate", None)
    return UnavailableError(f"{text} (SQLSTATE `{state}`)" if state else text)


async def _advance(connection: Any, job: Job) -> bool:
    """Raise the citizen's counters; False when somebody else has written about the citizen."""
    if job.base_change:
        advance = _ADVANCE_FACTS if touches_facts(job) else _ADVANCE_CHANGE
        values = {"old_pid": job.pid, "old_change": job.base_change}
        hit: str = await connection.execute(advance.sql, *advance.arguments(values))
        return hit == "UPDATE 1"
    if job.base_change is None and touches_facts(job):
        await connection.execute(_TOUCH_FACTS.sql, *_TOUCH_FACTS.arguments({"old_pid": job.pid}))
    return True


async def _run(connection: Any, write: Write) -> None:
    sql, arguments = _statement_of(write)
    if arguments:
        await connection.execute(sql, *arguments)


def _statement_of(write: Write) -> tuple[str, Sequence[object]]:
    match write:
        case Insert(table, rows):
            return _insert(table), _by_column(rows)
        case Upsert(table, rows):
            return _upsert(table), _by_column(_last_of_each_key(table, rows))
        case Update(table, keys, columns, rows):
            return _update(table, keys, columns), _by_column(rows)
        case Delete(table, keys, rows):
            return _delete(table, keys), _by_column(rows)
        case Archive(rows):
            return _ARCHIVE, _by_column(rows)
        case Bump(name):
            return _BUMP, [name]


def _by_column(rows: Iterable[Row]) -> list[tuple[Value, ...]]:
    return list(zip(*rows, strict=True))


def _last_of_each_key(table: Any, rows: tuple[Row, ...]) -> Iterable[Row]:
    """One statement may change a row once only."""
    if len(rows) == 1:
        return rows
    keys = [index for index, each in enumerate(table.columns) if each.name in _key(table)]
    return {tuple(row[index] for index in keys): row for row in rows}.values()


def _key(table: Any) -> tuple[str, ...]:
    """Return the columns of the primary key as the migrations make it here."""
    key: tuple[str, ...] = table.info.get("postgresql_key") or tuple(each.name for each in table.primary_key)
    return key


def _record_statement() -> Executable:
    """Move the end of the chain and add the entries before it; where the end has moved already, add nothing."""
    moved = ADVANCE_HEAD.returning(tables.audit_head.c.seq).cte("moved")
    columns = list(tables.audit.columns)
    given = _arrays([f"given_{each.name}" for each in columns], columns)
    entries = select(*given.c).where(select(moved.c.seq).exists())
    return insert(tables.audit).from_select([each.name for each in columns], entries).add_cte(moved)


def _arrays(names: Sequence[str], columns: Sequence[Any]) -> TableValuedAlias:
    """Return rows that come as one array per column: one statement however many rows."""
    arrays = [bindparam(name, type_=ARRAY(each.type)) for name, each in zip(names, columns, strict=True)]
    shape = [column(name, each.type) for name, each in zip(names, columns, strict=True)]
    return func.unnest(*arrays).table_valued(*shape).render_derived(name="given")


@lru_cache(maxsize=256)
def _insert(table: Any) -> str:
    names = [each.name for each in table.columns]
    given = _arrays(names, table.columns)
    return _in_order(insert(table).from_select(names, select(*given.c)), names)


@lru_cache(maxsize=256)
def _upsert(table: Any) -> str:
    names = [each.name for each in table.columns]
    statement = insert(table).from_select(names, select(*_arrays(names, table.columns).c))
    keys = _key(table)
    if changed := {name: statement.excluded[name] for name in names if name not in keys}:
        return _in_order(statement.on_conflict_do_update(index_elements=keys, set_=changed), names)
    return _in_order(statement.on_conflict_do_nothing(index_elements=keys), names)


@lru_cache(maxsize=256)
def _update(table: Any, keys: tuple[str, ...], columns: tuple[str, ...]) -> str:
    names = [f"old_{name}" for name in keys] + [f"new_{name}" for name in columns]
    given = _arrays(names, [table.c[name] for name in (*keys, *columns)])
    statement = update(table).values({name: given.c[f"new_{name}"] for name in columns})
    for name in keys:
        statement = statement.where(table.c[name] == given.c[f"old_{name}"])
    return _in_order(statement, names)


@lru_cache(maxsize=256)
def _delete(table: Any, keys: tuple[str, ...]) -> str:
    names = [f"old_{name}" for name in keys]
    given = _arrays(names, [table.c[name] for name in keys])
    statement = delete(table)
    for name in keys:
        statement = statement.where(table.c[name] == given.c[f"old_{name}"])
    return _in_order(statement, names)


def _in_order(statement: Any, names: Sequence[str]) -> str:
    """Compile a statement whose arrays are given in the order of `names`."""
    compiled = compile_statement(statement, DIALECT)
    if list(compiled.names) != list(names):
        raise TypeError("the statement wants its values in another order")
    return compiled.sql


_ADVANCE_CHANGE = compile_statement(ADVANCE_CHANGE, DIALECT)
_TOUCH_FACTS = compile_statement(TOUCH_FACTS, DIALECT)
_ADVANCE_FACTS = compile_statement(ADVANCE_FACTS, DIALECT)
_ADVANCE_HEAD = compile_statement(ADVANCE_HEAD, DIALECT)
_RECORD = compile_statement(_record_statement(), DIALECT)
_FIND_HEAD = compile_statement(FIND_HEAD, DIALECT)
_ARCHIVE = _in_order(archive_statement(_arrays(["place"], [tables.resource.c.place]).c.place), ["place"])
_BUMP = _in_order(bump_statement(insert, bindparam("name")), ["name"])
