"""A door says the same of a citizen who is known and one who is not; what was opened is counted and recorded."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from doors_builders import DOCTOR, DOORS, HOUR_US, UNKNOWN, declaration, declare, declare_at, now, purposes_for, told
from served import NANCY, Identifier, World, serving, summary_of
from sqlalchemy import select

from app import audit
from app.demo.cluster import Cluster
from app.errors import TooManyRequestsError
from app.store.database import Query
from app.store.tables import NO_CITIZEN, metadata
from app.translate.consents import consent_of, provision_of
from consent.vocabulary import Effect

pytestmark = pytest.mark.anyio


async def rows_of(world: World, name: str) -> list[dict[str, Any]]:
    """Return all rows of a table, in the order of their time and number where they have them."""
    table = metadata.tables[name]
    async with world.service.database.snapshot() as snapshot:
        found = await snapshot.rows(Query(("test-all", name), lambda: select(*table.columns)), {})
    rows = [dict(zip(table.columns.keys(), row, strict=True)) for row in found]
    return sorted(rows, key=lambda row: (row.get("at") or 0, row.get("seq") or 0))


async def block_everything(world: World) -> None:
    """Let Nancy block everybody from everything."""
    block = consent_of(patient="Patient/x", at_us=now(), provision=provision_of(Effect.DENY), status="active")
    subject = {"identifier": {"system": NANCY[0], "value": NANCY[1]}}
    block |= {"patient": subject, "performer": [subject]}
    answer = await world.as_("citizen").post("/Consent", json=block)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("door", DOORS)
async def test_a_door_answers_alike_for_a_citizen_who_is_known_and_one_who_is_not(own_world: World, door: str) -> None:
    known, unknown = await declare(own_world, door), await declare(own_world, door, UNKNOWN)
    assert known.status_code == 201, known.text
    assert told(known) == told(unknown)
    assert await declare_by_number(own_world, door, "secretary") == {403}
    about_nobody = [row for row in await rows_of(own_world, "opening") if row["pid"] == NO_CITIZEN]
    assert [(row["person"], row["kind"]) for row in about_nobody] == [("X0D02", door_kind(door))]
    recorded = [
        audit.decode(row["body"])
        for row in await rows_of(own_world, "audit")
        if row["pid"] == NO_CITIZEN and row["kind"] == audit.Operation.DECLARE
    ]
    assert [record.outcome for record in recorded] == [0, 8]
    assert UNKNOWN[1] not in str(recorded)
    assert {row["pid"] for row in await rows_of(own_world, "declaration")} == {
        row["pid"] for row in await rows_of(own_world, "opening")
    } - {NO_CITIZEN}


async def declare_by_number(world: World, door: str, who: str) -> set[int]:
    client = world.as_(f"hospital-{who}", purposes=purposes_for(door))
    code = "life-in-danger" if door == "$emergency-access" else None
    answers = [await client.post(f"/Patient/{door}", json=declaration(one, code=code)) for one in (NANCY, UNKNOWN)]
    assert told(answers[0]) == told(answers[1])
    return {answer.status_code for answer in answers}


def door_kind(door: str) -> str:
    return {"$treating-now": "treating-now", "$consent-now": "consent-now"}.get(door, "emergency")


async def test_after_treating_now_an_unknown_citizen_is_one_whose_data_are_all_blocked(own_world: World) -> None:
    await block_everything(own_world)
    doctor = own_world.as_(DOCTOR)
    before = [await doctor.post("/Patient/$summary", json=summary_of(one)) for one in (NANCY, UNKNOWN)]
    for one in (NANCY, UNKNOWN):
        assert (await declare(own_world, "$treating-now", one)).status_code == 201
    after = [await doctor.post("/Patient/$summary", json=summary_of(one)) for one in (NANCY, UNKNOWN)]
    assert {answer.status_code for answer in (*before, *after)} == {403}
    assert told(after[0]) == told(after[1]) == told(before[0]) == told(before[1])
    for path in ("/Condition", "/AllergyIntolerance", "/Patient"):
        name = "identifier" if path == "/Patient" else "patient.identifier"
        searched = [await doctor.post(f"{path}/_search", data={name: "|".join(one)}) for one in (NANCY, UNKNOWN)]
        assert {answer.status_code for answer in searched} == {403}
        assert told(searched[0]) == told(searched[1])


@pytest.mark.parametrize("door", DOORS)
async def test_a_declaration_about_nobody_opens_nothing_later(own_world: World, door: str) -> None:
    assert (await declare(own_world, door, UNKNOWN)).status_code == 201
    registered = {
        "resourceType": "Patient",
        "identifier": [{"system": UNKNOWN[0], "value": UNKNOWN[1]}],
        "name": [{"family": "Nyfødt", "given": ["Test"]}],
        "birthDate": "2026-01-01",
    }
    assert (await own_world.as_("gp-system").post("/Patient", json=registered)).status_code == 201
    doctor = own_world.as_("heart-doctor", purposes=purposes_for(door))
    mine = own_world.as_(DOCTOR, purposes=purposes_for(door))
    for client in (doctor, mine):
        assert (await client.post("/Patient/$summary", json=summary_of(UNKNOWN))).status_code == 403
    assert (await declare(own_world, door, UNKNOWN)).status_code == 201
    assert (await mine.post("/Patient/$summary", json=summary_of(UNKNOWN))).status_code == 200


# Limits


@asynccontextmanager
async def limited(database: tuple[str, Cluster], **limits: int) -> AsyncIterator[World]:
    async with serving(*database, **limits) as world:
        yield world


def others(count: int) -> list[Identifier]:
    return [(UNKNOWN[0], f"0101901Q{letter}{number}") for letter in "ABCDE" for number in range(10)][:count]


@pytest.mark.parametrize("about", [NANCY, UNKNOWN], ids=["known", "unknown"])
async def test_a_person_opens_doors_to_one_citizen_so_often_and_no_more(
    own_database: tuple[str, Cluster], about: Identifier
) -> None:
    async with limited(own_database, doors_per_citizen=2) as world:
        answers = [await declare(world, "$treating-now", about) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert int(answers[2].headers["retry-after"]) > 23 * 3600
        assert (await declare(world, "$treating-now", others(1)[0])).status_code == 201


async def test_a_person_opens_doors_to_so_many_citizens_a_day_and_no_more(own_database: tuple[str, Cluster]) -> None:
    async with limited(own_database, doors_per_person=3) as world:
        for one in others(3):
            assert (await declare(world, "$consent-now", one)).status_code == 201
        refused = [await declare(world, door, one) for door in DOORS for one in (NANCY, UNKNOWN)]
        assert {answer.status_code for answer in refused} == {429}
        assert len({str(told(answer)) for answer in refused}) == 1, "the same whoever the citizen is"
        issue = refused[0].json()["issue"][0]
        assert issue["code"] == "throttled"
        assert "igen senere" in issue["details"]["text"]
        assert (await declare(world, "$treating-now", who="heart-doctor")).status_code == 201
        kept = [row for row in await rows_of(world, "opening") if row["person"] == "X0D02"]
        assert len(kept) == 3, "what was refused is not counted"
        refusals = [
            audit.decode(row["body"])
            for row in await rows_of(world, "audit")
            if row["kind"] == audit.Operation.DECLARE and audit.decode(row["body"]).outcome
        ]
        assert len(refusals) == 6


async def test_emergencies_have_a_limit_of_their_own(own_database: tuple[str, Cluster]) -> None:
    async with limited(own_database, emergencies_per_person=1) as world:
        statuses = [(await declare(world, "$emergency-access", one)).status_code for one in (NANCY, UNKNOWN, NANCY)]
        assert statuses == [201, 429, 429]
        assert (await declare(world, "$treating-now")).status_code == 201


async def test_an_organisation_and_a_client_have_their_limits_an_hour(own_database: tuple[str, Cluster]) -> None:
    for name in ("doors_per_organisation", "doors_per_client"):
        async with limited(own_database, **{name: 4}) as world:
            used = len(await rows_of(world, "opening"))
            doctors = ("lung-doctor", "heart-doctor", "surgeon")
            for number in range(4 - min(used, 4)):
                answer = await declare(world, "$treating-now", others(4)[number], who=doctors[number % 3])
                assert answer.status_code == 201
            for about in (NANCY, UNKNOWN):
                answer = await declare(world, "$treating-now", about, who="stroke-doctor")
                assert answer.status_code == 429
                assert 0 < int(answer.headers["retry-after"]) <= 3600
            assert (await declare(world, "$treating-now", who="home-nurse-b")).status_code == 201, "another's"
            async with limited(own_database, **{name: 5}) as further:
                assert (await declare(further, "$treating-now", who="home-nurse")).status_code == 201


async def test_what_is_older_than_its_window_counts_no_more(own_database: tuple[str, Cluster]) -> None:
    async with limited(own_database, doors_per_person=2, doors_per_organisation=2) as world:
        start = now() - 100 * HOUR_US
        await declare_at(world, "$treating-now", UNKNOWN, at_us=start)
        await declare_at(world, "$treating-now", UNKNOWN, at_us=start + HOUR_US)
        day = start + 24 * HOUR_US
        with pytest.raises(TooManyRequestsError) as caught:
            await declare_at(world, "$treating-now", NANCY, at_us=day)
        assert caught.value.retry_after == 1
        await declare_at(world, "$treating-now", NANCY, at_us=day + 1)


async def test_two_processes_and_a_restart_count_alike(own_database: tuple[str, Cluster]) -> None:
    async with limited(own_database, doors_per_person=2) as one:
        assert (await declare(one, "$treating-now", UNKNOWN)).status_code == 201
        async with limited(own_database, doors_per_person=2) as other:
            assert (await declare(other, "$treating-now", NANCY)).status_code == 201
            assert (await declare(other, "$treating-now", NANCY)).status_code == 429
        assert (await declare(one, "$treating-now", UNKNOWN)).status_code == 429
    async with limited(own_database, doors_per_person=2) as again:
        assert (await declare(again, "$treating-now", NANCY)).status_code == 429


async def test_many_at_once_do_not_get_past_a_limit(own_database: tuple[str, Cluster]) -> None:
    async with limited(own_database, doors_per_person=3) as one, limited(own_database, doors_per_person=3) as other:
        answers = await asyncio.gather(
            *(declare(world, "$treating-now", citizen) for citizen in others(6) for world in (one, other))
        )
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses.count(201) <= 3
        assert set(statuses) <= {201, 429, 503}
        assert len([row for row in await rows_of(one, "opening") if row["person"] == "X0D02"]) <= 3


async def test_who_is_refused_too_often_looks_nobody_up_for_a_while(own_database: tuple[str, Cluster]) -> None:
    async with limited(own_database, refusals_per_person=4) as one, limited(own_database) as other:
        gp = one.as_("gp")
        assert (await gp.post("/Patient/$summary", json=summary_of())).status_code == 200
        for about in others(4):
            assert (await gp.post("/Patient/$summary", json=summary_of(about))).status_code == 403
        for world in (one, other):
            client = world.as_("gp")
            answers = [await client.post("/Patient/$summary", json=summary_of(about)) for about in (NANCY, UNKNOWN)]
            searched = [
                await client.post("/Condition/_search", data={"patient.identifier": "|".join(about)})
                for about in (NANCY, UNKNOWN)
            ]
            assert {answer.status_code for answer in (*answers, *searched)} == {429}
            assert told(answers[0]) == told(answers[1]) == told(searched[0]) == told(searched[1])
            assert 0 < int(answers[0].headers["retry-after"]) <= 3600
        assert (await one.as_("other-gp").post("/Patient/$summary", json=summary_of())).status_code == 403
        declared = await declare(one, "$emergency-access", who="gp")
        assert declared.status_code == 201, "an emergency goes on"
        emergency = one.as_("gp", purposes=("ETREAT",))
        assert (await emergency.post("/Patient/$summary", json=summary_of())).status_code == 200
        counted = [row for row in await rows_of(one, "refusal") if row["person"] == "X0G01"]
        assert len(counted) == 4, "what a limit refused is not counted, or nobody would ever get below it"


# Reasons


async def test_an_emergency_demands_a_reason_in_words_and_as_a_code(world: World) -> None:
    doctor = world.as_(DOCTOR, purposes=("ETREAT",))
    for given in (
        declaration(code="life-in-danger", reason=None),
        declaration(code="life-in-danger", reason="  "),
        declaration(),
        declaration(code="called-in"),
        declaration(code="because"),
        {**declaration(code="life-in-danger"), "parameter": [*declaration(code="life-in-danger")["parameter"],
            {"name": "statement", "valueString": "ja"}]},
    ):  # fmt: skip
        answer = await doctor.post("/Patient/$emergency-access", json=given)
        assert answer.status_code == 422, answer.text
        assert answer.json()["resourceType"] == "OperationOutcome"
    coded = declaration(code="life-in-danger")
    coded["parameter"][1] = {
        "name": "code",
        "valueCoding": {"system": "https://overgang.dk/fhir/CodeSystem/door-reason", "code": "others-in-danger"},
    }
    answer = await doctor.post("/Patient/$emergency-access", json=coded)
    assert answer.status_code == 201, answer.text
    kept = {row["id"]: row for row in await rows_of(world, "declaration")}
    one = kept[json.loads(answer.text)["parameter"][0]["valueId"]]
    assert (one["code"], one["reason"]) == ("others-in-danger", "akut")
    foreign = declaration(code="life-in-danger")
    foreign["parameter"][1] = {"name": "code", "valueCoding": {"system": "urn:x", "code": "life-in-danger"}}
    assert (await doctor.post("/Patient/$emergency-access", json=foreign)).status_code == 422
