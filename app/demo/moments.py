"""Danish wall-clock time, written with its offset, without any time zone database."""

from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_WINTER = timezone(timedelta(hours=1))
_SUMMER = timezone(timedelta(hours=2))


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)


@lru_cache(maxsize=64)
def _summer(year: int) -> tuple[datetime, datetime]:
    return _last_sunday(year, 3), _last_sunday(year, 10)


def local(moment: datetime) -> datetime:
    """Return `moment` in Danish time.

    Summer time runs from 01:00 UTC on the last Sunday of March to 01:00 UTC on the last Sunday of October.
    Source: directive 2000/84/EC.
    """
    start, end = _summer(moment.year)
    return moment.astimezone(_SUMMER if start <= moment < end else _WINTER)


def written(moment: datetime) -> str:
    """Return `moment` as a FHIR dateTime with seconds and the Danish offset."""
    return local(moment).isoformat(timespec="seconds")


def day(moment: datetime) -> str:
    """Return the Danish calendar day of `moment` as a FHIR date."""
    return local(moment).date().isoformat()


def spoken(moment: datetime) -> str:
    """Return the Danish calendar day as people write it: `5.3.2026`."""
    found = local(moment).date()
    return f"{found.day}.{found.month}.{found.year}"


def at_hour(moment: datetime, hour: int, minute: int = 0) -> datetime:
    """Return the same Danish day at a wall-clock hour, as UTC."""
    return local(moment).replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone(UTC)
