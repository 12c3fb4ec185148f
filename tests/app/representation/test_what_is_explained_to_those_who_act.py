"""Who acts for a citizen is told what somebody would see, kind by kind, within the own right and no further."""

from acting import (
    acting,
    as_citizen,
    citizen,
    consent,
    judgement,
    kind,
    new_number,
    power_of,
    recipient,
    register_says,
    sor,
    years_ago,
)
from served import World

from app.demo.organisations import ORGANISATIONS

CREATED, FORBIDDEN, ABSENT, OK = 201, 403, 404, 200
EXPLAIN = "/Patient/$explain-access"


async def ask(client, person, function="general-practice", unit="gp-1", **more):
    return await client.post(
        EXPLAIN,
        json={
            "resourceType": "Parameters",
            "parameter": [
                {"name": "identifier", "valueIdentifier": {"system": person.number[0], "value": person.number[1]}},
                {"name": "function", "valueCode": function},
                {"name": "organisation", "valueString": ORGANISATIONS[unit].sor},
                {"name": "purpose", "valueCode": "TREAT"},
                *({"name": name, "valueString": value} for name, value in more.items()),
            ],
        },
    )


def outcomes(answer):
    assert answer.status_code == OK, answer.text
    parts = [part["part"] for part in answer.json()["parameter"] if part["name"] == "category"]
    assert not any(part["name"] == "record" for part in answer.json()["parameter"])
    return {part[0]["valueCoding"]["code"]: part[1]["valueCode"] for part in parts}


def consents(answer):
    return {
        one["valueReference"]["reference"]
        for part in answer.json()["parameter"]
        for one in part.get("part", ())
        if one["name"] == "directive"
    }


def blocking(number, *codes):
    provision = {"type": "deny", "actor": [recipient(sor("gp-1"))]}
    return consent(number, {**provision, **({"code": [kind(code) for code in codes]} if codes else {})})


async def test_a_parent_is_told_of_the_childs_blocks_that_either_parent_wrote(world: World) -> None:
    child, mother, father = await citizen(world, born=years_ago(9)), new_number(), new_number()
    for parent in (mother, father):
        await register_says(world, child.number, parent, "custody")
    assert outcomes(await ask(acting(world, mother), child))["allergy"] == "yes"
    blocked = {**blocking(child.number, "allergy"), "performer": [{"type": "RelatedPerson", "display": "mor"}]}
    made = await acting(world, mother).post("/Consent", json=blocked)
    assert made.status_code == CREATED, made.text
    for parent in (mother, father):
        answer = await ask(acting(world, parent), child)
        assert (outcomes(answer)["allergy"], outcomes(answer)["diagnosis"]) == ("no", "yes")
        assert consents(answer) == {f"Consent/{made.json()['id']}"}


async def test_from_fifteen_the_young_citizen_alone_is_told(world: World) -> None:
    young, mother = await citizen(world, born=years_ago(15, days=2)), new_number()
    await register_says(world, young.number, mother, "custody")
    assert (await ask(acting(world, mother), young)).status_code == FORBIDDEN
    own = await ask(as_citizen(world, young.number), young)
    assert own.status_code == OK
    assert any(part["name"] == "record" for part in own.json()["parameter"])
    almost = await citizen(world, born=years_ago(15, days=-2))
    await register_says(world, almost.number, mother, "custody")
    assert (await ask(acting(world, mother), almost)).status_code == OK
    assert (await ask(as_citizen(world, almost.number), almost)).status_code == FORBIDDEN


async def test_a_guardian_is_told_once_incapacity_is_judged_and_a_financial_one_never(world: World) -> None:
    person, guardian, financial = await citizen(world), new_number(), new_number()
    await register_says(world, person.number, guardian, "guardian")
    await register_says(world, person.number, financial, "financial-guardian")
    for who in (guardian, financial):
        assert (await ask(acting(world, who), person)).status_code == FORBIDDEN
    judged = judgement(person.number, "permanently-incapable", by="gp")
    assert (await world.as_("gp").post("/ClinicalImpression", json=judged)).status_code == CREATED
    assert outcomes(await ask(acting(world, guardian), person))["diagnosis"] == "yes"
    assert (await ask(acting(world, financial), person)).status_code == FORBIDDEN


async def test_a_proxy_is_told_of_the_kinds_that_the_power_names_and_of_no_block(world: World) -> None:
    mother, daughter = await citizen(world), new_number()
    herself = as_citizen(world, mother.number)
    power = power_of(mother.number, daughter, code=[kind("diagnosis")])
    assert (await herself.post("/Consent", json=power)).status_code == CREATED
    before = await ask(acting(world, daughter), mother)
    assert outcomes(before) == {"diagnosis": "yes"}
    made = await herself.post("/Consent", json=blocking(mother.number, "diagnosis"))
    assert made.status_code == CREATED, made.text
    # She may not read consents, so that none is explained to her; the citizen is told.
    after = await ask(acting(world, daughter), mother)
    assert outcomes(after) == outcomes(before)
    assert not consents(after)
    assert outcomes_of_citizen(await ask(herself, mother))["diagnosis"] == "no"


def outcomes_of_citizen(answer):
    parts = [part["part"] for part in answer.json()["parameter"] if part["name"] == "category"]
    return {part[0]["valueCoding"]["code"]: part[1]["valueCode"] for part in parts}


async def test_a_stranger_is_told_nothing_and_the_same_of_nobody(world: World) -> None:
    person, stranger = await citizen(world), acting(world, new_number())
    known = await ask(stranger, person)
    nobody = await ask(stranger, type(person)(number=new_number(), patient="", condition=""))
    assert known.status_code == nobody.status_code == FORBIDDEN
    assert known.content == nobody.content
    by_id = await stranger.get(
        f"/Patient/{person.patient}/$explain-access",
        params={"function": "home-nursing", "organisation": ORGANISATIONS["nursing-a"].sor, "purpose": "TREAT"},
    )
    assert by_id.status_code == ABSENT
