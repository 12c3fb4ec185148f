"""MedCom's HospitalNotification (Danish: advis om sygehusophold): that, when and where, never why.

Source: https://medcomfhir.dk/ig/hospitalnotification (3.0.2).
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from app.bridge.activities import ACTIVITIES, CLASSES, STATUSES, Code, Kind
from app.bridge.element import JSON, child, children, extension, flag, instant, text
from app.bridge.entry import Entry
from app.bridge.message import Message, Refusal, read_frame
from app.bridge.organisation import Party
from app.bridge.trail import Predecessor
from schemas.fault import Fault
from schemas.terminology.identifiers import FORMS, citizen_number, is_citizen_system
from schemas.terminology.systems import (
    ACT_CODE,
    EPISODE,
    LEAVE_PERIOD_EXTENSION,
    REPORT_OF_ADMISSION_EXTENSION,
    REPORT_OF_ADMISSION_RECIPIENT_EXTENSION,
    canonical,
)

EVENT = "hospital-notification-message"

FORBIDDEN = (
    "type",
    "serviceType",
    "priority",
    "basedOn",
    "participant",
    "appointment",
    "length",
    "reasonCode",
    "reasonReference",
    "diagnosis",
    "hospitalization",
    "location",
    "partOf",
)
"""Elements of Encounter that say why or by whom: the profile closes them, and so do we."""

_UUID = re.compile(r"(?:urn:uuid:)?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
_URI = re.compile(r"\S{1,200}")
_MAX_VALUE = 200


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """System and value; of a citizen or of an episode of care. Its repr shows no value."""

    system: str
    value: str

    @property
    def same(self) -> tuple[str, str]:
        """What two spellings of one identifier share: a UUID is one whether or not `urn:uuid:` stands before it."""
        uuid = _UUID.fullmatch(self.value)
        return self.system, uuid[1].lower() if uuid else self.value

    def __repr__(self) -> str:
        return f"Identifier(system={self.system!r}, value=…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One HospitalNotification, read. Times keep the sender's zone.

    `code` is what the message alone tells: `MORS` for every report of death, and for a withdrawn one the code of the
    activity, or nothing when status and activity fit no other code; `app.bridge.course` knows what went before.
    `episodes` puts the LPR3 identifier first. `trail` are the ids of all earlier messages that it knows of.
    """

    code: Code | None
    activity: str
    encounter_class: str
    status: str
    deceased: bool | None
    citizen: tuple[Identifier, ...]
    episodes: tuple[Identifier, ...]
    provider: Party
    sender: Party
    receiver: Party
    start: datetime
    end: datetime | None
    leave_start: datetime | None
    leave_end: datetime | None
    occurred: datetime
    sent: datetime
    message_id: str
    bundle_id: str
    encounter_id: str
    predecessors: tuple[Predecessor, ...]
    trail: frozenset[str]
    wants_report_of_admission: bool
    report_recipient: Party | None

    @property
    def fingerprint(self) -> str:
        """Digest of what is said, without envelope and citizen: a message sent again has the same.

        MessageHeader.id alone will not do: official examples share one between different stays.
        """
        said = [
            self.message_id,
            self.activity,
            self.encounter_class,
            self.status,
            self.deceased,
            [[each.system, each.value] for each in sorted(self.episodes)],
            *([party.sor, party.gln, party.name] for party in (self.provider, self.sender)),
            [[each.role, each.message_id] for each in self.predecessors],
            sorted(self.trail),
            *(
                None if moment is None else moment.astimezone(UTC).isoformat()
                for moment in (self.start, self.end, self.leave_start, self.leave_end, self.occurred)
            ),
            self.wants_report_of_admission,
        ]
        return hashlib.sha256(json.dumps(said).encode("ascii")).hexdigest()


def read(bundle: object) -> Notification | Refusal:
    """Read a HospitalNotification out of parsed JSON, or say every fault."""
    frame = read_frame(bundle)
    if isinstance(frame, Refusal):
        return frame
    if frame.event != EVENT:
        path = "Bundle.entry[0].resource.eventCoding"
        unsupported = Fault(path, "not-supported", f"messages of the event `{frame.event}` are not supported yet")
        return Refusal(faults=(unsupported,), envelope=frame.envelope)
    faults: list[Fault] = []
    encounter = _only(frame, "Encounter", faults)
    patient = _only(frame, "Patient", faults)
    if encounter is None or patient is None:
        return Refusal(faults=tuple(faults), envelope=frame.envelope)
    _check_links(frame, encounter, patient, faults)
    citizen = _citizen(patient, faults)
    stated = _stated(frame, encounter, patient, faults)
    start, end = _period(encounter, faults)
    leave_start, leave_end = _leave(encounter, faults)
    episodes = _episodes(encounter, faults)
    provider = frame.party(child(encounter.resource, "serviceProvider"))
    if provider is None:
        path = f"{encounter.path}.serviceProvider"
        faults.append(
            Fault(path, "required", "the service provider is an Organization in the message with a SOR identifier")
        )
    if stated.status == "onleave" and leave_start is None:
        faults.append(
            Fault(f"{encounter.path}.extension", "required", "a patient on leave has a leave period with a start")
        )
    for element in FORBIDDEN:
        if element in encounter.resource:
            path = f"{encounter.path}.{element}"
            faults.append(Fault(path, "business-rule", "a notification tells that, when and where, and nothing else"))
    if faults or start is None or provider is None:
        return Refusal(faults=tuple(faults), envelope=frame.envelope)
    return Notification(
        code=stated.code,
        activity=frame.trace.activity,
        encounter_class=stated.encounter_class,
        status=stated.status,
        deceased=stated.deceased,
        citizen=citizen,
        episodes=episodes,
        provider=provider,
        sender=frame.sender,
        receiver=frame.receiver,
        start=start,
        end=end,
        leave_start=leave_start,
        leave_end=leave_end,
        occurred=frame.trace.occurred,
        sent=frame.sent,
        message_id=frame.message_id,
        bundle_id=frame.bundle_id,
        encounter_id=encounter.id,
        predecessors=frame.trace.predecessors,
        trail=_trail_of(frame),
        wants_report_of_admission=flag(extension(frame.header, REPORT_OF_ADMISSION_EXTENSION), "valueBoolean") is True,
        report_recipient=frame.party(
            child(extension(frame.header, REPORT_OF_ADMISSION_RECIPIENT_EXTENSION), "valueReference")
        ),
    )


@dataclass(frozen=True, slots=True)
class _Stated:
    code: Code | None
    encounter_class: str
    status: str
    deceased: bool | None


def _only(message: Message, type_: str, faults: list[Fault]) -> Entry | None:
    found = message.of_type(type_)
    if len(found) == 1:
        return found[0]
    words = "has no" if not found else "has more than one"
    faults.append(Fault("Bundle.entry", "required" if not found else "structure", f"the notification {words} {type_}"))
    return None


def _check_links(message: Message, encounter: Entry, patient: Entry, faults: list[Fault]) -> None:
    focus = children(message.header, "focus")
    if len(focus) != 1 or message.resolve(focus[0]) is not encounter:
        path = "Bundle.entry[0].resource.focus"
        faults.append(Fault(path, "required", "the MessageHeader has one focus: the Encounter in the message"))
    if message.resolve(child(encounter.resource, "subject")) is not patient:
        faults.append(Fault(f"{encounter.path}.subject", "not-found", "the subject is the Patient in the message"))


def _citizen(patient: Entry, faults: list[Fault]) -> tuple[Identifier, ...]:
    """Return CPR, X-eCPR and D-eCPR, CPR first; other identifiers are the sender's own and name nobody here."""
    found: dict[str, str] = {}
    before = len(faults)
    for index, each in enumerate(children(patient.resource, "identifier")):
        system = text(each, "system")
        if not is_citizen_system(system):
            continue
        path = f"{patient.path}.identifier[{index}].value"
        number = citizen_number(system, text(each, "value"))
        if number is None:
            faults.append(Fault(path, "value", "the personal identification number is not formed as its system says"))
        elif found.setdefault(number.system, number.value) != number.value:
            faults.append(Fault(path, "business-rule", "the patient has two numbers of one system"))
    if not found and len(faults) == before:
        path = f"{patient.path}.identifier"
        faults.append(Fault(path, "required", "the patient has a CPR number or a replacement number (X-eCPR, D-eCPR)"))
    order = list(FORMS)
    return tuple(Identifier(system, found[system]) for system in sorted(found, key=order.index))


def _stated(message: Message, encounter: Entry, patient: Entry, faults: list[Fault]) -> _Stated:
    """Read class, status, activity and death together: the code is a function of the four."""
    encounter_class = _class(encounter, faults)
    status = text(encounter.resource, "status") or ""
    if not status:
        faults.append(Fault(f"{encounter.path}.status", "required", "the Encounter has a status"))
    elif status not in STATUSES:
        path = f"{encounter.path}.status"
        faults.append(Fault(path, "code-invalid", "a status is in-progress, onleave, finished or entered-in-error"))
    deceased = flag(patient.resource, "deceasedBoolean")
    if deceased is None and text(patient.resource, "deceasedDateTime") is not None:
        deceased = True
    row = ACTIVITIES.get(message.trace.activity)
    if row is None:
        path = "Bundle.entry.resource.ofType(Provenance).activity"
        faults.append(Fault(path, "code-invalid", "the activity is not one of a HospitalNotification"))
        return _Stated(None, encounter_class, status, deceased)
    if encounter_class in CLASSES and encounter_class != row.encounter_class:
        path = f"{encounter.path}.class"
        faults.append(Fault(path, "business-rule", f"the activity goes with the class {row.encounter_class}"))
    expected = "finished" if deceased else row.status
    is_contradiction = status in STATUSES and status != expected
    # A withdrawn notice of death shows the status from before it, whatever the activity.
    if is_contradiction and deceased is not False:
        words = "a notice of death" if deceased else "the activity"
        faults.append(Fault(f"{encounter.path}.status", "business-rule", f"{words} goes with the status {expected}"))
    code = Code(Kind.MORS) if deceased else None if is_contradiction else row.code
    return _Stated(code, encounter_class, status, deceased)


def _class(encounter: Entry, faults: list[Fault]) -> str:
    coding = child(encounter.resource, "class")
    code = text(coding, "code") or ""
    path = f"{encounter.path}.class"
    if not coding:
        faults.append(Fault(path, "required", "the Encounter says its class: IMP or EMER"))
    elif code not in CLASSES or text(coding, "system") not in (None, ACT_CODE):
        faults.append(Fault(path, "code-invalid", "the class of the Encounter is IMP or EMER"))
    return code


def _period(encounter: Entry, faults: list[Fault]) -> tuple[datetime | None, datetime | None]:
    return _bounds(child(encounter.resource, "period"), f"{encounter.path}.period", faults, required=True)


def _leave(encounter: Entry, faults: list[Fault]) -> tuple[datetime | None, datetime | None]:
    """Read the leave period; its URL is misspelt by its publisher, and both spellings are read."""
    spellings = (LEAVE_PERIOD_EXTENSION, LEAVE_PERIOD_EXTENSION.replace("notifiation", "notification"))
    found = next((each for url in spellings if (each := extension(encounter.resource, url))), None)
    if found is None:
        return None, None
    return _bounds(child(found, "valuePeriod"), f"{encounter.path}.extension.valuePeriod", faults, required=True)


def _bounds(period: JSON, path: str, faults: list[Fault], *, required: bool) -> tuple[datetime | None, datetime | None]:
    start, end = instant(text(period, "start")), instant(text(period, "end"))
    if start is None and (required or "start" in period):
        faults.append(Fault(f"{path}.start", "required", "the period has a start with time and zone"))
    if end is None and "end" in period:
        faults.append(Fault(f"{path}.end", "value", "the end of the period has time and zone"))
    if start is not None and end is not None and end < start:
        faults.append(Fault(path, "business-rule", "the period ends before it starts"))
    return start, end


def _episodes(encounter: Entry, faults: list[Fault]) -> tuple[Identifier, ...]:
    """Read the episode identifiers as they stand, LPR3 first: the report of admission must quote them."""
    found: dict[tuple[str, str], Identifier] = {}
    path = f"{encounter.path}.episodeOfCare"
    episodes = children(encounter.resource, "episodeOfCare")
    for index, each in enumerate(episodes):
        system, value = text(child(each, "identifier"), "system"), text(child(each, "identifier"), "value")
        if system is None or value is None or not _URI.fullmatch(system) or len(value) > _MAX_VALUE:
            faults.append(Fault(f"{path}[{index}].identifier", "required", "an episode of care has an identifier"))
            continue
        episode = Identifier(canonical(system), value)
        found.setdefault(episode.same, episode)
    if not episodes:
        faults.append(Fault(path, "required", "the notification names the episode of care that the stay belongs to"))
    return tuple(sorted(found.values(), key=lambda each: each.system != EPISODE))


def _trail_of(message: Message) -> frozenset[str]:
    traces = (message.trace, *message.history)
    named = {each.message_id for trace in traces for each in trace.predecessors}
    return frozenset(named | {trace.message_id for trace in message.history}) - {message.message_id}
