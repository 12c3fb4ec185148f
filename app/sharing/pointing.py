"""Fills the table of pointers for records that were stored before it was there, or read by older rows of what is about.

Done before the service answers anybody: until then what is about a hidden record would be shown.
"""

import logging
from typing import Any

import msgspec

from app.context import Service
from app.errors import ContentionError, StaleError
from app.store import bookkeeping, citizens, pointers, settings
from app.store.job import Job
from app.store.tables import DIRECTORY
from app.translate.pointing import about, named
from app.translate.survey import survey
from schemas.pointing import VERSION

_log = logging.getLogger("overgang")
_MARK = "pointers"
_TRIES = 16
_TOLD_EACH = 1000
_parse = msgspec.json.Decoder().decode


def counter_of(service: Service, pid: int, reference: str) -> int | None:
    """Return the counter of the citizen's resource that a resolved reference names; it may be deleted.

    The reference is 'Type/id' or an absolute address of this service, and may name a version.
    """
    _, _, id_ = reference.removeprefix(f"{service.settings.public_url}/").partition("/")
    place = service.database.ids.decode(id_.partition("/_history/")[0])
    return place[1] if place is not None and place[0] == pid else None


async def fill_pointers(service: Service) -> None:
    """Write the pointers of all records, once a version of the table of rows; safe to repeat and to cut off."""
    async with service.database.snapshot() as snapshot:
        if (await settings.load(snapshot)).get(_MARK) == _version():
            return
        pids = await citizens.pids(snapshot)
    for done, pid in enumerate(pids, 1):
        await _fill(service, pid)
        if done % _TOLD_EACH == 0:
            _log.info("pointers of %d of %d citizens written", done, len(pids))
    await service.database.commit(Job(pid=DIRECTORY, writes=(settings.put(_MARK, _version()),)))


async def _fill(service: Service, pid: int) -> None:
    for _ in range(_TRIES):
        async with service.database.snapshot() as snapshot:
            change = await citizens.change(snapshot, pid)
            bodies = await bookkeeping.bodies(snapshot, pid)
        rows = pointers.rows(_pointing(service, pid, n, _parse(body)) for n, body in bodies if body)
        writes = (pointers.forget(pid), pointers.put(pid, rows))
        try:
            # What is remembered of the citizen was decided without these: her counter moves.
            await service.database.commit(Job(pid=pid, base_change=change, writes=writes if rows else writes[:1]))
        except StaleError:
            continue
        return
    raise ContentionError("others are writing about a citizen whose pointers are missing; start again")


def _pointing(service: Service, pid: int, n: int, resource: dict[str, Any]) -> tuple[int, set[int], set[int]]:
    def counters(references: frozenset[str]) -> set[int]:
        found = (counter_of(service, pid, reference) for reference in references)
        return {one for one in found if one is not None and one != n}

    is_about = about(resource)
    return n, counters(is_about), counters(named(resource, survey(resource).references(), is_about))


def _version() -> bytes:
    return str(VERSION).encode()
