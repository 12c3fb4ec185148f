"""The CapabilityStatement says what works and nothing else. Source: https://hl7.org/fhir/R4/capabilitystatement.html"""

import json
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome
from rest_builders import bundle, condition, entry, observation, subject
from served import BASE, NANCY, World, issues, resources_in, summary_of

from app.fhir.capability import statement
from app.fhir.dispatch import INTERACTIONS
from app.search.registry import PARAMETERS
from schemas.admit import Admitted, admit
from schemas.homes import HOMES

STATED = statement(BASE)["rest"][0]
RESOURCES = {row["type"]: row for row in STATED["resource"]}
ABSENT = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
NUMBER = "|".join(NANCY)
DIRECTORY_TYPES = {row.type for row in HOMES if row.home == "directory"}

VALUES = {
    "token": "http://example.org/codes|a",
    "reference": "Practitioner/x",
    "date": "ge2020-01-01",
    "string": "a",
    "quantity": "1",
    "uri": "http://example.org/a",
}


async def stated(world: World) -> dict[str, Any]:
    answer = await world.anonymous().get("/metadata")
    assert answer.status_code == 200
    return dict(answer.json())


async def test_it_is_public_valid_and_says_the_version_and_formats(world: World) -> None:
    body = await stated(world)
    CapabilityStatement.model_validate(body)
    assert body["fhirVersion"] == "4.0.1"
    assert body["implementation"]["url"] == BASE
    assert "application/fhir+json" in body["format"]
    assert not any("xml" in one for one in body["format"])
    assert {row["type"] for row in body["rest"][0]["resource"]} == {row.type for row in HOMES}


def _selecting(type_: str, name: str) -> dict[str, str]:
    """Return how a search of this type names Nancy; by an absent id where the type has no such parameter."""
    if type_ in DIRECTORY_TYPES:
        return {}
    if type_ == "Patient":
        return {} if name == "identifier" else {"identifier": NUMBER}
    named = {row["name"] for row in RESOURCES[type_]["searchParam"]}
    for selector in ("patient", "subject"):
        if selector in named:
            return {f"{selector}.identifier": NUMBER}
    return {} if name == "_id" else {"_id": ABSENT}


@pytest.mark.parametrize("type_", sorted(RESOURCES))
async def test_every_search_parameter_that_it_names_works(world: World, type_: str) -> None:
    client = world.as_("citizen" if type_ == "AuditEvent" else "gp")
    patient = resources_in(await client.get("/Patient", params={"identifier": NUMBER}))[0]["id"]
    for parameter in RESOURCES[type_]["searchParam"]:
        name, value = parameter["name"], VALUES[parameter["type"]]
        params = {name: value, **_selecting(type_, name)}
        if "Selects the citizen" in parameter.get("documentation", ""):
            params = {name: f"Patient/{patient}"}
        elif (type_, name) == ("Patient", "identifier"):
            params[name] = NUMBER
        elif PARAMETERS[type_][name].is_boolean:
            params[name] = "true"
        elif name == "_id":
            params[name] = ABSENT
        answer = await client.get(f"/{type_}", params=params)
        allowed = {200} if {NUMBER, f"Patient/{patient}"} & set(params.values()) else {200, 403}
        assert answer.status_code in allowed, (name, answer.text)


@pytest.mark.parametrize("type_", sorted(RESOURCES))
async def test_the_interactions_that_it_names_work_and_the_others_are_refused(world: World, type_: str) -> None:
    codes = {row["code"] for row in RESOURCES[type_]["interaction"]}
    system = world.as_("gp-system")
    requests = {
        "read": ("GET", f"/{type_}/{ABSENT}"),
        "vread": ("GET", f"/{type_}/{ABSENT}/_history/1"),
        "history-instance": ("GET", f"/{type_}/{ABSENT}/_history"),
        "history-type": ("GET", f"/{type_}/_history"),
        "search-type": ("GET", f"/{type_}?_id={ABSENT}"),
        "create": ("POST", f"/{type_}"),
        "update": ("PUT", f"/{type_}/{ABSENT}"),
        "patch": ("PATCH", f"/{type_}/{ABSENT}"),
        "delete": ("DELETE", f"/{type_}/{ABSENT}"),
    }
    for code, (method, path) in requests.items():
        answer = await system.request(method, path, content=b"{}" if method in {"POST", "PUT"} else None)
        text = answer.json()["issue"][0].get("diagnostics", "") if answer.status_code >= 400 else ""
        if code in codes:
            assert answer.status_code != 405, (code, answer.text)
            assert "no such interaction" not in text, code
        else:
            assert answer.status_code in {404, 405}, (code, answer.text)


async def test_nobody_writes_the_log(world: World) -> None:
    event = {
        "resourceType": "AuditEvent",
        "type": {"code": "rest"},
        "recorded": "2026-01-01T00:00:00Z",
        "agent": [{"requestor": True}],
        "source": {"observer": {"display": "x"}},
        "entity": [{"what": subject()}],
    }
    system, before = world.as_("gp-system"), await world.row_counts()
    assert (await system.post("/AuditEvent", json=event)).status_code == 405
    inside = await system.post("", json=bundle(entry(event)))
    assert issues(inside)[0]["expression"] == ["Bundle.entry[0].request.url"]
    assert await world.row_counts() == before


async def test_what_it_says_of_conditions_and_versions_is_so(world: World) -> None:
    for row in RESOURCES.values():
        assert row["versioning"] == "versioned"
        assert (row["updateCreate"], row["conditionalUpdate"], row["conditionalDelete"]) == (
            False,
            False,
            "not-supported",
        )
    gp = world.as_("gp")
    for method in ("PUT", "DELETE", "PATCH"):
        answer = await gp.request(method, "/Observation?identifier=a|b", content=observation())
        assert answer.status_code == 405


def _operations() -> dict[str, list[str]]:
    named = {"": [row["name"] for row in STATED["operation"]]}
    return named | {type_: [one["name"] for one in row["operation"]] for type_, row in RESOURCES.items()}


INSTANCE_ALONE = {"review"}
READ_BY_ID = {"received": "nothing was disclosed to you by this id"}
READ_ALONE = {"notices", "unusual-access"}


async def test_every_operation_that_it_names_answers_and_no_other_is_served(world: World) -> None:
    gp, named = world.as_("gp"), _operations()
    served = {
        (row.shape[-1].removeprefix("$"), row.types) for row in INTERACTIONS if row.shape and "$" in row.shape[-1]
    }
    assert {name for names in named.values() for name in names} == {name for name, _ in served}
    for type_, names in named.items():
        for name in names:
            if name in READ_BY_ID:
                answer = await gp.get(f"/{type_}/0/${name}?id=0")
                assert issues(answer)[0]["diagnostics"] == READ_BY_ID[name]
                continue
            at = f"/{type_}/0/${name}" if name in INSTANCE_ALONE else f"/{type_}/${name}"
            path = at if type_ else f"/${name}"
            method = "GET" if name in READ_ALONE else "POST"
            answer = await gp.request(method, path, content=None if method == "GET" else b"{}")
            assert answer.status_code not in {404, 405, 501}, (path, answer.text)


async def test_system_interactions_are_transaction_and_batch(world: World) -> None:
    assert [row["code"] for row in STATED["interaction"]] == ["transaction", "batch"]
    for path in ("/?_type=Observation", "/_history"):
        assert (await world.as_("gp").get(path)).status_code in {404, 405}
    assert (await world.as_("gp").post("/_search", data={"_type": "Observation"})).status_code in {404, 405}


async def test_answers_are_valid_for_a_second_implementation(world: World) -> None:
    gp = world.as_("gp")
    written = await gp.post("", json=bundle(entry(condition()), entry(json.loads(observation()))))
    failed = await gp.post("", json=bundle(entry(None, "DELETE", f"Observation/{ABSENT}"), kind="batch"))
    id_ = written.json()["entry"][0]["resource"]["id"]
    answers = [
        written,
        failed,
        await gp.post("/Observation/_search", data={"patient.identifier": NUMBER, "_count": "5"}),
        await gp.post("/Observation/_search", data={"patient.identifier": NUMBER, "_count": "0"}),
        await gp.get(f"/Condition/{id_}/_history"),
        await gp.post("/Patient/$summary", json=summary_of()),
        await world.as_("citizen").post("/AuditEvent/_search", data={"patient.identifier": NUMBER, "_count": "20"}),
        await world.as_("municipality-system").get("/$notices"),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        Bundle.model_validate_json(answer.content)
        result = admit(answer.content, expect="Bundle")
        assert isinstance(result, Admitted), result
    refused = await gp.get("/Observation?x=1")
    OperationOutcome.model_validate_json(refused.content)
    assert issues(refused)


async def test_the_registry_of_log_parameters_matches_the_statement(world: World) -> None:
    named = {row["name"] for row in RESOURCES["AuditEvent"]["searchParam"]}
    citizen = world.as_("citizen")
    for name in sorted(named):
        value = {"patient": None, "date": "ge2020", "_id": ABSENT}.get(name, VALUES["token"])
        data = {"patient.identifier": NUMBER} | ({name: value} if value else {})
        answer = await citizen.post("/AuditEvent/_search", data=data)
        assert answer.status_code == 200, (name, answer.text)
    assert resources_in(await citizen.post("/AuditEvent/_search", data={"patient.identifier": NUMBER})) != []
