"""What a management lets its people do: assist a professional, quality work, supervision; each until a stated day."""

from datetime import timedelta

import pytest
from acting import citizen, sees
from served import World

from app.demo.organisations import ORGANISATIONS
from app.demo.personas import PERSONAS
from app.errors import InvalidContentError
from app.runtime import now
from app.sharing import load_directory, read_directory_file
from app.sharing.directory_file import AssignmentRow, ClientRow, DelegationRow, DirectoryFile
from app.store import facts
from consent.model import CitizenKey, Requester
from consent.vocabulary import AssignmentKind, Function, Purpose

QUALITY, SUPERVISION = AssignmentKind.QUALITY, AssignmentKind.SUPERVISION


async def _assigned(world: World, kind: AssignmentKind, who: str, place: str, *, days: int = 30) -> None:
    row = AssignmentRow(
        kind=kind,
        person=PERSONAS[who].person or "",
        organisation=ORGANISATIONS[place].sor,
        permitted_by="syn-chief",
        valid_to=now() + timedelta(days=days),
    )
    await load_directory(world.service.database, DirectoryFile(assignments=(row,)))


async def test_quality_work_opens_the_own_places_records_until_the_permission_ends(own_world: World) -> None:
    world = own_world
    patient = await citizen(world)
    nurse = world.as_("hospital-nurse", purposes=["HQUALIMP"])
    assert not await sees(nurse, patient)
    await _assigned(world, QUALITY, "hospital-nurse", "hospital")
    assert await sees(nurse, patient)
    assert not await sees(world.as_("hospital-nurse"), patient)
    assert not await sees(world.as_("lung-doctor", purposes=["HQUALIMP"]), patient)
    await _assigned(world, QUALITY, "hospital-nurse", "hospital", days=-1)
    assert not await sees(nurse, patient)
    # Of another place she gets nothing, whatever that place's management is said to have permitted.
    await _assigned(world, QUALITY, "hospital-nurse", "gp-1")
    assert not await sees(nurse, patient)


async def test_supervision_is_for_whom_the_management_named(own_world: World) -> None:
    world = own_world
    patient = await citizen(world)
    hospital = PERSONAS["hospital-secretary"]
    client = ClientRow(
        id=hospital.client,
        organisation=ORGANISATIONS["hospital"].sor,
        functions=frozenset({Function.ASSISTANT, Function.HOSPITAL_TREATMENT, Function.SYSTEM}),
        purposes=frozenset({Purpose.OPERATIONS, Purpose.TREATMENT}),
        types=frozenset({"*"}),
    )
    await load_directory(world.service.database, DirectoryFile(clients=(client,)))
    secretary = world.as_("hospital-secretary", purposes=["HOPERAT"])
    assert not await sees(secretary, patient)
    await _assigned(world, SUPERVISION, "hospital-secretary", "hospital")
    assert await sees(secretary, patient)
    assert not await sees(world.as_("lung-doctor", purposes=["HOPERAT"]), patient)


async def test_an_authorised_assistant_looks_up_until_the_authority_ends(own_world: World) -> None:
    world = own_world
    patient = await citizen(world)
    secretary = world.as_("gp-secretary")
    assert await sees(secretary, patient)
    row = DelegationRow(
        person=PERSONAS["gp-secretary"].person or "",
        organisation=ORGANISATIONS["gp-1"].sor,
        responsible=PERSONAS["gp"].person or "",
        valid_to=now() - timedelta(seconds=1),
    )
    await load_directory(world.service.database, DirectoryFile(delegations=(row,)))
    assert not await sees(secretary, patient)
    assert await sees(world.as_("gp"), patient)


def test_nobody_gives_herself_a_task_and_none_is_without_an_end() -> None:
    own = '{"assignments": [{"kind": "quality", "person": "a", "organisation": "o", "permitted_by": "a", "valid_to": "2027-01-01T00:00:00Z"}]}'
    endless = '{"assignments": [{"kind": "quality", "person": "a", "organisation": "o", "permitted_by": "b"}]}'
    for text, place in ((own, "assignments.0"), (endless, "assignments.0.valid_to")):
        with pytest.raises(InvalidContentError) as refused:
            read_directory_file(text)
        assert [fault.path for fault in refused.value.faults] == [place]


async def test_the_standing_of_a_recipient_is_a_fact_too(world: World) -> None:
    async with world.service.database.snapshot() as snapshot:
        known = await facts.load(
            snapshot,
            pid=CitizenKey(5),
            requester=Requester(function=Function.HOSPITAL_TREATMENT, person=PERSONAS["surgeon"].person),
            recipient=Requester(function=Function.GENERAL_PRACTICE, person=PERSONAS["gp"].person),
            at_us=1,
        )
    assert {standing.person for standing in known.standings} == {PERSONAS["surgeon"].person, PERSONAS["gp"].person}
