"""The trail of a message: the Provenances that travel with it, its own and those of the messages before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.bridge.element import JSON, child, children, codings, identifier, instant, text
from app.bridge.entry import Entry
from schemas.fault import Fault
from schemas.terminology.systems import MEDCOM_ACTIVITY


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


def _message_id(reference: JSON) -> str | None:
    value = text(reference, "reference") or ""
    _, slash, last = value.rpartition("MessageHeader/")
    if not slash:
        last = value.removeprefix("urn:uuid:")
    return identifier({"id": last})


def trail_of(header: Entry, entries: Sequence[Entry]) -> tuple[Trace | None, tuple[Trace, ...], list[Fault]]:
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
