"""Who opened doors and who was refused, by person at some units: what unusual patterns are counted from."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Select, Table, Text, bindparam, func, select

from app.store.attempts import Opening
from app.store.audits import padded_places
from app.store.database import Query, Snapshot, Value
from app.store.reviews import Review, review_of
from app.store.tables import opening, refusal, review

_MOST = 5_000


async def persons(snapshot: Snapshot, units: Sequence[str], *, since_us: int, after: str, limit: int) -> list[str]:
    """Return who opened a door or was refused at these units since, in order of their keys, from just after one."""
    if not units:
        return []
    padded = padded_places(units)
    values = {**_at(padded), "since": since_us, "after": after, "limit": limit}
    openers = Query(("patterns.openers", len(padded)), lambda: _people(opening, len(padded)))
    refused = Query(("patterns.refused", len(padded)), lambda: _people(refusal, len(padded)))
    found = {row[0] for query in (openers, refused) for row in await snapshot.rows(query, values)}
    return sorted(found)[:limit]


async def openings(snapshot: Snapshot, units: Sequence[str], person: str, *, since_us: int) -> list[Opening]:
    """Return what a person opened at these units since, newest first; the newest few thousand."""
    padded = padded_places(units)
    query = Query(("patterns.openings", len(padded)), lambda: _openings(len(padded)))
    rows = await snapshot.rows(query, {**_at(padded), "person": person, "since": since_us, "limit": _MOST})
    return [
        Opening(
            person=person,
            n=n,
            at_us=at,
            kind=kind,
            organisation=organisation,
            controller=controller,
            client=client,
            subject=bytes(subject),
            pid=pid,
            id=id_,
            is_namesake=bool(namesake),
        )
        for _, n, at, kind, organisation, controller, client, subject, pid, id_, namesake in rows
    ]


async def refusals(snapshot: Snapshot, units: Sequence[str], person: str, *, since_us: int) -> int:
    """Return how often a person at these units was refused since."""
    padded = padded_places(units)
    query = Query(("patterns.refusals", len(padded)), lambda: _refusals(len(padded)))
    return int((await snapshot.rows(query, {**_at(padded), "person": person, "since": since_us}))[0][0])


async def owed(snapshot: Snapshot, units: Sequence[str], person: str, *, since_us: int, due_us: int) -> list[Review]:
    """Return reviews of what a person declared at these units since, due by then and not done."""
    padded = padded_places(units)
    query = Query(("patterns.owed", len(padded)), lambda: _owed(len(padded)))
    values = {**_at(padded), "person": person, "since": since_us, "due": due_us, "limit": _MOST}
    return [review_of(row) for row in await snapshot.rows(query, values)]


def _at(padded: Sequence[str]) -> dict[str, Value]:
    return {f"unit{number}": one for number, one in enumerate(padded)}


def _units(size: int) -> list[BindParameter[str]]:
    return [bindparam(f"unit{number}", type_=Text) for number in range(size)]


_SINCE, _LIMIT = bindparam("since", type_=BigInteger), bindparam("limit", type_=BigInteger)
_PERSON, _AFTER = bindparam("person", type_=Text), bindparam("after", type_=Text)


def _people(table: Table, size: int) -> Select[Any]:
    """Select whom a table has rows of, in the order of their keys."""
    return (
        select(table.c.person)
        .where(table.c.organisation.in_(_units(size)), table.c.at >= _SINCE, table.c.person > _AFTER)
        .group_by(table.c.person)
        .order_by(table.c.person)
        .limit(_LIMIT)
    )


def _openings(size: int) -> Select[Any]:
    return (
        select(*opening.columns)
        .where(opening.c.person == _PERSON, opening.c.at >= _SINCE, opening.c.organisation.in_(_units(size)))
        .order_by(opening.c.n.desc())
        .limit(_LIMIT)
    )


def _refusals(size: int) -> Select[Any]:
    return (
        select(func.count())
        .select_from(refusal)
        .where(refusal.c.person == _PERSON, refusal.c.at >= _SINCE, refusal.c.organisation.in_(_units(size)))
    )


def _owed(size: int) -> Select[Any]:
    return (
        select(*review.columns)
        .where(
            review.c.person == _PERSON,
            review.c.start >= _SINCE,
            review.c.due <= bindparam("due", type_=BigInteger),
            review.c.reviewed.is_(None),
            review.c.organisation.in_(_units(size)),
        )
        .order_by(review.c.start.desc())
        .limit(_LIMIT)
    )
