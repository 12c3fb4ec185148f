"""Notices to their end, batches that say as much as single requests, summaries of citizens alone."""

import pytest
from served import NANCY, World, resources_in
from sharing_builders import created, entry, observation, pid_of, send

from app.demo.cluster import demo_messages
from app.demo.personas import PERSONAS
from app.runtime import now_us
from app.store import disclosures, outbox
from app.store.disclosures import Disclosure
from app.store.job import Job
from app.store.outbox import Notice
from consent.model import OrganisationKey, Requester
from consent.vocabulary import Function, Purpose
from schemas.homes import HOME_OF

pytestmark = pytest.mark.anyio
MUNICIPALITY = PERSONAS["municipality-system"].organisation or ""


async def waiting(world: World, pid: int, count: int, *, at_us: int, name: str) -> None:
    encounters = await world.as_("citizen").get(
        "/Encounter", params={"patient.identifier": "|".join(NANCY), "_count": "100"}
    )
    hospitals = [one for one in resources_in(encounters, "Encounter") if one["class"]["code"] == "IMP"]
    place = world.service.database.ids.decode(hospitals[0]["id"])
    assert place is not None
    stays = ((HOME_OF["Encounter"].number, place[1], int(hospitals[0]["meta"]["versionId"])),)
    notices = [
        Notice(
            pid=pid,
            id=f"{name}-{number:04}",
            recipient=MUNICIPALITY,
            topic="admitted",
            focus="Encounter/x",
            at_us=at_us,
        )
        for number in range(count)
    ]
    hospital = OrganisationKey(PERSONAS["hospital-system"].organisation or "")
    made = [
        Disclosure(
            pid=pid,
            id=notice.id,
            at_us=at_us,
            sender=Requester(
                function=Function.SYSTEM,
                organisation=hospital,
                controller=hospital,
                client=PERSONAS["hospital-system"].client,
            ),
            recipient=None,
            purposes=frozenset({Purpose.PATIENT_ADMINISTRATION}),
            shown=stays,
            by_law=True,
        )
        for notice in notices
    ]
    await world.service.database.commit(Job(pid=pid, writes=(outbox.put(notices), disclosures.put(made))))


async def test_what_may_not_be_told_any_more_does_not_stand_before_what_may(own_world: World) -> None:
    nancy = await pid_of(own_world)
    assert nancy is not None
    at_us = now_us()
    await waiting(own_world, nancy + 1, 250, at_us=at_us - 1, name="nobody")  # no health service: never shown
    await waiting(own_world, nancy, 230, at_us=at_us, name="nancy")
    client = own_world.as_("municipality-system")
    url, shown = "/$notices?since=2000-01-01", []
    for _ in range(20):
        answer = await client.get(url)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        shown += [part["fullUrl"] for part in body.get("entry", [])]
        following = [link["url"] for link in body.get("link", [])]
        if not following:
            break
        url = following[0]
    assert len(shown) == len(set(shown)) == 230


async def test_a_notice_names_the_patient_who_answers_for_the_citizen(own_world: World) -> None:
    messages = demo_messages(own_world.cluster)
    sent = await own_world.as_(messages.notification_sender).post("/$process-message", json=messages.notification)
    assert sent.status_code == 200
    body = (await own_world.as_("municipality-system").get("/$notices")).json()
    parameters = body["entry"][-1]["resource"]["parameter"]
    address = next(one["valueReference"]["reference"] for one in parameters if one["name"] == "patient")
    answer = await own_world.as_("home-nurse").get(address)
    assert (answer.status_code, answer.json()["resourceType"]) == (200, "Patient")


async def test_a_refused_entry_of_a_batch_is_told_what_to_do_as_a_single_request_is(world: World) -> None:
    single = await world.as_("citizen").post("/Observation", json=observation())
    batch = await send(world, "citizen", entry(observation()), kind="batch")
    assert batch.json()["entry"][0]["response"]["outcome"] == single.json()


async def test_a_summary_by_id_is_of_a_patient(world: World) -> None:
    stored = await created(world, observation())
    gp = world.as_("gp")
    assert (await gp.get(f"/Patient/{stored['id']}/$summary")).status_code == 404
    found = (await gp.post("/Patient/_search", data={"identifier": "|".join(PERSONAS["citizen"].citizen or ())})).json()
    patient = found["entry"][0]["resource"]["id"]
    assert (await gp.get(f"/Patient/{patient}/$summary")).status_code == 200
