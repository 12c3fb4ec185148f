"""HospitalNotifications that an attacker with a valid client sends: they gain their author nothing, and write no state.

The hospital has told of Anna's stay in the lung ward. A second hospital, a municipality, a practice and a laboratory
send what they like about it.
"""

import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from leak_sweep import Kind, Way, check_shown, sweep, ways
from leak_world import ANNA, BO, CALLER_OF, HIDDEN, HOSPITAL, MUNICIPALITY, LeakWorld, told

from app.demo.organisations import ORGANISATIONS
from app.demo.personas import PERSONAS, Persona
from app.demo.run import persona_token
from app.runtime import from_us, now_us
from app.sharing import DirectoryFile, load_directory
from consent.model import OrganisationKey, PersonKey
from schemas.terminology import systems
from tests.app.bridge.bridge_builders import LPR3, message

JSON = dict[str, Any]
LUNG, WHOLE = ORGANISATIONS["lung-ward"].sor, ORGANISATIONS["hospital"].sor
OTHER, OTHER_WARD = "999900000999016", "999900000998015"
EPISODE = "urn:uuid:0b0f5d0a-8a57-4a7b-9d0c-8f6a3d2c1b00"
STRANGERS = (MUNICIPALITY, "municipality-system-b", "gp-system-4", "lab-system")


@dataclass(frozen=True, slots=True)
class Attacked:
    """The leak world with the second hospital in it, and what the first has told. `system` and `doctor` are tokens."""

    leaks: LeakWorld
    told_first: JSON
    at: datetime
    system: str
    doctor: str


def _about(citizen: tuple[str, str], body: JSON) -> JSON:
    """Return the message about a citizen of the leak world."""
    made = copy.deepcopy(body)
    for entry in made["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "Patient":
            resource["identifier"] = [{"system": citizen[0], "value": citizen[1]}]
            resource.pop("name", None)
    return made


def _told(at: datetime, code: str = "STIN", **changes: Any) -> JSON:
    own = {
        "occurred": at,
        "start": at,
        "sender": LUNG,
        "provider": LUNG,
        "episodes": ((LPR3, EPISODE),),
        "id": "4a5b2f1e-3f2c-4a3e-9b7f-0d3c5f9a1b01",
        "bundle_id": "4a5b2f1e-3f2c-4a3e-9b7f-0d3c5f9a1b02",
        **changes,
    }
    return _about(ANNA, message(code, **own))


@pytest.fixture
async def attacked(own_leaks: LeakWorld) -> Attacked:
    """The first hospital has told of a stay; the second is registered, and treats nobody here."""
    leaks = own_leaks
    at = from_us(now_us()) - timedelta(hours=2)
    file: JSON = {
        "organisations": [
            {
                "sor": OTHER,
                "name": "Sydkyst Hospital (syntetisk)",
                "kind": "hospital",
                "parent": ORGANISATIONS["region"].sor,
            },
            {"sor": OTHER_WARD, "name": "Sengeafsnit, Sydkyst Hospital", "kind": "unit", "parent": OTHER},
        ],
        "staff": [
            {
                "person": "X0D77",
                "name": "Overlæge Syd Testsen",
                "authorisation": "X0D77",
                "functions": ["hospital-treatment"],
                "organisations": [OTHER_WARD],
            }
        ],
        "clients": [
            {
                "id": "sydkyst-epj",
                "organisation": OTHER,
                "functions": ["system", "hospital-treatment"],
                "purposes": ["TREAT"],
                "types": ["*"],
            }
        ],
    }
    await load_directory(leaks.world.service.database, DirectoryFile.model_validate(file))
    first = _told(at)
    answer = await leaks.send(leaks.token(HOSPITAL), "POST", "/$process-message", json=first)
    assert answer.status == 200, answer.body
    system = _as(leaks, PERSONAS[HOSPITAL], key="syd-system", organisation=OrganisationKey(OTHER), person=None)
    doctor = _as(
        leaks, PERSONAS["lung-doctor"], organisation=OrganisationKey(OTHER_WARD), person=PersonKey("X0D77"),
        authorisation="X0D77", key="syd-doctor",
    )  # fmt: skip
    return Attacked(leaks, first, at, system, doctor)


def _as(leaks: LeakWorld, persona: Persona, **changes: Any) -> str:
    return persona_token(replace(persona, client="sydkyst-epj", **changes), leaks.world.issuer, at_us=now_us())


async def _state(leaks: LeakWorld) -> list[object]:
    """Return all that a message could move: rows, the stays as the nurse and the citizen see them, who was told what."""
    found: list[object] = [await leaks.world.row_counts()]
    for who in ("nurse", "citizen", "other-citizen"):
        citizen = BO if who == "other-citizen" else ANNA
        for type_ in ("Encounter", "Patient", "Provenance"):
            path = (
                f"/{type_}?patient={leaks.patients[citizen]}"
                if type_ != "Patient"
                else f"/Patient/{leaks.patients[citizen]}"
            )
            found.append(told(await leaks.ask(CALLER_OF[who], "GET", path)))
    listeners = (MUNICIPALITY, "municipality-system-b")
    return found + [told(await leaks.send(leaks.token(system), "GET", "/$notices")) for system in listeners]


def _everybody(attacked: Attacked) -> dict[str, str]:
    leaks = attacked.leaks
    return {key: leaks.token(key) for key in STRANGERS} | {
        "the second hospital": attacked.system,
        "its doctor": attacked.doctor,
        "the nurse": leaks.tokens["nurse"],
        "the citizen": leaks.tokens["citizen"],
        "nobody": "",
    }


CHANGES = ("STIN", "RE_STIN", "AN_STIN", "SLHJ", "AN_SLHJ", "STOR", "MORS", "AN_MORS")


def _later(attacked: Attacked, code: str, **changes: Any) -> JSON:
    """Return what the hospital itself could have told next."""
    own: JSON = {
        "occurred": attacked.at + timedelta(minutes=30),
        "start": attacked.at,
        "id": "4a5b2f1e-3f2c-4a3e-9b7f-0d3c5f9a1b11",
        "bundle_id": "4a5b2f1e-3f2c-4a3e-9b7f-0d3c5f9a1b12",
        "follows": "4a5b2f1e-3f2c-4a3e-9b7f-0d3c5f9a1b01",
        **changes,
    }
    if code.endswith(("STOR", "SLOR")):
        own["leave"] = (attacked.at + timedelta(minutes=20), None)
    return _told(attacked.at, code, **own)


@pytest.mark.parametrize("code", CHANGES)
async def test_nobody_speaks_in_the_hospitals_name(attacked: Attacked, code: str) -> None:
    """The sender is not the client: fatal, whatever it says, and nothing is moved."""
    leaks = attacked.leaks
    before = await _state(leaks)
    for name, token in _everybody(attacked).items():
        answer = await leaks.send(token, "POST", "/$process-message", json=_later(attacked, code))
        assert answer.status == (401 if name == "nobody" else 422), (name, answer.body)
    assert await _state(leaks) == before
    # The control: from the hospital itself the same message is taken.
    answer = await leaks.send(leaks.token(HOSPITAL), "POST", "/$process-message", json=_later(attacked, code))
    assert answer.status == 200, answer.body
    assert await _state(leaks) != before


OWN = {
    MUNICIPALITY: "municipality-a",
    "municipality-system-b": "municipality-b",
    "gp-system-4": "gp-4",
    "lab-system": "laboratory",
}


@pytest.mark.parametrize("code", ["STIN", "AN_STIN", "SLHJ", "MORS"])
async def test_nobody_speaks_of_a_stay_that_is_the_hospitals(attacked: Attacked, code: str) -> None:
    """The sender is the client, the service provider is not its own."""
    leaks = attacked.leaks
    before = await _state(leaks)
    for provider in (LUNG, WHOLE, ORGANISATIONS["emergency-ward"].sor):
        for token, own in [(attacked.system, OTHER)] + [
            (leaks.token(key), ORGANISATIONS[at].sor) for key, at in OWN.items()
        ]:
            body = _later(attacked, code, sender=own, provider=provider)
            answer = await leaks.send(token, "POST", "/$process-message", json=body)
            assert answer.status == 422, answer.body
    assert await _state(leaks) == before


@pytest.mark.parametrize("code", ["STIN", "SLHJ", "STAA", "MORS"])
async def test_who_is_no_hospital_has_no_stays(attacked: Attacked, code: str) -> None:
    """A municipality, a practice or a laboratory is nobody's hospital, though it is sender, provider and client in one."""
    leaks = attacked.leaks
    ids = [leaks.ids[one.key] for one in HIDDEN if one.citizen == ANNA and one.type == "Condition"]
    asked = ways(leaks.patients[ANNA], ANNA, ids)
    readers = [leaks.token(key) for key in ("home-nurse-b", "gp-4-doctor", "acute-nurse-b", "addiction-nurse-b")]
    seen_before = [await sweep(leaks, reader, asked) for reader in readers]
    before = await _state(leaks)
    for key, at in OWN.items():
        own = ORGANISATIONS[at].sor
        body = _later(attacked, code, sender=own, provider=own, follows=None)
        answer = await leaks.send(leaks.token(key), "POST", "/$process-message", json=body)
        assert answer.status == 422, (key, answer.body)
    assert await _state(leaks) == before
    assert [await sweep(leaks, reader, asked) for reader in readers] == seen_before


@pytest.mark.parametrize("code", ["RE_STIN", "AN_STIN", "AN_SLHJ", "SLHJ", "SLOR", "MORS", "AN_MORS"])
async def test_a_second_hospital_moves_no_stay_of_the_first(attacked: Attacked, code: str) -> None:
    """It names the first one's episode, Encounter and message; what it tells is its own, and closes nothing there."""
    leaks = attacked.leaks

    async def stays() -> list[object]:
        found = await leaks.ask(CALLER_OF["nurse"], "GET", f"/Encounter?patient={leaks.patients[ANNA]}")
        return [
            (one["id"], one["meta"], one["status"], one["period"])
            for one in (entry["resource"] for entry in found.json["entry"])
            if one["serviceProvider"].get("identifier", {}).get("value") == LUNG or LUNG in str(one["serviceProvider"])
        ]

    before = await stays()
    assert before
    # Documents show the second hospital's own stay, as they should.
    parts = {name: way for name, way in _asked(leaks).items() if way.kind is not Kind.DOCUMENT}
    before_that = await sweep(leaks, leaks.tokens["emergency"], parts)
    body = _later(attacked, code, sender=OTHER_WARD, provider=OTHER_WARD)
    answer = await leaks.send(attacked.system, "POST", "/$process-message", json=body)
    assert answer.status in {200, 422}, answer.body
    assert await stays() == before
    assert await sweep(leaks, leaks.tokens["emergency"], parts) == before_that
    patient = (await leaks.ask(CALLER_OF["nurse"], "GET", f"/Patient/{leaks.patients[ANNA]}")).json
    assert "deceasedBoolean" not in patient
    assert "deceasedDateTime" not in patient
    # Whoever corrects, cancels or ends what never was gains nothing.
    if code.startswith("AN_STIN"):
        await check_shown(leaks, attacked.doctor, _asked(leaks), [], basis=False)


def _asked(leaks: LeakWorld) -> dict[str, Way]:
    ids = [leaks.ids[one.key] for one in HIDDEN if one.citizen == ANNA and one.type == "Condition"]
    return ways(leaks.patients[ANNA], ANNA, ids)


async def test_what_the_hospital_tells_of_one_citizen_moves_no_other(attacked: Attacked) -> None:
    """Anna's episode, Encounter and message ids under Bo's number are Bo's stay, and not Anna's."""
    leaks = attacked.leaks
    path = f"/Encounter?patient={leaks.patients[ANNA]}"
    before = told(await leaks.ask(CALLER_OF["nurse"], "GET", path))
    notices = told(await leaks.send(leaks.token(MUNICIPALITY), "GET", "/$notices"))
    for code in ("AN_STIN", "SLHJ", "MORS"):
        body = _about(BO, _later(attacked, code))
        answer = await leaks.send(leaks.token(HOSPITAL), "POST", "/$process-message", json=body)
        assert answer.status in {200, 422}, answer.body
        assert told(await leaks.ask(CALLER_OF["nurse"], "GET", path)) == before, code
    assert told(await leaks.send(leaks.token(MUNICIPALITY), "GET", "/$notices")) == notices


async def test_a_message_that_is_sent_again_changes_nothing(attacked: Attacked) -> None:
    """By the hospital: the same answer, and no state. By another: refused. Under new ids: no state."""
    leaks = attacked.leaks
    before = await _state(leaks)
    first = await leaks.send(leaks.token(HOSPITAL), "POST", "/$process-message", json=attacked.told_first)
    again = await leaks.send(leaks.token(HOSPITAL), "POST", "/$process-message", json=attacked.told_first)
    assert (first.status, again.status) == (200, 200)
    assert first.body == again.body
    for token in (attacked.system, leaks.token(MUNICIPALITY)):
        assert (await leaks.send(token, "POST", "/$process-message", json=attacked.told_first)).status == 422
    assert await _state(leaks) == before


async def test_a_death_that_is_told_opens_and_closes_nothing(attacked: Attacked) -> None:
    """It is told, and not a fact: who could read still reads, who could not still does not."""
    leaks = attacked.leaks
    asked = _asked(leaks)
    keys = ("nurse", "gp", "citizen", "blocked", "unrelated", "system", "other-municipality")
    parts = {name: way for name, way in asked.items() if way.kind is not Kind.DOCUMENT}
    before = {key: await sweep(leaks, leaks.tokens[key], parts) for key in keys}
    answer = await leaks.send(leaks.token(HOSPITAL), "POST", "/$process-message", json=_later(attacked, "MORS"))
    assert answer.status == 200, answer.body
    assert {key: await sweep(leaks, leaks.tokens[key], parts) for key in keys} == before


async def test_no_acknowledgement_tells_whether_the_citizen_is_known(attacked: Attacked) -> None:
    leaks = attacked.leaks
    told_of = []
    for citizen in (ANNA, BO, (systems.X_ECPR, "0101901QQ1")):
        body = _about(citizen, _later(attacked, "STIN"))
        for name, token in _everybody(attacked).items():
            if name != "nobody":
                answer = await leaks.send(token, "POST", "/$process-message", json=body)
                told_of.append((name, told(answer, made=True)))
                assert citizen[1].encode() not in answer.body
    for name in _everybody(attacked):
        assert len({one for who, one in told_of if who == name}) <= 1, name
