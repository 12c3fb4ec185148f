"""A holder discloses to a named recipient: each rule reached over HTTP, and what stays closed whoever discloses."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from acting import (
    JSON,
    Person,
    about,
    acting,
    as_citizen,
    citizen,
    condition,
    consent,
    day,
    new_number,
    purpose,
    recipient,
    sor,
)
from served import Identifier, World, issues, resources_in

from app import audit
from app.demo.organisations import ORGANISATIONS
from app.demo.personas import HOSPITAL, PERSONAS
from app.demo.run import persona_token
from app.runtime import now, now_us
from app.sharing import load_directory, read_directory_file
from app.store import audits, directory, disclosures, outbox, relations
from app.store.citizens import find_pid
from app.store.disclosures import Disclosure
from app.store.job import Job
from app.store.outbox import Notice
from consent.model import (
    CitizenKey,
    Delegation,
    OrganisationKey,
    Participation,
    Period,
    PersonKey,
    Relation,
    Representation,
    Requester,
)
from consent.vocabulary import Evidence, Function, Purpose, RelationKind, RepresentationKind
from schemas.homes import HOME_OF
from schemas.terminology import systems

OK, CREATED, NO_CONTENT, FORBIDDEN, NOT_FOUND, INVALID = 200, 201, 204, 403, 404, 422
UNKNOWN: Identifier = (systems.X_ECPR, "0101901QQ1")


def asked(who: Identifier, to: str | None, *, by_name: bool = False, **what: Any) -> JSON:
    """Return what `$disclose` takes: to a persona's unit, or to her by name. Lists are repeated."""
    parts: list[JSON] = [{"name": "identifier", "valueIdentifier": {"system": who[0], "value": who[1]}}]
    if to is not None:
        persona = PERSONAS[to]
        parts += [
            {"name": "function", "valueCode": persona.function.value},
            {"name": "organisation", "valueIdentifier": {"system": systems.SOR, "value": persona.organisation}},
        ]
        if by_name:
            system = systems.AUTHORISATION if persona.authorisation else systems.PERSON_KEY
            parts.append({"name": "person", "valueIdentifier": {"system": system, "value": persona.person}})
    for name, values in what.items():
        for value in values if isinstance(values, list) else [values]:
            kind = (
                "valueIdentifier" if isinstance(value, dict) else "valueCode" if name == "category" else "valueString"
            )
            parts.append({"name": name, kind: value})
    return {"resourceType": "Parameters", "parameter": parts}


async def disclose(
    world: World, who: str, person: Person | Identifier, to: str | None, *, purposes: tuple[str, ...] = (), **what: Any
) -> httpx2.Response:
    """Disclose as a persona."""
    number = person.number if isinstance(person, Person) else person
    return await world.as_(who, purposes=purposes).post("/Patient/$disclose", json=asked(number, to, **what))


async def inbox(client: httpx2.AsyncClient) -> list[str]:
    """Return where what was disclosed to the caller is opened, oldest first."""
    found = []
    for notice in resources_in(await client.get("/$notices")):
        parts = {part["name"]: part for part in notice["parameter"]}
        if parts["topic"].get("valueCode") == "disclosed" and "received" in parts:
            found.append(parts["received"]["valueUrl"].partition("/fhir")[2])
    return found


async def opened(client: httpx2.AsyncClient, url: str) -> list[JSON] | None:
    """Return what is opened there, None for nothing."""
    answer = await client.get(url)
    assert answer.status_code in {OK, NOT_FOUND}, answer.text
    return resources_in(answer) if answer.status_code == OK else None


async def written_by(world: World, who: str, resource: JSON) -> str:
    answer = await world.as_(who).post(f"/{resource['resourceType']}", json=resource)
    assert answer.status_code == CREATED, answer.text
    return f"{resource['resourceType']}/{answer.json()['id']}"


async def key_of(world: World, number: Identifier) -> int:
    async with world.service.database.snapshot() as snapshot:
        pid = await find_pid(snapshot, *number, at_us=now_us())
    assert pid is not None
    return pid


async def blocked(world: World, person: Person, **provision: Any) -> str:
    answer = await as_citizen(world, person.number).post(
        "/Consent", json=consent(person.number, {"type": "deny", **provision})
    )
    assert answer.status_code == CREATED, answer.text
    return f"/Consent/{answer.json()['id']}"


async def rules_of(world: World, person: Person, word: str) -> list[set[str]]:
    """Return the rules of each record in the citizen's log that names this."""
    log = await as_citizen(world, person.number).get(
        "/AuditEvent", params={"patient.identifier": "|".join(person.number), "_count": "100"}
    )
    return [
        {policy.rpartition("/")[2] for agent in event["agent"] for policy in agent.get("policy", ())}
        for event in resources_in(log)
        if word in json.dumps(event)
    ]


async def test_a_gp_hands_her_own_record_on_to_a_home_nurse_who_may_not_look_it_up(world: World) -> None:
    person = await citizen(world)
    record = await written_by(world, "gp", condition(person.number))
    nurse, gp = world.as_("home-nurse-b"), world.as_("gp")
    before = await inbox(nurse)
    assert (await nurse.get(f"/{record}")).status_code == NOT_FOUND
    answer = await disclose(world, "gp", person, "home-nurse-b", by_name=True, record=record)
    assert answer.status_code == OK, answer.text
    told = {part["name"]: part for part in answer.json()["parameter"]}
    assert set(told) == {"disclosure", "until"}
    assert told["until"]["valueInstant"].startswith(f"{now() + timedelta(days=30):%Y-%m-%d}")
    (url,) = [one for one in await inbox(nurse) if one not in before]
    assert url.endswith(told["disclosure"]["valueId"])
    assert [one["id"] for one in await opened(nurse, url) or ()] == [record.partition("/")[2]]
    # A disclosure is no look-up: neither this record nor any other is open by the front door.
    for place in (record, f"Condition/{person.condition}"):
        assert (await nurse.get(f"/{place}")).status_code == NOT_FOUND
    for other in ("home-nurse", "home-carer-b", "municipality-system-b", "hospital-doctor", "gp", "dpo", "parent"):
        assert url not in await inbox(world.as_(other))
        assert (await world.as_(other).get(url)).status_code == NOT_FOUND
    # The version that was disclosed, whatever it becomes; and not what is taken back.
    first = (await opened(nurse, url) or [])[0]
    changed = {**condition(person.number), "id": first["id"], "clinicalStatus": first["clinicalStatus"],
               "onsetDateTime": "2025-05-05"}  # fmt: skip
    assert (await gp.put(f"/{record}", json=changed)).status_code == OK
    assert await opened(nurse, url) == [first]
    assert (await gp.delete(f"/{record}")).status_code == NO_CONTENT
    assert await opened(nurse, url) is None
    assert url not in await inbox(nurse)


async def test_the_citizen_is_told_and_both_ends_are_in_her_log(world: World) -> None:
    person = await citizen(world)
    record = await written_by(world, "gp", condition(person.number))
    assert (await disclose(world, "gp", person, "home-nurse-b", record=record)).status_code == FORBIDDEN  # no relation
    answer = await disclose(world, "gp", person, "home-nurse-b", by_name=True, record=record)
    nurse = world.as_("home-nurse-b")
    assert await opened(nurse, (await inbox(nurse))[-1])
    (notice,) = resources_in(await as_citizen(world, person.number).get("/$notices"))
    parts = {part["name"]: part for part in notice["parameter"]}
    assert parts["topic"]["valueCode"] == "disclosed"
    for name in ("gp", "home-nurse-b"):
        assert PERSONAS[name].name in parts["text"]["valueString"]
        assert ORGANISATIONS[{"gp": "gp-1"}.get(name, "nursing-b")].name in parts["text-en"]["valueString"]
    made = answer.json()["parameter"][0]["valueId"]
    assert parts["disclosure"]["valueId"] == made
    log = await as_citizen(world, person.number).get(
        "/AuditEvent", params={"patient.identifier": "|".join(person.number), "_count": "100"}
    )
    events = [event for event in resources_in(log) if record in json.dumps(event)]
    agents = {agent["who"].get("display") for event in events for agent in event["agent"]}
    assert {PERSONAS["gp"].name, PERSONAS["home-nurse-b"].name} <= agents
    pid = await key_of(world, person.number)
    async with world.service.database.snapshot() as snapshot:
        words = [audit.decode(row.body).query for row in await audits.of_citizen(snapshot, pid)]
    home = PERSONAS["home-nurse-b"]
    assert f"disclosure {made} to home-nursing {home.organisation} {home.person}" in words


async def test_what_the_citizen_closes_for_the_recipient_is_not_disclosed_nor_opened_later(world: World) -> None:
    person = await citizen(world)
    record = await written_by(world, "gp", condition(person.number))
    nurse = world.as_("home-nurse-b")
    actor = {"actor": [recipient(sor("nursing-b"))]}
    block = await blocked(world, person, **actor)
    refused = await disclose(world, "gp", person, "home-nurse-b", by_name=True, record=record)
    assert refused.status_code == FORBIDDEN
    assert (await as_citizen(world, person.number).delete(block)).status_code == NO_CONTENT
    assert (await disclose(world, "gp", person, "home-nurse-b", by_name=True, record=record)).status_code == OK
    url = (await inbox(nurse))[-1]
    for provision in (actor, {"code": [{"coding": [{"system": systems.CATEGORY, "code": "diagnosis"}]}]},
                      {"data": [{"meaning": "instance", "reference": {"reference": record}}]}):  # fmt: skip
        assert await opened(nurse, url)
        block = await blocked(world, person, **provision)
        assert await opened(nurse, url) is None
        assert url not in await inbox(nurse)
        assert (await as_citizen(world, person.number).delete(block)).status_code == NO_CONTENT
    assert await opened(nurse, url)


async def test_refusals_say_the_same_of_citizens_and_records_whatever_they_are(world: World) -> None:
    person, other = await citizen(world), await citizen(world)
    record = await written_by(world, "gp", condition(person.number))
    alien = await written_by(world, "gp", condition(other.number))
    stranger = await citizen(world, gp="gp-2")
    hidden = await written_by(world, "gp", condition(person.number))
    await blocked(world, person, data=[{"meaning": "instance", "reference": {"reference": hidden}}])
    never = f"Condition/{world.service.database.ids.encode(await key_of(world, person.number), 9_999)}"

    async def answer(number: Identifier, *records: str, **what: Any) -> tuple[int, JSON]:
        said = await disclose(
            world, "gp", number, "home-nurse-b", by_name=True, **({"record": list(records)} if records else what)
        )
        return said.status_code, said.json()

    nobody = await answer(UNKNOWN, record)
    assert nobody[0] == FORBIDDEN
    assert "videregive" in json.dumps(nobody[1], ensure_ascii=False).casefold()
    for number, records in (
        (stranger.number, [f"Condition/{stranger.condition}"]),  # neither treats
        (person.number, [hidden]),
        (person.number, [never]),
        (person.number, [alien]),
        (person.number, [record, hidden]),  # nothing at all rather than a part
        (person.number, [f"Condition/{person.condition}"]),  # the hospital's, not hers to disclose
        (person.number, [record.replace("Condition", "Observation")]),
    ):
        assert await answer(number, *records) == nobody
    assert await answer(person.number, category="allergy") == nobody
    assert await answer(UNKNOWN, category="allergy") == nobody
    assert (await answer(person.number, record))[0] == OK


async def test_a_hospital_doctor_sends_the_discharge_letter_to_the_own_gp(world: World) -> None:
    letter = {
        "resourceType": "DocumentReference",
        "status": "current",
        "category": [{"coding": [{"system": systems.LOINC, "code": "18842-5"}]}],
        "type": {"coding": [{"system": systems.LOINC, "code": "18842-5"}]},
        "content": [{"attachment": {"contentType": "text/plain", "data": "RXBpa3Jpc2U="}}],
    }
    person = await citizen(world, records=lambda number: [{**letter, "subject": about(number)}])
    assert (await disclose(world, "surgeon", person, "gp", category="letter")).status_code == OK
    gp = world.as_("gp")
    url = (await inbox(gp))[-1]
    assert [one["resourceType"] for one in await opened(gp, url) or ()] == ["DocumentReference"]
    assert any("P3" in rules for rules in await rules_of(world, person, "DocumentReference/"))
    assert (await disclose(world, "surgeon", person, "other-gp", category="letter")).status_code == FORBIDDEN
    # A citizen's objection closes it, before and after.
    await blocked(world, person, actor=[recipient(sor("gp-1"))])
    assert (await disclose(world, "surgeon", person, "gp", category="letter")).status_code == FORBIDDEN
    assert await opened(gp, url) is None


async def test_with_consent_to_another_doctor_until_it_is_taken_back(world: World) -> None:
    person = await citizen(world)
    provision = {
        "type": "permit",
        "actor": [recipient(PERSONAS["other-gp"].reference())],
        "purpose": [purpose("TREAT")],
    }
    what = {"record": f"Condition/{person.condition}"}
    assert (await disclose(world, "surgeon", person, "other-gp", by_name=True, **what)).status_code == FORBIDDEN
    said = await as_citizen(world, person.number).post("/Consent", json=consent(person.number, provision))
    assert said.status_code == CREATED, said.text
    assert (await disclose(world, "surgeon", person, "other-gp", by_name=True, **what)).status_code == OK
    other = world.as_("other-gp")
    url = (await inbox(other))[-1]
    assert await opened(other, url)
    taken_back = await as_citizen(world, person.number).delete(f"/Consent/{said.json()['id']}")
    assert taken_back.status_code == NO_CONTENT
    assert await opened(other, url) is None


async def emergency(world: World, who: str, person: Person) -> None:
    """Declare an emergency, with which a token of that purpose reads and discloses."""
    given = [
        {"name": "identifier", "valueIdentifier": {"system": person.number[0], "value": person.number[1]}},
        {"name": "code", "valueCode": "life-in-danger"},
        {"name": "reason", "valueString": "bevidstløs"},
    ]
    answer = await world.as_(who, purposes=("ETREAT",)).post(
        "/Patient/$emergency-access", json={"resourceType": "Parameters", "parameter": given}
    )
    assert answer.status_code == CREATED, answer.text


@pytest.mark.parametrize(("to", "rule"), [("other-gp", "P5"), ("caseworker", "O2")])
async def test_in_a_declared_emergency_a_block_prevents_nothing_and_the_citizen_is_told(
    own_world: World, to: str, rule: str
) -> None:
    person = await citizen(own_world)
    await blocked(own_world, person)
    what = {"purposes": ("ETREAT",), "record": f"Condition/{person.condition}"}
    assert (await disclose(own_world, "surgeon", person, to, **what)).status_code == FORBIDDEN
    await emergency(own_world, "surgeon", person)
    assert (await disclose(own_world, "surgeon", person, to, **what)).status_code == OK
    reader = own_world.as_(to)
    (url,) = await inbox(reader)
    assert [one["id"] for one in await opened(reader, url) or ()] == [person.condition]
    assert (await reader.get(f"/Condition/{person.condition}")).status_code == NOT_FOUND
    notices = resources_in(await as_citizen(own_world, person.number).get("/$notices"))
    assert [one["parameter"][0]["valueCode"] for one in notices] == ["declared-emergency", "disclosed"]
    assert {rule} in [rules & {"P5", "O2"} for rules in await rules_of(own_world, person, person.condition)]


async def test_a_locum_reports_to_the_own_gp_whatever_is_blocked_and_after_her_time(own_world: World) -> None:
    person = await citizen(own_world)
    record = await written_by(own_world, "other-gp", condition(person.number))
    await blocked(own_world, person)
    assert (await disclose(own_world, "other-gp", person, "gp", record=record)).status_code == FORBIDDEN

    async def stands_in(until: timedelta) -> None:
        one = Delegation(
            person=PERSONAS["other-gp"].person or PersonKey(""),
            organisation=OrganisationKey(ORGANISATIONS["gp-1"].sor),
            responsible=PERSONAS["gp"].person or PersonKey(""),
            period=Period(end=now() + until),
        )
        await own_world.service.database.commit(Job(pid=0, writes=directory.put_delegations([one])))

    await stands_in(timedelta(days=1))
    assert (await disclose(own_world, "other-gp", person, "gp", record=record)).status_code == OK
    gp = own_world.as_("gp")
    (url,) = await inbox(gp)
    assert await opened(gp, url)
    await stands_in(timedelta(microseconds=0))
    assert await opened(gp, url)  # it was hers to send then
    assert (await disclose(own_world, "other-gp", person, "gp", record=record)).status_code == FORBIDDEN
    assert (await gp.get(f"/{record}")).status_code == NOT_FOUND


async def test_to_who_took_part_about_her_own_effort(own_world: World) -> None:
    person = await citizen(own_world)
    what = {"purposes": ("HQUALIMP",), "record": f"Condition/{person.condition}", "by_name": True}
    assert (await disclose(own_world, "surgeon", person, "home-nurse-b", **what)).status_code == FORBIDDEN
    part = Participation(
        person=PERSONAS["home-nurse-b"].person or PersonKey(""),
        period=Period(start=now() - timedelta(days=3), end=now() - timedelta(days=2)),
        evidence=Evidence.INDEPENDENT,
    )
    pid = await key_of(own_world, person.number)
    await own_world.service.database.commit(
        Job(pid=pid, writes=(relations.put_participations(pid, [part], source="Procedure/x"),))
    )
    own_world.service.decisions.clear()
    assert (await disclose(own_world, "surgeon", person, "home-nurse-b", **what)).status_code == OK
    nurse = own_world.as_("home-nurse-b")
    (url,) = await inbox(nurse)
    assert await opened(nurse, url)
    await blocked(own_world, person)
    assert await opened(nurse, url) is None


async def test_for_another_purpose_by_a_consent_to_disclose_and_never_what_it_does_not_name(world: World) -> None:
    sensitive = {"coding": [{"system": systems.SKS_DIAGNOSIS, "code": "DF329"}]}
    person = await citizen(world, records=lambda number: [condition(number, code=sensitive)])
    plain, psychiatric = f"Condition/{person.condition}", person.others[0].lstrip("/")
    caseworker = world.as_("caseworker")

    async def discloses(record: str) -> int:
        what = {"purposes": ("HQUALIMP",), "by_name": True, "record": record}
        return (await disclose(world, "surgeon", person, "caseworker", **what)).status_code

    assert await discloses(plain) == FORBIDDEN
    provision = {
        "type": "permit",
        "actor": [recipient(PERSONAS["caseworker"].reference())],
        "purpose": [purpose("HQUALIMP")],
        "period": {"start": day(-1)},
    }
    looking = await as_citizen(world, person.number).post("/Consent", json=consent(person.number, provision))
    assert looking.status_code == CREATED
    assert await discloses(plain) == FORBIDDEN  # a consent that does not speak of disclosure
    provision["action"] = [{"coding": [{"system": systems.CONSENT_ACTION, "code": "disclose"}]}]
    said = await as_citizen(world, person.number).post("/Consent", json=consent(person.number, provision))
    assert said.status_code == CREATED, said.text
    assert await discloses(plain) == OK
    assert await discloses(psychiatric) == FORBIDDEN
    url = (await inbox(caseworker))[-1]
    assert [one["id"] for one in await opened(caseworker, url) or ()] == [person.condition]
    assert (await caseworker.get(f"/{plain}")).status_code == NOT_FOUND


async def test_the_nearest_relative_is_told_of_the_last_illness_and_opens_it_herself(own_world: World) -> None:
    person, relative = await citizen(own_world), new_number("0101751")
    staff = {"id": HOSPITAL, "organisation": ORGANISATIONS["hospital"].sor,
             "functions": ["hospital-treatment", "assistant", "system"],
             "purposes": ["TREAT", "PATRQT", "ETREAT", "BTG"], "types": ["*"]}  # fmt: skip
    await load_directory(own_world.service.database, read_directory_file(json.dumps({"clients": [staff]}).encode()))
    await citizen_known(own_world, relative)
    client = acting(own_world, relative)
    asks = {"purposes": ("PATRQT",), "relative": {"system": relative[0], "value": relative[1]}, "category": "diagnosis"}
    assert (await disclose(own_world, "surgeon", person, None, **asks)).status_code == FORBIDDEN
    pid, key = await key_of(own_world, person.number), CitizenKey(await key_of(own_world, relative))
    nearest = Representation(
        kind=RepresentationKind.NEAREST_RELATIVE, representative=key, period=Period(start=now() - timedelta(days=9))
    )
    writes = (relations.put_representations(pid, [("r", nearest)], source="test"),)
    await own_world.service.database.commit(Job(pid=pid, writes=writes))
    assert (await disclose(own_world, "surgeon", person, None, **asks)).status_code == FORBIDDEN  # she lives
    died = {
        "resourceType": "Patient",
        "identifier": [{"system": person.number[0], "value": person.number[1]}],
        "name": [{"family": "Testprøve"}],
        "birthDate": "1950-01-01",
        "deceasedDateTime": day(-1),
    }
    assert (await own_world.as_("register-feed").post("/Patient", json=died)).status_code == CREATED
    assert (await disclose(own_world, "surgeon", person, None, **asks)).status_code == OK
    (url,) = await inbox(client)
    assert [one["id"] for one in await opened(client, url) or ()] == [person.condition]
    somebody = acting(own_world, new_number())
    assert await inbox(somebody) == []
    assert (await somebody.get(url)).status_code == NOT_FOUND
    assert (await client.get(f"/Condition/{person.condition}")).status_code == NOT_FOUND


async def citizen_known(world: World, number: Identifier) -> None:
    """Let the register know somebody."""
    patient = {
        "resourceType": "Patient",
        "identifier": [{"system": number[0], "value": number[1]}],
        "name": [{"family": "Testpårørende"}],
        "birthDate": "1975-01-01",
    }
    assert (await world.as_("register-feed").post("/Patient", json=patient)).status_code == CREATED


FAULTS: dict[str, tuple[JSON, str]] = {
    "no citizen": ({"parameter": asked(UNKNOWN, "gp", record="Condition/x")["parameter"][1:]}, "identifier"),
    "no recipient": (asked(UNKNOWN, None, record="Condition/x"), "function"),
    "no unit": (asked(UNKNOWN, None, function="home-nursing", record="Condition/x"), "function"),
    "a function that is none": (asked(UNKNOWN, None, function="wizard", record="Condition/x"), "function"),
    "a function that gets nothing": (asked(UNKNOWN, "dpo", record="Condition/x"), "function"),
    "a citizen's function": (asked(UNKNOWN, None, function="citizen", record="Condition/x"), "function"),
    "a unit that nobody knows": (
        asked(UNKNOWN, None, function="home-nursing", organisation="999", record="Condition/x"),
        "organisation",
    ),
    "nothing": (asked(UNKNOWN, "gp"), "record"),
    "both": (asked(UNKNOWN, "gp", record="Condition/x", category="plan"), "record"),
    "a record that is none": (asked(UNKNOWN, "gp", record="Penguin/x"), "record"),
    "a record without a type": (asked(UNKNOWN, "gp", record="x"), "record"),
    "a kind that is none": (asked(UNKNOWN, "gp", category="gossip"), "category"),
    "too many": (asked(UNKNOWN, "gp", record=[f"Condition/{n}" for n in range(201)]), "record"),
    "a relative and staff": (
        asked(UNKNOWN, "gp", relative={"system": systems.CPR, "value": "0101019995"}, record="Condition/x"),
        "relative",
    ),
}


@pytest.mark.parametrize("what", FAULTS)
async def test_what_cannot_be_read_is_refused_with_its_name(world: World, what: str) -> None:
    given, name = FAULTS[what]
    answer = await world.as_("gp").post("/Patient/$disclose", json={"resourceType": "Parameters", **given})
    assert answer.status_code == INVALID, answer.text
    assert f"Parameters.parameter.where(name='{name}')" in {one["expression"][0] for one in issues(answer)}


async def test_more_of_a_kind_than_goes_at_once_is_to_be_named(own_world: World) -> None:
    person = await citizen(own_world, records=lambda number: [condition(number) for _ in range(200)])
    answer = await disclose(own_world, "surgeon", person, "gp", category="diagnosis")
    assert answer.status_code == INVALID, answer.text


async def test_nobody_but_a_named_health_person_discloses(world: World) -> None:
    person = await citizen(world)
    for who in ("hospital-system", "hospital-secretary", "caseworker", "citizen", "dpo", "register-feed"):
        answer = await disclose(world, who, person, "gp", record=f"Condition/{person.condition}")
        assert answer.status_code == FORBIDDEN, who


async def test_whom_the_directory_does_not_know_any_more_opens_nothing(own_world: World) -> None:
    person = await citizen(own_world)
    record = await written_by(own_world, "gp", condition(person.number))
    assert (await disclose(own_world, "gp", person, "home-nurse-b", by_name=True, record=record)).status_code == OK
    nurse = own_world.as_("home-nurse-b")
    (url,) = await inbox(nurse)
    elsewhere = replace(PERSONAS["home-nurse-b"], organisation=OrganisationKey(ORGANISATIONS["nursing-a"].sor),
                        client=PERSONAS["home-nurse"].client)  # fmt: skip
    moved = own_world.bearing(persona_token(elsewhere, own_world.issuer, at_us=now_us()))
    assert await opened(moved, url) is None
    row = {"person": PERSONAS["home-nurse-b"].person, "name": "Jens Testå", "authorisation": "X0N03",
           "functions": ["home-nursing"], "organisations": [ORGANISATIONS["nursing-a"].sor]}  # fmt: skip
    await load_directory(own_world.service.database, read_directory_file(json.dumps({"staff": [row]}).encode()))
    assert await opened(nurse, url) is None
    assert await inbox(nurse) == []


async def told_of_a_stay(world: World, person: Person, *, shown: tuple[tuple[int, int, int], ...] | None) -> None:
    """Put a notice of a stay into the municipality's inbox; without `shown` as an older version did."""
    pid = await key_of(world, person.number)
    facts = [
        (
            f"test-{kind.value}",
            Relation(kind=kind, organisation=OrganisationKey(ORGANISATIONS[at].sor), evidence=Evidence.REGISTER,
                     period=Period(start=now() - timedelta(days=2))),
        )
        for kind, at in ((RelationKind.STAY, "hospital"), (RelationKind.HEALTH_SERVICE, "nursing-a"))
    ]  # fmt: skip
    sender = Requester(
        function=Function.SYSTEM,
        organisation=OrganisationKey(ORGANISATIONS["hospital"].sor),
        controller=OrganisationKey(ORGANISATIONS["hospital"].sor),
        client=HOSPITAL,
    )
    notice = Notice(pid=pid, id="stay", recipient=ORGANISATIONS["municipality-a"].sor, topic="admitted",
                    focus="Encounter/x", at_us=now_us())  # fmt: skip
    made = [
        Disclosure(pid=pid, id="stay", at_us=notice.at_us, sender=sender, recipient=None,
                   purposes=frozenset({Purpose.PATIENT_ADMINISTRATION}), shown=shown, by_law=True)
    ] if shown is not None else []  # fmt: skip
    writes = (relations.put(pid, facts), outbox.put([notice]), *([disclosures.put(made)] if made else []))
    await world.service.database.commit(Job(pid=pid, writes=writes))


STAY = {
    "resourceType": "Encounter",
    "status": "in-progress",
    "class": {"system": systems.ACT_CODE, "code": "IMP"},
    "period": {"start": "2024-02-01"},
}


@pytest.mark.parametrize(
    ("who", "reads"),
    [("municipality-system", True), ("home-nurse", True), ("acute-nurse", False), ("home-carer", False),
     ("caseworker", False), ("addiction-nurse", False), ("municipality-system-b", False), ("gp", False),
     ("hospital-system", False)],
)  # fmt: skip
async def test_a_stay_is_told_to_whom_the_law_lets_the_hospital_tell(own_world: World, who: str, reads: bool) -> None:
    person = await citizen(own_world, records=lambda number: [{**STAY, "subject": about(number)}])
    place = own_world.service.database.ids.decode(person.others[0].rpartition("/")[2])
    assert place is not None
    await told_of_a_stay(own_world, person, shown=((HOME_OF["Encounter"].number, place[1], 1),))
    await blocked(own_world, person)
    reader = own_world.as_(who)
    assert bool(resources_in(await reader.get("/$notices"))) is reads
    patient = own_world.service.database.ids.encode(place[0], 0)
    # A notice is that there is a stay; the stay itself is looked up.
    assert (await reader.get(f"/Patient/{patient}/$received?id=stay")).status_code == NOT_FOUND
    if reads:
        assert (await own_world.as_("hospital-system").delete(person.others[0])).status_code == NO_CONTENT
        assert resources_in(await reader.get("/$notices")) == []


async def test_a_notice_of_which_nobody_knows_who_told_it_is_not_shown(own_world: World) -> None:
    person = await citizen(own_world)
    await told_of_a_stay(own_world, person, shown=None)
    assert resources_in(await own_world.as_("municipality-system").get("/$notices")) == []


async def test_a_session_of_an_emergency_discloses_for_as_long_as_it_lasts(own_world: World) -> None:
    person = await citizen(own_world)
    await blocked(own_world, person)
    given = [
        {"name": "identifier", "valueIdentifier": {"system": person.number[0], "value": person.number[1]}},
        {"name": "code", "valueCode": "life-in-danger"},
        {"name": "reason", "valueString": "bevidstløs"},
    ]
    declared = await own_world.as_("surgeon").post(
        "/Patient/$emergency-access", json={"resourceType": "Parameters", "parameter": given}
    )
    assert declared.status_code == CREATED, declared.text
    (session,) = [part["part"] for part in declared.json()["parameter"] if part["name"] == "session"]
    client = own_world.bearing(session[0]["valueString"])
    answer = await client.post(
        "/Patient/$disclose", json=asked(person.number, "other-gp", record=f"Condition/{person.condition}")
    )
    assert answer.status_code == OK, answer.text
    other = own_world.as_("other-gp")
    (url,) = await inbox(other)
    assert await opened(other, url)


async def test_who_is_refused_too_often_is_held_back_from_disclosing_too(own_world: World) -> None:
    own_world.service.settings = own_world.service.settings.model_copy(update={"refusals_per_person": 3})
    person = await citizen(own_world)
    record = await written_by(own_world, "gp", condition(person.number))
    statuses = [
        (await disclose(own_world, "gp", UNKNOWN, "home-nurse-b", by_name=True, record=record)).status_code
        for _ in range(4)
    ]
    assert statuses == [FORBIDDEN, FORBIDDEN, FORBIDDEN, 429]
    answer = await disclose(own_world, "gp", person, "home-nurse-b", by_name=True, record=record)
    assert answer.status_code == 429
