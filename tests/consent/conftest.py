"""Builders with valid defaults; a test differs in one argument."""

from collections.abc import Callable

import pytest

from consent.model import AccessRequest, CitizenKey, OrganisationKey, PersonKey, Requester
from consent.vocabulary import Action, Category, Function, Purpose
from tests.consent.strategies import CITIZEN, NOON

MakeRequest = Callable[..., AccessRequest]


@pytest.fixture
def make_request() -> MakeRequest:
    def make(
        *,
        function: Function = Function.HOSPITAL_TREATMENT,
        action: Action = Action.LOOK_UP,
        purpose: Purpose = Purpose.TREATMENT,
        citizen: CitizenKey = CITIZEN,
    ) -> AccessRequest:
        return AccessRequest(
            requester=Requester(
                function=function,
                organisation=OrganisationKey("ward"),
                person=PersonKey("ann"),
                on_behalf_of=PersonKey("bo"),
                citizen=citizen,
                client="client",
            ),
            citizen=citizen,
            purposes=frozenset({purpose}),
            action=action,
            categories=frozenset(Category),
            at=NOON,
        )

    return make
