"""A stay as FHIR: the Encounter that everybody reads, and the Provenance that says which message told it.

Shaped as dk-core-encounter 3.7.0; statusHistory and classHistory carry leaves and the way from EMER to IMP in FHIR's
own words, the leave period extension repeats the latest leave for those who know the notification.
"""

from datetime import UTC, datetime

from app.bridge.element import JSON
from app.bridge.hospital_notification import Notification
from app.bridge.organisation import Party
from app.bridge.stay import Stay
from schemas.terminology.systems import (
    ACT_CODE,
    DK_CORE,
    LEAVE_PERIOD_EXTENSION,
    MEDCOM_ACTIVITY,
    OVERGANG,
    PROVENANCE_PARTICIPANT,
    SOR,
)

MESSAGE_KEY = f"{OVERGANG}/sid/message"
"""System of the ids of messages, as the sender gave them."""
DEATH_REPORTED_EXTENSION = f"{OVERGANG}/StructureDefinition/death-reported"
"""On Encounter: when the hospital says that the patient died; not confirmed by a register."""
_CLASS_DISPLAY = {"IMP": "inpatient encounter", "EMER": "emergency"}


def encounter_of(stay: Stay, *, subject: str = "") -> JSON:
    """Return the Encounter of a stay without id and meta of ours; `subject` is the reference to the Patient."""
    course = stay.course
    resource: JSON = {"resourceType": "Encounter", "meta": {"profile": [f"{DK_CORE}dk-core-encounter"]}}
    extensions: list[JSON] = []
    if course.leaves:
        leave = course.leaves[-1]
        extensions.append({"url": LEAVE_PERIOD_EXTENSION, "valuePeriod": _period(leave.start, leave.end)})
    if course.death is not None:
        extensions.append({"url": DEATH_REPORTED_EXTENSION, "valueDateTime": _text(course.death)})
    if extensions:
        resource["extension"] = extensions
    resource["identifier"] = [{"system": each.system, "value": each.value} for each in stay.episodes]
    resource["status"] = course.status
    history = [{"status": "finished", "period": _period(start, end)} for start, end in course.spells if start <= end]
    history += [
        {"status": "onleave", "period": _period(leave.start, leave.end)}
        for leave in course.leaves
        if leave.end is not None
    ]
    if history:
        resource["statusHistory"] = history
    resource["class"] = _class(course.encounter_class)
    classes = [
        {"class": _class(phase.encounter_class), "period": _period(phase.start, follower.start)}
        for phase, follower in zip(course.phases, course.phases[1:], strict=False)
        if phase.start <= follower.start
    ]
    if classes:
        resource["classHistory"] = classes
    if subject:
        resource["subject"] = {"reference": subject}
    resource["episodeOfCare"] = [
        {"type": "EpisodeOfCare", "identifier": {"system": each.system, "value": each.value}} for each in stay.episodes
    ]
    end = course.end if course.end is None or course.end >= course.start else course.start
    resource["period"] = _period(course.start, end)
    resource["serviceProvider"] = _organisation(course.provider)
    return resource


def provenance_of(notification: Notification, *, recorded: datetime, target: str = "") -> JSON:
    """Return the Provenance that ties a version of the Encounter to the message; `target` is the reference to it."""
    resource: JSON = {
        "resourceType": "Provenance",
        "target": [{"reference": target}] if target else [],
        "occurredDateTime": _text(notification.occurred),
        "recorded": _text(recorded.astimezone(UTC)),
        "activity": {"coding": [{"system": MEDCOM_ACTIVITY, "code": notification.activity}]},
        "agent": [
            {
                "type": {"coding": [{"system": PROVENANCE_PARTICIPANT, "code": "author"}]},
                "who": _organisation(notification.sender),
            }
        ],
        "entity": [{"role": "source", "what": _message(notification.message_id)}],
    }
    resource["entity"] += [
        {"role": each.role if each.role in {"revision", "removal"} else "revision", "what": _message(each.message_id)}
        for each in notification.predecessors
    ]
    return resource


def _class(code: str) -> JSON:
    return {"system": ACT_CODE, "code": code, "display": _CLASS_DISPLAY[code]}


def _organisation(party: Party) -> JSON:
    reference: JSON = {"type": "Organization", "identifier": {"system": SOR, "value": party.sor}}
    if party.name:
        reference["display"] = party.name
    return reference


def _message(message_id: str) -> JSON:
    return {"type": "MessageHeader", "identifier": {"system": MESSAGE_KEY, "value": message_id}}


def _period(start: datetime, end: datetime | None) -> JSON:
    return {"start": _text(start)} if end is None else {"start": _text(start), "end": _text(end)}


def _text(moment: datetime) -> str:
    """Write the time as FHIR wants it, in the zone that it came in."""
    return moment.isoformat().replace("+00:00", "Z")
