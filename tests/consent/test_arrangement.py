"""Arranging directives spares work and changes nothing: who is not concerned hears nothing, and no moment is missed."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from consent.arrangement import FOREVER, Directives, changes, lasting
from consent.case import case_of
from consent.directives import consents_naming, powers_naming, withheld_by
from consent.model import ActorScope, Directive, Facts, Period, PersonKey, Provision
from consent.moments import next_change
from consent.policy import LAPSE_OF_CONSENT
from consent.vocabulary import Effect
from tests.consent.strategies import CITIZEN, NOON, OTHER, PERSONS, TREE, UNITS, directives, examples, moments, requests

ROOMY = st.lists(directives, max_size=12).map(tuple)


@given(request=requests, held=ROOMY)
@examples(1_000)
def test_who_is_left_out_says_nothing(request, held):
    for purpose in request.purposes:
        case = case_of(request, Facts(directives=held, organisations=TREE), purpose)
        everything = case_of(request, Facts(directives=held, organisations=TREE), purpose)
        object.__setattr__(everything, "directives", held)

        silent = [one for one in held if not any(one is other for other in case.directives)]
        assert all(withheld_by(one, case, rule="x") == () for one in silent)
        assert list(consents_naming(case)) == list(consents_naming(everything))
        assert list(powers_naming(case)) == list(powers_naming(everything))


@given(held=ROOMY, at=moments)
@examples(1_000)
def test_the_next_change_is_the_first_moment_of_any_of_them(held, at):
    found = []

    def collect(provision: Provision) -> None:
        found.append(provision.period)
        for nested in provision.exceptions:
            collect(nested)

    for one in held:
        found += [one.period, Period(end=lasting(one.period.start, LAPSE_OF_CONSENT))]
        collect(one.root)
    begins = [period.start for period in found if period.start is not None and period.start > at]
    ends = [period.end + timedelta(microseconds=1) for period in found if period.end is not None and at <= period.end]

    assert next_change(Facts(directives=held), (), at) == min([*begins, *ends], default=None)


def test_what_is_arranged_stays_the_same():
    arranged = Directives.of([])

    assert Directives.of(arranged) is arranged


def test_named_ones_are_found_by_one_name_in_the_order_given():
    by_person = [
        _block(ActorScope(persons=frozenset({person})), name) for name, person in zip("abc", PERSONS, strict=True)
    ]
    everybody = _block(ActorScope(), "all")

    found = Directives.of([*by_person, everybody]).concerning(places=(), persons=(PERSONS[1], None), citizen=None)

    assert [one.id for one in found] == ["b", "all"]


def test_who_names_a_place_or_a_citizen_is_heard_by_these_alone():
    place = _block(ActorScope(organisations=frozenset({UNITS[0]})), "place")
    citizen = _block(ActorScope(citizens=frozenset({CITIZEN})), "citizen")
    arranged = Directives.of([place, citizen])

    assert arranged.concerning(places=UNITS[:1], persons=(), citizen=None) == (place,)
    assert arranged.concerning(places=UNITS[1:], persons=(), citizen=CITIZEN) == (citizen,)
    assert arranged.concerning(places=(), persons=(), citizen=OTHER) == ()


def test_one_that_names_two_of_the_readers_places_comes_once():
    both = _block(ActorScope(persons=frozenset({PersonKey("ann"), PersonKey("bo")})), "both")

    found = Directives.of([both]).concerning(places=(), persons=(PersonKey("ann"), PersonKey("bo")), citizen=None)

    assert found == (both,)


def test_what_never_ends_has_no_end():
    assert changes(Period(end=FOREVER)) == []
    assert changes(Period(start=NOON, end=NOON)) == [NOON, NOON + timedelta(microseconds=1)]


def _block(actors: ActorScope, name: str) -> Directive:
    root = Provision(effect=Effect.DENY, actors=actors)
    return Directive(id=name, version=1, active=True, period=Period(), root=root)
