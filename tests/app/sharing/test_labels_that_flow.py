"""Labels over HTTP: they flow along references, whatever form these have, and nobody raises another's."""

from typing import Any

import pytest
from served import World
from sharing_builders import URN, by_number, created, entry, ids_of, observation, pid_of, send

from app.store import bookkeeping, signatures
from consent.vocabulary import Label

pytestmark = pytest.mark.anyio
RESTRICTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
VERY = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"}
NORMAL = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "N"}
TEXT = {"resourceType": "Binary", "contentType": "text/plain", "data": "eA=="}


async def labels_of(world: World, name: str) -> frozenset[Label]:
    """Return the labels under which 'Type/id' is kept now."""
    pid = await pid_of(world)
    place = world.service.database.ids.decode(name.rpartition("/")[2])
    assert pid is not None
    assert place is not None
    async with world.service.database.snapshot() as snapshot:
        rows = {row.number: row.signature for row in await signatures.load(snapshot, pid)}
        number = (await bookkeeping.signature_numbers(snapshot, pid, (place[1],)))[place[1]]
    return rows[number].labels


def labelled(*labels: dict[str, str], **more: Any) -> dict[str, Any]:
    return observation(meta={"security": [NORMAL, *labels]}, **more)


def document(url: str, *labels: dict[str, str]) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference",
        "meta": {"security": [NORMAL, *labels]},
        "status": "current",
        "subject": by_number(),
        "content": [{"attachment": {"contentType": "text/plain", "url": url}}],
    }


@pytest.mark.parametrize("form", ["{0}", "{0}/_history/1", "http://127.0.0.1:8000/fhir/{0}"])
async def test_what_derives_from_a_stored_record_takes_its_labels_over(world: World, form: str) -> None:
    source = f"Observation/{(await created(world, labelled(RESTRICTED)))['id']}"
    derived = await created(world, observation(derivedFrom=[{"reference": form.format(source)}]))
    assert Label.RESTRICTED in await labels_of(world, f"Observation/{derived['id']}")


async def test_a_second_reference_to_the_same_place_does_not_hide_the_first(world: World) -> None:
    id_ = (await created(world, labelled(RESTRICTED)))["id"]
    references = [{"reference": f"Observation/{id_}"}, {"reference": f"QuestionnaireResponse/{id_}"}]
    derived = await created(world, observation(derivedFrom=references))
    assert Label.RESTRICTED in await labels_of(world, f"Observation/{derived['id']}")


async def test_what_derives_from_what_a_condition_has_found_takes_its_labels_over(world: World) -> None:
    known = {"identifier": [{"system": "https://example.org/o", "value": "found"}]}
    await created(world, labelled(RESTRICTED, **known))
    answer = await send(
        world,
        "gp",
        entry(observation(**known), full_url=URN, ifNoneExist="identifier=https://example.org/o|found"),
        entry(observation(derivedFrom=[{"reference": URN}])),
    )
    assert Label.RESTRICTED in await labels_of(world, ids_of(answer)[1])


async def test_a_document_and_its_binary_come_in_one_transaction(world: World) -> None:
    answer = await send(world, "gp", entry(document(URN, RESTRICTED)), entry(TEXT, full_url=URN))
    stored, binary = ids_of(answer)
    read = (await world.as_("gp").get(f"/{stored}")).json()
    assert read["content"][0]["attachment"]["url"] == binary
    assert Label.RESTRICTED in await labels_of(world, binary)


async def test_a_stored_binary_is_raised_by_each_document_that_speaks_of_it(world: World) -> None:
    answer = await send(world, "gp", entry(document(URN)), entry(TEXT, full_url=URN))
    binary = ids_of(answer)[1]
    hiv = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"}
    answer = await send(world, "gp", entry(document(binary, hiv)), entry(document(binary, VERY)))
    assert answer.status_code == 200, answer.text
    assert {Label.HIV, Label.VERY_RESTRICTED} <= await labels_of(world, binary)


async def test_nobody_raises_the_labels_of_another_organisations_record(world: World) -> None:
    name = f"Observation/{(await created(world, observation()))['id']}"
    before = await labels_of(world, name)
    await created(world, labelled(VERY, hasMember=[{"reference": name}]), who="municipality-system")
    assert await labels_of(world, name) == before
    await created(world, labelled(VERY, hasMember=[{"reference": name}]), who="gp")
    assert Label.VERY_RESTRICTED in await labels_of(world, name)
