"""Oversight and explanation are for named people: a system that is registered for a function is nobody to tell."""

from dataclasses import replace

import pytest

from consent import Denial, Facts, Permit, decide
from consent.model import OrganisationKey, Organisations, PersonKey, Standing
from consent.vocabulary import Action, Function, Purpose
from tests.consent.test_directives import WARD

OFFICER, DOCTOR, SYSTEM = Function.DATA_PROTECTION, Function.HOSPITAL_TREATMENT, Function.SYSTEM


def known_as(key: str, function: Function) -> Facts:
    standing = Standing(
        person=PersonKey(key), authorised=True, functions=frozenset({function}), organisations=frozenset({WARD})
    )
    return Facts(standings=(standing,))


@pytest.mark.parametrize(
    ("function", "action", "purpose"),
    [
        (OFFICER, Action.READ_LOG, Purpose.OPERATIONS),
        (OFFICER, Action.EXPLAIN, Purpose.OPERATIONS),
        (OFFICER, Action.OVERSEE, Purpose.OPERATIONS),
        (DOCTOR, Action.EXPLAIN, Purpose.TREATMENT),
    ],
)
def test_a_system_in_the_place_of_a_person_is_told_nothing(make_request, function, action, purpose) -> None:
    request = make_request(function=function, action=action, purpose=purpose)
    request = replace(request, requester=replace(request.requester, citizen=None))
    nobody = replace(request, requester=replace(request.requester, person=None))
    assert isinstance(decide(request, known_as("ann", function)), Permit), "the control"
    assert isinstance(decide(nobody, known_as("client", function)), Denial)


@pytest.mark.parametrize(
    ("key", "function"), [("client", SYSTEM), ("client", Function.REGISTER), ("ann", Function.CITIZEN)]
)
def test_nobody_but_staff_has_the_own_access_explained(make_request, key: str, function: Function) -> None:
    request = make_request(function=function, action=Action.EXPLAIN)
    request = replace(request, requester=replace(request.requester, citizen=None))
    assert isinstance(decide(request, known_as(key, function)), Denial)


@pytest.mark.parametrize("action", [Action.READ_LOG, Action.OVERSEE])
def test_an_officer_oversees_the_own_unit_and_not_the_one_above(make_request, action: Action) -> None:
    request = make_request(function=OFFICER, action=action, purpose=Purpose.OPERATIONS)
    above = Organisations(parents={WARD: OrganisationKey("hospital")})
    decision = decide(request, replace(known_as("ann", OFFICER), organisations=above))
    assert isinstance(decision, Permit)
    assert [grant.controllers for grant in decision.grants] == [{WARD}]
