"""What confirms a declaration of *treating now*, so that nobody need review it."""

from datetime import UTC, datetime, timedelta

import pytest

from consent.confirmation import confirms
from consent.model import Declaration, OrganisationKey, Organisations, Period, PersonKey, Relation
from consent.vocabulary import DeclarationKind, Evidence, Function, Purpose, RelationKind

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WARD, HOSPITAL, OTHER = OrganisationKey("ward"), OrganisationKey("hospital"), OrganisationKey("other")
BED = OrganisationKey("bed")
TREE = Organisations(parents={BED: WARD, WARD: HOSPITAL, OTHER: HOSPITAL})
SINCE = Period(start=AT)
DECLARED = Declaration(
    kind=DeclarationKind.TREATING_NOW,
    person=PersonKey("ann"),
    organisation=WARD,
    purpose=Purpose.TREATMENT,
    period=Period(start=AT, end=AT + DAY),
)


def relation(
    *,
    kind: RelationKind = RelationKind.STAY,
    at: OrganisationKey = WARD,
    evidence: Evidence = Evidence.NOTIFICATION,
    period: Period = SINCE,
) -> Relation:
    return Relation(kind=kind, organisation=at, evidence=evidence, period=period)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (relation(), True),
        (relation(at=HOSPITAL), True),
        (relation(at=BED), True),
        (relation(period=Period(start=AT + DAY)), True),
        (relation(period=Period(start=AT - DAY, end=AT)), True),
        (relation(evidence=Evidence.INDEPENDENT), True),
        (relation(evidence=Evidence.SELF_ASSERTED), False),
        (relation(evidence=Evidence.DECLARED), False),
        (relation(at=OTHER), False),
        (relation(kind=RelationKind.OWN_GP, evidence=Evidence.REGISTER), False),
        (relation(kind=RelationKind.RESIDENCE, evidence=Evidence.REGISTER), False),
        (relation(period=Period(start=AT + 2 * DAY)), False),
        (relation(period=Period(end=AT - DAY)), False),
    ],
)
def test_an_independent_relation_of_the_unit_in_its_time_confirms(known: Relation, *, expected: bool) -> None:
    assert confirms([known], DECLARED, function=Function.HOSPITAL_TREATMENT, organisations=TREE) is expected


def test_nothing_known_confirms_nothing() -> None:
    assert not confirms([], DECLARED, function=Function.HOSPITAL_TREATMENT, organisations=TREE)
    assert not confirms([relation()], DECLARED, function=Function.HOME_CARE, organisations=TREE)
