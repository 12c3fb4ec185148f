"""SQLite: short reads in the event loop, one writing connection, WAL, every acknowledged commit on disk.

Reads are called directly: a hop to a thread costs seven times the read (facts of the benchmark in docs). The writing
connection is used by the group writer alone, which writes in the event loop and waits for the disk in a thread.
"""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, select

from app import runtime
from app.errors import ConfigurationError, InvalidContentError, UnavailableError
from app.store.ids import Ids
from app.store.job import Job
from app.store.query import Compiler, Query, Row, Value, compile_statement
from app.store.sqlite_writer import DIALECT, READER, UNSTORABLE, SqliteWriteConnection, connect
from app.store.tables import setting
from app.store.writer import GroupWriter, Outcome

_IDLE_READERS = 8
"""Reading connections kept open; more are opened when more snapshots lie open at once."""


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

    async def refresh(self) -> None:
        """Begin another read transaction."""
        try:
            self._connection.execute("COMMIT")
            self._connection.execute("BEGIN")
        except sqlite3.Error as error:
            raise UnavailableError("the database could not be read") from error

    async def rows(self, query: Query, values: Mapping[str, Value]) -> list[Row]:
        """Run a query in the event loop."""
        compiled = self._compiler.compiled(query)
        try:
            return self._connection.execute(compiled.sql, compiled.arguments(values)).fetchall()
        except UNSTORABLE as error:
            raise InvalidContentError("a value holds what no database can") from error
        except sqlite3.Error as error:
            raise UnavailableError("the database could not be read") from error


class SqliteDatabase:
    """See `app.store.database.Database`."""

    def __init__(self, path: str, ids: Ids) -> None:
        self._path = path
        self.compiler = Compiler(DIALECT)
        self._idle: list[sqlite3.Connection] = []
        self.remembered: dict[str, tuple[int, Any]] = {}
        self._write = SqliteWriteConnection(path, runtime.random_id())
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-writer")
        self._writer = GroupWriter(self._commit_group, self._write.commit_at_once, lambda: self.in_flight <= 1)
        self._closed = False
        self.in_flight = 0
        self.ids = ids

    @property
    def writer(self) -> str:
        """The name of this process's audit chain."""
        return self._write.writer

    def snapshot(self) -> "_Reading":
        """Open one consistent state; it is fixed by the first query."""
        return _Reading(self)

    def take(self) -> sqlite3.Connection:
        """Take a reading connection with a transaction begun."""
        if self._closed:
            raise UnavailableError("the database is closed")
        try:
            connection = self._idle.pop() if self._idle else connect(self._path, READER)
        except sqlite3.Error as error:
            raise UnavailableError("the database could not be read") from error
        try:
            connection.execute("BEGIN")
        except sqlite3.Error as error:
            connection.close()
            raise UnavailableError("the database could not be read") from error
        return connection

    def give_back(self, connection: sqlite3.Connection) -> None:
        """End the transaction and keep the connection for the next one."""
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
        await self._writer.commit(job)

    async def _commit_group(self, jobs: Sequence[Job]) -> Sequence[Outcome]:
        """Write the rows here and let the thread wait for the disk.

        Each row written in another thread would hand the interpreter's lock to and fro, up to 5 ms each time.
        """
        run = asyncio.get_running_loop().run_in_executor
        if not self._write.begin_group(jobs):
            return await run(self._thread, self._write.commit_group, jobs)
        return await run(self._thread, self._write.finish_group)

    async def close(self) -> None:
        """Commit what waits, then let go of everything."""
        await self._writer.close()
        self._closed = True
        self._thread.shutdown()
        self._write.close()
        while self._idle:
            self._idle.pop().close()


class _Reading:
    """A snapshot for the time of a `with`; a generator in its place costs more than the transaction."""

    __slots__ = ("_connection", "_database")

    _connection: sqlite3.Connection

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def __aenter__(self) -> SqliteSnapshot:
        database = self._database
        self._connection = database.take()
        return SqliteSnapshot(self._connection, database.compiler, database.ids, database.remembered)

    async def __aexit__(self, *_: object) -> None:
        self._database.give_back(self._connection)


_FIND_KEY = compile_statement(select(setting.c.value).where(setting.c.name == bindparam("name")), DIALECT)


def open_sqlite(path: str) -> SqliteDatabase:
    """Open a migrated file; see `app.store.database.open_database`."""
    if not Path(path).is_file():
        raise ConfigurationError("the database file does not exist: migrate first")
    try:
        connection = connect(path, READER)
        try:
            found = connection.execute(_FIND_KEY.sql, ("id-key",)).fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise ConfigurationError("the database file cannot be read: migrate first") from error
    if found is None:
        raise ConfigurationError("the database has no keys: migrate first")
    return SqliteDatabase(path, Ids(found[0]))
