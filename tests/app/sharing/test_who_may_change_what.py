"""Whoever writes for an organisation changes what that organisation answers for, and nothing else."""

import pytest
from served import NANCY, World
from sharing_builders import by_number, created, entry, ids_of, observation, patient, send

from app.demo.organisations import BY_SOR
from app.demo.personas import PERSONAS
from app.store.controller import controller_of
from app.store.directory import Directory, Organisation, put_organisations
from app.store.job import Job
from app.store.tables import DIRECTORY
from schemas.terminology import systems

pytestmark = pytest.mark.anyio
NOT_HERS = (403, 404)


@pytest.mark.parametrize(("who", "other"), [("lung-doctor", "hospital-system"), ("home-nurse", "municipality-system")])
async def test_staff_of_a_unit_write_for_the_organisation_above_it(world: World, who: str, other: str) -> None:
    stored = await created(world, observation(), who=who)
    name = f"/Observation/{stored['id']}"
    changed = await world.as_(other).put(name, json=observation(id=stored["id"], status="amended"))
    assert changed.status_code == 200, changed.text
    assert (await world.as_(who).delete(name)).status_code == 204


@pytest.mark.parametrize("who", ["gp", "municipality-system", "home-nurse-b"])
async def test_another_organisation_changes_nothing(world: World, who: str) -> None:
    stored = await created(world, observation(), who="lung-doctor")
    name = f"/Observation/{stored['id']}"
    assert (await world.as_(who).put(name, json=observation(id=stored["id"]))).status_code in NOT_HERS
    assert (await world.as_(who).delete(name)).status_code in NOT_HERS


async def test_who_stands_above_a_controller_does_not_change_its_records(own_world: World) -> None:
    """The practice becomes a part of the municipality's tree: it stays the controller of what it wrote."""
    stored = await created(own_world, observation(), who="gp")
    practice, above = PERSONAS["gp"].organisation, PERSONAS["municipality-system"].organisation
    known = BY_SOR[practice or ""]
    moved = Organisation(sor=known.sor, parent=above, name=known.name, kind="general-practice")
    await own_world.service.database.commit(Job(pid=DIRECTORY, writes=put_organisations([moved])))
    name = f"/Observation/{stored['id']}"
    client = own_world.as_("municipality-system")
    assert (await client.put(name, json=observation(id=stored["id"]))).status_code in NOT_HERS
    assert (await client.delete(name)).status_code in NOT_HERS
    theirs = ids_of(await send(own_world, "gp", entry(patient())))[0]
    own = ids_of(await send(own_world, "municipality-system", entry(patient())))[0]
    assert own != theirs


async def test_a_practice_withdraws_its_own_note_of_treatment_limits(world: World) -> None:
    limits = {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": systems.CONSENT_SCOPE, "code": "adr"}]},
        "category": [{"coding": [{"system": systems.LOINC, "code": "59284-0"}]}],
        "patient": by_number(NANCY),
        "dateTime": "2026-01-01",
        "policyRule": {"text": "as written in the record"},
    }
    stored = await created(world, limits)
    assert (await world.as_("municipality-system").delete(f"/Consent/{stored['id']}")).status_code in NOT_HERS
    assert (await world.as_("gp").delete(f"/Consent/{stored['id']}")).status_code == 204


def test_an_organisation_that_the_directory_does_not_know_answers_for_itself() -> None:
    assert controller_of(Directory({}), "1") == "1"
