"""A right to act for somebody comes from a register, or from the citizen; whoever else writes it has written a name."""

import pytest
from acting import (
    acting,
    as_citizen,
    citizen,
    day,
    judgement,
    new_number,
    register_says,
    related_person,
    sees,
    years_ago,
)
from served import World

from app.demo.personas import PERSONAS

CREATED, FORBIDDEN, INVALID, OK, GONE = 201, 403, 422, 200, 204
DK = "http://hl7.dk/fhir/core/CodeSystem/dk-relatedperson-relationshipcodes"
ROLE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"


async def _judged(world: World, number) -> None:
    answer = await world.as_("gp").post("/ClinicalImpression", json=judgement(number, "permanently-incapable", by="gp"))
    assert answer.status_code == CREATED, answer.text


@pytest.mark.parametrize("code", ["custody", f"{DK}|PARAUTH"])
async def test_custody_from_the_register_opens_the_childs_record_and_ends_with_it(world: World, code: str) -> None:
    child, mother = await citizen(world, born=years_ago(9)), new_number()
    id_ = await register_says(world, child.number, mother, code)
    parent = acting(world, mother)
    assert await sees(parent, child)
    ended = related_person(child.number, mother, code, period={"start": day(-900), "end": day(-1)})
    answer = await world.as_("register-feed").put(f"/RelatedPerson/{id_}", json={**ended, "id": id_})
    assert answer.status_code == OK, answer.text
    assert not await sees(parent, child)
    assert not await sees(acting(world, new_number()), child)


async def test_custody_that_the_register_takes_back_is_gone_at_once(world: World) -> None:
    child, mother = await citizen(world, born=years_ago(9)), new_number()
    id_ = await register_says(world, child.number, mother, "custody")
    assert await sees(acting(world, mother), child)
    assert (await world.as_("register-feed").delete(f"/RelatedPerson/{id_}")).status_code == GONE
    assert not await sees(acting(world, mother), child)


async def test_nobody_else_makes_somebody_a_parent_guardian_or_proxy(world: World) -> None:
    child, father = await citizen(world, born=years_ago(9)), new_number()
    for who in ("gp", "hospital-doctor", "hospital-system", "gp-system", "home-nurse", "caseworker"):
        for code in (f"{DK}|PARAUTH", "custody", "guardian", "proxy", f"{ROLE}|GUARD", f"{ROLE}|HPOWATT"):
            answer = await world.as_(who).post("/RelatedPerson", json=related_person(child.number, father, code))
            assert answer.status_code in {CREATED, FORBIDDEN}, (who, answer.text)
    for client in (acting(world, father), as_citizen(world, father)):
        answer = await client.post("/RelatedPerson", json=related_person(child.number, father, "custody"))
        assert answer.status_code == FORBIDDEN, answer.text
    assert not await sees(acting(world, father), child)


async def test_a_personal_guardian_acts_only_for_who_was_judged_to_lack_the_capacity(world: World) -> None:
    ward, guardian = await citizen(world), new_number()
    await register_says(world, ward.number, guardian, "guardian")
    assert not await sees(acting(world, guardian), ward)
    await _judged(world, ward.number)
    assert await sees(acting(world, guardian), ward)


@pytest.mark.parametrize("also", [None, f"{ROLE}|GUARD"])
async def test_a_financial_guardian_has_no_right_here(world: World, also: str | None) -> None:
    ward, guardian = await citizen(world), new_number()
    person = related_person(ward.number, guardian, "financial-guardian")
    if also:
        person["relationship"] += related_person(ward.number, guardian, also)["relationship"]
    assert (await world.as_("register-feed").post("/RelatedPerson", json=person)).status_code == CREATED
    await _judged(world, ward.number)
    assert not await sees(acting(world, guardian), ward)


async def test_a_future_power_of_attorney_counts_from_the_day_it_was_set_in_force(world: World) -> None:
    for how, is_in_force in (
        ({}, False),
        ({"period": {"start": day(2)}}, False),
        ({"period": {"start": day(-2)}}, True),
        ({"period": {"start": day(-20), "end": day(-2)}}, False),
    ):
        ward, attorney = await citizen(world), new_number()
        await register_says(world, ward.number, attorney, "future-power", **how)
        assert not await sees(acting(world, attorney), ward)
        await _judged(world, ward.number)
        assert await sees(acting(world, attorney), ward) is is_in_force, how


async def test_the_register_names_no_nearest_relative_and_no_contact_person_acts(world: World) -> None:
    patient, relative = await citizen(world), new_number()
    for code in ("nearest-relative", f"{DK}|PROCON", f"{DK}|PRICARE", f"{ROLE}|GUADLTM", f"{ROLE}|MTH"):
        await register_says(world, patient.number, relative, code)
    await _judged(world, patient.number)
    answer = await world.as_("gp").post("/ClinicalImpression", json=judgement(patient.number, "incapable", by="gp"))
    assert answer.status_code == CREATED
    assert not await sees(acting(world, relative), patient)


async def test_a_nearest_relative_without_a_number_is_refused_where_it_stands(world: World) -> None:
    patient = await citizen(world)
    nameless = judgement(patient.number, "incapable", by="gp", relative=new_number())
    del nameless["contained"][0]["identifier"]
    answer = await world.as_("gp").post("/ClinicalImpression", json=nameless)
    assert answer.status_code == INVALID
    assert answer.json()["issue"][0]["expression"] == ["ClinicalImpression.extension"]
    assert PERSONAS["gp"].person
