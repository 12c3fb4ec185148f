"""A report that was sent for the wrong citizen and is sent again for the right one: the first loses what was never hers."""

import copy
import json
from typing import Any

import httpx2
import pytest
from alembic import command
from connections import with_connection
from served import NANCY, World
from sharing_builders import UNKNOWN, Identifier, ids_of, pid_of, records

from app import audit
from app.demo.cluster import demo_messages
from app.demo.organisations import ORGANISATIONS
from app.demo.people import HEROES
from app.runtime import now_us
from app.store import bookkeeping, facts
from app.store.migrate import configuration, migrate
from consent.model import Requester
from consent.vocabulary import Function, RelationKind
from schemas.terminology import systems

pytestmark = pytest.mark.anyio
RIGHT: Identifier = (systems.CPR, HEROES[1])


def report_of(world: World, citizen: Identifier, *, unique: bool = True) -> dict[str, Any]:
    """Return the demo's report about Nancy, said of another; without `unique` its things are counted from one."""
    text = json.dumps(demo_messages(world.cluster).delivery_report)
    assert NANCY[1] in text
    text = text.replace(NANCY[1], citizen[1]).replace(NANCY[0], citizen[0])
    for number, part in enumerate([] if unique else json.loads(text)["entry"]):
        text = text.replace(part["resource"]["id"], f"t{number}")
    report: dict[str, Any] = json.loads(text)
    return report


async def reported(world: World, report: dict[str, Any], who: str = "municipality-system") -> httpx2.Response:
    answer = await world.as_(who).post("/$submit-report", json=report)
    assert answer.status_code == 200, answer.text
    return answer


async def live(world: World, citizen: Identifier, names: list[str]) -> set[str]:
    """Return those of the names that are among what is kept about a citizen."""
    pid = await pid_of(world, citizen)
    assert pid is not None
    places = {name: world.service.database.ids.decode(name.rpartition("/")[2]) for name in names}
    ns = {name: place[1] for name, place in places.items() if place is not None and place[0] == pid}
    async with world.service.database.snapshot() as snapshot:
        there = await bookkeeping.signature_numbers(snapshot, pid, list(ns.values()))
    return {name for name, n in ns.items() if n in there}


async def services(world: World, citizen: Identifier) -> set[str]:
    """Return the records on which evidence of a health service of the citizen rests."""
    pid = await pid_of(world, citizen)
    async with world.service.database.snapshot() as snapshot:
        known = await facts.load(snapshot, pid=pid or 0, requester=Requester(function=Function.SYSTEM), at_us=now_us())
    return {one.source for one in known.relations if one.kind is RelationKind.HEALTH_SERVICE}


async def topics(world: World, citizen: Identifier) -> list[str]:
    answer = await world.as_("citizen", citizen=citizen).get("/$notices")
    assert answer.status_code == 200, answer.text
    return [part["resource"]["parameter"][0]["valueCode"] for part in answer.json().get("entry", [])]


async def test_the_first_citizen_loses_what_was_reported_of_her_by_mistake(own_world: World) -> None:
    first = ids_of(await reported(own_world, report_of(own_world, NANCY)))[1:]
    assert await live(own_world, NANCY, first) == set(first)
    nurse = own_world.as_("home-nurse")
    seen = [name for name in first if (await nurse.get(f"/{name}")).status_code == 200]
    assert seen
    second = ids_of(await reported(own_world, report_of(own_world, RIGHT)))[1:]
    assert await live(own_world, NANCY, first) == set()
    assert await live(own_world, RIGHT, second) == set(second)
    assert not await services(own_world, NANCY) & set(first)
    for name in seen:
        assert (await nurse.get(f"/{name}")).status_code == 410
        history = (await nurse.get(f"/{name}/_history")).json()
        assert [part["request"]["method"] for part in history["entry"]] == ["DELETE", "POST"]


async def test_she_is_told_and_it_is_recorded(own_world: World) -> None:
    await reported(own_world, report_of(own_world, NANCY))
    before = await topics(own_world, NANCY)
    await reported(own_world, report_of(own_world, RIGHT))
    assert await topics(own_world, NANCY) == [*before, "information-withdrawn"]
    assert "information-withdrawn" not in await topics(own_world, RIGHT)
    log = await records(own_world, await pid_of(own_world) or 0)
    newest = next(one for one in log if one.query.endswith("withdrawn"))
    assert (newest.operation, newest.outcome) == (int(audit.Operation.REPORT), 0)
    assert newest.shown


async def test_the_answer_tells_nothing_of_the_first_citizen(own_world: World) -> None:
    fresh = await reported(own_world, report_of(own_world, UNKNOWN))  # nothing was ever told by these names
    moved = await reported(own_world, report_of(own_world, RIGHT))

    def told(answer: httpx2.Response) -> list[tuple[str, str]]:
        parts = [part["response"] for part in answer.json()["entry"]]
        return [(part["status"], part["location"].split("/")[-4]) for part in parts][1:]

    assert told(moved) == told(fresh)
    assert {status for status, _ in told(moved)} == {"201 Created"}


async def test_a_mistake_in_the_second_report_is_mended_by_a_third(own_world: World) -> None:
    for citizen in (NANCY, RIGHT):
        await reported(own_world, report_of(own_world, citizen))
    third = ids_of(await reported(own_world, report_of(own_world, NANCY)))[1:]
    assert await live(own_world, NANCY, third) == set(third)
    pid = await pid_of(own_world, RIGHT)
    assert [one for one in await records(own_world, pid or 0) if one.query.endswith("withdrawn")]
    again = ids_of(await reported(own_world, report_of(own_world, NANCY)))[1:]
    assert again == third


async def test_names_that_are_not_unique_name_things_of_their_citizen_alone(own_world: World) -> None:
    """The gateway demands unique ids; a system that counts from one in every report must not wipe out one citizen a report."""
    first = ids_of(await reported(own_world, report_of(own_world, NANCY, unique=False)))[1:]
    await reported(own_world, report_of(own_world, RIGHT, unique=False))
    assert await live(own_world, NANCY, first) == set(first)


async def test_another_municipality_withdraws_nothing(own_world: World) -> None:
    first = ids_of(await reported(own_world, report_of(own_world, NANCY)))[1:]
    report = report_of(own_world, RIGHT)
    sor = next(
        part["resource"]["managingOrganization"]["identifier"]["value"]
        for part in report["entry"]
        if part["resource"]["resourceType"] == "Patient"
    )
    other = json.loads(json.dumps(report).replace(sor, ORGANISATIONS["municipality-b"].sor))
    await reported(own_world, other, who="municipality-system-b")
    assert await live(own_world, NANCY, first) == set(first)


async def test_a_report_that_is_refused_withdraws_nothing(own_world: World) -> None:
    first = ids_of(await reported(own_world, report_of(own_world, NANCY)))[1:]
    report = copy.deepcopy(report_of(own_world, RIGHT))
    stray = next(part["resource"] for part in report["entry"] if part["resource"]["resourceType"] == "Condition")
    stray["extension"] = [
        {
            "url": "https://example.org/other",
            "valueReference": {"type": "Patient", "identifier": {"system": NANCY[0], "value": NANCY[1]}},
        }
    ]
    answer = await own_world.as_("municipality-system").post("/$submit-report", json=report)
    assert answer.status_code == 422, answer.text
    assert await live(own_world, NANCY, first) == set(first)


async def test_what_was_reported_before_the_upgrade_is_found_too(own_world: World) -> None:
    first = ids_of(await reported(own_world, report_of(own_world, NANCY)))[1:]
    await with_connection(
        own_world.url, lambda connection: command.downgrade(configuration(connection), "0006_local_numbers")
    )
    await migrate(own_world.url)
    await reported(own_world, report_of(own_world, RIGHT))
    assert await live(own_world, NANCY, first) == set()
