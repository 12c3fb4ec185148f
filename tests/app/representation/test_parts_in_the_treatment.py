"""Who took part in the treatment may evaluate the own effort; who says so of herself may not."""

from acting import about, citizen, condition, day, sees, sor
from served import World

from app.demo.personas import PERSONAS
from schemas.terminology import systems

CREATED, OK = 201, 200
SURGEON = "surgeon"


def procedure(number, *, by: str = SURGEON, days: int = -10, **more):
    return {
        "resourceType": "Procedure",
        "status": "completed",
        "code": {"coding": [{"system": systems.SKS, "code": "KNFB20"}]},
        "subject": about(number),
        "performedPeriod": {"start": day(days), "end": day(days)},
        "performer": [{"actor": PERSONAS[by].reference()}],
        **more,
    }


def encounter(number, *, by: str = SURGEON, days: int = -10, **more):
    return {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": systems.ACT_CODE, "code": "IMP"},
        "subject": about(number),
        "period": {"start": day(days), "end": day(days)},
        "participant": [{"individual": PERSONAS[by].reference()}],
        **more,
    }


def evaluating(world: World, who: str = SURGEON):
    return world.as_(who, purposes=["HQUALIMP"])


async def _written(world: World, resource, *, by: str = "hospital-system") -> str:
    answer = await world.as_(by).post(f"/{resource['resourceType']}", json=resource)
    assert answer.status_code == CREATED, answer.text
    return str(answer.json()["id"])


async def test_a_surgeon_evaluates_what_the_hospital_says_that_she_did(world: World) -> None:
    for written in (procedure, encounter):
        patient = await citizen(world)
        assert not await sees(evaluating(world), patient)
        await _written(world, written(patient.number))
        assert await sees(evaluating(world), patient)
        # It is no relation of treatment, it is nobody else's, and a colleague's log-in does not profit by it.
        assert not await sees(world.as_(SURGEON), patient)
        assert not await sees(evaluating(world, "heart-doctor"), patient)


async def test_the_part_is_over_after_half_a_year(world: World) -> None:
    patient = await citizen(world)
    await _written(world, procedure(patient.number, days=-181))
    assert not await sees(evaluating(world), patient)
    await _written(world, procedure(patient.number, days=-179))
    assert await sees(evaluating(world), patient)


async def test_who_writes_that_she_took_part_gains_nothing(world: World) -> None:
    patient = await citizen(world)
    for resource in (procedure(patient.number), encounter(patient.number), condition(patient.number)):
        await _written(world, resource, by=SURGEON)
    assert not await sees(evaluating(world), patient)
    # Nor through the assistant who writes for her, nor with her unit beside her name.
    for resource in (
        procedure(patient.number, by="gp"),
        encounter(patient.number, by="gp", serviceProvider=sor("gp-2")),
    ):
        await _written(world, resource, by="gp-secretary")
    other = await citizen(world, gp="gp-2")
    for resource in (procedure(other.number, by="gp"), encounter(other.number, by="gp")):
        await _written(world, resource, by="gp-secretary")
    assert not await sees(evaluating(world, "gp"), other)


async def test_a_part_that_was_written_in_error_or_taken_back_is_none(world: World) -> None:
    patient = await citizen(world)
    surgery = procedure(patient.number)
    id_ = await _written(world, surgery)
    assert await sees(evaluating(world), patient)
    answer = await world.as_("hospital-system").put(
        f"/Procedure/{id_}", json={**surgery, "id": id_, "status": "entered-in-error"}
    )
    assert answer.status_code == OK, answer.text
    assert not await sees(evaluating(world), patient)
    contact = await _written(world, encounter(patient.number))
    assert await sees(evaluating(world), patient)
    assert (await world.as_("hospital-system").delete(f"/Encounter/{contact}")).status_code == 204
    assert not await sees(evaluating(world), patient)


async def test_what_is_planned_or_lies_ahead_is_no_part(world: World) -> None:
    patient = await citizen(world)
    await _written(world, procedure(patient.number, status="preparation"))
    await _written(world, procedure(patient.number, days=3))
    await _written(world, encounter(patient.number, status="planned", days=3))
    assert not await sees(evaluating(world), patient)


async def test_a_profession_that_the_law_does_not_name_evaluates_nothing(world: World) -> None:
    patient = await citizen(world)
    await _written(world, procedure(patient.number, by="home-carer-b"))
    assert not await sees(world.as_("home-carer-b", purposes=["HQUALIMP"]), patient)
