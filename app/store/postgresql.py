"""PostgreSQL: prepared statements over asyncpg, readers from a pool, one writing connection per process.

Nothing on these connections outlives its transaction (no SET, no temporary table, no advisory lock), so the pool does
not reset them between uses: that would cost a round trip. Errors of the driver can quote values: they are never
chained to ours, only their SQLSTATE is told.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import bindparam, select

from app import runtime
from app.errors import ConfigurationError, OvergangError
from app.store.ids import Ids
from app.store.job import Job
from app.store.postgresql_writer import CONNECTION, DIALECT, WAIT_SECONDS, PostgresqlWriteConnection, failure_of
from app.store.query import Compiler, Query, Row, Value, compile_statement
from app.store.tables import setting
from app.store.writer import GroupWriter

_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_READERS = 10


class PostgresqlSnapshot:
    """One repeatable-read transaction, begun by the first query; see `app.store.database.Snapshot`."""

    __slots__ = ("_compiler", "_connection", "has_begun", "ids", "remembered")

    def __init__(self, connection: Any, compiler: Compiler, ids: Ids, remembered: dict[str, tuple[int, Any]]) -> None:
        self._connection = connection
        self._compiler = compiler
        self.ids = ids
        self.remembered = remembered
        self.has_begun = False

    async def refresh(self) -> None:
        """End this transaction; the next query begins another."""
        failure: OvergangError
        try:
            if self.has_begun:
                await self._connection.execute("COMMIT")
                self.has_begun = False
        except Exception as error:  # noqa: BLE001  # as below
            failure = failure_of(error, "the database could not be read")
        else:
            return
        raise failure

    async def rows(self, query: Query, values: Mapping[str, Value]) -> list[Row]:
        """Run a query as a prepared statement."""
        compiled = self._compiler.compiled(query)
        arguments = compiled.arguments(values)
        failure: OvergangError
        try:
            if not self.has_begun:
                self.has_begun = True  # said first: cancelled half-way, the transaction may have begun
                await self._connection.execute(_BEGIN_READING)
            found = await self._connection.fetch(compiled.sql, *arguments)
        except Exception as error:  # noqa: BLE001  # the driver lets errors of many origins through
            failure = failure_of(error, "the database could not be read")
        else:
            return [tuple(row) for row in found]
        raise failure


class PostgresqlDatabase:
    """See `app.store.database.Database`."""

    def __init__(self, url: str, pool: Any, ids: Ids) -> None:
        self._pool = pool
        self._compiler = Compiler(DIALECT)
        self._remembered: dict[str, tuple[int, Any]] = {}
        self._write = PostgresqlWriteConnection(url, runtime.random_id())
        self._writer = GroupWriter(self._write.commit_group)
        self.in_flight = 0
        self.ids = ids

    @property
    def writer(self) -> str:
        """The name of this process's audit chain."""
        return self._write.writer

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[PostgresqlSnapshot]:
        """Open one consistent state; it is fixed by the first query."""
        connection = None
        try:
            connection = await self._pool.acquire(timeout=WAIT_SECONDS)
        except Exception as error:  # noqa: BLE001
            failure = failure_of(error, "the database is out of reach")
        if connection is None:
            raise failure
        snapshot = PostgresqlSnapshot(connection, self._compiler, self.ids, self._remembered)
        try:
            yield snapshot
        finally:
            await self._give_back(connection, has_begun=snapshot.has_begun)

    async def _give_back(self, connection: Any, *, has_begun: bool) -> None:
        try:
            if has_begun:
                await connection.execute("COMMIT")
        except asyncio.CancelledError:
            connection.terminate()
            raise
        except Exception:  # noqa: BLE001  # what was read has been read; the connection is of no further use
            connection.terminate()
        finally:
            await self._pool.release(connection)

    async def commit(self, job: Job) -> None:
        """Write a job durably."""
        await self._writer.commit(job)

    async def close(self) -> None:
        """Commit what waits, then let go of everything."""
        await self._writer.close()
        await self._write.close()
        await self._pool.close()


_FIND_KEY = compile_statement(select(setting.c.value).where(setting.c.name == bindparam("name")), DIALECT)


async def _leave_as_it_is(_connection: Any) -> None:
    """Reset nothing: see the module."""


async def open_postgresql(url: str) -> PostgresqlDatabase:
    """Open a migrated database; see `app.store.database.open_database`."""
    pool = None
    failure: OvergangError | None = None
    try:
        pool = await asyncpg.create_pool(
            url, min_size=1, max_size=_READERS, reset=_leave_as_it_is, timeout=WAIT_SECONDS, **CONNECTION
        )
        key = await pool.fetchval(_FIND_KEY.sql, "id-key")
    except asyncpg.UndefinedTableError:
        failure = ConfigurationError("the database has no tables: migrate first")
    except Exception as error:  # noqa: BLE001
        failure = failure_of(error, "the database is out of reach")
    else:
        if key is not None:
            return PostgresqlDatabase(url, pool, Ids(key))
        failure = ConfigurationError("the database has no keys: migrate first")
    if pool is not None:
        await pool.close()
    raise failure
