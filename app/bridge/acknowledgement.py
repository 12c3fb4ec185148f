"""MedCom's acknowledgement: what the sender of any message is told, also of one that could not be read.

Nothing out of the message goes back but its id and its parties: no number, no name, no text of a fault that could carry
one. Source: https://medcomfhir.dk/ig/acknowledgement (2.0.3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from html import escape

from app.bridge.element import JSON
from app.bridge.message import Envelope
from app.bridge.organisation import Party
from schemas.fault import Fault
from schemas.terminology.systems import (
    DESTINATION_USE_EXTENSION,
    MEDCOM,
    MEDCOM_ACKNOWLEDGEMENT_ERROR,
    MEDCOM_ACTIVITY,
    MEDCOM_DESTINATION_USE,
    MEDCOM_EVENT,
    OVERGANG,
    SOR,
)

MEDCOM_GLN = "https://www.gs1.org/gln"
"""As MedCom's profiles spell the system of a GLN; the rest of the world writes http."""
_OUTCOME_CODES = "http://terminology.hl7.org/CodeSystem/operation-outcome"
_ENDPOINT = "https://sor2.sum.dsdn.dk/#id="
_BASE = f"{MEDCOM}acknowledgement"
_MAX_ISSUES = 50

UNREADABLE = "unreadable"
"""Stands in `response.identifier` for the id of a message that has none."""


class Answer(StrEnum):
    """What became of the message; FHIR's response codes."""

    OK = "ok"
    TRANSIENT = "transient-error"  # send it again
    FATAL = "fatal-error"  # send something else


CITIZEN_REFUSED = Fault(
    "Bundle.entry.resource.ofType(Patient)",
    "forbidden",
    "the message is not accepted for this citizen",
)
"""Said of a citizen that nobody knows and of one that the sender may not write about: the same words."""
BUSY = Fault("Bundle", "transient", "the message could not be stored now; send it again")


@dataclass(frozen=True, slots=True)
class Ids:
    """Fresh ids for the parts of one acknowledgement."""

    bundle: str
    header: str
    provenance: str
    outcome: str
    sender: str
    receiver: str


_HL7 = {
    "required": "MSG_BAD_SYNTAX",
    "structure": "MSG_BAD_SYNTAX",
    "value": "MSG_PARAM_INVALID",
    "invalid": "MSG_PARAM_INVALID",
    "business-rule": "MSG_PARAM_INVALID",
    "duplicate": "MSG_DUPLICATE_ID",
    "not-found": "MSG_LOCAL_FAIL",
    "forbidden": "MSG_RESOURCE_NOT_ALLOWED",
    "security": "MSG_RESOURCE_NOT_ALLOWED",
}
_MEDCOM = {
    "code-invalid": "MSG_VALUESET_VALUE_UNKNOWN",
    "not-supported": "MSG_RECEIVER_UNABLE_TO_RECEIVE_MSG_TYPE",
    "too-costly": "MSG_Element_To_Long",
    "too-long": "MSG_Element_To_Long",
    "transient": "MSG_Mailbox_Out_Of_Operation",
    "lock-error": "MSG_Mailbox_Out_Of_Operation",
}
_FALLBACK = "MSG_BAD_FORMAT"


def acknowledge(
    answer: Answer,
    *,
    to: Envelope,
    own: Party,
    client: Party,
    ids: Ids,
    at: datetime,
    faults: Sequence[Fault] = (),
    base_url: str = OVERGANG,
) -> JSON:
    """Return the acknowledgement message.

    `own` is the organisation that answers, `client` the authenticated one: it gets the answer when the message does
    not say who sent it. `faults` are given with every answer but ok, at most fifty of them. `base_url` begins the
    fullUrls; nothing is to be had there.
    """
    receiver = to.sender or client
    acknowledged = to.message_id or to.bundle_id or UNREADABLE
    header = _header(answer, acknowledged, own=own, receiver=receiver, ids=ids, with_details=answer is not Answer.OK)
    resources = [header, _provenance(acknowledged, ids=ids, at=at)]
    resources += [_organisation(own, ids.sender), _organisation(receiver, ids.receiver)]
    if answer is not Answer.OK:
        resources.append(_outcome(faults or (BUSY,), ids.outcome))
    return {
        "resourceType": "Bundle",
        "id": ids.bundle,
        "meta": {"profile": [f"{_BASE}/StructureDefinition/medcom-messaging-acknowledgement"]},
        "type": "message",
        "timestamp": _time(at),
        "entry": [
            {"fullUrl": f"{base_url}/{each['resourceType']}/{each['id']}", "resource": each} for each in resources
        ],
    }


def _header(answer: Answer, acknowledged: str, *, own: Party, receiver: Party, ids: Ids, with_details: bool) -> JSON:
    response: JSON = {"identifier": acknowledged, "code": answer.value}
    if with_details:
        response["details"] = {"reference": f"OperationOutcome/{ids.outcome}"}
    use = {"system": MEDCOM_DESTINATION_USE, "code": "primary"}
    return {
        "resourceType": "MessageHeader",
        "id": ids.header,
        "meta": {"profile": [f"{_BASE}/StructureDefinition/medcom-messaging-acknowledgementHeader"]},
        "text": _narrative(f"Kvittering: {answer.value}"),
        "eventCoding": {"system": MEDCOM_EVENT, "code": "acknowledgement-message"},
        "destination": [
            {
                "extension": [{"url": DESTINATION_USE_EXTENSION, "valueCoding": use}],
                "endpoint": f"{_ENDPOINT}{receiver.sor}",
                "receiver": {"reference": f"Organization/{ids.receiver}"},
            }
        ],
        "sender": {"reference": f"Organization/{ids.sender}"},
        "source": {"endpoint": f"{_ENDPOINT}{own.sor}"},
        "response": response,
    }


def _provenance(acknowledged: str, *, ids: Ids, at: datetime) -> JSON:
    return {
        "resourceType": "Provenance",
        "id": ids.provenance,
        "meta": {"profile": [f"{MEDCOM}messaging/StructureDefinition/medcom-messaging-provenance"]},
        "text": _narrative("Kvittering sendt"),
        "target": [{"reference": f"MessageHeader/{ids.header}"}],
        "occurredDateTime": _time(at),
        "recorded": _time(at),
        "activity": {"coding": [{"system": MEDCOM_ACTIVITY, "code": "acknowledgement"}]},
        "agent": [{"who": {"reference": f"Organization/{ids.sender}"}}],
        "entity": [{"role": "revision", "what": {"reference": f"MessageHeader/{acknowledged}"}}],
    }


def _organisation(party: Party, id_: str) -> JSON:
    identifiers = [{"system": SOR, "value": party.sor}]
    if party.gln:
        identifiers.insert(0, {"system": MEDCOM_GLN, "value": party.gln})
    name = party.name or party.sor
    return {
        "resourceType": "Organization",
        "id": id_,
        "meta": {"profile": [f"{MEDCOM}messaging/StructureDefinition/medcom-messaging-organization"]},
        "text": _narrative(name),
        "identifier": identifiers,
        "name": name,
    }


def _outcome(faults: Sequence[Fault], id_: str) -> JSON:
    return {
        "resourceType": "OperationOutcome",
        "id": id_,
        "meta": {"profile": [f"{_BASE}/StructureDefinition/medcom-acknowledgement-operationoutcome"]},
        "text": _narrative("; ".join(fault.text for fault in faults[:_MAX_ISSUES])),
        "issue": [_issue(fault) for fault in faults[:_MAX_ISSUES]],
    }


def _issue(fault: Fault) -> JSON:
    issue: JSON = {
        "severity": fault.severity,
        "code": fault.code,
        "details": {"coding": [_coding(fault.code)], "text": fault.text},
    }
    if fault.path:
        issue["expression"] = [fault.path]
    return issue


def _coding(code: str) -> JSON:
    if code in _MEDCOM:
        return {"system": MEDCOM_ACKNOWLEDGEMENT_ERROR, "code": _MEDCOM[code]}
    return {"system": _OUTCOME_CODES, "code": _HL7.get(code, _FALLBACK)}


def _narrative(words: str) -> JSON:
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{escape(words)}</div>'}


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
