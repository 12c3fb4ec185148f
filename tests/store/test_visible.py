"""The clause that a permit becomes, against its definition, on both engines."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_builders import AT, AT_US, PID, permit, revision, stored

from app.runtime import from_us
from app.store import pointers, resources, signatures
from app.store.ids import Ids
from app.store.visible import visible
from consent import may_disclose, without
from consent.model import (
    CitizenKey,
    DataScope,
    Grant,
    Item,
    OrganisationKey,
    Organisations,
    Part,
    Period,
    PersonKey,
    Signature,
    Withheld,
)
from consent.vocabulary import Category, Label, Regime, Sector
from schemas.homes import TYPE_NAME, TYPE_NUMBER

UNITS = [OrganisationKey(name) for name in ("region", "hospital", "ward", "municipality")]
TREE = Organisations(
    parents={UNITS[1]: UNITS[0], UNITS[2]: UNITS[1]},
    sectors={UNITS[0]: Sector.REGION, UNITS[1]: Sector.HOSPITAL},
)
CATEGORIES = [Category.DIAGNOSIS, Category.MEDICATION, Category.LAB_RESULT]
LABELS = [Label.PSYCHIATRY, Label.HIV]
PERSONS = [PersonKey("ann"), PersonKey("bo")]
TYPES = ["Condition", "Observation"]
SIGNATURES = [
    Signature(category, labels, controller, origin, author, regime)
    for index, (category, labels, controller, origin, author, regime) in enumerate(
        product(
            CATEGORIES,
            [frozenset(), frozenset(LABELS[:1]), frozenset(LABELS)],
            UNITS[1:],
            [UNITS[1], UNITS[3]],
            PERSONS,
            Regime,
        )
    )
    if index % 5 == 0 or index < 48
]
MOMENTS = [AT + timedelta(hours=hours) for hours in range(-3, 4)]


def _population() -> Iterator[tuple[int, int, int, int, int]]:
    """Yield (n, type number, signature number, start, stop): every signature with several periods, some of no length."""
    n = 0
    for number, _ in enumerate(SIGNATURES, 1):
        for shift in range(3):
            n += 1
            start = AT_US + ((number + shift) % 7 - 3) * 3_600_000_000
            stop = start + (number * 7 + shift) % 3 * 3_600_000_000
            yield n, TYPE_NUMBER[TYPES[n % 2]], number, start, stop


POPULATION = list(_population())
NOWHERE = 1_000_000
"""Counter of no record."""
POINTERS = [
    (n, target)
    for n, _, _, _, _ in POPULATION
    for target in ((n * 7 + 3) % len(POPULATION) + 1, (n * 5) % 11 + 1, NOWHERE)
    if n % 4 == 0 or (n % 9 == 1 and target == (n * 5) % 11 + 1)
]
"""Who is about whom: chains, circles, many about one, some about what is not there."""
NAMES = [(n, target) for n, _, _, _, _ in POPULATION for target in (n % 13 + 1, NOWHERE) if n % 3 and n != target]
"""Who names whom without being about it."""


def some(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | st.none() | st.frozensets(values, max_size=4)


moments = st.none() | st.sampled_from(MOMENTS)
periods = st.builds(Period, start=moments, end=moments)
# Instances are drawn as (type, n) and named with the database's own ids below; n 0 stands for nonsense.
scopes = st.builds(
    DataScope,
    categories=some(st.sampled_from(CATEGORIES)),
    labels=some(st.sampled_from([*LABELS, Label.NORMAL_ONLY])),
    sectors=some(st.sampled_from([Sector.REGION, Sector.HOSPITAL, Sector.OTHER])),
    origins=some(st.sampled_from(UNITS)),
    with_subunits=st.booleans(),
    authors=some(st.sampled_from(PERSONS)),
    regimes=some(st.sampled_from(Regime)),
    period=st.none() | periods,
    instances=st.none()
    | st.none()
    | st.frozensets(
        st.tuples(st.sampled_from(TYPES), st.integers(0, len(POPULATION))).map(lambda pair: f"{pair[0]}/{pair[1]}"),
        max_size=6,
    ),
)
parts = st.recursive(
    st.builds(Part, data=scopes),
    lambda inner: st.builds(Part, data=scopes, exceptions=st.lists(inner, max_size=2).map(tuple)),
    max_leaves=4,
)
withheld = st.builds(Withheld, data=scopes, exceptions=st.lists(parts, max_size=2).map(tuple), rule=st.just("rule"))
grants = st.builds(
    Grant,
    categories=st.frozensets(st.sampled_from(CATEGORIES), max_size=3),
    regimes=st.frozensets(st.sampled_from(Regime), min_size=1),
    never=st.frozensets(st.sampled_from(LABELS), max_size=1),
    rule=st.just("rule"),
    controllers=st.none() | st.frozensets(st.sampled_from(UNITS), max_size=2),
)
permits = st.tuples(st.lists(grants, min_size=1, max_size=3).map(tuple), st.lists(withheld, max_size=3).map(tuple))


def _named(scope: DataScope, ids: Ids) -> DataScope:
    if scope.instances is None:
        return scope
    names = set()
    for instance in scope.instances:
        type_, _, n = instance.partition("/")
        names |= {f"{type_}/{ids.encode(PID, int(n))}"} if n != "0" else {f"{type_}/x", "", f"X/{ids.encode(PID, 1)}"}
        names.add(f"{type_}/{ids.encode(PID + 1, int(n))}")
    return DataScope(
        categories=scope.categories,
        labels=scope.labels,
        sectors=scope.sectors,
        origins=scope.origins,
        with_subunits=scope.with_subunits,
        authors=scope.authors,
        regimes=scope.regimes,
        period=scope.period,
        instances=frozenset(names),
    )


def _named_part(part: Part, ids: Ids) -> Part:
    return Part(data=_named(part.data, ids), exceptions=tuple(_named_part(each, ids) for each in part.exceptions))


@pytest.fixture
async def populated(database):
    numbers = {signature: number for number, signature in enumerate(SIGNATURES, 1)}
    about = {n: frozenset(target for one, target in POINTERS if one == n) for n, _ in POINTERS}
    revised = [
        revision(
            n,
            TYPE_NAME[type_],
            sig=sig,
            start_us=start,
            stop_us=stop,
            about=about.get(n, frozenset()),
            names=frozenset(target for one, target in NAMES if one == n),
        )
        for n, type_, sig, start, stop in POPULATION
    ]
    await stored(database, revised, numbers)
    await stored(database, revised[:50], numbers, pid=PID + 1)
    return database


def _drawn_permit(drawn, ids):
    granted, closed = drawn
    closed = tuple(
        Withheld(
            data=_named(each.data, ids),
            exceptions=tuple(_named_part(part, ids) for part in each.exceptions),
            rule=each.rule,
        )
        for each in closed
    )
    return permit(grants=granted, withheld=closed, tree=TREE)


def _item(row, ids):
    n, type_, sig, start, stop = row
    return Item(
        citizen=CitizenKey(PID),
        instance=f"{TYPE_NAME[type_]}/{ids.encode(PID, n)}",
        signature=SIGNATURES[sig - 1],
        period=Period(start=from_us(start), end=from_us(stop)),
    )


@given(drawn=permits)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_sql_shows_exactly_what_the_permit_covers(populated, drawn):
    ids = populated.ids
    allowed = _drawn_permit(drawn, ids)

    async with populated.snapshot() as snapshot:
        known = await signatures.load(snapshot, PID)
        found = await resources.current(snapshot, allowed, known)

    assert [each.n for each in found] == [row[0] for row in POPULATION if may_disclose(allowed, _item(row, ids))]
    assert all(may_disclose(allowed, each.item) for each in found)


@given(drawn=permits)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_sql_and_disclosure_leave_out_the_same_records_for_what_they_are_about(populated, drawn):
    ids = populated.ids
    allowed = _drawn_permit(drawn, ids)

    async with populated.snapshot() as snapshot:
        known = await signatures.load(snapshot, PID)
        pointing = await pointers.pointing_at_withheld(snapshot, allowed, known)
        narrowed = allowed if pointing is None else without(allowed, pointing.about_withheld, unnamed=pointing.unnamed)
        found = await resources.current(snapshot, narrowed, known)

    # The definition, word for word: shown to those who may see everything that it is about, and so on.
    shown = {row[0] for row in POPULATION if may_disclose(allowed, _item(row, ids))}
    there = {row[0] for row in POPULATION}
    while closed := {n for n, target in POINTERS if n in shown and target in there - shown}:
        shown -= closed
    assert {each.n for each in found} == shown
    assert {row[0] for row in POPULATION if may_disclose(narrowed, _item(row, ids))} == shown
    name_of = {row[0]: f"{TYPE_NAME[row[1]]}/{ids.encode(PID, row[0])}" for row in POPULATION}
    for n in shown:
        unnamed = {name_of[target] for one, target in NAMES if one == n and target in there - shown}
        assert narrowed.unnamed.get(name_of[n], frozenset()) == unnamed


async def test_a_permit_that_withholds_nothing_or_everything_asks_nothing_about_pointers(populated):
    asked = []

    class Watched:
        ids = populated.ids

        async def rows(self, query, values):
            asked.append(query)
            return []

    async with populated.snapshot() as snapshot:
        known = await signatures.load(snapshot, PID)
    assert await pointers.pointing_at_withheld(Watched(), permit(CATEGORIES), known) is None
    assert await pointers.pointing_at_withheld(Watched(), permit(grants=()), known) is None
    assert asked == []
    assert await pointers.pointing_at_withheld(Watched(), permit(CATEGORIES[:1]), known) is None
    assert len(asked) == 1


async def test_a_permit_for_nothing_asks_the_database_nothing(populated):
    allowed = permit(grants=())

    async with populated.snapshot() as snapshot:
        known = await signatures.load(snapshot, PID)

    assert visible(allowed, known, populated.ids).nothing


async def test_permits_that_differ_in_numbers_alone_share_a_statement(populated):
    async with populated.snapshot() as snapshot:
        known = (await signatures.load(snapshot, PID))[:61]
    first, second = (visible(permit([category]), known, populated.ids) for category in CATEGORIES[:2])

    assert first.key == second.key
    assert first.values != second.values


async def test_a_permit_for_one_citizen_shows_nothing_of_another(populated):
    allowed = permit(pid=PID + 2)

    async with populated.snapshot() as snapshot:
        known = await signatures.load(snapshot, PID)
        assert await resources.current(snapshot, allowed, known) == []
