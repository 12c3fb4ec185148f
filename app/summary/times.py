"""FHIR dates as microseconds, and Danish wall-clock text; arithmetic only, no time-zone files."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR

_FORM = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_OFFSET_LIMIT = 14 * 60


def _days(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal() - _EPOCH_DAY


@lru_cache(maxsize=512)
def _summer(year: int) -> tuple[int, int]:
    """Return start and end of Danish summer time: last Sundays of March and October, 01:00 UTC.

    Source: Directive 2000/84/EC.
    """

    def last_sunday(month: int) -> int:
        last = date(year, month, 31)
        return last.toordinal() - last.isoweekday() % 7 - _EPOCH_DAY

    return last_sunday(3) * DAY + HOUR, last_sunday(10) * DAY + HOUR


def _year_of(us: int) -> int:
    return date.fromordinal(min(max(us // DAY + _EPOCH_DAY, 1), date.max.toordinal())).year


def offset(us: int) -> int:
    """Return how far Danish time is ahead of UTC at `us`, in µs."""
    start, end = _summer(_year_of(us))
    return 2 * HOUR if start <= us < end else HOUR


@lru_cache(maxsize=8192)
def _local_day(hour: int) -> tuple[int, str]:
    us = hour * HOUR
    day = (us + offset(us)) // DAY
    there = date.fromordinal(min(max(day + _EPOCH_DAY, 1), date.max.toordinal()))
    return day, f"{there.day:02}.{there.month:02}.{there.year:04}"


def day_of(us: int) -> int:
    """Return the number of the Danish day of `us`."""
    return _local_day(us // HOUR)[0]


def day_text(us: int) -> str:
    """Return the Danish day of `us` as `dd.mm.yyyy`."""
    return _local_day(us // HOUR)[1]


def moment_text(us: int) -> str:
    """Return Danish wall-clock time as `dd.mm.yyyy hh:mm`."""
    minutes = (us + offset(us)) // (60 * SECOND) % (24 * 60)
    return f"{day_text(us)} {minutes // 60:02}:{minutes % 60:02}"


def _zone(text: str | None, naive_us: int) -> int:
    if text is None:
        return offset(naive_us - HOUR)
    if text == "Z":
        return 0
    minutes = int(text[1:3]) * 60 + int(text[4:6])
    if minutes > _OFFSET_LIMIT:
        raise ValueError(text)
    return (minutes if text[0] == "+" else -minutes) * 60 * SECOND


def span(text: object) -> tuple[int, int] | None:
    """Return first and last µs of a FHIR date, dateTime or instant; `None` for anything else.

    What has no time zone is Danish time.
    """
    return _span(text) if isinstance(text, str) else None


@lru_cache(maxsize=512)  # a resource is asked for the same date several times, and a Bundle has few days
def _span(text: str) -> tuple[int, int] | None:
    form = _FORM.fullmatch(text)
    if form is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = form.groups()
    try:
        if hour is None:
            low = _days(int(year), int(month or 1), int(day or 1)) * DAY
            if day is not None:
                after = low + DAY
            elif month is not None:
                after = _days(int(year) + int(month) // 12, int(month) % 12 + 1, 1) * DAY
            else:
                after = _days(int(year) + 1, 1, 1) * DAY
            return low - offset(low - HOUR), after - offset(after - HOUR) - 1
        local = _days(int(year), int(month), int(day)) * DAY
        local += datetime(1970, 1, 1, int(hour), int(minute), min(int(second or 0), 59), tzinfo=UTC).hour * HOUR
        local += int(minute) * 60 * SECOND + int(second or 0) * SECOND
        low = local - _zone(zone, local)
    except (ValueError, OverflowError):
        return None
    if fraction is not None:
        low += int(fraction[:6].ljust(6, "0"))
        return low, low + 10 ** max(6 - len(fraction), 0) - 1
    return low, low + (SECOND if second is not None else 60 * SECOND) - 1


def text_of(text: object) -> str:
    """Return a FHIR date as the Danish reader writes it, no more precise than it was given; empty if it is none."""
    return _text_of(text) if isinstance(text, str) else ""


@lru_cache(maxsize=512)  # as for `_span`
def _text_of(text: str) -> str:
    known = _span(text)
    if known is None:
        return ""
    match len(text):
        case 4:
            return text
        case 7:
            return f"{text[5:7]}.{text[:4]}"
        case 10:
            return f"{text[8:10]}.{text[5:7]}.{text[:4]}"
        case _:
            return moment_text(known[0])


def to_us(moment: datetime) -> int:
    """Convert an aware time to µs since 1970 UTC, exactly."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def from_us(us: int) -> datetime | None:
    """Convert µs since 1970 to an aware UTC time; `None` beyond the year 9999."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
    except OverflowError:
        return None


def instant(us: int) -> str:
    """Write a FHIR instant in UTC with milliseconds."""
    known = from_us(us) or datetime.max.replace(tzinfo=UTC)
    return known.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
