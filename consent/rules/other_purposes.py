"""Look-up for other purposes than treatment: Sundhedsloven § 42 d."""

from consent.case import Case
from consent.directives import consents_naming
from consent.model import Assignment, DataScope, Grant, Period, Withheld
from consent.policy import (
    CITIZENS,
    EVALUATING_PROFESSIONS,
    HEALTH_CARE_ONLY,
    MANAGEMENT_READS,
    OTHER_THAN_TREATMENT,
    QUALITY_REACH,
    READS,
    SENSITIVE,
    SYSTEMS,
)
from consent.rule import Finding, Rule
from consent.rules.disclosure import own_part
from consent.rules.look_up import IN_FORCE, LOOK_UP, grant
from consent.vocabulary import AssignmentKind, Category, EvidenceMark, Label, Purpose


def by_consent(case: Case) -> Finding | None:
    """N1: a consent that names the professional and the purpose; sensitive records only if it names their label."""
    if not case.treats or case.purpose not in OTHER_THAN_TREATMENT:
        return None
    named: frozenset[Label] = frozenset()
    found = False
    for consent in consents_naming(case):
        found = True
        named |= consent.root.data.labels or frozenset()
    if not found:
        return None
    return Finding(
        grants=(
            Grant(
                categories=READS[case.requester.function], regimes=HEALTH_CARE_ONLY, never=SENSITIVE - named, rule="N1"
            ),
        )
    )


def own_effort(case: Case) -> Finding | None:
    """N2: doctors, dentists, midwives and nurses evaluate what they took part in, for six months."""
    if (
        not case.treats
        or case.purpose is not Purpose.QUALITY
        or case.requester.profession not in EVALUATING_PROFESSIONS
    ):
        return None
    part = own_part(case)
    if part is None:
        return None
    return Finding(grants=(grant(READS[case.requester.function], "N2"),), evidence=part.evidence)


def _assigned(case: Case, kind: AssignmentKind) -> Assignment | None:
    """Return the task that the management gave to this person at this unit or above; the longest one."""
    assignments = [
        assignment
        for assignment in case.facts.assignments
        if assignment.kind is kind
        and assignment.person == case.requester.person
        and assignment.organisation in case.path
        and assignment.period.end is not None
        and assignment.period.covers(case.request.at)
    ]
    return max(assignments, key=lambda one: (one.period.end, one.organisation), default=None)


def quality_work(case: Case) -> Finding | None:
    """N3: records of the own place, less than five years old when the management's permission ends.

    A permission without an end is none: the age of the records could not be told in advance.
    """
    if not case.treats or case.purpose is not Purpose.QUALITY:
        return None
    assignment = _assigned(case, AssignmentKind.QUALITY)
    if assignment is None or assignment.period.end is None:
        return None
    old = Withheld(data=DataScope(period=Period(end=assignment.period.end - QUALITY_REACH)), rule="N3")
    return Finding(
        grants=(_of_the_place(assignment, READS[case.requester.function], "N3"),),
        withheld=(old,),
    )


def supervision(case: Case) -> Finding | None:
    """N4: accreditation, supervision and control by whom the management named, in records of the own place."""
    if (
        case.purpose is not Purpose.OPERATIONS
        or case.requester.person is None
        or case.requester.function in CITIZENS | SYSTEMS
        or not case.registered
    ):
        return None
    assignment = _assigned(case, AssignmentKind.SUPERVISION)
    if assignment is None:
        return None
    return Finding(grants=(_of_the_place(assignment, MANAGEMENT_READS, "N4"),))


def _of_the_place(assignment: Assignment, categories: frozenset[Category], rule: str) -> Grant:
    return Grant(
        categories=categories,
        regimes=HEALTH_CARE_ONLY,
        never=frozenset(),
        rule=rule,
        controllers=frozenset({assignment.organisation}),
    )


OTHER_PURPOSE_RULES = (
    Rule(
        id="N1",
        paragraph="Sundhedsloven § 42 d, stk. 1",
        mark=EvidenceMark.VERIFIED,
        danish="Borgeren har givet sundhedspersonen samtykke til at indhente oplysninger til andet end behandling.",
        english="The citizen has consented to a look-up by the health professional for a purpose other than treatment.",
        actions=LOOK_UP,
        judge=by_consent,
        period=IN_FORCE,
    ),
    Rule(
        id="N2",
        paragraph="Sundhedsloven § 42 d, stk. 2, nr. 1",
        mark=EvidenceMark.VERIFIED,
        danish="Sundhedspersonen har selv deltaget i behandlingen og vurderer sin egen indsats inden for seks måneder.",
        english="The health professional took part in the treatment and evaluates the own effort within six months.",
        actions=LOOK_UP,
        judge=own_effort,
        period=IN_FORCE,
    ),
    Rule(
        id="N3",
        paragraph="Sundhedsloven § 42 d, stk. 2, nr. 2",
        mark=EvidenceMark.VERIFIED,
        danish="Ledelsen har givet tilladelse til kvalitetsarbejde med behandlingsstedets egne oplysninger, som er "
        "under fem år gamle.",
        english="The management has permitted quality work with the place's own records that are less than five years "
        "old.",
        actions=LOOK_UP,
        judge=quality_work,
        period=IN_FORCE,
    ),
    Rule(
        id="N4",
        paragraph="Sundhedsloven § 42 d, stk. 2, nr. 3",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Ledelsen har udpeget medarbejderen til akkreditering, tilsyn eller kontrol på behandlingsstedet.",
        english="The management has assigned the member of staff to accreditation, supervision or control of the place "
        "of treatment.",
        actions=LOOK_UP,
        judge=supervision,
        period=IN_FORCE,
    ),
)
