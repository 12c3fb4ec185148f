"""The frame that every MedCom FHIR message shares: who sends what to whom, and the trail it stands in.

Source: https://medcomfhir.dk/ig/messaging (medcom-messaging-message, -messageHeader, -provenance, -organization).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.bridge.element import JSON, child, children, codings, extension, identifier, instant, text
from schemas.fault import Fault
from schemas.terminology.systems import (
    DESTINATION_USE_EXTENSION,
    GLN,
    MEDCOM_ACTIVITY,
    MEDCOM_DESTINATION_USE,
    MEDCOM_EVENT,
    SOR,
    canonical,
)

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
_SOR = re.compile(r"[0-9]{6,20}")
_GLN = re.compile(r"[0-9]{13}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """An organisation as a message names it: SOR id, GLN (Danish: lokationsnummer), name."""

    sor: str
    gln: str = ""
    name: str = ""


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
class Entry:
    """One Bundle entry. `path` is its resource's FHIRPath."""

    path: str
    full_url: str
    resource: JSON

    @property
    def type(self) -> str:
        """The resource type, '' when there is none."""
        return text(self.resource, "resourceType") or ""

    @property
    def id(self) -> str:
        """The resource's id, '' when there is none."""
        return identifier(self.resource) or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predecessor:
    """The message that this one follows; `role` is 'revision' (goes on or corrects) or 'removal' (cancels)."""

    role: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One Provenance of the trail: what was done when, in which message."""

    message_id: str
    activity: str
    occurred: datetime
    predecessors: tuple[Predecessor, ...] = ()


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
        return _resolve(self.entries, reference)

    def party(self, reference: JSON) -> Party | None:
        """Return the organisation that a Reference points to, when it is in the message and has a SOR id."""
        return _party(self.resolve(reference))


def envelope(bundle: object) -> Envelope:
    """Read what an answer needs from whatever was sent; never fails."""
    entries = _entries(bundle)
    header = next((entry for entry in entries if entry.type == "MessageHeader"), None)
    if header is None:
        return Envelope(bundle_id=identifier(bundle))
    event = text(child(header.resource, "eventCoding"), "code")
    receivers = [_party(_resolve(entries, child(each, "receiver"))) for each in _primary(header.resource)]
    return Envelope(
        bundle_id=identifier(bundle),
        message_id=header.id or None,
        event=event if event in EVENTS else None,
        sender=_party(_resolve(entries, child(header.resource, "sender"))),
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
    trace, history, trace_faults = _trail(header, entries)
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
    faults += _party_faults(f"{header.path}.sender", _resolve(entries, child(header.resource, "sender")))
    primary = _primary(header.resource)
    if len(primary) != 1:
        faults.append(
            Fault(f"{header.path}.destination", "required", "a message has exactly one destination marked as primary")
        )
    else:
        receiver = _resolve(entries, child(primary[0], "receiver"))
        faults += _party_faults(f"{header.path}.destination.receiver", receiver)
    return faults


def _party_faults(path: str, organisation: Entry | None) -> list[Fault]:
    if organisation is None or organisation.type != "Organization":
        return [Fault(path, "not-found", "it refers to an Organization in the message")]
    named = _named(organisation)
    faults = []
    if not _SOR.fullmatch(named.get(SOR, "")):
        faults.append(Fault(f"{organisation.path}.identifier", "required", "the organisation has a SOR identifier"))
    if not _GLN.fullmatch(named.get(GLN, "")):
        faults.append(Fault(f"{organisation.path}.identifier", "required", "the organisation has a GLN of 13 digits"))
    return faults


def _primary(header: JSON) -> list[JSON]:
    return [
        destination
        for destination in children(header, "destination")
        if (use := child(extension(destination, DESTINATION_USE_EXTENSION), "valueCoding"))
        and text(use, "code") == "primary"
        and text(use, "system") in (None, MEDCOM_DESTINATION_USE)
    ]


def _named(organisation: Entry) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in children(organisation.resource, "identifier"):
        system, value = text(each, "system"), text(each, "value")
        if system is not None and value is not None:
            found.setdefault(canonical(system), value)
    return found


def _party(organisation: Entry | None) -> Party | None:
    if organisation is None or organisation.type != "Organization":
        return None
    named = _named(organisation)
    sor, gln = named.get(SOR, ""), named.get(GLN, "")
    if not _SOR.fullmatch(sor):
        return None
    return Party(
        sor=sor,
        gln=gln if _GLN.fullmatch(gln) else "",
        name=(text(organisation.resource, "name") or "")[:200],
    )


def _resolve(entries: Sequence[Entry], reference: JSON) -> Entry | None:
    """Find by fullUrl, as FHIR says, then by 'Type/id': examples mix absolute fullUrls and relative references."""
    value = text(reference, "reference")
    if value is None:
        return None
    for entry in entries:
        if entry.full_url == value:
            return entry
    parts = value.split("/")
    if len(parts) < 2:  # noqa: PLR2004 - type and id
        return None
    for entry in entries:
        if entry.type == parts[-2] and entry.id == parts[-1]:
            return entry
    return None


def _message_id(reference: JSON) -> str | None:
    value = text(reference, "reference") or ""
    _, slash, last = value.rpartition("MessageHeader/")
    if not slash:
        last = value.removeprefix("urn:uuid:")
    return identifier({"id": last})


def _trail(header: Entry, entries: Sequence[Entry]) -> tuple[Trace | None, tuple[Trace, ...], list[Fault]]:
    """Part the Provenance of this message from the history, which is taken as far as it can be read."""
    provenances = [entry for entry in entries if entry.type == "Provenance"]
    if not provenances:
        return None, (), [Fault("Bundle.entry", "required", "a message carries at least one Provenance")]
    own = [each for each in provenances if _targets(each, header)]
    if len(own) != 1:
        words = "no Provenance" if not own else "more than one Provenance"
        return None, (), [Fault("Bundle.entry", "required", f"{words} has this MessageHeader as target")]
    faults = []
    current = own[0]
    trace = _trace(current)
    if not _activity(current):
        faults.append(
            Fault(f"{current.path}.activity", "required", "the Provenance says the activity by a MedCom code")
        )
    if instant(text(current.resource, "occurredDateTime")) is None:
        path = f"{current.path}.occurredDateTime"
        faults.append(Fault(path, "required", "the Provenance says when it occurred, with time and zone"))
    history = tuple(old for each in provenances if each is not current and (old := _trace(each)) is not None)
    return trace, history, faults


def _targets(provenance: Entry, header: Entry) -> bool:
    for target in children(provenance.resource, "target"):
        if header.full_url and text(target, "reference") == header.full_url:
            return True
        if header.id and _message_id(target) == header.id:
            return True
    return False


def _activity(provenance: Entry) -> str:
    return next((code for system, code in codings(provenance.resource, "activity") if system == MEDCOM_ACTIVITY), "")


def _trace(provenance: Entry) -> Trace | None:
    targets = [each for target in children(provenance.resource, "target") if (each := _message_id(target)) is not None]
    occurred = instant(text(provenance.resource, "occurredDateTime"))
    activity = _activity(provenance)
    if not targets or occurred is None or not activity:
        return None
    return Trace(
        message_id=targets[0],
        activity=activity,
        occurred=occurred,
        predecessors=tuple(
            Predecessor(role=text(entity, "role") or "revision", message_id=named)
            for entity in children(provenance.resource, "entity")
            if (named := _message_id(child(entity, "what"))) is not None
        ),
    )
