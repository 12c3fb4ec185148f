"""A replay counts what a draft would have changed, tells no small number, and reads nothing that is written."""

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from served import NANCY, World, resources_in
from sharing_builders import created, pid_of, records
from sqlalchemy.dialects import sqlite

from app.demo.organisations import ORGANISATIONS
from app.demo.start import environment_of
from app.errors import InvalidContentError
from app.runtime import now_us
from app.sharing import agreements
from app.sharing.agreements import Decided
from app.sharing.replay import Period, period_of_days, replay
from app.sharing.replay_counts import Counts, told
from app.store import replaying
from app.store.job import Delete, Job
from app.store.tables import NO_CITIZEN, relation
from consent.model import ALWAYS, Agreement
from consent.vocabulary import Category, Function

pytestmark = pytest.mark.anyio
PRACTICE = next(one.sor for one in ORGANISATIONS.values() if "Søengen" in one.name)
MUNICIPALITY = ORGANISATIONS["municipality-a"].sor
GP = "general-practice"
TODAY = Period(text="today", start_us=0, stop_us=2**62)
SEARCHES = 7


def draft(*without: Category, **changed: Any) -> Agreement:
    return Agreement(
        **{
            "id": "draft",
            "version": 0,
            "period": ALWAYS,
            "functions": frozenset({Function.GENERAL_PRACTICE}),
            "categories": frozenset(Category) - set(without),
            "organisations": frozenset({PRACTICE, MUNICIPALITY}),
        }
        | changed
    )


async def looked(world: World) -> None:
    """Let the practice look at the municipality's care services seven times, at medication six times."""
    for type_, times in (("CarePlan", SEARCHES), ("MedicationStatement", 6)):
        for _ in range(times):
            answer = await world.as_("gp").get(f"/{type_}?patient.identifier={NANCY[0]}|{NANCY[1]}&_count=200")
            assert answer.status_code == 200


async def replayed(world: World, terms: Agreement, period: Period = TODAY) -> Counts:
    return await replay(world.service.database, terms, period, by="test", now_us=now_us(), progress=lambda _share: None)


def fewer(counts: Counts) -> dict[tuple[str, str, str], int]:
    return {
        (operation, function, category): cell.fewer
        for (operation, function), group in counts.groups.items()
        for category, cell in group.categories.items()
        if cell.fewer
    }


async def test_a_draft_that_takes_one_category_from_one_function_changes_exactly_those_accesses(
    own_world: World,
) -> None:
    await looked(own_world)
    found = await replayed(own_world, draft(Category.CARE_SERVICE))
    assert fewer(found) == {("search", GP, "care-service"): SEARCHES}
    assert found.groups["search", GP].whole.accesses == SEARCHES + 6
    assert (found.unexplained, found.partly) == (0, 0)
    other = replace(draft(Category.CARE_SERVICE), functions=frozenset({Function.HOSPITAL_TREATMENT}))
    assert fewer(await replayed(own_world, other)) == {}


async def test_what_is_about_a_record_that_the_draft_hides_is_lost_with_it(own_world: World) -> None:
    number = {"identifier": {"system": NANCY[0], "value": NANCY[1]}}
    service = {"coding": [{"system": "urn:oid:1.2.208.176.2.21", "code": "G1.39"}]}
    plan = await created(
        own_world,
        {
            "resourceType": "CarePlan",
            "status": "active",
            "intent": "plan",
            "subject": number,
            "activity": [{"detail": {"status": "in-progress", "code": service}}],
        },
        who="municipality-system",
    )
    task = {"resourceType": "Task", "status": "requested", "intent": "order", "for": number}
    await created(own_world, task | {"focus": {"reference": f"CarePlan/{plan['id']}"}}, who="municipality-system")
    for _ in range(SEARCHES):
        answer = await own_world.as_("gp").get(f"/Task?patient.identifier={NANCY[0]}|{NANCY[1]}")
        assert resources_in(answer, "Task")
    assert fewer(await replayed(own_world, draft(Category.CARE_SERVICE))) == {("search", GP, "task"): SEARCHES}


async def test_a_draft_that_is_in_force_already_changes_nothing(own_world: World) -> None:
    database = own_world.service.database
    wish = agreements.read_draft_file(
        json.dumps(
            {
                "id": "north",
                "title": "t",
                "area": "a",
                "organisations": [PRACTICE, MUNICIPALITY],
                "functions": [GP],
                "categories": sorted(category.value for category in Category if category is not Category.CARE_SERVICE),
            }
        ).encode()
    )
    stored = await agreements.draft(database, wish, by="test", now_us=now_us())
    await looked(own_world)
    assert fewer(await replayed(own_world, stored.terms)) == {("search", GP, "care-service"): SEARCHES}
    since = now_us()
    await agreements.enforce(database, "north", 1, Decided(by="test", now_us=since))
    await looked(own_world)
    later = Period(text="later", start_us=since, stop_us=2**62)
    same = await replayed(own_world, stored.terms, later)
    assert (fewer(same), same.groups["search", GP].whole.more) == ({}, 0)
    assert fewer(await replayed(own_world, stored.terms)) == {("search", GP, "care-service"): SEARCHES}
    wider = await replayed(own_world, replace(stored.terms, categories=frozenset(Category)), later)
    assert wider.groups["search", GP].categories["care-service"].more == SEARCHES + 6


async def test_what_opens_social_cases_is_counted_as_more(own_world: World) -> None:
    await looked(own_world)
    found = await replayed(own_world, draft(enables_social_case=True))
    assert fewer(found) == {}
    assert found.groups["search", GP].categories["care-service"].more == SEARCHES + 6


async def test_a_replay_reads_an_access_whose_basis_is_gone_as_unexplained(own_world: World) -> None:
    await looked(own_world)
    pid = await pid_of(own_world)
    assert pid is not None
    await own_world.service.database.commit(Job(pid=pid, writes=(Delete(relation, ("pid",), ((pid,),)),)))
    found = await replayed(own_world, draft(Category.CARE_SERVICE))
    assert ("search", GP) not in found.groups
    assert found.unexplained >= SEARCHES + 6


async def test_a_replay_stands_in_the_audit_and_changes_nothing(own_world: World) -> None:
    await looked(own_world)
    before = await own_world.row_counts()
    await replayed(own_world, draft(Category.PLAN))
    assert await own_world.row_counts() == before
    newest = (await records(own_world, NO_CITIZEN))[0]
    assert (newest.person, newest.query) == ("test", "policy replay --against today --with draft|0")


def test_a_replay_selects_neither_body_nor_line_of_a_record() -> None:
    for query in replaying.statements():
        text = str(query.build().compile(dialect=sqlite.dialect()))
        assert "line" not in text
        assert "resource.body" not in text
        assert "history.body" not in text


@pytest.mark.parametrize(
    ("text", "start", "stop"),
    [
        ("2026-03-29", 1774738800, 1774821600),  # 23 hours: summer time begins
        ("2026-10-25", 1792879200, 1792969200),  # 25 hours
        ("2026-10", 1790805600, 1793487600),
        ("2026-10-01..2026-10-02", 1790805600, 1790978400),
        ("2026", 1767222000, 1798758000),
    ],
)
def test_a_period_is_danish_days(text, start, stop):
    period = period_of_days(text)
    assert (period.start_us, period.stop_us + 1) == (start * 1_000_000, stop * 1_000_000)


@pytest.mark.parametrize("text", ["", "..", "october", "2026-13", "2026-10-02..2026-10-01", "2026-10..", "2026-02-30"])
def test_what_is_no_period_is_refused(text):
    with pytest.raises(InvalidContentError):
        period_of_days(text)


async def test_a_period_that_has_not_begun_is_refused(database):
    with pytest.raises(InvalidContentError, match="not begun"):
        await replay(database, draft(), period_of_days("2999"), by="t", now_us=now_us(), progress=lambda _: None)


@given(whole=st.integers(0, 40), part=st.integers(0, 40), smallest=st.integers(1, 8))
def test_no_told_number_is_small_or_leaves_a_small_one(whole, part, smallest):
    part = min(part, whole)
    if told(part, smallest, whole) is not None:
        assert part == 0 or part >= smallest
        assert whole == part or whole - part >= smallest


_GROUPS = st.lists(
    st.tuples(
        st.sampled_from(["read", "search"]),
        st.sampled_from(["nurse", "doctor"]),
        st.frozensets(st.sampled_from("abc")),
        st.frozensets(st.sampled_from("abc")),
    ),
    max_size=30,
)


@given(accesses=_GROUPS)
def test_a_sum_is_told_only_where_all_its_parts_are(accesses):
    counts = Counts()
    for operation, function, shown, lost in accesses:
        counts.group(operation, function).add(shown, lost & shown, frozenset())
    lines = counts.lines(5)
    for whole in [line for line in lines if not line.category]:
        parts = [
            line
            for line in lines
            if line.category and (line.operation, line.function) == (whole.operation, whole.function)
        ]
        if whole.fewer is not None:
            assert all(part.fewer is not None for part in parts)
        if whole.accesses is None:
            assert not parts
    total = counts.total(5)
    if total is not None:
        assert all(None not in {line.accesses, line.fewer, line.more} for line in lines if not line.category)


@given(accesses=_GROUPS)
def test_a_small_count_has_company_that_looks_the_same(accesses):
    """No single small number can be concluded: another table with another small number is told in the same words."""
    counts = Counts()
    for operation, function, shown, lost in accesses:
        counts.group(operation, function).add(shown, lost & shown, frozenset())
    for group in counts.groups.values():
        for (_, cell), other in product(group.categories.items(), range(1, 5)):
            if 0 < cell.fewer < 5 and other <= cell.accesses:
                before = counts.lines(5)
                kept, cell.fewer = cell.fewer, other
                assert counts.lines(5) == before
                cell.fewer = kept


async def test_the_command_tells_the_counts_as_table_and_as_json(own_world: World, tmp_path: Path) -> None:
    await looked(own_world)
    file = tmp_path / "draft.json"
    named = {"id": "north", "title": "t", "area": "a", "organisations": [PRACTICE, MUNICIPALITY], "functions": [GP]}
    rest = sorted(category.value for category in Category if category is not Category.CARE_SERVICE)
    file.write_text(json.dumps(named | {"categories": rest}), encoding="utf-8")

    async def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "app.cli", *arguments],
            env=environment_of(own_world.service.settings),
            capture_output=True,
            text=True,
            check=False,
        )

    replaying_ = ("policy", "replay", "--against", "2026..2030", "--by", "DPO", "--with")
    drafted = await run("agreement", "draft", str(file), "--by", "DPO")
    assert drafted.stdout == "version 1 of `north` is drafted; it binds nobody\n"
    table, answer, wrong = await asyncio.gather(
        run(*replaying_, "north:1"), run(*replaying_, str(file), "--json"), run(*replaying_, "north:7")
    )
    assert "search" in table.stdout
    told_ = json.loads(answer.stdout)
    [line] = [line for line in told_["lines"] if line["category"] == "care-service" and line["function"] == GP]
    assert (line["operation"], line["accesses"], line["less"]) == ("search", SEARCHES, SEARCHES)
    assert (wrong.returncode, wrong.stderr) == (2, "overgang: there is no version 7 of an agreement `north`\n")
    piloted = await run("agreement", "pilot", "north", "1", "--organisation", PRACTICE, "--by", "DPO")
    enforced = await run("agreement", "enforce", "north", "1", "--from", "2099-01-01", "--by", "DPO")
    listed = await run("agreement", "list")
    ended = await run("agreement", "end", "north", "1", "--from", "2099-06-01", "--by", "DPO")
    assert [one.returncode for one in (piloted, enforced, listed, ended)] == [0, 0, 0, 0], enforced.stderr
    assert listed.stdout.startswith("north 1  piloted  a  t\n")
    past = await run("agreement", "end", "north", "1", "--from", "2020-01-01", "--by", "DPO")
    assert past.returncode == 2
