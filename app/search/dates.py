"""A FHIR date, dateTime or instant, or a search value, as the range of microseconds that it covers. Pure.

A time without zone, and a date, is Danish local time: `2024-05-14` means the day as Denmark lived it, from 22:00 UTC
the day before. The rule of summer time (EU directive 2000/84/EC; last Sundays of March and September before 1996, of
October since) stands here instead of the system's time zone files: the index of a database must not change with the
machine. Before 1981 there is no summer time here.
"""

import re
from datetime import date
from functools import lru_cache

_EPOCH = date(1970, 1, 1).toordinal()
_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_FIRST_SUMMER, _OCTOBER_SINCE = 1981, 1996
_FURTHEST_ZONE = 14 * 60  # minutes

# In a query string a plus sign that was not escaped arrives as a space.
_FORM = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,18}))?)?(Z|[+\- ]\d\d:\d\d)?)?)?)?", re.ASCII
)


@lru_cache(maxsize=8_192)
def date_range(text: str) -> tuple[int, int] | None:
    """Return first and last microsecond since 1970 UTC that `text` covers, both included; `None` if it is no date.

    The precision written is the precision meant: a year covers a year, `10:00:00.1` a tenth of a second.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = form.groups()
    try:
        start = date(int(year), int(month or 1), int(day or 1))
        if hour is None:
            first, after = _midnight(start), _midnight(start, month=month, day=day)
            return first - _offset(start.year, first), after - _offset(start.year, after) - 1
    except ValueError:
        return None
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 60:  # noqa: PLR2004
        return None
    # A leap second is told as the second before it.
    local = _midnight(start) + int(hour) * _HOUR + int(minute) * _MINUTE + min(int(second or 0), 59) * _SECOND
    width = _MINUTE if second is None else _SECOND
    if fraction is not None:
        digits = fraction[:6]
        width = 10 ** (6 - len(digits))
        local += int(digits) * width
    offset = _offset(start.year, local) if zone is None else _zone(zone)
    return None if offset is None else (local - offset, local - offset + width - 1)


def _midnight(start: date, *, month: str | None = "", day: str | None = "") -> int:
    """Return the local microsecond at which `start` begins, or at which the year, month or day after it begins."""
    ordinal = start.toordinal()
    if month is None:
        ordinal = date(start.year, 12, 31).toordinal() + 1
    elif day is None:
        last = date(start.year, start.month + 1, 1) if start.month < 12 else date(start.year, 12, 31)  # noqa: PLR2004
        ordinal = last.toordinal() + (start.month == 12)  # noqa: PLR2004
    elif day:
        ordinal += 1
    return (ordinal - _EPOCH) * _DAY


def _zone(text: str) -> int | None:
    if text == "Z":
        return 0
    minutes = int(text[1:3]) * 60 + int(text[4:])
    if minutes > _FURTHEST_ZONE or int(text[4:]) > 59:  # noqa: PLR2004
        return None
    return (-minutes if text[0] == "-" else minutes) * _MINUTE


def _offset(year: int, local_us: int) -> int:
    """Return Denmark's distance from UTC at a local time; of an hour that comes twice, the first."""
    if year < _FIRST_SUMMER:
        return _HOUR
    begin, end = _summer(year)
    return 2 * _HOUR if begin <= local_us < end else _HOUR


@lru_cache(maxsize=512)
def _summer(year: int) -> tuple[int, int]:
    """Return begin and end of summer time in local microseconds."""
    autumn = date(year, 10, 31) if year >= _OCTOBER_SINCE else date(year, 9, 30)
    return _last_sunday(date(year, 3, 31)) + 2 * _HOUR, _last_sunday(autumn) + 3 * _HOUR


def _last_sunday(end_of_month: date) -> int:
    ordinal = end_of_month.toordinal()
    return (ordinal - ordinal % 7 - _EPOCH) * _DAY  # ordinal 7 is a Sunday
