"""Elements of JSON that nobody has vouched for: every look returns a value of the asked type or nothing."""

import re
from datetime import UTC, datetime
from typing import Any

JSON = dict[str, Any]

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
"""FHIR's id. Source: https://hl7.org/fhir/R4/datatypes.html#id"""
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])"
)


def text(parent: object, key: str) -> str | None:
    """Return the string under `key`; an empty, blank or unprintable one counts as absent, as FHIR says."""
    value = parent.get(key) if isinstance(parent, dict) else None
    return value if isinstance(value, str) and value.strip() and not _UNPRINTABLE.search(value) else None


def child(parent: object, key: str) -> JSON:
    """Return the object under `key`, or an empty one."""
    value = parent.get(key) if isinstance(parent, dict) else None
    return value if isinstance(value, dict) else {}


def children(parent: object, key: str) -> list[JSON]:
    """Return the objects of the list under `key`; what is none stands as an empty one, so that indices hold."""
    value = parent.get(key) if isinstance(parent, dict) else None
    return [each if isinstance(each, dict) else {} for each in value] if isinstance(value, list) else []


def flag(parent: object, key: str) -> bool | None:
    """Return the boolean under `key`."""
    value = parent.get(key) if isinstance(parent, dict) else None
    return value if isinstance(value, bool) else None


def identifier(parent: object, key: str = "id") -> str | None:
    """Return the FHIR id under `key`; one with other characters or too long counts as absent."""
    value = text(parent, key)
    return value if value is not None and ID.fullmatch(value) else None


def extension(parent: object, url: str) -> JSON:
    """Return the first extension with `url`, or an empty object."""
    return next((each for each in children(parent, "extension") if each.get("url") == url), {})


def codings(parent: object, key: str) -> list[tuple[str, str]]:
    """Return (system, code) of each coding of the CodeableConcept under `key`; a missing system is ''."""
    found = []
    for coding in children(child(parent, key), "coding"):
        code = text(coding, "code")
        if code is not None:
            found.append((text(coding, "system") or "", code))
    return found


def instant(value: str | None) -> datetime | None:
    """Parse an instant: date, time to the second and zone; the zone of the sender is kept.

    Returns nothing for anything else, so a bare date too: who orders events must know the hour.
    """
    if value is None or not _INSTANT.fullmatch(value):
        return None
    whole, dot, rest = value.partition(".")
    if dot:
        zone = re.search(r"[Z+-]", rest)
        digits, offset = (rest[: zone.start()], rest[zone.start() :]) if zone else (rest, "")
        value = f"{whole}.{digits[:6]}{offset}"
    try:
        moment = datetime.fromisoformat(value)
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment
