"""Jobs and what becomes of them, on both engines."""

import asyncio
import contextlib

import pytest
from store_builders import AT_US, PID, citizen_row, entry, known_signatures, new_citizen, record, revision, submission

from app.errors import InvalidContentError, StaleError, UnavailableError
from app.store import answers, audits, citizens, versions
from app.store.answers import Answer
from app.store.database import open_database
from app.store.job import AuditEntry, Bump, Delete, Insert, Job, Upsert, joined, rows_of
from app.store.tables import NO_CITIZEN, identifier, relation, staff
from app.store.verify import verify
from app.store.writer import GroupWriter


async def test_an_acknowledged_job_is_there_for_a_new_process(database, database_url):
    await database.commit(new_citizen())

    other = await open_database(database_url)
    async with other.snapshot() as snapshot:
        assert await citizens.load(snapshot, PID) == citizen_row()
        assert [row.body for row in await audits.of_citizen(snapshot, PID)] == [b"who saw what"]
    await other.close()


async def test_jobs_that_wait_are_committed_together(database):
    await asyncio.gather(*(database.commit(record(pid)) for pid in range(1, 101)))

    verification = await verify(database)
    assert (verification.entries, verification.findings) == (100, ())


async def test_a_lone_job_is_committed_at_once_or_by_the_group_all_the_same(database):
    for database.in_flight in (0, 1, 2, 1, 2):
        await database.commit(record(PID))

    verification = await verify(database)
    assert (verification.entries, verification.chains, verification.findings) == (5, 1, ())


async def test_requests_that_arrive_together_wait_for_one_commit():
    groups = []
    in_flight = 0

    async def commit_group(jobs):
        groups.append(len(jobs))
        return [None] * len(jobs)

    def commit_at_once(job):
        groups.append(1)
        return True

    writer = GroupWriter(commit_group, commit_at_once, lambda: in_flight <= 1)

    async def request(pid):  # as a read on SQLite: nothing in it suspends before the commit
        nonlocal in_flight
        in_flight += 1
        try:
            await writer.commit(record(pid))
        finally:
            in_flight -= 1

    await asyncio.gather(*(request(pid) for pid in range(1, 17)))
    await request(17)

    assert groups == [16, 1]


async def test_a_bad_job_fails_alone(database):
    await database.commit(new_citizen())
    good = [record(pid) for pid in (1, 2, 3)]
    bad = [
        submission([revision()], base_change=17),
        new_citizen(),
        Job(
            pid=5,
            writes=(
                Insert(staff, rows_of(staff, [{"person": "\ud800", "name": "", "functions": "", "organisations": ""}])),
            ),
        ),
        Job(pid=6, writes=(Insert(relation, ((6, "x", None, "o", "e", None, None, "s"),)),)),
        Job(pid=2**70, writes=(Upsert(identifier, (("s", "v", "", 2**70, None, 1),)),)),
        Job(pid=7, audit=(AuditEntry(pid=7, at_us=2**70, kind=1, body=b""),)),
    ]
    last = Job(pid=8, writes=(Bump("policy"),), audit=(entry(8),))

    outcomes = await asyncio.gather(*(database.commit(job) for job in (*good, *bad, last)), return_exceptions=True)

    failures = [StaleError, StaleError, InvalidContentError, UnavailableError, InvalidContentError, InvalidContentError]
    assert [type(each) for each in outcomes] == [type(None)] * 3 + failures + [type(None)]
    verification = await verify(database)
    assert (verification.entries, verification.findings) == (5, ())
    async with database.snapshot() as snapshot:
        assert (await versions.load(snapshot)).policy == 2


async def test_a_failed_job_leaves_nothing_of_itself(database):
    await database.commit(new_citizen())
    answered = answers.put(PID, "message", Answer(b"done", 200, AT_US))
    await database.commit(Job(pid=PID, writes=(answered,)))
    amended = citizens.amend(citizen_row(next_n=9), before=citizen_row())
    repeated = Job(pid=PID, base_change=1, writes=(amended, answered), audit=(entry(),))

    with pytest.raises(StaleError):
        await database.commit(repeated)

    async with database.snapshot() as snapshot:
        assert await citizens.load(snapshot, PID) == citizen_row()
        assert len(await audits.of_citizen(snapshot, PID)) == 1


async def test_of_two_jobs_on_one_reading_the_second_is_stale(database):
    await database.commit(new_citizen())
    first, second = submission([revision(1)]), submission([revision(2)])

    outcomes = await asyncio.gather(database.commit(first), database.commit(second), return_exceptions=True)

    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "StaleError"]
    assert [row.last_change for row in await known_signatures(database)] == [2]


async def test_two_processes_cannot_both_admit_a_citizen(database, database_url):
    other = await open_database(database_url)
    claim = citizens.claim(PID, "urn:cpr", "one", valid_from=0)
    mine = Job(pid=PID, base_change=0, writes=(citizens.admit(citizen_row()), claim))
    theirs = Job(pid=8, base_change=0, writes=(citizens.admit(citizen_row(8)), claim))

    outcomes = await asyncio.gather(database.commit(mine), other.commit(theirs), return_exceptions=True)

    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "StaleError"]
    await other.close()


async def test_two_processes_write_at_the_same_time_each_its_own_chain(database, database_url):
    other = await open_database(database_url)
    one = (database.commit(record(pid)) for pid in range(1, 60))
    two = (other.commit(record(pid)) for pid in range(1, 60))

    await asyncio.gather(*one, *two)

    verification = await verify(database)
    assert (verification.entries, verification.chains, verification.findings) == (118, 2, ())
    await other.close()


async def test_a_new_process_begins_a_chain_of_its_own(database, database_url):
    await database.commit(record(NO_CITIZEN))
    again = await open_database(database_url)
    await again.commit(record(NO_CITIZEN))
    await again.close()

    verification = await verify(database)
    assert (verification.chains, verification.findings) == (2, ())


async def test_what_a_waiter_gave_up_does_not_stop_the_others(database):
    tasks = [asyncio.create_task(database.commit(record(pid))) for pid in range(1, 20)]
    await asyncio.sleep(0)
    tasks[3].cancel()

    done = await asyncio.gather(*tasks, return_exceptions=True)

    assert [each for each in done if each is not None and not isinstance(each, asyncio.CancelledError)] == []
    assert (await verify(database)).findings == ()


async def test_closing_commits_what_waits(database, database_url):
    other = await open_database(database_url)
    other.in_flight = 5
    waiting = [asyncio.create_task(other.commit(record(pid))) for pid in range(1, 30)]
    await asyncio.sleep(0)
    await other.close()
    await asyncio.gather(*waiting)

    assert (await verify(database)).entries == 29
    with pytest.raises(UnavailableError):
        await other.commit(record(1))


async def test_a_snapshot_sees_one_state(database):
    await database.commit(new_citizen())
    async with database.snapshot() as snapshot:
        before = await citizens.change(snapshot, PID)
        await database.commit(submission([revision()]))
        assert await citizens.change(snapshot, PID) == before
    async with database.snapshot() as snapshot:
        assert await citizens.change(snapshot, PID) == before + 1


async def test_snapshots_may_lie_open_beside_each_other(database):
    async with contextlib.AsyncExitStack() as stack:
        snapshots = [await stack.enter_async_context(database.snapshot()) for _ in range(9)]
        assert [await citizens.change(each, 0) for each in snapshots] == [1] * 9


async def test_an_error_inside_a_snapshot_spoils_nothing(database):
    with pytest.raises(InvalidContentError):
        async with database.snapshot() as snapshot:
            await citizens.find_pid(snapshot, "\ud800", "x", at_us=1)
    with pytest.raises(InvalidContentError):
        async with database.snapshot() as snapshot:
            await citizens.change(snapshot, 2**64)

    async with database.snapshot() as snapshot:
        assert await citizens.change(snapshot, 0) == 1


async def test_rows_by_name_refuse_unknown_and_missing_columns():
    with pytest.raises(KeyError):
        rows_of(identifier, [{"system": "s", "value": "v", "valid_from": 0, "pid": 1, "colour": "red"}])
    with pytest.raises(KeyError):
        rows_of(identifier, [{"system": "s"}])


def test_upserts_of_a_table_become_one_unless_it_is_changed_between_them():
    def put(table, *numbers):
        return Upsert(table, tuple((number,) for number in numbers))

    gone = Delete(relation, ("pid",), ((1,),))
    assert joined([put(relation, 1), put(staff, 2), put(relation, 3, 4)]) == (put(relation, 1, 3, 4), put(staff, 2))
    apart = (put(relation, 1), gone, put(relation, 2), Bump("directory"), put(relation, 3))
    assert joined([*apart, put(relation, 4)]) == (*apart[:-1], put(relation, 3, 4))
    assert joined([put(staff, 1), gone, put(staff, 2)]) == (put(staff, 1, 2), gone)
