"""A local number is a word of the organisation that gave it: it leads nobody else anywhere, and nobody else can take it."""

import pytest
from alembic import command
from connections import with_connection
from served import NANCY, World, issues, summary_of
from sharing_builders import (
    UNKNOWN,
    URN,
    Identifier,
    by_number,
    created,
    entry,
    ids_of,
    observation,
    patient,
    said,
    send,
)
from sqlalchemy import Connection, select

from app.demo.organisations import ORGANISATIONS
from app.demo.people import HEROES
from app.errors import InvalidContentError
from app.runtime import now_us
from app.sharing import read_directory_file
from app.store import citizens
from app.store.migrate import configuration, migrate
from app.store.tables import identifier as identifier_table
from app.store.tables import outbox as outbox_table
from schemas.terminology import systems

pytestmark = pytest.mark.anyio
OTHER: Identifier = (systems.CPR, HEROES[1])
JOURNAL = "https://praksis.example/journal"
SPARE = iter(range(1_000_000))


def local() -> Identifier:
    """Return a local number that no test has used."""
    return JOURNAL, f"J-{next(SPARE)}"


async def holder(world: World, number: Identifier, organisation: str = "gp-1") -> int | None:
    """Return to whom a number leads for an organisation."""
    async with world.service.database.snapshot() as snapshot:
        return await citizens.find_pid(
            snapshot, *number, at_us=now_us(), controller=ORGANISATIONS[organisation].sor if organisation else ""
        )


async def test_a_number_beside_an_official_one_leads_to_her_from_now_on(world: World) -> None:
    number = local()
    assert (await send(world, "gp-system", entry(patient(NANCY, number)))).status_code == 200
    stored = await created(world, observation(by_number(number)), "gp-system")
    assert await holder(world, number) == await holder(world, NANCY, "")
    found = await world.as_("gp").get(f"/Observation/{stored['id']}")
    assert found.status_code == 200


async def test_another_organisations_client_cannot_take_a_number(world: World) -> None:
    """A hostile writer says first that the practice's number is a citizen of its own choice."""
    number = local()
    assert (await send(world, "gp-system-3", entry(patient(OTHER, number)))).status_code == 200
    assert (await send(world, "gp-system-3", entry(observation(by_number(number))))).status_code == 200
    # The practice comes to use it: for a citizen of its own, or for one whom it names with it.
    stored = await created(world, observation(by_number(number)), "gp-system")
    assert await holder(world, number) not in {None, await holder(world, OTHER, "")}
    assert await holder(world, number, "gp-3") == await holder(world, OTHER, "")
    refused = await world.as_("gp-3-doctor").get(f"/Observation/{stored['id']}")
    assert refused.status_code == 404
    number = local()
    assert (await send(world, "gp-system-3", entry(patient(OTHER, number)))).status_code == 200
    assert (await send(world, "gp-system", entry(patient(NANCY, number)))).status_code == 200
    assert await holder(world, number) == await holder(world, NANCY, "")


async def test_another_organisations_number_cannot_be_written_to(world: World) -> None:
    number = local()
    assert (await send(world, "gp-system", entry(patient(NANCY, number)))).status_code == 200
    assert (await send(world, "gp-system-3", entry(observation(by_number(number))))).status_code == 200
    assert await holder(world, number, "gp-3") not in {None, await holder(world, NANCY, "")}


async def test_searches_and_operations_find_by_the_callers_own_numbers_alone(world: World) -> None:
    number, nobodys = local(), (JOURNAL, "nobody has it")
    assert (await send(world, "gp-system", entry(patient(NANCY, number)))).status_code == 200
    stored = await created(world, observation(by_number(number)), "gp-system")

    def asks(one: Identifier) -> list[tuple[str, str, dict[str, object]]]:
        named = "|".join(one)
        return [
            ("GET", "/Patient", {"params": {"identifier": named}}),
            ("GET", "/Observation", {"params": {"patient.identifier": named, "_id": stored["id"]}}),
            ("POST", "/Observation/_search", {"data": {"subject:identifier": named, "_id": stored["id"]}}),
            ("POST", "/Patient/$summary", {"json": summary_of(one)}),
            ("POST", "/Patient/$explain-access", {"json": summary_of(one, None)}),
        ]

    for (method, path, given), (_, _, twin) in zip(asks(number), asks(nobodys), strict=True):
        own = await world.as_("gp").request(method, path, **given)
        assert own.status_code == 200, (path, own.text)
        if "_id" in str(given):
            assert stored["id"] in own.text
        # Nancy's home nurse may look her up, by her number; the practice's word is none of hers.
        for who in ("home-nurse", "gp-3-doctor", "citizen"):
            answer = await world.as_(who).request(method, path, **given)
            absent = await world.as_(who).request(method, path, **twin)
            assert (answer.status_code, answer.text) == (absent.status_code, absent.text), (who, path)
            assert answer.status_code in {403, 422}, (who, path, answer.text)


async def test_a_door_is_opened_by_the_callers_own_numbers_alone(world: World) -> None:
    number = local()
    assert (await send(world, "gp-system", entry(patient(OTHER, number)))).status_code == 200
    given = summary_of(number, None)
    given["parameter"].append({"name": "reason", "valueString": "vurdering på stedet"})
    answer = await world.as_("gp-3-doctor").post("/Patient/$treating-now", json=given)
    assert answer.status_code == 201, answer.text
    assert (await world.as_("gp-3-doctor").post("/Patient/$summary", json=summary_of(OTHER))).status_code == 403


async def test_a_number_given_anew_leads_there_from_now_on_and_the_operator_is_told(world: World) -> None:
    number = local()
    assert (await send(world, "gp-system", entry(patient(OTHER, number)))).status_code == 200
    before = await holder(world, OTHER, "")
    early = now_us()
    assert (await send(world, "gp-system", entry(patient(NANCY, number)))).status_code == 200
    nancy = await holder(world, NANCY, "")
    assert await holder(world, number) == nancy
    async with world.service.database.snapshot() as snapshot:
        gp = ORGANISATIONS["gp-1"].sor
        assert await citizens.find_pid(snapshot, *number, at_us=early, controller=gp) == before
    assert "local-number-moved" in await _topics(world, nancy)
    assert (await send(world, "gp-system", entry(patient(OTHER, number)))).status_code == 200
    assert await holder(world, number) == before


async def test_a_number_is_understood_as_the_patient_beside_it_says(world: World) -> None:
    number = local()
    first = await created(world, observation(by_number(number)), "gp-system")  # nobody knows yet who this is
    strange = await holder(world, number)
    answer = await send(
        world, "gp-system", entry(observation(by_number(number))), entry(patient(NANCY, number), full_url=URN)
    )
    assert answer.status_code == 200, answer.text
    later = ids_of(answer)[0]
    assert (await world.as_("gp").get(f"/{later}")).status_code == 200
    assert await holder(world, number) == await holder(world, NANCY, "") != strange
    # What was written before stays where it was until it is withdrawn and submitted anew.
    assert (await world.as_("gp").get(f"/Observation/{first['id']}")).status_code == 404


async def test_whether_the_official_number_is_known_makes_no_difference(world: World) -> None:
    """The organisation's own number leads to one citizen; the answer does not tell whether the CPR number has another."""
    answers = []
    for official in ((systems.CPR, HEROES[2]), (systems.CPR, "0404049994")):
        number = local()
        assert (await send(world, "gp-system-4", entry(patient(number)))).status_code == 200
        answers.append(await send(world, "gp-system-4", entry(patient(official, number))))
    known, unknown = answers
    assert [part["response"]["status"] for part in known.json()["entry"]] == ["201 Created"]
    assert [part["response"]["status"] for part in unknown.json()["entry"]] == ["201 Created"]


async def test_one_number_of_two_organisations_is_two_citizens(world: World) -> None:
    number = local()
    for who in ("gp-system", "gp-system-3"):
        assert (await send(world, who, entry(observation(by_number(number))))).status_code == 200
    ours, theirs = [await holder(world, number, organisation) for organisation in ("gp-1", "gp-3")]
    assert None not in {ours, theirs}
    assert ours != theirs
    # Each says by an official number that they mean the same one.
    for who in ("gp-system", "gp-system-3"):
        assert (await send(world, who, entry(patient(OTHER, number)))).status_code == 200
    assert {await holder(world, number, each) for each in ("gp-1", "gp-3")} == {await holder(world, OTHER, "")}


async def test_a_citizen_has_no_local_numbers(world: World) -> None:
    number = local()
    consent = {
        "resourceType": "Consent",
        "status": "active",
        "scope": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]
        },
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": by_number(number),
        "dateTime": "2026-01-01",
        "policyRule": {"text": "spærring"},
        "provision": {"type": "deny"},
    }
    answer = await world.as_("citizen").post("/Consent", json=consent)
    assert answer.status_code == 422, answer.text
    assert "official number" in said(answer)
    assert await holder(world, number, "") is None


async def test_a_token_that_names_a_citizen_by_a_local_number_is_nobodys(world: World) -> None:
    number = local()
    assert (await send(world, "gp-system", entry(patient(NANCY, number)))).status_code == 200
    answer = await world.as_("citizen", citizen=number).post("/Patient/$summary", json=summary_of(NANCY))
    absent = await world.as_("citizen", citizen=number).post("/Patient/$summary", json=summary_of(UNKNOWN))
    assert answer.status_code == 403
    assert issues(answer) == issues(absent)


def test_registers_speak_of_official_numbers() -> None:
    row = '{"citizen": "%s", "kind": "own-gp", "source": "sikrede", "organisation": "1"}'
    with pytest.raises(InvalidContentError) as refused:
        read_directory_file('{"registers": [%s]}' % (row % f"{JOURNAL}|1"))
    assert refused.value.faults[0].path == "registers.0.citizen"
    assert read_directory_file('{"registers": [%s]}' % (row % "|".join(NANCY))).registers


async def test_the_migration_gives_a_number_to_who_wrote_it(own_world: World) -> None:
    """Before, a number was everybody's: whose records say it keeps it; a claim that no record bears out is nobody's."""
    number, beside, forged = local(), local(), local()
    await created(own_world, observation(by_number(number)), "gp-system")
    assert (await send(own_world, "gp-system", entry(patient(NANCY, beside)))).status_code == 200
    held = {one: await holder(own_world, one) for one in (number, beside)}
    nancy = await holder(own_world, NANCY, "")
    assert nancy is not None
    assert None not in held.values()
    await own_world.service.database.close()
    await with_connection(
        own_world.url, lambda connection: command.downgrade(configuration(connection), "0005_pointers")
    )

    def claim(connection: Connection) -> None:
        names = "system, value, valid_from, pid"
        values = f"'{JOURNAL}', '{forged[1]}', 0, {nancy}"
        connection.exec_driver_sql(f"INSERT INTO identifier ({names}) VALUES ({values})")

    await with_connection(own_world.url, claim)
    await migrate(own_world.url)
    rows: list[tuple[str, str, int]] = []

    def read(connection: Connection) -> None:
        table = identifier_table
        rows.extend(
            (row.value, row.controller, row.pid)
            for row in connection.execute(select(table).where(table.c.system == JOURNAL))
        )

    await with_connection(own_world.url, read)
    gp = ORGANISATIONS["gp-1"].sor
    assert sorted(rows) == sorted((one[1], gp, pid) for one, pid in held.items())


async def _topics(world: World, pid: int | None) -> set[str]:
    from app.store.database import Query

    async with world.service.database.snapshot() as snapshot:
        query = Query("test.topics", lambda: select(outbox_table.c.topic).where(outbox_table.c.pid == (pid or 0)))
        return {row[0] for row in await snapshot.rows(query, {})}
