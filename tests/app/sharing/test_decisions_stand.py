"""A decision stands while records change that are no facts, shows what is new, and falls with the first fact that does."""

from typing import Any

import pytest
from served import World, summary_of
from sharing_builders import by_number, created, observation

from app import gate
from consent.model import AccessRequest, Denial, Facts, Permit

pytestmark = pytest.mark.anyio


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the actions that the engine was asked about, as they come."""
    asked: list[str] = []

    def decide(request: AccessRequest, facts: Facts) -> Permit | Denial:
        asked.append(request.action.value)
        return engine(request, facts)

    engine = gate.decide
    monkeypatch.setattr(gate, "decide", decide)
    return asked


async def read(world: World, resource: dict[str, Any]) -> int:
    """Return the status by which a home nurse reads it."""
    answer = await world.as_("home-nurse").get(f"/{resource['resourceType']}/{resource['id']}")
    return int(answer.status_code)


async def wrote(world: World, directive: dict[str, Any]) -> None:
    """Let the citizen write a directive."""
    answer = await world.as_("citizen").post("/Consent", json=directive)
    assert answer.status_code == 201, answer.text


def consent(**provision: Any) -> dict[str, Any]:
    """Return Nancy's block of something, for everybody."""
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": by_number(),
        "dateTime": "2026-01-01T00:00:00Z",
        "policyRule": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTIN"}]},
        "provision": {"type": "deny", **provision},
    }  # fmt: skip


async def test_a_new_measurement_is_shown_without_deciding_anew(own_world: World, decided: list[str]) -> None:
    assert await read(own_world, await created(own_world, observation())) == 200
    summary = await own_world.as_("home-nurse").post("/Patient/$summary", json=summary_of())
    assert decided.count("look-up") == 1

    assert await read(own_world, await created(own_world, observation())) == 200
    later = await own_world.as_("home-nurse").post("/Patient/$summary", json=summary_of())

    assert decided.count("look-up") == 1
    assert (summary.status_code, later.status_code) == (200, 200)


async def test_a_new_directive_is_decided_about_at_once(own_world: World, decided: list[str]) -> None:
    pulse = await created(own_world, observation())
    assert await read(own_world, pulse) == 200
    decided.clear()

    await wrote(own_world, consent())

    assert await read(own_world, pulse) == 404
    assert "look-up" in decided


async def test_what_comes_to_belong_to_a_hidden_record_is_hidden_at_once(own_world: World, decided: list[str]) -> None:
    hidden, other = await created(own_world, observation()), await created(own_world, observation())
    reference = {"reference": f"Observation/{hidden['id']}"}
    await wrote(own_world, consent(data=[{"meaning": "related", "reference": reference}]))
    assert (await read(own_world, hidden), await read(own_world, other)) == (404, 200)
    decided.clear()

    belonging = await created(own_world, observation(derivedFrom=[reference]))

    assert (await read(own_world, belonging), await read(own_world, other)) == (404, 200)
    assert "look-up" in decided
