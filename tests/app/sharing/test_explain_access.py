"""What would somebody see, and why: `$explain-access` for staff, citizens, those who act for them, and officers."""

import re
from datetime import UTC, datetime

import pytest
from served import NANCY, World, issues
from sharing_builders import UNKNOWN, pid_of, records

from app import audit
from app.demo.organisations import ORGANISATIONS
from app.demo.people import CUSTODY
from app.runtime import now_us
from app.sharing import RegisterFact, feed_registers
from app.translate.consents import consent_of, provision_of
from consent.model import Period
from consent.policy import TREATING
from consent.vocabulary import Category, Effect, Function, RelationKind
from schemas.admit import Admitted, admit
from schemas.terminology import systems

EXPLAIN = "/Patient/$explain-access"
_AT = re.compile(rb'"name":"at","valueInstant":"[^"]*"')


def asked(citizen=NANCY, **question):
    """Return the Parameters of a question; strings are strings, everything else stands as given."""
    named = [{"name": "identifier", "valueIdentifier": {"system": citizen[0], "value": citizen[1]}}] if citizen else []
    return {
        "resourceType": "Parameters",
        "parameter": named
        + [
            {"name": name, "valueString": value} if isinstance(value, str) else {"name": name, **value}
            for name, value in question.items()
        ],
    }


def about(key, function="hospital-treatment", purpose="TREAT", **more):
    return {"function": function, "organisation": ORGANISATIONS[key].sor, "purpose": purpose, **more}


OWN_GP = about("gp-1", "general-practice")


def parts(answer, name):
    assert answer.status_code == 200, answer.text
    return [
        {one["name"]: one for one in part["part"]} if "part" in part else part
        for part in answer.json()["parameter"]
        if part["name"] == name
    ]


def outcomes(answer):
    return {part["code"]["valueCoding"]["code"]: part["outcome"]["valueCode"] for part in parts(answer, "category")}


def rules(answer):
    return {part["code"]["valueCode"] for part in parts(answer, "rule")}


def said(answer):
    return answer.status_code, _AT.sub(b"", answer.content)


async def block(world, *, citizen=NANCY, effect=Effect.DENY, sor="gp-1", **scope):
    provision = provision_of(effect, actors=["unit"], **scope)
    consent = consent_of(patient="x", at_us=now_us(), provision=provision)
    reference = {"identifier": {"system": citizen[0], "value": citizen[1]}}
    unit = {"type": "Organization", "identifier": {"system": systems.SOR, "value": ORGANISATIONS[sor].sor}}
    provision["actor"][0]["reference"] = unit
    answer = await world.as_("citizen", citizen=citizen).post(
        "/Consent", json={**consent, "patient": reference, "performer": [reference]}
    )
    assert answer.status_code == 201, answer.text
    return f"Consent/{answer.json()['id']}"


# Staff, of themselves


@pytest.mark.parametrize(
    ("persona", "rule", "closed"),
    [
        ("gp", "L1", {"consent", "access-log"}),
        ("home-nurse", "L1", {"consent", "access-log", "other"}),
        ("lung-doctor", "L1", {"consent", "access-log"}),
        ("gp-secretary", "L4", {"consent", "access-log", "other"}),
    ],
)
async def test_staff_are_told_what_the_law_opens_to_them(world: World, persona: str, rule: str, closed: set) -> None:
    answer = await world.as_(persona).post(EXPLAIN, json=asked())
    found = outcomes(answer)
    assert found.keys() == {one.value for one in Category}
    assert {name for name, outcome in found.items() if outcome == "no"} == closed
    assert rules(answer) == {rule, "D0", "L6", "F1", "F2"}
    assert {part["valueCode"] for part in parts(answer, "protected")} == {"L6", "F1", "F2"}
    assert not parts(answer, "record")
    assert [note["code"]["valueCode"] for note in parts(answer, "note")] == ["law-alone", "protected"]
    (named,) = [part for part in parts(answer, "rule") if part["code"]["valueCode"] == rule]
    assert named["paragraph"]["valueString"].startswith("Sundhedsloven § 42 a")
    assert named["da"]["valueString"].startswith(f"Giver adgang ({rule})")
    assert named["en"]["valueString"].startswith(f"Opens ({rule})")
    assert isinstance(admit(answer.content), Admitted)


async def test_a_nurse_is_told_how_to_ask_for_consent(world: World) -> None:
    (advice,) = parts(await world.as_("home-nurse").post(EXPLAIN, json=asked()), "asking-for-consent")
    for word in ("frivilligt", "journalen", "$consent-now", "24 timer", "§ 42 a, stk. 3"):
        assert word in advice["da"]["valueString"]
    secretary = await world.as_("gp-secretary").post(EXPLAIN, json=asked())
    assert not parts(secretary, "asking-for-consent"), "she may not declare it"


async def test_saying_what_the_token_says_changes_nothing(world: World) -> None:
    bare = await world.as_("gp").post(EXPLAIN, json=asked())
    own = await world.as_("gp").post(EXPLAIN, json=asked(**OWN_GP))
    named = await world.as_("gp").post(EXPLAIN, json=asked(person=f"{systems.AUTHORISATION}|X0G01"))
    assert said(own) == said(bare)
    assert named.status_code == 200


@pytest.mark.parametrize(
    "question",
    [
        {"function": "hospital-treatment"},
        {"organisation": ORGANISATIONS["gp-2"].sor},
        {"organisation": ORGANISATIONS["hospital"].sor},
        {"person": "X0G02"},
        {"purpose": "ETREAT"},
        {"purpose": "HRESCH"},
        OWN_GP | {"person": "X0N02"},
    ],
    ids=str,
)
async def test_staff_may_ask_about_nobody_else_and_for_nothing_else(world: World, question: dict) -> None:
    refused = await world.as_("gp").post(EXPLAIN, json=asked(**question))
    nobody = await world.as_("gp").post(EXPLAIN, json=asked(UNKNOWN, **question))
    assert refused.status_code == nobody.status_code == 403
    assert refused.content == nobody.content


@pytest.mark.parametrize(
    ("persona", "part"),
    [
        ("other-gp", "»behandler nu«"),
        ("home-nurse-b", "Sådan beder du om samtykke"),
        ("home-carer", "Social omsorg"),
        ("caseworker", "samtykke"),
        ("hospital-secretary", "på vegne af"),
        ("hospital-system", "Et system"),
        ("cluster-lead", "akkreditering"),
    ],
)
async def test_who_has_no_access_is_told_what_to_do_next_and_nothing_else(
    world: World, persona: str, part: str
) -> None:
    client = world.as_(persona)
    refused = await client.post(EXPLAIN, json=asked())
    nobody = await client.post(EXPLAIN, json=asked(UNKNOWN))
    assert refused.status_code == nobody.status_code == 403
    assert refused.content == nobody.content
    assert part in issues(refused)[0]["details"]["text"]
    answers = [await client.get(f"/Patient/{id_}/$explain-access") for id_ in (await _id_of(world), "a" * 26)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


async def _id_of(world: World, citizen=NANCY) -> str:
    answer = await world.as_("citizen", citizen=citizen).post(
        "/Patient/_search", data={"identifier": "|".join(citizen)}
    )
    return answer.json()["entry"][0]["resource"]["id"]


async def test_a_door_that_was_opened_is_told_with_its_weak_evidence(own_world: World) -> None:
    client = own_world.as_("surgeon")
    assert (await client.post(EXPLAIN, json=asked())).status_code == 403
    opened = await client.post("/Patient/$treating-now", json=asked(reason="tilkaldt til skadestuen"))
    assert opened.status_code == 201, opened.text
    answer = await client.post(EXPLAIN, json=asked())
    assert "L1-TN" in rules(answer)
    (rule,) = [part for part in parts(answer, "rule") if part["code"]["valueCode"] == "L1-TN"]
    assert rule["evidence"]["valueCode"] == "declared"
    assert "egen erklæring" in rule["da"]["valueString"]


async def test_a_consent_now_opens_what_was_blocked_and_is_explained(own_world: World) -> None:
    await block(own_world)
    client = own_world.as_("gp")
    assert (await client.post(EXPLAIN, json=asked())).status_code == 403
    given = await client.post("/Patient/$consent-now", json=asked(reason="borgeren sagde ja i konsultationen"))
    assert given.status_code == 201, given.text
    answer = await client.post(EXPLAIN, json=asked())
    assert {"L1", "L3"} <= rules(answer)
    assert not {"L5", "L5-P"} & rules(answer)


async def test_an_emergency_is_explained_as_one(own_world: World) -> None:
    await block(own_world, sor="hospital")
    client = own_world.as_("hospital-doctor", purposes=["ETREAT"])
    assert (await client.post(EXPLAIN, json=asked())).status_code == 403
    opened = await client.post("/Patient/$emergency-access", json=asked(reason="bevidstløs", code="cannot-consent"))
    assert opened.status_code == 201, opened.text
    answer = await client.post(EXPLAIN, json=asked())
    assert rules(answer) == {"L2", "D0", "L6", "F1", "F2"}
    assert not parts(answer, "asking-for-consent")


# The officer


async def test_an_officer_has_the_own_organisations_access_explained_without_a_record(world: World) -> None:
    answer = await world.as_("dpo").post(EXPLAIN, json=asked(**about("lung-ward")))
    assert "L1" in rules(answer)
    assert not parts(answer, "record")
    assert [note["code"]["valueCode"] for note in parts(answer, "note")] == ["law-alone", "somebody", "protected"]
    named = await world.as_("dpo").post(EXPLAIN, json=asked(**about("lung-ward", person="X0D02")))
    assert outcomes(named) == outcomes(answer)
    assert parts(named, "person")[0]["valueString"] == "X0D02"


@pytest.mark.parametrize(
    "question",
    [
        about("gp-1", "general-practice"),
        about("nursing-a", "home-nursing"),
        about("paediatrics"),
        about("lung-ward", person="X0D03"),
        about("lung-ward", person="nobody"),
        about("lung-ward", purpose="ETREAT"),
        about("lung-ward", "home-nursing"),
        about("lung-ward", "system"),
        about("region", "data-protection", "HOPERAT"),
    ],
    ids=str,
)
async def test_an_officer_is_told_nothing_where_nothing_opens_or_of_others(world: World, question: dict) -> None:
    refused = await world.as_("dpo").post(EXPLAIN, json=asked(**question))
    nobody = await world.as_("dpo").post(EXPLAIN, json=asked(UNKNOWN, **question))
    assert refused.status_code == 403
    assert refused.content == nobody.content


async def test_an_officer_may_ask_for_that_purpose_alone(world: World) -> None:
    answer = await world.as_("dpo", purposes=["TREAT"]).post(EXPLAIN, json=asked(**about("lung-ward")))
    assert answer.status_code in {401, 403}  # the client's registration does not even let her log in with it


# The citizen


async def test_the_citizen_is_told_record_by_record_exactly_what_the_other_sees(own_world: World) -> None:
    consents = {
        await block(own_world, categories=(Category.MEDICATION,)),
        await block(own_world, data_start_us=0, data_stop_us=now_us() - 200 * 86_400_000_000),
    }
    answer = await own_world.as_("citizen").post(EXPLAIN, json=asked(**OWN_GP))
    found = {part["reference"]["valueReference"]["reference"]: part for part in parts(answer, "record")}
    assert {part["outcome"]["valueCode"] for part in found.values()} == {"yes", "no"}
    gp = own_world.as_("gp")
    for reference, part in found.items():
        seen = (await gp.get(f"/{reference}")).status_code == 200
        assert seen == (part["outcome"]["valueCode"] == "yes"), (reference, part)
        if "directive" in part:
            assert not seen
            assert part["directive"]["valueReference"]["reference"] in consents
    named = {part["directive"]["valueReference"]["reference"] for part in found.values() if "directive" in part}
    assert named == consents
    by_category = outcomes(answer)
    assert (by_category["medication"], by_category["diagnosis"]) == ("no", "partly")
    assert isinstance(admit(answer.content), Admitted)


async def test_no_word_of_what_records_say_is_in_an_explanation(world: World) -> None:
    answer = await world.as_("citizen").post(EXPLAIN, json=asked(**OWN_GP))
    words = answer.content.decode()
    for word in ("Berggren", "Penicillin", "lungesygdom", NANCY[1]):
        assert word not in words


async def test_the_citizen_is_told_that_an_emergency_passes_a_block(own_world: World) -> None:
    await block(own_world, sor="hospital")
    client = own_world.as_("citizen")
    ordinary = await client.post(EXPLAIN, json=asked(**about("lung-ward")))
    emergency = await client.post(EXPLAIN, json=asked(**about("lung-ward", purpose="ETREAT")))
    assert set(outcomes(ordinary).values()) == {"no"}
    assert rules(ordinary) == {"L5", "D0"}
    assert outcomes(emergency)["diagnosis"] == "yes"
    assert "L2" in rules(emergency)
    assert "emergency-assumed" in [note["code"]["valueCode"] for note in parts(emergency, "note")]


async def test_the_citizen_may_ask_about_a_secretary_and_about_a_named_one(world: World) -> None:
    client = world.as_("citizen")
    somebody = await client.post(EXPLAIN, json=asked(**about("gp-1", "assistant")))
    named = await client.post(EXPLAIN, json=asked(**about("gp-1", "assistant", person="syn-gp-secretary")))
    stranger = await client.post(EXPLAIN, json=asked(**about("gp-1", "assistant", person="syn-hospital-secretary")))
    assert outcomes(somebody) == outcomes(named)
    assert "L4" in rules(named)
    assert set(outcomes(stranger).values()) == {"no"}


@pytest.mark.parametrize("function", sorted(set(Function) - {Function.CITIZEN, Function.REPRESENTATIVE}))
async def test_the_citizen_may_ask_about_every_function_of_staff(world: World, function: Function) -> None:
    answer = await world.as_("citizen").post(EXPLAIN, json=asked(**about("nursing-a", function.value)))
    # Somebody in that function there; who treats by a service, or assists who does, is opened for.
    if function in (TREATING | {Function.ASSISTANT}) - {Function.AMBULANCE}:
        assert outcomes(answer)["allergy"] == "yes"
    else:
        assert set(outcomes(answer).values()) == {"no"}


# Those who act for the citizen

CHILD, HOLDER = ((systems.CPR, number) for number in next(pair for pair in CUSTODY if pair[0][4:6] > "12"))


async def test_who_holds_custody_is_told_kind_by_kind(world: World) -> None:
    answer = await world.as_("parent", citizen=HOLDER).post(EXPLAIN, json=asked(CHILD, **OWN_GP))
    assert answer.status_code == 200, answer.text
    assert not parts(answer, "record")
    stranger = await world.as_("parent", citizen=NANCY).post(EXPLAIN, json=asked(CHILD, **OWN_GP))
    nobody = await world.as_("parent", citizen=NANCY).post(EXPLAIN, json=asked(UNKNOWN, **OWN_GP))
    assert stranger.status_code == 403
    assert stranger.content == nobody.content


async def test_a_child_has_nothing_explained_and_neither_has_a_parent_of_a_grown_up(world: World) -> None:
    child = await world.as_("citizen", citizen=CHILD).post(EXPLAIN, json=asked(CHILD, **OWN_GP))
    parent = await world.as_("parent", citizen=HOLDER).post(EXPLAIN, json=asked(NANCY, **OWN_GP))
    assert child.status_code == parent.status_code == 403


# Other times


async def test_a_named_time_is_judged_by_what_held_then(own_world: World) -> None:
    moved = datetime(2025, 6, 1, tzinfo=UTC)
    await feed_registers(
        own_world.service,
        [
            RegisterFact(
                citizen=NANCY,
                kind=RelationKind.OWN_GP,
                period=period,
                source="register",
                organisation=ORGANISATIONS[practice].sor,
            )
            for practice, period in (("gp-2", Period(end=moved)), ("gp-1", Period(start=moved)))
        ],
        at_us=now_us(),
    )
    client = own_world.as_("citizen")
    for practice, at, expected in (
        ("gp-2", "2025-01-01", "yes"),
        ("gp-2", "2025-07-01", "no"),
        ("gp-2", "2015-01-01", "no"),  # before § 42 a had its form
        ("gp-1", "2025-07-01T12:00:00+02:00", "yes"),
        ("gp-1", "2027-01-02", "yes"),
    ):
        answer = await client.post(EXPLAIN, json=asked(**about(practice, "general-practice"), at=at))
        assert outcomes(answer)["diagnosis"] == expected, (practice, at)
        assert "another-time" in [note["code"]["valueCode"] for note in parts(answer, "note")]


# The form of the question


async def test_get_by_id_answers_as_post(world: World) -> None:
    client, id_ = world.as_("citizen"), await _id_of(world)
    posted = await client.post(f"/Patient/{id_}/$explain-access", json=asked(None, **OWN_GP))
    got = await client.get(f"/Patient/{id_}/$explain-access", params=OWN_GP)
    by_number = await client.post(EXPLAIN, json=asked(**OWN_GP))
    assert said(got) == said(posted) == said(by_number)
    assert got.status_code == 200


@pytest.mark.parametrize("name", ["person", "identifier", "unknown"])
async def test_nothing_that_names_a_person_is_taken_from_an_address(world: World, name: str) -> None:
    id_ = await _id_of(world)
    answer = await world.as_("citizen").get(f"/Patient/{id_}/$explain-access", params=OWN_GP | {name: "x|1"})
    assert answer.status_code == 422
    by_type = await world.as_("citizen").get("/Patient/$explain-access", params=OWN_GP)
    assert by_type.status_code in {404, 405}


def place(name):
    return f"Parameters.parameter.where(name='{name}')"


@pytest.mark.parametrize(
    ("question", "places"),
    [
        ({}, {"function", "organisation", "purpose"}),
        ({"function": "gp"}, {"function"}),
        ({"function": "citizen", "organisation": "x", "purpose": "TREAT"}, {"function"}),
        ({"function": {"valueBoolean": True}, "purpose": "treat", "at": "yesterday"}, {"function", "purpose", "at"}),
        (OWN_GP | {"organisation": "12345"}, {"organisation"}),
        (OWN_GP | {"organisation": f"{systems.CPR}|{NANCY[1]}"}, {"organisation"}),
        (OWN_GP | {"organisation": {"valueIdentifier": {"value": ""}}}, None),
        (OWN_GP | {"organisation": {"valueIdentifier": {"system": systems.SOR}}}, {"organisation"}),
        (OWN_GP | {"person": f"{systems.CPR}|{NANCY[1]}"}, {"person"}),
        (OWN_GP | {"person": "x" * 65}, {"person"}),
        (OWN_GP | {"at": "0001-01-01"}, {"at"}),
        (OWN_GP | {"at": "9999-12-31"}, {"at"}),
        (OWN_GP | {"at": {"valueDate": "2026-13-01"}}, None),
        (OWN_GP | {"at": {"valueInteger": 5}}, None),
        (OWN_GP | {"at": {"part": [{"name": "x", "valueString": "y"}]}}, None),
        (OWN_GP | {"colour": "red"}, None),
    ],
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value),
)
async def test_every_fault_of_a_question_is_named_with_its_place(world: World, question: dict, places: set) -> None:
    answer = await world.as_("citizen").post(EXPLAIN, json=asked(**question))
    assert answer.status_code == 422, answer.text
    found = {path for issue in issues(answer) for path in issue["expression"]}
    assert found
    assert places is None or found == {place(name) for name in places}
    assert NANCY[1] not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"resourceType":"Patient"}',
        b'{"resourceType":"Parameters"}',
        b'{"resourceType":"Parameters","parameter":[{"name":"identifier","valueIdentifier":{"value":"1"}}]}',
    ],
)
async def test_a_body_that_is_no_question_is_refused(world: World, body: bytes) -> None:
    answer = await world.as_("citizen").post(EXPLAIN, content=body, headers={"content-type": "application/fhir+json"})
    assert answer.status_code in {400, 422}
    issues(answer)


async def test_a_batch_takes_no_explanation_and_says_the_same_of_everybody(world: World) -> None:
    told = []
    for id_ in (await _id_of(world), "a" * 26):
        entry = {"request": {"method": "GET", "url": f"Patient/{id_}/$explain-access"}}
        for kind in ("batch", "transaction"):
            answer = await world.as_("gp").post("", json={"resourceType": "Bundle", "type": kind, "entry": [entry]})
            assert answer.status_code in {200, 501}, answer.text  # not supported there
            assert "category" not in answer.text
            told.append((kind, answer.status_code, answer.content.replace(id_.encode(), b"")))
    assert told[:2] == told[2:]


async def test_asking_about_many_leaves_the_remembered_decisions_alone(world: World) -> None:
    await world.as_("citizen").post(EXPLAIN, json=asked(**OWN_GP))
    before = len(world.service.decisions)
    for number in range(5):
        await world.as_("citizen").post(EXPLAIN, json=asked(**OWN_GP, person=f"X{number}"))
    assert len(world.service.decisions) == before


async def test_any_moment_and_any_word_is_answered_without_a_failure(world: World) -> None:
    client = world.as_("citizen")
    values = ["", " ", "x", "|", "||", "0", "-1", "2026-02-30", "2026-01-01T25:00:00Z", "1900-01-01", "2199-12-31"]
    values += ["9" * 400, "%00", "Ø" * 64, "2026-01-01T00:00:00+14:00", "\u202e", "null"]
    for name in ("function", "organisation", "purpose", "person", "at"):
        for value in values:
            answer = await client.post(EXPLAIN, json=asked(**OWN_GP | {name: value}))
            assert answer.status_code in {200, 400, 422}, (name, value, answer.text)


# The record


async def test_every_question_and_every_refusal_stands_in_the_citizens_log(own_world: World) -> None:
    pid = await pid_of(own_world)
    assert pid is not None
    for persona, question in (("home-nurse", {}), ("other-gp", {}), ("dpo", about("lung-ward")), ("citizen", OWN_GP)):
        await own_world.as_(persona).post(EXPLAIN, json=asked(**question))
    found = [one for one in await records(own_world, pid) if one.operation == audit.Operation.EXPLAIN]
    assert [(one.function, one.outcome) for one in reversed(found)] == [
        ("home-nursing", 0),
        ("general-practice", 8),
        ("data-protection", 0),
        ("citizen", 0),
    ]
    assert [one.rules for one in reversed(found)] == [["G4"], ["D0"], ["G3"], ["S1"]]
    assert all(not one.shown and not one.categories for one in found)
    assert found[1].query == f"explain hospital-treatment {ORGANISATIONS['lung-ward'].sor} TREAT"
    log = await own_world.as_("citizen").post("/AuditEvent/_search", data={"patient:identifier": "|".join(NANCY)})
    assert any("explain own access" in str(entry) for entry in log.json()["entry"])
