"""Corners of directives that the decision cases do not reach."""

from dataclasses import replace
from datetime import timedelta

import pytest

from consent import Denial, Facts, Permit, decide
from consent.directives import may_record, may_replace
from consent.model import (
    ActorScope,
    CitizenKey,
    DataScope,
    Directive,
    OrganisationKey,
    Period,
    PersonKey,
    Provision,
    Relation,
    Standing,
)
from consent.vocabulary import Action, Category, Effect, Evidence, Function, Purpose, RelationKind
from tests.consent.strategies import NOON, OTHER

WARD = OrganisationKey("ward")
FACTS = Facts(
    relations=(Relation(kind=RelationKind.STAY, organisation=WARD, evidence=Evidence.NOTIFICATION),),
    standings=(
        Standing(
            person=PersonKey("ann"),
            authorised=True,
            functions=frozenset({Function.HOSPITAL_TREATMENT}),
            organisations=frozenset({WARD}),
        ),
    ),
)


def directive(root: Provision) -> Directive:
    return Directive(id="d", version=1, active=True, period=Period(), root=root)


def nested(levels: int) -> Provision:
    provision = Provision(effect=Effect.DENY, data=DataScope(categories=frozenset({Category.DIAGNOSIS})))
    for _ in range(levels - 1):
        opposite = Effect.PERMIT if provision.effect is Effect.DENY else Effect.DENY
        provision = Provision(effect=opposite, exceptions=(provision,))
    return provision


def test_a_directive_as_deep_as_allowed_is_read(make_request) -> None:
    decision = decide(make_request(), replace(FACTS, directives=(directive(nested(8)),)))
    assert "D1" not in {reason.rule for reason in decision.reasons}


@pytest.mark.parametrize("levels", [9, 5000])
def test_a_directive_nested_too_deep_refuses(make_request, levels: int) -> None:
    decision = decide(make_request(), replace(FACTS, directives=(directive(nested(levels)),)))
    assert isinstance(decision, Denial)
    assert "D1" in {reason.rule for reason in decision.reasons}


@pytest.mark.parametrize("instances", [{"related:Encounter/1"}, {"Condition/1", "dependents:Encounter/1"}])
def test_a_directive_about_records_that_nobody_has_looked_up_refuses(make_request, instances: set[str]) -> None:
    block = Provision(effect=Effect.DENY, data=DataScope(instances=frozenset(instances)))
    decision = decide(make_request(), replace(FACTS, directives=(directive(block),)))
    assert isinstance(decision, Denial)
    assert "D1" in {reason.rule for reason in decision.reasons}


def test_staff_record_a_pure_block_and_nothing_else(make_request) -> None:
    permit = decide(make_request(action=Action.DIRECT), FACTS)
    assert isinstance(permit, Permit)
    block = Provision(effect=Effect.DENY, actors=ActorScope(persons=frozenset({PersonKey("bo")})))
    exception = Provision(effect=Effect.PERMIT, actors=ActorScope(persons=frozenset({PersonKey("ann")})))
    assert may_record(permit, directive(block))
    assert not may_record(permit, directive(replace(block, exceptions=(exception,))))
    assert not may_record(permit, directive(exception))


def test_the_citizen_records_what_she_likes(make_request) -> None:
    request = make_request(function=Function.CITIZEN, action=Action.DIRECT, purpose=Purpose.PATIENT_REQUEST)
    permit = decide(request, replace(FACTS, citizen_born=request.at.replace(year=1950)))
    assert isinstance(permit, Permit)
    assert may_record(permit, directive(Provision(effect=Effect.PERMIT)))
    assert may_record(permit, directive(Provision(effect=Effect.DENY)))


def test_nobody_but_the_citizen_gives_a_power_of_attorney(make_request) -> None:
    power = directive(
        Provision(
            effect=Effect.PERMIT,
            actors=ActorScope(citizens=frozenset({CitizenKey(7)})),
            purposes=frozenset({Purpose.PATIENT_REQUEST}),
        )
    )
    own = make_request(function=Function.CITIZEN, action=Action.DIRECT, purpose=Purpose.PATIENT_REQUEST)
    permit = decide(own, replace(FACTS, citizen_born=own.at.replace(year=1950)))
    assert isinstance(permit, Permit)
    assert may_record(permit, power)
    for_a_child = replace(permit, request=replace(own, requester=replace(own.requester, citizen=CitizenKey(8))))
    assert not may_record(for_a_child, power)
    assert may_record(for_a_child, directive(Provision(effect=Effect.PERMIT)))
    assert not may_record(replace(permit, request=replace(own, action=Action.LOOK_UP)), power)


def test_who_acts_for_a_citizen_blocks_whom_she_likes_and_replaces_what_she_wrote(make_request) -> None:
    own = make_request(function=Function.CITIZEN, action=Action.DIRECT, purpose=Purpose.PATIENT_REQUEST)
    permit = decide(own, replace(FACTS, citizen_born=own.at.replace(year=1950)))
    assert isinstance(permit, Permit)
    for_a_child = replace(permit, request=replace(own, requester=replace(own.requester, citizen=CitizenKey(8))))
    against = Provision(effect=Effect.DENY, actors=ActorScope(citizens=frozenset({CitizenKey(7)})))
    assert may_record(for_a_child, directive(against))
    assert may_replace(for_a_child, author=PersonKey("ann"))
    assert not may_replace(for_a_child, author=PersonKey("the other parent"))


def test_a_permit_to_look_up_records_nothing(make_request) -> None:
    permit = decide(make_request(), FACTS)
    assert isinstance(permit, Permit)
    assert not may_record(permit, directive(Provision(effect=Effect.DENY)))


def test_staff_replace_no_directive_not_even_their_own(make_request) -> None:
    request = make_request(action=Action.DIRECT)
    permit = decide(request, FACTS)
    assert isinstance(permit, Permit)
    assert not may_replace(permit, author=request.requester.person)
    assert not may_replace(permit, author=PersonKey("somebody else"))


def test_the_citizen_replaces_directives_whoever_wrote_them(make_request) -> None:
    request = make_request(function=Function.CITIZEN, action=Action.DIRECT, purpose=Purpose.PATIENT_REQUEST)
    permit = decide(request, replace(FACTS, citizen_born=request.at.replace(year=1950)))
    assert isinstance(permit, Permit)
    assert may_replace(permit, author=PersonKey("a nurse on her word"))


def test_a_permit_to_look_up_replaces_nothing(make_request) -> None:
    request = make_request()
    permit = decide(request, FACTS)
    assert isinstance(permit, Permit)
    assert not may_replace(permit, author=request.requester.person)


@pytest.mark.parametrize(
    ("silent", "speaks"),
    [
        (
            Provision(effect=Effect.DENY, period=Period(end=NOON - timedelta(hours=1))),
            Provision(effect=Effect.DENY, period=Period(end=NOON)),
        ),
        (
            Provision(
                effect=Effect.DENY, actors=ActorScope(organisations=frozenset({WARD}), citizens=frozenset({OTHER}))
            ),
            Provision(effect=Effect.DENY, actors=ActorScope(organisations=frozenset({WARD}))),
        ),
    ],
)
def test_a_provision_is_silent_past_its_own_time_and_about_other_citizens(
    make_request, silent: Provision, speaks: Provision
) -> None:
    assert isinstance(decide(make_request(), replace(FACTS, directives=(directive(silent),))), Permit)
    assert isinstance(decide(make_request(), replace(FACTS, directives=(directive(speaks),))), Denial)


@pytest.mark.parametrize(("function", "opens"), [(Function.HOSPITAL_TREATMENT, True), (Function.ACUTE_TEAM, False)])
def test_a_consent_that_names_a_function_at_a_place_is_for_that_function(
    make_request, function: Function, opens: bool
) -> None:
    named = ActorScope(organisations=frozenset({WARD}), functions=frozenset({function}))
    consent = Provision(effect=Effect.PERMIT, actors=named, purposes=frozenset({Purpose.TREATMENT}))
    decision = decide(make_request(), replace(FACTS, relations=(), directives=(directive(consent),)))
    assert isinstance(decision, Permit) is opens


@pytest.mark.parametrize(
    ("effect", "purpose", "opens"),
    [
        (Effect.PERMIT, Purpose.PATIENT_REQUEST, True),
        (Effect.PERMIT, Purpose.TREATMENT, False),
        (Effect.DENY, Purpose.PATIENT_REQUEST, False),
    ],
)
def test_a_power_of_attorney_is_a_permit_for_the_citizens_own_purpose(
    make_request, effect: Effect, purpose: Purpose, opens: bool
) -> None:
    request = make_request(function=Function.REPRESENTATIVE, purpose=Purpose.PATIENT_REQUEST)
    request = replace(request, requester=replace(request.requester, citizen=OTHER))
    power = Provision(
        effect=effect,
        actors=ActorScope(citizens=frozenset({OTHER})),
        purposes=frozenset({purpose}),
        data=DataScope(categories=frozenset({Category.PLAN})),
    )
    facts = Facts(directives=(directive(power),), citizen_born=NOON.replace(year=1950))
    assert isinstance(decide(request, facts), Permit) is opens
