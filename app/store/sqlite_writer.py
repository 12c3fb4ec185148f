"""SQLite's writing connection: groups of jobs as one transaction, a savepoint for each, one fsync for all."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any
from urllib.parse import quote

from sqlalchemy import Table, bindparam, delete, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert

from app.errors import InvalidContentError, StaleError, UnavailableError
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

DIALECT = sqlite.dialect()
UNSTORABLE = (UnicodeEncodeError, OverflowError)
"""What the driver raises for a value that it cannot send."""
_WAIT_MS = 5_000
"""How long the writing thread waits for another process's commit."""
_TOGETHER = 50
"""Rows of one statement where there are so many: a tenth cheaper than one by one."""
_STALE_CODES = {sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_ROWID}
_BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_BUSY_RECOVERY}

_COMMON = """
PRAGMA mmap_size = 1073741824;
PRAGMA cache_size = -16384;
PRAGMA temp_store = MEMORY;
"""
READER = _COMMON + "PRAGMA query_only = ON;"
_WRITER = (
    _COMMON
    + """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA journal_size_limit = 67108864;
"""
)
"""FULL: acknowledged means on disk. A checkpoint each 16 MB instead of 4 costs a sixth less per scattered write."""


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
        self._begun: tuple[list[Outcome], Head] = [], self._head

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

    def begin_group(self, jobs: Sequence[Job]) -> bool:
        """Write a group's rows, not yet durable; `finish_group` follows. False when another process is writing.

        Raises:
            UnavailableError: nothing of the group was stored.
        """
        try:
            self._begin(jobs, wait_ms=0)
        except _BusyError:
            return False
        return True

    def finish_group(self) -> list[Outcome]:
        """Make the begun group durable: an outcome for each job.

        Raises:
            UnavailableError: nothing of the group was stored, or nobody knows.
        """
        try:
            return self._finish()
        except _BusyError as error:
            raise UnavailableError("another process kept the database busy") from error

    def commit_group(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Write a group in one transaction, waiting for other processes: an outcome for each job.

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
        self._begin(jobs, wait_ms=wait_ms)
        return self._finish()

    def _begin(self, jobs: Sequence[Job], *, wait_ms: int) -> None:
        with self._doubting():
            connection = self._open()
            connection.execute(f"PRAGMA busy_timeout = {wait_ms}")
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [_attempt(connection, job) for job in jobs]
            entries = [
                entry for job, outcome in zip(jobs, outcomes, strict=True) if outcome is None for entry in job.audit
            ]
            self._begun = outcomes, self._record(connection, entries)

    def _finish(self) -> list[Outcome]:
        with self._doubting():
            outcomes, head = self._begun
            self._open().execute("COMMIT")
            self._head = head
            return outcomes

    @contextmanager
    def _doubting(self) -> Iterator[None]:
        """Let go of the connection when anything fails in it."""
        try:
            yield
        except sqlite3.Error as error:
            self.close()
            if getattr(error, "sqlite_errorcode", None) in _BUSY_CODES:
                raise _BusyError from error
            raise UnavailableError("the database did not take the write") from error
        except BaseException:
            self.close()
            raise

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = connect(self._path, _WRITER)
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
        return unstorable(job.audit)
    connection.execute("SAVEPOINT job")
    try:
        _apply(connection, job)
        outcome = unstorable(job.audit)
    except StaleError as error:
        outcome = error
    except sqlite3.IntegrityError as error:
        if getattr(error, "sqlite_errorcode", None) in _STALE_CODES:
            outcome = StaleError("what was to be written exists already")
        else:
            outcome = _failed(error)
    except UNSTORABLE:
        outcome = InvalidContentError("a value holds what no database can")
    except Exception as error:
        if not connection.in_transaction:
            raise
        outcome = _failed(error)
    if outcome is not None:
        connection.execute("ROLLBACK TO job")
    connection.execute("RELEASE job")
    return outcome


def _failed(error: Exception) -> UnavailableError:
    failure = UnavailableError("the database refused the job")
    failure.__cause__ = error
    return failure


def _apply(connection: sqlite3.Connection, job: Job) -> None:
    if job.base_change:
        values = {"old_pid": job.pid, "old_change": job.base_change}
        advance = _ADVANCE_FACTS if touches_facts(job) else _ADVANCE_CHANGE
        if connection.execute(advance.sql, advance.arguments(values)).rowcount != 1:
            raise StaleError("the citizen was written about meanwhile")
    elif job.base_change is None and touches_facts(job):
        connection.execute(_TOUCH_FACTS.sql, _TOUCH_FACTS.arguments({"old_pid": job.pid}))
    for write in job.writes:
        _run(connection, write)


def _run(connection: sqlite3.Connection, write: Write) -> None:
    if isinstance(write, Insert) and len(write.rows) >= _TOGETHER:
        whole = len(write.rows) - len(write.rows) % _TOGETHER
        sql, rows = _insert_together(write.table), write.rows
        for at in range(0, whole, _TOGETHER):
            connection.execute(sql, tuple(chain.from_iterable(rows[at : at + _TOGETHER])))
        write = Insert(write.table, rows[whole:])
    sql_of_one, single = _statement_of(write)
    connection.executemany(sql_of_one, single)


def connect(path: str, pragmas: str) -> sqlite3.Connection:
    """Open an existing file; transactions are begun and ended by whoever uses it."""
    uri = f"file:{quote(path)}?mode=rw"  # never create: an absent file is a mistake, not an empty service
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.executescript(pragmas)
    return connection


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
def _insert_together(table: Table) -> str:
    head, row = _insert(table).split(" VALUES ")
    return f"{head} VALUES {', '.join([row] * _TOGETHER)}"


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
    compiled = compile_statement(statement, DIALECT)
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
    compiled = compile_statement(statement, DIALECT)
    if list(compiled.names) != names:
        raise TypeError("the statement wants its values in another order")
    return compiled.sql


_ADVANCE_CHANGE = compile_statement(ADVANCE_CHANGE, DIALECT)
_ADVANCE_FACTS = compile_statement(ADVANCE_FACTS, DIALECT)
_TOUCH_FACTS = compile_statement(TOUCH_FACTS, DIALECT)
_ADVANCE_HEAD = compile_statement(ADVANCE_HEAD, DIALECT)
_FIND_HEAD = compile_statement(FIND_HEAD, DIALECT)
_ARCHIVE = _in_order(archive_statement(bindparam("place")), ["place"])
_BUMP = _in_order(bump_statement(insert, bindparam("name")), ["name"])
