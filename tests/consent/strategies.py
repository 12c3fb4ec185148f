"""Random requests, facts and records for the properties; small pools, so that things meet."""

import os
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st

from consent.model import (
    AccessRequest,
    ActorScope,
    Agreement,
    Assignment,
    CitizenKey,
    DataScope,
    Declaration,
    Delegation,
    Directive,
    Facts,
    Item,
    Judgement,
    OrganisationKey,
    Organisations,
    Participation,
    Period,
    PersonKey,
    Provision,
    Relation,
    Representation,
    Requester,
    Signature,
    Standing,
)
from consent.vocabulary import (
    Action,
    AssignmentKind,
    Category,
    DeclarationKind,
    Effect,
    Evidence,
    Function,
    JudgementKind,
    Label,
    Purpose,
    Regime,
    RelationKind,
    RepresentationKind,
    Sector,
)

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
CITIZEN, OTHER = CitizenKey(1), CitizenKey(2)
UNITS = [OrganisationKey(name) for name in ("region", "hospital", "ward", "municipality", "nursing", "practice")]
TREE = Organisations(
    parents={UNITS[1]: UNITS[0], UNITS[2]: UNITS[1], UNITS[4]: UNITS[3]},
    sectors={UNITS[0]: Sector.REGION, UNITS[1]: Sector.HOSPITAL, UNITS[3]: Sector.MUNICIPALITY},
)
PERSONS = [PersonKey(name) for name in ("ann", "bo", "client")]
INSTANCES = ["Condition/1", "Condition/2", "Observation/3"]


def examples(most: int) -> settings:
    """All of them in a long trial, a tenth in everyday runs."""
    return settings(max_examples=most if os.environ.get("OVERGANG_SOAK") else most // 10, deadline=None)


units = st.sampled_from(UNITS)
persons = st.sampled_from(PERSONS)
citizens = st.sampled_from([CITIZEN, OTHER])
moments = st.integers(-30, 30).map(lambda hours: NOON + timedelta(hours=hours))
periods = st.builds(Period, start=st.none() | moments, end=st.none() | moments)
purposes = st.sampled_from([Purpose.TREATMENT, Purpose.TREATMENT, *Purpose])


def some(values: st.SearchStrategy) -> st.SearchStrategy:
    """Mostly no constraint, so that what is constrained meets."""
    return st.sampled_from([True, True, True, False]).flatmap(
        lambda free: st.none() if free else st.frozensets(values, min_size=0, max_size=4)
    )


categories = st.sampled_from([Category.DIAGNOSIS, Category.MEDICATION, Category.LAB_RESULT, *Category])
data_scopes = st.builds(
    DataScope,
    categories=some(categories),
    labels=some(st.sampled_from(Label)),
    sectors=some(st.sampled_from(Sector)),
    origins=some(units),
    with_subunits=st.booleans(),
    authors=some(persons),
    regimes=some(st.sampled_from(Regime)),
    period=st.none() | st.none() | periods,
    instances=some(st.sampled_from(INSTANCES)),
)
actor_scopes = st.builds(
    ActorScope,
    persons=some(persons),
    organisations=some(units),
    with_subunits=st.booleans(),
    sectors=some(st.sampled_from(Sector)),
    functions=some(st.sampled_from(Function)),
    citizens=some(citizens),
)


def provisions(nested: st.SearchStrategy) -> st.SearchStrategy:
    return st.builds(
        Provision,
        effect=st.sampled_from(Effect),
        actors=st.just(ActorScope()) | st.just(ActorScope()) | actor_scopes,
        purposes=some(purposes),
        actions=some(st.sampled_from(Action)),
        data=st.just(DataScope()) | data_scopes,
        period=st.just(Period()) | st.just(Period()) | periods,
        exceptions=nested,
    )


leaves = provisions(st.just(()))
directives = st.builds(
    Directive,
    id=st.sampled_from(["one", "two", "three"]),
    version=st.just(1),
    active=st.sampled_from([True, True, True, False]),
    period=st.just(Period()) | st.just(Period()) | periods,
    root=provisions(st.lists(provisions(st.lists(leaves, max_size=1).map(tuple)), max_size=2).map(tuple)),
)
narrow_scopes = st.builds(
    DataScope,
    categories=st.none() | st.none() | st.frozensets(categories, min_size=1, max_size=8),
    origins=st.none() | st.none() | st.frozensets(units, min_size=1),
    sectors=st.none() | st.none() | st.frozensets(st.sampled_from(Sector), min_size=1, max_size=2),
    period=st.none() | st.tuples(moments, moments).map(lambda pair: Period(start=min(pair), end=max(pair))),
    instances=st.none() | st.frozensets(st.sampled_from(INSTANCES), min_size=1, max_size=2),
)
speaking = st.builds(
    Directive,
    id=st.sampled_from(["four", "five", "six"]),
    version=st.just(1),
    active=st.just(True),
    period=st.just(Period()),
    root=st.builds(
        Provision,
        effect=st.sampled_from(Effect),
        data=narrow_scopes,
        exceptions=st.lists(st.builds(Provision, effect=st.sampled_from(Effect), data=narrow_scopes), max_size=2).map(
            tuple
        ),
    ),
)
"""Directives that are about every reader now, and about some of the records."""

relations = st.builds(
    Relation,
    kind=st.sampled_from(RelationKind),
    organisation=units,
    evidence=st.sampled_from(Evidence),
    period=periods,
)
declarations = st.builds(
    Declaration,
    kind=st.sampled_from(DeclarationKind),
    person=persons,
    organisation=units,
    purpose=purposes,
    period=periods,
)
representations = st.builds(
    Representation,
    kind=st.sampled_from(RepresentationKind),
    representative=citizens,
    period=periods,
    categories=some(categories),
)
delegations = st.builds(Delegation, person=persons, organisation=units, responsible=persons, period=periods)
agreements = st.builds(
    Agreement,
    id=st.sampled_from(["north", "south"]),
    version=st.just(1),
    period=periods,
    functions=st.frozensets(st.sampled_from(Function), max_size=4),
    categories=st.frozensets(categories, max_size=6),
    organisations=st.frozensets(units, max_size=3),
    enables_social_case=st.booleans(),
    pilot=st.none() | st.none() | st.frozensets(units, max_size=2),
)
standings = st.builds(
    Standing,
    person=persons,
    authorised=st.sampled_from([True, True, False]),
    functions=st.frozensets(st.sampled_from(Function), min_size=1, max_size=5),
    organisations=st.frozensets(units, min_size=1, max_size=3),
    period=st.just(Period()) | periods,
)


participations = st.builds(Participation, person=persons, period=periods, evidence=st.sampled_from(Evidence))
assignments = st.builds(
    Assignment, kind=st.sampled_from(AssignmentKind), person=persons, organisation=units, period=periods
)
judgements = st.builds(Judgement, kind=st.sampled_from(JudgementKind), period=periods)


def several(values: st.SearchStrategy, most: int = 3) -> st.SearchStrategy:
    return st.lists(values, max_size=most).map(tuple)


facts = st.builds(
    Facts,
    relations=several(relations),
    declarations=several(declarations),
    directives=several(directives, 4),
    representations=several(representations),
    delegations=several(delegations),
    agreements=several(agreements, 2),
    standings=several(standings),
    participations=several(participations, 1),
    assignments=several(assignments, 1),
    judgements=several(judgements, 1),
    organisations=st.just(TREE),
    citizen_born=st.none()
    | st.sampled_from([NOON.replace(year=1950), NOON.replace(year=2011), NOON.replace(year=2020)]),
    citizen_died=st.none() | st.none() | moments,
    address_protected=st.booleans(),
)
requesters = st.builds(
    Requester,
    function=st.sampled_from(Function),
    organisation=st.none() | units | units,
    person=st.none() | persons | persons,
    on_behalf_of=st.none() | persons,
    citizen=st.none() | citizens,
    client=st.sampled_from(["", "client"]),
    profession=st.sampled_from([None, "7170", "5166"]),
)
requests = st.builds(
    AccessRequest,
    requester=requesters,
    citizen=st.just(CITIZEN),
    purposes=st.frozensets(purposes, min_size=1, max_size=2),
    action=st.sampled_from([Action.LOOK_UP, Action.DISCLOSE, *Action]),
    categories=st.just(frozenset(Category)) | st.frozensets(categories, min_size=1, max_size=5),
    at=st.just(NOON),
    recipient=st.none() | requesters,
    sent=st.none() | st.none() | moments,
)


@st.composite
def likely(draw: st.DrawFn) -> tuple[AccessRequest, Facts]:
    """A treating person with a relation, often with a declaration or a delegation: so that permits are common."""
    known: Facts = draw(facts)
    function = draw(st.sampled_from([Function.HOSPITAL_TREATMENT, Function.HOME_NURSING, Function.ASSISTANT]))
    unit = draw(units)
    kind = {Function.HOME_NURSING: RelationKind.HEALTH_SERVICE}.get(function, RelationKind.STAY)
    ann, bo = PERSONS[:2]
    behalf = bo if function is Function.ASSISTANT else None
    everything = frozenset({function, Function.HOSPITAL_TREATMENT})
    standing = (
        Standing(person=ann, authorised=True, functions=everything, organisations=frozenset({unit})),
        Standing(person=bo, authorised=True, functions=everything, organisations=frozenset({unit})),
    )
    declared = tuple(
        Declaration(kind=one, person=ann, organisation=unit, purpose=purpose, period=Period(start=NOON))
        for one, purpose in draw(
            st.sampled_from(
                [
                    (),
                    ((DeclarationKind.CONSENT_NOW, Purpose.TREATMENT),),
                    ((DeclarationKind.EMERGENCY, Purpose.EMERGENCY),),
                ]
            )
        )
    )
    emergency = any(one.kind is DeclarationKind.EMERGENCY for one in declared)
    request = AccessRequest(
        requester=Requester(function=function, organisation=unit, person=ann, on_behalf_of=behalf, client="client"),
        citizen=CITIZEN,
        purposes=frozenset({Purpose.EMERGENCY if emergency else Purpose.TREATMENT}),
        action=Action.LOOK_UP,
        categories=frozenset(Category),
        at=NOON,
    )
    return request, Facts(
        relations=(
            *known.relations,
            Relation(
                kind=kind,
                organisation=unit,
                evidence=Evidence.NOTIFICATION if kind is RelationKind.STAY else Evidence.REGISTER,
            ),
        ),
        declarations=(*known.declarations, *declared),
        directives=(*known.directives, *draw(st.lists(speaking, min_size=1, max_size=2))),
        delegations=(*known.delegations, Delegation(person=ann, organisation=unit, responsible=bo)),
        agreements=known.agreements,
        standings=(*known.standings, *standing),
        organisations=TREE,
    )


@st.composite
def handing_on(draw: st.DrawFn) -> tuple[AccessRequest, Facts]:
    """A nurse hands records on to a doctor, now or some hours ago: the same for disclosures."""
    known: Facts = draw(facts)
    unit, other = draw(units), draw(units)
    ann, bo = PERSONS[:2]
    moment = draw(st.none() | st.integers(-40, 2).map(lambda hours: NOON + timedelta(hours=hours)))
    functions = frozenset({Function.HOME_NURSING, Function.HOSPITAL_TREATMENT})
    request = AccessRequest(
        requester=Requester(function=Function.HOME_NURSING, organisation=unit, person=ann),
        recipient=Requester(function=Function.HOSPITAL_TREATMENT, organisation=other, person=bo),
        citizen=CITIZEN,
        purposes=frozenset({Purpose.TREATMENT}),
        action=Action.DISCLOSE,
        categories=frozenset(Category),
        at=NOON,
        sent=moment,
    )
    stay = Relation(
        kind=RelationKind.STAY,
        organisation=other,
        evidence=Evidence.NOTIFICATION,
        period=draw(st.just(Period()) | periods),
    )
    return request, Facts(
        relations=(*known.relations, stay),
        directives=(*known.directives, *draw(st.lists(speaking, max_size=2))),
        agreements=known.agreements,
        standings=(
            *known.standings,
            *(
                Standing(person=one, authorised=True, functions=functions, organisations=frozenset(UNITS))
                for one in (ann, bo)
            ),
        ),
        organisations=TREE,
    )


questions = st.tuples(requests, facts) | likely() | likely() | handing_on()

signatures = st.builds(
    Signature,
    category=categories,
    labels=st.frozensets(st.sampled_from([label for label in Label if label is not Label.NORMAL_ONLY]), max_size=1),
    controller=units,
    origin=units,
    author=persons,
    regime=st.sampled_from([Regime.HEALTH_CARE, Regime.HEALTH_CARE, Regime.SOCIAL_CASE]),
)


def _ordered(pair: tuple[datetime, datetime]) -> Period:
    return Period(start=min(pair), end=max(pair))


items = st.builds(
    Item,
    citizen=st.sampled_from([CITIZEN, CITIZEN, CITIZEN, OTHER]),
    instance=st.sampled_from(INSTANCES),
    signature=signatures,
    period=st.tuples(moments, moments).map(_ordered) | moments.map(lambda start: Period(start=start)),
)
