"""Look-up by staff (Danish: indhentning): Sundhedsloven § 42 a. The reader decides, and answers for it."""

from datetime import UTC, datetime

from consent.case import Case, declaration_of, relation_of, stands
from consent.directives import consents_naming
from consent.model import Grant, Period
from consent.policy import EMERGENCY_READS, HEALTH_CARE_ONLY, READS, TREATING
from consent.rule import Finding, Rule
from consent.vocabulary import (
    Action,
    Category,
    DeclarationKind,
    Evidence,
    EvidenceMark,
    Function,
    Obligation,
    Purpose,
)

LOOK_UP = frozenset({Action.LOOK_UP})
IN_FORCE = Period(start=datetime(2019, 6, 30, 22, tzinfo=UTC))
"""L 127 (2018-19) gave § 42 a its form, from 1 July 2019 Danish time; the date is to be confirmed by a lawyer."""


def grant(categories: frozenset[Category], rule: str) -> Grant:
    """Return what a professional's rule opens: health care records."""
    return Grant(categories=categories, regimes=HEALTH_CARE_ONLY, never=frozenset(), rule=rule)


def treating_with_a_relation(case: Case) -> Finding | None:
    """L1: an authorised health person whose unit has a relation of a kind that its function treats by."""
    if case.purpose is not Purpose.TREATMENT or not case.treats:
        return None
    relation = relation_of(case, case.requester.function)
    if relation is None:
        return None
    return Finding(grants=(grant(READS[case.requester.function], "L1"),), evidence=relation.evidence)


def treating_now(case: Case) -> Finding | None:
    """L1-TN: the same person has declared it, at most 24 hours ago, at this unit.

    Once somebody else than the unit itself has confirmed the relation, no review is owed.
    """
    if declaration_of(case, DeclarationKind.TREATING_NOW) is None:
        return None
    relation = relation_of(case, case.requester.function)
    confirmed = relation is not None and relation.evidence is not Evidence.SELF_ASSERTED
    return Finding(
        grants=(grant(READS[case.requester.function], "L1-TN"),),
        obligations=frozenset() if confirmed else frozenset({Obligation.NOTIFY_CITIZEN, Obligation.REVIEW}),
        evidence=Evidence.DECLARED,
    )


def emergency(case: Case) -> Finding | None:
    """L2: declared at most 4 hours ago by the same person; blocks do not reach it (see `blocks`)."""
    if declaration_of(case, DeclarationKind.EMERGENCY) is None:
        return None
    return Finding(
        grants=(grant(EMERGENCY_READS, "L2"),),
        obligations=frozenset({Obligation.NOTIFY_CITIZEN, Obligation.REVIEW}),
    )


def consent_now(case: Case) -> Finding | None:
    """L3: the citizen's consent to this professional, for this purpose, at most 24 hours ago."""
    if declaration_of(case, DeclarationKind.CONSENT_NOW) is None:
        return None
    return Finding(
        grants=(grant(READS[case.requester.function], "L3"),),
        obligations=frozenset({Obligation.NOTIFY_CITIZEN}),
    )


def standing_consent(case: Case) -> Finding | None:
    """L3-D: a consent in force that names the reader and treatment; it lifts no block."""
    if case.purpose is not Purpose.TREATMENT or not case.treats:
        return None
    if next(consents_naming(case), None) is None:
        return None
    return Finding(grants=(grant(READS[case.requester.function], "L3-D"),))


def authorised_by_management(case: Case) -> Finding | None:
    """L4: the management named a professional who answers for it, and who could look up by L1 at this unit."""
    requester = case.requester
    if (
        case.purpose is not Purpose.TREATMENT
        or requester.function is not Function.ASSISTANT
        or not case.registered
        or requester.person is None
        or not _delegated(case)
    ):
        return None
    found: list[tuple[Function, Evidence]] = []
    for standing in case.facts.standings:
        if standing.person == requester.on_behalf_of and standing.authorised:
            for function in standing.functions & TREATING:
                relation = relation_of(case, function)
                if relation is not None and stands(standing, function, case.path, case.request):
                    found.append((function, relation.evidence))
    if not found:
        return None
    order = tuple(Evidence)
    return Finding(
        grants=tuple(
            grant(READS[Function.ASSISTANT] & READS[function], "L4")
            for function in sorted({function for function, _ in found})
        ),
        obligations=frozenset({Obligation.NAME_RESPONSIBLE}),
        evidence=min((evidence for _, evidence in found), key=order.index),
    )


def _delegated(case: Case) -> bool:
    return any(
        delegation.person == case.requester.person
        and delegation.responsible == case.requester.on_behalf_of
        and delegation.organisation in case.path
        and delegation.period.covers(case.request.at)
        for delegation in case.facts.delegations
    )


LOOK_UP_RULES = (
    Rule(
        id="L1",
        paragraph="Sundhedsloven § 42 a, stk. 1",
        mark=EvidenceMark.VERIFIED,
        danish="En sundhedsperson må indhente de oplysninger, der er nødvendige i forbindelse med aktuel behandling "
        "af borgeren.",
        english="A health professional may look up the information that is necessary in connection with current "
        "treatment of the citizen.",
        actions=LOOK_UP,
        judge=treating_with_a_relation,
        period=IN_FORCE,
    ),
    Rule(
        id="L1-TN",
        paragraph="Sundhedsloven § 42 a, stk. 1",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Sundhedspersonen har erklæret, at borgeren er i behandling her og nu; det gælder kun for personen selv "
        "på denne enhed og i højst 24 timer.",
        english="The health professional has declared that the citizen is being treated here and now; this holds for "
        "that person at this unit only, and for 24 hours at most.",
        actions=LOOK_UP,
        judge=treating_now,
        period=IN_FORCE,
    ),
    Rule(
        id="L2",
        paragraph="Sundhedsloven § 42 a, stk. 2",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Værdispring: Indhentningen er nødvendig af hensyn til åbenbare almene interesser eller af væsentlige "
        "hensyn til borgeren, sundhedspersonen eller andre, og en spærring er ikke til hinder for den.",
        english="Emergency access: the look-up is necessary for an obvious public interest or for essential "
        "considerations of the citizen, the health professional or others, and a block does not prevent it.",
        actions=LOOK_UP,
        judge=emergency,
        period=IN_FORCE,
    ),
    Rule(
        id="L3",
        paragraph="Sundhedsloven § 42 a, stk. 3",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Borgeren har givet sundhedspersonen samtykke til denne indhentning; det ophæver spærringer for netop "
        "denne person i højst 24 timer.",
        english="The citizen has consented to this look-up by the health professional; the consent lifts blocks for "
        "that person alone, and for 24 hours at most.",
        actions=LOOK_UP,
        judge=consent_now,
        period=IN_FORCE,
    ),
    Rule(
        id="L3-D",
        paragraph="Sundhedsloven § 42 a, stk. 3",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Borgeren har et gældende samtykke, der nævner sundhedspersonen eller behandlingsstedet; det ophæver "
        "ingen spærring.",
        english="The citizen has a consent in force that names the health professional or the place of treatment; it "
        "lifts no block.",
        actions=LOOK_UP,
        judge=standing_consent,
        period=IN_FORCE,
    ),
    Rule(
        id="L4",
        paragraph="Sundhedsloven § 42 a, stk. 4",
        mark=EvidenceMark.VERIFIED,
        danish="Ledelsen på behandlingsstedet har givet medarbejderen adgang til at bistå en navngiven ansvarlig "
        "sundhedsperson, som selv måtte indhente oplysningerne.",
        english="The management of the place of treatment has authorised the member of staff to assist a named "
        "responsible health professional who could look the information up in person.",
        actions=LOOK_UP,
        judge=authorised_by_management,
        period=IN_FORCE,
    ),
)
