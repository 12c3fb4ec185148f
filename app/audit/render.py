"""A stored record as a FHIR R4 AuditEvent in the shape of IHE BALP.

BALP has no profile for operations; `$summary` is type `rest`, subtype `operation`, with the patient and one entity a
version shown, and the categories seen as details (EHDS Art. 9 asks which data). Source: IHE ITI BasicAudit, 2025-11.
"""

from collections.abc import Callable, Mapping
from typing import Any

from app.audit.record import Operation, Record

_BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
_REST = {
    "system": "http://terminology.hl7.org/CodeSystem/audit-event-type",
    "code": "rest",
    "display": "RESTful Operation",
}
_INTERACTION = "http://hl7.org/fhir/restful-interaction"
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_PURPOSE = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_FUNCTION = "https://overgang.dk/fhir/CodeSystem/function"

_SHAPE: dict[Operation, tuple[str, str, str]] = {
    # operation: (restful interaction, action, BALP profile)
    Operation.READ: ("read", "R", "PatientRead"),
    Operation.VREAD: ("vread", "R", "PatientRead"),
    Operation.HISTORY: ("history-instance", "R", "PatientRead"),
    Operation.SEARCH: ("search-type", "E", "PatientQuery"),
    Operation.SUMMARY: ("operation", "E", "PatientQuery"),
    Operation.CREATE: ("create", "C", "PatientCreate"),
    Operation.UPDATE: ("update", "U", "PatientUpdate"),
    Operation.DELETE: ("delete", "D", "PatientDelete"),
    Operation.TRANSACTION: ("transaction", "E", "PatientUpdate"),
    Operation.MESSAGE: ("operation", "E", "PatientUpdate"),
    Operation.REPORT: ("operation", "E", "PatientUpdate"),
    Operation.DECLARE: ("operation", "C", "PatientCreate"),
    Operation.READ_LOG: ("search-type", "E", "PatientQuery"),
    Operation.UNCHANGED: ("operation", "E", "PatientQuery"),
    Operation.EXPLAIN: ("operation", "E", "PatientQuery"),
    Operation.NOTICES: ("operation", "E", "PatientQuery"),
    Operation.OVERSEE: ("search-type", "E", "PatientQuery"),
    Operation.REVIEW: ("operation", "U", "PatientUpdate"),
    Operation.DISCLOSE: ("operation", "E", "PatientUpdate"),
    Operation.RECEIVE: ("operation", "R", "PatientRead"),
    Operation.OPERATE: ("operation", "E", "PatientUpdate"),
}


def audit_event(  # one literal: the resource, top to bottom
    record: Record,
    *,
    id: str,  # FHIR's word
    recorded: str,
    patient: str,
    instance: Callable[[int, int, int], str],
    organisation_names: Mapping[str, str],
    base_url: str,
) -> dict[str, Any]:
    """Render a record. `patient` is `Patient/id` or '', `instance(type, n, version)` gives `Type/id/_history/v`."""
    operation = Operation(record.operation)
    interaction, action, profile = _SHAPE[operation]
    purposes = [{"coding": [{"system": _PURPOSE, "code": code}]} for code in record.purposes]
    shown = record.shown
    entities: list[dict[str, Any]] = [
        {
            "what": {"identifier": {"value": record.request_id}},
            "type": {
                "system": "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType",
                "code": "XrequestId",
            },
        }
    ]
    if patient:
        entities.append(
            {
                "what": {"reference": patient},
                "type": {
                    "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type",
                    "code": "1",
                    "display": "Person",
                },
                "role": {
                    "system": "http://terminology.hl7.org/CodeSystem/object-role",
                    "code": "1",
                    "display": "Patient",
                },
                "detail": [{"type": "category", "valueString": category} for category in record.categories],
            }
        )
        if not record.categories:
            del entities[-1]["detail"]
    if record.flags:
        details = [{"type": "flag", "valueString": flag} for flag in record.flags]
        entities[0]["detail"] = details
    if record.query or record.view:
        entities.append(
            {
                "type": {
                    "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type",
                    "code": "2",
                    "display": "System Object",
                },
                "role": {
                    "system": "http://terminology.hl7.org/CodeSystem/object-role",
                    "code": "24",
                    "display": "Query",
                },
                "description": record.query or record.view,
            }
        )
    entities += [
        {
            "what": {"reference": instance(shown[i], shown[i + 1], shown[i + 2])},
            "type": {
                "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type",
                "code": "2",
                "display": "System Object",
            },
            "role": {
                "system": "http://terminology.hl7.org/CodeSystem/object-role",
                "code": "4",
                "display": "Domain Resource",
            },
        }
        for i in range(0, len(shown), 3)
    ]
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": id,
        "meta": {"profile": [_BALP + profile]},
        "type": _REST,
        "subtype": [{"system": _INTERACTION, "code": interaction}],
        "action": action,
        "recorded": recorded,
        "outcome": str(record.outcome),
        "purposeOfEvent": purposes,
        "agent": _agents(record, purposes, organisation_names, base_url),
        "source": {"observer": {"display": "Overgang"}, "site": base_url},
        "entity": entities,
    }
    if record.outcome:
        event["outcomeDesc"] = ", ".join(record.rules) or "refused"
    return event


def _agents(
    record: Record, purposes: list[dict[str, Any]], names: Mapping[str, str], base_url: str
) -> list[dict[str, Any]]:
    agents: list[dict[str, Any]] = []
    if record.person:
        user: dict[str, Any] = {
            "type": {"coding": [{"system": _PARTICIPATION, "code": "IRCP", "display": "information recipient"}]},
            "role": [{"coding": [{"system": _FUNCTION, "code": record.function}]}],
            "who": {"identifier": {"value": record.person}},
            "requestor": True,
            "purposeOfUse": purposes,
        }
        if record.name:
            user["who"]["display"] = record.name
        agents.append(user)
    if record.organisation:
        agents.append(
            {
                "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleClass", "code": "PROV"}]},
                "who": {
                    "identifier": {"system": "urn:oid:1.2.208.176.1.1", "value": record.organisation},
                    "display": names.get(record.organisation, record.organisation),
                },
                "requestor": False,
            }
        )
    if record.on_behalf_of:
        agents.append(
            {
                "type": {"coding": [{"system": _PARTICIPATION, "code": "RESP", "display": "responsible party"}]},
                "who": {"identifier": {"value": record.on_behalf_of}},
                "requestor": False,
            }
        )
    agents.append(
        {
            "type": {"coding": [{"system": _DCM, "code": "110152", "display": "Destination Role ID"}]},
            "who": {"identifier": {"value": record.client}},
            "requestor": not record.person,
        }
    )
    agents.append(
        {
            "type": {"coding": [{"system": _DCM, "code": "110153", "display": "Source Role ID"}]},
            "who": {"display": "Overgang"},
            "requestor": False,
            "network": {"address": base_url, "type": "5"},
        }
    )
    if record.rules:
        asking = next(agent for agent in agents if agent["requestor"])
        asking["policy"] = [f"https://overgang.dk/fhir/rule/{rule}" for rule in record.rules]
    return agents
