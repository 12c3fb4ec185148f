"""What an author protected, a protected address and the places that reveal it; fifteen years; one another's blocks."""

from typing import Any

import pytest
from acting import (
    Person,
    about,
    acting,
    as_citizen,
    citizen,
    condition,
    consent,
    day,
    judgement,
    new_number,
    power_of,
    recipient,
    register_says,
    sees,
    sor,
    years_ago,
)
from served import Identifier, World, resources_in, summary_of

from schemas.terminology import systems

CREATED, FORBIDDEN, NO_CONTENT, NOT_FOUND, OK = 201, 403, 204, 404, 200
RESTRICTED = {"security": [{"system": systems.CONFIDENTIALITY, "code": "R"}]}
WHO = ("parent", "guardian", "proxy", "relative")


async def _represented(world: World, who: str, **how: Any) -> tuple[Person, Identifier]:
    """Make a citizen with somebody who acts for her, by each of the four rights."""
    person = await citizen(world, born=years_ago(9) if who == "parent" else "1950-01-01", **how)
    other = new_number()
    if who == "parent":
        await register_says(world, person.number, other, "custody")
    elif who == "guardian":
        await register_says(world, person.number, other, "guardian")
        await _judge(world, judgement(person.number, "permanently-incapable", by="gp"))
    elif who == "relative":
        await _judge(world, judgement(person.number, "incapable", by="gp", relative=other))
    else:
        given = await as_citizen(world, person.number).post("/Consent", json=power_of(person.number, other))
        assert given.status_code == CREATED, given.text
    return person, other


async def _judge(world: World, resource: dict[str, Any]) -> None:
    answer = await world.as_("gp").post("/ClinicalImpression", json=resource)
    assert answer.status_code == CREATED, answer.text


async def _made(world: World, resource: dict[str, Any], *, by: str = "hospital-system") -> str:
    answer = await world.as_(by).post(f"/{resource['resourceType']}", json=resource)
    assert answer.status_code == CREATED, answer.text
    return f"/{resource['resourceType']}/{answer.json()['id']}"


@pytest.mark.parametrize("who", WHO)
async def test_what_its_author_protected_is_hidden_from_who_acts_for_the_citizen(world: World, who: str) -> None:
    person, other = await _represented(world, who)
    address = await _made(world, {**condition(person.number), "meta": RESTRICTED})
    client = acting(world, other)
    assert await sees(client, person)
    assert (await client.get(address)).status_code == NOT_FOUND
    assert (await world.as_("gp").get(address)).status_code == OK
    found = await client.get("/Condition", params={"patient.identifier": "|".join(person.number)})
    assert [one["id"] for one in resources_in(found, "Condition")] == [person.condition]


@pytest.mark.parametrize("who", WHO)
async def test_a_protected_address_and_the_places_that_reveal_it_are_hidden(world: World, who: str) -> None:
    person, other = await _represented(
        world, who, patient={"meta": RESTRICTED, "address": [{"line": ["Hemmelig Vej 1"], "postalCode": "3400"}]}
    )
    number = person.number
    encounter = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": systems.ACT_CODE, "code": "AMB"},
        "subject": about(number),
        "period": {"start": day(-40), "end": day(-40)},
        "serviceProvider": sor("lung-ward"),
    }
    appointment = {
        "resourceType": "Appointment",
        "status": "booked",
        "start": day(3),
        "end": day(3),
        "participant": [{"actor": about(number), "status": "accepted"}],
    }
    # Another source that does not know of the protection, the own GP, and who comes to the door.
    patient = {"resourceType": "Patient", "identifier": [{"system": number[0], "value": number[1]}], "gender": "female"}
    hidden = [
        f"/Patient/{person.patient}",
        await _made(world, encounter),
        await _made(world, appointment),
        await _made(world, patient, by="home-nurse"),
        await _made(world, condition(number), by="gp"),
    ]
    client = acting(world, other)
    assert await sees(client, person)
    for address in hidden:
        assert (await client.get(address)).status_code == NOT_FOUND, address
        if who != "parent":
            assert (await as_citizen(world, number).get(address)).status_code == OK, address
    shown = await client.post("/Patient/$summary", json=summary_of(number))
    assert shown.status_code in {OK, FORBIDDEN}, shown.text
    assert "Hemmelig" not in shown.text
    assert "3400" not in shown.text
    log = await client.get("/AuditEvent", params={"patient": person.patient})
    assert log.status_code in {FORBIDDEN, NOT_FOUND} or not resources_in(log)


@pytest.mark.parametrize(("born", "is_open"), [(years_ago(15, days=-2), True), (years_ago(15), False)])
async def test_from_fifteen_there_is_no_automatic_parental_access(world: World, born: str, *, is_open: bool) -> None:
    child, mother = await citizen(world, born=born), new_number()
    await register_says(world, child.number, mother, "custody")
    parent, own = acting(world, mother), as_citizen(world, child.number)
    assert await sees(parent, child) is is_open
    assert await sees(own, child) is not is_open
    block = consent(child.number, {"type": "deny", "actor": [recipient(sor("gp-1"))]})
    assert (await parent.post("/Consent", json=block)).status_code == (CREATED if is_open else FORBIDDEN)
    assert (await own.post("/Consent", json=block)).status_code == (FORBIDDEN if is_open else CREATED)


async def test_no_parent_lifts_what_the_other_parent_or_the_young_citizen_blocked(world: World) -> None:
    child, mother, father = await citizen(world, born=years_ago(9)), new_number(), new_number()
    for parent in (mother, father):
        await register_says(world, child.number, parent, "custody")
    block = consent(child.number, {"type": "deny", "actor": [recipient(sor("gp-1"))]})
    made = await acting(world, mother).post("/Consent", json=block)
    assert made.status_code == CREATED
    assert not await sees(world.as_("gp"), child)
    await _nobody_lifts(made.json()["id"], block, acting(world, father))
    permit = {"type": "permit", "actor": [recipient(sor("gp-1"))], "purpose": [_purpose("TREAT")]}
    await acting(world, father).post("/Consent", json=consent(child.number, permit))
    assert not await sees(world.as_("gp"), child), "a consent beside it lifts nothing: deny overrides"
    assert (await acting(world, mother).delete(f"/Consent/{made.json()['id']}")).status_code == NO_CONTENT


@pytest.mark.parametrize("who", ["guardian", "proxy", "relative"])
async def test_nobody_who_acts_for_a_citizen_lifts_the_block_that_she_wrote(world: World, who: str) -> None:
    person, other = await _represented(world, who)
    block = consent(person.number, {"type": "deny", "actor": [recipient(sor("gp-1"))]})
    made = await as_citizen(world, person.number).post("/Consent", json=block)
    assert made.status_code == CREATED
    assert not await sees(world.as_("gp"), person)
    await _nobody_lifts(made.json()["id"], block, acting(world, other))
    permit = {"type": "permit", "actor": [recipient(sor("gp-1"))], "purpose": [_purpose("TREAT")]}
    await acting(world, other).post("/Consent", json=consent(person.number, permit))
    assert not await sees(world.as_("gp"), person)


async def _nobody_lifts(id_: str, block: dict[str, Any], client: Any) -> None:
    lifted = {**block, "id": id_, "status": "inactive"}
    assert (await client.put(f"/Consent/{id_}", json=lifted)).status_code in {FORBIDDEN, NOT_FOUND}
    assert (await client.delete(f"/Consent/{id_}")).status_code in {FORBIDDEN, NOT_FOUND}
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"request": {"method": "DELETE", "url": f"Consent/{id_}"}}],
    }
    assert (await client.post("", json=bundle)).status_code in {FORBIDDEN, NOT_FOUND}


async def test_a_guardian_and_the_nearest_relative_block_for_the_citizen_and_may_end_it_themselves(
    world: World,
) -> None:
    for who in ("guardian", "relative"):
        person, other = await _represented(world, who)
        block = consent(person.number, {"type": "deny", "actor": [recipient(sor("gp-1"))]})
        made = await acting(world, other).post("/Consent", json=block)
        assert made.status_code == CREATED, made.text
        assert not await sees(world.as_("gp"), person)
        assert (await acting(world, other).delete(f"/Consent/{made.json()['id']}")).status_code == NO_CONTENT
        assert await sees(world.as_("gp"), person)


async def test_who_acts_for_somebody_writes_nothing_about_her_and_opens_no_door(world: World) -> None:
    person, other = await _represented(world, "guardian")
    client = acting(world, other)
    assert (await client.post("/Condition", json=condition(person.number))).status_code == FORBIDDEN
    asked = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "identifier", "valueIdentifier": {"system": person.number[0], "value": person.number[1]}},
            {"name": "reason", "valueString": "vil gerne se"},
        ],
    }
    for door in ("treating-now", "consent-now", "emergency-access"):
        assert (await client.post(f"/Patient/${door}", json=asked)).status_code in {FORBIDDEN, 422}, door


async def test_rights_end_with_the_citizens_life(world: World) -> None:
    person, other = await _represented(world, "guardian")
    assert await sees(acting(world, other), person)
    patient = {
        "resourceType": "Patient",
        "identifier": [{"system": person.number[0], "value": person.number[1]}],
        "birthDate": "1950-01-01",
        "deceasedDateTime": day(-1),
    }
    answer = await world.as_("register-feed").post("/Patient", json=patient)
    assert answer.status_code == CREATED, answer.text
    assert not await sees(acting(world, other), person)


def _purpose(code: str) -> dict[str, str]:
    return {"system": systems.ACT_REASON, "code": code}
