"""Every way to tamper with the audit, and how it shows."""

import sqlite3

import asyncpg
import pytest
from joserfc.jwk import ECKey
from store_builders import AT_US, entry, record

from app.store.chain import extend, genesis
from app.store.database import open_database
from app.store.verify import Finding, seal, verify

KEY = ECKey.generate_key("P-256")


class Tamperer:
    """Somebody with full rights on the database."""

    def __init__(self, url):
        self.url = url

    async def run(self, *statements):
        if self.url.startswith("sqlite"):
            with sqlite3.connect(self.url.removeprefix("sqlite:///")) as connection:
                for statement in statements:
                    connection.execute(statement)
            connection.close()
            return
        connection = await asyncpg.connect(self.url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()


@pytest.fixture
def tamperer(database_url):
    return Tamperer(database_url)


@pytest.fixture
async def recorded(database):
    """A chain of five records about citizens 1 to 5."""
    for pid in range(1, 6):
        await database.commit(record(pid))
    return database


async def _findings(database, seals=()):
    return [(each.kind, each.seq) for each in (await verify(database, seals=seals, key=KEY)).findings]


async def test_a_whole_audit_has_no_findings(recorded):
    seals = [await seal(recorded, KEY, at_us=AT_US)]
    await recorded.commit(record(6))

    verification = await verify(recorded, seals=seals, key=KEY)

    assert (verification.entries, verification.chains, verification.findings) == (6, 1, ())


@pytest.mark.parametrize("change", ["body = body || body", "at = at + 1", "kind = kind + 1", "pid = 77", "hash = body"])
async def test_an_altered_record_is_found(recorded, tamperer, change):
    await tamperer.run(f"UPDATE audit SET {change} WHERE seq = 3")

    found = await _findings(recorded)

    assert found[0] == ("altered", 3)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "change", ["body = 'text'", "hash = 5", "at = 'never'", "pid = 'x'", "seq = 'x'", "seq = x'00'", "writer = x'00'"]
)
async def test_a_record_of_the_wrong_kind_is_found_and_stops_nothing(recorded, tamperer, change):
    await tamperer.run(f"UPDATE audit SET {change} WHERE seq = 3")

    assert {"altered", "removed", "inserted"} & {kind for kind, _ in await _findings(recorded)}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("change", ["seq = 'x'", "hash = 'x'", "hash = 5", "writer = x'00'"])
async def test_an_end_of_the_wrong_kind_is_found_and_stops_nothing(recorded, tamperer, change):
    await tamperer.run(f"UPDATE audit_head SET {change}")

    assert await _findings(recorded)


async def test_an_altered_last_record_is_found(recorded, tamperer):
    await tamperer.run("UPDATE audit SET hash = body WHERE seq = 5")

    assert ("altered", 5) in await _findings(recorded)


async def test_a_removed_record_is_found(recorded, tamperer):
    await tamperer.run("DELETE FROM audit WHERE seq IN (1, 3)")

    assert await _findings(recorded) == [("removed", 1), ("removed", 3)]


async def test_removed_records_at_the_end_are_found(recorded, tamperer):
    await tamperer.run("DELETE FROM audit WHERE seq > 3")

    assert await _findings(recorded) == [("truncated", 4)]


async def test_records_that_changed_places_are_found(recorded, tamperer):
    await tamperer.run(
        "UPDATE audit SET seq = 99 WHERE seq = 2",
        "UPDATE audit SET seq = 2 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = 99",
    )

    assert {seq for kind, seq in await _findings(recorded) if kind == "altered"} >= {2, 3}


async def test_records_that_were_put_in_are_found(recorded, tamperer):
    new = "SELECT 50 + pid, writer, seq, at, kind, hash, body FROM audit"
    await tamperer.run(
        f"INSERT INTO audit (pid, writer, seq, at, kind, hash, body) {new} WHERE seq = 5",
        f"INSERT INTO audit (pid, writer, seq, at, kind, hash, body) {new.replace('seq,', '-seq,')} WHERE seq = 2",
    )

    assert sorted(seq for kind, seq in await _findings(recorded) if kind == "inserted") == [-2, 5]


async def test_a_record_after_the_end_is_found(recorded, tamperer):
    await tamperer.run("UPDATE audit_head SET seq = 4")

    assert await _findings(recorded) == [("inserted", 5)]


async def test_a_chain_without_its_end_is_found(recorded, tamperer):
    await tamperer.run("DELETE FROM audit_head")

    assert await _findings(recorded) == [("truncated", 6)]


async def test_a_chain_cut_together_with_its_end_is_found_by_a_seal(recorded, tamperer):
    seals = [await seal(recorded, KEY, at_us=AT_US)]
    head, _ = extend(genesis(recorded.writer), [entry(1), entry(2)])
    await tamperer.run(
        "DELETE FROM audit WHERE seq > 2", f"UPDATE audit_head SET seq = 2, hash = {_literal(tamperer, head.hash)}"
    )

    assert await _findings(recorded) == []
    assert await _findings(recorded, seals) == [("truncated", 3)]


async def test_a_chain_removed_with_its_end_is_found_by_a_seal(recorded, tamperer):
    seals = [await seal(recorded, KEY, at_us=AT_US)]
    await tamperer.run("DELETE FROM audit", "DELETE FROM audit_head")

    assert await _findings(recorded) == []
    assert await _findings(recorded, seals) == [("truncated", 1)]


async def test_a_chain_made_anew_is_found_by_a_seal(recorded, tamperer):
    seals = [await seal(recorded, KEY, at_us=AT_US)]
    head, rows = extend(genesis(recorded.writer), [entry(pid, b"nobody looked") for pid in range(1, 6)])
    await tamperer.run(
        *(
            f"UPDATE audit SET body = {_literal(tamperer, row[6])}, hash = {_literal(tamperer, row[5])} WHERE seq = {row[2]}"
            for row in rows
        ),
        f"UPDATE audit_head SET hash = {_literal(tamperer, head.hash)}",
    )

    assert await _findings(recorded) == []
    assert await _findings(recorded, seals) == [("chained anew", 5)]


async def test_a_forged_seal_proves_nothing(recorded):
    genuine = await seal(recorded, KEY, at_us=AT_US)
    foreign = await seal(recorded, ECKey.generate_key("P-256"), at_us=AT_US)
    header, payload, signature = genuine.split(".")

    for forged in (
        foreign,
        f"{header}.{payload[:-4]}AAAA.{signature}",
        "",
        "a.b.c",
        f"eyJhbGciOiJub25lIn0.{payload}.",
        "\ud800",
    ):
        assert await _findings(recorded, [forged]) == [("seal not valid", 0)]
    without_key = await verify(recorded, seals=[genuine])
    assert without_key.findings == (Finding("seal not valid", "", 0),)


async def test_chains_longer_than_a_page_are_walked_to_their_end(database, database_url):
    other = await open_database(database_url)
    await other.commit(record(*range(1, 2_501)))
    await other.close()

    verification = await verify(database)

    assert (verification.entries, verification.findings) == (2_500, ())


def _literal(tamperer, value):
    return f"x'{value.hex()}'" if tamperer.url.startswith("sqlite") else f"'\\x{value.hex()}'::bytea"
