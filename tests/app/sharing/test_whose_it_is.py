"""Whose a submission is: one citizen, and never two by a slip of the pen."""

import pytest
from served import NANCY, World
from sharing_builders import UNKNOWN, URN, by_number, created, entry, ids_of, observation, patient, pid_of, said, send

from app.demo.people import HEROES
from schemas.terminology import systems

pytestmark = pytest.mark.anyio
OTHER = (systems.CPR, HEROES[1])


async def test_an_unknown_number_beside_a_known_one_is_another_citizen(world: World) -> None:
    answer = await send(world, "gp", entry(observation()), entry(observation(by_number(UNKNOWN))))
    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == ["Bundle.entry[1].resource"]
    assert await pid_of(world, UNKNOWN) is None


async def test_the_words_are_the_same_whether_the_other_citizen_is_known_or_not(world: World) -> None:
    answers = [
        await send(world, "gp", entry(observation(by_number(one))), entry(observation(by_number(other))))
        for one, other in ((NANCY, UNKNOWN), (NANCY, OTHER), (UNKNOWN, (systems.CPR, "0202029994")))
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.text for answer in answers}) == 1


async def test_who_may_not_write_is_not_told_whose_identifiers_are_one_citizens(world: World) -> None:
    parts = [entry(observation()), entry(observation(by_number(OTHER)))]
    answer = await send(world, "dpo", *parts)
    assert answer.status_code == 403


async def test_a_resource_does_not_move_to_a_number_that_nobody_has(world: World) -> None:
    stored = await created(world, observation())
    moved = observation(by_number(UNKNOWN), id=stored["id"])
    answer = await world.as_("gp").put(f"/Observation/{stored['id']}", json=moved)
    assert answer.status_code == 422
    assert said(answer) == "a resource stays with its citizen; withdraw it and submit it anew"
    assert await pid_of(world, UNKNOWN) is None


async def test_a_reference_to_one_citizen_with_the_number_of_nobody_is_refused(world: World) -> None:
    bundle = (await world.as_("gp").get("/Patient", params={"identifier": "|".join(NANCY)})).json()
    nancy = {"reference": f"Patient/{bundle['entry'][0]['resource']['id']}"}
    answer = await world.as_("gp").post("/Observation", json=observation(nancy | by_number(UNKNOWN)))
    assert answer.status_code == 422
    assert await pid_of(world, UNKNOWN) is None


async def test_a_number_of_its_own_outweighs_the_patient_beside_it(world: World) -> None:
    subject = {"reference": URN, **by_number(UNKNOWN)}
    answer = await send(world, "gp", entry(patient(), full_url=URN), entry(observation(subject)))
    assert answer.status_code == 422
    assert await pid_of(world, UNKNOWN) is None


async def test_a_patient_who_bears_a_known_number_brings_a_further_one(world: World) -> None:
    replacement = (systems.X_ECPR, "0101481AA1")
    answer = await send(world, "gp-system", entry(patient(NANCY, replacement)))
    assert answer.status_code == 200, answer.text
    assert await pid_of(world, replacement) == await pid_of(world)


async def test_a_patient_with_the_numbers_of_two_citizens_is_refused(world: World) -> None:
    local = ("https://example.org/local", "7")
    answer = await send(world, "gp-system", entry(patient(OTHER, local)))
    assert answer.status_code == 200, answer.text
    replacement = (systems.X_ECPR, "0202481AA2")
    assert (await send(world, "gp-system", entry(patient(OTHER, replacement)))).status_code == 200
    answer = await send(world, "gp-system", entry(patient(NANCY, replacement)))
    assert answer.status_code == 422


async def test_numbers_that_are_linked_in_a_chain_are_one_new_citizen(world: World) -> None:
    cpr, first, second = (systems.CPR, "0303039993"), (systems.X_ECPR, "0303031AA1"), (systems.D_ECPR, "0303036AA1")
    answer = await send(
        world,
        "gp-system",
        entry(observation(by_number(second))),
        entry(observation(by_number(first))),
        entry(patient(cpr, first, second)),
    )
    assert answer.status_code == 200, answer.text
    assert len({await pid_of(world, each) for each in (cpr, first, second)}) == 1


async def test_a_patient_is_found_by_a_relative_reference_to_its_absolute_full_url(world: World) -> None:
    answer = await send(
        world,
        "gp",
        entry(patient(), full_url="http://source.example/fhir/Patient/abc"),
        entry(observation({"reference": "Patient/abc"}), full_url="http://source.example/fhir/Observation/o1"),
    )
    assert ids_of(answer)[1].startswith("Observation/")


PROVENANCE = {
    "resourceType": "Provenance",
    "recorded": "2026-01-01T00:00:00Z",
    "agent": [{"who": {"display": "somebody"}}],
}


async def test_what_points_to_a_stored_resource_lives_with_it(world: World) -> None:
    target = {"reference": f"Observation/{(await created(world, observation()))['id']}"}
    provenance = await created(world, PROVENANCE | {"target": [target]})
    binary = await created(
        world,
        {"resourceType": "Binary", "contentType": "text/plain", "data": "eA==", "securityContext": target},
    )
    for stored in (provenance, binary):
        answer = await world.as_("gp").get(f"/{stored['resourceType']}/{stored['id']}")
        assert answer.status_code == 200


async def test_what_points_to_the_resources_of_two_citizens_is_refused(world: World) -> None:
    targets = [
        {"reference": f"Observation/{(await created(world, observation(by_number(one))))['id']}"}
        for one in (NANCY, OTHER)
    ]
    answer = await world.as_("gp").post("/Provenance", json=PROVENANCE | {"target": targets})
    assert answer.status_code == 422


async def test_one_patient_twice_in_a_transaction_is_refused(world: World) -> None:
    answer = await send(world, "gp", entry(patient()))
    name = ids_of(answer)[0]
    changed = patient(id=name.rpartition("/")[2])
    answer = await send(world, "gp", entry(changed, "PUT", name), entry(patient()))
    assert answer.status_code == 422
    assert answer.json()["issue"][0]["code"] == "duplicate"
