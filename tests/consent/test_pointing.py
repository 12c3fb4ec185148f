"""What is about something withheld is withheld: the closure, and the permit that follows from it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from consent import Facts, Item, Permit, decide, disclose, explain, may_disclose, without
from consent.model import AccessRequest
from consent.pointing import reached
from consent.prospect import Verdict, about_withheld
from consent.rules import ABOUT_WITHHELD, NO_BASIS
from tests.consent.strategies import examples, items, questions

numbers = st.integers(0, 8)
pointers = st.lists(st.tuples(numbers, numbers), max_size=14)


def test_what_is_about_a_withheld_record_is_reached_over_others_too() -> None:
    assert reached([("provenance", "task"), ("task", "condition"), ("note", "other")], ["condition"]) == {
        "provenance",
        "task",
    }


def test_nothing_withheld_reaches_nothing() -> None:
    assert reached([("task", "condition")], []) == frozenset()


def test_what_nothing_points_at_reaches_nothing() -> None:
    assert reached([("task", "condition")], ["task", "elsewhere"]) == frozenset()


def test_a_circle_is_walked_once() -> None:
    assert reached([("a", "b"), ("b", "a"), ("c", "c"), ("a", "x")], ["x", "c"]) == {"a", "b", "c"}


@examples(300)
@given(edges=pointers, withheld=st.frozensets(numbers, max_size=3))
def test_the_closure_is_the_least_that_leaves_nobody_pointing_at_what_is_hidden(
    edges: list[tuple[int, int]], withheld: frozenset[int]
) -> None:
    found = reached(edges, withheld)
    hidden = found | withheld
    assert all(record in found for record, target in edges if target in hidden)
    # Least: by rounds, each record is there for a reason that was there before it.
    grown: frozenset[int] = frozenset()
    while (more := grown | {record for record, target in edges if target in grown | withheld}) != grown:
        grown = more
    assert found == grown


@examples(300)
@given(edges=pointers, withheld=st.frozensets(numbers, max_size=3), more=st.tuples(numbers, numbers))
def test_a_further_pointer_never_shows_anything(
    edges: list[tuple[int, int]], withheld: frozenset[int], more: tuple[int, int]
) -> None:
    assert reached(edges, withheld) <= reached([*edges, more], withheld)
    assert reached(edges, withheld) == reached(edges[::-1], withheld)


@examples(300)
@given(question=questions, records=st.lists(items, max_size=6), closed=st.lists(items, max_size=3))
def test_a_permit_without_some_records_covers_the_rest_as_before(
    question: tuple[AccessRequest, Facts], records: list[Item], closed: list[Item]
) -> None:
    permit = decide(*question)
    if not isinstance(permit, Permit):
        return
    names = {one.instance for one in closed}
    # A name is one record's and has one signature.
    signatures = {one.instance: one.signature for one in [*records, *closed]}
    records = [replace(one, signature=signatures[one.instance]) for one in records]
    narrower = without(permit, [(signatures[name], name) for name in sorted(names)])

    expected = [may_disclose(permit, one) and one.instance not in names for one in records]
    assert [may_disclose(narrower, one) for one in records] == expected
    assert disclose(narrower, list(zip(records, range(len(records)), strict=True))) == [
        index for index, shown in enumerate(expected) if shown
    ]
    assert (narrower.request, narrower.grants, narrower.valid_until) == (
        permit.request,
        permit.grants,
        permit.valid_until,
    )
    assert without(permit, []) == permit
    once, again = {"Task/1": frozenset(names)}, {"Task/2": frozenset({"Condition/9"})}
    assert without(without(permit, [], unnamed=once), [], unnamed=again).unnamed == once | again


@examples(50)
@given(question=questions, closed=items)
def test_the_reasons_of_a_decision_do_not_tell_that_something_is_left_out(
    question: tuple[AccessRequest, Facts], closed: Item
) -> None:
    permit = decide(*question)
    if isinstance(permit, Permit):
        narrower = without(permit, [(closed.signature, closed.instance)])
        assert explain(narrower) == explain(permit)
        assert narrower.withheld[-1].rule == ABOUT_WITHHELD.rule


def test_an_explanation_says_that_a_record_is_about_a_withheld_one_and_keeps_a_refusal_as_it_was() -> None:
    refused = Verdict(permitted=False, reasons=(NO_BASIS,))
    assert about_withheld(refused) is refused
    assert about_withheld(Verdict(permitted=True, reasons=())) == Verdict(permitted=False, reasons=(ABOUT_WITHHELD,))
