"""What was acknowledged is there, whatever happens to the process, the connection or the disk."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from store_builders import PID, new_citizen, record, revision, submission

from app.errors import UnavailableError
from app.store import audits, citizens
from app.store.database import open_database
from app.store.verify import verify

ROOT = Path(__file__).parents[2]
WRITER = textwrap.dedent("""
    import asyncio, sys
    sys.path.insert(0, "tests/store")
    from app.store.database import open_database
    from app.store.citizens import admit
    from app.store.job import Job
    from store_builders import citizen_row, entry, new_citizen

    async def write(database, first):
        pid = first
        while True:
            await database.commit(new_citizen(pid))
            print(pid, flush=True)
            pid += 8

    async def main():
        database = await open_database(sys.argv[1])
        database.in_flight = int(sys.argv[2])
        await asyncio.gather(*(write(database, int(sys.argv[3]) + each) for each in range(8)))

    asyncio.run(main())
""")


def _start(url, *, in_flight=8, first=1_000_000):
    return subprocess.Popen(  # our own program
        [sys.executable, "-c", WRITER, url, str(in_flight), str(first)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def _acknowledged(process, count):
    return [int(process.stdout.readline()) for _ in range(count)]


async def _missing(database, pids):
    async with database.snapshot() as snapshot:
        return [
            pid
            for pid in pids
            if not await citizens.change(snapshot, pid) or len(await audits.of_citizen(snapshot, pid)) != 1
        ]


@pytest.mark.parametrize("in_flight", [1, 8])
async def test_a_killed_process_loses_nothing_that_it_acknowledged(database, database_url, in_flight):
    for round_ in range(3):
        process = _start(database_url, in_flight=in_flight, first=(round_ + 1) * 1_000_000)
        acknowledged = _acknowledged(process, 40 + 23 * round_)
        process.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        process.wait()
        process.stdout.close()

        assert await _missing(database, acknowledged) == []
        assert (await verify(database)).findings == ()


async def test_two_processes_write_beside_each_other(database, database_url):
    processes = [_start(database_url, first=first) for first in (1_000_000, 2_000_000)]
    acknowledged = [pid for process in processes for pid in _acknowledged(process, 60)]
    for process in processes:
        process.send_signal(signal.SIGKILL)
        process.communicate()

    assert await _missing(database, acknowledged) == []
    assert (await verify(database)).findings == ()
    assert (await verify(database)).chains == 2


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_broken_connection_is_replaced(database):
    await database.commit(record(1))
    await _break(database)

    await asyncio.gather(*(database.commit(record(pid)) for pid in range(2, 10)))

    verification = await verify(database)
    assert (verification.entries, verification.chains, verification.findings) == (9, 1, ())


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_connections_that_break_all_the_time_lose_nothing_and_write_nothing_twice(database):
    await database.commit(record(1))
    written = []

    async def write(first):
        for pid in range(first, first + 100, 4):
            try:
                await database.commit(record(pid))
            except UnavailableError:
                continue
            written.append(pid)

    async def disturb():
        for _ in range(8):
            await asyncio.sleep(0.02)
            await _break(database)

    await asyncio.gather(*(write(first) for first in range(2, 6)), disturb())

    async with database.snapshot() as snapshot:
        for pid in written:
            assert len(await audits.of_citizen(snapshot, pid)) == 1
    assert len(written) > 50
    assert (await verify(database)).findings == ()


@pytest.mark.parametrize("same_citizen", [True, False])
async def test_a_wrong_memory_of_where_the_chain_ends_heals(database, same_citizen):
    await database.commit(record(1))
    remembered = database._write._head
    await database.commit(record(2))
    database._write._head = remembered

    with contextlib.suppress(UnavailableError):
        await database.commit(record(2 if same_citizen else 3))
    await database.commit(record(4))

    assert (await verify(database)).findings == ()


def _damage(path):
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))


async def _break(database):
    """Let the server end every other connection of this database, as a restart would."""
    async with database._pool.acquire() as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_full_disk_is_told_and_the_writer_goes_on_when_there_is_room(database):
    await database.commit(new_citizen())
    connection = database._write._open()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(UnavailableError):
        await database.commit(submission([revision(body=b"x" * 1_000_000)]))

    async with database.snapshot() as snapshot:
        assert await citizens.change(snapshot, PID) == 1
    await database.commit(submission([revision(body=b"x" * 1_000_000)]))
    assert (await verify(database)).findings == ()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("in_flight", [1, 9])
async def test_another_process_that_holds_the_file_is_waited_for(database, database_url, in_flight):
    database.in_flight = in_flight
    await database.commit(record(1))
    holder = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    waiting = asyncio.create_task(database.commit(record(2)))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    holder.execute("COMMIT")
    holder.close()
    await waiting

    assert (await verify(database)).entries == 2


async def test_a_database_that_went_away_is_unavailable_and_nothing_else(database, database_url):
    other = await open_database(database_url)
    await other.commit(record(1))
    await other.close()

    with pytest.raises(UnavailableError):
        async with other.snapshot() as snapshot:
            await citizens.change(snapshot, 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_damaged_file_is_unavailable_and_nothing_else(database, database_url):
    path = Path(database_url.removeprefix("sqlite:///"))
    await database.commit(record(1))
    async with database.snapshot() as snapshot:
        await citizens.change(snapshot, 0)
    other = await open_database(database_url)
    _damage(path)

    with pytest.raises(UnavailableError):
        await verify(other)
    with pytest.raises(UnavailableError):
        await other.commit(record(1))
    await other.close()
