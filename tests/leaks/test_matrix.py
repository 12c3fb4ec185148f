"""The leak matrix: every interaction, as every caller, about every hidden record."""

import re
from pathlib import Path

import pytest
from leak_matrix import ONE_OF_EACH, OPEN_ROUTES, PROBES, ROWS, Case, name_of
from leak_world import CALLERS, HIDDEN, MARKS, Answer, Caller, Hidden, LeakWorld, told
from starlette.routing import Mount

from app.fhir.dispatch import INTERACTIONS, Row


def test_every_interaction_of_the_service_stands_in_the_matrix() -> None:
    assert {(row.method, row.shape) for row in INTERACTIONS} == PROBES.keys()
    assert len(INTERACTIONS) == len(PROBES)


async def test_every_other_route_is_known_to_say_nothing_of_anybody(leaks: LeakWorld) -> None:
    routes = {str(getattr(route, "path", route)): route for route in leaks.world.app.routes}
    mounts = {path for path, route in routes.items() if isinstance(route, Mount)}
    assert mounts == {"/fhir"}
    assert routes.keys() - mounts == OPEN_ROUTES
    for path in ("http://127.0.0.1:8000/health/live", "http://127.0.0.1:8000/health/ready", "/metadata"):
        answers = [await leaks.ask(who, "GET", path) for who in CALLERS]
        assert {told(answer) for answer in answers} == {told(answers[0])}
        assert answers[0].status == 200


def test_no_leak_test_is_ever_left_out() -> None:
    """A test that does not run proves nothing: see also the hook in conftest.py, which fails a skipped one."""
    words = re.compile(r"\b(pytest\.skip|mark\.skip(if)?|skipTest|xfail|importorskip|collect_ignore)\b")
    for path in Path(__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert path.name == Path(__file__).name or not words.search(text), path.name


@pytest.mark.parametrize("who", CALLERS, ids=lambda who: who.key)
@pytest.mark.parametrize("row", ROWS, ids=name_of)
async def test_a_caller_is_told_exactly_what_is_for_it(leaks: LeakWorld, row: Row, who: Caller) -> None:
    asked = 0
    for what in HIDDEN if who.enters else ONE_OF_EACH:
        for case in PROBES[row.method, row.shape](leaks, who, what):
            await _check(leaks, who, what, case)
            asked += 1
    assert asked


async def _check(leaks: LeakWorld, who: Caller, what: Hidden, case: Case) -> None:
    answer = await case.ask.send(leaks, who)
    where = (who.key, what.key, case.ask)
    _check_marks(who, answer)
    if not who.enters:
        assert answer.status == 401, where
        for twin in case.twins:
            assert told(await twin.send(leaks, who)) == told(answer), where
        return
    if case.shown:
        assert answer.status == case.status, (where, answer)
        case.exactly(answer)
    else:
        assert answer.status == case.hidden, (where, answer)
        case.withheld(answer)
        for twin in case.twins:
            absent = await twin.send(leaks, who)
            assert told(absent, made=case.made) == told(answer, made=case.made), where
            await _undo(leaks, who, absent)
    await _undo(leaks, who, answer)


def _check_marks(who: Caller, answer: Answer) -> None:
    words = answer.body.decode()
    for what in HIDDEN:
        if not who.sees(what):
            assert MARKS[what.key] not in words, (who.key, what.key)


async def _undo(leaks: LeakWorld, who: Caller, answer: Answer) -> None:
    """Withdraw what a case made, so that the next one finds the world as it was."""
    location = dict(answer.headers).get("location")
    if answer.status == 201 and location is not None:
        path = location.partition("/fhir")[2].partition("/_history/")[0]
        assert (await leaks.ask(who, "DELETE", path)).status == 204
