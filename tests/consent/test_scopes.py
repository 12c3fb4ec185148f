"""Each element of a scope about records, on its own."""

import pytest

from consent.disclosure import disclose, may_disclose, residual
from consent.engine import decide
from consent.model import (
    CitizenKey,
    DataScope,
    Facts,
    Grant,
    Item,
    OrganisationKey,
    Organisations,
    Period,
    PersonKey,
    Signature,
    Withheld,
)
from consent.rule import Finding, Rule
from consent.vocabulary import Action, Category, EvidenceMark, Label, Regime, Sector
from tests.consent.strategies import CITIZEN, NOON, OTHER

HOSPITAL, WARD, PRACTICE = (OrganisationKey(name) for name in ("hospital", "ward", "practice"))
TREE = Organisations(parents={WARD: HOSPITAL}, sectors={HOSPITAL: Sector.HOSPITAL, PRACTICE: Sector.GENERAL_PRACTICE})


def item(citizen: CitizenKey = CITIZEN) -> Item:
    return Item(
        citizen=citizen,
        instance="Condition/1",
        signature=Signature(
            Category.DIAGNOSIS, frozenset({Label.HIV}), WARD, PRACTICE, PersonKey("ann"), Regime.HEALTH_CARE
        ),
        period=Period(start=NOON, end=NOON),
    )


def closing(scope: DataScope) -> Rule:
    everything = Grant(
        categories=frozenset(Category), regimes=frozenset(Regime), never=frozenset(), rule="open", controllers=None
    )
    return Rule(
        id="T",
        paragraph="",
        mark=EvidenceMark.VERIFIED,
        danish="",
        english="",
        actions=frozenset(Action),
        judge=lambda _: Finding(grants=(everything,), withheld=(Withheld(data=scope, rule="T"),)),
    )


SCOPES = [
    (DataScope(categories=frozenset({Category.DIAGNOSIS, Category.PLAN})), True),
    (DataScope(categories=frozenset({Category.PLAN})), False),
    (DataScope(labels=frozenset({Label.HIV, Label.PSYCHIATRY})), True),
    (DataScope(labels=frozenset({Label.PSYCHIATRY})), False),
    (DataScope(labels=frozenset({Label.NORMAL_ONLY})), False),
    (DataScope(sectors=frozenset({Sector.HOSPITAL, Sector.OTHER})), True),
    (DataScope(sectors=frozenset({Sector.GENERAL_PRACTICE})), False),  # where it arose, not who answers for it
    (DataScope(sectors=frozenset({Sector.OTHER})), False),
    (DataScope(sectors=frozenset()), False),
    (DataScope(origins=frozenset({WARD})), True),
    (DataScope(origins=frozenset({HOSPITAL})), True),
    (DataScope(origins=frozenset({HOSPITAL}), with_subunits=False), False),
    (DataScope(origins=frozenset({WARD}), with_subunits=False), True),
    (DataScope(origins=frozenset({PRACTICE}), with_subunits=False), True),
    (DataScope(origins=frozenset({PRACTICE})), True),
    (DataScope(origins=frozenset({OrganisationKey("other")})), False),
    (DataScope(authors=frozenset({PersonKey("ann")})), True),
    (DataScope(authors=frozenset({PersonKey("bo")})), False),
    (DataScope(regimes=frozenset({Regime.HEALTH_CARE})), True),
    (DataScope(regimes=frozenset({Regime.SOCIAL_CASE})), False),
    (DataScope(period=Period(start=NOON)), True),
    (DataScope(period=Period(end=NOON.replace(year=2000))), False),
    (DataScope(instances=frozenset({"Condition/1"})), True),
    (DataScope(instances=frozenset({"Condition/2"})), False),
]


@pytest.mark.parametrize(("scope", "is_about_it"), SCOPES)
def test_a_scope_is_about_a_record_or_not(make_request, scope: DataScope, is_about_it: bool) -> None:
    permit = decide(make_request(), Facts(organisations=TREE), (closing(scope),))
    assert may_disclose(permit, item()) is not is_about_it
    assert disclose(permit, [(item(), "it")]) == ([] if is_about_it else ["it"])


def test_a_permit_is_about_one_citizen(make_request) -> None:
    permit = decide(make_request(), Facts(), (closing(DataScope(authors=frozenset({PersonKey("bo")}))),))
    assert disclose(permit, [(item(OTHER), "other"), (item(), "own"), (item(OTHER), "other")]) == ["own"]
    assert not may_disclose(permit, item(OTHER))


def test_what_is_left_to_ask_about_a_signature_is_found_once(make_request) -> None:
    permit = decide(make_request(), Facts(), (closing(DataScope(instances=frozenset({"Condition/2"}))),))
    signature = item().signature
    assert residual(permit, signature) is residual(permit, signature)
