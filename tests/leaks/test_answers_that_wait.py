"""Which answers leave at ticks: those whose time could tell of a record or a citizen that they do not show.

Measured by the mechanism: what waits is what asks to sleep until the next tick. How long anything takes is told by
tests/leaks/test_time_tells_nothing.py.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import pytest
from leak_matrix import notification
from leak_world import (
    ANNA,
    BO,
    CALLER_OF,
    HOSPITAL,
    SID,
    UNKNOWN,
    Answer,
    LeakWorld,
    about,
    condition,
    parameters,
    patient_resource,
    populate,
    serving_at,
)
from served import ENGINES

from app.fhir import pace
from app.runtime import monotonic

JSON = dict[str, Any]
SYSTEM, GP, NURSE = CALLER_OF["system"], CALLER_OF["gp"], CALLER_OF["nurse"]
TICK_MS = 7


@pytest.fixture(scope="module", params=ENGINES)
async def ticking(request: pytest.FixtureRequest, prepared_copy: Callable[[str], str]) -> AsyncIterator[LeakWorld]:
    """The leak world with a pace, on each engine in turn."""
    url = await asyncio.to_thread(prepared_copy, request.param)
    async with serving_at(url, pace_ms=TICK_MS) as world:
        yield await populate(world)


class _Clock:
    """Stands for the waiting of the pace: counts who waits, and lets nobody wait."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def until(self, due: float) -> None:
        seconds = due - monotonic()
        assert seconds <= TICK_MS / 1000
        self.waits.append(seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    """Return what the pace sleeps by."""
    made = _Clock()
    monkeypatch.setattr(pace, "_until", made.until)
    return made


def bundle(*entries: JSON) -> JSON:
    """Return a transaction."""
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def post(resource: JSON, **request: str) -> JSON:
    """Return the entry of a transaction that creates."""
    return {"resource": resource, "request": {"method": "POST", "url": resource["resourceType"], **request}}


async def _all(leaks: LeakWorld, clock: _Clock, asked: Iterable[tuple[int, str, str, Any, JSON]]) -> list[bool]:
    """Send everything as the hospital's system; return for each whether it waited, after a look at its status."""
    waited = []
    for status, method, path, body, headers in asked:
        clock.waits.clear()
        answer: Answer = await leaks.ask(SYSTEM, method, path, json=body, headers=headers)
        assert answer.status == status, (method, path, body, answer)
        assert len(clock.waits) < 2
        waited.append(bool(clock.waits))
    return waited


def _own(leaks: LeakWorld, **more: Any) -> JSON:
    return {**condition("open"), "id": leaks.ids["open"], **more}


async def test_row_10_an_answer_that_rests_on_what_is_not_shown_leaves_at_a_tick(
    ticking: LeakWorld, clock: _Clock
) -> None:
    leaks = ticking
    open_, other = leaks.ids["open"], leaks.ids["other"]
    new = condition("new-one")
    linked = patient_resource(ANNA) | {"link": [{"other": about(BO), "type": "seealso"}]}
    stale = {"If-Match": 'W/"999"'}
    asked: list[tuple[int, str, str, Any, JSON]] = [
        # A version that is not the newest, of what is the caller's own, and what is nobody's.
        (412, "PUT", f"/Condition/{open_}", _own(leaks), stale),
        (412, "DELETE", f"/Condition/{open_}", None, stale),
        (412, "POST", "", bundle({"resource": _own(leaks), "request": {
            "method": "PUT", "url": f"Condition/{open_}", "ifMatch": 'W/"999"'}}), {}),
        (404, "PUT", f"/Condition/{other}", {**condition("other"), "id": other}, stale),
        # Another citizen: known, and not known.
        *(
            (422, "PUT", f"/Condition/{open_}", _own(leaks, subject=about(citizen)), {})
            for citizen in (BO, UNKNOWN)
        ),
        *(
            (422, "POST", "", bundle(post(condition("one")), post(condition("two", citizen=citizen))), {})
            for citizen in (BO, UNKNOWN)
        ),
        (422, "POST", "/Patient", linked, {}),
        (422, "POST", "/Patient", patient_resource(ANNA) | {"link": [{"other": about(UNKNOWN), "type": "seealso"}]}, {}),
        # A condition that a record of somebody else meets, one that none does, one that an own record does.
        (201, "POST", "/Condition", condition("mine", citizen=BO), {"If-None-Exist": f"identifier={SID}|no-other"}),
        (201, "POST", "/Condition", new, {"If-None-Exist": f"identifier={SID}|no-such-thing"}),
        (200, "POST", "/Condition", new, {"If-None-Exist": f"identifier={SID}|no-open"}),
        (200, "POST", f"/Condition?identifier={SID}|no-open", new, {}),
        (400, "POST", "/Condition", new, {"If-None-Exist": "code=DF329"}),
        (200, "POST", "", bundle(post(new, ifNoneExist=f"identifier={SID}|no-open")), {}),
        (201, "POST", "/Condition", condition("twice"), {"If-None-Exist": f"identifier={SID}|no-twice"}),
    ]  # fmt: skip
    waited = await _all(leaks, clock, asked)
    assert all(waited), [one for one, did in zip(asked, waited, strict=True) if not did]
    assert (await leaks.ask(SYSTEM, "POST", "/Condition", json=condition("twice"))).status == 201
    several = {"If-None-Exist": f"identifier={SID}|no-twice"}
    assert await _all(leaks, clock, [(412, "POST", "/Condition", new, several)]) == [True]


async def test_row_09_a_transaction_that_finds_nothing_and_ids_of_several_leave_at_ticks(
    ticking: LeakWorld, clock: _Clock
) -> None:
    leaks, patient = ticking, ticking.patients[ANNA]
    for code in ("DF329", "DF999"):
        url = f"Condition?patient={patient}&code={code}"
        answer = await leaks.ask(GP, "POST", "", json=bundle({"request": {"method": "GET", "url": url}}))
        assert (answer.status, b'"total":0' in answer.body) == (200, True)
    assert len(clock.waits) == 2
    for other in (leaks.ids["other"], leaks.ids["label"], leaks.alien):
        answer = await leaks.ask(GP, "GET", f"/Condition?_id={leaks.ids['open']},{other}")
        assert answer.ids() == {leaks.ids["open"]}
    assert len(clock.waits) == 5


async def test_row_10_a_message_that_is_refused_for_what_is_kept_leaves_at_a_tick(
    ticking: LeakWorld, clock: _Clock
) -> None:
    leaks = ticking
    message = notification(ANNA)
    (patient,) = [part["resource"] for part in message["entry"] if part["resource"]["resourceType"] == "Patient"]
    patient["link"] = [{"other": about(BO), "type": "seealso"}]
    answer = await leaks.send(leaks.token(HOSPITAL), "POST", "/$process-message", json=message)
    assert (answer.status, len(clock.waits)) == (422, 1), answer
    del patient["link"], message["entry"][0]["resource"]["sender"]
    answer = await leaks.send(leaks.token(HOSPITAL), "POST", "/$process-message", json=message)
    assert (answer.status, len(clock.waits)) == (422, 1), "nobody was looked for"


async def test_what_tells_by_itself_leaves_at_once(ticking: LeakWorld, clock: _Clock) -> None:
    leaks = ticking
    wrong = condition("wrong") | {"colour": "red"}
    asked: list[tuple[int, str, str, Any, JSON]] = [
        (422, "POST", "/Condition", wrong, {}),
        (422, "PUT", f"/Condition/{leaks.ids['open']}", {**wrong, "id": leaks.ids["open"]}, {}),
        (422, "POST", "", bundle(post(wrong)), {}),
        (422, "POST", "", bundle({"request": {"method": "POST", "url": "Condition"}}), {}),
        (412, "PUT", f"/Condition/{leaks.ids['open']}", _own(leaks), {"If-Match": "nonsense"}),
        (400, "GET", f"/Condition?patient={leaks.patients[ANNA]}&colour=red", None, {}),
        (200, "POST", "/Condition/$validate", wrong, {}),
        (422, "POST", "/Patient/$summary", parameters(identifier=ANNA, profile="x"), {}),
        (201, "POST", "/Condition", condition("plain"), {}),
        (200, "POST", "", bundle(post(condition("plainer"))), {}),
    ]
    waited = await _all(leaks, clock, asked)
    assert not any(waited), [one for one, did in zip(asked, waited, strict=True) if did]
    shown = await leaks.ask(NURSE, "GET", f"/Condition/{leaks.ids['open']}")
    assert (shown.status, clock.waits) == (200, [])
