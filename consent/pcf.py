"""IHE PCF (Privacy Consent on FHIR) as a policy of its own, beside Danish law, to hold our reading of Consent to IHE's.

The service never selects it: it knows no relation, no door and no law, only the citizen's consents and one of the four
policies that PCF names for a citizen without any. Danish law gives other answers; the tests put both side by side.

Source: https://profiles.ihe.net/ITI/PCF/volume-1.html, https://profiles.ihe.net/ITI/PCF/content.html
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum

from consent.case import Case
from consent.directives import in_force, permits, withheld_by
from consent.model import Directive, Grant
from consent.policy import ALL_CATEGORIES, BOTH_REGIMES, READING
from consent.rule import Finding, Rule
from consent.vocabulary import EvidenceMark, Purpose


class Implicit(StrEnum):
    """The policy where no consent speaks; PCF's canonical URIs."""

    BASIC_NORMAL = "https://profiles.ihe.net/ITI/PCF/Policy-basic-normal"
    ALL_NORMAL = "https://profiles.ihe.net/ITI/PCF/Policy-all-normal"
    BREAK_GLASS_ONLY = "https://profiles.ihe.net/ITI/PCF/Policy-break-glass-only"
    DENY = "https://profiles.ihe.net/ITI/PCF/Policy-deny"


def explicit_permit(case: Case) -> Finding | None:
    """PCF-P: a consent that permits this reader and purpose opens, whole; what it leaves out is PCF-D's to close."""
    for directive in case.facts.directives:
        if in_force(directive, case) and any(
            permits(provision, case) for provision in (directive.root, *directive.root.exceptions)
        ):
            return _all("PCF-P")
    return None


def explicit_denial(case: Case) -> Finding | None:
    """PCF-D: what denials name, and what matching permits leave out, stays closed."""
    withheld = tuple(
        closed
        for directive in case.facts.directives
        for closed in withheld_by(_for_its_exceptions(directive, case), case, rule="PCF-D")
    )
    return Finding(withheld=withheld) if withheld else None


def _for_its_exceptions(directive: Directive, case: Case) -> Directive:
    """Return the directive as PCF reads it: an exception that names a purpose of its own speaks for that purpose too.

    IHE's break-glass examples permit 'BTG' within a consent to treatment, payment and operations. Danish law needs no
    such reading: an emergency is a declaration there and not the citizen's to give.
    """
    root = directive.root
    if root.purposes is not None and any(nested.purposes and permits(nested, case) for nested in root.exceptions):
        return replace(directive, root=replace(root, purposes=root.purposes | {case.purpose}))
    return directive


def _basic_normal(case: Case) -> bool:
    return case.treats and case.purpose is Purpose.TREATMENT


def _all_normal(case: Case) -> bool:
    return case.registered


def _break_glass_only(case: Case) -> bool:
    return case.treats and case.purpose is Purpose.BREAK_GLASS


def _deny(case: Case) -> bool:
    del case
    return False


_OPENS: Mapping[Implicit, Callable[[Case], bool]] = {
    Implicit.BASIC_NORMAL: _basic_normal,
    Implicit.ALL_NORMAL: _all_normal,
    Implicit.BREAK_GLASS_ONLY: _break_glass_only,
    Implicit.DENY: _deny,
}
"""Whom each implicit policy lets in; that the reader is who she says is what 'registered' and 'treats' know."""


def _all(rule: str) -> Finding:
    return Finding(grants=(Grant(categories=ALL_CATEGORIES, regimes=BOTH_REGIMES, never=frozenset(), rule=rule),))


def pcf_rules(implicit: Implicit = Implicit.DENY) -> tuple[Rule, ...]:
    """Return the rules of PCF with one of its implicit policies, to be given to `decide` in place of the default."""

    def implicit_policy(case: Case) -> Finding | None:
        return _all("PCF-I") if _OPENS[implicit](case) else None

    return (
        Rule(
            id="PCF-P",
            paragraph="IHE ITI PCF, 53.2",
            mark=EvidenceMark.VERIFIED,
            danish="Borgerens samtykke giver adgang.",
            english="The patient's consent permits.",
            actions=READING,
            judge=explicit_permit,
        ),
        Rule(
            id="PCF-D",
            paragraph="IHE ITI PCF, 53.2",
            mark=EvidenceMark.VERIFIED,
            danish="Borgerens samtykke eller afslag giver ikke adgang til disse oplysninger.",
            english="The patient's consent or dissent does not open these data.",
            actions=READING,
            judge=explicit_denial,
        ),
        Rule(
            id="PCF-I",
            paragraph=f"IHE ITI PCF, {implicit.rpartition('/')[2]}",
            mark=EvidenceMark.VERIFIED,
            danish="Der er intet samtykke om dette; den almindelige politik giver adgang.",
            english="No consent speaks of this; the implicit policy permits.",
            actions=READING,
            judge=implicit_policy,
        ),
    )
