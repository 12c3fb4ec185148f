"""1 January 2027: acute nursing moves from the municipalities to the regions; the same nurse goes on treating.

What she may do follows her function and her unit, each dated, and never whether a municipality or a region employs her.
Midnight is Danish: 23:00 UTC.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from consent import Denial, Permit, decide, may_disclose
from consent.model import (
    ALL_DATA,
    ANYONE,
    AccessRequest,
    ActorScope,
    Agreement,
    CitizenKey,
    DataScope,
    Declaration,
    Directive,
    Facts,
    Item,
    OrganisationKey,
    Organisations,
    Period,
    PersonKey,
    Provision,
    Relation,
    Requester,
    Signature,
    Standing,
)
from consent.prospect import Outcome, prospects, prospects_by_law, suppose
from consent.vocabulary import (
    Action,
    Category,
    DeclarationKind,
    Effect,
    Evidence,
    Function,
    Purpose,
    Regime,
    RelationKind,
    Sector,
)

MIDNIGHT = datetime(2026, 12, 31, 23, tzinfo=UTC)
LAST = MIDNIGHT - timedelta(microseconds=1)
BEFORE, AFTER = LAST, MIDNIGHT
NURSE, CITIZEN = PersonKey("nurse"), CitizenKey(1)
MUNICIPALITY, REGION = OrganisationKey("hill-municipality"), OrganisationKey("region-east")
OLD, NEW = OrganisationKey("hill-acute-team"), OrganisationKey("region-acute-team")
UNTIL, SINCE = Period(end=LAST), Period(start=MIDNIGHT)


def _standing(unit: OrganisationKey, period: Period) -> Standing:
    return Standing(
        person=NURSE,
        authorised=True,
        functions=frozenset({Function.ACUTE_TEAM}),
        organisations=frozenset({unit}),
        period=period,
    )


def _service(unit: OrganisationKey, period: Period) -> Relation:
    return Relation(kind=RelationKind.HEALTH_SERVICE, organisation=unit, evidence=Evidence.REGISTER, period=period)


FACTS = Facts(
    relations=(_service(OLD, UNTIL), _service(NEW, SINCE)),
    standings=(_standing(OLD, UNTIL), _standing(NEW, SINCE)),
    organisations=Organisations(
        parents={OLD: MUNICIPALITY, NEW: REGION}, sectors={MUNICIPALITY: Sector.MUNICIPALITY, REGION: Sector.REGION}
    ),
)


def _record(name: str, category: Category, unit: OrganisationKey, regime: Regime = Regime.HEALTH_CARE) -> Item:
    on = datetime(2026, 12, 1, tzinfo=UTC)
    return Item(
        citizen=CITIZEN,
        instance=f"Basic/{name}",
        signature=Signature(category, frozenset(), unit, unit, NURSE, regime),
        period=Period(start=on, end=on),
    )


RECORDS = {
    "visit": _record("visit", Category.STATUS_NOTE, OLD),
    "diagnosis": _record("diagnosis", Category.DIAGNOSIS, OrganisationKey("practice")),
    "social-case": _record("social-case", Category.FUNCTIONAL_LEVEL, MUNICIPALITY, Regime.SOCIAL_CASE),
    "region-visit": _record("region-visit", Category.STATUS_NOTE, NEW),
}


def ask(unit: OrganisationKey, at: datetime, action: Action = Action.LOOK_UP) -> AccessRequest:
    return AccessRequest(
        requester=Requester(function=Function.ACUTE_TEAM, organisation=unit, person=NURSE),
        citizen=CITIZEN,
        purposes=frozenset({Purpose.TREATMENT}),
        action=action,
        categories=frozenset(Category),
        at=at,
    )


def seen(request: AccessRequest, facts: Facts = FACTS) -> set[str] | None:
    decision = decide(request, facts)
    if isinstance(decision, Denial):
        return None
    return {name for name, item in RECORDS.items() if may_disclose(decision, item)}


HEALTH = {"visit", "diagnosis", "region-visit"}


@pytest.mark.parametrize(
    ("unit", "at", "expected"),
    [(OLD, BEFORE, HEALTH), (OLD, AFTER, None), (NEW, BEFORE, None), (NEW, AFTER, HEALTH)],
)
def test_the_nurse_sees_the_same_on_both_sides_of_midnight(
    unit: OrganisationKey, at: datetime, expected: set[str] | None
) -> None:
    assert seen(ask(unit, at)) == expected


def test_no_decision_of_the_old_year_lasts_into_the_new() -> None:
    decision = decide(ask(OLD, BEFORE - timedelta(hours=5)), FACTS)
    assert isinstance(decision, Permit)
    assert decision.valid_until == MIDNIGHT


@pytest.mark.parametrize(
    ("unit", "at", "expected"),
    [(OLD, BEFORE, {"visit"}), (OLD, AFTER, None), (NEW, BEFORE, None), (NEW, AFTER, {"region-visit"})],
)
def test_she_writes_for_the_one_who_employs_her(unit: OrganisationKey, at: datetime, expected: set[str] | None) -> None:
    assert seen(ask(unit, at, Action.SUBMIT)) == expected


def _block(actors: ActorScope = ANYONE, data: DataScope = ALL_DATA) -> Facts:
    root = Provision(effect=Effect.DENY, actors=actors, data=data)
    return replace(FACTS, directives=(Directive(id="b", version=1, active=True, period=Period(), root=root),))


@pytest.mark.parametrize(
    "actors",
    [ActorScope(persons=frozenset({NURSE})), ActorScope(functions=frozenset({Function.ACUTE_TEAM}))],
)
def test_a_block_on_the_nurse_or_on_acute_nursing_moves_with_her(actors: ActorScope) -> None:
    assert seen(ask(OLD, BEFORE), _block(actors)) is None
    assert seen(ask(NEW, AFTER), _block(actors)) is None


def test_a_block_on_the_municipality_stays_with_the_municipality() -> None:
    blocked = _block(ActorScope(organisations=frozenset({MUNICIPALITY})))
    assert seen(ask(OLD, BEFORE), blocked) is None
    assert seen(ask(NEW, AFTER), blocked) == HEALTH


def test_a_block_on_a_sector_is_about_where_she_works_when_she_asks() -> None:
    municipal = _block(ActorScope(sectors=frozenset({Sector.MUNICIPALITY})))
    assert seen(ask(OLD, BEFORE), municipal) is None
    assert seen(ask(NEW, AFTER), municipal) == HEALTH
    regional = _block(ActorScope(sectors=frozenset({Sector.REGION})))
    assert seen(ask(OLD, BEFORE), regional) == HEALTH
    assert seen(ask(NEW, AFTER), regional) is None


def test_what_a_sector_wrote_stays_its_own_when_the_unit_moves() -> None:
    blocked = _block(data=DataScope(sectors=frozenset({Sector.MUNICIPALITY})))
    controlled = Signature(
        Category.STATUS_NOTE, frozenset(), MUNICIPALITY, OLD, NURSE, Regime.HEALTH_CARE
    )  # as the service stores it: the municipality answers for it
    # The very same unit is hung below the region: what it wrote before is not the region's for that.
    moved = replace(blocked.organisations, parents={OLD: REGION, NEW: REGION})
    for tree in (blocked.organisations, moved):
        decision = decide(ask(NEW, AFTER), replace(blocked, organisations=tree))
        assert isinstance(decision, Permit)
        assert not may_disclose(decision, replace(RECORDS["visit"], signature=controlled))
        assert may_disclose(decision, RECORDS["region-visit"])


def test_a_service_that_did_not_move_gives_the_region_nothing() -> None:
    stayed = replace(FACTS, relations=(_service(OLD, Period()),))
    assert seen(ask(OLD, BEFORE), stayed) == HEALTH
    assert seen(ask(NEW, AFTER), stayed) is None


def test_treating_now_is_declared_anew_at_the_new_unit() -> None:
    declared = Declaration(
        kind=DeclarationKind.TREATING_NOW,
        person=NURSE,
        organisation=OLD,
        purpose=Purpose.TREATMENT,
        period=Period(start=MIDNIGHT - timedelta(hours=1)),
    )
    facts = replace(FACTS, relations=(), declarations=(declared,))
    assert seen(ask(OLD, BEFORE), facts) == HEALTH
    assert seen(ask(NEW, AFTER), facts) is None
    anew = replace(declared, organisation=NEW, period=Period(start=MIDNIGHT))
    assert seen(ask(NEW, AFTER), replace(facts, declarations=(declared, anew))) == HEALTH


def test_an_agreement_of_the_municipality_on_its_social_cases_does_not_move_by_itself() -> None:
    def agreed(party: OrganisationKey, period: Period) -> Agreement:
        return Agreement(
            id=f"{party}",
            version=1,
            period=period,
            functions=frozenset({Function.ACUTE_TEAM}),
            categories=frozenset(Category),
            organisations=frozenset({MUNICIPALITY, party}),
            enables_social_case=True,
        )

    old = replace(FACTS, agreements=(agreed(OLD, Period()),))
    assert seen(ask(OLD, BEFORE), old) == HEALTH | {"social-case"}
    assert seen(ask(NEW, AFTER), old) == HEALTH
    renewed = replace(FACTS, agreements=(agreed(OLD, UNTIL), agreed(REGION, SINCE)))
    assert seen(ask(OLD, BEFORE), renewed) == HEALTH | {"social-case"}
    assert seen(ask(NEW, AFTER), renewed) == HEALTH | {"social-case"}


def test_the_rule_and_the_evidence_are_the_same_before_and_after() -> None:
    before, after = decide(ask(OLD, BEFORE), FACTS), decide(ask(NEW, AFTER), FACTS)
    assert before.reasons == after.reasons
    assert isinstance(before, Permit)
    assert isinstance(after, Permit)
    assert before.grants == after.grants
    assert before.obligations == after.obligations


@pytest.mark.parametrize(
    ("unit", "at", "expected"), [(OLD, BEFORE, True), (OLD, AFTER, False), (NEW, BEFORE, False), (NEW, AFTER, True)]
)
def test_what_she_is_told_that_the_law_opens_moves_with_her_too(
    unit: OrganisationKey, at: datetime, expected: bool
) -> None:
    blocked = _block(ActorScope(persons=frozenset({NURSE})))
    for facts in (FACTS, blocked):  # a block changes nothing that staff are told
        found = {one.category: one.outcome for one in prospects_by_law(ask(unit, at), facts)}
        assert found[Category.DIAGNOSIS] is (Outcome.YES if expected else Outcome.NO)
        assert found[Category.ACCESS_LOG] is Outcome.NO


def test_the_citizen_can_ask_today_what_the_new_units_nurse_would_see_then() -> None:
    somebody = replace(ask(NEW, AFTER), requester=Requester(function=Function.ACUTE_TEAM, organisation=NEW))
    found = {one.category: one.outcome for one in prospects(*suppose(somebody, FACTS, with_emergency=False))}
    assert found[Category.DIAGNOSIS] is Outcome.YES
