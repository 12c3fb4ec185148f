"""The course of a stay: what a set of told events amounts to, whatever the order they arrived in.

`course_of` is a function of the set of events alone, so disorder cannot matter: events are put in the order in which
they happened, corrections are laid on what they correct, cancelled ones are taken out, and the rest is told again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from app.bridge.activities import Change, Code, Kind
from app.bridge.hospital_notification import Identifier
from app.bridge.organisation import Party
from app.bridge.trail import Predecessor

Status = Literal["in-progress", "onleave", "finished", "entered-in-error"]

_RANK = {Kind.STAA: 0, Kind.STIN: 1, Kind.STOR: 2, Kind.SLOR: 3, Kind.SLHJ: 4, Kind.MORS: 5}
_CHANGE_RANK = {Change.NEW: 0, Change.CORRECTION: 1, Change.CANCELLATION: 2}
_ADMISSIONS = frozenset({Kind.STAA, Kind.STIN})
_Order = tuple[datetime, int, int, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One told event of a stay, without the citizen, who is the key that it is stored under. See Notification."""

    fingerprint: str
    code: Code | None
    encounter_class: str
    status: str
    deceased: bool | None
    start: datetime
    end: datetime | None
    leave_start: datetime | None
    leave_end: datetime | None
    occurred: datetime
    sent: datetime = field(compare=False)  # of the envelope that came first, as is bundle_id
    message_id: str
    bundle_id: str = field(compare=False)
    predecessors: tuple[Predecessor, ...]
    trail: frozenset[str]
    episodes: tuple[Identifier, ...]
    provider: Party
    sender: Party

    @property
    def order(self) -> _Order:
        """Where the event stands in the course: when it happened; the rest only parts equal times, always alike."""
        kind = (0, 0) if self.code is None else (_CHANGE_RANK[self.code.change], _RANK[self.code.kind])
        utc = self.occurred.astimezone(UTC)
        return (utc, *kind, self.message_id, self.fingerprint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Part of a stay in one class (EMER, then perhaps IMP)."""

    encounter_class: str
    start: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Leave to the home (Danish: orlov)."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What the events amount to. `spells` are earlier, closed stays in the same episode at the same provider."""

    status: Status
    phases: tuple[Phase, ...]
    end: datetime | None  # discharge, or the time that a notice of death gives
    discharged: bool
    leaves: tuple[Leave, ...]
    death: datetime | None  # reported by the hospital, not confirmed by a register
    spells: tuple[tuple[datetime, datetime], ...]
    provider: Party
    sender: Party

    @property
    def encounter_class(self) -> str:
        """The class that the stay has now."""
        return self.phases[-1].encounter_class

    @property
    def start(self) -> datetime:
        """When the stay began, in whichever class."""
        return self.phases[0].start


@dataclass(slots=True)
class _Act:
    """An event that stands, with what corrections have made of it."""

    kind: Kind
    told: Event  # gives the place in the order
    content: Event
    cancelled_by: Event | None = None

    @property
    def is_orphan(self) -> bool:
        """Whether this is the cancellation of what was never told."""
        return self.cancelled_by is self.told


def course_of(events: Iterable[Event]) -> Course:
    """Return the course that the events amount to; there is at least one."""
    ordered = sorted(events, key=lambda event: event.order)
    acts = _settled(ordered)
    return _told_again(acts, ordered)


def code_of(event: Event, events: Iterable[Event]) -> Code:
    """Return which of the 18 codes the event is, given all events of the stay."""
    ordered = sorted(events, key=lambda each: each.order)
    return _classified(ordered)[event.fingerprint]


def _classified(ordered: list[Event]) -> dict[str, Code]:
    """Tell the codes about death apart, which look alike in the message: they depend on what went before."""
    reported: dict[str, bool] = {each.message_id: True for each in ordered if each.deceased}
    codes: dict[str, Code] = {}
    dead = False
    for event in ordered:
        if event.deceased:
            codes[event.fingerprint] = Code(Kind.MORS, Change.CORRECTION if dead else Change.NEW)
            dead = True
        elif event.deceased is False and (dead or any(each.message_id in reported for each in event.predecessors)):
            codes[event.fingerprint] = Code(Kind.MORS, Change.CANCELLATION)
            dead = False
        else:
            codes[event.fingerprint] = event.code or Code(Kind.MORS, Change.CANCELLATION)
    return codes


def _settled(ordered: list[Event]) -> list[_Act]:
    codes = _classified(ordered)
    acts = [_Act(codes[each.fingerprint].kind, each, each) for each in ordered if _change(codes, each) is Change.NEW]
    for event in ordered:
        code = codes[event.fingerprint]
        if code.change is Change.NEW:
            continue
        act = _target(acts, event, code.kind)
        if act is None:
            # What it corrects or cancels has not come yet, or never will: it stands for it.
            acts.append(_Act(code.kind, event, event, event if code.change is Change.CANCELLATION else None))
        elif code.change is Change.CORRECTION:
            act.content = event
        else:
            act.cancelled_by = event
    return sorted(acts, key=lambda act: act.told.order)


def _change(codes: dict[str, Code], event: Event) -> Change:
    return codes[event.fingerprint].change


def _target(acts: list[_Act], event: Event, kind: Kind) -> _Act | None:
    """Find what a correction or cancellation is about: what it names, else the latest before it, else any."""
    same = [
        act
        for act in acts
        if act.kind is kind and act.cancelled_by is None and act.told.fingerprint != event.fingerprint
    ]
    if kind in (Kind.SLHJ, Kind.MORS):
        same = [act for act in same if act.content.encounter_class == event.encounter_class] or same
    named = {each.message_id for each in event.predecessors}
    for act in same:
        if named & {act.told.message_id, act.content.message_id}:
            return act
    earlier = [act for act in same if act.told.order < event.order]
    if earlier:
        return max(earlier, key=lambda act: act.told.order)
    return min(same, key=lambda act: act.told.order, default=None)


def _withdrawn(acts: list[_Act]) -> dict[str, _Order]:
    """Return until when the stay in a class never was: a cancelled admission takes with it what was told before.

    What the hospital tells of the stay later is believed again; and an admission that stands keeps what it began.
    """
    admissions = [act for act in acts if act.kind in _ADMISSIONS]
    void: dict[str, _Order] = {}
    for act in admissions:
        if act.cancelled_by is None:
            continue
        encounter_class, until = act.content.encounter_class, act.cancelled_by.order
        stands = (each for each in admissions if each.cancelled_by is None and each.told.order < until)
        if all(each.content.encounter_class != encounter_class for each in stands):
            void[encounter_class] = max(until, void.get(encounter_class, until))
    return void


@dataclass(slots=True)
class _Told:
    """The state while the acts are told again."""

    phases: list[Phase]
    leaves: list[Leave]
    end: datetime | None = None


def _told_again(acts: list[_Act], ordered: list[Event]) -> Course:
    void = _withdrawn(acts)
    now = _Told([], [])
    spells: list[tuple[datetime, datetime]] = []
    death: datetime | None = None
    for act in acts:
        content = act.content
        if act.told.order < void.get(content.encounter_class, act.told.order):
            continue
        if act.kind in _ADMISSIONS:
            if act.cancelled_by is not None:
                continue
            if now.end is not None and content.start >= now.end:
                spells.append((now.phases[0].start, now.end))
                now = _Told([], [])
            _admit(now, content)
            continue
        if not now.phases:
            _admit(now, content)
        if act.kind is Kind.MORS and act.cancelled_by is None:
            death = content.end or content.occurred
        else:
            _tell(now, act)
    last = ordered[-1]
    if not now.phases:
        # Everything was taken back: show what it was, as entered in error.
        shown = acts[-1].content
        return _course(
            _Told([Phase(encounter_class=shown.encounter_class, start=shown.start)], []), last, [], None, void=True
        )
    return _course(now, last, spells, death, void=False)


def _admit(now: _Told, content: Event) -> None:
    phase = Phase(encounter_class=content.encounter_class, start=content.start)
    if now.phases and now.phases[-1].encounter_class == phase.encounter_class:
        now.phases[-1] = phase
    else:
        now.phases.append(phase)


def _tell(now: _Told, act: _Act) -> None:
    if act.cancelled_by is None:
        _apply(now, act.kind, act.content)
    elif act.is_orphan:
        _tell_status(now, act.content)
    elif act.kind is Kind.SLHJ:
        # Taken back, a discharge leaves the patient in hospital, not on the leave that it ended.
        _close_leave(now, act.content.end or act.content.occurred)


def _apply(now: _Told, kind: Kind, content: Event) -> None:
    is_open = bool(now.leaves) and now.leaves[-1].end is None
    if kind is Kind.STOR:
        leave = Leave(start=content.leave_start or content.occurred, end=None)
        now.leaves[len(now.leaves) - is_open :] = [leave]
    elif kind is Kind.SLOR:
        end = content.leave_end or content.occurred
        if not is_open:
            now.leaves.append(Leave(start=content.leave_start or end, end=None))
        _close_leave(now, end)
    elif kind is Kind.SLHJ:
        now.end = content.end or content.occurred
        _close_leave(now, now.end)


def _tell_status(now: _Told, content: Event) -> None:
    """Believe the status of a cancellation that cancels nothing we know of: it says what holds instead."""
    if content.status == "onleave":
        _apply(now, Kind.STOR, content)
    elif content.status == "finished":
        _apply(now, Kind.SLHJ, content)


def _close_leave(now: _Told, end: datetime) -> None:
    if now.leaves and now.leaves[-1].end is None:
        now.leaves[-1] = replace(now.leaves[-1], end=max(end, now.leaves[-1].start))


def _course(
    now: _Told, last: Event, spells: list[tuple[datetime, datetime]], death: datetime | None, *, void: bool
) -> Course:
    status: Status = "in-progress"
    if void:
        status = "entered-in-error"
    elif now.end is not None or death is not None:
        status = "finished"
    elif now.leaves and now.leaves[-1].end is None:
        status = "onleave"
    return Course(
        status=status,
        phases=tuple(now.phases),
        end=now.end or death,
        discharged=now.end is not None,
        leaves=tuple(now.leaves),
        death=death,
        spells=tuple(spells),
        provider=last.provider,
        sender=last.sender,
    )
