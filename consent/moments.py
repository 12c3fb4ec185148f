"""The next moment at which a dated fact changes: how long a decision keeps."""

from collections.abc import Iterable
from datetime import datetime

from consent.ages import birthday
from consent.arrangement import Directives, changes, lasting
from consent.case import open_period
from consent.model import ALWAYS, Facts, Period
from consent.policy import ADULT_AGE, ADULT_CHOICE_AGE, LONGEST_WAIT, OWN_EFFORT
from consent.rule import Rule


def next_change(facts: Facts, rules: Iterable[Rule], at: datetime, *, sent: datetime | None = None) -> datetime | None:
    """Return the first instant after `at` at which a fact or rule begins or has ended; `None` if there is none.

    What was disclosed at `sent` waits no longer than the policy says. Facts that turn out not to matter count too:
    keeping a decision too short a time is harmless.
    """
    soonest = Directives.of(facts.directives).next_change(at)
    for period in (*_periods(facts, rules), Period(end=lasting(sent, LONGEST_WAIT))):
        if period is ALWAYS:
            continue
        for moment in changes(period):
            if moment > at and (soonest is None or moment < soonest):
                soonest = moment
    return soonest


def _periods(facts: Facts, rules: Iterable[Rule]) -> Iterable[Period]:
    periods = [rule.period for rule in rules]
    periods += [relation.period for relation in facts.relations]
    periods += [open_period(declaration) for declaration in facts.declarations]
    periods += [representation.period for representation in facts.representations]
    periods += [delegation.period for delegation in facts.delegations]
    periods += [agreement.period for agreement in facts.agreements]
    periods += [standing.period for standing in facts.standings]
    periods += [assignment.period for assignment in facts.assignments]
    periods += [judgement.period for judgement in facts.judgements]
    periods += [participation.period for participation in facts.participations]
    periods += [Period(end=lasting(one.period.end, OWN_EFFORT)) for one in facts.participations]
    if facts.citizen_born is not None:
        periods += [Period(start=birthday(age, born=facts.citizen_born)) for age in (ADULT_CHOICE_AGE, ADULT_AGE)]
    if facts.citizen_died is not None:
        periods.append(Period(start=facts.citizen_died))
    return periods
