"""Withheld and absent take the same time, as far as noise lets anybody see (docs/adr/0022-refusals-leave-at-ticks.md).

Many pairs, interleaved in random order; the times are compared by rank: the area under the curve is the chance that one
of the first kind took longer than one of the second, 0.5 if nothing is told. Ranks do not mind a busy machine. Nothing is
said about how long anything takes.
"""

import gc
import random
from collections.abc import AsyncIterator, Callable
from itertools import groupby

import pytest
from leak_world import ANNA, BO, DORA, LeakWorld, populate, serving_at
from served import ENGINES

from app.runtime import monotonic
from schemas.terminology import systems

TICK_MS = 25
TRIES = ((20, 0.36), (60, 0.22), (240, 0.12))
"""Pairs, and how far from 0.5 the area may lie: four times its deviation where nothing is told, and more of it as it
gets rarer. What fails is asked again with more pairs before it is believed."""
Case = tuple[str, str, str]
"""Caller, what is withheld, what is absent."""


def cases(leaks: LeakWorld) -> dict[str, Case]:
    """Return pairs of paths; the callers are the GP, who reads some of Anna's, the blocked and the unrelated doctor."""
    anna, hidden, shown = leaks.patients[ANNA], leaks.ids["label"], leaks.ids["open"]
    never, alien, bo = leaks.never[ANNA], leaks.alien, leaks.ids["other"]
    unknown = f"{systems.X_ECPR}|0101901QQ1"
    by_number = "/Patient/$summary?identifier="
    return {
        "read": ("gp", f"/Condition/{hidden}", f"/Condition/{never}"),
        "read, another citizen's": ("gp", f"/Condition/{hidden}", f"/Condition/{alien}"),
        "read, blocked": ("blocked", f"/Condition/{shown}", f"/Condition/{alien}"),
        "history": ("gp", f"/Condition/{hidden}/_history", f"/Condition/{never}/_history"),
        "history, blocked": ("blocked", f"/Condition/{shown}/_history", f"/Condition/{alien}/_history"),
        "search by id": ("gp", f"/Condition?_id={hidden}", f"/Condition?_id={alien}"),
        "search by id, unrelated": ("unrelated", f"/Condition?_id={bo}", f"/Condition?_id={alien}"),
        "summary": ("blocked", f"{by_number}{'|'.join(ANNA)}", by_number + unknown),
        "summary, unrelated": ("unrelated", f"{by_number}{'|'.join(DORA)}", by_number + unknown),
        "summary by id": ("blocked", f"/Patient/{anna}/$summary", f"/Patient/{alien}/$summary"),
        "search by number": (
            "blocked",
            f"/Condition?patient.identifier={'|'.join(ANNA)}",
            f"/Condition?patient.identifier={unknown}",
        ),
        "search by a hidden code": (
            "gp",
            f"/Condition?patient={anna}&code=DF329",
            f"/Condition?patient={anna}&code=DF999",
        ),
        "another citizen": ("nurse", f"/Patient/{leaks.patients[BO]}", f"/Patient/{alien}"),
    }


SHORT = (
    "read", "read, another citizen's", "read, blocked", "history, blocked", "search by id", "summary",
    "summary, unrelated", "summary by id",
)  # fmt: skip


def area(first: list[float], second: list[float]) -> float:
    """Return the chance that one of the first is greater than one of the second; ties count half."""
    ranked = sorted([(value, 1) for value in first] + [(value, 0) for value in second])
    above, below = 0.0, 0
    for _, tied in groupby(ranked, key=lambda pair: pair[0]):
        kinds = [kind for _, kind in tied]
        ones = sum(kinds)
        above += ones * (below + (len(kinds) - ones) / 2)
        below += len(kinds) - ones
    return above / (len(first) * len(second))


async def _measured(leaks: LeakWorld, case: Case, pairs: int) -> float:
    caller, *paths = case
    token = leaks.tokens[caller]
    for path in paths * 2:
        await leaks.send(token, "GET", path)
    times: tuple[list[float], list[float]] = ([], [])
    draws = random.Random(pairs)  # noqa: S311  # an order
    gc.collect()
    gc.disable()
    try:
        for _ in range(pairs):
            for which in (0, 1) if draws.random() < 0.5 else (1, 0):
                began = monotonic()
                await leaks.send(token, "GET", paths[which])
                times[which].append(monotonic() - began)
    finally:
        gc.enable()
    return area(*times)


async def _check(leaks: LeakWorld, case: Case, tries: tuple[tuple[int, float], ...]) -> None:
    seen = []
    for pairs, bound in tries:
        seen.append(await _measured(leaks, case, pairs))
        if abs(seen[-1] - 0.5) <= bound:
            return
    raise AssertionError(f"one can be told from the other by its time: {seen}")


@pytest.fixture(scope="module")
async def paced(prepared_copy: Callable[[str], str]) -> AsyncIterator[LeakWorld]:
    """The leak world with a pace, on SQLite; the long form has both engines."""
    async with serving_at(_url(prepared_copy, "sqlite"), pace_ms=TICK_MS) as world:
        yield await populate(world)


def _url(prepared_copy: Callable[[str], str], engine: str) -> str:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:  # it runs a loop of its own
        return thread.submit(prepared_copy, engine).result()


def test_the_control_ranks_tell_what_there_is_to_tell() -> None:
    draws = random.Random(7)  # noqa: S311
    one = [draws.gauss(5, 1) for _ in range(300)]
    assert abs(area(one, [draws.gauss(5, 1) for _ in range(300)]) - 0.5) < 0.1
    assert area([value + 1 for value in one], one) > 0.7
    assert area([2.0], [1.0]) == 1.0
    assert area([1.0], [2.0]) == 0.0
    assert area([1.0], [1.0]) == 0.5


async def test_the_control_what_is_shown_does_not_wait(paced: LeakWorld) -> None:
    """That times are told at all: what is shown leaves at once, and stands far from what is refused."""
    case = ("nurse", f"/Condition/{paced.never[ANNA]}", f"/Condition/{paced.ids['open']}")
    assert await _measured(paced, case, 20) > 0.8


@pytest.mark.parametrize("name", SHORT)
async def test_row_09_time_does_not_tell_withheld_from_absent(paced: LeakWorld, name: str) -> None:
    await _check(paced, cases(paced)[name], TRIES)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("engine", ENGINES)
async def test_time_tells_nothing_over_many_pairs(prepared_copy: Callable[[str], str], engine: str) -> None:
    async with serving_at(_url(prepared_copy, engine), pace_ms=20) as world:
        leaks = await populate(world)
        for case in cases(leaks).values():
            await _check(leaks, case, ((400, 0.1), (1500, 0.06)))
