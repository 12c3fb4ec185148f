"""What the tests of the use cases send, and how they look into the database behind the answer."""

import json
from typing import Any

import httpx2
from served import NANCY, Identifier, World

from app import audit
from app.runtime import now_us
from app.store import audits, citizens
from schemas.terminology import systems

HTEST = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
UNKNOWN: Identifier = (systems.CPR, "0101019995")
URN = "urn:uuid:0b2b3c0e-0000-4000-8000-000000000001"


def by_number(citizen: Identifier = NANCY) -> dict[str, Any]:
    """Return a reference by identifier."""
    return {"identifier": {"system": citizen[0], "value": citizen[1]}}


def observation(subject: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return a pulse of Nancy, or of whom `subject` refers to."""
    return {
        "resourceType": "Observation",
        "meta": {"security": [HTEST]},
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": by_number() if subject is None else subject,
        "effectiveDateTime": "2026-01-02T03:04:05+01:00",
        "valueQuantity": {"value": 72, "system": "http://unitsofmeasure.org", "code": "/min"},
        **more,
    }


def patient(*identifiers: Identifier, **more: Any) -> dict[str, Any]:
    """Return a Patient with these identifiers, Nancy's number by default."""
    return {
        "resourceType": "Patient",
        "meta": {"security": [HTEST]},
        "identifier": [{"system": system, "value": value} for system, value in identifiers or (NANCY,)],
        "name": [{"family": "Berggren", "given": ["Nancy Ann"]}],
        "birthDate": "1948-12-25",
        **more,
    }


def entry(
    resource: dict[str, Any] | None, method: str = "POST", url: str = "", *, full_url: str = "", **request: Any
) -> dict[str, Any]:
    """Return one entry of a transaction or batch."""
    made: dict[str, Any] = {"request": {"method": method, "url": url or (resource or {})["resourceType"], **request}}
    if resource is not None:
        made["resource"] = resource
    if full_url:
        made["fullUrl"] = full_url
    return made


async def send(world: World, who: str, *entries: dict[str, Any], kind: str = "transaction") -> httpx2.Response:
    """Post a transaction (or batch) as a persona."""
    return await world.as_(who).post("", json={"resourceType": "Bundle", "type": kind, "entry": list(entries)})


async def created(world: World, resource: dict[str, Any], who: str = "gp") -> dict[str, Any]:
    """Create a resource and return it as stored."""
    answer = await world.as_(who).post(f"/{resource['resourceType']}", json=resource)
    assert answer.status_code == httpx2.codes.CREATED, answer.text
    return dict(answer.json())


def ids_of(answer: httpx2.Response) -> list[str]:
    """Return 'Type/id' of every entry of a transaction-response."""
    assert answer.status_code == httpx2.codes.OK, answer.text
    return ["/".join(part["response"]["location"].split("/")[-4:-2]) for part in answer.json()["entry"]]


def said(answer: httpx2.Response) -> str:
    """Return the words of the first issue."""
    return str(answer.json()["issue"][0]["diagnostics"])


async def pid_of(world: World, citizen: Identifier = NANCY) -> int | None:
    """Return the internal key to which an identifier leads."""
    async with world.service.database.snapshot() as snapshot:
        return await citizens.find_pid(snapshot, *citizen, at_us=now_us())


async def records(world: World, pid: int, *, limit: int = 500) -> list[audit.Record]:
    """Return the audit of a citizen (or reserved key), newest first."""
    async with world.service.database.snapshot() as snapshot:
        return [audit.decode(row.body) for row in await audits.of_citizen(snapshot, pid, limit=limit)]


def text_of(value: Any) -> bytes:
    """Return a value as JSON text."""
    return json.dumps(value).encode()
