"""What the engine is told: the citizen's own facts, those of who asks, and shared ones that the process remembers."""

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Executable,
    Text,
    bindparam,
    cast,
    null,
    or_,
    union_all,
)

from app.errors import UnavailableError
from app.store import agreements, citizen_facts, directory, versions
from app.store.arms import TEXTS, arm, by_kind, is_running
from app.store.database import Query, Row, Snapshot
from app.store.directory import functions_of, listed
from app.store.periods import period_of
from app.store.tables import (
    assignment,
    client,
    delegation,
    staff,
)
from consent.model import (
    Assignment,
    Delegation,
    Facts,
    OrganisationKey,
    PersonKey,
    Requester,
    Standing,
)
from consent.vocabulary import (
    AssignmentKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Facts, and whether they also rest on records: a directive is about whatever refers to one (app/store/related.py).

    Then they are true of this very change of the citizen alone.
    """

    facts: Facts
    rests_on_records: bool


async def load(
    snapshot: Snapshot, *, pid: int, requester: Requester, at_us: int, recipient: Requester | None = None
) -> Facts:
    """Return all facts about a citizen, who asks and who would receive that are true at `at_us` or later.

    What ended before `at_us` is left out, a part in the treatment half a year later. A citizen who is not known has no
    facts, the requester has.

    Raises:
        UnavailableError: the database is out of reach, or a stored fact cannot be read.
    """
    shared = await versions.load(snapshot)
    known = await load_at(snapshot, shared, pid=pid, requester=requester, at_us=at_us, recipient=recipient)
    return known.facts


async def load_at(
    snapshot: Snapshot,
    shared: versions.Shared,
    *,
    pid: int,
    requester: Requester,
    at_us: int,
    recipient: Requester | None = None,
    version: tuple[int, int] | None = None,
) -> Known:
    """Return the same for who has read the shared versions on this snapshot.

    `version` is the citizen's counters of facts and of changes, as this snapshot sees them: by them facts are
    remembered. `None` reads them anew.
    """
    tree = (await directory.load(snapshot, shared.directory)).tree
    try:
        held = await citizen_facts.load(snapshot, pid, at_us=at_us, version=version)
        who = await _of_requester(snapshot, shared, requester, recipient, at_us, is_remembered=version is not None)
        readers = {requester.person, None if recipient is None else recipient.person}
        facts = Facts(
            relations=held.relations,
            declarations=held.declarations,
            directives=held.directives,
            representations=held.representations,
            judgements=held.judgements,
            participations=tuple([part for person in readers if person for part in held.participations_of(person)]),
            citizen_born=held.born,
            citizen_died=held.died,
            address_protected=held.address_protected,
            delegations=who.delegations,
            standings=who.standings,
            assignments=who.assignments,
            agreements=await agreements.load(snapshot, shared.agreement),
            organisations=tree,
        )
    except (ValueError, OverflowError) as error:  # of a newer version, damaged: nobody may decide without it
        raise UnavailableError("a stored fact could not be read") from error
    return Known(facts=facts, rests_on_records=held.rests_on_records)


@dataclass(frozen=True, slots=True, kw_only=True)
class _RequesterFacts:
    """What the directory says of who asks at the shared `versions`, from `since_us` until `until_us` (included)."""

    versions: tuple[int, int]
    since_us: int
    until_us: int | None
    delegations: tuple[Delegation, ...]
    standings: tuple[Standing, ...]
    assignments: tuple[Assignment, ...]


async def _of_requester(
    snapshot: Snapshot,
    shared: versions.Shared,
    requester: Requester,
    recipient: Requester | None,
    at_us: int,
    *,
    is_remembered: bool,
) -> _RequesterFacts:
    receiving = ("", "") if recipient is None else (recipient.person or "", recipient.client)
    key = (requester.person, requester.on_behalf_of, requester.client, receiving)
    now = (shared.directory, shared.revocation)
    remembered: dict[object, _RequesterFacts] = snapshot.remembered.setdefault("requesters", (0, {}))[1]
    known = remembered.get(key) if is_remembered else None
    if (
        known is not None
        and known.versions == now
        and known.since_us <= at_us
        and (known.until_us is None or at_us <= known.until_us)
    ):
        return known
    asked = {
        "at": at_us,
        "person": requester.person or "",
        "responsible": requester.on_behalf_of or "",
        "client": requester.client,
        "recipient": receiving[0],
        "receiving": receiving[1],
    }
    rows = by_kind(await snapshot.rows(_LOAD, asked), _KINDS)
    ends = [row[TEXTS + 1] for kind in (_DELEGATION, _ASSIGNMENT) for row in rows[kind]]
    made = _RequesterFacts(
        versions=now,
        since_us=at_us,
        until_us=min((end for end in ends if end is not None), default=None),
        delegations=tuple([_delegation(row) for row in rows[_DELEGATION]]),
        standings=tuple([_standing(row) for row in rows[_STANDING]]),
        assignments=tuple([_assignment(row) for row in rows[_ASSIGNMENT]]),
    )
    if is_remembered:
        if len(remembered) >= _MOST_REQUESTERS:
            del remembered[next(iter(remembered))]
        remembered[key] = made
    return made


_MOST_REQUESTERS = 4096
_KINDS = 3
_DELEGATION, _ASSIGNMENT, _STANDING = range(_KINDS)


def _delegation(row: Row) -> Delegation:
    person, organisation, responsible, _, _, _, start, stop, *_ = row
    return Delegation(
        person=PersonKey(person),
        organisation=OrganisationKey(organisation),
        responsible=PersonKey(responsible),
        period=period_of(start, stop),
    )


def _standing(row: Row) -> Standing:
    person, authorisation, functions, organisations, _, _, start, stop, *_ = row
    return Standing(
        person=PersonKey(person),
        authorised=bool(authorisation),
        functions=functions_of(functions),
        organisations=frozenset(OrganisationKey(sor) for sor in listed(organisations)),
        period=period_of(start, stop),
    )


def _assignment(row: Row) -> Assignment:
    kind, person, organisation, _, _, _, start, stop, *_ = row
    return Assignment(
        kind=AssignmentKind(kind),
        person=PersonKey(person),
        organisation=OrganisationKey(organisation),
        period=period_of(start, stop),
    )


def _load() -> Executable:
    at = bindparam("at", type_=BigInteger)
    person, responsible, client_id, recipient, receiving = (
        bindparam(name, type_=Text) for name in ("person", "responsible", "client", "recipient", "receiving")
    )
    nobody = cast(null(), BigInteger)
    return union_all(
        arm(
            _DELEGATION,
            [delegation.c.person, delegation.c.organisation, delegation.c.responsible],
            [delegation.c.valid_from, delegation.c.valid_to],
        ).where(delegation.c.person == person, is_running(delegation.c.valid_to)),
        arm(
            _ASSIGNMENT,
            [assignment.c.kind, assignment.c.person, assignment.c.organisation],
            [assignment.c.valid_from, assignment.c.valid_to],
        ).where(assignment.c.person == person, assignment.c.valid_to >= at),
        arm(
            _STANDING,
            [staff.c.person, staff.c.authorisation, staff.c.functions, staff.c.organisations],
            [nobody, staff.c.valid_to],
        ).where(or_(staff.c.person == person, staff.c.person == responsible, staff.c.person == recipient)),
        arm(
            _STANDING,
            [client.c.id, cast(null(), Text), client.c.functions, client.c.organisation],
            [nobody, client.c.revoked],
        ).where(or_(client.c.id == client_id, client.c.id == receiving)),
    )


_LOAD = Query("facts.load", _load)
