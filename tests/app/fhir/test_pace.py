"""The tick is met whatever the work took, although a timer counts whole milliseconds; told by a clock that is made."""

import math
from types import SimpleNamespace

import pytest

from app.fhir import pace
from app.fhir.wire import Answer

pytestmark = pytest.mark.anyio
REFUSED = Answer(404, b"")
LATE = 0.0012
"""Seconds by which a sleep was seen to end after its millisecond."""
STEP = 0.000_005


class _Clock:
    """Time as asyncio on epoll keeps it: a sleep lasts whole milliseconds, rounded up, and some more."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.looked = 0

    async def sleep(self, seconds: float) -> None:
        self.now += math.ceil(seconds * 1000) / 1000 + LATE if seconds > 0 else STEP

    def monotonic(self) -> float:
        self.looked += 1
        return self.now


@pytest.mark.parametrize("worked_us", [*range(100, 20_000, 370), 19_990, 20_010, 41_700])
async def test_a_refusal_leaves_at_the_tick_whatever_the_work_took(
    monkeypatch: pytest.MonkeyPatch, worked_us: int
) -> None:
    came, worked = 7.0, worked_us / 1_000_000
    clock = _Clock(came + worked)
    monkeypatch.setattr(pace, "monotonic", clock.monotonic)
    monkeypatch.setattr(pace, "asyncio", SimpleNamespace(sleep=clock.sleep))

    await pace.until_tick(REFUSED, since=came, tick_ms=20)

    ticks = math.floor(worked / 0.020 + 1e-9) + 1
    assert -1e-9 <= clock.now - (came + ticks * 0.020) <= STEP + 1e-9


async def test_what_shows_something_does_not_look_at_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock(1.0)
    monkeypatch.setattr(pace, "monotonic", clock.monotonic)

    await pace.until_tick(Answer(200, b'{"resourceType":"Patient"}'), since=0.0, tick_ms=20)
    await pace.until_tick(REFUSED, since=0.0, tick_ms=0)

    assert clock.looked == 0
