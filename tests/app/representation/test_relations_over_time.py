"""When a relation of treatment begins and ends, by what was written and by what was told late; the log stays as it was."""

import copy
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from acting import JSON, Person, about, as_citizen, citizen, day, sees, sor
from served import World, resources_in

from app.demo.organisations import ORGANISATIONS
from app.runtime import from_us, now, now_us
from app.store import citizens, relations
from schemas.terminology import systems
from tests.app.bridge.bridge_builders import LPR3, message

CREATED, OK = 201, 200
LUNG = ORGANISATIONS["lung-ward"].sor


def stay(number: tuple[str, str], *, begun: int, ended: int | None = None, **more: Any) -> JSON:
    return {
        "resourceType": "Encounter",
        "status": "in-progress" if ended is None else "finished",
        "class": {"system": systems.ACT_CODE, "code": "IMP"},
        "subject": about(number),
        "period": {"start": day(begun)} | ({} if ended is None else {"end": day(ended)}),
        "serviceProvider": sor("lung-ward"),
        **more,
    }


def appointment(number: tuple[str, str], *, in_days: int, **more: Any) -> JSON:
    return {
        "resourceType": "Appointment",
        "status": "booked",
        "start": day(in_days),
        "end": day(in_days),
        "participant": [{"actor": about(number), "status": "accepted"}],
        **more,
    }


def referral(number: tuple[str, str], *, to: str = "lung-ward", **more: Any) -> JSON:
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "subject": about(number),
        "authoredOn": day(-3),
        "code": {"text": "henvisning"},
        "performer": [sor(to)],
        **more,
    }


def nursing(number: tuple[str, str], **more: Any) -> JSON:
    code = {"system": systems.FSIII, "code": "G1.32"}
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "subject": about(number),
        "period": {"start": day(-100)},
        "activity": [{"detail": {"status": "in-progress", "code": {"coding": [code]}}}],
        **more,
    }


async def _write(world: World, by: str, resource: JSON) -> JSON:
    answer = await world.as_(by).post(f"/{resource['resourceType']}", json=resource)
    assert answer.status_code == CREATED, answer.text
    return dict(answer.json())


async def _change(world: World, by: str, stored: JSON, **changes: Any) -> None:
    answer = await world.as_(by).put(f"/{stored['resourceType']}/{stored['id']}", json={**stored, **changes})
    assert answer.status_code == OK, answer.text


async def test_a_stay_is_evidence_until_three_days_after_it_and_none_when_it_was_an_error(world: World) -> None:
    for begun, ended, is_open in ((-5, None, True), (-9, -2, True), (-9, -4, False), (2, None, False)):
        person = await citizen(world)
        assert not await sees(world.as_("lung-doctor"), person)
        await _write(world, "hospital-system", stay(person.number, begun=begun, ended=ended))
        assert await sees(world.as_("lung-doctor"), person) is is_open, (begun, ended)
        assert not await sees(world.as_("heart-doctor"), person), "the ward next door has no relation"
    person = await citizen(world)
    stored = await _write(world, "hospital-system", stay(person.number, begun=-5))
    assert await sees(world.as_("lung-doctor"), person)
    await _change(world, "hospital-system", stored, status="entered-in-error")
    assert not await sees(world.as_("lung-doctor"), person)


async def test_an_appointment_is_evidence_around_its_time(world: World) -> None:
    for in_days, is_open in ((20, False), (10, True), (-2, True), (-4, False)):
        person = await citizen(world)
        stored = await _write(world, "hospital-system", appointment(person.number, in_days=in_days))
        assert await sees(world.as_("hospital-doctor"), person) is is_open, in_days
        await _change(world, "hospital-system", stored, status="cancelled")
        assert not await sees(world.as_("hospital-doctor"), person)


async def test_a_municipal_service_is_evidence_until_it_ends(world: World) -> None:
    person = await citizen(world)
    stored = await _write(world, "municipality-system", nursing(person.number))
    assert await sees(world.as_("home-nurse"), person)
    ended = {"start": day(-100), "end": day(-1)}
    await _change(world, "municipality-system", stored, period=ended)
    assert not await sees(world.as_("home-nurse"), person)
    await _change(world, "municipality-system", stored, status="completed")
    assert not await sees(world.as_("home-nurse"), person)


async def test_a_referral_is_evidence_for_its_receiver_until_it_is_answered_or_taken_back(world: World) -> None:
    person = await citizen(world)
    stored = await _write(world, "gp-system", referral(person.number))
    assert await sees(world.as_("lung-doctor"), person)
    await _change(world, "gp-system", stored, status="revoked")
    assert not await sees(world.as_("lung-doctor"), person)


def _answers(number: tuple[str, str], to: str) -> dict[str, JSON]:
    request = {"reference": f"ServiceRequest/{to}"}
    return {
        "report": {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "code": {"text": "svar på henvisning"},
            "subject": about(number),
            "effectiveDateTime": day(-1),
            "issued": day(0),
            "basedOn": [request],
        },
        "procedure": {
            "resourceType": "Procedure",
            "status": "completed",
            "code": {"text": "undersøgelse"},
            "subject": about(number),
            "performedDateTime": day(-1),
            "basedOn": [request],
        },
        "contact": {**stay(number, begun=-2, ended=-1), "basedOn": [request], "serviceProvider": sor("heart-ward")},
    }


async def test_the_receivers_answer_ends_the_referral_three_days_later(world: World) -> None:
    """The receiver has three days to write up; an answer of somebody else ends nothing, and none makes it longer."""
    for kind in ("report", "procedure", "contact"):
        person = await citizen(world)
        stored = await _write(world, "gp-system", referral(person.number))
        ends = await _end_of_referral(world, person, stored["id"])
        await _write(world, "gp-system", _answers(person.number, stored["id"])["report"])
        assert await _end_of_referral(world, person, stored["id"]) == ends
        await _write(world, "hospital-system", _answers(person.number, stored["id"])[kind])
        answered = await _end_of_referral(world, person, stored["id"])
        assert answered - now() < timedelta(days=3, minutes=1), kind
        assert await sees(world.as_("lung-doctor"), person)


async def test_an_answer_does_not_revive_a_referral_that_is_over(world: World) -> None:
    person = await citizen(world)
    over = referral(person.number, occurrencePeriod={"start": day(-90), "end": day(-30)})
    stored = await _write(world, "gp-system", over)
    assert not await sees(world.as_("lung-doctor"), person)
    await _write(world, "hospital-system", _answers(person.number, stored["id"])["report"])
    assert not await sees(world.as_("lung-doctor"), person)


async def _end_of_referral(world: World, person: Person, id_: str) -> datetime:
    async with world.service.database.snapshot() as snapshot:
        pid = await citizens.find_pid(snapshot, *person.number, at_us=now_us())
        assert pid is not None
        found = await relations.of_sources(snapshot, pid, [f"ServiceRequest/{id_}"])
    (row,) = found
    return from_us(row.stop_us)


def _told(person: Person, code: str, **how: Any) -> JSON:
    made = copy.deepcopy(message(code, sender=LUNG, provider=LUNG, **how))
    for entry in made["entry"]:
        if entry["resource"]["resourceType"] == "Patient":
            entry["resource"]["identifier"] = [{"system": person.number[0], "value": person.number[1]}]
            entry["resource"].pop("name", None)
    return made


async def _tell(world: World, body: JSON) -> None:
    answer = await world.as_("hospital-system").post("/$process-message", json=body)
    assert answer.status_code == OK, answer.text
    assert answer.json()["entry"][0]["resource"]["response"]["code"] == "ok", answer.text


async def _log_of(world: World, person: Person) -> list[str]:
    found = await as_citizen(world, person.number).get(
        "/AuditEvent", params={"patient": f"Patient/{person.patient}", "_count": "100"}
    )
    return [one["id"] for one in resources_in(found)]


async def test_a_cancelled_admission_was_none_and_the_log_still_says_who_looked(world: World) -> None:
    person, at = await citizen(world), now() - timedelta(hours=30)
    how = {"start": at, "episodes": ((LPR3, f"urn:uuid:{_uuid()}"),)}
    first = _uuid()
    await _tell(world, _told(person, "STIN", occurred=at, id=first, bundle_id=_uuid(), **how))
    assert await sees(world.as_("lung-doctor"), person)
    before = await _log_of(world, person)
    later = at + timedelta(hours=1)
    await _tell(world, _told(person, "AN_STIN", occurred=later, id=_uuid(), bundle_id=_uuid(), follows=first, **how))
    assert not await sees(world.as_("lung-doctor"), person)
    after = await _log_of(world, person)
    assert set(before) < set(after)


async def test_a_discharge_that_is_told_late_ends_the_relation_in_the_past(world: World) -> None:
    person, at = await citizen(world), now() - timedelta(days=12)
    how = {"start": at, "episodes": ((LPR3, f"urn:uuid:{_uuid()}"),)}
    first = _uuid()
    await _tell(world, _told(person, "STIN", occurred=at, id=first, bundle_id=_uuid(), **how))
    assert await sees(world.as_("lung-doctor"), person)
    before = await _log_of(world, person)
    out = at + timedelta(days=5)
    await _tell(
        world, _told(person, "SLHJ", occurred=out, end=out, id=_uuid(), bundle_id=_uuid(), follows=first, **how)
    )
    assert not await sees(world.as_("lung-doctor"), person)
    assert set(before) < set(await _log_of(world, person))


async def test_a_discharge_that_is_taken_back_was_none(world: World) -> None:
    person, at = await citizen(world), now() - timedelta(days=12)
    how = {"start": at, "episodes": ((LPR3, f"urn:uuid:{_uuid()}"),)}
    first, second = _uuid(), _uuid()
    await _tell(world, _told(person, "STIN", occurred=at, id=first, bundle_id=_uuid(), **how))
    out = at + timedelta(days=5)
    await _tell(world, _told(person, "SLHJ", occurred=out, end=out, id=second, bundle_id=_uuid(), follows=first, **how))
    assert not await sees(world.as_("lung-doctor"), person)
    back = out + timedelta(hours=1)
    await _tell(world, _told(person, "AN_SLHJ", occurred=back, id=_uuid(), bundle_id=_uuid(), follows=second, **how))
    assert await sees(world.as_("lung-doctor"), person)


async def test_a_visitation_of_home_care_alone_opens_nothing_for_anybody(world: World) -> None:
    person = await citizen(world)
    code = {"system": systems.FSIII, "code": "H1"}
    help_ = nursing(person.number, activity=[{"detail": {"status": "in-progress", "code": {"coding": [code]}}}])
    await _write(world, "municipality-system", help_)
    for who in ("home-nurse", "home-carer", "caseworker", "acute-nurse"):
        answer = await world.as_(who).get(f"/Condition/{person.condition}")
        assert answer.status_code in {403, 404}, who


async def test_what_a_beneficiary_wrote_is_called_weak_and_shown_to_the_citizen(world: World) -> None:
    person = await citizen(world)
    stored = await _write(world, "lung-doctor", stay(person.number, begun=-1))
    assert await sees(world.as_("lung-doctor"), person)
    own = as_citizen(world, person.number)
    assert (await own.get(f"/Encounter/{stored['id']}")).status_code == OK


def _uuid() -> str:
    return str(uuid4())
