"""FHIR dates and times as microseconds since 1970 UTC, both ends included; `app.search.dates` reads them.

An open end is stored as the first or last instant that a year of four digits can name, so that stored periods are never
null and always convertible.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from app.search.dates import date_range
from consent.model import Period

Bounds = tuple[int, int]

OPEN_START: Final = -62_135_596_800_000_000
"""0001-01-01T00:00:00Z: since ever."""
OPEN_END: Final = 253_402_300_799_999_999
"""9999-12-31T23:59:59.999999Z: until further notice."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 64


def bounds(value: object) -> Bounds | None:
    """Return first and last microsecond of a FHIR date, dateTime or instant; None for anything else."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    found = date_range(value)
    return None if found is None else (_clamp(found[0]), _clamp(found[1]))


def instant(value: object) -> int | None:
    """Return the first microsecond of a FHIR date, dateTime or instant."""
    found = bounds(value)
    return None if found is None else found[0]


def period(value: object) -> Bounds | None:
    """Return the bounds of a FHIR Period; None when it states neither end.

    An unreadable end leaves its side open: a record is rather found than missed by a directive about its period.
    """
    if not isinstance(value, Mapping):
        return None
    start, end = bounds(value.get("start")), bounds(value.get("end"))
    if start is None and end is None:
        return None
    low = OPEN_START if start is None else start[0]
    high = OPEN_END if end is None else end[1]
    return (low, high) if low <= high else (high, low)


def as_period(stored: Bounds) -> Period:
    """Return a stored pair as the engine's period; the sentinels become open ends."""
    low, high = stored
    return Period(start=None if low <= OPEN_START else moment(low), end=None if high >= OPEN_END else moment(high))


def as_bounds(stated: Period) -> Bounds:
    """Return the engine's period as a pair to store."""
    low = OPEN_START if stated.start is None else (stated.start - _EPOCH) // _MICROSECOND
    high = OPEN_END if stated.end is None else (stated.end - _EPOCH) // _MICROSECOND
    return low, high


def moment(us: int) -> datetime:
    """Return microseconds as an aware time; beyond the years that exist, the nearest one."""
    return _EPOCH + _clamp(us) * _MICROSECOND


def text_of(us: int) -> str:
    """Return microseconds as a FHIR instant with milliseconds and Z."""
    return moment(us).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _clamp(us: int) -> int:
    return max(OPEN_START, min(us, OPEN_END))
