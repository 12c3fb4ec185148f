"""The only clock and the only source of randomness; everything else takes them as arguments."""

import os
import secrets
import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """Return the present as an aware UTC time."""
    return datetime.now(UTC)


def now_us() -> int:
    """Return the present in whole microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def to_us(moment: datetime) -> int:
    """Convert an aware time to microseconds since 1970 UTC, exactly."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_us(us: int) -> datetime:
    """Convert microseconds since 1970 UTC to an aware time.

    Raises:
        OverflowError: `us` lies beyond the years 1 to 9999.
    """
    return _EPOCH + timedelta(0, 0, us)


def monotonic() -> float:
    """Return seconds of a clock that never goes back, for measuring durations."""
    return time.perf_counter()


def random_key() -> int:
    """Return a fresh random shard key: 1 to 2**40 - 1."""
    return secrets.randbelow(2**40 - 1) + 1


def random_id() -> str:
    """Return 128 random bits as 32 hex digits; drawn from the system for many at once."""
    try:
        return _drawn.pop()
    except IndexError:
        drawn = secrets.token_hex(16 * _AT_ONCE)
        _drawn.extend(drawn[start : start + 32] for start in range(0, len(drawn), 32))
        return _drawn.pop()


_AT_ONCE = 64
_drawn: list[str] = []
os.register_at_fork(after_in_child=_drawn.clear)
"""Two processes must not give the same ids."""
