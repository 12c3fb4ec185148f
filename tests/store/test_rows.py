"""Small rows: what is put is found again, by whom it concerns and in order."""

from dataclasses import replace

import pytest
from sqlalchemy import Boolean, Numeric, bindparam, cast, select
from sqlalchemy.schema import CreateTable
from store_builders import AT_US, DIAGNOSIS, MEDICATION, PID, entry, known_signatures, new_citizen, record

from app.errors import ConfigurationError, UnavailableError
from app.store import answers, audits, citizens, directory, outbox, settings, signatures, stays, versions
from app.store.answers import Answer
from app.store.database import Query
from app.store.directory import Organisation, Staff
from app.store.job import Job
from app.store.migrate import migrate
from app.store.outbox import Notice
from app.store.query import Compiler
from app.store.sqlite_writer import DIALECT
from app.store.stays import StayRow
from app.store.tables import resource
from consent.vocabulary import Category, Function, Label


async def _write(database, *writes):
    await database.commit(Job(pid=PID, writes=writes))


async def test_an_answer_is_found_by_citizen_and_key(database):
    given = Answer(b"done", 201, AT_US)
    await _write(database, answers.put(PID, "key", given))

    async with database.snapshot() as snapshot:
        assert await answers.find(snapshot, pid=PID, key="key") == given
        assert await answers.find(snapshot, pid=PID, key="other") is None
        assert await answers.find(snapshot, pid=PID + 1, key="key") is None


async def test_a_stays_newest_state_is_found(database):
    rows = [StayRow("a", "{}", 1), StayRow("b", "{}", 2), StayRow("a", '{"ended":true}', 1)]
    await _write(database, *(stays.put(PID, row) for row in rows))

    async with database.snapshot() as snapshot:
        assert await stays.load(snapshot, PID) == (rows[2], rows[1])
        assert await stays.load(snapshot, PID + 1) == ()


async def test_notices_come_in_order_of_time_and_once_each(database):
    notices = [
        Notice(
            pid=PID + each % 2,
            id=f"{each % 3}{each}",
            recipient="north",
            topic="t",
            focus="Encounter/x",
            at_us=each // 3,
        )
        for each in range(12)
    ]
    foreign = replace(notices[0], id="f", recipient="south")
    await _write(database, outbox.put([*notices, foreign]), outbox.delivered(PID, "00", at_us=AT_US))

    seen = []
    async with database.snapshot() as snapshot:
        page = await outbox.of_recipient(snapshot, "north", limit=5)
        while page:
            seen += page
            page = await outbox.of_recipient(snapshot, "north", since_us=page[-1].at_us, after_id=page[-1].id, limit=5)

    expected = sorted(notices, key=lambda each: (each.at_us, each.id))
    assert [each.id for each in seen] == [each.id for each in expected]
    assert [each.id for each in seen if each.delivered_us is not None] == ["00"]


async def test_the_citizens_log_is_read_newest_first_and_once_each(database):
    times = [5, 5, 5, 1, 9, 9, 3]
    await database.commit(Job(pid=PID, audit=tuple(entry(at_us=AT_US + each) for each in times)))
    await database.commit(record(PID + 1))

    seen = []
    async with database.snapshot() as snapshot:
        page = await audits.of_citizen(snapshot, PID, limit=3)
        while page:
            seen += page
            last = page[-1]
            page = await audits.of_citizen(snapshot, PID, before=(last.at_us, last.writer, last.seq), limit=3)
        assert await audits.find(snapshot, PID, writer=seen[0].writer, seq=seen[0].seq) == seen[0]
        assert await audits.find(snapshot, PID, writer="nobody", seq=1) is None
        assert len(await audits.of_citizen(snapshot, PID, since_us=AT_US + 5)) == 5

    assert [(each.at_us - AT_US, each.seq) for each in seen] == [(9, 6), (9, 5), (5, 3), (5, 2), (5, 1), (3, 7), (1, 4)]


async def test_settings_are_found_by_name(database):
    await _write(database, settings.put("demo", b"1"))

    async with database.snapshot() as snapshot:
        marks = await settings.load(snapshot)
    assert (marks["demo"], len(marks["digest-key"]), len(marks["id-key"])) == (b"1", 32, 16)


async def test_the_directory_names_organisations_and_staff(database):
    ward = Organisation(
        sor="ward", name="Ward", kind="unit", parent="hospital", gln="57", phone="+45", municipality="m"
    )
    ann = Staff(
        person="ann",
        name="Ann",
        authorisation="0A",
        profession="7170",
        functions=frozenset({Function.AMBULANCE}),
        organisations=frozenset({"ward", "b"}),
        valid_to=AT_US,
    )
    await _write(database, *directory.put_organisations([ward]), *directory.put_staff([ann]))

    async with database.snapshot() as snapshot:
        known = await directory.load(snapshot, (await versions.load(snapshot)).directory)
        assert await directory.staff_of(snapshot, "ann") == ann
        assert await directory.staff_of(snapshot, "bo") is None
    assert known.organisations == {"ward": ward}
    assert known.by_gln == {"57": ward}
    assert (known.name_of("ward"), known.name_of("elsewhere")) == ("Ward", "elsewhere")


async def test_identifiers_of_a_citizen_are_listed(database):
    await _write(
        database,
        citizens.identify(PID, "b", "2", valid_from=0),
        citizens.identify(PID, "a", "1", valid_from=3, valid_to=4),
    )

    async with database.snapshot() as snapshot:
        assert await citizens.identifiers(snapshot, PID) == [
            ("a", "1", "", 3, 4),
            ("b", "2", "", 0, None),
        ]
        assert await citizens.load(snapshot, PID) is None


async def test_a_signature_keeps_its_number_and_new_ones_follow(database):
    await database.commit(new_citizen())
    labelled = replace(DIAGNOSIS, labels=frozenset({Label.HIV, Label.PSYCHIATRY}))
    first = signatures.number_of((), [MEDICATION, labelled])
    await _write(database, signatures.touch(PID, first, change=1))
    known = await known_signatures(database)
    second = signatures.number_of(known, [labelled, DIAGNOSIS, replace(DIAGNOSIS, category=Category.PLAN)])

    assert {row.signature: row.number for row in known} == first
    assert sorted(first.values()) == [1, 2]
    assert second[labelled] == first[labelled]
    assert sorted(set(second.values()) - set(first.values())) == [3, 4]


@pytest.mark.parametrize(
    "build",
    [
        lambda: select(resource.c.n).where(resource.c.n.in_(bindparam("several", expanding=True))),
        lambda: select(cast(resource.c.n, Boolean)),
        lambda: select(resource.c.n).where(cast(resource.c.n, Numeric) == bindparam("amount")),
        lambda: CreateTable(resource),
        object,
    ],
)
def test_what_would_need_more_than_the_driver_is_refused(build):
    with pytest.raises(TypeError):
        Compiler(DIALECT).compiled(Query("test", build))


def test_a_query_is_built_once_and_its_constants_are_kept():
    built = []

    def build():
        built.append(1)
        return select(resource.c.n).where(resource.c.deleted == 0, resource.c.pid == bindparam("pid")).limit(5)

    compiler = Compiler(DIALECT)
    compiled = [compiler.compiled(Query(("test", 1), build)) for _ in range(3)]

    assert built == [1]
    assert compiled[0].arguments({"pid": 7}) == [0, 7, 5, 0]
    with pytest.raises(KeyError):
        compiled[0].arguments({})


def test_the_newest_statements_are_kept_and_no_more():
    compiler = Compiler(DIALECT)
    for number in range(5_000):
        compiler._kept[number] = None
        if len(compiler._kept) > 4_096:
            break
    before = len(compiler._kept)
    compiler.compiled(Query("another", lambda: select(resource.c.n)))

    assert len(compiler._kept) == before
    assert 0 not in compiler._kept


@pytest.mark.parametrize("url", ["mysql://x/y", "", "postgresql://[::1"])
async def test_only_engines_of_ours_are_migrated(url):
    with pytest.raises(ConfigurationError):
        await migrate(url)


async def test_a_database_that_cannot_be_reached_is_unavailable(tmp_path):
    with pytest.raises(UnavailableError):
        await migrate(f"postgresql://nobody@/nothing?host={tmp_path}")
