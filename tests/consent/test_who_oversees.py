"""Oversight and explanation are for named people: a system that is registered for a function is nobody to tell."""

from dataclasses import replace

import pytest

from consent import Denial, Facts, Permit, decide
from consent.model import PersonKey, Standing
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


def test_a_system_that_names_a_person_has_nothing_explained_to_it(make_request) -> None:
    request = make_request(function=SYSTEM, action=Action.EXPLAIN)
    request = replace(request, requester=replace(request.requester, citizen=None))
    assert isinstance(decide(request, known_as("ann", SYSTEM)), Denial)
