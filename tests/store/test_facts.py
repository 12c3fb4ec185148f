"""What the engine is told, and when it is told anew."""

from dataclasses import replace

import pytest
from store_builders import AT, AT_US, HOUR, PID, citizen_row, new_citizen

from app.errors import UnavailableError
from app.runtime import to_us
from app.store import agreements, citizens, clients, declarations, directory, facts, provisions, relations, versions
from app.store.clients import ANY, Client
from app.store.directory import Organisation, Staff
from app.store.job import Job, Upsert
from app.store.tables import relation
from consent.model import (
    ActorScope,
    Agreement,
    CitizenKey,
    DataScope,
    Declaration,
    Delegation,
    OrganisationKey,
    Period,
    PersonKey,
    Provision,
    Relation,
    Representation,
    Requester,
)
from consent.vocabulary import (
    Category,
    DeclarationKind,
    Effect,
    Evidence,
    Function,
    Label,
    Purpose,
    RelationKind,
    RepresentationKind,
)

NURSE = Requester(
    function=Function.HOME_NURSING,
    organisation=OrganisationKey("nursing"),
    person=PersonKey("ann"),
    on_behalf_of=PersonKey("bo"),
    client="care-system",
)
NOW = Period(start=AT - HOUR, end=AT + HOUR)
ENDED = Period(start=AT - 9 * HOUR, end=AT - HOUR)
STAY = Relation(
    kind=RelationKind.STAY,
    organisation=OrganisationKey("ward"),
    evidence=Evidence.NOTIFICATION,
    period=NOW,
    source="Encounter/x",
)
DECLARED = Declaration(
    kind=DeclarationKind.EMERGENCY,
    person=PersonKey("ann"),
    organisation=OrganisationKey("ward"),
    purpose=Purpose.EMERGENCY,
    period=NOW,
    reason="unconscious",
    source="d1",
)
BLOCK = Provision(
    effect=Effect.DENY,
    actors=ActorScope(organisations=frozenset({OrganisationKey("ward")}), with_subunits=False),
    data=DataScope(
        categories=frozenset({Category.DIAGNOSIS, Category.MEDICATION}),
        labels=frozenset({Label.NORMAL_ONLY}),
        period=Period(start=AT),
        instances=frozenset({"Condition/x"}),
    ),
    exceptions=(Provision(effect=Effect.PERMIT, purposes=frozenset({Purpose.TREATMENT})),),
)


async def _load(database, requester=NURSE, pid=PID, at_us=AT_US):
    async with database.snapshot() as snapshot:
        return await facts.load(snapshot, pid=pid, requester=requester, at_us=at_us)


async def _write(database, *writes):
    await database.commit(Job(pid=PID, writes=writes))


async def test_all_facts_come_back_as_they_were_written(database):
    await database.commit(new_citizen())
    guardian = Representation(kind=RepresentationKind.GUARDIAN, representative=CitizenKey(12), period=NOW)
    delegation = Delegation(
        person=PersonKey("ann"), organisation=OrganisationKey("nursing"), responsible=PersonKey("bo"), period=NOW
    )
    agreed = Agreement(
        id="north",
        version=2,
        period=NOW,
        functions=frozenset({Function.HOME_NURSING}),
        categories=frozenset({Category.PLAN}),
        organisations=frozenset({OrganisationKey("nursing")}),
        enables_social_case=True,
    )
    people = [
        Staff(
            person="ann", name="Ann", functions=frozenset({Function.HOME_NURSING}), organisations=frozenset({"nursing"})
        ),
        Staff(person="bo", name="Bo", authorisation="0A1B2", valid_to=AT_US),
        Staff(person="cy", name="Cy"),
    ]
    system = Client(
        id="care-system", organisation="municipality", functions=frozenset({"home-nursing"}), purposes=frozenset({ANY})
    )
    await _write(
        database,
        relations.put(PID, [("stay:1", STAY)]),
        declarations.put(PID, "d1", DECLARED),
        relations.put_directive(PID, 5, version=3, active=True, period=NOW, root=BLOCK),
        relations.put_representations(PID, [("g", guardian)], source="register"),
        *directory.put_delegations([delegation]),
        *agreements.put([agreed]),
        *directory.put_staff(people),
        *directory.put_organisations([Organisation(sor="nursing", name="N", kind="unit", parent="municipality")]),
        *clients.put([system]),
        citizens.amend(citizen_row(born=to_us(AT.replace(year=1941)), died=AT_US), before=citizen_row()),
    )

    known = await _load(database)

    assert (known.relations, known.declarations) == ((STAY,), (DECLARED,))
    assert (known.representations, known.delegations, known.agreements) == ((guardian,), (delegation,), (agreed,))
    (directive,) = known.directives
    assert (directive.version, directive.active, directive.period, directive.root) == (3, True, NOW, BLOCK)
    assert directive.id == f"Consent/{database.ids.encode(PID, 5)}"
    standings = {each.person: each for each in known.standings}
    assert standings.keys() == {"ann", "bo", "care-system"}
    assert (standings["ann"].authorised, standings["bo"].authorised) == (False, True)
    assert standings["ann"].functions == frozenset({Function.HOME_NURSING})
    assert standings["ann"].organisations == frozenset({"nursing"})
    assert standings["bo"].period == Period(end=AT)
    assert known.organisations.path(OrganisationKey("nursing")) == ("nursing", "municipality")
    assert (known.citizen_born, known.citizen_died) == (AT.replace(year=1941), AT)


async def test_what_has_ended_or_was_withdrawn_is_no_fact(database):
    await database.commit(new_citizen())
    await _write(
        database,
        relations.put(PID, [("stay:1", replace(STAY, period=ENDED))]),
        declarations.put(PID, "d1", replace(DECLARED, period=ENDED)),
        relations.put_directive(PID, 5, version=3, active=False, period=NOW, root=BLOCK),
        relations.put_directive(PID, 6, version=1, active=True, period=ENDED, root=BLOCK),
    )

    known = await _load(database)

    assert (known.relations, known.declarations, known.directives) == ((), (), ())


async def test_another_citizens_facts_are_hers(database):
    await _write(database, relations.put(PID, [("stay:1", STAY)]), declarations.put(PID, "d1", DECLARED))

    known = await _load(database, pid=PID + 1)

    assert (known.relations, known.declarations) == ((), ())


async def test_a_change_of_the_directory_is_known_at_the_next_request(database, database_url):
    unit = Organisation(sor="ward", name="Ward", kind="unit", parent="old")
    await _write(database, *directory.put_organisations([unit]))
    assert (await _load(database)).organisations.path(OrganisationKey("ward")) == ("ward", "old")

    await _write(database, *directory.put_organisations([replace(unit, parent="new")]))

    assert (await _load(database)).organisations.path(OrganisationKey("ward")) == ("ward", "new")


async def test_a_fact_that_cannot_be_read_lets_nobody_decide(database):
    await _write(database, Upsert(relation, ((PID, "x", "of-tomorrow", "o", "register", None, None, "s"),)))

    with pytest.raises(UnavailableError):
        await _load(database)


@pytest.mark.parametrize(
    ("changes", "asked", "admitted"),
    [
        ({}, {}, True),
        ({"organisation": "region"}, {}, False),
        ({"organisation": ANY}, {}, True),
        ({"functions": frozenset({"home-care"})}, {}, False),
        ({"purposes": frozenset({"TREAT"})}, {"purposes": [Purpose.TREATMENT, Purpose.RESEARCH]}, False),
        ({"revoked": AT_US}, {}, False),
        ({"revoked": AT_US + 1}, {}, True),
        ({}, {"token_id": "stolen"}, False),
        ({}, {"requester": replace(NURSE, client="unknown")}, False),
        ({}, {"requester": replace(NURSE, organisation=None)}, True),
    ],
)
async def test_a_registration_is_a_ceiling(database, changes, asked, admitted):
    system = Client(
        id="care-system",
        organisation="municipality",
        functions=frozenset({"home-nursing"}),
        purposes=frozenset({ANY}),
        types=frozenset({"Observation"}),
    )
    unit = Organisation(sor="nursing", name="N", kind="unit", parent="municipality")
    await _write(
        database,
        *clients.put([replace(system, **changes)]),
        *clients.revoke_token("stolen", until=AT_US),
        *directory.put_organisations([unit]),
    )
    asked = {"requester": NURSE, "purposes": [Purpose.TREATMENT], "token_id": "mine", **asked}

    async with database.snapshot() as snapshot:
        registry = await clients.load(snapshot, await versions.load(snapshot))

    assert registry.admits(asked["requester"], asked["purposes"], token_id=asked["token_id"], at_us=AT_US) is admitted
    assert registry.may_write("care-system", "Observation")
    assert not registry.may_write("care-system", "Condition")


async def test_an_identifier_leads_to_who_has_it_at_the_time(database):
    await database.commit(new_citizen())
    await _write(
        database,
        citizens.identify(PID, "cpr", "one", valid_from=0, valid_to=AT_US),
        citizens.identify(PID + 1, "cpr", "one", valid_from=AT_US),
        citizens.identify(PID + 2, "cpr", "two", valid_from=0),
        citizens.merge(PID + 2, PID + 3),
        citizens.merge(PID + 3, PID),
        citizens.identify(PID + 4, "cpr", "circle", valid_from=0),
        citizens.merge(PID + 4, PID + 5),
        citizens.merge(PID + 5, PID + 4),
    )

    async with database.snapshot() as snapshot:

        async def find(value, at=AT_US):
            return await citizens.find_pid(snapshot, "cpr", value, at_us=at)

        assert await find("one", AT_US - 1) == PID
        assert await find("one") == PID + 1
        assert await find("two") == PID
        assert await find("two ") is None
        assert await find("circle") is None
        assert await find("one' OR '1'='1") is None


def test_a_provision_survives_its_storage_in_one_form():
    stored = provisions.encode(BLOCK)

    assert provisions.decode(stored) == BLOCK
    assert stored == provisions.encode(provisions.decode(stored))
    with pytest.raises(ValueError, match="Invalid enum value"):
        provisions.decode(b'{"effect":"maybe"}')
