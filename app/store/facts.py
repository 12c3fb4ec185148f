"""What the engine is told: the citizen's own facts, those of who asks, and shared ones that the process remembers."""

from dataclasses import dataclass
from datetime import timedelta

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
from app.store.arms import arm, by_kind, is_running
from app.store.database import Query, Row, Snapshot
from app.store.directory import functions_of, listed
from app.store.periods import period_of
from app.store.tables import (
    assignment,
    client,
    delegation,
    participation,
    staff,
)
from consent.model import (
    Assignment,
    Delegation,
    Facts,
    OrganisationKey,
    Participation,
    PersonKey,
    Requester,
    Standing,
)
from consent.policy import OWN_EFFORT
from consent.vocabulary import (
    AssignmentKind,
    Evidence,
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
    asked = {
        "pid": pid,
        "at": at_us,
        "person": requester.person or "",
        "responsible": requester.on_behalf_of or "",
        "client": requester.client,
        "recipient": "" if recipient is None else recipient.person or "",
        "receiving": "" if recipient is None else recipient.client,
        "recent": at_us - _OWN_EFFORT_US,
    }
    tree = (await directory.load(snapshot, shared.directory)).tree
    try:
        held = await citizen_facts.load(snapshot, pid, at_us=at_us, version=version)
        who = by_kind(await snapshot.rows(_LOAD, asked), _KINDS)
        facts = Facts(
            relations=held.relations,
            declarations=held.declarations,
            directives=held.directives,
            representations=held.representations,
            judgements=held.judgements,
            citizen_born=held.born,
            citizen_died=held.died,
            address_protected=held.address_protected,
            delegations=tuple([_delegation(row) for row in who[_DELEGATION]]),
            standings=tuple([_standing(row) for row in who[_STANDING]]),
            participations=tuple([_participation(row) for row in who[_PARTICIPATION]]),
            assignments=tuple([_assignment(row) for row in who[_ASSIGNMENT]]),
            agreements=await agreements.load(snapshot, shared.agreement),
            organisations=tree,
        )
    except (ValueError, OverflowError) as error:  # of a newer version, damaged: nobody may decide without it
        raise UnavailableError("a stored fact could not be read") from error
    return Known(facts=facts, rests_on_records=held.rests_on_records)


_KINDS = 4
_PARTICIPATION, _DELEGATION, _ASSIGNMENT, _STANDING = range(_KINDS)
_OWN_EFFORT_US = OWN_EFFORT // timedelta(microseconds=1)


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


def _participation(row: Row) -> Participation:
    person, evidence, _, _, _, _, start, stop, *_ = row
    return Participation(person=PersonKey(person), evidence=Evidence(evidence), period=period_of(start, stop))


def _assignment(row: Row) -> Assignment:
    kind, person, organisation, _, _, _, start, stop, *_ = row
    return Assignment(
        kind=AssignmentKind(kind),
        person=PersonKey(person),
        organisation=OrganisationKey(organisation),
        period=period_of(start, stop),
    )


def _load() -> Executable:
    pid, at, recent = (bindparam(name, type_=BigInteger) for name in ("pid", "at", "recent"))
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
            _PARTICIPATION,
            [participation.c.person, participation.c.evidence],
            [participation.c.start, participation.c.stop],
        ).where(
            participation.c.pid == pid,
            or_(participation.c.person == person, participation.c.person == recipient),
            participation.c.stop >= recent,
        ),
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
