"""Each class of bad content, over HTTP: the right status, the FHIRPath of the fault, and nothing stored."""

import json
from typing import Any

import pytest
from rest_builders import JSON_HEADERS, bundle, condition, created, entry, observation, subject, with_id
from served import NANCY, World, issues

LOINC = "http://loinc.org"
DIV = "http://www.w3.org/1999/xhtml"


def seen(**more: Any) -> dict[str, Any]:
    return {**json.loads(observation()), **more}


def without(resource: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key not in names}


def patient(**more: Any) -> dict[str, Any]:
    identifier = {"system": NANCY[0], "value": NANCY[1]}
    return {"resourceType": "Patient", "identifier": [identifier], "name": [{"family": "Berggren"}], **more}


def told(div: str) -> dict[str, Any]:
    return seen(text={"status": "generated", "div": div})


BAD: dict[str, tuple[dict[str, Any], str]] = {
    # cardinality
    "required primitive missing": (without(seen(), "status"), "Observation.status"),
    "required object missing": (without(seen(), "code"), "Observation.code"),
    "required in a backbone missing": (seen(component=[{"valueString": "x"}]), "Observation.component[0].code"),
    "array where one is allowed": (seen(status=["final"]), "Observation.status"),
    "one where an array is needed": (patient(name={"family": "x"}), "Patient.name"),
    # dates
    "day that the calendar lacks": (seen(effectiveDateTime="2026-02-29"), "Observation.effective"),
    "month 13": (patient(birthDate="1990-13-01"), "Patient.birthDate"),
    "time without a zone": (seen(effectiveDateTime="2026-01-01T10:00:00"), "Observation.effective"),
    "hour 24": (seen(effectiveDateTime="2026-01-01T24:00:00Z"), "Observation.effective"),
    "instant without seconds": (seen(issued="2026-01-01T10:00Z"), "Observation.issued"),
    "period that ends before it starts": (
        without(seen(effectivePeriod={"start": "2026-02-02", "end": "2026-02-01"}), "effectiveDateTime"),
        "Observation.effective",
    ),
    # elements
    "unknown element": (seen(colour="red"), "Observation.colour"),
    "unknown element deep down": (seen(code={"coding": [{"cod": "x"}]}), "Observation.code.coding[0].cod"),
    "unknown type": ({"resourceType": "Observaton"}, ""),
    "comments of old": (seen(fhir_comments=["x"]), "Observation"),
    # choice
    "two of a choice": (seen(valueString="x"), "Observation.value"),
    "a choice that is not offered": (seen(valueDecimal=1), "Observation.valueDecimal"),
    # codes
    "required code unknown": (seen(status="finished"), "Observation.status"),
    "required code in another case": (patient(gender="Female"), "Patient.gender"),
    "required coded concept unknown": (
        condition(clinicalStatus={"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "sick"}]}),
        "Condition.clinicalStatus",
    ),
    # references
    "reference of the wrong type": (seen(subject={"reference": "Practitioner/1"}), "Observation.subject"),
    "reference to nothing": (seen(subject={}), "Observation.subject"),
    "contained reference without its resource": (seen(performer=[{"reference": "#gone"}]), "Observation.performer[0]"),
    # emptiness
    "empty array": (seen(category=[]), "Observation.category"),
    "empty text": (seen(status=""), "Observation.status"),
    "blank text": (seen(note=[{"text": "  "}]), "Observation.note[0].text"),
    "empty object": (seen(code={}), "Observation.code"),
    # null
    "null as a value": (seen(valueQuantity=None), "Observation.value"),
    "null in an array": (patient(name=[{"given": ["A", None]}]), "Patient.name[0].given[1]"),
    # types of JSON
    "number for a text": (seen(note=[{"text": 1}]), "Observation.note[0].text"),
    "text for a number": (seen(valueQuantity={"value": "72"}), "Observation.value.value"),
    "text for a boolean": (patient(active="true"), "Patient.active"),
    "text for an object": (seen(subject="Patient/1"), "Observation.subject"),
    # formats
    "id with an underscore": (seen(contained=[{"resourceType": "Organization", "id": "a_b", "name": "x"}]), "Observation.contained[0].id"),
    "uri with a space": (seen(code={"coding": [{"system": "a b", "code": "x"}]}), "Observation.code.coding[0].system"),
    "code with two spaces": (seen(code={"coding": [{"system": LOINC, "code": "a  b"}]}), "Observation.code.coding[0].code"),
    "bad base64": (
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "subject": subject(),
            "content": [{"attachment": {"data": "a*b"}}],
        },
        "DocumentReference.content[0].attachment.data",
    ),
    # extensions and invariants
    "extension without an address": (seen(extension=[{"valueString": "x"}]), "Observation.extension[0].url"),
    "extension with value and extensions": (
        seen(extension=[{"url": "http://x", "valueString": "x", "extension": [{"url": "y", "valueString": "z"}]}]),
        "Observation.extension[0]",
    ),
    "value and reason for its absence": (seen(dataAbsentReason={"text": "x"}), "Observation"),
    # narrative
    "script": (told(f'<div xmlns="{DIV}"><script>alert(1)</script></div>'), "Observation.text.div"),
    "handler": (told(f'<div xmlns="{DIV}"><p onclick="x()">a</p></div>'), "Observation.text.div"),
    "address that runs": (told(f'<div xmlns="{DIV}"><a href="javascript:x()">a</a></div>'), "Observation.text.div"),
    "frame": (told(f'<div xmlns="{DIV}"><iframe src="https://x"/></div>'), "Observation.text.div"),
    "style that loads": (told(f'<div xmlns="{DIV}"><p style="background:url(https://x)">a</p></div>'), "Observation.text.div"),
    "entity from outside": (told(f'<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]><div xmlns="{DIV}">&e;</div>'), "Observation.text.div"),
    "narrative that is no XML": (told(f'<div xmlns="{DIV}"><p>a</div>'), "Observation.text.div"),
    "empty narrative": (told(f'<div xmlns="{DIV}"> </div>'), "Observation.text.div"),
    # contained
    "a fault in a contained resource": (
        seen(contained=[{"resourceType": "Patient", "id": "p", "gender": "x"}]),
        "Observation.contained[0].gender",
    ),
}  # fmt: skip


def at(path: str) -> str:
    """Return the path of a fault of a resource that stands second in a transaction."""
    head, dot, tail = path.partition(".")
    return f"Bundle.entry[1].resource{dot}{tail}" if head else "Bundle.entry[1].resource"


@pytest.mark.parametrize("name", BAD)
async def test_bad_content_is_refused_with_its_place_and_leaves_nothing(world: World, name: str) -> None:
    resource, path = BAD[name]
    gp, before = world.as_("gp"), (await world.change(), await world.row_counts())
    type_ = resource["resourceType"] if path else "Observation"
    alone = await gp.post(f"/{type_}", json=resource)
    assert alone.status_code == (422 if path else 400), alone.text
    found = [one for issue in issues(alone) for one in issue.get("expression", [])]
    assert not path or any(one == path or one.startswith(f"{path}.") for one in found), found
    together = await gp.post("", json=bundle(entry(condition()), entry(resource, url=type_)))
    assert together.status_code == 422, together.text
    found = [one for issue in issues(together) for one in issue.get("expression", [])]
    assert any(one == at(path) or one.startswith(f"{at(path)}.") for one in found), found
    for answer in (alone, together):
        assert NANCY[1] not in answer.text
    assert (await world.change(), await world.row_counts()) == before


@pytest.mark.parametrize("name", BAD)
async def test_bad_content_does_not_replace_good(world: World, name: str) -> None:
    resource, path = BAD[name]
    if resource["resourceType"] != "Observation":
        resource = seen(colour="red")
    id_, gp = (await created(world)).json()["id"], world.as_("gp")
    answer = await gp.put(f"/Observation/{id_}", json={**resource, "id": id_})
    assert answer.status_code == 422
    assert path is not None
    assert (await gp.get(f"/Observation/{id_}")).json()["meta"]["versionId"] == "1"


def deep(levels: int) -> bytes:
    inner = b'{"url":"http://x","valueBoolean":true}'
    for _ in range(levels):
        inner = b'{"url":"http://x","extension":[%s]}' % inner
    return observation()[:-1] + b',"extension":[%s]}' % inner


RAW: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, ""),
    "no JSON": (b"{", 400, ""),
    "two documents": (observation() + b"{}", 400, ""),
    "an array": (b"[]", 400, ""),
    "a text": (b'"Observation"', 400, ""),
    "null": (b"null", 400, ""),
    "no type": (b'{"status":"final"}', 400, ""),
    "a type that is no text": (b'{"resourceType":1}', 400, ""),
    "a trailing comma": (observation()[:-1] + b",}", 400, ""),
    "a comment": (b"/* */" + observation(), 400, ""),
    "not a number": (observation(value="NaN"), 400, ""),
    "infinity": (observation(value="Infinity"), 400, ""),
    "a number in a form JSON lacks": (observation(value="072"), 400, ""),
    "a hexadecimal number": (observation(value="0x10"), 400, ""),
    "not UTF-8": (observation().replace(b"final", b"fin\xff"), 400, ""),
    "UTF-16": (observation().decode().encode("utf-16"), 400, ""),
    "half a surrogate pair": (observation(note=[{"text": "x"}]).replace(b'"x"', rb'"\ud83d"'), 400, ""),
    "a NUL": (observation(note=[{"text": "x"}]).replace(b'"x"', rb'"\u0000"'), 422, "Observation.note[0].text"),
    "a control character": (observation(note=[{"text": "x"}]).replace(b'"x"', b'"\x01"'), 400, ""),
    "a key twice": (observation()[:-1] + b',"status":"amended"}', 422, "Observation.status"),
    "a key twice deep down": (
        observation().replace(b'"code": "8867-4"', b'"code": "8867-4", "code": "1"'),
        422,
        "Observation.code.coding[0].code",
    ),
    "a key twice, written differently": (observation()[:-1] + rb',"\u0073tatus":"amended"}', 422, "Observation.status"),
    "the type twice": (observation()[:-1] + b',"resourceType":"Patient"}', 422, ""),
    "too deep": (deep(300), 413, ""),
    "far too deep": (b"[" * 200_000, 413, ""),
    "a number without end": (observation(value="1" * 10_000), 422, "Observation.value.value"),
    "an exponent without end": (observation(value="1e999999999"), 422, "Observation.value.value"),
    "too many bytes": (b" " * (16 * 2**20 + 1), 413, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", RAW)
async def test_bad_json_is_refused_and_leaves_nothing(world: World, name: str) -> None:
    raw, status, path = RAW[name]
    gp, before = world.as_("gp"), (await world.change(), await world.row_counts())
    answer = await gp.post("/Observation", content=raw, headers=JSON_HEADERS)
    assert answer.status_code == status, answer.text[:300]
    found = [one for issue in issues(answer) for one in issue.get("expression", [])]
    assert not path or any(one == path or one.startswith(path) for one in found), found
    assert (await world.change(), await world.row_counts()) == before


@pytest.mark.parametrize("name", RAW)
@pytest.mark.parametrize("path", ["", "/Patient/$summary", "/$submit-report", "/$process-message"])
async def test_bad_json_is_refused_wherever_it_is_sent(world: World, name: str, path: str) -> None:
    raw, _, _ = RAW[name]
    if path == "/Patient/$summary" and not raw.strip():
        raw = b"x"
    answer = await world.as_("hospital-system").post(path, content=raw, headers=JSON_HEADERS)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["resourceType"] in {"OperationOutcome", "Bundle"}


async def test_every_fault_of_one_resource_is_named_at_once(world: World) -> None:
    bad = seen(status="finished", effectiveDateTime="2026-02-30", category=[], colour=1)
    answer = await world.as_("gp").post("/Observation", json=bad)
    found = {one for issue in issues(answer) for one in issue.get("expression", [])}
    assert found >= {"Observation.status", "Observation.effective", "Observation.category", "Observation.colour"}


async def test_a_resource_that_names_nobody_or_somebody_unknown_is_refused(world: World) -> None:
    gp, before = world.as_("gp"), await world.row_counts()
    for nobody in (
        without(seen(), "subject"),
        seen(subject={"display": "Nancy"}),
        seen(subject={"reference": "Patient/aaaaaaaaaaaaaaaaaaaaaaaaaa"}),
        seen(subject={"reference": "https://elsewhere.example.org/fhir/Patient/1"}),
        seen(subject={"reference": "Group/1"}),
        seen(subject={"identifier": {"value": NANCY[1]}}),
    ):
        answer = await gp.post("/Observation", json=nobody)
        assert answer.status_code == 422, answer.text
        assert issues(answer)[0]["expression"][0].startswith("Observation")
    assert await world.row_counts() == before


@pytest.mark.parametrize(
    "number", ["0000000000", "3213489996", "25124899", "251248-9996", "251248999A", "\uff12512489996"]
)
async def test_a_number_that_is_no_cpr_makes_no_citizen(world: World, number: str) -> None:
    before = await world.row_counts()
    answer = await world.as_("gp").post(
        "/Observation", json=seen(subject={"identifier": {"system": NANCY[0], "value": number}})
    )
    assert answer.status_code == 422, answer.text
    assert number not in answer.text
    assert await world.row_counts() == before


async def test_a_body_with_the_wrong_id_or_none_replaces_nothing(world: World) -> None:
    id_ = (await created(world)).json()["id"]
    for raw in (observation(), with_id(observation(), "x")):
        assert (await world.as_("gp").put(f"/Observation/{id_}", content=raw, headers=JSON_HEADERS)).status_code == 400
