"""Valid resources to vary, and short ways to ask the write gate."""

import json
import os
from pathlib import Path
from typing import Any

from schemas.admit import Admitted, Rejected, admit

JSON = dict[str, Any]

CORPUS = Path(os.environ.get("OVERGANG_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
XHTML = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'
DAR = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
ABSENT = {"extension": [{"url": DAR, "valueCode": "unknown"}]}


def narrative(inner: str) -> JSON:
    return {"status": "generated", "div": XHTML.format(inner)}


def patient(**more: Any) -> JSON:
    return {
        "resourceType": "Patient",
        "id": "bruno",
        "identifier": [{"use": "official", "system": "urn:oid:1.2.208.176.1.2", "value": "2509479989"}],
        "active": True,
        "name": [{"use": "official", "family": "Elmer", "given": ["Bruno", "Test"]}],
        "gender": "male",
        "birthDate": "1947-09-25",
    } | more


def observation(**more: Any) -> JSON:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
                ]
            }
        ],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": {"reference": "Patient/bruno"},
        "effectiveDateTime": "2023-05-01T10:00:00+02:00",
        "valueQuantity": {"value": 72, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
    } | more


def condition(**more: Any) -> JSON:
    return {
        "resourceType": "Condition",
        "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        "verificationStatus": concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"),
        "code": {"text": "KOL"},
        "subject": {"reference": "Patient/bruno"},
    } | more


def allergy(**more: Any) -> JSON:
    return {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active"),
        "patient": {"reference": "Patient/bruno"},
    } | more


def appointment(**more: Any) -> JSON:
    return {
        "resourceType": "Appointment",
        "status": "booked",
        "start": "2026-01-01T10:00:00Z",
        "end": "2026-01-01T10:30:00Z",
        "participant": [{"actor": {"reference": "Patient/bruno"}, "status": "accepted"}],
    } | more


def medication_request(**more: Any) -> JSON:
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "marevan"},
        "subject": {"reference": "Patient/bruno"},
    } | more


def transaction(*resources: JSON, **more: Any) -> JSON:
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": f"urn:uuid:00000000-0000-4000-8000-{index:012d}",
                "resource": resource,
                "request": {"method": "POST", "url": resource["resourceType"]},
            }
            for index, resource in enumerate(resources)
        ],
    } | more


def document(*resources: JSON, **more: Any) -> JSON:
    composition = {
        "resourceType": "Composition",
        "status": "final",
        "type": concept("http://loinc.org", "60591-5"),
        "subject": {"reference": "Patient/bruno"},
        "date": "2026-01-01",
        "author": [{"display": "x"}],
        "title": "x",
        "section": [{"title": "x", "code": concept("http://loinc.org", "11450-4"), "text": narrative("x")}],
    }
    return {
        "resourceType": "Bundle",
        "type": "document",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"},
        "timestamp": "2026-01-01T00:00:00Z",
        "entry": [
            {"fullUrl": f"http://example.org/{each['resourceType']}/{index}", "resource": each}
            for index, each in enumerate([composition, *resources])
        ],
    } | more


def concept(system: str, code: str) -> JSON:
    return {"coding": [{"system": system, "code": code}]}


def without(resource: JSON, *names: str) -> JSON:
    return {key: value for key, value in resource.items() if key not in names}


def text_of(resource: JSON | str | bytes) -> bytes:
    if isinstance(resource, bytes):
        return resource
    return (resource if isinstance(resource, str) else json.dumps(resource, ensure_ascii=False)).encode()


def ask(resource: JSON | str | bytes) -> Admitted | Rejected:
    return admit(text_of(resource))


def paths(resource: JSON | str | bytes) -> list[str]:
    """Where the gate finds faults; empty when it admits."""
    answer = ask(resource)
    return [fault.path for fault in answer.faults] if isinstance(answer, Rejected) else []


def words(resource: JSON | str | bytes) -> str:
    answer = ask(resource)
    return " | ".join(fault.text for fault in answer.faults) if isinstance(answer, Rejected) else ""
