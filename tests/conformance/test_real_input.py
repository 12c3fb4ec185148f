"""The 14 official HospitalNotification messages through HTTP: acknowledgement, stay, evidence, notices."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from real_world import BED_UNIT, BRUNO, CORPUS, HEART_WARD, NOTIFICATIONS, Real, register
from served import World, resources_in

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not there")

# What each message, sent alone, leaves: status and class of the stay, whether the hospital may look up afterwards.
ALONE = {
    "a5e5b880": ("in-progress", "IMP", True),  # STIN
    "bfab3e80": ("in-progress", "IMP", True),  # RE_STIN
    "c83671a4": ("entered-in-error", "IMP", False),  # AN_STIN
    "d3128d9b": ("onleave", "IMP", True),  # STOR
    "e94de8ee": ("in-progress", "IMP", True),  # SLOR
    "f4aa42a4": ("finished", "IMP", False),  # SLHJ
    "g099bbf3": ("finished", "IMP", True),  # MORS: a notice of death alone closes nothing
    "h1c8e4a8": ("in-progress", "EMER", True),  # STAA
    "i3c2c3c0": ("in-progress", "EMER", True),  # RE_STAA
    "j1f8b295": ("entered-in-error", "EMER", False),  # AN_STAA
    "kcab461b": ("finished", "EMER", False),  # SLHJ
    "ld31e08a": ("finished", "EMER", True),  # MORS
    "m908i967": ("in-progress", "IMP", True),  # STIN to a unit of the sender
    "n73ccf30": ("in-progress", "IMP", True),  # STIN
}
STAY = ("a5e5b880", "bfab3e80", "d3128d9b", "e94de8ee", "f4aa42a4")
"""One stay from admission to discharge."""


def named(prefix: str) -> Path:
    return next(file for file in NOTIFICATIONS if file.name.startswith(f"Bundle-{prefix}"))


def read(prefix: str) -> bytes:
    return named(prefix).read_bytes()


def messages() -> list[bytes]:
    return [file.read_bytes() for file in NOTIFICATIONS]


def acknowledged(answer: httpx2.Response) -> str:
    """Return the code of an acknowledgement that names the message it answers."""
    message = answer.json()
    assert (message["resourceType"], message["type"]) == ("Bundle", "message"), answer.text
    header = message["entry"][0]["resource"]
    assert header["resourceType"] == "MessageHeader"
    assert header["eventCoding"]["code"] == "acknowledgement-message"
    code = header["response"]["code"]
    assert answer.status_code == {"ok": 200, "fatal-error": 422, "transient-error": 503}[code]
    return str(code)


@pytest.fixture
async def real(own_world: World) -> Real:
    return await register(own_world)


def seen(encounter: dict[str, Any]) -> dict[str, Any]:
    """Return what an Encounter says, apart from what every stored one has of its own."""
    return {key: value for key, value in encounter.items() if key not in {"id", "meta", "subject"}}


def test_all_official_messages_are_expected() -> None:
    assert {file.name[7:15] for file in NOTIFICATIONS} == set(ALONE)


@pytest.mark.parametrize("prefix", ALONE)
async def test_an_official_message_alone_is_acknowledged_and_becomes_a_stay(real: Real, prefix: str) -> None:
    status, class_, treats = ALONE[prefix]
    assert not await real.may_look_up()
    answer = await real.send(read(prefix))
    assert acknowledged(answer) == "ok"
    sent = json.loads(read(prefix))
    assert answer.json()["entry"][0]["resource"]["response"]["identifier"] in {
        sent["id"],
        sent["entry"][0]["resource"]["id"],
    }
    (encounter,) = await real.encounters()
    assert (encounter["status"], encounter["class"]["code"]) == (status, class_)
    assert await real.may_look_up() == treats


async def test_one_official_stay_goes_from_admission_through_leave_to_discharge(real: Real) -> None:
    followed = []
    for prefix in STAY:
        assert acknowledged(await real.send(read(prefix))) == "ok"
        (encounter,) = await real.encounters()
        followed.append((encounter["status"], await real.may_look_up()))
    assert followed == [
        ("in-progress", True),
        ("in-progress", True),
        ("onleave", True),
        ("in-progress", True),
        ("finished", False),
    ]
    assert encounter["period"] == {"start": "2022-12-07T13:00:00+02:00", "end": "2022-12-18T09:45:30+02:00"}
    assert encounter["serviceProvider"]["identifier"]["value"] == HEART_WARD
    assert encounter["meta"]["versionId"] == "5"


@pytest.mark.parametrize("order", [(4, 3, 2, 1, 0), (2, 0, 4, 1, 3), (1, 4, 0, 3, 2), (3, 2, 1, 0, 4), (0, 4, 2, 3, 1)])
async def test_the_order_of_arrival_never_matters(own_world: World, real: Real, order: tuple[int, ...]) -> None:
    for place in order:
        assert acknowledged(await real.send(read(STAY[place]))) == "ok"
    (encounter,) = await real.encounters()
    assert encounter["status"] == "finished"
    assert encounter["period"] == {"start": "2022-12-07T13:00:00+02:00", "end": "2022-12-18T09:45:30+02:00"}
    assert not await real.may_look_up()


async def test_a_repeat_gets_the_same_answer_and_changes_nothing(own_world: World, real: Real) -> None:
    for prefix in STAY:
        first = await real.send(read(prefix))
        before = (await own_world.change(BRUNO), await own_world.row_counts(), await real.encounters())
        again = await real.send(read(prefix))
        assert again.content == first.content
        assert (await own_world.change(BRUNO), await own_world.row_counts(), await real.encounters()) == before


async def test_repeats_of_every_message_in_any_order_leave_the_stays_as_they_were(own_world: World, real: Real) -> None:
    for raw in messages():
        await real.send(raw)
    stays = [seen(one) for one in await real.encounters()]
    change = await own_world.change(BRUNO)
    for raw in reversed(messages()):
        assert acknowledged(await real.send(raw)) == "ok"
    assert [seen(one) for one in await real.encounters()] == stays
    assert await own_world.change(BRUNO) == change


async def test_a_cancelled_admission_ends_the_evidence(real: Real) -> None:
    await real.send(read("a5e5b880"))
    assert await real.may_look_up()
    await real.send(read("c83671a4"))
    assert not await real.may_look_up()
    (encounter,) = await real.encounters()
    assert encounter["status"] == "entered-in-error"


async def test_a_notice_of_death_is_shown_as_reported_and_closes_nothing(real: Real) -> None:
    for prefix in ("m908i967", "a5e5b880", "g099bbf3"):
        assert acknowledged(await real.send(read(prefix))) == "ok"
    by_status = {one["status"]: one for one in await real.encounters()}
    assert set(by_status) == {"in-progress", "finished"}
    assert by_status["finished"]["extension"][0]["url"].endswith("/death-reported")
    assert "extension" not in by_status["in-progress"]
    assert await real.may_look_up()
    patient = resources_in(await real.citizen.post("/Patient/_search", data={"identifier": "|".join(BRUNO)}))[0]
    assert patient.get("deceasedBoolean") is not True, "death is the register's to tell"


async def test_the_provider_may_be_a_unit_of_the_sender(real: Real) -> None:
    await real.send(read("m908i967"))
    (encounter,) = await real.encounters()
    assert encounter["serviceProvider"]["identifier"]["value"] == BED_UNIT


async def test_provenance_tells_what_the_stay_rests_on(real: Real) -> None:
    await real.send(read("a5e5b880"))
    (encounter,) = await real.encounters()
    found = resources_in(
        await real.doctor.post(
            "/Provenance/_search",
            data={"patient.identifier": "|".join(BRUNO), "target": f"Encounter/{encounter['id']}"},
        )
    )
    assert [one["resourceType"] for one in found] == ["Provenance"]
    assert "admit-inpatient" in json.dumps(found)


async def test_the_municipality_that_serves_him_is_told_in_order_and_no_other(own_world: World, real: Real) -> None:
    for prefix in STAY:
        await real.send(read(prefix))
    told = resources_in(await real.municipality.get("/$notices"))
    topics = [part["valueCode"] for one in told for part in one["parameter"] if part["name"] == "topic"]
    assert [topic for topic in topics if topic != "report-of-admission-wanted"] == [
        "admitted",
        "stay-changed",
        "leave-started",
        "leave-ended",
        "discharged",
    ]
    assert BRUNO[1] not in json.dumps(told)
    assert resources_in(await own_world.as_("municipality-system-b").get("/$notices")) == []


# Refused.


async def test_a_message_from_somebody_else_is_refused_and_leaves_no_state(own_world: World, real: Real) -> None:
    before = await own_world.row_counts()
    for other in ("hospital-system", "municipality-system", "gp-system"):
        for raw in messages()[:2]:
            answer = await own_world.as_(other).post("/$process-message", content=raw)
            assert acknowledged(answer) == "fatal-error"
            details = answer.json()["entry"][0]["resource"]["response"]
            assert details["code"] == "fatal-error"
            assert "OperationOutcome" in answer.text
            assert BRUNO[1] not in answer.text
    assert await own_world.row_counts() == before
    assert await real.encounters() == []


def _broken() -> dict[str, bytes]:
    if not CORPUS.is_dir():  # asked for while tests are collected, before any is skipped
        return {}
    raw = read("a5e5b880")
    message = json.loads(raw)

    def changed(edit: Any) -> bytes:
        copy = json.loads(raw)
        edit({entry["resource"]["resourceType"]: entry["resource"] for entry in copy["entry"]}, copy)
        return json.dumps(copy).encode()

    return {
        "no episode": changed(lambda of, _: of["Encounter"].pop("episodeOfCare")),
        "no provider": changed(lambda of, _: of["Encounter"].pop("serviceProvider")),
        "no citizen's number": changed(lambda of, _: of["Patient"].pop("identifier")),
        "a status that contradicts the activity": changed(lambda of, _: of["Encounter"].update(status="finished")),
        "an unknown activity": changed(lambda of, _: of["Provenance"]["activity"]["coding"][0].update(code="dance")),
        "an unknown event": changed(lambda of, _: of["MessageHeader"]["eventCoding"].update(code="care-communication-message")),
        "a time in the future": changed(lambda of, _: of["Provenance"].update(occurredDateTime="2999-01-01T00:00:00Z")),
        "a day that is none": changed(lambda of, _: of["Encounter"]["period"].update(start="2022-02-30T00:00:00Z")),
        "an unknown element": changed(lambda of, _: of["Encounter"].update(mood="good")),
        "no Encounter": changed(lambda _, copy: copy["entry"].__delitem__(slice(2, 3))),
        "no header": changed(lambda _, copy: copy["entry"].__delitem__(slice(0, 1))),
        "no entries": changed(lambda _, copy: copy["entry"].clear()),
        "another kind of Bundle": json.dumps({**message, "type": "collection"}).encode(),
    }  # fmt: skip


@pytest.mark.parametrize("name", _broken())
async def test_a_malformed_message_gets_a_clear_fatal_acknowledgement_and_no_state(
    own_world: World, real: Real, name: str
) -> None:
    before = await own_world.row_counts()
    answer = await real.send(_broken()[name])
    assert acknowledged(answer) == "fatal-error"
    outcomes = resources_of(answer, "OperationOutcome")
    assert outcomes
    assert all(issue["details"]["text"] for outcome in outcomes for issue in outcome["issue"])
    assert all(issue["expression"] for outcome in outcomes for issue in outcome["issue"])
    assert await own_world.row_counts() == before
    assert await real.encounters() == []


def resources_of(answer: httpx2.Response, type_: str) -> list[dict[str, Any]]:
    found = [entry["resource"] for entry in answer.json()["entry"]]
    contained = [inner for one in found for inner in one.get("contained", [])]
    return [one for one in (*found, *contained) if one["resourceType"] == type_]


async def test_what_is_no_message_at_all_is_400(real: Real) -> None:
    assert acknowledged(await real.send(b'{"resourceType":"Patient","active":true}')) == "fatal-error"
    for raw in (b"", b"{", b"[]", b"null", b"{}", b'{"resourceType":"Patient","active":1}', b"\xff"):
        answer = await real.send(raw)
        assert answer.status_code == 400, (raw, answer.text)
        assert answer.json()["resourceType"] == "OperationOutcome"
