"""One request for one purpose, with what several rules need to know about it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from consent.arrangement import Directives
from consent.model import (
    AccessRequest,
    Agreement,
    Declaration,
    Directive,
    Facts,
    OrganisationKey,
    Period,
    PersonKey,
    Relation,
    Requester,
    Standing,
)
from consent.policy import ACCEPTED_EVIDENCE, DOORS, RELATIONS, SYSTEMS, TREATING
from consent.vocabulary import Action, DeclarationKind, Evidence, Function, Purpose, RelationKind

_STRENGTH = {evidence: rank for rank, evidence in enumerate(Evidence)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request seen for one of its purposes. `path` is the requester's unit and all above it, nearest first.

    The reader is whom the records would reach: the recipient of a disclosure, the requester of everything else.
    """

    request: AccessRequest
    facts: Facts
    purpose: Purpose
    path: tuple[OrganisationKey, ...]
    registered: bool  # the directory knows the requester in this function at this unit
    authorised: bool  # and as a health person with an authorisation in force
    reader: Requester
    reader_path: tuple[OrganisationKey, ...]
    reader_registered: bool
    reader_authorised: bool
    directives: tuple[Directive, ...]  # all that may speak about the reader, and perhaps some that do not

    @property
    def requester(self) -> Requester:
        """Who asks."""
        return self.request.requester

    @property
    def treats(self) -> bool:
        """Tell whether a named, authorised health person asks in a treating function."""
        return self.authorised and self.requester.function in TREATING and self.requester.person is not None

    @property
    def reader_treats(self) -> bool:
        """Tell the same of the reader."""
        return self.reader_authorised and self.reader.function in TREATING and self.reader.person is not None


def case_of(request: AccessRequest, facts: Facts, purpose: Purpose) -> Case:
    """Look the requester up in the directory's word, never its own."""
    path, registered, authorised = _known(request.requester, facts, request)
    reader, reader_path, reader_registered, reader_authorised = request.requester, path, registered, authorised
    if request.action is Action.DISCLOSE and request.recipient is not None:
        reader = request.recipient
        reader_path, reader_registered, reader_authorised = _known(reader, facts, request)
    return Case(
        request=request,
        facts=facts,
        purpose=purpose,
        path=path,
        registered=registered,
        authorised=authorised,
        reader=reader,
        reader_path=reader_path,
        reader_registered=reader_registered,
        reader_authorised=reader_authorised,
        directives=Directives.of(facts.directives).concerning(
            places=reader_path, persons=(reader.person, reader.on_behalf_of), citizen=reader.citizen
        ),
    )


def as_sent(case: Case) -> Case:
    """Return the case as of when the holder disclosed, from what is known today; the same case while she does."""
    sent = case.request.sent
    return case if sent is None else case_of(replace(case.request, at=sent, sent=None), case.facts, case.purpose)


def _known(who: Requester, facts: Facts, request: AccessRequest) -> tuple[tuple[OrganisationKey, ...], bool, bool]:
    """Return the path of a unit, and whether the directory knows the function there, and an authorisation."""
    path = facts.organisations.path(who.organisation) if who.organisation is not None else ()
    key = PersonKey(who.client) if who.function in SYSTEMS else who.person
    registered = authorised = False
    for standing in facts.standings:
        if standing.person == key and stands(standing, who.function, path, request):
            registered = True
            authorised = authorised or standing.authorised
    return path, registered, authorised


def stands(standing: Standing, function: Function, path: tuple[OrganisationKey, ...], request: AccessRequest) -> bool:
    """Tell whether the directory vouches for this function at this unit (or at one above it) now."""
    return (
        function in standing.functions
        and standing.period.covers(request.at)
        and not standing.organisations.isdisjoint(path)
    )


def functions_of(case: Case) -> frozenset[Function]:
    """Return the reader's function and, of an assistant, those of the professional who answers for it."""
    behalf = case.reader.on_behalf_of
    functions = frozenset({case.reader.function})
    if behalf is None:
        return functions
    return functions.union(*(standing.functions for standing in case.facts.standings if standing.person == behalf))


def agreed_with(case: Case) -> tuple[Agreement, ...]:
    """Return the agreements in force now that bind readers of the reader's unit."""
    path = case.reader_path
    return tuple(
        agreement
        for agreement in case.facts.agreements
        if agreement.period.covers(case.request.at)
        and not agreement.organisations.isdisjoint(path)
        and (agreement.pilot is None or not agreement.pilot.isdisjoint(path))
    )


def relation_of(case: Case, function: Function) -> Relation | None:
    """Return the strongest relation by which the requester's unit treats the citizen in this function now.

    A relation reaches the unit that it names, the units below it and the units above it: one line of the tree. Two
    wards of one hospital do not share a relation; the second one declares *treating now*.
    """
    return _strongest(case, RELATIONS[function], case.path)


def readers_relation(case: Case) -> Relation | None:
    """Return the same of the reader's unit in the reader's function; a function that does not treat has none."""
    return _strongest(case, RELATIONS.get(case.reader.function, frozenset()), case.reader_path)


def reader_is_the_own_gp(case: Case) -> bool:
    """Tell whether the reader is the citizen's own GP, whatever other relations there are."""
    own = RELATIONS.get(case.reader.function, frozenset()) & {RelationKind.OWN_GP}
    return _strongest(case, own, case.reader_path) is not None


def _strongest(case: Case, kinds: frozenset[RelationKind], path: tuple[OrganisationKey, ...]) -> Relation | None:
    best: Relation | None = None
    for relation in case.facts.relations:
        if (
            relation.kind in kinds
            and relation.evidence in ACCEPTED_EVIDENCE[relation.kind]
            and relation.period.covers(case.request.at)
            and on_one_line(case, relation.organisation, path)
            and (best is None or _STRENGTH[relation.evidence] < _STRENGTH[best.evidence])
        ):
            best = relation
    return best


def on_one_line(case: Case, unit: OrganisationKey, path: tuple[OrganisationKey, ...]) -> bool:
    """Tell whether `unit` is on `path`, or below the unit that `path` begins with."""
    return unit in path or (bool(path) and path[0] in case.facts.organisations.path(unit))


def declaration_of(case: Case, kind: DeclarationKind) -> Declaration | None:
    """Return the requester's own declaration of this kind in force for this purpose, the latest begun."""
    return _declared(case, kind, case.requester) if case.treats else None


def readers_consent(case: Case) -> Declaration | None:
    """Return the *consent now* that the citizen gave to the reader, the latest begun."""
    return _declared(case, DeclarationKind.CONSENT_NOW, case.reader) if case.reader_treats else None


def _declared(case: Case, kind: DeclarationKind, who: Requester) -> Declaration | None:
    door = DOORS[kind]
    if case.purpose not in door.purposes:
        return None
    found: Declaration | None = None
    begun: datetime | None = None
    for declaration in case.facts.declarations:
        if (
            declaration.kind is kind
            and declaration.person == who.person
            and declaration.organisation == who.organisation
            and declaration.purpose in door.purposes
        ):
            period = open_period(declaration)
            start = period.start
            if start is not None and period.covers(case.request.at) and (begun is None or start > begun):
                found, begun = declaration, start
    return found


NEVER_OPEN = Period(start=None, end=datetime.min.replace(tzinfo=UTC))


def open_period(declaration: Declaration) -> Period:
    """Return when the declaration counts: never before it was made, never longer than its door allows."""
    start, end = declaration.period.start, declaration.period.end
    if start is None:
        return NEVER_OPEN
    last = start + DOORS[declaration.kind].longest
    return Period(start=start, end=last if end is None or end > last else end)
