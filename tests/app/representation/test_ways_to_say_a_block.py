"""Every way in which a citizen can say what nobody, or somebody, shall see: sent as FHIR, seen by who it is about."""

from typing import Any

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
    kind,
    new_number,
    purpose,
    recipient,
    register_says,
    sees,
    sor,
    years_ago,
)
from served import World, issues, resources_in

from app.demo.personas import PERSONAS
from schemas.terminology import systems

CREATED, FORBIDDEN, INVALID, NO_CONTENT, NOT_FOUND, OK = 201, 403, 422, 204, 404, 200
EVERYTHING = frozenset({"plain", "psychiatric", "old", "surgeons", "wards", "allergy", "stay", "pulse", "nurses"})
AT_STAY = "urn:uuid:00000000-0000-4000-8000-000000000007"


def _records(number: tuple[str, str]) -> dict[str, JSON]:
    role = {"type": "PractitionerRole", "identifier": sor("lung-ward")["identifier"]}
    return {
        "psychiatric": condition(number, code={"coding": [{"system": systems.SKS_DIAGNOSIS, "code": "DF329"}]}),
        "old": condition(
            number,
            onsetDateTime="2015-03-01",
            abatementDateTime="2015-06-01",
            clinicalStatus={"coding": [{"system": systems.CONDITION_CLINICAL, "code": "resolved"}]},
        ),
        "surgeons": condition(number, asserter=PERSONAS["surgeon"].reference()),
        "wards": condition(number, recorder=role),
        "allergy": {
            "resourceType": "AllergyIntolerance",
            "clinicalStatus": {"coding": [{"system": systems.ALLERGY_CLINICAL, "code": "active"}]},
            "verificationStatus": {"coding": [{"system": systems.ALLERGY_VERIFICATION, "code": "confirmed"}]},
            "code": {"text": "Penicillin"},
            "patient": about(number),
        },
        "stay": {
            "resourceType": "Encounter",
            "status": "finished",
            "class": {"system": systems.ACT_CODE, "code": "IMP"},
            "subject": about(number),
            "period": {"start": "2024-02-01", "end": "2024-02-03"},
        },
        "pulse": {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": systems.LOINC, "code": "8867-4"}]},
            "subject": about(number),
            "encounter": {"reference": AT_STAY},
            "effectiveDateTime": "2024-02-02",
            "valueQuantity": {"value": 72, "system": systems.UCUM, "code": "/min"},
        },
    }


async def _chart(world: World) -> tuple[Person, dict[str, str]]:
    """Make a citizen with one record of each kind; return where each is."""
    written: dict[str, JSON] = {}

    def records(number: tuple[str, str]) -> list[JSON]:
        written.update(_records(number))
        return list(written.values())

    person = await citizen(world, records=records)
    places = {"plain": f"/Condition/{person.condition}"}
    places |= dict(zip(written, person.others, strict=True))
    made = await world.as_("home-nurse").post("/Condition", json=condition(person.number))
    assert made.status_code == CREATED, made.text
    places["nurses"] = f"/Condition/{made.json()['id']}"
    return person, places


async def _seen(client: Any, places: dict[str, str]) -> frozenset[str]:
    found = set()
    for key, place in places.items():
        answer = await client.get(place)
        assert answer.status_code in {OK, NOT_FOUND}, answer.text
        found |= {key} if answer.status_code == OK else set()
    return frozenset(found)


async def _said(world: World, person: Person, provision: JSON, **more: Any) -> str:
    answer = await as_citizen(world, person.number).post("/Consent", json=consent(person.number, provision, **more))
    assert answer.status_code == CREATED, answer.text
    return str(answer.json()["id"])


GP = recipient(sor("gp-1"))
DR_KJAER = recipient(PERSONAS["gp"].reference())
OTHER_GP = recipient(sor("gp-2"))


def data(meaning: str, reference: JSON) -> JSON:
    return {"meaning": meaning, "reference": reference}


def function(code: str) -> JSON:
    return {"url": systems.FUNCTION_EXTENSION, "valueCode": code}


def sector(code: str) -> JSON:
    return {"type": "Group", "identifier": {"system": systems.SECTOR, "value": code}}


WITHOUT_SUBUNITS = {"url": systems.SUBUNITS_EXTENSION, "valueBoolean": False}
ALL = EVERYTHING
WAYS: dict[str, tuple[JSON, frozenset[str]]] = {
    "everybody": ({}, ALL),
    "a person": ({"actor": [DR_KJAER]}, ALL),
    "an organisation": ({"actor": [GP]}, ALL),
    "another organisation": ({"actor": [OTHER_GP]}, frozenset()),
    "several organisations": ({"actor": [OTHER_GP, GP]}, ALL),
    "an organisation alone, without those below": ({"actor": [{**GP, "extension": [WITHOUT_SUBUNITS]}]}, ALL),
    "a sector": ({"actor": [recipient(sector("general-practice"))]}, ALL),
    "one of two sectors": ({"actor": [recipient(sector("other")), recipient(sector("general-practice"))]}, ALL),
    "another sector": ({"actor": [recipient(sector("municipality"))]}, frozenset()),
    "a function in a sector": (
        {"actor": [recipient(sector("general-practice"))], "extension": [function("general-practice")]},
        ALL,
    ),
    "functions": ({"extension": [function("general-practice"), function("specialist-practice")]}, ALL),
    "another function": ({"extension": [function("hospital-treatment")]}, frozenset()),
    "a person in a function that is not hers": (
        {"actor": [DR_KJAER], "extension": [function("hospital-treatment")]},
        frozenset(),
    ),
    "a kind": ({"code": [kind("allergy")]}, frozenset({"allergy"})),
    "two kinds": ({"code": [kind("allergy"), kind("admission")]}, frozenset({"allergy", "stay"})),
    "a class": ({"class": [{"system": systems.CATEGORY, "code": "measurement"}]}, frozenset({"pulse"})),
    "a sensitivity": (
        {"securityLabel": [{"system": systems.ACT_CODE, "code": "PSY"}]},
        frozenset({"psychiatric"}),
    ),
    "what is not sensitive": (
        {"securityLabel": [{"system": systems.CONFIDENTIALITY, "code": "N"}]},
        ALL - {"psychiatric"},
    ),
    "a period of the data": ({"dataPeriod": {"start": "2015-01-01", "end": "2015-12-31"}}, frozenset({"old"})),
    "an author": ({"data": [data("authoredby", PERSONAS["surgeon"].reference())]}, frozenset({"surgeons"})),
    "a unit of origin": ({"data": [data("authoredby", sor("lung-ward"))]}, frozenset({"wards"})),
    "what a sector wrote": ({"data": [data("authoredby", sector("municipality"))]}, frozenset({"nurses"})),
    "what two sectors wrote": (
        {"data": [data("authoredby", sector("municipality")), data("authoredby", sector("hospital"))]},
        ALL,
    ),
    "a kind of a sector, for a sector": (
        {
            "actor": [recipient(sector("general-practice"))],
            "code": [kind("allergy")],
            "data": [data("authoredby", sector("hospital"))],
        },
        frozenset({"allergy"}),
    ),
    "everything but what a sector wrote": (
        {"provision": [{"type": "permit", "data": [data("authoredby", sector("municipality"))]}]},
        ALL - {"nurses"},
    ),
    "everybody but a sector": ({"provision": [{"type": "permit", "actor": [recipient(sector("hospital"))]}]}, ALL),
    "an organisation of origin": ({"data": [data("authoredby", sor("municipality-a"))]}, frozenset({"nurses"})),
    "an organisation of origin alone": (
        {"data": [{**data("authoredby", sor("hospital")), "extension": [WITHOUT_SUBUNITS]}]},
        ALL - {"nurses"},
    ),
    "one record": ({"data": [data("instance", {"reference": "{old}"})]}, frozenset({"old"})),
    "two records": (
        {"data": [data("instance", {"reference": "{old}"}), data("instance", {"reference": "{allergy}"})]},
        frozenset({"old", "allergy"}),
    ),
    "a stay and what belongs to it": (
        {"data": [data("related", {"reference": "{stay}"})]},
        frozenset({"stay", "pulse"}),
    ),
    "a measurement and what it hangs on": (
        {"data": [data("dependents", {"reference": "{pulse}"})]},
        frozenset({"stay", "pulse"}),
    ),
    "treatment": ({"purpose": [purpose("TREAT")]}, ALL),
    "another purpose": ({"purpose": [purpose("HQUALIMP")]}, frozenset()),
    "looking up": ({"action": [{"coding": [{"system": systems.CONSENT_ACTION, "code": "access"}]}]}, ALL),
    "passing on": ({"action": [{"coding": [{"system": systems.CONSENT_ACTION, "code": "disclose"}]}]}, frozenset()),
    "from tomorrow": ({"period": {"start": day(1)}}, frozenset()),
    "until yesterday": ({"period": {"end": day(-1)}}, frozenset()),
    "for a while": ({"period": {"start": day(-1), "end": day(1)}}, ALL),
    "a kind of a period for a person and a purpose": (
        {
            "actor": [DR_KJAER],
            "code": [kind("diagnosis")],
            "dataPeriod": {"end": "2015-12-31"},
            "purpose": [purpose("TREAT")],
        },
        frozenset({"old"}),
    ),
    "a kind of an author, elsewhere": (
        {"code": [kind("allergy")], "data": [data("authoredby", PERSONAS["surgeon"].reference())]},
        frozenset(),
    ),
    "everything but a kind": (
        {"provision": [{"type": "permit", "code": [kind("allergy"), kind("measurement")]}]},
        ALL - {"allergy", "pulse"},
    ),
    "everybody but a person": ({"provision": [{"type": "permit", "actor": [DR_KJAER]}]}, frozenset()),
    "everybody but another person": (
        {"provision": [{"type": "permit", "actor": [recipient(PERSONAS["other-gp"].reference())]}]},
        ALL,
    ),
    "everything but what belongs to a stay": (
        {"provision": [{"type": "permit", "data": [data("related", {"reference": "{stay}"})]}]},
        ALL - {"stay", "pulse"},
    ),
    "a kind, and a sensitivity besides": (
        {
            "code": [kind("allergy")],
            "provision": [{"type": "deny", "securityLabel": [{"system": systems.ACT_CODE, "code": "PSY"}]}],
        },
        frozenset({"allergy", "psychiatric"}),
    ),
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_block_hides_from_the_gp_what_it_says_and_nothing_else(world: World, way: str) -> None:
    scope, hidden = WAYS[way]
    person, places = await _chart(world)
    gp = world.as_("gp")
    assert await _seen(gp, places) == EVERYTHING
    id_ = await _said(world, person, {"type": "deny", **_named(scope, places)})
    assert await _seen(gp, places) == EVERYTHING - hidden
    # Search, assistant and citizen agree; what the citizen takes back is open again at once.
    found = await gp.get("/Condition", params={"patient.identifier": "|".join(person.number)})
    diagnoses = {place.rpartition("/")[2]: key for key, place in places.items() if place.startswith("/Condition")}
    if hidden != EVERYTHING:
        assert {diagnoses[one["id"]] for one in resources_in(found, "Condition")} == set(diagnoses.values()) - hidden
    assert await _seen(world.as_("gp-secretary"), places) <= EVERYTHING - hidden or not hidden
    assert await _seen(as_citizen(world, person.number), places) == EVERYTHING
    assert (await as_citizen(world, person.number).delete(f"/Consent/{id_}")).status_code == NO_CONTENT
    assert await _seen(gp, places) == EVERYTHING


def _named(scope: Any, places: dict[str, str]) -> Any:
    """Return the scope with '{key}' replaced by the record's address."""
    if isinstance(scope, dict):
        return {name: _named(value, places) for name, value in scope.items()}
    if isinstance(scope, list):
        return [_named(value, places) for value in scope]
    return places[scope[1:-1]].lstrip("/") if isinstance(scope, str) and scope.startswith("{") else scope


async def test_what_is_written_later_about_a_blocked_stay_is_hidden_too(world: World) -> None:
    person, places = await _chart(world)
    await _said(world, person, {"type": "deny", "data": [data("related", {"reference": places["stay"].lstrip("/")})]})
    later = {**_records(person.number)["pulse"], "encounter": {"reference": places["stay"].lstrip("/")}}
    apart = {**later, "encounter": None}
    del apart["encounter"]
    made = [await world.as_("hospital-system").post("/Observation", json=one) for one in (later, apart)]
    assert [answer.status_code for answer in made] == [CREATED] * 2
    seen = [(await world.as_("gp").get(f"/Observation/{one.json()['id']}")).status_code for one in made]
    assert seen == [NOT_FOUND, OK]
    # And an old version that belonged to the stay, when the newest does not any more.
    moved = {**apart, "id": made[0].json()["id"]}
    answer = await world.as_("hospital-system").put(f"/Observation/{moved['id']}", json=moved)
    assert answer.status_code == OK, answer.text
    assert (await world.as_("gp").get(f"/Observation/{moved['id']}/_history/1")).status_code == NOT_FOUND


async def test_several_blocks_add_up_and_the_last_word_of_one_leaves_the_others(world: World) -> None:
    person, places = await _chart(world)
    gp = world.as_("gp")
    await _said(world, person, {"type": "deny", "code": [kind("allergy")]})
    second = await _said(world, person, {"type": "deny", "actor": [GP], "code": [kind("measurement")]})
    await _said(world, person, {"type": "permit", "actor": [GP], "purpose": [purpose("TREAT")]})
    assert await _seen(gp, places) == EVERYTHING - {"allergy", "pulse"}
    assert (await as_citizen(world, person.number).delete(f"/Consent/{second}")).status_code == NO_CONTENT
    assert await _seen(gp, places) == EVERYTHING - {"allergy"}


REFUSED: dict[str, tuple[JSON, str]] = {
    "modifier": (
        {"modifierExtension": [{"url": "https://example.org/not", "valueBoolean": True}]},
        "Consent.provision.modifierExtension",
    ),
    "third level": (
        {"provision": [{"type": "permit", "provision": [{"type": "deny"}]}]},
        "Consent.provision.provision[0].provision",
    ),
    "unknown purpose": (
        {"purpose": [{"system": systems.ACT_REASON, "code": "HMARKT"}]},
        "Consent.provision.purpose[0]",
    ),
    "unknown class": (
        {"class": [{"system": "http://hl7.org/fhir/resource-types", "code": "Condition"}]},
        "Consent.provision.class[0]",
    ),
    "unknown code": (
        {"code": [{"coding": [{"system": systems.LOINC, "code": "8867-4"}]}]},
        "Consent.provision.code[0]",
    ),
    "unknown label": (
        {"securityLabel": [{"system": systems.ACT_CODE, "code": "CELEB"}]},
        "Consent.provision.securityLabel[0]",
    ),
    "correcting": (
        {"action": [{"coding": [{"system": systems.CONSENT_ACTION, "code": "correct"}]}]},
        "Consent.provision.action[0]",
    ),
    "nobody known": ({"actor": [recipient({"display": "min læge"})]}, "Consent.provision.actor[0].reference"),
    "custodian": (
        {
            "actor": [
                {
                    "role": {"coding": [{"system": systems.PARTICIPATION, "code": "CST"}]},
                    "reference": sor("gp-1"),
                }
            ]
        },
        "Consent.provision.actor[0].role",
    ),
    "persons and units": ({"actor": [GP, DR_KJAER]}, "Consent.provision.actor"),
    "records and authors": (
        {"data": [data("instance", {"reference": "Condition/x"}), data("authoredby", sor("hospital"))]},
        "Consent.provision.data",
    ),
    "a sector that is none": (
        {"actor": [recipient(sector("pharmacy"))]},
        "Consent.provision.actor[0].reference",
    ),
    "a sector of records that is none": (
        {"data": [data("authoredby", sector("pharmacy"))]},
        "Consent.provision.data[0].reference",
    ),
    "units and sectors of records": (
        {"data": [data("authoredby", sector("hospital")), data("authoredby", sor("hospital"))]},
        "Consent.provision.data",
    ),
    "a function that is none": ({"extension": [function("wizard")]}, "Consent.provision.extension"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_cannot_be_kept_is_refused_where_it_stands_and_never_ignored(world: World, what: str) -> None:
    scope, path = REFUSED[what]
    person = await citizen(world)
    answer = await as_citizen(world, person.number).post(
        "/Consent", json=consent(person.number, {"type": "deny", **scope})
    )
    assert answer.status_code == INVALID, answer.text
    assert path in {issue["expression"][0] for issue in issues(answer)}
    assert await sees(world.as_("gp"), person)


WORD = {"verification": [{"verified": True, "verificationDate": "2026-11-20"}]}


async def test_staff_write_a_block_down_with_evidence_and_the_citizen_is_told_at_once(world: World) -> None:
    person = await citizen(world)
    provision = {"type": "deny", "actor": [GP]}
    spoken = {"sourceAttachment": {"contentType": "text/plain", "title": "Sagt i telefonen"}}
    wrong = {
        "Consent.verification": {},
        "Consent.performer": {**WORD, "performer": [PERSONAS["gp"].reference()]},
    }
    for path, how in wrong.items():
        answer = await world.as_("gp").post("/Consent", json=consent(person.number, provision, **how))
        assert answer.status_code == INVALID, answer.text
        assert {issue["expression"][0] for issue in issues(answer)} == {path}
    assert await sees(world.as_("gp"), person)
    for how in (WORD, spoken):
        told = await _notices(world, person)
        answer = await world.as_("gp").post("/Consent", json=consent(person.number, provision, **how))
        assert answer.status_code == CREATED, answer.text
        assert await _notices(world, person) == [*told, "block-recorded"]
    assert not await sees(world.as_("gp"), person)


async def test_staff_write_no_consent_down_that_would_serve_them(world: World) -> None:
    person = await citizen(world, gp="gp-2")
    for provision in (
        {"type": "permit", "actor": [DR_KJAER], "purpose": [purpose("TREAT")]},
        {"type": "permit"},
        {"type": "deny", "provision": [{"type": "permit", "actor": [DR_KJAER]}]},
    ):
        answer = await world.as_("gp").post("/Consent", json=consent(person.number, provision, **WORD))
        assert answer.status_code == FORBIDDEN, answer.text
        assert "consent-now" in answer.text, "the refusal says what to do instead"
    assert not await sees(world.as_("gp"), person)


async def test_the_door_lifts_a_block_for_the_one_who_opened_it_and_the_citizen_is_told(world: World) -> None:
    person, other = await citizen(world), await citizen(world)
    for one in (person, other):
        await _said(world, one, {"type": "deny", "actor": [GP]})
    gp = world.as_("gp")
    assert not await sees(gp, person)
    asked = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "identifier", "valueIdentifier": {"system": person.number[0], "value": person.number[1]}},
            {"name": "reason", "valueString": "borgeren bad mig om at se efter"},
        ],
    }
    opened = await gp.post("/Patient/$consent-now", json=asked)
    assert opened.status_code == CREATED, opened.text
    assert "declared-consent-now" in await _notices(world, person)
    assert await sees(gp, person)
    assert not await sees(gp, other)
    assert not await sees(world.as_("gp-secretary"), person)
    assert not await sees(world.as_("gp", purposes=["HQUALIMP"]), person)
    # The latest word counts: a block that is said afterwards closes again.
    await _said(world, person, {"type": "deny", "actor": [DR_KJAER]})
    assert not await sees(gp, person)


async def _notices(world: World, person: Person) -> list[str]:
    told = resources_in(await as_citizen(world, person.number).get("/$notices"), "Parameters")
    return [part["valueCode"] for one in told for part in one["parameter"] if part["name"] == "topic"]


async def test_a_consent_of_a_guardian_counts_as_hers_and_names_her_as_author(world: World) -> None:
    child, mother = await citizen(world, born=years_ago(9)), new_number()
    await register_says(world, child.number, mother, "custody")
    block = consent(child.number, {"type": "deny", "actor": [GP]}, performer=[{"reference": "#r0"}], relatives=[mother])
    made = await acting(world, mother).post("/Consent", json=block)
    assert made.status_code == CREATED, made.text
    assert not await sees(world.as_("gp"), child)
    assert (await acting(world, mother).get(f"/Consent/{made.json()['id']}")).status_code == OK
