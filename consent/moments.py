"""The next moment at which a dated fact changes: how long a decision keeps."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from consent.ages import birthday
from consent.arrangement import Directives, changes, has_ended, lasting
from consent.case import open_period
from consent.model import ALWAYS, Facts, Period
from consent.policy import ADULT_AGE, ADULT_CHOICE_AGE, LONGEST_WAIT, OWN_EFFORT
from consent.rule import Rule


class _Dated(Protocol):
    @property
    def period(self) -> Period: ...


def next_change(facts: Facts, rules: Iterable[Rule], at: datetime, *, sent: datetime | None = None) -> datetime | None:
    """Return the first instant after `at` at which a fact or rule begins or has ended; `None` if there is none.

    What was disclosed at `sent` waits no longer than the policy says. Facts that turn out not to matter count too:
    keeping a decision too short a time is harmless.
    """
    soonest = Directives.of(facts.directives).next_change(at)
    moments = _ends(facts, sent)
    for period in _periods(facts, rules):
        if period is not ALWAYS:
            moments += changes(period)
    for moment in moments:
        if moment > at and (soonest is None or moment < soonest):
            soonest = moment
    return soonest


def _periods(facts: Facts, rules: Iterable[Rule]) -> list[Period]:
    """Return the periods that rules and facts have."""
    dated: tuple[Sequence[_Dated], ...] = (
        facts.relations,
        facts.representations,
        facts.delegations,
        facts.agreements,
        facts.standings,
        facts.assignments,
        facts.judgements,
        facts.participations,
    )
    periods = [rule.period for rule in rules]
    for facts_of_a_kind in dated:
        if facts_of_a_kind:
            periods += [fact.period for fact in facts_of_a_kind]
    return periods + [open_period(declaration) for declaration in facts.declarations]


def _ends(facts: Facts, sent: datetime | None) -> list[datetime]:
    """Return the moments that follow from facts: what lasts for so long has ended, an age is reached."""
    lasts = [lasting(one.period.end, OWN_EFFORT) for one in facts.participations]
    moments = [moment for end in (*lasts, lasting(sent, LONGEST_WAIT)) for moment in has_ended(end)]
    if facts.citizen_born is not None:
        moments += [birthday(age, born=facts.citizen_born) for age in (ADULT_CHOICE_AGE, ADULT_AGE)]
    if facts.citizen_died is not None:
        moments.append(facts.citizen_died)
    return moments
