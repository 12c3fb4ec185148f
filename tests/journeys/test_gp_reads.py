"""Journey 3: the GP reads the discharge plan and the letters, with standard searches."""

from typing import Any

import pytest
from journey import log_of, user_of
from served import NANCY, World, resources_in

from app.demo.personas import PERSONAS

FOUND = {"patient.identifier": "|".join(NANCY)}


def codes(resource: dict[str, Any], element: str = "category") -> set[str]:
    return {coding["code"] for concept in resource[element] for coding in concept["coding"]}


async def test_the_gp_finds_the_discharge_plan_by_category_status_and_date(world: World) -> None:
    gp = world.as_("gp")
    plans = resources_in(
        await gp.post(
            "/CarePlan/_search",
            data={**FOUND, "category": "discharge-plan", "status": "active,completed", "_sort": "-date"},
        )
    )
    assert plans
    for plan in plans:
        assert "discharge-plan" in codes(plan)
        assert plan["status"] in {"active", "completed"}
        assert plan["subject"]
    newest = plans[0]
    assert "72 timer" in str(newest), "the hours stand as the discharging unit states them"
    assert "Egen læge" in str(newest)
    year = newest["created"][:4]
    dated = resources_in(
        await gp.post("/CarePlan/_search", data={**FOUND, "category": "discharge-plan", "date": f"ge{year}"})
    )
    assert newest["id"] in {one["id"] for one in dated}
    none = await gp.post("/CarePlan/_search", data={**FOUND, "category": "discharge-plan", "date": "lt1990"})
    assert resources_in(none) == []


async def test_the_gp_finds_the_letters_and_can_open_the_newest(world: World) -> None:
    gp = world.as_("gp")
    found = resources_in(
        await gp.post(
            "/DocumentReference/_search",
            data={**FOUND, "type": "http://loinc.org|18842-5", "status": "current", "date": "ge2024", "_sort": "-date"},
        )
    )
    assert found
    assert [one["date"] for one in found] == sorted((one["date"] for one in found), reverse=True)
    newest = found[0]
    assert {coding["code"] for coding in newest["type"]["coding"]} == {"18842-5"}
    attachment = newest["content"][0]["attachment"]
    assert attachment.get("data") or attachment.get("url")
    if "url" in attachment:
        assert (await gp.get(attachment["url"])).status_code == 200
    assert (await gp.get(f"/DocumentReference/{newest['id']}")).json() == newest


async def test_the_kind_of_letter_can_be_searched_by_category(world: World) -> None:
    category = "https://overgang.dk/fhir/CodeSystem/clinical|discharge-letter"
    found = resources_in(await world.as_("gp").post("/DocumentReference/_search", data={**FOUND, "category": category}))
    assert found
    assert all("discharge-letter" in codes(one) for one in found)


@pytest.mark.parametrize("reader", ["other-gp", "gp-3-doctor", "surgeon", "home-nurse-b", "dpo", "gp-system"])
async def test_nobody_without_a_relation_finds_them(world: World, reader: str) -> None:
    for type_ in ("CarePlan", "DocumentReference"):
        answer = await world.as_(reader).post(f"/{type_}/_search", data=FOUND)
        assert answer.status_code == 403


async def test_the_gps_secretary_reads_on_the_gps_behalf_and_the_log_says_so(own_world: World) -> None:
    answer = await own_world.as_("gp-secretary").post("/CarePlan/_search", data={**FOUND, "category": "discharge-plan"})
    assert answer.status_code == 200, answer.text
    event = next(
        event
        for event in await log_of(own_world.as_("citizen"))
        if user_of(event)[0] == PERSONAS["gp-secretary"].person
    )
    assert PERSONAS["gp"].person in str(event["agent"])


async def test_each_search_is_in_the_citizens_log_without_what_was_searched_for(own_world: World) -> None:
    await own_world.as_("gp").post("/CarePlan/_search", data={**FOUND, "category": "discharge-plan"})
    event = next(
        event for event in await log_of(own_world.as_("citizen")) if user_of(event)[0] == PERSONAS["gp"].authorisation
    )
    assert event["outcome"] == "0"
    assert NANCY[1] not in str(event["entity"])
