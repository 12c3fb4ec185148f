"""Doors that persons opened and look-ups that they were refused, as rows: limits are counted from the database.

What two processes count agrees, and a restart forgets nothing. A person's openings are numbered, so that of two at once
one is stale and counts again; those of a client or an organisation are counted as the snapshot sees them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Executable, Select, Text, bindparam, func, select

from app.store.database import Query, Snapshot, Value
from app.store.job import Bump, Insert, Upsert, Write
from app.store.tables import opening, refusal, throttle

THROTTLE_CHANGED = Bump("throttle")
_MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One door that was opened. `pid` is NO_CITIZEN for a citizen who is not known; `subject` is a keyed digest."""

    person: str
    n: int
    at_us: int
    kind: str
    organisation: str
    controller: str
    client: str
    subject: bytes
    pid: int
    id: str
    is_namesake: bool = False


async def of_person(snapshot: Snapshot, person: str, *, since_us: int) -> list[tuple[int, str, bytes]]:
    """Return (time, kind, subject) of the doors that a person opened since, newest first."""
    values: dict[str, Value] = {"person": person, "since": since_us, "limit": _MOST_COUNTED}
    return [(at, kind, bytes(subject)) for at, kind, subject in await snapshot.rows(_OF_PERSON, values)]


async def next_number(snapshot: Snapshot, person: str) -> int:
    """Return the number of the person's next opening."""
    return int((await snapshot.rows(_LAST_NUMBER, {"person": person}))[0][0] or 0) + 1


async def newest_of_controller(snapshot: Snapshot, controller: str, *, since_us: int, most: int) -> tuple[int, int]:
    """Return how many of the newest `most` openings were since, and the time of the oldest of those."""
    return await _newest(snapshot, _OF_CONTROLLER, {"key": controller, "since": since_us, "limit": most})


async def newest_of_client(snapshot: Snapshot, client: str, *, since_us: int, most: int) -> tuple[int, int]:
    """Return the same of a client."""
    return await _newest(snapshot, _OF_CLIENT, {"key": client, "since": since_us, "limit": most})


async def _newest(snapshot: Snapshot, query: Query, values: Mapping[str, Value]) -> tuple[int, int]:
    found, oldest = (await snapshot.rows(query, values))[0]
    return int(found), int(oldest or 0)


def put(one: Opening) -> Insert:
    """Write an opening; a number that exists makes the job stale."""
    row = (
        one.person,
        one.n,
        one.at_us,
        one.kind,
        one.organisation,
        one.controller,
        one.client,
        one.subject,
        one.pid,
        one.id,
        int(one.is_namesake),
    )
    return Insert(opening, (row,))


async def refusals(snapshot: Snapshot, person: str, *, since_us: int, most: int) -> int:
    """Return how often a person was refused since, at most `most`."""
    values: dict[str, Value] = {"person": person, "since": since_us, "limit": most}
    return int((await snapshot.rows(_REFUSALS, values))[0][0])


def refuse(person: str, *, at_us: int, id: str, organisation: str) -> Insert:
    """Write that somebody was refused."""
    return Insert(refusal, ((person, at_us, id, organisation),))


def hold_back(person: str, *, until_us: int) -> tuple[Write, ...]:
    """Let a person look nobody up before `until_us`, in every process from the next request on."""
    return (Upsert(throttle, ((person, until_us),)), THROTTLE_CHANGED)


async def held_back_until(snapshot: Snapshot, person: str, *, version: int) -> int:
    """Return until when a person is held back, 0 for most; `version` is that of the shared fact 'throttle'."""
    if version == 0:
        return 0
    known = snapshot.remembered.get("throttle")
    if known is None or known[0] != version:
        known = snapshot.remembered["throttle"] = (version, dict(await snapshot.rows(_THROTTLED, {})))
    until: int = known[1].get(person, 0)
    return until


def _of_person() -> Select[Any]:
    return (
        select(opening.c.at, opening.c.kind, opening.c.subject)
        .where(
            opening.c.person == bindparam("person", type_=Text), opening.c.at >= bindparam("since", type_=BigInteger)
        )
        .order_by(opening.c.n.desc())
        .limit(bindparam("limit", type_=BigInteger))
    )


def _counted(column: ColumnElement[str]) -> Executable:
    newest = (
        select(opening.c.at)
        .where(column == bindparam("key", type_=Text), opening.c.at >= bindparam("since", type_=BigInteger))
        .order_by(opening.c.at.desc())
        .limit(bindparam("limit", type_=BigInteger))
        .subquery()
    )
    return select(func.count(), func.min(newest.c.at)).select_from(newest)


def _count_refusals() -> Select[Any]:
    newest = (
        select(refusal.c.at)
        .where(
            refusal.c.person == bindparam("person", type_=Text), refusal.c.at >= bindparam("since", type_=BigInteger)
        )
        .limit(bindparam("limit", type_=BigInteger))
        .subquery()
    )
    return select(func.count()).select_from(newest)


_OF_PERSON = Query("attempts.of_person", _of_person)
_LAST_NUMBER = Query(
    "attempts.last_number",
    lambda: select(func.max(opening.c.n)).where(opening.c.person == bindparam("person", type_=Text)),
)
_OF_CONTROLLER = Query("attempts.of_controller", lambda: _counted(opening.c.controller))
_OF_CLIENT = Query("attempts.of_client", lambda: _counted(opening.c.client))
_REFUSALS = Query("attempts.refusals", _count_refusals)
_THROTTLED = Query("attempts.throttled", lambda: select(throttle.c.person, throttle.c.until))
