"""SQLite: short reads in the event loop, one writing connection, WAL, every acknowledged commit on disk.

Reads are called directly: a hop to a thread costs seven times the read (facts of the benchmark in docs). The writing
connection is used by one thread at a time: the group writer's, or the event loop's while the group writer is idle.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert

from app import runtime
from app.errors import ConfigurationError, InvalidContentError, StaleError, UnavailableError
from app.store import tables
from app.store.chain import Head, extend, genesis
from app.store.ids import Ids
from app.store.job import Archive, AuditEntry, Bump, Delete, Insert, Job, Update, Upsert, Write
from app.store.query import Compiled, Compiler, Query, Row, Value, compile_statement
from app.store.writer import GroupWriter, Outcome
from app.store.writing import ADVANCE_CHANGE, ADVANCE_HEAD, FIND_HEAD, archive_statement, bump_statement

_DIALECT = sqlite.dialect()
_WAIT_MS = 5_000
"""How long the writing thread waits for another process's commit."""
_IDLE_READERS = 8
_UNSTORABLE = (UnicodeEncodeError, OverflowError)
_STALE_CODES = {sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_ROWID}
_BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_BUSY_RECOVERY}

_COMMON = """
PRAGMA mmap_size = 1073741824;
PRAGMA cache_size = -16384;
PRAGMA temp_store = MEMORY;
"""
_READER = _COMMON + "PRAGMA query_only = ON;"
_WRITER = _COMMON + "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;"


class SqliteSnapshot:
    """One read transaction on one connection; see `app.store.database.Snapshot`."""

    __slots__ = ("_compiler", "_connection", "ids", "remembered")

    def __init__(
        self, connection: sqlite3.Connection, compiler: Compiler, ids: Ids, remembered: dict[str, tuple[int, Any]]
    ) -> None:
        self._connection = connection
        self._compiler = compiler
        self.ids = ids
        self.remembered = remembered

    async def rows(self, query: Query, values: Mapping[str, Value]) -> list[Row]:
        """Run a query in the event loop."""
        compiled = self._compiler.compiled(query)
        try:
            return self._connection.execute(compiled.sql, compiled.arguments(values)).fetchall()
        except _UNSTORABLE as error:
            raise InvalidContentError("a value holds what no database can") from error
        except sqlite3.Error as error:
            raise UnavailableError("the database could not be read") from error


class SqliteDatabase:
    """See `app.store.database.Database`."""

    def __init__(self, path: str, ids: Ids) -> None:
        self._path = path
        self._compiler = Compiler(_DIALECT)
        self._idle: list[sqlite3.Connection] = []
        self._remembered: dict[str, tuple[int, Any]] = {}
        self._write = SqliteWriteConnection(path, runtime.random_id())
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-writer")
        self._writer = GroupWriter(self._commit_group, self._write.commit_at_once)
        self._closed = False
        self.in_flight = 0
        self.ids = ids

    @property
    def writer(self) -> str:
        """The name of this process's audit chain."""
        return self._write.writer

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[SqliteSnapshot]:
        """Open one consistent state; it is fixed by the first query."""
        if self._closed:
            raise UnavailableError("the database is closed")
        try:
            connection = self._idle.pop() if self._idle else _connect(self._path, _READER)
            connection.execute("BEGIN")
        except sqlite3.Error as error:
            raise UnavailableError("the database could not be read") from error
        try:
            yield SqliteSnapshot(connection, self._compiler, self.ids, self._remembered)
        finally:
            self._give_back(connection)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        try:
            connection.execute("COMMIT")
        except sqlite3.Error:
            connection.close()
            return
        if self._closed or len(self._idle) >= _IDLE_READERS:
            connection.close()
        else:
            self._idle.append(connection)

    async def commit(self, job: Job) -> None:
        """Write a job durably."""
        await self._writer.commit(job, is_alone=self.in_flight <= 1)

    async def _commit_group(self, jobs: Sequence[Job]) -> Sequence[Outcome]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._write.commit_group, jobs)

    async def close(self) -> None:
        """Commit what waits, then let go of everything."""
        await self._writer.close()
        self._closed = True
        self._thread.shutdown()
        self._write.close()
        while self._idle:
            self._idle.pop().close()


class SqliteWriteConnection:
    """The writing connection of a process and the end of its audit chain.

    Not for two threads at once. After a failure of the transaction itself the connection is opened anew and the end
    of the chain is read from the database: what memory says is never trusted after a doubt.
    """

    def __init__(self, path: str, writer: str) -> None:
        self.writer = writer
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._head = genesis(writer)

    def commit_at_once(self, job: Job) -> bool:
        """Write one job without waiting for other processes; False when one of them is writing.

        Raises:
            OvergangError: the job failed, alone.
        """
        try:
            outcome = self._commit([job], wait_ms=0)[0]
        except _BusyError:
            return False
        if outcome is not None:
            raise outcome
        return True

    def commit_group(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Write a group in one transaction: an outcome for each job.

        Raises:
            UnavailableError: nothing of the group was stored.
        """
        try:
            return self._commit(jobs, wait_ms=_WAIT_MS)
        except _BusyError as error:
            raise UnavailableError("another process kept the database busy") from error

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _commit(self, jobs: Sequence[Job], *, wait_ms: int) -> list[Outcome]:
        try:
            connection = self._open()
            connection.execute(f"PRAGMA busy_timeout = {wait_ms}")
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [_attempt(connection, job) for job in jobs]
            entries = [
                entry for job, outcome in zip(jobs, outcomes, strict=True) if outcome is None for entry in job.audit
            ]
            head = self._record(connection, entries)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self.close()
            if getattr(error, "sqlite_errorcode", None) in _BUSY_CODES:
                raise _BusyError from error
            raise UnavailableError("the database did not take the write") from error
        except BaseException:
            self.close()
            raise
        self._head = head
        return outcomes

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _connect(self._path, _WRITER)
            found = self._connection.execute(_FIND_HEAD.sql, (self.writer,)).fetchone()
            self._head = genesis(self.writer) if found is None else Head(self.writer, *found)
        return self._connection

    def _record(self, connection: sqlite3.Connection, entries: Iterable[AuditEntry]) -> Head:
        head, rows = extend(self._head, entries)
        if not rows:
            return head
        _run(connection, Insert(tables.audit, rows))
        at = rows[-1][3]
        if self._head.seq == 0:
            _run(connection, Insert(tables.audit_head, ((head.writer, head.seq, head.hash, at),)))
        else:
            values = {"new_seq": head.seq, "new_hash": head.hash, "new_at": at, "old_seq": self._head.seq}
            moved = connection.execute(_ADVANCE_HEAD.sql, _ADVANCE_HEAD.arguments({**values, "writer": self.writer}))
            if moved.rowcount != 1:
                raise UnavailableError("the end of the audit chain is not where this process left it")
        return head


class _BusyError(Exception):
    """Another process is writing."""


def _attempt(connection: sqlite3.Connection, job: Job) -> Outcome:
    """Write one job under a savepoint; a failed job leaves nothing behind and the transaction usable.

    Raises:
        sqlite3.Error: the transaction itself is gone (disk full, file damaged).
    """
    if job.is_record_only:
        return _storable(job.audit)
    connection.execute("SAVEPOINT job")
    try:
        _apply(connection, job)
        outcome = _storable(job.audit)
    except StaleError as error:
        outcome = error
    except sqlite3.IntegrityError as error:
        if getattr(error, "sqlite_errorcode", None) in _STALE_CODES:
            outcome = StaleError("what was to be written exists already")
        else:
            outcome = _failed(error)
    except _UNSTORABLE:
        outcome = InvalidContentError("a value holds what no database can")
    except Exception as error:
        if not connection.in_transaction:
            raise
        outcome = _failed(error)
    if outcome is not None:
        connection.execute("ROLLBACK TO job")
    connection.execute("RELEASE job")
    return outcome


def _storable(entries: Iterable[AuditEntry]) -> Outcome:
    """Find out before the group's audit is written together whether these entries would spoil it."""
    for entry in entries:
        numbers = (entry.pid, entry.at_us, entry.kind)
        if not all(isinstance(number, int) and -(2**63) <= number < 2**63 for number in numbers):
            return InvalidContentError("a number of an audit entry is beyond 64 bits")
        if not isinstance(entry.body, bytes):
            return InvalidContentError("the body of an audit entry must be bytes")
    return None


def _failed(error: Exception) -> UnavailableError:
    failure = UnavailableError("the database refused the job")
    failure.__cause__ = error
    return failure


def _apply(connection: sqlite3.Connection, job: Job) -> None:
    if job.base_change:
        values = {"old_pid": job.pid, "old_change": job.base_change}
        if connection.execute(_ADVANCE_CHANGE.sql, _ADVANCE_CHANGE.arguments(values)).rowcount != 1:
            raise StaleError("the citizen was written about meanwhile")
    for write in job.writes:
        _run(connection, write)


def _run(connection: sqlite3.Connection, write: Write) -> None:
    sql, rows = _statement_of(write)
    connection.executemany(sql, rows)


def _statement_of(write: Write) -> tuple[str, Iterable[Sequence[Value]]]:
    match write:
        case Insert(table, rows):
            return _insert(table), rows
        case Upsert(table, rows):
            return _upsert(table), rows
        case Update(table, keys, columns, rows):
            sql, in_order = _update(table, keys, columns)
            return sql, map(in_order, rows)
        case Delete(table, keys, rows):
            return _delete(table, keys), rows
        case Archive(rows):
            return _ARCHIVE, rows
        case Bump(name):
            return _BUMP, ((name,),)


@lru_cache(maxsize=256)
def _insert(table: Table) -> str:
    names = [column.name for column in table.columns]
    return _in_order(insert(table).values({name: bindparam(name) for name in names}), names)


@lru_cache(maxsize=256)
def _upsert(table: Table) -> str:
    names = [column.name for column in table.columns]
    statement = insert(table).values({name: bindparam(name) for name in names})
    keys = [column.name for column in table.primary_key]
    if changed := {name: statement.excluded[name] for name in names if name not in keys}:
        return _in_order(statement.on_conflict_do_update(index_elements=keys, set_=changed), names)
    return _in_order(statement.on_conflict_do_nothing(index_elements=keys), names)


@lru_cache(maxsize=256)
def _update(
    table: Table, keys: tuple[str, ...], columns: tuple[str, ...]
) -> tuple[str, Callable[[Row], Sequence[Value]]]:
    statement = update(table).values({name: bindparam(f"new_{name}") for name in columns})
    for name in keys:
        statement = statement.where(table.c[name] == bindparam(f"old_{name}"))
    compiled = compile_statement(statement, _DIALECT)
    given = [f"old_{name}" for name in keys] + [f"new_{name}" for name in columns]
    return compiled.sql, itemgetter(*(given.index(name) for name in compiled.names))


@lru_cache(maxsize=256)
def _delete(table: Table, keys: tuple[str, ...]) -> str:
    statement = delete(table)
    for name in keys:
        statement = statement.where(table.c[name] == bindparam(f"old_{name}"))
    return _in_order(statement, [f"old_{name}" for name in keys])


def _in_order(statement: Any, names: list[str]) -> str:
    """Compile a statement whose rows are given in the order of `names`."""
    compiled = compile_statement(statement, _DIALECT)
    if list(compiled.names) != names:
        raise TypeError("the statement wants its values in another order")
    return compiled.sql


def _compile(statement: Any) -> Compiled:
    return compile_statement(statement, _DIALECT)


_ADVANCE_CHANGE = _compile(ADVANCE_CHANGE)
_ADVANCE_HEAD = _compile(ADVANCE_HEAD)
_FIND_HEAD = _compile(FIND_HEAD)
_ARCHIVE = _in_order(archive_statement(bindparam("place")), ["place"])
_BUMP = _in_order(bump_statement(insert, bindparam("name")), ["name"])
_FIND_KEY = _compile(select(tables.setting.c.value).where(tables.setting.c.name == bindparam("name")))


def _connect(path: str, pragmas: str) -> sqlite3.Connection:
    uri = f"file:{quote(path)}?mode=rw"  # never create: an absent file is a mistake, not an empty service
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.executescript(pragmas)
    return connection


def open_sqlite(path: str) -> SqliteDatabase:
    """Open a migrated file; see `app.store.database.open_database`."""
    if not Path(path).is_file():
        raise ConfigurationError("the database file does not exist: migrate first")
    try:
        connection = _connect(path, _READER)
        try:
            found = connection.execute(_FIND_KEY.sql, ("id-key",)).fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise ConfigurationError("the database file cannot be read: migrate first") from error
    if found is None:
        raise ConfigurationError("the database has no keys: migrate first")
    return SqliteDatabase(path, Ids(found[0]))
