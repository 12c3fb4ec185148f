"""Single conditions of the rules, each where it is the only one that says no."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from consent import Denial, Facts, Permit, decide
from consent.case import case_of
from consent.disclosure import covers
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
    Grant,
    Judgement,
    OrganisationKey,
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
from consent.policy import ALL_CATEGORIES, BOTH_REGIMES, DOCTOR, QUALITY_REACH, READS, SENSITIVE, WRITES
from consent.rule import Finding, Rule
from consent.rules import RULES
from consent.rules.limits import LIMIT_RULES
from consent.vocabulary import (
    Action,
    AssignmentKind,
    Category,
    DeclarationKind,
    Effect,
    Evidence,
    EvidenceMark,
    Function,
    JudgementKind,
    Label,
    Purpose,
    Regime,
    RelationKind,
    RepresentationKind,
)
from tests.consent.strategies import CITIZEN, NOON, OTHER
from tests.consent.test_directives import FACTS, WARD

ANN, BO = PersonKey("ann"), PersonKey("bo")
GROWN_UP = replace(FACTS, citizen_born=NOON.replace(year=1950))
REGISTER = Evidence.REGISTER
OPEN = Rule(
    id="OPEN",
    paragraph="",
    mark=EvidenceMark.VERIFIED,
    danish="",
    english="",
    actions=frozenset(Action),
    judge=lambda _: Finding(
        grants=(Grant(categories=ALL_CATEGORIES, regimes=BOTH_REGIMES, never=frozenset(), rule="OPEN"),)
    ),
)
"""Opens everything to everybody: what is closed then, a rule of `LIMIT_RULES` has closed."""


def known(function: Function, person: PersonKey = ANN, at: OrganisationKey = WARD) -> Standing:
    return Standing(person=person, authorised=True, functions=frozenset({function}), organisations=frozenset({at}))


def consent_to(purpose: Purpose, **more: object) -> Directive:
    provision = Provision(
        effect=Effect.PERMIT,
        actors=ActorScope(organisations=frozenset({WARD})),
        purposes=frozenset({purpose}),
        **more,
    )
    return Directive(id="d", version=1, active=True, period=Period(start=NOON), root=provision)


def closing(request: AccessRequest, facts: Facts) -> set[str]:
    """Return the rules that would close something, whatever opens."""
    return {rule.id for rule in LIMIT_RULES if rule.judge(case_of(request, facts, next(iter(request.purposes))))}


def test_a_look_up_does_not_get_past_a_block_by_naming_a_recipient(make_request) -> None:
    gp = Function.GENERAL_PRACTICE
    own_gp = Relation(kind=RelationKind.OWN_GP, organisation=WARD, evidence=REGISTER)
    block = Directive(id="d", version=1, active=True, period=Period(), root=Provision(effect=Effect.DENY))
    facts = Facts(
        relations=(own_gp,),
        standings=(known(gp),),
        delegations=(Delegation(person=ANN, organisation=WARD, responsible=BO),),
    )
    request = make_request(function=gp)
    request = replace(request, recipient=request.requester)
    assert isinstance(decide(request, facts), Permit), "the control"
    assert isinstance(decide(request, replace(facts, directives=(block,))), Denial)


def test_an_agreement_narrows_nothing_for_the_citizen(make_request) -> None:
    agreement = Agreement(
        id="a",
        version=1,
        period=Period(),
        functions=frozenset({Function.CITIZEN}),
        categories=frozenset({Category.PLAN}),
        organisations=frozenset({WARD}),
    )
    request = make_request(function=Function.CITIZEN, purpose=Purpose.PATIENT_REQUEST)
    decision = decide(request, replace(GROWN_UP, agreements=(agreement,)))
    assert isinstance(decision, Permit)
    assert "A0" not in {reason.rule for reason in decision.reasons}


@pytest.mark.parametrize("representative_asks", [True, False])
def test_what_is_protected_is_kept_from_representatives_on_either_side(make_request, representative_asks: bool) -> None:
    representative = Requester(function=Function.REPRESENTATIVE, citizen=CITIZEN)
    request = make_request(action=Action.DISCLOSE)
    staff = request.requester
    sides = (representative, staff) if representative_asks else (staff, representative)
    request = replace(request, requester=sides[0], recipient=sides[1])
    assert {"F3", "F4"} <= closing(request, Facts(address_protected=True))
    assert not {"F3", "F4"} & closing(replace(request, requester=staff, recipient=staff), Facts(address_protected=True))


def test_a_hospital_is_not_where_a_citizen_with_a_protected_address_lives(make_request) -> None:
    request = make_request(function=Function.REPRESENTATIVE)
    nearby = Relation(kind=RelationKind.HEALTH_SERVICE, organisation=OrganisationKey("nursing"), evidence=REGISTER)
    facts = Facts(relations=(*FACTS.relations, nearby), address_protected=True)
    decision = decide(request, facts, (*LIMIT_RULES, OPEN))
    assert isinstance(decision, Permit)
    assert [one.data.origins for one in decision.withheld if one.data.origins] == [{"nursing"}]


def test_who_works_here_has_own_access_as_a_citizen_alone(make_request) -> None:
    as_citizen = make_request(function=Function.CITIZEN, purpose=Purpose.PATIENT_REQUEST)
    as_staff = make_request(function=Function.HOSPITAL_TREATMENT, purpose=Purpose.PATIENT_REQUEST)
    assert isinstance(decide(as_citizen, GROWN_UP), Permit), "the control"
    assert isinstance(decide(as_staff, GROWN_UP), Denial)


@pytest.mark.parametrize("kind", [RepresentationKind.CUSTODY, RepresentationKind.PROXY])
def test_nobody_represents_herself_nor_as_staff(make_request, kind: RepresentationKind) -> None:
    facts = replace(FACTS, citizen_born=NOON.replace(year=2020 if kind is RepresentationKind.CUSTODY else 1950))

    def decided(function: Function, who: CitizenKey) -> Permit | Denial:
        request = make_request(function=function, purpose=Purpose.PATIENT_REQUEST)
        request = replace(request, requester=replace(request.requester, citizen=who))
        return decide(request, replace(facts, representations=(Representation(kind=kind, representative=who),)))

    assert isinstance(decided(Function.REPRESENTATIVE, OTHER), Permit), "the control"
    assert isinstance(decided(Function.REPRESENTATIVE, CITIZEN), Denial)
    assert isinstance(decided(Function.HOSPITAL_TREATMENT, OTHER), Denial)


def test_who_is_under_fifteen_is_no_young_citizen_of_whom_something_is_judged(make_request) -> None:
    request = make_request(function=Function.REPRESENTATIVE, purpose=Purpose.PATIENT_REQUEST)
    request = replace(request, requester=replace(request.requester, citizen=OTHER))
    judged = Judgement(kind=JudgementKind.CANNOT_FORESEE, period=Period(start=NOON, end=NOON))
    custody = Representation(kind=RepresentationKind.CUSTODY, representative=OTHER)
    facts = Facts(citizen_born=NOON.replace(year=2012), representations=(custody,), judgements=(judged,))

    def opening(year: int) -> set[str]:
        decision = decide(request, replace(facts, citizen_born=NOON.replace(year=year)))
        return {reason.rule for reason in decision.reasons if reason.effect is Effect.PERMIT}

    assert opening(2010) == {"C2"}, "the control"
    assert opening(2020) == {"C3"}


@pytest.mark.parametrize(
    ("rule_id", "function", "action", "purpose"),
    [
        ("G2", Function.DATA_PROTECTION, Action.READ_LOG, Purpose.OPERATIONS),
        ("G3", Function.DATA_PROTECTION, Action.EXPLAIN, Purpose.OPERATIONS),
        ("G4", Function.HOSPITAL_TREATMENT, Action.EXPLAIN, Purpose.TREATMENT),
        ("G5", Function.DATA_PROTECTION, Action.OVERSEE, Purpose.OPERATIONS),
        ("L4", Function.ASSISTANT, Action.LOOK_UP, Purpose.TREATMENT),
        ("N4", Function.ADMINISTRATOR, Action.LOOK_UP, Purpose.OPERATIONS),
        ("W1", Function.HOSPITAL_TREATMENT, Action.SUBMIT, Purpose.TREATMENT),
        ("X1", Function.HOME_CARE, Action.LOOK_UP, Purpose.CARE_MANAGEMENT),
    ],
)
def test_a_rule_about_a_person_does_not_trust_that_whoever_is_registered_is_one(
    make_request, rule_id: str, function: Function, action: Action, purpose: Purpose
) -> None:
    """The directory knows nobody without a name; should it ever, these rules have a lock of their own."""
    (rule,) = [one for one in RULES if one.id == rule_id]
    request = make_request(function=function, action=action, purpose=purpose)
    year = Period(start=NOON, end=NOON + timedelta(days=365))

    def judged(person: PersonKey | None) -> Finding | None:
        asked = replace(request, requester=replace(request.requester, person=person))
        facts = replace(
            FACTS,
            directives=(consent_to(purpose),),
            standings=(known(Function.HOSPITAL_TREATMENT, BO),),
            delegations=(Delegation(person=person, organisation=WARD, responsible=BO),),
            assignments=(Assignment(kind=AssignmentKind.SUPERVISION, person=person, organisation=WARD, period=year),),
        )
        return rule.judge(replace(case_of(asked, facts, purpose), registered=True))

    assert judged(ANN) is not None, "the control"
    assert judged(None) is None


def test_an_agreement_about_social_cases_opens_no_more_kinds_than_both_name(make_request) -> None:
    named = frozenset({Category.PLAN, Category.CONSENT})
    agreement = Agreement(
        id="a",
        version=1,
        period=Period(),
        functions=frozenset({Function.HOSPITAL_TREATMENT}),
        categories=named,
        organisations=frozenset({WARD}),
        enables_social_case=True,
    )
    decision = decide(make_request(), replace(FACTS, agreements=(agreement,)))
    assert isinstance(decision, Permit)
    assert {one.categories for one in decision.grants if one.rule == "X2"} == {frozenset({Category.PLAN})}


def test_social_care_does_not_treat_whatever_the_citizen_consents_to(make_request) -> None:
    facts = Facts(standings=(known(Function.HOME_CARE),))

    def decided(purpose: Purpose) -> Permit | Denial:
        request = make_request(function=Function.HOME_CARE, purpose=purpose)
        return decide(request, replace(facts, directives=(consent_to(purpose),)))

    assert isinstance(decided(Purpose.CARE_MANAGEMENT), Permit), "the control"
    assert isinstance(decided(Purpose.TREATMENT), Denial)


def test_a_consent_to_social_care_opens_the_labels_that_it_names_to_who_is_registered_there(make_request) -> None:
    scope = DataScope(labels=frozenset({Label.HIV, Label.NORMAL_ONLY}))
    facts = Facts(directives=(consent_to(Purpose.CARE_MANAGEMENT, data=scope),), standings=(known(Function.HOME_CARE),))
    request = make_request(function=Function.HOME_CARE, purpose=Purpose.CARE_MANAGEMENT)
    decision = decide(request, facts)
    assert isinstance(decision, Permit)
    assert [one.never for one in decision.grants] == [SENSITIVE - {Label.HIV}]
    assert isinstance(decide(request, replace(facts, standings=())), Denial)


def test_a_hospital_does_no_social_care(make_request) -> None:
    request = make_request(purpose=Purpose.CARE_MANAGEMENT)
    assert isinstance(decide(request, replace(FACTS, directives=(consent_to(Purpose.CARE_MANAGEMENT),))), Denial)


# Who assists


def assisted(*standings: Standing, relations: tuple[Relation, ...] = FACTS.relations) -> Facts:
    """Return facts in which Ann is authorised to assist Bo, whose standings are given."""
    return Facts(
        relations=relations,
        standings=(known(Function.ASSISTANT), *standings),
        delegations=(Delegation(person=ANN, organisation=WARD, responsible=BO),),
    )


def test_who_assists_is_registered_as_an_assistant(make_request) -> None:
    facts = assisted(known(Function.HOSPITAL_TREATMENT, BO))
    request = make_request(function=Function.ASSISTANT)
    assert isinstance(decide(request, facts), Permit), "the control"
    assert isinstance(decide(request, replace(facts, standings=facts.standings[1:])), Denial)
    student = replace(known(Function.HOSPITAL_TREATMENT), authorised=False)
    as_student = make_request(function=Function.HOSPITAL_TREATMENT)
    assert isinstance(decide(as_student, replace(facts, standings=(student, *facts.standings))), Denial)


def test_an_assistant_gets_what_the_responsible_professional_would(make_request) -> None:
    request = make_request(function=Function.ASSISTANT)
    nurse, doctor = known(Function.HOME_NURSING, BO), known(Function.HOSPITAL_TREATMENT, BO)
    colleague = known(Function.HOSPITAL_TREATMENT, PersonKey("cille"))
    assert isinstance(decide(request, assisted(replace(doctor, authorised=False))), Denial)
    assert isinstance(decide(request, assisted(nurse, colleague)), Denial)
    both = replace(doctor, functions=frozenset({Function.HOSPITAL_TREATMENT, Function.ADMINISTRATOR}))
    decision = decide(request, assisted(both))
    assert isinstance(decision, Permit)
    assert [one.categories for one in decision.grants] == [
        READS[Function.ASSISTANT] & READS[Function.HOSPITAL_TREATMENT]
    ]


def test_what_an_assistant_sees_rests_on_the_strongest_relation(make_request) -> None:
    functions = frozenset({Function.HOSPITAL_TREATMENT, Function.HOME_NURSING})
    service = Relation(kind=RelationKind.HEALTH_SERVICE, organisation=WARD, evidence=Evidence.SELF_ASSERTED)
    facts = assisted(
        replace(known(Function.HOME_NURSING, BO), functions=functions), relations=(*FACTS.relations, service)
    )
    decision = decide(make_request(function=Function.ASSISTANT), facts)
    assert isinstance(decision, Permit)
    assert {one.rule for one in decision.grants} == {"L4"}
    assert len(decision.grants) == 2
    assert {reason.evidence for reason in decision.reasons if reason.rule == "L4"} == {Evidence.NOTIFICATION}


def test_an_assistant_of_a_specialist_gets_no_tasks(make_request) -> None:
    booked = Relation(kind=RelationKind.APPOINTMENT, organisation=WARD, evidence=REGISTER)
    facts = assisted(known(Function.SPECIALIST_PRACTICE, BO), relations=(booked,))
    decision = decide(make_request(function=Function.ASSISTANT), facts)
    assert isinstance(decision, Permit)
    assert not any(Category.TASK in one.categories for one in decision.grants)


# Who writes, and who opens a door


def test_a_system_writes_what_its_own_registration_names(make_request) -> None:
    own = replace(
        known(Function.SYSTEM, PersonKey("client")), functions=frozenset({Function.SYSTEM, Function.HOME_CARE})
    )
    other = replace(own, person=PersonKey("other"), functions=frozenset({Function.SYSTEM, Function.HOSPITAL_TREATMENT}))
    request = make_request(function=Function.SYSTEM, action=Action.SUBMIT, purpose=Purpose.PATIENT_ADMINISTRATION)
    decision = decide(request, Facts(standings=(own, other)))
    assert isinstance(decision, Permit)
    assert [(one.rule, one.categories) for one in decision.grants] == [("W1", WRITES[Function.HOME_CARE])]


@pytest.mark.parametrize(
    ("purpose", "doors"),
    [
        (Purpose.TREATMENT, {"K1"}),
        (Purpose.EMERGENCY, {"K2"}),
        (Purpose.BREAK_GLASS, {"K2"}),
        (Purpose.RESEARCH, set()),
    ],
)
def test_each_door_is_opened_for_its_own_purposes(make_request, purpose: Purpose, doors: set[str]) -> None:
    decision = decide(make_request(action=Action.DECLARE, purpose=purpose), FACTS)
    assert {reason.rule for reason in decision.reasons if reason.effect is Effect.PERMIT} == doors


# Other purposes than treatment


def test_the_own_effort_and_quality_work_are_for_who_treats(make_request) -> None:
    request = make_request(purpose=Purpose.QUALITY)
    request = replace(request, requester=replace(request.requester, profession=DOCTOR))
    part = Participation(person=ANN, period=Period(start=NOON, end=NOON))
    task = Assignment(kind=AssignmentKind.QUALITY, person=ANN, organisation=WARD, period=Period(start=NOON, end=NOON))
    facts = replace(FACTS, participations=(part,), assignments=(task,))

    def opening(asked: AccessRequest, *, authorised: bool) -> set[str]:
        standing = replace(known(Function.HOSPITAL_TREATMENT), authorised=authorised)
        decision = decide(asked, replace(facts, standings=(standing,)))
        return {reason.rule for reason in decision.reasons if reason.effect is Effect.PERMIT}

    assert opening(request, authorised=True) == {"N2", "N3"}
    assert opening(request, authorised=False) == set()
    assert opening(replace(request, purposes=frozenset({Purpose.TREATMENT})), authorised=True) == {"L1"}


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_permissions_the_longest_counts(make_request, order: int) -> None:
    ends = (NOON + timedelta(days=1), NOON + timedelta(days=9))
    tasks = [
        Assignment(kind=AssignmentKind.QUALITY, person=ANN, organisation=WARD, period=Period(start=NOON, end=end))
        for end in ends[::order]
    ]
    decision = decide(make_request(purpose=Purpose.QUALITY), replace(FACTS, assignments=tuple(tasks)))
    assert isinstance(decision, Permit)
    assert [one.data.period for one in decision.withheld if one.rule == "N3"] == [Period(end=ends[1] - QUALITY_REACH)]


def test_supervision_is_for_registered_staff(make_request) -> None:
    task = Assignment(
        kind=AssignmentKind.SUPERVISION, person=ANN, organisation=WARD, period=Period(start=NOON, end=NOON)
    )

    def decided(function: Function, *standings: Standing) -> Permit | Denial:
        request = make_request(function=function, purpose=Purpose.OPERATIONS)
        return decide(request, Facts(assignments=(task,), standings=standings))

    assert isinstance(decided(Function.ADMINISTRATOR, known(Function.ADMINISTRATOR)), Permit), "the control"
    assert isinstance(decided(Function.ADMINISTRATOR), Denial)
    assert isinstance(decided(Function.SYSTEM, known(Function.SYSTEM, PersonKey("client"))), Denial)
    assert isinstance(decided(Function.CITIZEN, known(Function.CITIZEN)), Denial)


# Values


def test_what_a_value_does_not_say_is_no(make_request) -> None:
    agreement = Agreement(
        id="a",
        version=1,
        period=Period(),
        functions=frozenset(),
        categories=frozenset(),
        organisations=frozenset(),
    )
    assert agreement.enables_social_case is False
    assert Facts().address_protected is False
    permit, same = decide(make_request(), FACTS), decide(make_request(), FACTS)
    assert isinstance(permit, Permit)
    signature = Signature(Category.PLAN, frozenset(), WARD, WARD, ANN, Regime.HEALTH_CARE)
    assert covers(permit, CITIZEN, signature)
    assert permit == same, "what was found so far is no part of what a permit says"
    assert "judged" not in repr(permit)


@pytest.mark.parametrize(("end", "opens"), [(NOON, True), (None, False)])
def test_a_task_without_an_end_is_none(make_request, end: datetime | None, opens: bool) -> None:
    task = Assignment(
        kind=AssignmentKind.SUPERVISION, person=ANN, organisation=WARD, period=Period(start=NOON, end=end)
    )
    request = make_request(function=Function.ADMINISTRATOR, purpose=Purpose.OPERATIONS)
    decision = decide(request, Facts(assignments=(task,), standings=(known(Function.ADMINISTRATOR),)))
    assert isinstance(decision, Permit) is opens


# Disclosure

ELSEWHERE = OrganisationKey("elsewhere")


def declared(purpose: Purpose) -> Declaration:
    return Declaration(
        kind=DeclarationKind.EMERGENCY, person=ANN, organisation=WARD, purpose=purpose, period=Period(start=NOON)
    )


@pytest.mark.parametrize(
    ("recipient", "rules"),
    [
        (Requester(function=Function.HOSPITAL_TREATMENT, organisation=ELSEWHERE), {"P5"}),
        (Requester(function=Function.HOSPITAL_TREATMENT), set()),
        (Requester(function=Function.ADMINISTRATOR, organisation=ELSEWHERE), set()),
        (Requester(function=Function.HOME_CARE, organisation=ELSEWHERE), {"O2"}),
        (Requester(function=Function.HOME_CARE), set()),
    ],
)
def test_in_an_emergency_the_recipient_is_a_unit_that_treats_or_cares(
    make_request, recipient: Requester, rules: set[str]
) -> None:
    request = make_request(action=Action.DISCLOSE, purpose=Purpose.EMERGENCY)
    facts = replace(FACTS, declarations=(declared(Purpose.EMERGENCY),))
    decision = decide(replace(request, recipient=recipient), facts)
    assert {reason.rule for reason in decision.reasons if reason.effect is Effect.PERMIT} == rules


def test_nobody_tells_itself_of_a_stay(make_request) -> None:
    request = make_request(function=Function.SYSTEM, action=Action.DISCLOSE, purpose=Purpose.CARE_MANAGEMENT)
    service = Relation(kind=RelationKind.HEALTH_SERVICE, organisation=WARD, evidence=REGISTER)
    facts = Facts(relations=(*FACTS.relations, service), standings=(known(Function.SYSTEM, PersonKey("client")),))
    request = replace(request, sent=NOON)
    assert isinstance(decide(replace(request, recipient=request.requester), facts), Permit), "the control"
    assert isinstance(decide(request, facts), Denial)


@pytest.mark.parametrize(("begun", "is_told"), [(timedelta(), True), (timedelta(microseconds=1), False)])
def test_a_stay_is_told_of_from_the_instant_at_which_it_begins(make_request, begun: timedelta, is_told: bool) -> None:
    stay = Relation(
        kind=RelationKind.STAY, organisation=WARD, evidence=Evidence.NOTIFICATION, period=Period(start=NOON + begun)
    )
    service = Relation(kind=RelationKind.HEALTH_SERVICE, organisation=ELSEWHERE, evidence=REGISTER)
    nurse = Requester(function=Function.HOME_NURSING, organisation=ELSEWHERE, person=BO)
    request = make_request(action=Action.DISCLOSE, purpose=Purpose.CARE_MANAGEMENT)
    facts = replace(
        FACTS, relations=(stay, service), standings=(*FACTS.standings, known(Function.HOME_NURSING, BO, ELSEWHERE))
    )
    for sent in (None, NOON):
        decision = decide(replace(request, recipient=nurse, sent=sent), facts)
        assert isinstance(decision, Permit) is is_told


@pytest.mark.parametrize(("waited", "opens"), [(-1, False), (0, True), (30, True), (31, False)])
def test_what_was_disclosed_waits_a_month_for_a_recipient_who_is_still_known(
    make_request, waited: int, opens: bool
) -> None:
    """A recipient who is a citizen too has left when the directory says so."""
    request = make_request(action=Action.DISCLOSE)
    bo = Requester(function=Function.HOSPITAL_TREATMENT, organisation=WARD, person=BO, citizen=OTHER)
    request = replace(request, recipient=bo, sent=NOON - timedelta(days=waited))
    known_then = Period(end=NOON - timedelta(hours=1))
    standing = known(Function.HOSPITAL_TREATMENT, BO)
    facts = replace(FACTS, standings=(*FACTS.standings, standing))
    assert isinstance(decide(request, facts), Permit) is opens
    left = replace(facts, standings=(*FACTS.standings, replace(standing, period=known_then)))
    assert isinstance(decide(request, left), Denial)


@pytest.mark.parametrize("order", [1, -1])
def test_what_somebody_took_part_in_rests_on_the_strongest_evidence(make_request, order: int) -> None:
    request = make_request(purpose=Purpose.QUALITY)
    request = replace(request, requester=replace(request.requester, profession=DOCTOR))
    parts = [
        Participation(person=ANN, period=Period(start=NOON, end=NOON), evidence=evidence)
        for evidence in (Evidence.INDEPENDENT, Evidence.SELF_ASSERTED)
    ]
    decision = decide(request, replace(FACTS, participations=tuple(parts[::order])))
    assert {reason.evidence for reason in decision.reasons if reason.rule == "N2"} == {Evidence.INDEPENDENT}


@pytest.mark.parametrize("order", [1, -1])
def test_the_own_gp_is_one_whatever_else_she_is_to_the_citizen(make_request, order: int) -> None:
    """An appointment in the practice, as well known as that it is the citizen's own, takes nothing from it."""
    kinds = (RelationKind.OWN_GP, RelationKind.APPOINTMENT)
    relations = [Relation(kind=kind, organisation=ELSEWHERE, evidence=REGISTER) for kind in kinds]
    gp = Requester(function=Function.GENERAL_PRACTICE, organisation=ELSEWHERE, person=BO)
    request = make_request(action=Action.DISCLOSE)
    request = replace(request, requester=replace(request.requester, profession=DOCTOR), recipient=gp)
    standings = (*FACTS.standings, known(Function.GENERAL_PRACTICE, BO, ELSEWHERE))
    decision = decide(request, Facts(relations=tuple(relations[::order]), standings=standings))
    assert "P3" in {reason.rule for reason in decision.reasons}


# Who asks, and who reads


def test_who_looks_up_is_the_reader_whatever_recipient_she_names(make_request) -> None:
    her = ActorScope(persons=frozenset({ANN}))
    block = Directive(id="d", version=1, active=True, period=Period(), root=Provision(effect=Effect.DENY, actors=her))
    request = make_request()
    other = replace(request.requester, person=BO, on_behalf_of=None)
    facts = replace(FACTS, directives=(block,), standings=(*FACTS.standings, known(Function.HOSPITAL_TREATMENT, BO)))
    assert isinstance(decide(replace(request, requester=other), facts), Permit), "the control"
    assert isinstance(decide(replace(request, recipient=other), facts), Denial)


def test_who_treats_has_a_name(make_request) -> None:
    """The directory knows nobody without one; should it ever, there is a lock of its own."""
    case = replace(case_of(make_request(), FACTS, Purpose.TREATMENT), authorised=True, reader_authorised=True)
    nobody = replace(case.requester, person=None)
    assert case.treats
    assert case.reader_treats
    assert not replace(case, request=replace(case.request, requester=nobody)).treats
    assert not replace(case, reader=nobody).reader_treats


@pytest.mark.parametrize("order", [1, -1])
def test_one_authorisation_among_several_registrations_will_do(make_request, order: int) -> None:
    standings = [replace(known(Function.HOSPITAL_TREATMENT), authorised=yes) for yes in (True, False)]
    assert isinstance(decide(make_request(), replace(FACTS, standings=tuple(standings[::order]))), Permit)


def test_a_recipient_who_is_authorised_and_does_not_treat_gets_nothing_for_treatment(make_request) -> None:
    request = make_request(action=Action.DISCLOSE)

    def decided(function: Function) -> Permit | Denial:
        recipient = Requester(function=function, organisation=ELSEWHERE, person=BO)
        standings = (*FACTS.standings, known(function, BO, ELSEWHERE))
        return decide(replace(request, recipient=recipient), replace(FACTS, standings=standings))

    assert isinstance(decided(Function.GENERAL_PRACTICE), Permit), "the control"
    assert isinstance(decided(Function.HOME_CARE), Denial)


def test_a_recipient_without_a_unit_is_refused_by_the_rules_and_is_no_defect(make_request) -> None:
    request = make_request(action=Action.DISCLOSE, purpose=Purpose.CARE_MANAGEMENT)
    service = Relation(kind=RelationKind.HEALTH_SERVICE, organisation=ELSEWHERE, evidence=REGISTER)
    facts = replace(FACTS, relations=(*FACTS.relations, service))
    decision = decide(replace(request, recipient=Requester(function=Function.HOME_NURSING, person=BO)), facts)
    assert [reason.rule for reason in decision.reasons] == ["D0"]


def test_a_block_on_a_function_reaches_an_assistant_of_that_function_alone(make_request) -> None:
    nurses = ActorScope(functions=frozenset({Function.HOME_NURSING}))
    block = Directive(
        id="d", version=1, active=True, period=Period(), root=Provision(effect=Effect.DENY, actors=nurses)
    )
    facts = assisted(known(Function.HOSPITAL_TREATMENT, BO), known(Function.HOME_NURSING, PersonKey("cille")))
    request = make_request(function=Function.ASSISTANT)
    assert isinstance(decide(request, replace(facts, directives=(block,))), Permit)
