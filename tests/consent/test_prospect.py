"""What somebody would get, without getting it: explanations agree with decisions, and tell staff of no block."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import Denial, Facts, Permit, decide, may_disclose
from consent.model import (
    AccessRequest,
    ActorScope,
    Agreement,
    Assignment,
    CitizenKey,
    DataScope,
    Directive,
    Item,
    OrganisationKey,
    Organisations,
    Period,
    PersonKey,
    Provision,
    Relation,
    Requester,
    Signature,
)
from consent.prospect import Outcome, kinds_open, opens_nothing, prospects, prospects_by_law, suppose, verdict
from consent.vocabulary import (
    Action,
    AssignmentKind,
    Category,
    DeclarationKind,
    Effect,
    Evidence,
    Function,
    Label,
    Purpose,
    Regime,
    RelationKind,
)
from tests.consent.strategies import NOON, examples, items, questions

WARD, HOSPITAL, PRACTICE = OrganisationKey("ward"), OrganisationKey("hospital"), OrganisationKey("practice")
TREE = Organisations(parents={WARD: HOSPITAL})
STAY = Relation(kind=RelationKind.STAY, organisation=WARD, evidence=Evidence.NOTIFICATION)
KNOWN = Facts(relations=(STAY,), organisations=TREE)


def asked(function: Function = Function.HOSPITAL_TREATMENT, purpose: Purpose = Purpose.TREATMENT) -> AccessRequest:
    return AccessRequest(
        requester=Requester(function=function, organisation=WARD),
        citizen=CitizenKey(1),
        purposes=frozenset({purpose}),
        action=Action.LOOK_UP,
        categories=frozenset(Category),
        at=NOON,
    )


def directive(effect: Effect, name: str = "Consent/1", *, actors: ActorScope | None = None, **scope) -> Directive:
    exceptions = scope.pop("exceptions", ())
    provision = Provision(
        effect=effect, actors=actors or ActorScope(), data=DataScope(**scope), exceptions=tuple(exceptions)
    )
    return Directive(id=name, version=1, active=True, period=Period(), root=provision)


def outcomes(facts: Facts, *, by_law: bool = False, **how) -> dict[Category, Outcome]:
    request, known = suppose(asked(**how), facts, with_emergency=True)
    found = (prospects_by_law if by_law else prospects)(request, known)
    return {one.category: one.outcome for one in found}


def blocked(**scope) -> Facts:
    return replace(KNOWN, directives=(directive(Effect.DENY, **scope),))


ALLERGY, DIAGNOSIS = Category.ALLERGY, Category.DIAGNOSIS


def test_a_ward_that_treats_gets_what_its_function_needs() -> None:
    found = outcomes(KNOWN)
    assert found[ALLERGY] is Outcome.YES
    assert found[Category.CONSENT] is Outcome.NO


def test_a_ward_that_does_not_treat_gets_nothing() -> None:
    request, known = suppose(asked(), Facts(organisations=TREE), with_emergency=True)
    found = prospects(request, known)
    assert opens_nothing(found)
    assert {reason.rule for one in found for reason in one.reasons} == {"D0"}
    assert not opens_nothing(prospects(*suppose(asked(), KNOWN, with_emergency=True)))


@pytest.mark.parametrize(
    ("scope", "of_allergies", "of_diagnoses"),
    [
        ({}, Outcome.NO, Outcome.NO),
        ({"categories": frozenset({ALLERGY})}, Outcome.NO, Outcome.YES),
        ({"labels": frozenset({Label.HIV})}, Outcome.PARTLY, Outcome.PARTLY),
        ({"categories": frozenset({ALLERGY}), "period": Period(end=NOON)}, Outcome.PARTLY, Outcome.YES),
        ({"instances": frozenset({"Condition/1"})}, Outcome.PARTLY, Outcome.PARTLY),
        (
            {"exceptions": [Provision(effect=Effect.PERMIT, data=DataScope(categories=frozenset({ALLERGY})))]},
            Outcome.YES,
            Outcome.NO,
        ),
        (
            {"exceptions": [Provision(effect=Effect.PERMIT, data=DataScope(labels=frozenset({Label.HIV})))]},
            Outcome.PARTLY,
            Outcome.PARTLY,
        ),
    ],
)
def test_a_block_is_told_as_far_as_it_reaches(scope: dict, of_allergies: Outcome, of_diagnoses: Outcome) -> None:
    found = outcomes(blocked(**scope))
    assert (found[ALLERGY], found[DIAGNOSIS]) == (of_allergies, of_diagnoses)


def test_a_block_is_named_where_it_closes_and_nowhere_else() -> None:
    request, known = suppose(asked(), blocked(categories=frozenset({ALLERGY})), with_emergency=False)
    named = {
        one.category
        for one in prospects(request, known)
        for reason in one.reasons
        if reason.directive == "Consent/1" and reason.rule == "L5"
    }
    assert named == {ALLERGY}


def test_what_protects_records_by_their_label_is_told_apart() -> None:
    request, known = suppose(asked(), KNOWN, with_emergency=False)
    (of_allergies,) = [one for one in prospects(request, known) if one.category is ALLERGY]
    assert [reason.rule for reason in of_allergies.reasons] == ["L1"]
    assert [reason.evidence for reason in of_allergies.reasons] == [Evidence.NOTIFICATION]
    assert [reason.rule for reason in of_allergies.protected] == ["F1", "F2", "L6"]


def test_an_agreement_that_leaves_a_kind_out_is_told() -> None:
    agreement = Agreement(
        id="A-7",
        version=1,
        period=Period(),
        functions=frozenset({Function.HOSPITAL_TREATMENT}),
        categories=frozenset(Category) - {ALLERGY},
        organisations=frozenset({HOSPITAL, PRACTICE}),
    )
    request, known = suppose(asked(), replace(KNOWN, agreements=(agreement,)), with_emergency=False)
    found = {one.category: one for one in prospects_by_law(request, known)}
    assert found[ALLERGY].outcome is Outcome.PARTLY
    assert ("A0", "A-7") in {(reason.rule, reason.directive) for reason in found[ALLERGY].reasons}
    assert found[DIAGNOSIS].outcome is Outcome.YES


def test_a_consent_of_social_care_gives_a_part_because_labels_stay_closed() -> None:
    named = directive(Effect.PERMIT, actors=ActorScope(organisations=frozenset({WARD})))
    named = replace(named, root=replace(named.root, purposes=frozenset({Purpose.CARE_MANAGEMENT})))
    facts = replace(KNOWN, directives=(named,))
    how = {"function": Function.HOME_CARE, "purpose": Purpose.CARE_MANAGEMENT}
    assert outcomes(facts, **how)[Category.PLAN] is Outcome.PARTLY
    # Nothing but the consent opens here, so it counts; its limits do not.
    limited = replace(named, root=replace(named.root, data=DataScope(categories=frozenset({Category.PLAN}))))
    by_law = outcomes(replace(facts, directives=(limited,)), by_law=True, **how)
    assert by_law == outcomes(facts, by_law=True, **how)
    assert by_law[Category.DEVICE] is Outcome.PARTLY
    assert outcomes(replace(facts, directives=(limited,)), **how)[Category.DEVICE] is Outcome.NO


def test_a_block_does_not_count_where_a_consent_alone_opens() -> None:
    named = directive(Effect.PERMIT, actors=ActorScope(organisations=frozenset({WARD})))
    named = replace(named, root=replace(named.root, purposes=frozenset({Purpose.CARE_MANAGEMENT})))
    blocked_too = replace(KNOWN, directives=(named, directive(Effect.DENY, "Consent/2")))
    how = {"function": Function.HOME_CARE, "purpose": Purpose.CARE_MANAGEMENT}
    assert outcomes(blocked_too, **how)[Category.PLAN] is Outcome.NO
    assert outcomes(blocked_too, by_law=True, **how)[Category.PLAN] is Outcome.PARTLY


def assigned(kind: AssignmentKind) -> Facts:
    period = Period(start=NOON, end=NOON + timedelta(days=1))
    return replace(
        KNOWN,
        assignments=(Assignment(kind=kind, person=PersonKey("(somebody)"), organisation=WARD, period=period),),
    )


def test_what_is_open_of_one_place_alone_is_a_part() -> None:
    how = {"function": Function.ADMINISTRATOR, "purpose": Purpose.OPERATIONS}
    assert outcomes(assigned(AssignmentKind.SUPERVISION), **how)[DIAGNOSIS] is Outcome.PARTLY


def test_a_rule_that_opens_and_closes_is_told_with_both() -> None:
    request, known = suppose(asked(purpose=Purpose.QUALITY), assigned(AssignmentKind.QUALITY), with_emergency=False)
    (of_diagnoses,) = [one for one in prospects(request, known) if one.category is DIAGNOSIS]
    assert [(reason.rule, reason.effect) for reason in of_diagnoses.reasons] == [
        ("N3", Effect.PERMIT),
        ("N3", Effect.DENY),
    ]
    assert "N3" not in {reason.rule for reason in of_diagnoses.protected}
    old = replace(record(DIAGNOSIS), period=Period(end=NOON - timedelta(days=3000)))
    own = replace(old, signature=replace(old.signature, controller=WARD, origin=WARD))
    assert [(reason.rule, reason.effect) for reason in verdict(of_diagnoses, own).reasons] == [("N3", Effect.DENY)]


def test_each_record_is_answered_with_the_rules_that_open_it_and_no_others() -> None:
    agreement = Agreement(
        id="A-8",
        version=1,
        period=Period(),
        functions=frozenset({Function.HOSPITAL_TREATMENT}),
        categories=frozenset(Category),
        organisations=frozenset({HOSPITAL, PRACTICE}),
        enables_social_case=True,
    )
    facts = replace(KNOWN, agreements=(agreement,))
    assert outcomes(facts)[ALLERGY] is Outcome.YES
    assert told(facts, record(regime=Regime.SOCIAL_CASE)) == (True, ["X2"])
    assert told(facts, record()) == (True, ["L1"])


def test_a_permit_shows_the_kinds_that_nothing_closes_whole() -> None:
    def kinds(facts: Facts) -> frozenset[Category]:
        decision = decide(*suppose(asked(), facts, with_emergency=False))
        assert isinstance(decision, Permit)
        return kinds_open(decision)

    most = frozenset(Category) - {Category.CONSENT, Category.ACCESS_LOG}
    assert kinds(KNOWN) == most
    assert kinds(blocked(categories=frozenset({ALLERGY}))) == most - {ALLERGY}
    assert kinds(blocked(labels=frozenset({Label.HIV}))) == most
    only = [Provision(effect=Effect.PERMIT, data=DataScope(categories=frozenset({ALLERGY})))]
    assert kinds(blocked(exceptions=only)) == {ALLERGY}


def test_a_permit_shows_what_one_of_several_rules_opens() -> None:
    period = Period(start=NOON, end=NOON + timedelta(days=1))
    assignment = Assignment(
        kind=AssignmentKind.SUPERVISION, person=PersonKey("(somebody)"), organisation=WARD, period=period
    )
    consent = directive(Effect.PERMIT, actors=ActorScope(organisations=frozenset({WARD})))
    consent = replace(consent, root=replace(consent.root, purposes=frozenset({Purpose.OPERATIONS})))
    facts = replace(KNOWN, assignments=(assignment,), directives=(consent,))
    decision = decide(*suppose(asked(purpose=Purpose.OPERATIONS), facts, with_emergency=False))
    assert isinstance(decision, Permit)
    assert len({one.categories for one in decision.grants}) > 1
    assert kinds_open(decision) == frozenset().union(*(one.categories for one in decision.grants))


# Records


def record(category: Category = ALLERGY, *labels: Label, regime: Regime = Regime.HEALTH_CARE) -> Item:
    signature = Signature(category, frozenset(labels), PRACTICE, PRACTICE, PersonKey("gp"), regime)
    return Item(citizen=CitizenKey(1), instance="Condition/1", signature=signature, period=Period(start=NOON, end=NOON))


def told(facts: Facts, item: Item) -> tuple[bool, list[str]]:
    found = {one.category: one for one in prospects(*suppose(asked(), facts, with_emergency=False))}
    answer = verdict(found[item.signature.category], item)
    return answer.permitted, [reason.rule for reason in answer.reasons]


def test_a_record_is_answered_with_the_rule_that_decides_it() -> None:
    assert told(KNOWN, record()) == (True, ["L1"])
    assert told(KNOWN, record(ALLERGY, Label.NATIONAL_GENOME)) == (False, ["L6"])
    assert told(KNOWN, record(regime=Regime.SOCIAL_CASE)) == (False, ["D0"])
    assert told(KNOWN, record(Category.CONSENT)) == (False, ["D0"])
    assert told(blocked(), record()) == (False, ["L5"])
    assert told(blocked(instances=frozenset({"Condition/1"})), record()) == (False, ["L5"])
    assert told(blocked(instances=frozenset({"Condition/2"})), record()) == (True, ["L1"])


@examples(300)
@given(question=questions, records=st.lists(items, max_size=8))
def test_an_explanation_of_a_record_is_the_decision_about_it(
    question: tuple[AccessRequest, Facts], records: list[Item]
) -> None:
    request, facts = question
    found = {one.category: one for one in prospects(request, facts)}
    assert found.keys() == request.categories
    decision = decide(request, facts)
    for item in records:
        prospect = found.get(item.signature.category)
        if prospect is None:
            continue
        answer = verdict(prospect, item)
        assert answer.permitted == (isinstance(decision, Permit) and may_disclose(decision, item))
        assert answer.reasons
        assert {reason.effect for reason in answer.reasons} == {Effect.PERMIT if answer.permitted else Effect.DENY}
        if prospect.outcome is Outcome.NO:
            assert not answer.permitted
        if prospect.outcome is Outcome.YES and not answer.permitted:
            closing = {reason.rule for reason in answer.reasons}
            assert closing <= {reason.rule for reason in prospect.protected} | {"D0"}


# What staff are told


@examples(300)
@given(question=questions)
def test_what_the_citizen_has_blocked_changes_nothing_that_staff_are_told(
    question: tuple[AccessRequest, Facts],
) -> None:
    request, facts = question
    request = replace(request, action=Action.LOOK_UP, recipient=None)
    unblocked = replace(facts, directives=tuple(one for one in facts.directives if one.root.effect is Effect.PERMIT))
    told_blocked, told_unblocked = prospects_by_law(request, facts), prospects_by_law(request, unblocked)
    for one, other in zip(told_blocked, told_unblocked, strict=True):
        assert (one.outcome, set(one.reasons), set(one.protected)) == (
            other.outcome,
            set(other.reasons),
            set(other.protected),
        )
    assert not {reason.rule for one in told_blocked for reason in one.reasons} & {"L5", "L5-P"}
    assert not {
        reason.directive for one in told_blocked for reason in (*one.reasons, *one.protected) if reason.rule != "A0"
    } - {""}


@examples(300)
@given(question=questions)
def test_where_something_else_opens_no_consent_is_told_of(question: tuple[AccessRequest, Facts]) -> None:
    request, facts = question
    request = replace(request, action=Action.LOOK_UP, recipient=None)
    bare = replace(facts, directives=())
    if isinstance(decide(request, bare), Denial):
        return
    assert [(one.outcome, one.reasons) for one in prospects_by_law(request, facts)] == [
        (one.outcome, one.reasons) for one in prospects_by_law(request, bare)
    ]


# Whom it is about


@pytest.mark.parametrize(
    "function", [one for one in Function if one not in {Function.CITIZEN, Function.REPRESENTATIVE}]
)
def test_somebody_is_never_told_more_than_a_registered_person_of_the_function(function: Function) -> None:
    request, known = suppose(asked(function), KNOWN, with_emergency=False)
    if function in {Function.SYSTEM, Function.REGISTER}:
        assert (request, known) == (asked(function), KNOWN)
    else:
        assert request.requester.person is not None
        assert {one.person for one in known.standings} >= {request.requester.person}
    allowed = {Function.HOSPITAL_TREATMENT, Function.ASSISTANT, Function.AMBULANCE}
    assert isinstance(decide(request, known), Permit) == (function in allowed)


def test_an_assistant_is_supposed_to_assist_somebody_who_may() -> None:
    assert outcomes(KNOWN, function=Function.ASSISTANT)[ALLERGY] is Outcome.YES
    assert outcomes(Facts(organisations=TREE), function=Function.ASSISTANT)[ALLERGY] is Outcome.NO


def test_who_is_somebody_stays_who_she_is() -> None:
    request = replace(asked(), requester=replace(asked().requester, person=PersonKey("ann")))
    assert suppose(request, KNOWN, with_emergency=True) == (request, KNOWN)
    nowhere = replace(asked(), requester=Requester(function=Function.HOSPITAL_TREATMENT))
    assert suppose(nowhere, KNOWN, with_emergency=True) == (nowhere, KNOWN)


@pytest.mark.parametrize("purpose", [Purpose.EMERGENCY, Purpose.BREAK_GLASS])
def test_an_emergency_is_supposed_only_where_it_is_asked_for(purpose: Purpose) -> None:
    request, known = suppose(asked(purpose=purpose), blocked(), with_emergency=True)
    assert [one.kind for one in known.declarations] == [DeclarationKind.EMERGENCY]
    assert {one.outcome for one in prospects(request, known)} == {Outcome.YES, Outcome.NO}
    _, without = suppose(asked(purpose=purpose), blocked(), with_emergency=False)
    assert without.declarations == ()
    _, treating = suppose(asked(), blocked(), with_emergency=True)
    assert treating.declarations == ()
