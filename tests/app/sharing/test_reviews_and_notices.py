"""What follows a declaration: the citizen is told at once, the officer of the organisation reviews it as a Task."""

import json
from dataclasses import replace
from typing import Any

import pytest
from doors_builders import DOCTOR, DOORS, HOUR_US, UNKNOWN, declare, declare_at, now
from fhir.resources.R4B.task import Task
from served import NANCY, World, issues, resources_in

from app.demo.organisations import ORGANISATIONS
from app.demo.personas import PERSONAS
from app.demo.run import persona_token
from app.runtime import from_us
from app.sharing import load_directory, read_directory_file
from app.store import relations
from app.store.citizens import change, find_pid
from app.store.job import Job
from consent.model import OrganisationKey, Period, Relation
from consent.vocabulary import Evidence, RelationKind
from schemas.admit import Admitted, admit

pytestmark = pytest.mark.anyio
JSON = dict[str, Any]


def values_of(notice: JSON) -> dict[str, Any]:
    """Return the parts of one notice by name."""
    return {
        part["name"]: next(value for key, value in part.items() if key.startswith("value"))
        for part in notice["parameter"]
    }


async def told(world: World, who: str = "citizen", more: str = "") -> list[dict[str, Any]]:
    """Return the notices of a citizen."""
    return [values_of(one) for one in resources_in(await world.as_(who).get(f"/$notices{more}"))]


async def tasks(world: World, who: str = "dpo", query: str = "") -> list[JSON]:
    """Return the reviews of an officer."""
    return resources_in(await world.as_(who).get(f"/Task{query}"), "Task")


async def municipal_officer(world: World) -> str:
    """Let the municipality have an officer of its own, and return her token."""
    sor = ORGANISATIONS["municipality-a"].sor
    staff = {"person": "syn-dpo-a", "name": "Officer A", "functions": ["data-protection"], "organisations": [sor]}
    client = {"id": "tilsyn-a", "organisation": sor, "functions": ["data-protection"], "purposes": ["HOPERAT"],
              "types": []}  # fmt: skip
    file = read_directory_file(json.dumps({"staff": [staff], "clients": [client]}).encode())
    await load_directory(world.service.database, file)
    persona = replace(PERSONAS["dpo"], person="syn-dpo-a", organisation=OrganisationKey(sor), client="tilsyn-a")
    return persona_token(persona, world.issuer, at_us=now())


@pytest.mark.parametrize("door", DOORS)
async def test_the_citizen_is_told_at_once_who_when_which_door_and_why(own_world: World, door: str) -> None:
    assert await told(own_world) == []
    before = now()
    answer = await declare(own_world, door, reason="svært medtaget <b>nu</b> {x}")
    (notice,) = await told(own_world)
    kind = answer.json()["parameter"][1]["valueCode"]
    assert notice["topic"] == f"declared-{kind}"
    assert notice["declaration"] == answer.json()["parameter"][0]["valueId"]
    assert notice["name"] == PERSONAS[DOCTOR].name
    assert notice["unit"] == ORGANISATIONS["lung-ward"].name
    assert notice["reason"] == "svært medtaget <b>nu</b> {x}"
    assert notice["reason"] in notice["text"]
    assert "åbnede for dine oplysninger" in notice["text"]
    assert "opened your information" in notice["text-en"]
    assert notice.get("code") == ("life-in-danger" if kind == "emergency" else None)
    assert ("fare for liv" in notice["text"]) == (kind == "emergency")
    assert notice.get("review") == {
        "emergency": "under-review", "treating-now": "awaiting-confirmation", "consent-now": None
    }[kind]  # fmt: skip
    assert notice["at"] >= f"{from_us(before):%Y-%m-%dT%H:%M:%S}"
    assert await told(own_world, more="?since=2200-01-01") == []
    for other in ("parent", "gp", "dpo"):
        body = await own_world.as_(other).get("/$notices")
        assert notice["declaration"] not in body.text
    bundle = await own_world.as_("citizen").get("/$notices")
    assert isinstance(admit(bundle.content), Admitted)
    assert NANCY[1] not in bundle.text


async def test_notices_to_the_citizen_have_an_end_and_pages(own_world: World) -> None:
    start = now() - 200 * HOUR_US
    for number in range(105):
        await declare_at(own_world, "$treating-now", at_us=start + number * 1_000_000)
    citizen = own_world.as_("citizen")
    first = await citizen.get("/$notices")
    (link,) = first.json()["link"]
    second = await citizen.get(link["url"])
    found = [values_of(one)["declaration"] for answer in (first, second) for one in resources_in(answer)]
    assert len(found) == len(set(found)) == 105
    assert "link" not in second.json()
    assert (await citizen.get("/$notices?other=1")).status_code == 400


async def test_the_log_says_what_was_declared_and_what_became_of_it(own_world: World) -> None:
    await declare(own_world, "$emergency-access")
    log = f"/AuditEvent?patient.identifier={NANCY[0]}|{NANCY[1]}"

    async def states() -> list[str]:
        events = resources_in(await own_world.as_("citizen").get(log))
        assert all(isinstance(admit(json.dumps(event).encode()), Admitted) for event in events)
        return [
            detail["valueString"]
            for event in events
            for part in event["entity"]
            for detail in part.get("detail", ())
            if detail["type"] == "review"
        ]

    assert await states() == ["under gennemgang"]
    (task,) = await tasks(own_world)
    assert (await review(own_world, task["id"])).status_code == 200
    assert await states() == ["gennemgået", "gennemgået"], "the declaration, and the review of it"
    (notice,) = await told(own_world)
    assert notice["review"] == "reviewed"


async def review(
    world: World, id_: str, *, who: str = "dpo", outcome: str | None = "justified", comment: str = "i orden"
) -> Any:
    """Complete a review."""
    given = [{"name": "outcome", "valueCode": outcome}] if outcome else []
    given.append({"name": "comment", "valueString": comment})
    return await world.as_(who).post(f"/Task/{id_}/$review", json={"resourceType": "Parameters", "parameter": given})


async def test_an_emergency_is_reviewed_by_the_officer_of_its_organisation(own_world: World) -> None:
    await declare(own_world, "$emergency-access", reason="bevidstløs")
    (task,) = await tasks(own_world)
    Task.model_validate(task)
    assert isinstance(admit(json.dumps(task).encode()), Admitted)
    assert task["status"] == "requested"
    assert task["reasonCode"]["text"] == "bevidstløs"
    assert task["reasonCode"]["coding"][0]["code"] == "life-in-danger"
    assert task["owner"]["identifier"]["value"] == ORGANISATIONS["hospital"].sor
    assert task["requester"]["identifier"]["value"] == ORGANISATIONS["lung-ward"].sor
    assert task["for"]["reference"].startswith("Patient/")
    assert "X0D02" in str(task["input"])
    assert NANCY[1] not in str(task)
    assert "Berggren" not in str(task)
    dpo = own_world.as_("dpo")
    read = await dpo.get(f"/Task/{task['id']}")
    assert (read.status_code, read.json(), read.headers["etag"][:5]) == (200, task, 'W/"1-')
    assert await tasks(own_world, query="?status=completed") == []
    for wrong in (
        await review(own_world, task["id"], outcome=None),
        await review(own_world, task["id"], outcome="fine"),
        await review(own_world, task["id"], comment="x" * 2001),
    ):
        assert wrong.status_code == 422
    done = await review(own_world, task["id"], outcome="not-justified", comment="ingen akut situation")
    assert done.status_code == 200, done.text
    assert done.headers["etag"] == 'W/"2"'
    after = (await dpo.get(f"/Task/{task['id']}")).json()
    Task.model_validate(after)
    assert after == done.json()
    assert after["status"] == "completed"
    assert after["output"][0]["valueCode"] == "not-justified"
    assert after["note"][0]["text"] == "ingen akut situation"
    assert [one["id"] for one in await tasks(own_world, query="?status=completed")] == [task["id"]]
    assert await tasks(own_world, query="?status=requested") == []
    again = await review(own_world, task["id"])
    assert again.status_code == 412
    log = f"/AuditEvent?patient.identifier={NANCY[0]}|{NANCY[1]}"
    events = resources_in(await own_world.as_("citizen").get(log))
    assert any("G5" in str(event["agent"]) and event["action"] == "U" for event in events), "she sees who reviewed"


async def test_nobody_else_finds_a_review(own_world: World) -> None:
    await declare(own_world, "$emergency-access")
    (task,) = await tasks(own_world)
    token = await municipal_officer(own_world)
    other = own_world.bearing(token)
    absent = "0123456789abcdef0123456789abcdef"
    assert resources_in(await other.get("/Task")) == []
    assert (await other.get(f"/Task/{task['id']}")).text == (await other.get(f"/Task/{absent}")).text
    given = {"resourceType": "Parameters", "parameter": [{"name": "outcome", "valueCode": "justified"}]}
    for id_ in (task["id"], absent):
        assert (await other.post(f"/Task/{id_}/$review", json=given)).status_code == 404
    for who in (DOCTOR, "gp", "home-carer", "caseworker", "hospital-secretary", "hospital-system", "citizen",
                "cluster-lead", "parent"):  # fmt: skip
        client = own_world.as_(who)
        read = [await client.get(f"/Task/{id_}") for id_ in (task["id"], absent)]
        assert {answer.status_code for answer in read} == {404}
        assert read[0].text == read[1].text
        written = [await client.post(f"/Task/{id_}/$review", json=given) for id_ in (task["id"], absent)]
        assert {answer.status_code for answer in written} == {403}
        assert written[0].text == written[1].text
        searched = await client.get("/Task")
        assert task["id"] not in searched.text
        assert searched.status_code == 400
        found = await client.post("/Task/_search", data={"patient.identifier": "|".join(NANCY)})
        assert task["id"] not in found.text
    assert (await own_world.as_("dpo").get(f"/Task?patient={task['for']['reference']}")).status_code == 403
    assert (await own_world.as_("dpo").get("/Task?owner=x")).status_code == 400


async def test_treating_now_is_reviewed_when_it_is_over_and_nobody_else_confirmed_it(own_world: World) -> None:
    start = now() - 30 * HOUR_US
    await declare_at(own_world, "$treating-now", at_us=start)
    await declare_at(own_world, "$treating-now", UNKNOWN, at_us=start + 1)
    await declare_at(own_world, "$treating-now", at_us=now() - HOUR_US)
    await declare_at(own_world, "$consent-now", at_us=start)
    owed = await tasks(own_world)
    assert [one["code"]["coding"][0]["code"] for one in owed] == ["review-treating-now"] * 2
    assert [("for" in one) for one in owed] == [True, False]
    assert {one["id"] for one in owed} == {one["id"] for one in await tasks(own_world, query="?_count=50")}
    async with own_world.service.database.snapshot() as snapshot:
        pid = await find_pid(snapshot, *NANCY, at_us=now())
        assert pid is not None
        base = await change(snapshot, pid)
    at = from_us(start)
    stay = Relation(
        kind=RelationKind.STAY,
        organisation=OrganisationKey(ORGANISATIONS["lung-ward"].sor),
        evidence=Evidence.NOTIFICATION,
        period=Period(start=at, end=at),
        source="Encounter/x",
    )
    own = Relation(
        kind=RelationKind.STAY,
        organisation=stay.organisation,
        evidence=Evidence.SELF_ASSERTED,
        period=stay.period,
        source="Encounter/y",
    )
    database = own_world.service.database
    await database.commit(Job(pid=pid, base_change=base, writes=(relations.put(pid, [("own", own)]),)))
    assert len(await tasks(own_world)) == 2, "what the unit wrote itself confirms nothing"
    await database.commit(Job(pid=pid, base_change=base + 1, writes=(relations.put(pid, [("told", stay)]),)))
    (left,) = await tasks(own_world)
    assert "for" not in left
    states = {notice["topic"]: [] for notice in await told(own_world)}
    for notice in await told(own_world):
        states[notice["topic"]].append(notice.get("review"))
    assert states == {
        "declared-treating-now": ["confirmed", "awaiting-confirmation"],
        "declared-consent-now": [None],
    }


async def test_pages_of_reviews_are_full_and_bound_to_their_caller(own_world: World) -> None:
    for number in range(7):
        await declare_at(own_world, "$emergency-access", at_us=now() - (10 - number) * HOUR_US)
    dpo, url, sizes, found = own_world.as_("dpo"), "/Task?_count=3&status=requested", [], []
    while url:
        answer = await dpo.get(url)
        sizes.append(len(resources_in(answer)))
        found += [one["id"] for one in resources_in(answer)]
        url = next((link["url"] for link in answer.json().get("link", ())), "")
        if url:
            other = own_world.bearing(await municipal_officer(own_world))
            assert (await other.get(url)).status_code == 400
    assert sizes == [3, 3, 1]
    assert len(set(found)) == 7
    log = f"/AuditEvent?patient.identifier={NANCY[0]}|{NANCY[1]}&_count=1"
    first = await own_world.as_("dpo").get(log)
    token = next(link["url"] for link in first.json()["link"]).partition("_cursor=")[2].partition("&")[0]
    assert issues(await dpo.get(f"/Task?_cursor={token}"))[0]["code"] == "not-supported"


async def test_a_parent_is_told_of_the_child_and_nobody_else_is(own_world: World) -> None:
    await declare(own_world, "$treating-now")
    (notice,) = await told(own_world)
    assert notice
    ids = own_world.service.database.ids
    async with own_world.service.database.snapshot() as snapshot:
        pid = await find_pid(snapshot, *NANCY, at_us=now())
        assert pid is not None
    for who in ("parent", "citizen"):
        answer = await own_world.as_(who).get(f"/$notices?patient=Patient/{ids.encode(pid, 0)}")
        assert answer.status_code == (200 if who == "citizen" else 403)
    own = await own_world.as_("parent").get("/$notices")  # what was disclosed to herself: nothing
    assert (own.status_code, resources_in(own)) == (200, [])
    assert (await own_world.as_("parent").get("/$notices?patient=abc")).status_code == 403
