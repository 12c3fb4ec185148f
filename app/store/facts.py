"""What the engine is told of a citizen and of who asks: one query, and what the process remembers of shared facts."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    LargeBinary,
    Select,
    Text,
    bindparam,
    cast,
    exists,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from app.errors import UnavailableError
from app.runtime import from_us
from app.store import agreements, directory, provisions, related, versions
from app.store.database import Query, Row, Snapshot
from app.store.directory import functions_of, listed
from app.store.ids import Ids
from app.store.periods import period_of
from app.store.tables import (
    assignment,
    citizen,
    client,
    declaration,
    delegation,
    directive,
    judgement,
    participation,
    relation,
    representation,
    resource,
    signature,
    staff,
    state,
)
from consent.model import (
    Agreement,
    Assignment,
    CitizenKey,
    Declaration,
    Delegation,
    Directive,
    Facts,
    Judgement,
    OrganisationKey,
    Organisations,
    Participation,
    PersonKey,
    Relation,
    Representation,
    Requester,
    Standing,
)
from consent.policy import OWN_EFFORT
from consent.vocabulary import (
    AssignmentKind,
    Category,
    DeclarationKind,
    Evidence,
    JudgementKind,
    Label,
    Purpose,
    RelationKind,
    RepresentationKind,
)
from schemas.homes import TYPE_NUMBER


async def load(
    snapshot: Snapshot, *, pid: int, requester: Requester, at_us: int, recipient: Requester | None = None
) -> Facts:
    """Return all facts about a citizen, who asks and who would receive that are true at `at_us` or later.

    What ended before `at_us` is left out, a part in the treatment half a year later. A citizen who is not known has no
    facts, the requester has.

    Raises:
        UnavailableError: the database is out of reach, or a stored fact cannot be read.
    """
    asked = {
        "pid": pid,
        "at": at_us,
        "person": requester.person or "",
        "responsible": requester.on_behalf_of or "",
        "client": requester.client,
        "recipient": "" if recipient is None else recipient.person or "",
        "recent": at_us - _OWN_EFFORT_US,
    }
    by_kind: list[list[Row]] = [[] for _ in range(_KINDS)]
    for row in await snapshot.rows(_LOAD, asked):
        by_kind[row[0]].append(row[1:])
    shared = versions.shared({row[0]: row[_TEXTS] for row in by_kind[_STATE]})
    tree = (await directory.load(snapshot, shared.directory)).tree
    try:
        directives = await related.spelt_out(snapshot, pid, _directives(by_kind[_DIRECTIVE], pid, snapshot.ids))
        return _facts(by_kind, directives, tree, await agreements.load(snapshot, shared.agreement))
    except ValueError as error:  # a word of a newer version, a damaged row: nobody may decide without it
        raise UnavailableError("a stored fact could not be read") from error


def _facts(
    by_kind: list[list[Row]], directives: tuple[Directive, ...], tree: Organisations, agreed: tuple[Agreement, ...]
) -> Facts:
    born, died = by_kind[_CITIZEN][0][_TEXTS : _TEXTS + 2] if by_kind[_CITIZEN] else (None, None)
    return Facts(
        relations=tuple(_relation(row) for row in by_kind[_RELATION]),
        declarations=tuple(_declaration(row) for row in by_kind[_DECLARATION]),
        directives=directives,
        representations=tuple(_representation(row) for row in by_kind[_REPRESENTATION]),
        delegations=tuple(_delegation(row) for row in by_kind[_DELEGATION]),
        agreements=agreed,
        standings=tuple(_standing(row) for row in by_kind[_STANDING]),
        participations=tuple(_participation(row) for row in by_kind[_PARTICIPATION]),
        assignments=tuple(_assignment(row) for row in by_kind[_ASSIGNMENT]),
        judgements=tuple(_judgement(row) for row in by_kind[_JUDGEMENT]),
        organisations=tree,
        citizen_born=None if born is None else from_us(born),
        citizen_died=None if died is None else from_us(died),
        address_protected=bool(by_kind[_PROTECTED]),
    )


# Every arm of the query has six texts, four numbers (a period first) and bytes; what an arm lacks is NULL.
_KINDS = 12
_STATE, _CITIZEN, _RELATION, _DECLARATION, _DIRECTIVE, _REPRESENTATION, _DELEGATION, _STANDING = range(8)
_PARTICIPATION, _ASSIGNMENT, _JUDGEMENT, _PROTECTED = range(8, _KINDS)
_TEXTS, _NUMBERS = 6, 4
_OWN_EFFORT_US = OWN_EFFORT // timedelta(microseconds=1)


def _relation(row: Row) -> Relation:
    kind, organisation, evidence, source, _, _, start, stop, *_ = row
    return Relation(
        kind=RelationKind(kind),
        organisation=OrganisationKey(organisation),
        evidence=Evidence(evidence),
        period=period_of(start, stop),
        source=source,
    )


def _declaration(row: Row) -> Declaration:
    id_, kind, person, organisation, purpose, reason, start, stop, *_ = row
    return Declaration(
        kind=DeclarationKind(kind),
        person=PersonKey(person),
        organisation=OrganisationKey(organisation),
        purpose=Purpose(purpose),
        period=period_of(start, stop),
        reason=reason,
        source=id_,
    )


def _directives(rows: list[Row], pid: int, ids: Ids) -> tuple[Directive, ...]:
    if not rows:
        return ()
    parts = [row[_TEXTS:] for row in rows]
    names = ids.encode_all(pid, [n for _, _, n, _, _ in parts])
    return tuple(
        [
            Directive(
                id=f"Consent/{name}",
                version=version,
                active=True,
                period=period_of(start, stop),
                root=provisions.decode(stored),
            )
            for name, (start, stop, _, version, stored) in zip(names, parts, strict=True)
        ]
    )


def _representation(row: Row) -> Representation:
    kind, categories, _, _, _, _, start, stop, representative, *_ = row
    return Representation(
        kind=RepresentationKind(kind),
        representative=CitizenKey(representative),
        period=period_of(start, stop),
        categories=None if categories is None else frozenset(Category(one) for one in listed(categories)),
    )


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


def _judgement(row: Row) -> Judgement:
    kind, _, _, _, _, _, start, stop, *_ = row
    return Judgement(kind=JudgementKind(kind), period=period_of(start, stop))


def _load() -> Executable:
    pid, at, recent = (bindparam(name, type_=BigInteger) for name in ("pid", "at", "recent"))
    person, responsible, client_id, recipient = (
        bindparam(name, type_=Text) for name in ("person", "responsible", "client", "recipient")
    )
    is_running = {
        table.name: or_(column.is_(None), column >= at)
        for table, column in (
            (relation, relation.c.stop),
            (declaration, declaration.c.stop),
            (directive, directive.c.stop),
            (representation, representation.c.stop),
            (delegation, delegation.c.valid_to),
        )
    }
    nobody = cast(null(), BigInteger)
    return union_all(
        _arm(_STATE, [state.c.name], [state.c.version]),
        _arm(_CITIZEN, [], [citizen.c.born, citizen.c.died]).where(citizen.c.pid == pid),
        _arm(
            _RELATION,
            [relation.c.kind, relation.c.organisation, relation.c.evidence, relation.c.source],
            [relation.c.start, relation.c.stop],
        ).where(relation.c.pid == pid, is_running["relation"]),
        _arm(
            _DECLARATION,
            [
                declaration.c.id,
                declaration.c.kind,
                declaration.c.person,
                declaration.c.organisation,
                declaration.c.purpose,
                declaration.c.reason,
            ],
            [declaration.c.start, declaration.c.stop],
        ).where(declaration.c.pid == pid, is_running["declaration"]),
        _arm(
            _DIRECTIVE,
            [],
            [directive.c.start, directive.c.stop, directive.c.n, directive.c.version],
            directive.c.provision,
        ).where(directive.c.pid == pid, directive.c.active != literal_column("0", BigInteger), is_running["directive"]),
        _arm(
            _REPRESENTATION,
            [representation.c.kind, representation.c.categories],
            [representation.c.start, representation.c.stop, representation.c.representative],
        ).where(representation.c.pid == pid, is_running["representation"]),
        _arm(
            _DELEGATION,
            [delegation.c.person, delegation.c.organisation, delegation.c.responsible],
            [delegation.c.valid_from, delegation.c.valid_to],
        ).where(delegation.c.person == person, is_running["delegation"]),
        _arm(
            _ASSIGNMENT,
            [assignment.c.kind, assignment.c.person, assignment.c.organisation],
            [assignment.c.valid_from, assignment.c.valid_to],
        ).where(assignment.c.person == person, assignment.c.valid_to >= at),
        _arm(
            _PARTICIPATION,
            [participation.c.person, participation.c.evidence],
            [participation.c.start, participation.c.stop],
        ).where(
            participation.c.pid == pid,
            or_(participation.c.person == person, participation.c.person == recipient),
            participation.c.stop >= recent,
        ),
        _arm(_PROTECTED, [signature.c.category], []).where(
            signature.c.pid == pid,
            # A literal: SQLite compiles a statement anew whenever the pattern of a LIKE is bound, 150 µs every time.
            signature.c.labels.like(literal_column(f"'%{Label.ADDRESS_PROTECTED.value}%'", Text)),
            exists().where(
                resource.c.pid == pid,
                resource.c.type == literal_column(str(TYPE_NUMBER["Patient"]), BigInteger),
                resource.c.sig == signature.c.sig,
                resource.c.deleted == literal_column("0", BigInteger),
            ),
        ),
        _arm(_JUDGEMENT, [judgement.c.kind], [judgement.c.start, judgement.c.stop]).where(
            judgement.c.pid == pid, judgement.c.stop >= at
        ),
        _arm(
            _STANDING,
            [staff.c.person, staff.c.authorisation, staff.c.functions, staff.c.organisations],
            [nobody, staff.c.valid_to],
        ).where(or_(staff.c.person == person, staff.c.person == responsible, staff.c.person == recipient)),
        _arm(
            _STANDING,
            [client.c.id, cast(null(), Text), client.c.functions, client.c.organisation],
            [nobody, client.c.revoked],
        ).where(client.c.id == client_id),
    )


def _arm(
    kind: int,
    texts: Sequence[ColumnElement[Any]],
    numbers: Sequence[ColumnElement[Any]],
    stored: ColumnElement[Any] | None = None,
) -> Select[Any]:
    return select(
        literal_column(str(kind), BigInteger),
        *texts,
        *[cast(null(), Text)] * (_TEXTS - len(texts)),
        *numbers,
        *[cast(null(), BigInteger)] * (_NUMBERS - len(numbers)),
        cast(null(), LargeBinary) if stored is None else stored,
    )


_LOAD = Query("facts.load", _load)
