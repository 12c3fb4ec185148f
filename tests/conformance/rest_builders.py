"""What the REST tests send: one Observation and one Condition about Nancy, as text, so that every byte is known."""

import json
from typing import Any

import httpx2
from served import FHIR_JSON, NANCY, Identifier, World

HTEST = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
JSON_HEADERS = {"Content-Type": FHIR_JSON}


def subject(citizen: Identifier = NANCY) -> dict[str, Any]:
    return {"identifier": {"system": citizen[0], "value": citizen[1]}}


def observation(citizen: Identifier = NANCY, *, code: str = "8867-4", value: str = "72.10", **more: Any) -> bytes:
    """Return an Observation as JSON text; `value` is written as it is given."""
    resource = {
        "resourceType": "Observation",
        "meta": {"security": [HTEST]},
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": subject(citizen),
        "effectiveDateTime": "2026-01-02T03:04:05+01:00",
        "valueQuantity": {"value": 0, "system": "http://unitsofmeasure.org", "code": "/min"},
        **more,
    }
    return json.dumps(resource, ensure_ascii=False).replace('"value": 0', f'"value": {value}').encode()


def condition(citizen: Identifier = NANCY, **more: Any) -> dict[str, Any]:
    active = {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}
    return {
        "resourceType": "Condition",
        "meta": {"security": [HTEST]},
        "clinicalStatus": {"coding": [active]},
        "code": {"coding": [{"system": "urn:oid:1.2.208.176.2.4", "code": "DI109"}]},
        "subject": subject(citizen),
        "recordedDate": "2026-01-02",
        **more,
    }


def with_id(raw: bytes, id_: str) -> bytes:
    """Return the resource with an id, its other bytes as they were."""
    return raw.replace(b'", "', b'", "id": "%s", "' % id_.encode(), 1)


async def created(
    world: World, raw: bytes | None = None, *, type_: str = "Observation", who: str = "gp"
) -> httpx2.Response:
    """Create a resource and return the answer."""
    answer = await world.as_(who).post(f"/{type_}", content=observation() if raw is None else raw, headers=JSON_HEADERS)
    assert answer.status_code == httpx2.codes.CREATED, answer.text
    return answer


def entry(resource: dict[str, Any] | None, method: str = "POST", url: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a Bundle entry; `full_url` names it, other arguments go into the request."""
    made: dict[str, Any] = {}
    if "full_url" in more:
        made["fullUrl"] = more.pop("full_url")
    if resource is not None:
        made["resource"] = resource
    return {**made, "request": {"method": method, "url": url or (resource or {})["resourceType"], **more}}


def bundle(*entries: dict[str, Any], kind: str = "transaction") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, **({"entry": list(entries)} if entries else {})}


def statuses(answer: httpx2.Response) -> list[str]:
    """Return the status code of every entry of an answered transaction or batch."""
    assert answer.status_code == httpx2.codes.OK, answer.text
    return [part["response"]["status"][:3] for part in answer.json().get("entry", [])]


def members(raw: bytes) -> dict[str, str]:
    """Return the members of a JSON object as they are written, without `id` and `meta`."""
    text, scan = raw.decode(), json.JSONDecoder().raw_decode
    found: dict[str, str] = {}
    at = text.index("{") + 1
    while True:
        while text[at] in " \t\r\n,":
            at += 1
        if text[at] == "}":
            return {key: value for key, value in found.items() if key not in {"id", "meta"}}
        key, at = scan(text, at)
        at = text.index(":", at) + 1
        while text[at] in " \t\r\n":
            at += 1
        start, (_, at) = at, scan(text, at)
        found[key] = text[start:at]
