"""Beside each record stands which organisation it names: written with it, verified, and filled in for older records."""

import sqlite3

import asyncpg
from alembic import command
from connections import with_connection
from store_builders import AT_US

from app import audit
from app.store import audits
from app.store.database import Database, open_database
from app.store.job import AuditEntry, Job
from app.store.migrate import configuration, migrate
from app.store.verify import verify

PID = 7


def record(organisation: str) -> Job:
    """Return a job that records an access by somebody at an organisation."""
    body = audit.encode(
        audit.Record(
            operation=1,
            outcome=0,
            person="ann",
            name="Ann",
            function="hospital-treatment",
            organisation=organisation,
            on_behalf_of="",
            client="epj",
            purposes=["TREAT"],
            request_id="r",
            token_id="t",
            categories=[],
            rules=["L1"],
            policy="p",
        )
    )
    return Job(pid=PID, audit=(AuditEntry(pid=PID, at_us=AT_US, kind=1, body=body, organisation=organisation),))


async def _run(url: str, statement: str) -> None:
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.execute(statement)
        connection.close()
        return
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def test_sql_narrows_to_organisations_before_the_limit(database: Database) -> None:
    for organisation in ("a", "b", "b", "b", "c"):
        await database.commit(record(organisation))
    async with database.snapshot() as snapshot:
        for wanted, expected in ((["a", "c"], ["a", "c"]), (["a"], ["a"]), (["a", "b", "c"], ["a", "b"]), ([], [])):
            rows = await audits.of_citizen(snapshot, PID, limit=2, organisations=wanted)
            found = {audit.decode(row.body).organisation for row in rows}
            assert found <= set(expected) or len(rows) == 2
            assert len(rows) == min(2, len(expected))


async def test_an_altered_organisation_is_found(database: Database, database_url: str) -> None:
    for organisation in ("a", "b", "c"):
        await database.commit(record(organisation))
    assert (await verify(database, organisation_in=audit.organisation_in)).findings == ()
    await _run(database_url, "UPDATE audit SET organisation = 'z' WHERE seq = 2")
    found = (await verify(database, organisation_in=audit.organisation_in)).findings
    assert [(each.kind, each.seq) for each in found] == [("altered", 2)]
    assert (await verify(database)).findings == (), "only who can read the records can compare"


async def test_older_records_are_named_by_the_migration(database: Database, database_url: str) -> None:
    for organisation in ("a", "", "c"):
        await database.commit(record(organisation))
    await database.close()
    back = "0002_terminology"
    await with_connection(database_url, lambda connection: command.downgrade(configuration(connection), back))
    await migrate(database_url)
    again = await open_database(database_url)
    assert (await verify(again, organisation_in=audit.organisation_in)).findings == ()
    async with again.snapshot() as snapshot:
        assert len(await audits.of_citizen(snapshot, PID, organisations=["a", "c"])) == 2
    await again.close()


def test_what_is_no_record_names_no_organisation() -> None:
    assert audit.organisation_in(b"\xc1") is None
