"""The algebra of what is left to ask."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from consent.condition import ALWAYS, NEVER, AllOf, Among, Condition, During, Not, conjunction, holds, negation
from consent.model import Period
from tests.consent.strategies import INSTANCES, NOON, periods

leaves = (
    st.sampled_from([ALWAYS, NEVER])
    | periods.map(During)
    | st.frozensets(st.sampled_from(INSTANCES), min_size=1, max_size=2).map(Among)
)
conditions = st.recursive(
    leaves, lambda nested: nested.map(negation) | st.lists(nested, max_size=3).map(conjunction), max_leaves=6
)
records = st.tuples(st.sampled_from(INSTANCES), periods)


@given(condition=conditions, record=records)
def test_a_negation_holds_exactly_where_it_does_not(condition: Condition, record: tuple[str, Period]) -> None:
    instance, period = record
    opposite = holds(negation(condition), instance=instance, period=period)
    assert opposite is not holds(condition, instance=instance, period=period)
    assert negation(negation(condition)) == condition


@given(several=st.lists(conditions, max_size=4), record=records, random=st.randoms(use_true_random=False))
def test_a_conjunction_holds_where_all_do_whatever_their_order(several, record, random) -> None:
    instance, period = record
    whole = conjunction(several)
    assert holds(whole, instance=instance, period=period) is all(
        holds(one, instance=instance, period=period) for one in several
    )
    shuffled = conjunction(random.sample(several, len(several)))
    assert shuffled == whole
    assert hash(shuffled) == hash(whole)


def test_the_canonical_form_is_flat_sorted_and_without_repeats() -> None:
    one, other = Among(frozenset({"A/1"})), Not(During(Period(start=NOON)))
    inner = conjunction([other, one])
    assert conjunction([inner, one, ALWAYS]) == AllOf((one, other))
    assert conjunction([one, NEVER, other]) is NEVER
    assert conjunction([one, one]) == one
    assert conjunction([]) is ALWAYS
    assert conjunction([Not(inner), one]) == AllOf((one, Not(inner)))
    outer = conjunction([other, Among(frozenset({"B/1"}))])
    assert conjunction([Not(inner), Not(outer)]) == conjunction([Not(outer), Not(inner)])


def test_periods_include_both_ends() -> None:
    noon, one = NOON, datetime(2026, 7, 1, 13, tzinfo=UTC)
    during = During(Period(start=noon, end=one))
    for start, end, found in ((one, None, True), (None, noon, True), (None, None, True)):
        assert holds(during, instance="A/1", period=Period(start=start, end=end)) is found
    later = datetime(2026, 7, 1, 13, 0, 0, 1, tzinfo=UTC)
    assert not holds(during, instance="A/1", period=Period(start=later, end=None))
    earlier = datetime(2026, 7, 1, 11, 59, 59, 999999, tzinfo=UTC)
    assert not holds(during, instance="A/1", period=Period(start=None, end=earlier))
