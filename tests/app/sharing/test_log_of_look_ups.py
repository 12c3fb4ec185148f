"""The citizen's log: complete, whatever was done at one moment; and FHIR."""

import json
from typing import Any

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from served import NANCY, World
from sharing_builders import by_number, entry, observation, send

from schemas.admit import Admitted, admit

pytestmark = pytest.mark.anyio


async def pages(world: World, count: int, **more: str) -> list[list[dict[str, Any]]]:
    """Read the citizen's own log to its end, page by page along `next`."""
    citizen = world.as_("citizen")
    answer = await citizen.post(
        "/AuditEvent/_search", data={"patient:identifier": "|".join(NANCY), "_count": str(count)} | more
    )
    found: list[list[dict[str, Any]]] = []
    while True:
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found.append([part["resource"] for part in body.get("entry", [])])
        following = [link["url"] for link in body.get("link", []) if link["relation"] == "next"]
        if not following:
            return found
        answer = await citizen.get(following[0])


async def test_looking_often_at_one_moment_hides_nothing_from_the_citizen(own_world: World) -> None:
    looks = [entry(None, "GET", f"Observation?patient.identifier={'|'.join(NANCY)}&_count=1")] * 25
    assert (await send(own_world, "gp", *looks, kind="batch")).status_code == 200
    whole = (await pages(own_world, 500))[0]
    assert sum(event["subtype"][0]["code"] == "search-type" for event in whole) >= 25
    paged = await pages(own_world, 7)
    ids = [event["id"] for page in paged for event in page if event["subtype"][0]["code"] != "x"]
    assert len(ids) == len(set(ids))
    assert {event["id"] for event in whole} <= set(ids)
    assert max(map(len, paged)) == 7


async def test_a_page_token_opens_the_log_for_its_caller_alone(world: World) -> None:
    looks = [entry(None, "GET", f"Observation?patient.identifier={'|'.join(NANCY)}&_count=1")] * 3
    await send(world, "gp", *looks, kind="batch")
    answer = await world.as_("citizen").post(
        "/AuditEvent/_search", data={"patient:identifier": "|".join(NANCY), "_count": "1"}
    )
    assert NANCY[1] not in answer.text.replace("patient", "")
    following = next(link["url"] for link in answer.json()["link"] if link["relation"] == "next")
    assert NANCY[1] not in following
    for who in ("gp", "dpo"):
        assert (await world.as_(who).get(following)).status_code in {400, 403}
    assert (await world.as_("citizen").get(following[:-4] + "AAAA")).status_code == 400


async def test_every_event_of_the_log_is_valid_and_about_the_citizen_alone(world: World) -> None:
    gp, citizen = world.as_("gp"), world.as_("citizen")
    summary = {
        "resourceType": "Parameters",
        "parameter": [{"name": "identifier", "valueIdentifier": by_number()["identifier"]}],
    }
    stored = (await gp.post("/Observation", json=observation())).json()
    await gp.get(f"/Observation/{stored['id']}")
    await gp.put(f"/Observation/{stored['id']}", json=observation(id=stored["id"]))
    await gp.get(f"/Observation/{stored['id']}/_history")
    await gp.delete(f"/Observation/{stored['id']}")
    await gp.post("/Patient/$summary", json=summary)
    await world.as_("other-gp").post("/Patient/$summary", json=summary)
    await world.as_("municipality-system").post("/Observation", json=observation())
    reason = [{"name": "reason", "valueString": "acute"}]
    await world.as_("lung-doctor").post(
        "/Patient/$treating-now", json=summary | {"parameter": summary["parameter"] + reason}
    )
    await citizen.post("/AuditEvent/_search", data={"patient:identifier": "|".join(NANCY)})
    events = [event for page in await pages(world, 500) for event in page]
    assert {event["outcome"] for event in events} == {"0", "8"}
    for event in events:
        admitted = admit(json.dumps(event).encode())
        assert isinstance(admitted, Admitted), admitted
        AuditEvent.model_validate(event)
        patients = [part["what"]["reference"] for part in event["entity"] if part.get("role", {}).get("code") == "1"]
        assert len(patients) == 1
        assert sum(agent["requestor"] for agent in event["agent"]) == 1
        assert event["purposeOfEvent"]
        rules = [agent.get("policy") for agent in event["agent"] if agent["requestor"]]
        assert all(rules), event
