"""What is unusual in how an organisation used the doors: counts by person for its data protection officer.

Counted from rows that are written in one transaction with the records of the audit. No citizen is named, and nothing
says what anybody's records hold.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from app import audit, records
from app.context import Call, Service
from app.errors import InvalidSearchError
from app.search.dates import date_range
from app.sharing.declared import state_of
from app.sharing.log import organisations_of
from app.sharing.log_pages import Place, opened, seal
from app.sharing.reviews import oversee
from app.store import directory, patterns, reviews, versions
from app.store.attempts import Opening
from app.store.database import Snapshot
from app.store.directory import Directory
from app.store.job import Job
from app.store.tables import NO_CITIZEN
from app.summary import catalogue
from app.summary.times import DAY, HOUR, offset
from consent.vocabulary import DeclarationKind
from schemas.fault import Fault
from schemas.terminology import systems

THRESHOLDS: Mapping[str, int] = {
    "emergencies": 3,
    "treating-now": 20,
    "without-later-evidence": 3,
    "one-citizen-again": 5,
    "unknown-citizens": 2,
    "out-of-hours": 10,
    "refusals": 20,
    "same-name": 1,
}
"""From which count on a pattern is shown, by person in the time that was asked for. A sign to look, never a verdict."""
_WINDOW_US = 30 * DAY
_NIGHT = (22, 6)
_PAGE, _MOST = 50, 200
_CHUNK = 100
_MARK = "unusual:"


async def unusual_access(service: Service, call: Call, *, pairs: list[tuple[str, str]]) -> bytes:
    """Return Parameters with one part a person in whom something is unusual, in order of their keys.

    `since` is an instant (30 days ago by default), `_count` how many persons; the part `next` leads on.

    Raises:
        InvalidSearchError: an unknown parameter or value.
        AccessRefusedError: not an officer whom the directory knows.
    """
    since_us, count, after = _asked(service, call, pairs)
    async with service.database.snapshot() as snapshot:
        access = await oversee(service, snapshot, call, query="$unusual-access")
        registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
        units = organisations_of(access.permit) or []
        found: list[tuple[str, dict[str, int], set[str]]] = []
        while len(found) <= count:
            keys = await patterns.persons(snapshot, units, since_us=since_us, after=after, limit=_CHUNK)
            for person in keys:
                counts, places = await _counts(snapshot, call, units, registry, person, since_us=since_us)
                if counts:
                    found.append((person, counts, places))
            if len(keys) < _CHUNK:
                break
            after = keys[-1]
    record = records.entry(
        call,
        pid=NO_CITIZEN,
        operation=audit.Operation.OVERSEE,
        permit=access.permit,
        categories=["access-log"],
        query="$unusual-access",
    )
    await service.database.commit(Job(pid=NO_CITIZEN, audit=(record,)))
    parts = [_part(person, counts, places, registry) for person, counts, places in found[:count]]
    if len(found) > count and count:
        place = Place(0, since_us, 0, _MARK + found[count - 1][0], 0)
        token = seal(service.secret, place, caller=call.caller.digest)
        url = f"{service.settings.public_url}/$unusual-access?_cursor={token}&_count={count}"
        parts.append({"name": "next", "valueUri": url})
    body: dict[str, Any] = {"resourceType": "Parameters"}
    if parts:
        body["parameter"] = parts
    return msgspec.json.encode(body)


async def _counts(
    snapshot: Snapshot, call: Call, units: list[str], registry: Directory, person: str, *, since_us: int
) -> tuple[dict[str, int], set[str]]:
    """Return the patterns of a person that reach their threshold, and where doors were opened."""
    made = await patterns.openings(snapshot, units, person, since_us=since_us)
    unconfirmed = 0
    for owed in await patterns.owed(snapshot, units, person, since_us=since_us, due_us=call.at_us):
        if owed.kind == DeclarationKind.TREATING_NOW.value:
            known = await reviews.relations_ever(snapshot, owed.pid)
            unconfirmed += state_of(owed, known, registry, at_us=call.at_us) == "under-review"
    kinds = Counter(one.kind for one in made)
    again = Counter(one.subject for one in made)
    counts = {
        "emergencies": kinds[DeclarationKind.EMERGENCY.value],
        "treating-now": kinds[DeclarationKind.TREATING_NOW.value],
        "without-later-evidence": unconfirmed,
        "one-citizen-again": max(again.values(), default=0),
        "unknown-citizens": len({one.subject for one in made if one.pid == NO_CITIZEN}),
        "out-of-hours": sum(map(_is_at_night, made)),
        "refusals": await patterns.refusals(snapshot, units, person, since_us=since_us),
        "same-name": sum(one.is_namesake for one in made),
    }
    reached = {name: found for name, found in counts.items() if found >= THRESHOLDS[name]}
    return reached, {one.organisation for one in made}


def _is_at_night(one: Opening) -> bool:
    hour = (one.at_us + offset(one.at_us)) % DAY // HOUR
    return hour >= _NIGHT[0] or hour < _NIGHT[1]


def _part(person: str, counts: Mapping[str, int], places: set[str], registry: Directory) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"name": "who", "valueIdentifier": {"system": systems.PERSON_KEY, "value": person}},
        *({"name": "unit", "valueString": registry.name_of(place)} for place in sorted(places)),
    ]
    for name, found in counts.items():
        said = catalogue.PATTERNS[name]
        parts.append(
            {
                "name": "pattern",
                "part": [
                    {"name": "code", "valueCode": name},
                    {"name": "text", "valueString": said.da},
                    {"name": "text-en", "valueString": said.en},
                    {"name": "count", "valueInteger": found},
                    {"name": "threshold", "valueInteger": THRESHOLDS[name]},
                ],
            }
        )
    return {"name": "person", "part": parts}


def _asked(service: Service, call: Call, pairs: list[tuple[str, str]]) -> tuple[int, int, str]:
    since_us, count, after = call.at_us - _WINDOW_US, _PAGE, ""
    for name, value in pairs:
        bound = date_range(value) if name == "since" else None
        if bound is not None:
            since_us = bound[0]
        elif name == "_count" and value.isascii() and value.isdigit() and 0 < len(value) < 6:  # noqa: PLR2004
            count = min(int(value), _MOST)
        elif name == "_cursor":
            place = opened(service.secret, value, caller=call.caller.digest)
            if place is None or not place.writer.startswith(_MARK):
                raise _unknown("_cursor", "this is not a page token that was given to this caller")
            since_us, after = place.since_us, place.writer.removeprefix(_MARK)
        elif name != "_format":
            raise _unknown("", "`$unusual-access` takes `since`, an instant, and `_count`")
    return since_us, count, after


def _unknown(name: str, text: str) -> InvalidSearchError:
    return InvalidSearchError(text, faults=(Fault(name, "value", text),))
