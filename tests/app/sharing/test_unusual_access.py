"""What is unusual, by person, for the officer of the organisation; nobody who was looked up is in it."""

from dataclasses import replace
from typing import Any

import pytest
from doors_builders import DOCTOR, HOUR_US, UNKNOWN, declare_at, now
from served import NANCY, World, summary_of
from test_doors_tell_nothing import others, rows_of
from test_reviews_and_notices import municipal_officer

from app import audit
from app.demo import personas
from app.sharing.unusual import THRESHOLDS
from app.summary import catalogue
from app.summary.times import DAY, HOUR, offset
from schemas.admit import Admitted, admit

pytestmark = pytest.mark.anyio
AUTHORISATION = "X0D02"


async def seen(world: World, query: str = "") -> dict[str, dict[str, int]]:
    """Return the counts by person and pattern."""
    answer = await world.as_("dpo").get(f"/$unusual-access{query}")
    assert answer.status_code == 200, answer.text
    return counts_in(answer.json())


def counts_in(body: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Return the counts in one answer."""
    found: dict[str, dict[str, int]] = {}
    for person in (part for part in body.get("parameter", ()) if part["name"] == "person"):
        who = next(part["valueIdentifier"]["value"] for part in person["part"] if part["name"] == "who")
        patterns = [{one["name"]: one for one in part["part"]} for part in person["part"] if part["name"] == "pattern"]
        found[who] = {one["code"]["valueCode"]: one["count"]["valueInteger"] for one in patterns}
        for one in patterns:
            assert one["count"]["valueInteger"] >= one["threshold"]["valueInteger"]
    return found


def at_noon() -> int:
    """Return a Danish noon two days ago."""
    then = now() - 2 * DAY
    return then - (then + offset(then)) % DAY + 12 * HOUR


def test_every_pattern_has_a_threshold_and_words() -> None:
    assert THRESHOLDS.keys() == catalogue.PATTERNS.keys()


async def test_an_officer_sees_what_is_unusual_by_person_and_no_citizen(own_world: World) -> None:
    assert await seen(own_world) == {}
    noon = at_noon()
    for number in range(3):
        await declare_at(own_world, "$emergency-access", at_us=noon + number)
    await declare_at(own_world, "$treating-now", others(1)[0], at_us=noon + 10)
    assert await seen(own_world) == {AUTHORISATION: {"emergencies": 3}}
    await declare_at(own_world, "$treating-now", UNKNOWN, at_us=noon + 11)
    await declare_at(own_world, "$treating-now", at_us=noon + 12, who="surgeon")
    for number in range(10):
        at = noon + 11 * HOUR + number
        await declare_at(own_world, "$consent-now", others(10)[number], at_us=at, who="heart-doctor")
    found = await seen(own_world)
    assert found[AUTHORISATION] == {"emergencies": 3, "unknown-citizens": 2}
    assert found["X0D03"] == {"unknown-citizens": 10, "out-of-hours": 10}
    assert "X0D05" not in found, "one declaration is nothing unusual"
    assert await seen(own_world, "?since=2200-01-01") == {}
    answer = await own_world.as_("dpo").get("/$unusual-access")
    assert isinstance(admit(answer.content), Admitted)
    assert NANCY[1] not in answer.text
    assert "Patient" not in answer.text
    last = [audit.decode(row["body"]) for row in await rows_of(own_world, "audit") if row["kind"] == 18]
    assert {record.query for record in last} == {"$unusual-access"}
    assert {record.person for record in last} == {"syn-dpo"}


async def test_refusals_names_evidence_and_repeats_are_counted(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(20):
        await own_world.as_("surgeon").post("/Patient/$summary", json=summary_of())
    noon = at_noon()
    named = replace(personas.PERSONAS["stroke-doctor"], name="Overlæge Ida Berggren (syntetisk)")
    monkeypatch.setattr("served.PERSONAS", {**personas.PERSONAS, "stroke-doctor": named})
    for number in range(5):
        await declare_at(own_world, "$treating-now", at_us=noon + number, who="stroke-doctor")
    found = await seen(own_world)
    assert found["X0D05"] == {"refusals": 20}
    assert found["X0D06"] == {"without-later-evidence": 5, "one-citizen-again": 5, "same-name": 5}


async def test_another_organisations_officer_and_everybody_else_see_nothing_of_it(own_world: World) -> None:
    for number in range(3):
        await declare_at(own_world, "$emergency-access", at_us=now() - HOUR_US + number)
    assert AUTHORISATION in await seen(own_world)
    other = own_world.bearing(await municipal_officer(own_world))
    assert (await other.get("/$unusual-access")).json() == {"resourceType": "Parameters"}
    for who in (DOCTOR, "gp", "citizen", "cluster-lead", "hospital-system", "home-carer", "parent"):
        assert (await own_world.as_(who).get("/$unusual-access")).status_code == 403


async def test_pages_go_on_where_they_ended(own_world: World) -> None:
    for who in ("lung-doctor", "heart-doctor", "surgeon"):
        for number in range(3):
            await declare_at(own_world, "$emergency-access", at_us=now() - HOUR_US + number, who=who)
    url, pages = "/$unusual-access?_count=2", []
    while url:
        body = (await own_world.as_("dpo").get(url)).json()
        pages.append(sorted(counts_in(body)))
        url = next((part["valueUri"] for part in body["parameter"] if part["name"] == "next"), "")
    assert pages == [["X0D02", "X0D03"], ["X0D05"]]
    for wrong in ("?_cursor=x", "?who=x", "?_count=x", "?since=x"):
        assert (await own_world.as_("dpo").get(f"/$unusual-access{wrong}")).status_code == 400
