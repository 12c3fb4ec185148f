"""Every dated fact ends a decision when it changes, and which of several facts a rule rests on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from consent import Facts, Permit, decide
from consent.model import (
    Agreement,
    Assignment,
    CitizenKey,
    Declaration,
    Delegation,
    Directive,
    Judgement,
    OrganisationKey,
    Participation,
    Period,
    PersonKey,
    Provision,
    Relation,
    Representation,
    Standing,
)
from consent.moments import next_change
from consent.policy import OWN_EFFORT
from consent.vocabulary import (
    AssignmentKind,
    Category,
    DeclarationKind,
    Effect,
    Evidence,
    Function,
    JudgementKind,
    Purpose,
    RelationKind,
    RepresentationKind,
)
from tests.consent.test_directives import FACTS, WARD

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOON, LATER = AT + timedelta(hours=1), AT + timedelta(hours=2)
INSTANT = timedelta(microseconds=1)
ANN, A = PersonKey("ann"), OrganisationKey("a")


def dated(period: Period) -> dict[str, Facts]:
    """Return facts by what is dated by `period` in them."""
    running = Period(start=AT - timedelta(hours=1), end=period.end)
    inner = Provision(effect=Effect.DENY, period=period)
    plain = Provision(effect=Effect.DENY)
    return {
        "relation": Facts(
            relations=(Relation(kind=RelationKind.STAY, organisation=A, evidence=Evidence.INDEPENDENT, period=period),)
        ),
        "declaration": Facts(
            declarations=(
                Declaration(
                    kind=DeclarationKind.TREATING_NOW,
                    person=ANN,
                    organisation=A,
                    purpose=Purpose.TREATMENT,
                    period=running if period.start is None else period,
                ),
            )
        ),
        "representation": Facts(
            representations=(
                Representation(kind=RepresentationKind.CUSTODY, representative=CitizenKey(1), period=period),
            )
        ),
        "delegation": Facts(
            delegations=(Delegation(person=ANN, organisation=A, responsible=PersonKey("bo"), period=period),)
        ),
        "agreement": Facts(
            agreements=(
                Agreement(
                    id="a",
                    version=1,
                    period=period,
                    functions=frozenset({Function.HOME_NURSING}),
                    categories=frozenset({Category.PLAN}),
                    organisations=frozenset({A}),
                ),
            )
        ),
        "standing": Facts(standings=(Standing(person=ANN, authorised=True, period=period),)),
        "assignment": Facts(
            assignments=(Assignment(kind=AssignmentKind.QUALITY, person=ANN, organisation=A, period=period),)
        ),
        "judgement": Facts(judgements=(Judgement(kind=JudgementKind.CANNOT_FORESEE, period=period),)),
        "participation": Facts(participations=(Participation(person=ANN, period=period),)),
        "directive": Facts(directives=(Directive(id="d", version=1, active=True, period=period, root=plain),)),
        "provision": Facts(directives=(Directive(id="d", version=1, active=True, period=Period(), root=inner),)),
        "nested provision": Facts(
            directives=(
                Directive(
                    id="d",
                    version=1,
                    active=True,
                    period=Period(),
                    root=Provision(effect=Effect.PERMIT, exceptions=(inner,)),
                ),
            )
        ),
    }


@pytest.mark.parametrize("fact", dated(Period()))
def test_what_ends_changes_the_decision_an_instant_after_its_end(fact: str) -> None:
    assert next_change(dated(Period(end=SOON))[fact], (), AT) == SOON + INSTANT
    assert next_change(dated(Period(end=AT))[fact], (), AT) == AT + INSTANT


@pytest.mark.parametrize("fact", dated(Period()))
def test_what_begins_changes_the_decision_at_its_beginning(fact: str) -> None:
    assert next_change(dated(Period(start=SOON, end=LATER))[fact], (), AT) == SOON


def test_the_effect_of_an_own_part_may_be_looked_up_until_six_months_after_it() -> None:
    facts = dated(Period(end=AT - timedelta(days=1)))["participation"]
    assert next_change(facts, (), AT) == AT - timedelta(days=1) + OWN_EFFORT + INSTANT


@pytest.mark.parametrize("order", [1, -1])
def test_a_look_up_rests_on_the_strongest_relation_whatever_the_order(make_request, order: int) -> None:
    relations = tuple(
        Relation(kind=RelationKind.STAY, organisation=WARD, evidence=evidence)
        for evidence in (Evidence.SELF_ASSERTED, Evidence.NOTIFICATION)[::order]
    )
    decision = decide(make_request(), replace(FACTS, relations=relations))
    assert isinstance(decision, Permit)
    assert [reason.evidence for reason in decision.reasons if reason.rule == "L1"] == [Evidence.NOTIFICATION]


@pytest.mark.parametrize("profession", ["7170", "5433", "5175", "5166"])
def test_the_four_professions_of_the_law_evaluate_their_own_effort(make_request, profession: str) -> None:
    request = make_request(purpose=Purpose.QUALITY)
    request = replace(request, requester=replace(request.requester, profession=profession))
    part = Participation(person=ANN, period=Period(start=request.at - timedelta(days=30), end=request.at))
    decision = decide(request, replace(FACTS, participations=(part,)))
    assert isinstance(decision, Permit)
    assert "N2" in {reason.rule for reason in decision.reasons}


@pytest.mark.parametrize(("after", "reads"), [(-INSTANT, True), (timedelta(), False), (INSTANT, False)])
def test_what_the_citizen_alone_may_do_ends_at_the_instant_of_death(
    make_request, after: timedelta, reads: bool
) -> None:
    request = make_request(function=Function.CITIZEN, purpose=Purpose.PATIENT_REQUEST)
    facts = replace(FACTS, citizen_born=request.at.replace(year=1950), citizen_died=request.at - after)
    assert isinstance(decide(request, facts), Permit) is reads
