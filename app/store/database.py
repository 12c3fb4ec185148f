"""The database as the rest of the service sees it: snapshots to read on, jobs to commit. One engine behind each URL."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from app.errors import ConfigurationError
from app.store.ids import Ids
from app.store.job import Job
from app.store.query import Query, Row, Value

__all__ = ["Database", "Query", "Row", "Snapshot", "Value", "open_database"]


class Snapshot(Protocol):
    """One consistent state of the database: nothing committed later is seen."""

    @property
    def ids(self) -> Ids:
        """The database's public ids."""

    @property
    def remembered(self) -> dict[str, tuple[int, Any]]:
        """What the process keeps of shared facts: name -> (version of the fact, what was read at that version).

        Whoever uses an entry has read the version on this snapshot and compares it first.
        """

    async def refresh(self) -> None:
        """See what has been committed by now, from the next query on; what was read before is of another state.

        Raises:
            UnavailableError: the database is out of reach.
        """

    async def rows(self, query: Query, values: Mapping[str, Value]) -> list[Row]:
        """Run a query; on SQLite this never suspends.

        Raises:
            InvalidContentError: a value that no database can hold (a NUL character, half a surrogate pair, a number
                beyond 64 bits).
            UnavailableError: the database is out of reach.
        """


class Database(Protocol):
    """An open database of this process."""

    in_flight: int
    """Requests that the process is answering; faces raise and lower it. A lone request's job is committed at once
    instead of being handed to the group writer."""

    @property
    def ids(self) -> Ids:
        """The public ids, under the key that lies in the database."""

    @property
    def writer(self) -> str:
        """The name of this process's audit chain."""

    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        """Open one consistent state of the database for reading.

        Raises:
            UnavailableError: the database is out of reach.
        """

    async def commit(self, job: Job) -> None:
        """Write a job durably, in a group with others that wait.

        Returning means that all of it is on disk. After `UnavailableError` it may or may not be: whoever repeats a
        job needs a key that makes the repeat harmless (table `answer`).

        Raises:
            StaleError: the citizen has changed since `base_change`, or an inserted key exists; nothing was stored.
            InvalidContentError: a value that no database can hold; nothing was stored.
            UnavailableError: the database is out of reach or refused the job.
        """

    async def close(self) -> None:
        """Commit what waits, then let go of everything."""


async def open_database(url: str) -> Database:
    """Open a migrated database: `sqlite:///path` or `postgresql://user:password@host/name`.

    Raises:
        ConfigurationError: the URL names no engine of ours, or the database is not there or not migrated.
        UnavailableError: the database is out of reach.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        from app.store.sqlite import open_sqlite  # noqa: PLC0415  # one engine per deployment

        return open_sqlite(rest[1:])
    if scheme in {"postgresql", "postgres"}:
        from app.store.postgresql import open_postgresql  # noqa: PLC0415

        return await open_postgresql(url)
    raise ConfigurationError("the database URL must begin with `sqlite:///` or `postgresql://`")
