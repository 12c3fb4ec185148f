"""A stay in hospital as the service knows it: the events told about it, and what they amount to.

Kept as JSON text in `stay.state` under the citizen; it holds no personal data beyond that. Only the events are kept:
the course follows from them, so a better rule tomorrow reads old stays anew.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from app.bridge.activities import Change, Code, Kind
from app.bridge.course import Course, Event, course_of
from app.bridge.hospital_notification import Identifier, Notification
from app.bridge.organisation import Party
from app.bridge.trail import Predecessor
from schemas.terminology.systems import EPISODE

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Stay:
    """One stay: an episode of care at a provider. `key` is its identity in words, for the caller to digest.

    `events` stand in the order in which they happened. Two stays are equal when the same was told of them.
    """

    key: str
    events: tuple[Event, ...]

    @cached_property
    def course(self) -> Course:
        """What the events amount to."""
        return course_of(self.events)

    @cached_property
    def episodes(self) -> tuple[Identifier, ...]:
        """All identifiers of the episode that were told, as first spelt, LPR3 first."""
        found: dict[tuple[str, str], Identifier] = {}
        for event in self.events:
            for episode in event.episodes:
                found.setdefault(episode.same, episode)
        return tuple(sorted(found.values(), key=lambda each: each.system != EPISODE))

    @cached_property
    def fingerprints(self) -> frozenset[str]:
        """The digests of all that was told."""
        return frozenset(event.fingerprint for event in self.events)

    @cached_property
    def message_ids(self) -> frozenset[str]:
        """The ids of the messages that told it."""
        return frozenset(event.message_id for event in self.events)


def stay_of(key: str, events: Iterable[Event]) -> Stay:
    """Return the stay that the events make, in their order; of equal ones, one."""
    unique = {event.fingerprint: event for event in events}
    return Stay(key=key, events=tuple(sorted(unique.values(), key=lambda event: event.order)))


def key_of(notification: Notification) -> str:
    """Return the identity of the stay that a notification would start: episode and provider, never Encounter.id."""
    return "|".join((*notification.episodes[0].same, notification.provider.sor))


def event_of(notification: Notification) -> Event:
    """Return what a notification tells of a stay."""
    return Event(
        fingerprint=notification.fingerprint,
        code=notification.code,
        encounter_class=notification.encounter_class,
        status=notification.status,
        deceased=notification.deceased,
        start=notification.start,
        end=notification.end,
        leave_start=notification.leave_start,
        leave_end=notification.leave_end,
        occurred=notification.occurred,
        sent=notification.sent,
        message_id=notification.message_id,
        bundle_id=notification.bundle_id,
        predecessors=notification.predecessors,
        trail=notification.trail,
        episodes=notification.episodes,
        provider=notification.provider,
        sender=notification.sender,
    )


def encode(stay: Stay) -> str:
    """Return the stay as JSON text."""
    value = {"version": VERSION, "key": stay.key, "events": [_event_out(event) for event in stay.events]}
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), sort_keys=True)


def decode(state: str) -> Stay:
    """Read what `encode` wrote.

    Raises:
        ValueError: the text is of a version that this code does not know, or not ours at all.
    """
    try:
        value = json.loads(state)
        if value["version"] != VERSION:
            raise ValueError(f"stay state of version {value['version']!r} is not known")
        stay = stay_of(value["key"], [_event_in(each) for each in value["events"]])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("stay state is not readable") from error
    if not stay.events:
        raise ValueError("stay state tells of nothing")
    return stay


def _event_out(event: Event) -> dict[str, Any]:
    return {
        "fingerprint": event.fingerprint,
        "kind": None if event.code is None else event.code.kind.value,
        "change": None if event.code is None else event.code.change.value,
        "class": event.encounter_class,
        "status": event.status,
        "deceased": event.deceased,
        "start": event.start.isoformat(),
        "end": _time_out(event.end),
        "leave": [_time_out(event.leave_start), _time_out(event.leave_end)],
        "occurred": event.occurred.isoformat(),
        "sent": event.sent.isoformat(),
        "message": event.message_id,
        "bundle": event.bundle_id,
        "predecessors": [[each.role, each.message_id] for each in event.predecessors],
        "trail": sorted(event.trail),
        "episodes": [[each.system, each.value] for each in event.episodes],
        "provider": _party_out(event.provider),
        "sender": _party_out(event.sender),
    }


def _event_in(value: dict[str, Any]) -> Event:
    leave_start, leave_end = value["leave"]
    return Event(
        fingerprint=value["fingerprint"],
        code=None if value["kind"] is None else Code(Kind(value["kind"]), Change(value["change"])),
        encounter_class=value["class"],
        status=value["status"],
        deceased=value["deceased"],
        start=datetime.fromisoformat(value["start"]),
        end=_time_in(value["end"]),
        leave_start=_time_in(leave_start),
        leave_end=_time_in(leave_end),
        occurred=datetime.fromisoformat(value["occurred"]),
        sent=datetime.fromisoformat(value["sent"]),
        message_id=value["message"],
        bundle_id=value["bundle"],
        predecessors=tuple(Predecessor(role=role, message_id=message) for role, message in value["predecessors"]),
        trail=frozenset(value["trail"]),
        episodes=tuple(Identifier(system, number) for system, number in value["episodes"]),
        provider=_party_in(value["provider"]),
        sender=_party_in(value["sender"]),
    )


def _time_out(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _time_in(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _party_out(party: Party) -> list[str]:
    return [party.sor, party.gln, party.name]


def _party_in(value: list[str]) -> Party:
    sor, gln, name = value
    return Party(sor=sor, gln=gln, name=name)
