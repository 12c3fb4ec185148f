"""An agreement is drafted, piloted, put in force and ended; what it binds is what the next reader gets."""

import json
from dataclasses import replace
from typing import Any

import pytest
from served import NANCY, World, resources_in
from sharing_builders import pid_of, records

from app import audit
from app.demo.organisations import ORGANISATIONS
from app.errors import InvalidContentError
from app.runtime import now_us
from app.sharing import agreements
from app.sharing.agreements import Decided, DraftFile, stage_of
from app.store import agreements as kept_agreements
from app.store import audits, versions
from app.store.directory import Organisation, put_organisations
from app.store.job import Job
from app.store.tables import DIRECTORY, NO_CITIZEN
from consent.policy import POLICY_VERSION
from consent.vocabulary import Category, Function

pytestmark = pytest.mark.anyio
NOW = 1_800_000_000_000_000
DAY = 86_400_000_000
WISH = {
    "id": "north",
    "title": "Aftale om medicin",
    "area": "Klynge Nord",
    "organisations": ["hospital", "municipality"],
    "functions": ["hospital-treatment"],
    "categories": ["diagnosis"],
}


def wish(**changed: Any) -> DraftFile:
    return agreements.read_draft_file(json.dumps(WISH | changed).encode())


def decided(days: int = 0) -> Decided:
    return Decided(by="test", now_us=NOW, from_us=NOW + days * DAY)


@pytest.fixture
async def parties(database):
    rows = [
        Organisation(sor="hospital", name="H", kind="hospital"),
        Organisation(sor="ward", name="W", kind="unit", parent="hospital"),
        Organisation(sor="municipality", name="M", kind="municipality"),
        Organisation(sor="practice", name="P", kind="general-practice"),
    ]
    await database.commit(Job(pid=DIRECTORY, writes=put_organisations(rows)))
    return database


async def drafted(database: Any, **changed: Any) -> int:
    return (await agreements.draft(database, wish(**changed), by="test", now_us=NOW)).terms.version


async def binding(database: Any) -> list[tuple[int, int | None, int | None, frozenset[str] | None]]:
    """Return version, first and last day counted from now, and pilot of every phase that the engine is told of."""
    async with database.snapshot() as snapshot:
        told = await kept_agreements.load(snapshot, (await versions.load(snapshot)).agreement)

    def day(us: int | None, *, end: bool = False) -> int | None:
        return None if us is None else (us + end - NOW) // DAY

    phases = [(one.version, kept_agreements.phase_of(one)) for one in told]
    return [(version, day(one.start), day(one.stop, end=True), one.pilot) for version, one in phases]


async def stages(database: Any, *, days: int) -> list[str]:
    return [stage_of(one, at_us=NOW + days * DAY) for one in await agreements.every(database)]


async def test_a_draft_binds_nobody_and_each_wish_is_another_version(parties):
    assert [await drafted(parties), await drafted(parties, categories=[])] == [1, 2]
    assert await binding(parties) == []
    assert await stages(parties, days=1000) == ["draft", "draft"]


async def test_a_pilot_binds_the_readers_of_the_pilot_until_the_version_is_in_force_for_all(parties):
    await drafted(parties)
    await agreements.pilot(parties, "north", 1, ["ward"], decided(1), until_us=None)
    assert await binding(parties) == [(1, 1, None, frozenset({"ward"}))]
    await agreements.enforce(parties, "north", 1, decided(5))
    assert await binding(parties) == [(1, 1, 5, frozenset({"ward"})), (1, 5, None, None)]
    assert [(await stages(parties, days=days))[0] for days in (0, 1, 4, 5)] == [
        "decided",
        "piloted",
        "piloted",
        "in force",
    ]


async def test_a_later_version_ends_the_one_before_and_both_remain(parties):
    for version, day in ((1, 0), (2, 10)):
        await drafted(parties)
        await agreements.enforce(parties, "north", version, decided(day))
    assert await binding(parties) == [(1, 0, 10, None), (2, 10, None, None)]
    assert await stages(parties, days=12) == ["ended", "in force"]
    first, _ = await agreements.every(parties)
    assert [event.what.split(" from ")[0] for event in first.events] == ["drafted", "in force", "followed by version 2"]


async def test_an_ended_agreement_binds_until_its_end(parties):
    await drafted(parties)
    await agreements.enforce(parties, "north", 1, decided(1))
    await agreements.end(parties, "north", 1, decided(3))
    assert await binding(parties) == [(1, 1, 3, None)]
    with pytest.raises(InvalidContentError):
        await agreements.end(parties, "north", 1, decided(3))


async def test_nothing_is_decided_about_the_past(parties):
    await drafted(parties)
    past = replace(decided(), from_us=NOW - 1)
    with pytest.raises(InvalidContentError, match="past"):
        await agreements.enforce(parties, "north", 1, past)
    with pytest.raises(InvalidContentError, match="past"):
        await agreements.pilot(parties, "north", 1, ["ward"], past, until_us=None)
    assert await binding(parties) == []


async def test_what_makes_no_sense_is_refused(parties):
    await drafted(parties)
    await drafted(parties)
    with pytest.raises(InvalidContentError, match="no version 7"):
        await agreements.enforce(parties, "north", 7, decided())
    for pilots in ([], ["practice"], ["ward", "practice"]):
        with pytest.raises(InvalidContentError, match="parties"):
            await agreements.pilot(parties, "north", 1, pilots, decided(), until_us=None)
    with pytest.raises(InvalidContentError, match="end before"):
        await agreements.pilot(parties, "north", 1, ["ward"], decided(2), until_us=NOW + DAY)
    await agreements.enforce(parties, "north", 2, decided())
    with pytest.raises(InvalidContentError, match="later version"):
        await agreements.enforce(parties, "north", 1, decided())
    with pytest.raises(InvalidContentError, match="already"):
        await agreements.enforce(parties, "north", 2, decided())
    with pytest.raises(InvalidContentError, match="only a draft"):
        await agreements.pilot(parties, "north", 2, ["ward"], decided(), until_us=None)


async def test_a_party_that_the_directory_does_not_know_is_refused(parties):
    with pytest.raises(InvalidContentError) as refused:
        await drafted(parties, organisations=["hospital", "nobody"])
    assert refused.value.faults[0].text == "the directory knows no organisation `nobody`"


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"functions": []}, "functions"),
        ({"functions": ["wizard"]}, "functions.0"),
        ({"organisations": ["hospital"]}, "organisations"),
        ({"id": "no|bar"}, "id"),
        ({"extra": 1}, "extra"),
        ({"area": ""}, "area"),
    ],
)
def test_a_wrong_draft_is_refused_with_its_place(changed, place):
    with pytest.raises(InvalidContentError) as refused:
        wish(**changed)
    assert place in {fault.path for fault in refused.value.faults}


async def test_every_step_stands_in_the_audit(parties):
    await drafted(parties)
    await agreements.enforce(parties, "north", 1, Decided(by="ann", now_us=NOW + 1))
    async with parties.snapshot() as snapshot:
        found = [audit.decode(row.body) for row in await audits.of_citizen(snapshot, NO_CITIZEN)]
    assert [(record.person, record.query) for record in found] == [
        ("ann", "agreement north|1 in force"),
        ("test", "agreement north|1 drafted"),
    ]


async def test_an_agreement_narrows_the_next_search_and_its_version_stands_in_the_record(own_world: World) -> None:
    database = own_world.service.database
    surgeon = own_world.as_("gp")
    path = f"/CarePlan?patient.identifier={NANCY[0]}|{NANCY[1]}&_count=200"
    practice = next(
        one.sor for one in ORGANISATIONS.values() if one.kind == "general-practice" and "Søengen" in one.name
    )
    municipality = ORGANISATIONS["municipality-a"].sor
    before = resources_in(await surgeon.get(path), "CarePlan")
    changed = {"organisations": [practice, municipality], "functions": ["general-practice"]}
    whole = sorted(category.value for category in Category)
    narrow = [name for name in whole if name not in {"care-service", "plan"}]
    await agreements.draft(database, wish(**changed, categories=whole), by="test", now_us=now_us())
    await agreements.draft(database, wish(**changed, categories=narrow), by="test", now_us=now_us())
    await agreements.enforce(database, "north", 1, Decided(by="test", now_us=now_us()))
    assert len(resources_in(await surgeon.get(path), "CarePlan")) == len(before)
    await agreements.enforce(database, "north", 2, Decided(by="test", now_us=now_us()))
    after = resources_in(await surgeon.get(path), "CarePlan")
    assert len(after) < len(before)
    newest = next(
        record
        for record in await records(own_world, await pid_of(own_world) or 0)
        if record.function == Function.GENERAL_PRACTICE and record.operation == audit.Operation.SEARCH
    )
    assert newest.policy == f"{POLICY_VERSION};north|2"
    await agreements.end(database, "north", 2, Decided(by="test", now_us=now_us()))
    assert len(resources_in(await surgeon.get(path), "CarePlan")) == len(before)
