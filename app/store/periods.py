"""Periods as two columns of µs UTC, NULL for open."""

from app.runtime import from_us, to_us
from consent.model import ALWAYS, Period


def period_of(start: int | None, stop: int | None) -> Period:
    """Return two columns as a period."""
    if start is None and stop is None:
        return ALWAYS
    return Period(start=None if start is None else from_us(start), end=None if stop is None else from_us(stop))


def columns_of(period: Period) -> tuple[int | None, int | None]:
    """Return a period as two columns."""
    return (
        None if period.start is None else to_us(period.start),
        None if period.end is None else to_us(period.end),
    )
