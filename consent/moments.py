"""The next moment at which a dated fact changes: how long a decision keeps."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from consent.ages import birthday
from consent.case import open_period
from consent.model import ALWAYS, Facts, Period, Provision
from consent.policy import ADULT_AGE, ADULT_CHOICE_AGE, LAPSE_OF_CONSENT, LONGEST_WAIT, OWN_EFFORT
from consent.rule import Rule

_INSTANT = timedelta(microseconds=1)
_FOREVER = datetime.max.replace(tzinfo=UTC)


def next_change(facts: Facts, rules: Iterable[Rule], at: datetime, *, sent: datetime | None = None) -> datetime | None:
    """Return the first instant after `at` at which a fact or rule begins or has ended; `None` if there is none.

    What was disclosed at `sent` waits no longer than the policy says.

    Periods include their ends, so one that ends at 12:00:00 has ended a microsecond later. Facts that turn out not to
    matter count too: keeping a decision too short a time is harmless.
    """
    soonest: datetime | None = None
    for period in (*_periods(facts, rules), Period(end=lasting(sent, LONGEST_WAIT))):
        if period is ALWAYS:
            continue
        start, end = period.start, period.end
        if start is not None and start > at:
            soonest = start if soonest is None or start < soonest else soonest
        if end is not None and at <= end < _FOREVER:
            over = end + _INSTANT
            soonest = over if soonest is None or over < soonest else soonest
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
    for directive in facts.directives:
        periods.append(directive.period)
        periods.append(Period(end=lasting(directive.period.start, LAPSE_OF_CONSENT)))
        _collect(directive.root, periods)
    if facts.citizen_born is not None:
        periods += [Period(start=birthday(age, born=facts.citizen_born)) for age in (ADULT_CHOICE_AGE, ADULT_AGE)]
    if facts.citizen_died is not None:
        periods.append(Period(start=facts.citizen_died))
    return periods


def lasting(begun: datetime | None, span: timedelta) -> datetime | None:
    """Return the last instant of what begins at `begun` and lasts `span`; never past the end of time."""
    if begun is None:
        return None
    return _FOREVER if begun > _FOREVER - span else begun + span


def _collect(provision: Provision, periods: list[Period]) -> None:
    periods.append(provision.period)
    for nested in provision.exceptions:
        _collect(nested, periods)
