"""The CapabilityStatement, generated from the tables: homes, search parameters, operations. It cannot promise more."""

from functools import lru_cache
from typing import Any

from app.context import Service
from app.fhir.wire import Answer, to_json
from app.search.registry import capability_rows
from schemas.homes import HOMES, HomeRow

PUBLISHED = "2026-11-22"
VERSION = "0.1.0"
_READING = ("read", "vread", "history-instance", "search-type")
_WRITING = ("create", "update", "delete")
_LOG_PARAMETERS = frozenset({"patient", "date"})
"""AuditEvents are rendered from the audit when the citizen reads her log (app/sharing/log.py), not from the index."""
_OWN = "https://overgang.dk/fhir/OperationDefinition/"
_SYSTEM_OPERATIONS = (
    ("process-message", "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message"),
    ("submit-report", _OWN + "submit-report"),
    ("notices", _OWN + "notices"),
    ("unusual-access", _OWN + "unusual-access"),
)
_PATIENT_OPERATIONS = (
    ("summary", "http://hl7.org/fhir/uv/ips/OperationDefinition/summary"),
    ("explain-access", _OWN + "explain-access"),
    ("disclose", _OWN + "disclose"),
    ("received", _OWN + "received"),
    ("treating-now", _OWN + "treating-now"),
    ("consent-now", _OWN + "consent-now"),
    ("emergency-access", _OWN + "emergency-access"),
)
_TASK_OPERATIONS = (("review", _OWN + "review"),)
_OPERATIONS = {"Patient": _PATIENT_OPERATIONS, "Task": _TASK_OPERATIONS}
_VALIDATE = ("validate", "http://hl7.org/fhir/OperationDefinition/Resource-validate")


@lru_cache(maxsize=4)
def _body(public_url: str) -> bytes:
    return to_json(statement(public_url))


def answer(service: Service) -> Answer:
    """Answer `GET metadata`, without a token."""
    return Answer(200, _body(service.settings.public_url))


def statement(public_url: str) -> dict[str, Any]:
    """Return the CapabilityStatement."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": PUBLISHED,
        "kind": "instance",
        "software": {"name": "Overgang", "version": VERSION},
        "implementation": {"description": "One shared, always current picture of a citizen", "url": public_url},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "application/json", "json"],
        "instantiates": ["http://hl7.org/fhir/uv/ips/CapabilityStatement/ips-server"],
        "implementationGuide": ["http://hl7.org/fhir/uv/ips", "http://hl7.dk/fhir/core"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Every access is decided by Danish law and the citizen's own choices, and recorded.",
                "security": {
                    "cors": False,
                    "description": "Signed bearer tokens with IHE IUA claims; see docs/connect.md.",
                },
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
                "operation": [{"name": name, "definition": url} for name, url in _SYSTEM_OPERATIONS],
                "resource": [_resource(row) for row in sorted(HOMES, key=lambda row: row.type)],
            }
        ],
    }


def _resource(row: HomeRow) -> dict[str, Any]:
    operations = [_VALIDATE, *_OPERATIONS.get(row.type, ())]
    codes = ("search-type",) if row.type == "AuditEvent" else _READING + (_WRITING if row.writable else ())
    return {
        "type": row.type,
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned",
        "readHistory": row.type != "AuditEvent",
        "updateCreate": False,
        "conditionalCreate": row.writable,
        "conditionalRead": "not-match",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "searchParam": [
            told for told in capability_rows(row.type) if row.type != "AuditEvent" or told["name"] in _LOG_PARAMETERS
        ],
        "operation": [{"name": name, "definition": url} for name, url in operations],
    }
