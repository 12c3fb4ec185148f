"""Declarations that owe a review, as rows: what a data protection officer sees of them, and the outcome."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Select, Text, and_, bindparam, or_, select

from app.store.audits import padded_places
from app.store.database import Query, Row, Snapshot, Value
from app.store.job import Insert, Update
from app.store.periods import period_of
from app.store.tables import relation, review
from consent.model import OrganisationKey, Relation
from consent.vocabulary import Evidence, RelationKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One row, columns as in the table; times in µs UTC. `pid` is NO_CITIZEN for a citizen who is not known."""

    pid: int
    id: str
    kind: str
    person: str
    function: str
    organisation: str
    controller: str
    start: int
    stop: int
    code: str | None
    reason: str
    due: int
    reviewed: int | None = None
    reviewer: str | None = None
    outcome: str | None = None
    comment: str | None = None


_NAMES = tuple(field.name for field in fields(Review))


def review_of(row: Row) -> Review:
    """Return a row of the table."""
    return Review(**dict(zip(_NAMES, row, strict=True)))


def put(one: Review) -> Insert:
    """Write a review that is owed."""
    return Insert(review, (tuple(getattr(one, name) for name in _NAMES),))


def complete(one: Review) -> Update:
    """Write the outcome that the review now has."""
    row = (one.pid, one.id, one.reviewed, one.reviewer, one.outcome, one.comment)
    return Update(review, ("pid", "id"), ("reviewed", "reviewer", "outcome", "comment"), (row,))


async def of_citizen(snapshot: Snapshot, pid: int) -> list[Review]:
    """Return all reviews of declarations about one citizen."""
    return [review_of(row) for row in await snapshot.rows(_OF_CITIZEN, {"pid": pid})]


async def relations_ever(snapshot: Snapshot, pid: int) -> list[Relation]:
    """Return all relations of a citizen, those that have ended too: what may confirm a declaration that is over."""
    return [
        Relation(
            kind=RelationKind(kind),
            organisation=OrganisationKey(organisation),
            evidence=Evidence(evidence),
            period=period_of(start, stop),
            source=source,
        )
        for _, _, kind, organisation, evidence, start, stop, source in await snapshot.rows(_RELATIONS, {"pid": pid})
    ]


async def of_organisations(
    snapshot: Snapshot, organisations: Sequence[str], *, due_us: int, after: tuple[int, str], limit: int
) -> list[Review]:
    """Return what is due by `due_us` at these organisations, oldest first, from just after (due, id)."""
    if not organisations:
        return []
    padded = padded_places(organisations)
    values: dict[str, Value] = {f"organisation{number}": one for number, one in enumerate(padded)}
    values |= {"due": due_us, "after": after[0], "id": after[1], "limit": limit}
    query = Query(("reviews.of_organisations", len(padded)), lambda: _of_organisations(len(padded)))
    return [review_of(row) for row in await snapshot.rows(query, values)]


async def find(snapshot: Snapshot, organisations: Sequence[str], id: str) -> Review | None:
    """Return one review of these organisations by its id."""
    if not organisations:
        return None
    padded = padded_places(organisations)
    values: dict[str, Value] = {f"organisation{number}": one for number, one in enumerate(padded)}
    query = Query(("reviews.find", len(padded)), lambda: _find(len(padded)))
    found = await snapshot.rows(query, {**values, "id": id})
    return review_of(found[0]) if found else None


def _at(size: int) -> list[BindParameter[str]]:
    return [bindparam(f"organisation{number}", type_=Text) for number in range(size)]


def _of_organisations(size: int) -> Select[Any]:
    after = bindparam("after", type_=BigInteger)
    return (
        select(*review.columns)
        .where(
            review.c.organisation.in_(_at(size)),
            review.c.due <= bindparam("due", type_=BigInteger),
            or_(review.c.due > after, and_(review.c.due == after, review.c.id > bindparam("id", type_=Text))),
        )
        .order_by(review.c.due, review.c.id)
        .limit(bindparam("limit", type_=BigInteger))
    )


def _find(size: int) -> Select[Any]:
    return select(*review.columns).where(
        review.c.organisation.in_(_at(size)), review.c.id == bindparam("id", type_=Text)
    )


_OF_CITIZEN = Query(
    "reviews.of_citizen",
    lambda: (
        select(*review.columns)
        .where(review.c.pid == bindparam("pid", type_=BigInteger))
        .order_by(review.c.start, review.c.id)
    ),
)
_RELATIONS = Query(
    "reviews.relations",
    lambda: select(*relation.columns).where(relation.c.pid == bindparam("pid", type_=BigInteger)),
)
