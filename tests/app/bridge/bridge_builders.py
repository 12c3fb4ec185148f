"""Messages as a hospital would send them: valid by default, different in what a test names."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.bridge.activities import ACTIVITIES, Change, Code, Kind
from app.bridge.hospital_notification import Notification, read

JSON = dict[str, Any]

CORPUS = Path(os.environ.get("OVERGANG_CORPUS", Path(__file__).parents[3].parent / "shared" / "corpus"))
EXAMPLES = Path(__file__).parent / "examples"

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RECEIVED = datetime(2026, 4, 1, tzinfo=UTC)
CITIZEN = "0703921VJ4"  # an X-eCPR: no real number can look so
SOR = "urn:oid:1.2.208.176.1.1"
GLN = "https://www.gs1.org/gln"
X_ECPR = "urn:oid:1.2.208.176.1.6.1.1"
LPR3 = "https://www.esundhed.dk/Registre/Landspatientregisteret"
EPISODE = "urn:uuid:fc60e762-b13b-5773-865e-67f3907bdcc7"
HOSPITAL = "265161000016000"
OTHER_HOSPITAL = "399841000016000"
MUNICIPALITY = "953741000016009"
LEAVE = (
    "http://medcomfhir.dk/ig/hospitalnotification/StructureDefinition/medcom-hospitalnotifiation-leave-period-extension"
)
REPORT = "http://medcomfhir.dk/ig/hospitalnotification/StructureDefinition/medcom-messaging-reportOfAdmissionExtension"
ACTIVITY = "http://medcomfhir.dk/ig/terminology/CodeSystem/medcom-messaging-activityCodes"

ALL_CODES = [str(Code(kind, change)) for kind in Kind for change in Change]


def hours(count: float) -> datetime:
    return NOON + timedelta(hours=count)


def corpus(folder: str) -> list[JSON]:
    return [json.loads(path.read_bytes()) for path in sorted((CORPUS / folder).glob("*.json"))]


def activity_of(code: str, encounter_class: str = "IMP") -> str:
    for activity, row in ACTIVITIES.items():
        if str(row.code) == code and row.encounter_class == encounter_class:
            return activity
    raise LookupError(code)


def message(
    code: str = "STIN",
    *,
    id: str = "m1",
    occurred: datetime = NOON,
    start: datetime = NOON,
    end: datetime | None = None,
    leave: tuple[datetime, datetime | None] | None = None,
    encounter_class: str | None = None,
    status: str | None = None,
    activity: str | None = None,
    deceased: bool | None = None,
    follows: str | None = None,
    role: str = "revision",
    provider: str = HOSPITAL,
    sender: str = HOSPITAL,
    episodes: tuple[tuple[str, str], ...] = ((LPR3, EPISODE),),
    wants_report: bool = False,
    bundle_id: str = "b1",
) -> JSON:
    """Return a HospitalNotification; the three codes about death say it by `deceased` and the activity of admission."""
    kind, about_death = code[-4:], code.endswith("MORS")
    encounter_class = encounter_class or ("EMER" if kind == "STAA" else "IMP")
    activity = activity or activity_of("STIN" if about_death else code, encounter_class)
    if about_death:
        deceased = not code.startswith("AN_")
        status = status or ("finished" if deceased else "in-progress")
    if kind in ("STOR", "SLOR") and leave is None:
        leave = (hours(24), hours(48) if kind == "SLOR" else None)
    if end is None and (code.endswith("SLHJ") or (about_death and deceased)):
        end = occurred
    encounter: JSON = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": status or ACTIVITIES[activity].status,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": encounter_class},
        "subject": {"reference": "Patient/p1"},
        "episodeOfCare": [{"identifier": {"system": system, "value": value}} for system, value in episodes],
        "period": period(start, end),
        "serviceProvider": {"reference": "Organization/provider"},
    }
    if leave is not None:
        encounter["extension"] = [{"url": LEAVE, "valuePeriod": period(*leave)}]
    patient: JSON = {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": [{"system": X_ECPR, "value": CITIZEN}],
        "name": [{"use": "official", "family": "Testesen"}],
    }
    if deceased is not None:
        patient["deceasedBoolean"] = deceased
    header: JSON = {
        "resourceType": "MessageHeader",
        "id": id,
        "eventCoding": {
            "system": "http://medcomfhir.dk/ig/terminology/CodeSystem/medcom-messaging-eventCodes",
            "code": "hospital-notification-message",
        },
        "destination": [
            {
                "extension": [
                    {
                        "url": "http://medcomfhir.dk/ig/messaging/StructureDefinition/medcom-messaging-destinationUseExtension",
                        "valueCoding": {
                            "system": "http://medcomfhir.dk/ig/terminology/CodeSystem/medcom-messaging-destinationUse",
                            "code": "primary",
                        },
                    }
                ],
                "endpoint": f"https://sor2.sum.dsdn.dk/#id={MUNICIPALITY}",
                "receiver": {"reference": "Organization/receiver"},
            }
        ],
        "sender": {"reference": "Organization/sender"},
        "source": {"endpoint": f"https://sor2.sum.dsdn.dk/#id={sender}"},
        "focus": [{"reference": "Encounter/e1"}],
    }
    if wants_report:
        header["extension"] = [{"url": REPORT, "valueBoolean": True}]
    provenance: JSON = {
        "resourceType": "Provenance",
        "id": f"t-{id}",
        "target": [{"reference": f"MessageHeader/{id}"}],
        "occurredDateTime": occurred.isoformat(),
        "recorded": occurred.isoformat(),
        "activity": {"coding": [{"system": ACTIVITY, "code": activity}]},
        "agent": [{"who": {"reference": "Organization/sender"}}],
    }
    if follows is not None:
        provenance["entity"] = [{"role": role, "what": {"reference": f"MessageHeader/{follows}"}}]
    resources = [
        header,
        patient,
        encounter,
        organisation("sender", sender),
        organisation("provider", provider),
        organisation("receiver", MUNICIPALITY),
        provenance,
    ]
    return {
        "resourceType": "Bundle",
        "id": bundle_id,
        "type": "message",
        "timestamp": (occurred + timedelta(seconds=1)).isoformat(),
        "entry": [
            {"fullUrl": f"https://hospital.example/{each['resourceType']}/{each['id']}", "resource": each}
            for each in resources
        ],
    }


def organisation(id: str, sor: str) -> JSON:
    return {
        "resourceType": "Organization",
        "id": id,
        "identifier": [{"system": SOR, "value": sor}, {"system": GLN, "value": "5790000209354"}],
        "name": f"Enhed {id}",
    }


def period(start: datetime, end: datetime | None = None) -> JSON:
    return {"start": start.isoformat()} | ({} if end is None else {"end": end.isoformat()})


def notification(code: str = "STIN", **changes: Any) -> Notification:
    found = read(message(code, **changes))
    assert isinstance(found, Notification), found
    return found


def resource(bundle: JSON, type_: str) -> JSON:
    found: JSON = next(each["resource"] for each in bundle["entry"] if each["resource"]["resourceType"] == type_)
    return found


def place(bundle: JSON, type_: str) -> int:
    return next(index for index, each in enumerate(bundle["entry"]) if each["resource"]["resourceType"] == type_)
