"""How votes become one decision."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from consent import Denial, Facts, Permit, decide, engine, residual
from consent.case import Case
from consent.condition import ALWAYS, NEVER
from consent.model import (
    NOBODY,
    Agreement,
    CitizenKey,
    DataScope,
    Grant,
    OrganisationKey,
    Organisations,
    Period,
    PersonKey,
    Relation,
    Signature,
    Withheld,
)
from consent.policy import HEALTH_CARE_ONLY, POLICY_VERSION
from consent.rule import Finding, Rule
from consent.rules import RULES
from consent.vocabulary import (
    Action,
    Category,
    EvidenceMark,
    Function,
    Label,
    Obligation,
    Purpose,
    Regime,
    RelationKind,
)
from tests.consent.test_directives import FACTS, WARD

MEDICATION = frozenset({Category.MEDICATION})
BOTH = frozenset({Category.MEDICATION, Category.DIAGNOSIS})
A, B = OrganisationKey("a"), OrganisationKey("b")


def grant(*categories: Category, rule: str = "T", **more: object) -> Grant:
    given: dict = {"regimes": HEALTH_CARE_ONLY, "never": frozenset[Label](), **more}
    return Grant(categories=frozenset(categories), rule=rule, **given)


def rule(judge, rule_id: str = "T", **more: object) -> Rule:
    return Rule(
        id=rule_id,
        paragraph="§",
        mark=EvidenceMark.VERIFIED,
        danish="Ja.",
        english="Yes.",
        actions=frozenset(Action),
        judge=judge,
        **more,
    )


def opens(*grants: Grant, **more: object) -> Rule:
    return rule(lambda case: Finding(grants=grants, **more))


def raises(case: Case) -> Finding | None:
    raise KeyError(case.purpose)


def test_a_rule_that_raises_means_no_and_is_named(make_request) -> None:
    decision = decide(make_request(), FACTS, (*RULES, rule(raises, "BROKEN")))
    assert isinstance(decision, Denial)
    assert {reason.rule for reason in decision.reasons} == {"D1", "BROKEN"}


def test_a_rule_that_raises_for_one_purpose_means_no_for_all(make_request) -> None:
    def fussy(case: Case) -> Finding | None:
        return raises(case) if case.purpose is Purpose.RESEARCH else Finding(grants=(grant(Category.DIAGNOSIS),))

    request = replace(make_request(), purposes=frozenset({Purpose.TREATMENT, Purpose.RESEARCH}))
    assert isinstance(decide(request, Facts(), (rule(fussy),)), Denial)
    assert isinstance(decide(make_request(), Facts(), (rule(fussy),)), Permit)


def test_a_rule_for_another_action_is_not_asked(make_request) -> None:
    broken = replace(rule(raises), actions=frozenset({Action.SUBMIT}))
    assert isinstance(decide(make_request(), FACTS, (*RULES, broken)), Permit)


def test_a_rule_that_is_not_law_yet_is_not_asked_but_ends_the_decision(make_request) -> None:
    request = make_request()
    tomorrow = request.at + timedelta(days=1)
    coming = rule(raises, period=Period(start=tomorrow))
    decision = decide(request, FACTS, (*RULES, coming))
    assert isinstance(decision, Permit)
    assert decision.valid_until == tomorrow
    assert isinstance(decide(replace(request, at=tomorrow), FACTS, (*RULES, coming)), Denial)


def test_what_is_open_for_two_purposes_is_what_both_open(make_request) -> None:
    never = frozenset({Label.PSYCHIATRY})

    def judge(case: Case) -> Finding | None:
        if case.purpose is Purpose.TREATMENT:
            one = grant(*BOTH, rule="X", controllers=frozenset({A, B}), regimes=frozenset(Regime))
            return Finding(grants=(one, grant(Category.ALERT)), obligations=frozenset({Obligation.REVIEW}))
        return Finding(grants=(grant(Category.MEDICATION, rule="Y", never=never, controllers=frozenset({A})),))

    request = replace(make_request(), purposes=frozenset({Purpose.TREATMENT, Purpose.RESEARCH}))
    decision = decide(request, Facts(), (rule(judge),))
    assert isinstance(decision, Permit)
    assert decision.grants == (grant(Category.MEDICATION, rule="X+Y", never=never, controllers=frozenset({A})),)
    assert decision.obligations == {Obligation.LOG, Obligation.REVIEW}


@pytest.mark.parametrize("free", [Purpose.TREATMENT, Purpose.RESEARCH])
def test_a_purpose_without_controllers_takes_those_of_the_other(make_request, free: Purpose) -> None:
    def judge(case: Case) -> Finding | None:
        controllers = None if case.purpose is free else frozenset({A})
        return Finding(grants=(grant(Category.MEDICATION, controllers=controllers),))

    request = replace(make_request(), purposes=frozenset({Purpose.TREATMENT, Purpose.RESEARCH}))
    decision = decide(request, Facts(), (rule(judge),))
    assert isinstance(decision, Permit)
    assert [one.controllers for one in decision.grants] == [frozenset({A})]


@pytest.mark.parametrize("closing", [Purpose.TREATMENT, Purpose.RESEARCH])
def test_what_closes_for_one_purpose_closes_for_all(make_request, closing: Purpose) -> None:
    def judge(case: Case) -> Finding | None:
        closed = Withheld(data=DataScope(categories=MEDICATION), rule="T", directive="d")
        return Finding(grants=(grant(*BOTH),), withheld=(closed,) if case.purpose is closing else ())

    request = replace(make_request(), purposes=frozenset({Purpose.TREATMENT, Purpose.RESEARCH}))
    decision = decide(request, Facts(), (rule(judge),))
    assert isinstance(decision, Permit)
    assert decision.grants[0].categories == {Category.DIAGNOSIS}
    assert [reason.directive for reason in decision.reasons] == ["d", ""]


def test_reasons_say_what_closed_first(make_request) -> None:
    decision = decide(make_request(), FACTS)
    assert [(reason.effect.value, reason.rule) for reason in decision.reasons] == [
        ("deny", "F1"),
        ("deny", "F2"),
        ("deny", "L6"),
        ("permit", "L1"),
    ]


def test_a_rule_that_opens_nothing_that_was_asked_for_is_no_basis(make_request) -> None:
    request = replace(make_request(), categories=MEDICATION)
    decision = decide(request, Facts(), (opens(grant(Category.ALERT)),))
    assert isinstance(decision, Denial)
    assert [reason.rule for reason in decision.reasons] == ["D0"]


def test_a_time_without_zone_is_a_refusal(make_request) -> None:
    request = replace(make_request(), at=datetime(2026, 7, 1, 12))  # noqa: DTZ001
    assert isinstance(decide(request, FACTS), Denial)


def test_the_end_of_time_is_no_change(make_request) -> None:
    forever = Period(start=datetime.min.replace(tzinfo=UTC), end=datetime.max.replace(tzinfo=UTC))
    facts = replace(FACTS, relations=tuple(replace(one, period=forever) for one in FACTS.relations))
    decision = decide(make_request(), facts)
    assert isinstance(decision, Permit)
    assert decision.valid_until is None


def test_a_birthday_past_the_end_of_time_is_a_refusal(make_request) -> None:
    decision = decide(make_request(), replace(FACTS, citizen_born=datetime(9990, 1, 1, tzinfo=UTC)))
    assert isinstance(decision, Denial)


def test_a_decision_ends_no_later_than_the_first_of_many_changes(make_request) -> None:
    request = make_request()
    hours = [timedelta(hours=number) for number in (5, 2, 9)]
    later = tuple(
        Relation(
            kind=RelationKind.RESIDENCE,
            organisation=A,
            evidence=FACTS.relations[0].evidence,
            period=Period(start=request.at + hour, end=request.at + hour + timedelta(hours=1)),
        )
        for hour in hours
    )
    decision = decide(request, replace(FACTS, relations=FACTS.relations + later))
    assert isinstance(decision, Permit)
    assert decision.valid_until == request.at + timedelta(hours=2)


def test_the_death_of_the_citizen_is_a_change(make_request) -> None:
    request = make_request()
    decision = decide(request, replace(FACTS, citizen_died=request.at + timedelta(days=1)))
    assert isinstance(decision, Permit)
    assert decision.valid_until == request.at + timedelta(days=1)


def test_nothing_withheld_leaves_nothing_to_ask(make_request) -> None:
    decision = decide(make_request(), Facts(), (opens(grant(Category.MEDICATION)),))
    assert isinstance(decision, Permit)
    signature = Signature(Category.MEDICATION, frozenset(), A, A, PersonKey("x"), Regime.HEALTH_CARE)
    assert residual(decision, signature) is ALWAYS
    assert residual(decision, replace(signature, category=Category.DIAGNOSIS)) is NEVER
    assert residual(decision, replace(signature, regime=Regime.SOCIAL_CASE)) is NEVER


def test_a_decision_says_which_agreements_bound_it(make_request) -> None:
    def agreed(name: str, version: int, unit: OrganisationKey) -> Agreement:
        return Agreement(
            id=name,
            version=version,
            period=Period(),
            functions=frozenset(),
            categories=frozenset(),
            organisations=frozenset({unit}),
        )

    agreements = (agreed("north", 3, WARD), agreed("east", 2, WARD), agreed("south", 1, A))
    assert decide(make_request(), FACTS).policy == POLICY_VERSION
    assert decide(make_request(), replace(FACTS, agreements=agreements)).policy == f"{POLICY_VERSION};east|2;north|3"


@pytest.mark.parametrize("action", [Action.LOOK_UP, Action.DISCLOSE, Action.READ_LOG, Action.DIRECT, Action.EXPLAIN])
def test_nothing_is_open_of_nobody_whatever_a_rule_says(make_request, action: Action) -> None:
    request = replace(make_request(action=action), recipient=make_request().requester)
    everything = opens(grant(*Category))
    assert isinstance(decide(request, FACTS, (everything,)), Permit), "the control"
    assert isinstance(decide(replace(request, citizen=NOBODY), FACTS, (everything,)), Denial)


@pytest.mark.parametrize("action", [Action.SUBMIT, Action.DECLARE, Action.JUDGE, Action.OVERSEE])
def test_what_is_decided_about_the_caller_alone_needs_no_known_citizen(make_request, action: Action) -> None:
    request = replace(make_request(action=action), citizen=NOBODY)
    assert isinstance(decide(request, FACTS, (opens(grant(*Category)),)), Permit)


def test_a_cycle_in_the_organisation_tree_ends() -> None:
    tree = Organisations(parents={A: B, B: A})
    assert tree.path(A) == (A, B)
    assert tree.is_within(A, B)
    assert not tree.is_within(A, OrganisationKey("c"))


def test_a_representative_of_herself_is_none(make_request) -> None:
    request = make_request(function=Function.REPRESENTATIVE, purpose=Purpose.PATIENT_REQUEST, citizen=CitizenKey(1))
    assert isinstance(decide(request, FACTS), Denial)


def test_a_registration_that_has_ended_names_no_functions(make_request) -> None:
    request = make_request(function=Function.SYSTEM, action=Action.SUBMIT)
    client = replace(FACTS.standings[0], person=PersonKey("client"), authorised=False)
    now = replace(client, functions=frozenset({Function.SYSTEM, Function.HOME_CARE}))
    before = replace(
        client,
        functions=frozenset({Function.SYSTEM, Function.HOSPITAL_TREATMENT}),
        period=Period(end=request.at - timedelta(days=1)),
    )
    decision = decide(request, Facts(standings=(now, before)))
    assert isinstance(decision, Permit)
    assert Category.DIAGNOSIS not in decision.grants[0].categories


# What permits of one kind share


def test_permits_over_different_trees_share_nothing(make_request) -> None:
    signature = Signature(Category.PLAN, frozenset(), A, A, PersonKey("x"), Regime.HEALTH_CARE)
    below, beside = Organisations(parents={A: B}), Organisations()
    rules = (opens(grant(Category.PLAN, controllers=frozenset({B}))),)
    for tree, answer in ((below, ALWAYS), (beside, NEVER), (below, ALWAYS)):
        permit = decide(make_request(), Facts(organisations=tree), rules)
        assert isinstance(permit, Permit)
        assert residual(permit, signature) is answer


def test_permits_that_open_and_close_the_same_share_what_was_found(make_request) -> None:
    facts = Facts(organisations=Organisations())
    rules = (opens(grant(Category.PLAN)),)
    one, same = (decide(make_request(), facts, rules) for _ in range(2))
    other = decide(make_request(), facts, (opens(grant(Category.ALERT)),))
    assert isinstance(one, Permit)
    assert isinstance(same, Permit)
    assert isinstance(other, Permit)
    assert one.judged is same.judged
    assert one.judged is not other.judged


def test_what_is_shared_is_bounded(make_request, monkeypatch) -> None:
    monkeypatch.setattr(engine, "_alike", {})
    monkeypatch.setattr(engine, "_MOST_KINDS", 2)
    monkeypatch.setattr(engine, "_MOST_SIGNATURES", 2)
    facts = Facts(organisations=Organisations())
    for category in (Category.PLAN, Category.ALERT, Category.TASK):
        decide(make_request(), facts, (opens(grant(category)),))
    assert len(engine._alike) == 2

    def permit() -> Permit:
        decided = decide(make_request(), facts, (opens(grant(Category.TASK)),))
        assert isinstance(decided, Permit)
        return decided

    signatures = [Signature(Category.TASK, frozenset(), unit, A, PersonKey("x"), Regime.HEALTH_CARE) for unit in (A, B)]
    first = permit()
    residual(first, signatures[0])
    assert permit().judged is first.judged
    residual(first, signatures[1])
    assert permit().judged is not first.judged
