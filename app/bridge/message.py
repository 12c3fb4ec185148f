"""The frame that every MedCom FHIR message shares: who sends what to whom, and the trail it stands in.

Source: https://medcomfhir.dk/ig/messaging (medcom-messaging-message, -messageHeader, -provenance, -organization).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.bridge.element import JSON, child, children, extension, identifier, instant, text
from app.bridge.entry import Entry, resolve
from app.bridge.organisation import Party, party_faults, party_of
from app.bridge.trail import Trace, trail_of
from schemas.fault import Fault
from schemas.terminology.systems import DESTINATION_USE_EXTENSION, MEDCOM_DESTINATION_USE, MEDCOM_EVENT

EVENTS = frozenset(
    {
        "hospital-notification-message",
        "care-communication-message",
        "homecareobservation-message",
        "acknowledgement-message",
        "empty-message",
    }
)
"""All codes of MedCom's event code system."""

MAX_ENTRIES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What can be told of any sent thing, however broken: enough to answer it. Absent is None."""

    bundle_id: str | None = None
    message_id: str | None = None
    event: str | None = None
    sender: Party | None = None
    receiver: Party | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a message changes nothing: every fault found, never a value out of the message."""

    faults: tuple[Fault, ...]
    envelope: Envelope = Envelope()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message whose frame is sound. `history` is the older part of the trail, in no promised order."""

    bundle_id: str
    message_id: str
    event: str
    sent: datetime
    sender: Party
    receiver: Party
    header: JSON
    entries: tuple[Entry, ...]
    trace: Trace
    history: tuple[Trace, ...]
    envelope: Envelope

    def of_type(self, type_: str) -> list[Entry]:
        """Return the entries of one resource type."""
        return [entry for entry in self.entries if entry.type == type_]

    def resolve(self, reference: JSON) -> Entry | None:
        """Return the entry that a Reference points to within the message."""
        return resolve(self.entries, reference)

    def party(self, reference: JSON) -> Party | None:
        """Return the organisation that a Reference points to, when it is in the message and has a SOR id."""
        return party_of(self.resolve(reference))


def envelope(bundle: object) -> Envelope:
    """Read what an answer needs from whatever was sent; never fails."""
    entries = _entries(bundle)
    header = next((entry for entry in entries if entry.type == "MessageHeader"), None)
    if header is None:
        return Envelope(bundle_id=identifier(bundle))
    event = text(child(header.resource, "eventCoding"), "code")
    receivers = [party_of(resolve(entries, child(each, "receiver"))) for each in _primary(header.resource)]
    return Envelope(
        bundle_id=identifier(bundle),
        message_id=header.id or None,
        event=event if event in EVENTS else None,
        sender=party_of(resolve(entries, child(header.resource, "sender"))),
        receiver=receivers[0] if receivers else None,
    )


def read_frame(bundle: object) -> Message | Refusal:
    """Read the frame of a message, or say every fault in it."""
    known = envelope(bundle)
    faults: list[Fault] = []
    if text(bundle, "resourceType") != "Bundle":
        return Refusal(faults=(Fault("Bundle", "structure", "a message is a Bundle"),), envelope=known)
    if text(bundle, "type") != "message":
        faults.append(Fault("Bundle.type", "value", "the type of a message Bundle is `message`"))
    if known.bundle_id is None:
        faults.append(
            Fault("Bundle.id", "required", "a message Bundle has an id of at most 64 letters, digits, - and .")
        )
    sent = instant(text(bundle, "timestamp"))
    if sent is None:
        faults.append(Fault("Bundle.timestamp", "required", "a message has a timestamp with time and zone"))
    entries = _entries(bundle)
    faults += _entry_faults(bundle, entries)
    headers = [entry for entry in entries if entry.type == "MessageHeader"]
    if not entries or entries[0].type != "MessageHeader":
        faults.append(
            Fault("Bundle.entry[0].resource", "structure", "the first entry of a message is its MessageHeader")
        )
    if len(headers) != 1:
        faults.append(Fault("Bundle.entry", "structure", "a message has exactly one MessageHeader"))
        return Refusal(faults=tuple(faults), envelope=known)
    header = headers[0]
    faults += _header_faults(header, entries)
    trace, history, trace_faults = trail_of(header, entries)
    faults += trace_faults
    if (
        faults
        or known.bundle_id is None
        or known.message_id is None
        or known.event is None
        or known.sender is None
        or known.receiver is None
        or sent is None
        or trace is None
    ):
        return Refusal(faults=tuple(faults), envelope=known)
    return Message(
        bundle_id=known.bundle_id,
        message_id=known.message_id,
        event=known.event,
        sent=sent,
        sender=known.sender,
        receiver=known.receiver,
        header=header.resource,
        entries=entries,
        trace=trace,
        history=history,
        envelope=known,
    )


def _entries(bundle: object) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            path=f"Bundle.entry[{index}].resource",
            full_url=text(entry, "fullUrl") or "",
            resource=child(entry, "resource"),
        )
        for index, entry in enumerate(children(bundle, "entry")[:MAX_ENTRIES])
    )


def _entry_faults(bundle: object, entries: Sequence[Entry]) -> list[Fault]:
    faults = []
    if len(children(bundle, "entry")) > MAX_ENTRIES:
        faults.append(Fault("Bundle.entry", "too-costly", f"a message has at most {MAX_ENTRIES} entries"))
    ids: set[tuple[str, str]] = set()
    urls: set[str] = set()
    for entry in entries:
        if not entry.type:
            faults.append(Fault(entry.path, "structure", "an entry of a message holds a resource"))
            continue
        if not entry.id:
            faults.append(Fault(f"{entry.path}.id", "required", "every resource in a message has an id"))
        elif (entry.type, entry.id) in ids:
            faults.append(Fault(f"{entry.path}.id", "duplicate", "two entries of the message have this type and id"))
        if entry.full_url and entry.full_url in urls:
            faults.append(Fault(f"{entry.path.removesuffix('.resource')}.fullUrl", "duplicate", "two entries share it"))
        ids.add((entry.type, entry.id))
        urls.add(entry.full_url)
    return faults


def _header_faults(header: Entry, entries: Sequence[Entry]) -> list[Fault]:
    faults = []
    event = child(header.resource, "eventCoding")
    path = f"{header.path}.eventCoding"
    if not event:
        faults.append(Fault(path, "required", "the MessageHeader says by eventCoding which message it is"))
    elif text(event, "system") != MEDCOM_EVENT or text(event, "code") not in EVENTS:
        faults.append(Fault(path, "code-invalid", "the event is not one of MedCom's messages"))
    faults += party_faults(f"{header.path}.sender", resolve(entries, child(header.resource, "sender")))
    primary = _primary(header.resource)
    if len(primary) != 1:
        faults.append(
            Fault(f"{header.path}.destination", "required", "a message has exactly one destination marked as primary")
        )
    else:
        receiver = resolve(entries, child(primary[0], "receiver"))
        faults += party_faults(f"{header.path}.destination.receiver", receiver)
    return faults


def _primary(header: JSON) -> list[JSON]:
    return [
        destination
        for destination in children(header, "destination")
        if (use := child(extension(destination, DESTINATION_USE_EXTENSION), "valueCoding"))
        and text(use, "code") == "primary"
        and text(use, "system") in (None, MEDCOM_DESTINATION_USE)
    ]
