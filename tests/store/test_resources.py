"""Versions of resources: what is read, of whom, and what stays hidden."""

import pytest
from sqlalchemy import func, select
from store_builders import (
    AT_US,
    DIAGNOSIS,
    MEDICATION,
    PID,
    Found,
    entry,
    known_signatures,
    permit,
    revision,
    stored,
    submission,
)

from app.store import resources, revisions
from app.store.database import Query
from app.store.job import Job
from app.store.tables import DIRECTORY, INDEXES, idx_token
from consent.vocabulary import Category
from schemas.homes import TYPE_NUMBER

CONDITION = TYPE_NUMBER["Condition"]
NUMBERS = {DIAGNOSIS: 1, MEDICATION: 2}


async def _read(database, name, allowed, **asked):
    async with database.snapshot() as snapshot:
        known = await known_signatures(database)
        return await getattr(resources, name)(snapshot, allowed, known, **asked)


async def test_what_was_stored_is_read_byte_for_byte(database):
    body = b'{"resourceType":"Condition","x":1.10,  "y":"\\u00e6\xc3\xa6\x00"}'
    await stored(database, [revision(7, body=body, line=b"\x00line")])

    found = await _read(database, "read", permit(), type_number=CONDITION, n=7)

    assert (found.body, found.line, found.version, found.action, found.deleted) == (body, b"\x00line", 1, 1, 0)
    assert (found.type, found.n, found.updated_us) == ("Condition", 7, AT_US)
    assert database.ids.decode(found.id) == (PID, 7)
    assert found.item.instance == f"Condition/{found.id}"
    assert found.item.signature == DIAGNOSIS


async def test_current_is_in_the_order_of_creation_without_the_deleted(database):
    await stored(database, [revision(n) for n in (5, 2, 9)])
    deletion = revision(2, version=2, deleted=True, body=b"", line=b"", index=None)
    await database.commit(submission([deletion], base_change=2))

    assert [each.n for each in await _read(database, "current", permit())] == [5, 9]


async def test_a_deletion_is_read_as_such(database):
    await stored(database, [revision(2)])
    deletion = revision(2, version=2, deleted=True, body=b"", line=b"", index=None)
    await database.commit(submission([deletion], base_change=2))

    found = await _read(database, "read", permit(), type_number=CONDITION, n=2)
    versions = await _read(database, "history", permit(), type_number=CONDITION, n=2)

    assert (found.deleted, found.action, found.version) == (1, 3, 2)
    assert [(each.version, each.action) for each in versions] == [(2, 3), (1, 1)]


async def test_every_version_stays_readable(database):
    await stored(database, [revision(2, body=b"one")])
    for change, text in ((2, b"two"), (3, b"three")):
        await database.commit(submission([revision(2, version=change, body=text)], base_change=change))

    versions = await _read(database, "history", permit(), type_number=CONDITION, n=2)
    second = await _read(database, "version", permit(), type_number=CONDITION, n=2, version=2)
    third = await _read(database, "version", permit(), type_number=CONDITION, n=2, version=3)

    assert [(each.version, each.action, each.body) for each in versions] == [
        (3, 2, b"three"),
        (2, 2, b"two"),
        (1, 1, b"one"),
    ]
    assert (second.body, third.body) == (b"two", b"three")
    assert await _read(database, "version", permit(), type_number=CONDITION, n=2, version=4) is None


async def test_an_old_version_needs_its_own_and_the_current_signature(database):
    await stored(database, [revision(2, sig=1), revision(3, sig=2)], NUMBERS)
    moved = [revision(2, version=2, sig=2), revision(3, version=2, sig=1)]
    await database.commit(submission(moved, NUMBERS, base_change=2))
    only = permit([Category.DIAGNOSIS])

    for n, visible_versions in ((2, []), (3, [2])):
        found = await _read(database, "history", only, type_number=CONDITION, n=n)
        assert [each.version for each in found] == visible_versions
        assert await _read(database, "version", only, type_number=CONDITION, n=n, version=1) is None


async def test_withheld_absent_other_type_and_other_citizen_look_the_same(database):
    await stored(database, [revision(2, sig=2)], NUMBERS)
    await stored(database, [revision(4)], pid=PID + 1)

    for allowed, n, type_ in (
        (permit([Category.DIAGNOSIS]), 2, "Condition"),
        (permit(), 3, "Condition"),
        (permit(), 2, "Observation"),
        (permit(), 4, "Condition"),
    ):
        asked = {"type_number": TYPE_NUMBER[type_], "n": n}
        assert await _read(database, "read", allowed, **asked) is None
        assert await _read(database, "history", allowed, **asked) == []


async def test_the_index_follows_the_current_version(database):
    rows = Found(
        tokens=[(1, 11), (1, 12)],
        references=[(2, 2)],
        dates=[(3, 1, 2), (3, 1, 3)],
        strings=[(4, "a\u00e6")],
        quantities=[(5, 0, 1, 2)],
    )
    await stored(database, [revision(2, index=rows), revision(3, index=rows)])
    await database.commit(submission([revision(2, version=2, index=Found(tokens=[(1, 13)]), was=rows)], base_change=2))

    async with database.snapshot() as snapshot:
        tokens = await snapshot.rows(
            Query(
                "test.tokens",
                lambda: select(idx_token.c.n, idx_token.c.value).order_by(idx_token.c.n, idx_token.c.value),
            ),
            {},
        )
        counts = [
            (
                await snapshot.rows(
                    Query(("test", table.name), lambda table=table: select(func.count()).select_from(table)), {}
                )
            )[0][0]
            for table in INDEXES
        ]
    assert tokens == [(2, 13), (3, 11), (3, 12)]
    assert counts == [3, 1, 2, 1, 1]


async def test_the_directory_is_read_without_a_permit(database):
    organisation = revision(1, "Organization", body=b"org")
    await database.commit(
        Job(pid=DIRECTORY, base_change=1, writes=revisions.put(DIRECTORY, [organisation]), audit=(entry(DIRECTORY),))
    )
    asked = {"type_number": TYPE_NUMBER["Organization"], "n": 1}

    async with database.snapshot() as snapshot:
        assert (await resources.directory_read(snapshot, **asked)).body == b"org"
        assert (await resources.directory_version(snapshot, **asked, version=1)).body == b"org"
        assert await resources.directory_version(snapshot, **asked, version=2) is None
        assert [each.version for each in await resources.directory_history(snapshot, **asked)] == [1]
        assert await resources.directory_read(snapshot, type_number=CONDITION, n=1) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sqlite_reads_a_citizens_resources_as_one_range(database):
    compiled = database.compiler.compiled(Query("test.plan", lambda: resources._current(resources.resource.c.sig == 1)))
    connection = database._write._open()
    plan = connection.execute(f"EXPLAIN QUERY PLAN {compiled.sql}", (1, 2, 1)).fetchall()

    assert [row[3] for row in plan] == ["SEARCH resource USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"]
