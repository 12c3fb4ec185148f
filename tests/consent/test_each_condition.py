"""Single conditions of the rules, each where it is the only one that says no."""

from dataclasses import replace
from datetime import timedelta

import pytest

from consent import Denial, Facts, Permit, decide
from consent.case import case_of
from consent.model import (
    AccessRequest,
    ActorScope,
    Agreement,
    Assignment,
    CitizenKey,
    Delegation,
    Directive,
    Grant,
    Judgement,
    OrganisationKey,
    Period,
    PersonKey,
    Provision,
    Relation,
    Representation,
    Requester,
    Standing,
)
from consent.policy import ALL_CATEGORIES, BOTH_REGIMES
from consent.rule import Finding, Rule
from consent.rules import RULES
from consent.rules.limits import LIMIT_RULES
from consent.vocabulary import (
    Action,
    AssignmentKind,
    Category,
    Effect,
    Evidence,
    EvidenceMark,
    Function,
    JudgementKind,
    Purpose,
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
    consent = Directive(
        id="d",
        version=1,
        active=True,
        period=Period(),
        root=Provision(
            effect=Effect.PERMIT,
            actors=ActorScope(organisations=frozenset({WARD})),
            purposes=frozenset({purpose}),
        ),
    )
    year = Period(start=NOON, end=NOON + timedelta(days=365))

    def judged(person: PersonKey | None) -> Finding | None:
        asked = replace(request, requester=replace(request.requester, person=person))
        facts = replace(
            FACTS,
            directives=(consent,),
            standings=(known(Function.HOSPITAL_TREATMENT, BO),),
            delegations=(Delegation(person=person, organisation=WARD, responsible=BO),),
            assignments=(Assignment(kind=AssignmentKind.SUPERVISION, person=person, organisation=WARD, period=year),),
        )
        return rule.judge(replace(case_of(asked, facts, purpose), registered=True))

    assert judged(ANN) is not None, "the control"
    assert judged(None) is None
