"""What holds for every request, every fact and every record."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from consent import Denial, Facts, Item, Permit, covers, decide, disclose, may_disclose, residual
from consent.condition import holds
from consent.model import NOBODY, AccessRequest, Agreement, Directive, Provision
from consent.rules import DEFECT, NO_BASIS, RULES
from consent.vocabulary import Action, Category, Effect, Function, Purpose, Regime
from tests.consent.strategies import NOON, agreements, examples, items, leaves, questions, requesters, requests

Question = tuple[AccessRequest, Facts]


def same(one: Permit | Denial, other: Permit | Denial) -> bool:
    match one, other:
        case Permit(), Permit():
            return (
                set(one.grants) == set(other.grants)
                and set(one.withheld) == set(other.withheld)
                and set(one.reasons) == set(other.reasons)
                and one.obligations == other.obligations
                and one.valid_until == other.valid_until
            )
        case Denial(), Denial():
            return set(one.reasons) == set(other.reasons)
        case _:
            return False


def seen(decision: Permit | Denial, records: list[Item]) -> set[int]:
    if isinstance(decision, Denial):
        return set()
    return {number for number, item in enumerate(records) if may_disclose(decision, item)}


@examples(300)
@given(question=questions, random=st.randoms(use_true_random=False))
def test_the_order_of_rules_and_facts_never_matters(question: Question, random: st.DataObject) -> None:
    request, facts = question

    def shuffled(values: tuple) -> tuple:
        return tuple(random.sample(values, len(values)))

    other = replace(
        facts,
        **{
            name: shuffled(getattr(facts, name))
            for name in (
                "relations",
                "declarations",
                "directives",
                "representations",
                "delegations",
                "agreements",
                "standings",
                "participations",
                "assignments",
                "judgements",
            )
        },
    )
    assert same(decide(request, facts), decide(request, other, shuffled(RULES)))


@examples(300)
@given(question=questions, denial=leaves, records=st.lists(items, max_size=8))
def test_adding_a_deny_never_adds_access(question: Question, denial: Provision, records: list[Item]) -> None:
    request, facts = question
    block = Directive(id="more", version=1, active=True, period=denial.period, root=replace(denial, effect=Effect.DENY))
    before = decide(request, facts)
    after = decide(request, replace(facts, directives=(*facts.directives, block)))
    assert seen(after, records) <= seen(before, records)


@examples(300)
@given(question=questions, records=st.lists(items, max_size=8))
def test_adding_an_agreement_that_enables_nothing_never_adds_access(question: Question, records: list[Item]) -> None:
    request, facts = question
    narrowing = tuple(replace(agreement, enables_social_case=False) for agreement in facts.agreements)
    before = decide(request, replace(facts, agreements=()))
    after = decide(request, replace(facts, agreements=narrowing))
    assert seen(after, records) <= seen(before, records)


@examples(300)
@given(question=questions, one=agreements, records=st.lists(items, max_size=8))
def test_adding_an_agreement_adds_at_most_what_it_enables(
    question: Question, one: Agreement, records: list[Item]
) -> None:
    request, facts = question
    before = decide(request, facts)
    after = decide(request, replace(facts, agreements=(*facts.agreements, one)))
    added = seen(after, records) - seen(before, records)
    assert all(records[number].signature.regime is Regime.SOCIAL_CASE for number in added)
    assert not added or one.enables_social_case


@examples(300)
@given(question=questions, one=agreements, records=st.lists(items, max_size=8))
def test_an_agreement_binds_no_more_readers_while_it_is_piloted(
    question: Question, one: Agreement, records: list[Item]
) -> None:
    request, facts = question
    narrowing = replace(one, enables_social_case=False)
    without = decide(request, replace(facts, agreements=()))
    for_all = decide(request, replace(facts, agreements=(replace(narrowing, pilot=None),)))
    piloted = decide(request, replace(facts, agreements=(narrowing,)))
    assert seen(for_all, records) <= seen(piloted, records) <= seen(without, records)


@examples(500)
@given(question=questions, records=st.lists(items, max_size=8))
def test_residual_then_the_record_equals_the_definition(question: Question, records: list[Item]) -> None:
    decision = decide(*question)
    if isinstance(decision, Denial):
        return
    for item in records:
        condition = residual(decision, item.signature)
        found = (
            holds(condition, instance=item.instance, period=item.period) and item.citizen == decision.request.citizen
        )
        assert found == may_disclose(decision, item)
        assert found or not covers(decision, item.citizen, item.signature)
    numbered = [(item, number) for number, item in enumerate(records)]
    assert disclose(decision, numbered) == sorted(seen(decision, records))
    assert disclose(decision, iter(numbered * 2)) == sorted(seen(decision, records)) * 2


@examples(300)
@given(question=questions, records=st.lists(items, max_size=4), share=st.floats(0, 1, exclude_max=True))
def test_a_decision_keeps_until_it_says(question: Question, records: list[Item], share: float) -> None:
    request, facts = question
    now = decide(request, facts)
    if isinstance(now, Denial):
        return
    end = now.valid_until
    assert end is None or end > request.at
    span = timedelta(days=1) if end is None else end - request.at - timedelta(microseconds=1)
    then = decide(replace(request, at=request.at + span * share), facts)
    last = decide(replace(request, at=request.at + span), facts)
    for later in (then, last):
        assert isinstance(later, Permit)
        assert set(later.grants) == set(now.grants)
        assert set(later.withheld) == set(now.withheld)
        assert later.valid_until == end


@given(requester=requesters, action=st.sampled_from(Action), purpose=st.sampled_from(Purpose))
def test_empty_facts_deny_everybody_everything(requester: object, action: Action, purpose: Purpose) -> None:
    request = AccessRequest(
        requester=requester,  # type: ignore[arg-type]
        citizen=NOBODY,
        purposes=frozenset({purpose}),
        action=action,
        categories=frozenset(Category),
        at=NOON,
    )
    assert isinstance(decide(request, Facts()), Denial)


def test_empty_facts_deny_every_function_every_action_and_purpose(make_request) -> None:  # type: ignore[no-untyped-def]
    for function in Function:
        for action in Action:
            for purpose in Purpose:
                request = make_request(function=function, action=action, purpose=purpose)
                assert isinstance(decide(request, Facts()), Denial)


@examples(300)
@given(question=questions)
def test_what_nobody_is_about_is_never_permitted(question: Question) -> None:
    request, facts = question
    decision = decide(replace(request, citizen=NOBODY), facts)
    assert isinstance(decision, Denial) or request.action in {Action.SUBMIT, Action.DECLARE}


@examples(300)
@given(question=questions)
def test_no_question_of_the_right_shape_is_a_defect(question: Question) -> None:
    assert DEFECT not in decide(*question).reasons


@examples(200)
@given(question=questions)
def test_a_permit_opens_no_more_than_was_asked_for(question: Question) -> None:
    decision = decide(*question)
    if isinstance(decision, Permit):
        assert decision.grants
        assert all(grant.categories and grant.categories <= question[0].categories for grant in decision.grants)


@given(request=requests)
def test_no_purpose_is_no_basis(request: AccessRequest) -> None:
    decision = decide(replace(request, purposes=frozenset()), Facts())
    assert isinstance(decision, Denial)
    assert decision.reasons == (NO_BASIS,)


@given(garbage=st.none() | st.text() | st.integers())
def test_whatever_goes_wrong_is_a_refusal(garbage: object) -> None:
    decision = decide(garbage, garbage)  # type: ignore[arg-type]
    assert isinstance(decision, Denial)
    assert decision.reasons == (DEFECT,)
