"""What follows from a notification: the stay it belongs to, its new state, who treats the citizen, who is told what.

Identity is episode and provider under one citizen, never MessageHeader.id or Encounter.id. From EMER to IMP and from
hospital to hospital there is a new STIN and no SLHJ. A notice of death alone closes nothing: the stay says finished as
the hospital wrote, the hospital's relation and every other stay go on until discharge, withdrawal or a register ends
them. A notification is evidence for the sending hospital alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from app.bridge.activities import Change, Code, Kind
from app.bridge.course import Course, code_of
from app.bridge.element import JSON
from app.bridge.encounter import encounter_of, provenance_of
from app.bridge.hospital_notification import Notification
from app.bridge.stay import Stay, decode, encode, event_of, key_of, stay_of

__all__ = ["Outcome", "RelationEvidence", "Stay", "Step", "Topic", "advance", "decode", "encode", "find", "relations"]


class Outcome(StrEnum):
    """What became of a notification."""

    APPLIED = "applied"
    REPEAT = "repeat"  # said before: the same answer, no change
    LATE = "late"  # something later was already known: put in its place in the course
    CORRECTED = "corrected"
    CANCELLED = "cancelled"


class Topic(StrEnum):
    """What a municipality with an active health service for the citizen is told; nobody else, and no relation."""

    ADMITTED = "admitted"  # indlagt
    EMERGENCY_STARTED = "emergency-started"  # akut ambulant
    LEAVE_STARTED = "leave-started"  # orlov begyndt: the citizen is home
    LEAVE_ENDED = "leave-ended"
    DISCHARGED = "discharged"  # udskrevet
    DEATH_REPORTED = "death-reported"  # not confirmed by a register
    DEATH_WITHDRAWN = "death-withdrawn"
    STAY_CHANGED = "stay-changed"  # a correction or a late message changed what was told
    STAY_CANCELLED = "stay-cancelled"  # the stay never was
    REPORT_OF_ADMISSION_WANTED = "report-of-admission-wanted"  # indlæggelsesrapport


_TOLD: dict[Kind, Topic] = {
    Kind.STAA: Topic.EMERGENCY_STARTED,
    Kind.STIN: Topic.ADMITTED,
    Kind.STOR: Topic.LEAVE_STARTED,
    Kind.SLOR: Topic.LEAVE_ENDED,
    Kind.SLHJ: Topic.DISCHARGED,
    Kind.MORS: Topic.DEATH_REPORTED,
}
_OUTCOME = {
    Change.NEW: Outcome.APPLIED,
    Change.CORRECTION: Outcome.CORRECTED,
    Change.CANCELLATION: Outcome.CANCELLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationEvidence:
    """That the sending hospital treats the citizen. SOR id; aware UTC; an open end is still running."""

    organisation: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What follows from one notification.

    `encounter` and `provenance` are None for a repeat: nothing is written. `relation` None means that there is no
    evidence (any more). Who has several stays of the citizen takes `relations` instead, which sees transfers.
    """

    outcome: Outcome
    code: Code
    stay: Stay
    encounter: JSON | None
    provenance: JSON | None
    relation: RelationEvidence | None
    topics: tuple[Topic, ...]

    @property
    def death_reported(self) -> datetime | None:
        """When the hospital says that the citizen died, if it does: a report, not the register's word."""
        return self.stay.course.death


def find(stays: Iterable[Stay], notification: Notification) -> Stay | None:
    """Return the stay of the citizen that a notification is about; None means a new one.

    First by episode and provider. Else by episode and trail: the way from the emergency department to a ward of
    the same sender may change the provider, and the messages then name one another.
    """
    episodes = {each.same for each in notification.episodes}
    same_episode = [stay for stay in stays if any(each.same in episodes for each in stay.episodes)]
    for stay in same_episode:
        if any(event.provider.sor == notification.provider.sor for event in stay.events):
            return stay
    for stay in same_episode:
        is_same_sender = any(event.sender.sor == notification.sender.sor for event in stay.events)
        names_it = bool(stay.message_ids & notification.trail)
        is_named = any(notification.message_id in event.trail for event in stay.events)
        if is_same_sender and (names_it or is_named):
            return stay
    return None


def advance(
    stay: Stay | None, notification: Notification, *, at: datetime, subject: str = "", encounter: str = ""
) -> Step:
    """Return what follows from `notification` for the stay that `find` found.

    `at` is when it was received; `subject` and `encounter` are the references that the new resources carry.
    """
    event = event_of(notification)
    if stay is not None and event.fingerprint in stay.fingerprints:
        return Step(
            outcome=Outcome.REPEAT,
            code=code_of(event, stay.events),
            stay=stay,
            encounter=None,
            provenance=None,
            relation=relation_of(stay),
            topics=(),
        )
    before = None if stay is None else stay.course
    is_late = stay is not None and event.order < stay.events[-1].order
    after = stay_of(key_of(notification), [event]) if stay is None else stay_of(stay.key, [*stay.events, event])
    code = code_of(event, after.events)
    return Step(
        outcome=Outcome.LATE if is_late else _OUTCOME[code.change],
        code=code,
        stay=after,
        encounter=encounter_of(after, subject=subject),
        provenance=provenance_of(notification, recorded=at, target=encounter),
        relation=relation_of(after),
        topics=_topics(before, after.course, code, notification, is_late=is_late),
    )


def relation_of(stay: Stay) -> RelationEvidence | None:
    """Return the evidence that one stay is; nothing for a cancelled one. A notice of death leaves the end open."""
    course = stay.course
    if course.status == "entered-in-error":
        return None
    end = course.end.astimezone(UTC) if course.discharged and course.end is not None else None
    start = course.start.astimezone(UTC)
    return RelationEvidence(organisation=course.sender.sor, start=start, end=end if end is None else max(start, end))


def relations(stays: Sequence[Stay]) -> dict[str, RelationEvidence]:
    """Return the evidence of all stays of a citizen, by `Stay.key`.

    After a transfer (Danish: overflytning) the first hospital sends nothing more: its evidence ends when the citizen is
    admitted (IMP) by another sender, unless she was on leave then or the first hospital has told anything since.
    """
    found: dict[str, RelationEvidence] = {}
    for stay in stays:
        relation = relation_of(stay)
        if relation is None:
            continue
        if relation.end is None and stay.course.status == "in-progress":
            end = _taken_over(stay, stays)
            relation = RelationEvidence(organisation=relation.organisation, start=relation.start, end=end)
        found[stay.key] = relation
    return found


def _taken_over(stay: Stay, stays: Sequence[Stay]) -> datetime | None:
    last_word = max(event.occurred for event in stay.events)
    arrivals = [
        phase.start.astimezone(UTC)
        for other in stays
        if other.course.sender.sor != stay.course.sender.sor and other.course.status != "entered-in-error"
        for phase in other.course.phases
        if phase.encounter_class == "IMP" and phase.start > last_word
    ]
    return min(arrivals, default=None)


def _topics(
    before: Course | None, after: Course, code: Code, notification: Notification, *, is_late: bool
) -> tuple[Topic, ...]:
    """Say only what is news: nothing when nothing changed, and no old event as if it were new."""
    if before is not None and _seen(before) == _seen(after):
        return ()
    if after.status == "entered-in-error":
        return (Topic.STAY_CANCELLED,)
    if code == Code(Kind.MORS, Change.CANCELLATION) and before is not None and before.death and not after.death:
        return (Topic.DEATH_WITHDRAWN,)
    if is_late or code.change is not Change.NEW:
        return (Topic.STAY_CHANGED,)
    topics = [_TOLD[code.kind]]
    is_admission = code.kind in (Kind.STAA, Kind.STIN)
    if is_admission and notification.wants_report_of_admission and after.status == "in-progress":
        topics.append(Topic.REPORT_OF_ADMISSION_WANTED)
    return tuple(topics)


def _seen(course: Course) -> tuple[object, ...]:
    return (course.status, course.phases, course.end, course.leaves, course.death, course.spells)
