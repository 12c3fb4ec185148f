"""Looking into objects that may be malformed in any way, without ever raising."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

JSON = dict[str, Any]


def objects(value: JSON, name: str) -> Iterator[tuple[int, JSON]]:
    """Yield index and object of each object in the array `name`."""
    items = value.get(name)
    if type(items) is list:
        for index, item in enumerate(items):
            if type(item) is dict:
                yield index, item


def object_of(value: JSON, name: str) -> JSON:
    """Return the object `name`, empty when there is none."""
    item = value.get(name)
    return item if type(item) is dict else {}


def has(value: JSON, *names: str) -> bool:
    """Tell whether one of the elements is there, if only as an extension in place of a primitive value."""
    for name in names:  # noqa: SIM110  # asked for every object: a generator costs more than the question
        if name in value or "_" + name in value:
            return True
    return False


def has_choice(value: JSON, name: str) -> bool:
    """Tell whether `name[x]` is there in any type, if only as an extension."""
    length = len(name)
    for key in value:
        start = length + 1 if key[0:1] == "_" else length
        if key[:start].endswith(name) and key[start : start + 1].isupper():
            return True
    return False


def codings(value: JSON, name: str) -> Iterator[tuple[Any, Any]]:
    """Yield system and code of each coding of the concept `name`."""
    for _, coding in objects(object_of(value, name), "coding"):
        yield coding.get("system"), coding.get("code")


def is_coded(value: JSON, name: str, system: str, codes: frozenset[str]) -> bool:
    """Tell whether the concept `name` has one of the codes of this system."""
    return any(s == system and type(code) is str and code in codes for s, code in codings(value, name))


def number_of(value: Any) -> Decimal | None:
    """Return a JSON number as Decimal; `None` for all else, booleans too."""
    if type(value) is int:
        return Decimal(value)
    return value if type(value) is Decimal and value.is_finite() else None


_DAY: Final = len("2023-01-01")


def _span(value: Any) -> tuple[datetime, datetime] | None:
    """Return the first moment of a date or dateTime and the first moment after it; `None` if it is neither."""
    if type(value) is not str:
        return None
    try:
        if len(value) > _DAY:
            second = timedelta(seconds=1) if value[17:19] == "60" else timedelta()
            moment = datetime.fromisoformat(value[:17] + "59" + value[19:] if second else value) + second
            return (moment, moment) if moment.tzinfo else None
        year, month, day = ([int(part) for part in value.split("-")] + [0, 0])[:3]
        start = datetime(year, month or 1, day or 1, tzinfo=UTC)
        if day:
            return start, start + timedelta(days=1)
        return start, datetime(year + (month in {0, 12}), month % 12 + 1 if month else 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def is_after(first: Any, second: Any) -> bool:
    """Tell whether `first` certainly lies after `second`.

    With a mere date on one side only, a day of slack covers the time zones.
    """
    one, other = _span(first), _span(second)
    if one is None or other is None:
        return False
    comparable = (len(first) > _DAY) == (len(second) > _DAY)
    slack = timedelta() if comparable else timedelta(days=1)
    try:
        return one[0] - slack > other[0] and one[0] - slack >= other[1]
    except OverflowError:
        return False
