"""Birthdays that change who decides."""

from datetime import datetime


def birthday(years: int, *, born: datetime) -> datetime:
    """Return the moment of the `years`th birthday; who was born on 29 February turns older on 1 March.

    Raises:
        ValueError: past the year 9999.
    """
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return born.replace(year=born.year + years, month=3, day=1)


def has_turned(years: int, *, born: datetime, at: datetime) -> bool:
    """Tell whether somebody born at `born` has had the `years`th birthday at `at`."""
    return birthday(years, born=born) <= at
