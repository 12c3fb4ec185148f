"""What decisions rest on has a counter of its own: no write of a fact passes it by, and what is remembered by it is true."""

from dataclasses import replace

import pytest
from sqlalchemy import Column, Table
from sqlalchemy.sql.visitors import iterate
from store_builders import AT, AT_US, HOUR, PID, citizen_row, new_citizen, revision, submission
from test_facts import BLOCK, DECLARED, NOW, NURSE, STAY

from app.runtime import to_us
from app.store import (
    bearing,
    citizen_facts,
    citizens,
    clients,
    declarations,
    directory,
    facts,
    relations,
    revisions,
    signatures,
    versions,
)
from app.store.bearing import touches_facts
from app.store.clients import ANY, Client
from app.store.directory import Staff
from app.store.job import Job, Update
from app.store.recent import Recent
from app.store.tables import DIRECTORY, citizen, resource, signature
from consent.model import (
    CitizenKey,
    DataScope,
    Delegation,
    Judgement,
    OrganisationKey,
    Participation,
    Period,
    PersonKey,
    Provision,
    Representation,
)
from consent.related import RELATED
from consent.vocabulary import Effect, Evidence, Function, JudgementKind, RepresentationKind

HOUR_US = 3600 * 1_000_000
SHARED = {"staff", "client", "delegation", "assignment"}
"""Tables of facts that have versions of their own, `app.store.versions`."""
PART = Participation(person=PersonKey("ann"), evidence=Evidence.NOTIFICATION, period=NOW)
GUARDIAN = Representation(kind=RepresentationKind.GUARDIAN, representative=CitizenKey(12), period=NOW)
JUDGED = Judgement(kind=JudgementKind.CANNOT_FORESEE, period=NOW)
OF_FACTS = {
    "relation": (relations.put(PID, [("stay:1", STAY)]),),
    "end of a relation": (relations.end(PID, ["stay:1"], stop_us=AT_US),),
    "no relation": (relations.remove(PID, ["stay:1"]),),
    "nothing of a source": relations.remove_of(PID, "Encounter/x"),
    "declaration": (declarations.put(PID, "d1", DECLARED),),
    "directive": (relations.put_directive(PID, 5, version=3, active=True, period=NOW, root=BLOCK),),
    "end of a directive": (relations.end_directive(PID, 5),),
    "representation": (relations.put_representations(PID, [("g", GUARDIAN)], source="register"),),
    "participation": (relations.put_participations(PID, [PART], source="Procedure/x"),),
    "judgement": (relations.put_judgement(PID, JUDGED, person=PersonKey("bo"), source="ClinicalImpression/x"),),
    "birth": (citizens.amend(citizen_row(born=1), before=citizen_row()),),
    "death": (citizens.amend(citizen_row(died=1), before=citizen_row()),),
    "a Patient, perhaps protected": revisions.put(PID, [revision(1, "Patient")]),
    "labels raised": (Update(resource, ("place",), ("sig",), ((1, 2),)),),
}
OF_NONE = {
    "an Observation": revisions.put(PID, [revision(1, "Observation")]),
    "the citizen's counter of records": (citizens.amend(citizen_row(next_n=9), before=citizen_row()),),
}


def test_every_table_that_facts_are_read_from_is_watched():
    queries = (citizen_facts._LOAD, facts._LOAD)
    read = {table for query in queries for table in iterate(query.build()) if isinstance(table, Table)}
    own = {table for table in read if table.name not in SHARED}

    assert own == bearing.TABLES | {citizen, resource, signature}
    columns = {part for query in queries for part in iterate(query.build()) if isinstance(part, Column)}
    assert {column.name for column in columns if column.table is citizen} == {"pid"} | bearing.COLUMNS


@pytest.mark.parametrize("what", OF_FACTS)
async def test_a_write_of_a_fact_is_counted(database, what):
    await database.commit(new_citizen())
    await database.commit(Job(pid=PID, base_change=1, writes=revisions.put(PID, [revision(9)])))
    assert await _counters(database) == (2, 1)

    await database.commit(Job(pid=PID, base_change=2, writes=OF_FACTS[what]))

    assert await _counters(database) == (3, 3)


@pytest.mark.parametrize("what", OF_NONE)
async def test_a_record_that_is_no_fact_leaves_the_counter_alone(database, what):
    await database.commit(new_citizen())

    await database.commit(Job(pid=PID, base_change=1, writes=OF_NONE[what]))

    assert not touches_facts(Job(pid=PID, writes=OF_NONE[what]))
    assert await _counters(database) == (2, 1)


async def test_a_fact_is_counted_for_who_did_not_read_the_citizen_too(database):
    await database.commit(new_citizen())

    await database.commit(Job(pid=PID, writes=OF_FACTS["directive"]))

    assert await _counters(database) == (2, 2)


async def test_what_is_remembered_is_what_would_be_read(database):
    await database.commit(new_citizen())
    later = (relations.put(PID, [("stay:2", replace(STAY, period=Period(start=AT, end=AT + 3 * HOUR)))]),)
    named = (replace(PART, person=PersonKey("someone")),)
    others = (relations.put_participations(PID, named, source="Procedure/y"),)
    for step, writes in enumerate([*OF_FACTS.values(), later, others, *OF_NONE.values()], start=1):
        await database.commit(Job(pid=PID, base_change=step, writes=writes))
        for at_us in (AT_US, AT_US + HOUR_US // 2, AT_US + 2 * HOUR_US, AT_US + 9_000 * HOUR_US, AT_US):
            assert await _remembered(database, at_us) == await _read(database, at_us)


async def test_what_the_directory_says_is_read_anew_once_it_changes_or_has_ended(database):
    given = Delegation(
        person=PersonKey("ann"), organisation=OrganisationKey("nursing"), responsible=PersonKey("bo"), period=NOW
    )
    ann = Staff(person="ann", name="Ann", functions=frozenset({Function.HOME_NURSING}))
    await database.commit(new_citizen())
    assert (await _remembered(database, AT_US)).facts.delegations == ()

    await database.commit(Job(pid=DIRECTORY, writes=(*directory.put_delegations([given]), *directory.put_staff([ann]))))
    known = await _remembered(database, AT_US)
    assert (known.facts.delegations, len(known.facts.standings)) == ((given,), 1)
    assert (await _remembered(database, AT_US + 2 * HOUR_US)).facts.delegations == ()
    assert (await _remembered(database, AT_US)).facts.delegations == (given,)

    client = Client(id="care-system", organisation="nursing", functions=frozenset({ANY}), purposes=frozenset({ANY}))
    await database.commit(Job(pid=DIRECTORY, writes=clients.put([client])))
    assert len((await _remembered(database, AT_US)).facts.standings) == 2


async def test_signatures_are_those_of_the_change_that_was_read(database):
    await database.commit(new_citizen())
    async with database.snapshot() as snapshot:
        none = await signatures.load(snapshot, PID, change=1)
    await database.commit(submission([revision(1)]))

    async with database.snapshot() as snapshot:
        stale = await signatures.load(snapshot, PID, change=1)
        read = await signatures.load(snapshot, PID)
        known = await signatures.load(snapshot, PID, change=2)
        again = await signatures.load(snapshot, PID, change=2)

    assert none == stale == ()
    assert known == read != ()
    assert again is known


def test_of_many_citizens_those_asked_about_last_are_kept():
    recent = Recent(2)
    for pid in (1, 2):
        recent.keep(pid, "v1", pid)
    assert recent.find(1, "v1") == 1
    recent.keep(3, "v1", 3)

    assert [recent.find(pid, "v1") for pid in (1, 2, 3)] == [1, None, 3]
    assert recent.find(1, "v2") is None


async def test_of_two_readings_of_one_version_the_database_is_asked_once(database):
    await database.commit(new_citizen())
    await database.commit(Job(pid=PID, base_change=1, writes=OF_FACTS["directive"]))

    async with database.snapshot() as snapshot:
        first = await citizen_facts.load(snapshot, PID, at_us=AT_US, version=(2, 2))
        again = await citizen_facts.load(snapshot, PID, at_us=AT_US, version=(2, 7))
        other = await citizen_facts.load(snapshot, PID, at_us=AT_US, version=(3, 7))
        earlier = await citizen_facts.load(snapshot, PID, at_us=AT_US - 1, version=(3, 7))
        ended = await citizen_facts.load(snapshot, PID, at_us=to_us(AT + HOUR) + 1, version=(3, 7))

    assert again is first
    assert other is not first
    assert earlier is not other
    assert (len(earlier.directives), len(ended.directives)) == (1, 0)


async def test_a_directive_about_what_belongs_to_a_record_is_read_anew_at_every_change(database):
    about = DataScope(instances=frozenset({f"{RELATED}Condition/x"}))
    root = Provision(effect=Effect.DENY, data=about)
    await database.commit(new_citizen())
    writes = (relations.put_directive(PID, 5, version=1, active=True, period=NOW, root=root),)
    await database.commit(Job(pid=PID, base_change=1, writes=writes))

    async with database.snapshot() as snapshot:
        first = await citizen_facts.load(snapshot, PID, at_us=AT_US, version=(2, 2))
        same = await citizen_facts.load(snapshot, PID, at_us=AT_US, version=(2, 2))
        changed = await citizen_facts.load(snapshot, PID, at_us=AT_US, version=(2, 3))

    assert first.rests_on_records
    assert same is first
    assert changed is not first


async def test_no_more_is_kept_than_there_is_room_for(database, monkeypatch):
    monkeypatch.setattr(citizen_facts, "_MOST_WEIGHT", 4)
    async with database.snapshot() as snapshot:
        for pid in (1, 2, 3):
            await citizen_facts.load(snapshot, pid, at_us=AT_US, version=(1, 1))
        memory = snapshot.remembered["facts"][1]
        kept = [pid for pid in (1, 2, 3) if memory.find(pid, (1, 1), AT_US) is not None]

    assert kept == [2, 3]


async def _counters(database) -> tuple[int, int]:
    async with database.snapshot() as snapshot:
        _, counters = await versions.load_with_counters(snapshot, PID)
    return counters.change, counters.facts


async def _remembered(database, at_us):
    async with database.snapshot() as snapshot:
        shared, (change, touched, _) = await versions.load_with_counters(snapshot, PID)
        return await facts.load_at(snapshot, shared, pid=PID, requester=NURSE, at_us=at_us, version=(touched, change))


async def _read(database, at_us):
    async with database.snapshot() as snapshot:
        shared = await versions.load(snapshot)
        return await facts.load_at(snapshot, shared, pid=PID, requester=NURSE, at_us=at_us)
