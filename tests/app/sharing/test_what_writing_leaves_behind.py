"""Writing: all of it or nothing, and a record of what was told, asked for or refused."""

import asyncio

import pytest
from served import NANCY, World, serving
from sharing_builders import UNKNOWN, by_number, created, entry, observation, patient, pid_of, records, send

from app import audit
from app.demo.cluster import Cluster
from app.store.tables import NO_CITIZEN
from schemas.terminology import systems

pytestmark = pytest.mark.anyio


def practitioner(number: str) -> dict[str, object]:
    return {"resourceType": "Practitioner", "identifier": [{"system": systems.AUTHORISATION, "value": number}]}


async def test_a_refused_transaction_leaves_nothing_in_the_directory(world: World) -> None:
    before = await world.row_counts()
    for stray in (observation(by_number(UNKNOWN)), {"resourceType": "Binary", "contentType": "text/plain"}):
        answer = await send(world, "gp", entry(practitioner("ZZZ01")), entry(observation()), entry(stray))
        assert answer.status_code == 422
    assert await world.row_counts() == before


async def test_the_directory_takes_nothing_that_names_a_citizen(world: World) -> None:
    before = await world.row_counts()
    found = await world.as_("gp").get("/Patient", params={"identifier": "|".join(NANCY)})
    named = {
        "url": "https://example.org/x",
        "valueReference": {"reference": f"Patient/{found.json()['entry'][0]['resource']['id']}"},
    }
    answer = await world.as_("gp").post(
        "/Organization", json={"resourceType": "Organization", "name": "Ward", "extension": [named]}
    )
    assert answer.status_code == 422
    assert await world.row_counts() == before


async def test_who_writes_to_the_directory_is_recorded(world: World) -> None:
    await created(world, practitioner("ZZZ02"))
    (newest,) = await records(world, NO_CITIZEN, limit=1)
    assert (newest.operation, newest.outcome, newest.query) == (audit.Operation.CREATE, 0, "directory")
    assert len(newest.shown) == 3


async def test_what_a_conditional_create_finds_is_recorded(world: World) -> None:
    known = observation(identifier=[{"system": "https://example.org/o", "value": "told"}])
    condition = {"If-None-Exist": "identifier=https://example.org/o|told"}
    first = await created(world, known)
    again = await world.as_("gp").post("/Observation", json=known, headers=condition)
    assert again.status_code == 200
    pid = await pid_of(world)
    assert pid is not None
    (newest,) = await records(world, pid, limit=1)
    place = world.service.database.ids.decode(first["id"])
    assert place is not None
    assert newest.shown[1:] == [place[1], 1]


async def test_a_refusal_after_the_permit_stands_once_in_the_citizens_log(world: World) -> None:
    pid = await pid_of(world)
    assert pid is not None
    before = len(await records(world, pid))
    answer = await world.as_("home-carer").post(
        "/AllergyIntolerance",
        json={
            "resourceType": "AllergyIntolerance",
            "clinicalStatus": {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}
                ]
            },
            "code": {"text": "penicillin"},
            "patient": by_number(),
        },
    )
    assert answer.status_code == 403
    assert len(await records(world, pid)) == before + 1


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_two_processes_that_meet_a_new_citizen_at_once_make_one(engine: str, seeded_copy: object) -> None:
    url, cluster = await asyncio.to_thread(seeded_copy, engine)  # type: ignore[arg-type]
    await _race(url, cluster)


async def _race(url: str, cluster: Cluster) -> None:
    async with serving(url, cluster) as one, serving(url, cluster) as other:
        replacement = (systems.X_ECPR, "0303031AA1")
        bodies = [observation(by_number(UNKNOWN)), patient(UNKNOWN, replacement), observation(by_number(replacement))]
        whos = ("gp", "gp-system-2", "hospital-system", "municipality-system")
        answers = await asyncio.gather(
            *(send(world, who, entry(bodies[1]), entry(bodies[0])) for world in (one, other) for who in whos)
        )
        assert {answer.status_code for answer in answers} == {200}
        assert await pid_of(one, UNKNOWN) == await pid_of(other, replacement) is not None
        pid = await pid_of(one, UNKNOWN)
        assert pid is not None
        assert len([row for row in await records(one, pid) if row.operation == audit.Operation.TRANSACTION]) == 8
