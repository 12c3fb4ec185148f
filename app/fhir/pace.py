"""When an answer leaves that shows nothing, or less than was looked at: at a full tick after its request came.

To refuse what a citizen has blocked takes longer than to refuse for one whom nobody knows: there are more facts to read
and to judge. What lies between is made up for by waiting, not by working (docs/adr/0022-refusals-leave-at-ticks.md).
"""

import asyncio

from app.fhir.wire import Answer
from app.runtime import monotonic

_SHOW_NOTHING = frozenset({403, 404, 429})
_CREATED = 201
_COARSE = 0.003
"""Seconds before the tick from which on the time is looked at: epoll counts milliseconds, rounds up, and is late."""
_LONGEST_EMPTY = 2048
"""An empty searchset is its links and its total."""


async def until_tick(answer: Answer, *, since: float, tick_ms: int) -> None:
    """Wait until a whole number of ticks has passed since the request came, if the answer's time could tell."""
    if tick_ms and (answer.waits or _shows_nothing(answer)):
        tick = tick_ms / 1000
        await _until(since + ((monotonic() - since) // tick + 1) * tick)


async def _until(due: float) -> None:
    """Wait until `due`, to some µs: a sleep ends whole milliseconds after it began, and so tells when that was."""
    await asyncio.sleep(due - monotonic() - _COARSE)
    while monotonic() < due:  # noqa: ASYNC110  # there is no event: what is waited for is the time itself
        await asyncio.sleep(0)


def _shows_nothing(answer: Answer) -> bool:
    """Tell whether something was refused, is absent or was not found; of a batch nobody looks which entry."""
    if answer.status in _SHOW_NOTHING or _is_of_a_door(answer):
        return True
    head = answer.body[:64]
    if b'"batch-response"' in head:
        return True
    return b'"searchset"' in head and len(answer.body) < _LONGEST_EMPTY and b'"entry"' not in answer.body


def _is_of_a_door(answer: Answer) -> bool:
    """Tell whether a door was opened: of a citizen who is known more is written than of one who is not."""
    return answer.status == _CREATED and b'"declaration"' in answer.body[:128]
