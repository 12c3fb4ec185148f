"""A data protection officer reads what the own organisation looked up, and nothing of what others did."""

from doors_builders import declare, now
from served import NANCY, World, resources_in, summary_of
from sharing_builders import observation

from app.demo.organisations import ORGANISATIONS
from app.demo.personas import PERSONAS
from app.sharing import RegisterFact, feed_registers
from consent.model import Period
from consent.vocabulary import RelationKind, RepresentationKind
from schemas.terminology import systems

LOG = f"/AuditEvent?patient.identifier={NANCY[0]}|{NANCY[1]}"


def _names(events):
    return {agent.get("who", {}).get("display") for event in events for agent in event["agent"]}


async def test_an_officer_sees_the_look_ups_of_the_own_region_alone(world: World) -> None:
    for persona in ("hospital-doctor", "gp"):
        await world.as_(persona).post("/Patient/$summary", json=summary_of())  # recorded, whatever the answer
    everything = _names(resources_in(await world.as_("citizen", citizen=NANCY).get(LOG)))
    own = _names(resources_in(await world.as_("dpo").get(LOG)))
    assert own < everything
    assert own
    assert PERSONAS["hospital-doctor"].name in own
    assert PERSONAS["gp"].name in everything - own


async def test_an_officer_reads_no_record_of_the_citizen(world: World) -> None:
    answer = await world.as_("dpo").post("/Patient/$summary", json=summary_of())
    assert answer.status_code == 403


async def test_an_officers_pages_are_full_whatever_lies_between(own_world: World) -> None:
    officer = own_world.as_("dpo")
    for _ in range(4):
        await own_world.as_("hospital-doctor").post("/Patient/$summary", json=summary_of())
        for _ in range(3):
            await own_world.as_("gp").post("/Patient/$summary", json=summary_of())
    whole = resources_in(await officer.get(LOG))
    sizes, found, url = [], [], f"{LOG}&_count=2"
    while url and len(sizes) < 50:
        answer = await officer.get(url)
        page = resources_in(answer)
        sizes.append(len(page))
        found += [event["id"] for event in page]
        url = next((link["url"] for link in answer.json().get("link", []) if link["relation"] == "next"), "")
    assert set(sizes[:-1]) == {2}
    assert {event["id"] for event in whole} <= set(found)
    assert not any("gp" in str(event["agent"]) and "Kjær" in str(event["agent"]) for event in whole)


async def test_an_officer_sees_kinds_of_information_and_never_a_single_record(own_world: World) -> None:
    declared = await declare(own_world, "$treating-now", who="hospital-doctor")
    assert declared.status_code == 201, declared.text
    doctor = own_world.as_("hospital-doctor")
    shown = resources_in(await doctor.post("/Condition/_search", data={"patient.identifier": "|".join(NANCY)}))
    assert shown
    assert (await doctor.get(f"/Condition/{shown[0]['id']}")).status_code == 200
    own = resources_in(await own_world.as_("citizen", citizen=NANCY).get(LOG))
    assert f"Condition/{shown[0]['id']}" in str(own), "the citizen is told of each"
    seen = resources_in(await own_world.as_("dpo").get(LOG))
    details = {detail["valueString"] for event in seen for part in event["entity"] for detail in part.get("detail", ())}
    assert "diagnosis" in details
    references = {
        part["what"]["reference"].partition("/")[0]
        for event in seen
        for part in event["entity"]
        if "reference" in part.get("what", {})
    }
    assert references == {"Patient"}
    for one in shown:
        assert one["id"] not in str(seen)


async def test_a_parents_pages_do_not_tell_what_is_kept_from_parents(own_world: World) -> None:
    child, parent = (systems.CPR, "0505159995"), (systems.CPR, "2911829996")
    await feed_registers(
        own_world.service,
        [
            RegisterFact(citizen=child, kind=RepresentationKind.CUSTODY, period=Period(), source="register",
                         representative=parent),
            RegisterFact(citizen=child, kind=RelationKind.OWN_GP, period=Period(), source="register",
                         organisation=ORGANISATIONS["gp-1"].sor),
        ],
        at_us=now(),
    )  # fmt: skip
    label = {"security": [{"system": systems.LABEL, "code": "author-protected"}]}
    subject = {"identifier": {"system": child[0], "value": child[1]}}
    patient = {"resourceType": "Patient", "identifier": [{"system": child[0], "value": child[1]}],
               "name": [{"family": "Barn"}], "birthDate": "2015-05-05"}  # fmt: skip
    gp = own_world.as_("gp")
    assert (await gp.post("/Patient", json=patient)).status_code in {200, 201}
    ids = {}
    for name, meta in (("kept", label), ("open", {})):
        made = observation(subject) | ({"meta": meta} if meta else {})
        answer = await gp.post("/Observation", json=made)
        assert answer.status_code == 201, answer.text
        ids[name] = answer.json()["id"]
    for _ in range(3):
        for name in ("open", "kept", "kept"):
            assert (await gp.get(f"/Observation/{ids[name]}")).status_code == 200
    reader = own_world.as_("parent")
    sizes, url, text = [], f"/AuditEvent?patient.identifier={child[0]}|{child[1]}&_count=1", ""
    while url and len(sizes) < 40:
        answer = await reader.get(url)
        sizes.append(len(resources_in(answer)))
        text += answer.text
        url = next((link["url"] for link in answer.json().get("link", []) if link["relation"] == "next"), "")
    assert ids["open"] in text
    assert ids["kept"] not in text
    assert set(sizes[:-1]) == {1}
