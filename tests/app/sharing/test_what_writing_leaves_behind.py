"""Writing: all of it or nothing, and a record of what was told, asked for or refused."""

import asyncio
import json
from datetime import datetime

import pytest
from served import NANCY, World, issues, resources_in, serving
from sharing_builders import UNKNOWN, by_number, created, entry, ids_of, observation, patient, pid_of, records, send
from sqlalchemy import bindparam, select

from app import audit
from app.demo.cluster import Cluster
from app.runtime import from_us, now_us
from app.search.index import index_of
from app.store.database import Query
from app.store.job import Job, Update
from app.store.place import place_of
from app.store.tables import INDEXES, N_BITS, NO_CITIZEN, citizen, resource
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


async def test_two_new_practitioners_with_one_number_in_a_transaction_are_one(world: World) -> None:
    urls = [f"urn:uuid:0b2b3c0e-0000-4000-8000-00000000010{digit}" for digit in "123"]
    told = observation(performer=[{"reference": urls[0]}, {"reference": urls[1]}, {"reference": urls[2]}])
    numbers = ("ZZZ07", "ZZZ07", "ZZZ08")
    parts = [entry(practitioner(number), full_url=url) for number, url in zip(numbers, urls, strict=True)]
    answer = await send(world, "gp", *parts, entry(told))
    first, second, other, written = ids_of(answer)
    assert first == second != other
    assert [part["response"]["status"] for part in answer.json()["entry"][:3]] == [
        "201 Created",
        "200 OK",
        "201 Created",
    ]
    found = await world.as_("gp").get("/Practitioner", params={"identifier": f"{systems.AUTHORISATION}|ZZZ07"})
    assert [one["id"] for one in resources_in(found)] == [first.partition("/")[2]]
    stored = (await world.as_("gp").get(f"/{written}")).json()
    assert [performer["reference"] for performer in stored["performer"]] == [first, first, other]


async def test_a_new_version_is_never_older_than_the_one_before(own_world: World) -> None:
    known = await created(own_world, observation())
    place = own_world.service.database.ids.decode(known["id"])
    assert place is not None
    later = now_us() + 60_000_000
    at = place_of(*place)
    await own_world.service.database.commit(
        Job(pid=place[0], writes=(Update(resource, ("place",), ("updated",), ((at, later),)),))
    )
    changed = await own_world.as_("gp").put(f"/Observation/{known['id']}", json={**known, "status": "amended"})
    assert changed.status_code == 200, changed.text
    assert datetime.fromisoformat(changed.json()["meta"]["lastUpdated"]) >= from_us(later // 1000 * 1000)
    gone = await own_world.as_("gp").delete(f"/Observation/{known['id']}")
    assert gone.status_code == 204


async def test_a_citizen_of_whom_no_more_can_be_kept_gets_no_more_and_nobody_elses_place_is_taken(
    own_world: World,
) -> None:
    pid = await pid_of(own_world)
    assert pid is not None
    full = Job(pid=pid, writes=(Update(citizen, ("pid",), ("next_n",), ((pid, 2**N_BITS - 1),)),))
    await own_world.service.database.commit(full)
    last = await created(own_world, observation())
    assert own_world.service.database.ids.decode(last["id"]) == (pid, 2**N_BITS - 1)
    before = await own_world.row_counts()
    answer = await own_world.as_("gp").post("/Observation", json=observation())
    assert (answer.status_code, issues(answer)[0]["code"]) == (413, "too-costly")
    assert await own_world.row_counts() == before


async def test_what_a_record_is_found_by_is_what_its_last_version_says(world: World) -> None:
    """A replaced version leaves no row in any index, whatever it held; a deleted one neither."""
    told = observation(
        method={"coding": [{"system": "https://example.org/m", "code": "one"}]},
        identifier=[{"system": "https://example.org/o", "value": "first"}],
        derivedFrom=[{"reference": "https://example.org/Observation/1"}],
        meta={"profile": ["https://example.org/p|1"], "tag": [{"code": "mine"}], "source": "urn:example:s"},
    )
    made = await created(world, told)
    assert await _rows_of(world, made["id"]) == _rows_in(made)
    method = {"coding": [{"system": "https://example.org/m", "code": "two"}]}
    changed = {**made, "method": method, "valueQuantity": {"value": 1.50, "unit": "m"}, "derivedFrom": []}
    del changed["identifier"], changed["derivedFrom"]
    again = await world.as_("gp").put(f"/Observation/{made['id']}", json=changed)
    assert again.status_code == 200, again.text
    assert await _rows_of(world, made["id"]) == _rows_in(again.json())
    assert (await world.as_("gp").delete(f"/Observation/{made['id']}")).status_code == 204
    assert await _rows_of(world, made["id"]) == set()


def _rows_in(resource_: dict[str, object]) -> set[tuple[object, ...]]:
    by = index_of(json.dumps(resource_).encode())
    return {row for rows in (by.tokens, by.references, by.dates, by.strings, by.quantities) for row in rows}


async def _rows_of(world: World, id_: str) -> set[tuple[object, ...]]:
    place = world.service.database.ids.decode(id_)
    assert place is not None
    found: set[tuple[object, ...]] = set()
    async with world.service.database.snapshot() as snapshot:
        for table in INDEXES:
            columns = [each for each in table.columns if each.name not in {"pid", "n"}]
            query = Query(
                ("test.index", table.name),
                lambda table=table, columns=columns: select(*columns).where(
                    table.c.pid == bindparam("pid"), table.c.n == bindparam("n")
                ),
            )
            found.update(await snapshot.rows(query, {"pid": place[0], "n": place[1]}))
    return {tuple(row) for row in found}


async def test_a_record_may_be_changed_and_found_by_its_number_in_one_transaction(world: World) -> None:
    number = {"system": "https://example.org/o", "value": "changed-and-found"}
    made = await created(world, observation(identifier=[number]))
    changed = {**made, "status": "amended"}
    again = observation(identifier=[number])
    condition = "identifier=https://example.org/o|changed-and-found"
    answer = await send(
        world,
        "gp",
        entry(changed, "PUT", f"Observation/{made['id']}"),
        entry(again, ifNoneExist=condition),
    )
    assert ids_of(answer) == [f"Observation/{made['id']}"] * 2
    read = await world.as_("gp").get(f"/Observation/{made['id']}")
    assert (read.json()["meta"]["versionId"], read.json()["status"]) == ("2", "amended")
