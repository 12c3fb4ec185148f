"""Social care (Danish: social omsorg og sagsbehandling): not treatment, so the patient's consent or an agreement."""

from consent.case import Case, agreed_with
from consent.directives import consents_naming
from consent.model import Grant
from consent.policy import HEALTH_CARE_ONLY, READS, SENSITIVE, SOCIAL
from consent.rule import Finding, Rule
from consent.rules.look_up import (
    LOOK_UP,
    authorised_by_management,
    consent_now,
    emergency,
    standing_consent,
    treating_now,
    treating_with_a_relation,
)
from consent.vocabulary import EvidenceMark, Label, Purpose, Regime


def social_care_by_consent(case: Case) -> Finding | None:
    """X1: only a consent that names the reader and social care; sensitive records only if it names their label."""
    if (
        case.purpose is not Purpose.CARE_MANAGEMENT
        or case.requester.function not in SOCIAL
        or case.requester.person is None
        or not case.registered
    ):
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
                categories=READS[case.requester.function], regimes=HEALTH_CARE_ONLY, never=SENSITIVE - named, rule="X1"
            ),
        )
    )


_BASES = (
    treating_with_a_relation,
    treating_now,
    emergency,
    consent_now,
    standing_consent,
    authorised_by_management,
    social_care_by_consent,
)


def social_case_by_agreement(case: Case) -> Finding | None:
    """X2: records of a social case, only from parties of an agreement that says so, and only on top of a basis."""
    enabling = [
        agreement
        for agreement in agreed_with(case)
        if agreement.enables_social_case and case.requester.function in agreement.functions
    ]
    if not enabling:
        return None
    bases = [grant for judge in _BASES if (finding := judge(case)) is not None for grant in finding.grants]
    grants = tuple(
        Grant(
            categories=basis.categories & agreement.categories,
            regimes=frozenset({Regime.SOCIAL_CASE}),
            never=basis.never,
            rule="X2",
            controllers=agreement.organisations,
        )
        for agreement in enabling
        for basis in bases
    )
    return Finding(grants=grants) if grants else None


SOCIAL_RULES = (
    Rule(
        id="X1",
        paragraph="Serviceloven, ældreloven og forvaltningsloven",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Social omsorg er ikke behandling; oplysningerne vises kun, fordi borgeren har givet samtykke til det.",
        english="Social care is not treatment; the information is shown only because the citizen has consented to it.",
        actions=LOOK_UP,
        judge=social_care_by_consent,
    ),
    Rule(
        id="X2",
        paragraph="Forvaltningsloven og aftalen mellem parterne",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Aftalen mellem parterne omfatter oplysninger fra den sociale sag for den, der i øvrigt har adgang.",
        english="The agreement between the parties includes records of the social case for those who have access "
        "otherwise.",
        actions=LOOK_UP,
        judge=social_case_by_agreement,
    ),
)
