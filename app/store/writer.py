"""Group commit: jobs that wait become one transaction, and nobody is told before it is on disk.

While one group is being written the next one gathers, so a busy service pays one fsync for many answers. Before the
first group is taken all requests that have arrived have run as far as they can: a read never suspends on SQLite, so
whoever committed before that would always be alone. A lone request's small job is committed without a detour.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from operator import attrgetter

from app.errors import OvergangError, UnavailableError
from app.store.job import Job

Outcome = OvergangError | None
"""What became of one job: None is committed."""

_GROUP_JOBS = 256
_GROUP_ROWS = 20_000
_AT_ONCE_ROWS = 64
"""Larger jobs go to the group writer even when they are alone: they would hold up the event loop."""

by_citizen = attrgetter("pid")
"""The order of jobs in a group: two processes then lock citizens in the same order."""


class GroupWriter:
    """Gathers jobs and commits them group by group; it survives everything that a job or the database does.

    `commit_group` writes one group: an outcome for each job, or an exception when nothing was stored.
    `commit_at_once` writes one job in the event loop, or returns False when that would have to wait; it is used for
    small jobs while `is_alone` says that nobody else could be held up.
    """

    def __init__(
        self,
        commit_group: Callable[[Sequence[Job]], Awaitable[Sequence[Outcome]]],
        commit_at_once: Callable[[Job], bool] | None = None,
        is_alone: Callable[[], bool] = lambda: False,
    ) -> None:
        self._commit_group = commit_group
        self._commit_at_once = commit_at_once
        self._is_alone = is_alone
        self._waiting: list[tuple[Job, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._closed = False

    async def commit(self, job: Job) -> None:
        """Write `job` durably; see `Database.commit` for what is raised."""
        if self._closed:
            raise UnavailableError("the database is closed")
        loop = asyncio.get_running_loop()
        committed: asyncio.Future[None] = loop.create_future()
        self._waiting.append((job, committed))
        if self._writing is None:
            self._writing = loop.create_task(self._write())
        await committed

    async def close(self) -> None:
        """Write what waits and take nothing more."""
        self._closed = True
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        try:
            while self._waiting:
                group = self._take()
                await self._write_group(group)
        finally:
            self._writing = None
            abandoned, self._waiting = self._waiting, []
            _settle(abandoned, [UnavailableError("the writer was stopped")] * len(abandoned))

    def _take(self) -> list[tuple[Job, asyncio.Future[None]]]:
        """Take the next group; jobs whose waiter has gone are dropped, nobody was told anything."""
        group: list[tuple[Job, asyncio.Future[None]]] = []
        rows = taken = 0
        for job, committed in self._waiting:
            if group and (len(group) >= _GROUP_JOBS or rows + job.size > _GROUP_ROWS):
                break
            taken += 1
            if not committed.cancelled():
                group.append((job, committed))
                rows += job.size
        del self._waiting[:taken]
        return group

    def _was_committed_at_once(self, group: list[tuple[Job, asyncio.Future[None]]]) -> bool:
        return (
            len(group) == 1
            and self._commit_at_once is not None
            and group[0][0].size <= _AT_ONCE_ROWS
            and self._is_alone()
            and self._commit_at_once(group[0][0])
        )

    async def _write_group(self, group: list[tuple[Job, asyncio.Future[None]]]) -> None:
        group.sort(key=lambda pair: pair[0].pid)
        outcomes: Sequence[Outcome] = [UnavailableError("the writer was stopped")] * len(group)
        try:
            if self._was_committed_at_once(group):
                outcomes = [None]
            elif group:
                outcomes = await self._commit_group([job for job, _ in group])
        except OvergangError as error:
            outcomes = [error] * len(group)
        except Exception as error:  # noqa: BLE001  # INVARIANT: the writer outlives every failure of a group
            failure = UnavailableError("the database did not take the write")
            failure.__cause__ = error
            outcomes = [failure] * len(group)
        finally:
            _settle(group, outcomes)


def _settle(group: Sequence[tuple[Job, asyncio.Future[None]]], outcomes: Sequence[Outcome]) -> None:
    for (_, committed), outcome in zip(group, outcomes, strict=True):
        if committed.done():  # its waiter was cancelled meanwhile
            continue
        if outcome is None:
            committed.set_result(None)
        else:
            # One exception object per waiter: a raised exception keeps its traceback.
            own = type(outcome)(outcome.text)
            own.__cause__ = outcome.__cause__
            committed.set_exception(own)
