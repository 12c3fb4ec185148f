"""Turn a request and the known facts into one decision (Danish: adgangsafgørelse).

Every rule votes on its own, so that the order of rules and facts never matters. What no rule opens stays closed, what
one closes stays closed whoever opens it, and a rule that fails means no.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from consent.case import Case, agreed_with, case_of
from consent.condition import Condition
from consent.model import (
    NOBODY,
    AccessRequest,
    DataScope,
    Denial,
    Facts,
    Grant,
    Organisations,
    Permit,
    Reason,
    Signature,
    Withheld,
)
from consent.moments import next_change
from consent.policy import ALL_CATEGORIES, POLICY_VERSION, READING
from consent.rule import Finding, Rule
from consent.rules import ABOUT_WITHHELD, DEFECT, NO_BASIS, RULES
from consent.vocabulary import Action, Category, Effect, Evidence, Obligation

_Value = TypeVar("_Value")
_NOTHING: Mapping[str, frozenset[str]] = {}

_VOTING = {action: tuple(rule for rule in RULES if action in rule.actions) for action in Action}
_ABOUT_SOMEBODY = READING | {Action.READ_LOG, Action.DIRECT, Action.EXPLAIN}


def decide(
    request: AccessRequest, facts: Facts, rules: Sequence[Rule] = RULES, *, policy: str = POLICY_VERSION
) -> Permit | Denial:
    """Judge `request` as of `request.at`, from `facts` alone.

    Total: whatever goes wrong is a refusal too, and names the rule that failed. `policy` is the name of `rules`.
    """
    try:
        return _decide(request, facts, rules, policy)
    except Exception:  # noqa: BLE001  # a defect must refuse, whatever it is
        return Denial(request=request, reasons=(DEFECT,), policy=policy)


def _decide(request: AccessRequest, facts: Facts, rules: Sequence[Rule], policy: str) -> Permit | Denial:
    if not request.purposes or (request.citizen == NOBODY and request.action in _ABOUT_SOMEBODY):
        return _denial(request, (NO_BASIS,), policy)
    voting = _VOTING[request.action] if rules is RULES else rules
    applicable = [rule for rule in voting if request.action in rule.actions and rule.period.covers(request.at)]
    policy = _with_agreements(policy, request, facts)
    opinions: list[_Opinion] = []
    defects: list[Reason] = []
    for purpose in request.purposes:
        case = case_of(request, facts, purpose)
        opinions.append(_opinion([found for rule in applicable if (found := _judged(rule, case, defects)) is not None]))
    if defects:
        return _denial(request, (DEFECT, *defects), policy)
    withheld = _together([opinion.withheld for opinion in opinions])
    reasons = _together([opinion.reasons for opinion in opinions])
    opened = _shared([opinion.grants for opinion in opinions])
    closing = [closed for closed in withheld if _is_total(closed)]
    grants = _limited(opened, request.categories & _left_by(closing))
    if not grants:
        if not _limited(opened, request.categories):
            return _denial(request, (NO_BASIS,), policy)
        who = {(closed.rule, closed.directive) for closed in closing}
        return _denial(request, [reason for reason in reasons if (reason.rule, reason.directive) in who], policy)
    opening = tuple(sorted(grants, key=lambda grant: grant.rule))
    closed_ones = tuple(sorted(withheld, key=lambda closed: (closed.rule, closed.directive)))
    return Permit(
        request=request,
        grants=opening,
        withheld=closed_ones,
        organisations=facts.organisations,
        obligations=frozenset({Obligation.LOG}).union(*(opinion.obligations for opinion in opinions)),
        reasons=_sorted_reasons(reasons),
        policy=policy,
        valid_until=next_change(facts, voting, request.at, sent=request.sent),
        judged=_judged_alike(opening, closed_ones, facts.organisations),
    )


_Judged = dict[int, tuple[Signature, Condition]]
_MOST_KINDS, _MOST_SIGNATURES = 256, 8192
_alike: dict[tuple[tuple[Grant, ...], tuple[Withheld, ...]], tuple[Organisations, _Judged]] = {}


def _judged_alike(grants: tuple[Grant, ...], withheld: tuple[Withheld, ...], tree: Organisations) -> _Judged:
    """Return what was found so far of signatures by permits that open and close the same: it follows from that alone.

    All doctors of a hospital who treat a citizen without directives about them have permits of one kind.
    """
    known = _alike.get((grants, withheld))
    if known is None or known[0] is not tree or len(known[1]) >= _MOST_SIGNATURES:
        if len(_alike) >= _MOST_KINDS:
            del _alike[next(iter(_alike))]
        known = _alike[grants, withheld] = tree, {}
    return known[1]


def _with_agreements(policy: str, request: AccessRequest, facts: Facts) -> str:
    """Return the name of the policy with the versions of the agreements that bind the reader: `law|2;north|3`."""
    if not facts.agreements:
        return policy
    agreed = agreed_with(case_of(request, facts, min(request.purposes)))
    return ";".join([policy, *sorted({f"{agreement.id}|{agreement.version}" for agreement in agreed})])


def without(
    permit: Permit, records: Iterable[tuple[Signature, str]], *, unnamed: Mapping[str, frozenset[str]] = _NOTHING
) -> Permit:
    """Return the permit without these records ('Type/id' with their signatures): they are about what it withholds.

    `unnamed` has by record the withheld ones that it names without being about them: whoever sees it is not told.

    INVARIANT: its reasons stay as they were; they are of the law, and tell nobody that something is there to withhold.
    """
    by_category: dict[Category, set[str]] = {}
    for signature, instance in records:
        by_category.setdefault(signature.category, set()).add(instance)
    closed = [
        Withheld(
            data=DataScope(categories=frozenset({category}), instances=frozenset(instances)), rule=ABOUT_WITHHELD.rule
        )
        for category, instances in sorted(by_category.items())
    ]
    return Permit(
        request=permit.request,
        grants=permit.grants,
        withheld=(*permit.withheld, *closed),
        organisations=permit.organisations,
        obligations=permit.obligations,
        reasons=permit.reasons,
        policy=permit.policy,
        valid_until=permit.valid_until,
        unnamed={**permit.unnamed, **unnamed},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opinion:
    """What all rules together say about one purpose."""

    grants: list[Grant]
    withheld: list[Withheld]
    reasons: list[Reason]
    obligations: frozenset[Obligation]


def _judged(rule: Rule, case: Case, defects: list[Reason]) -> tuple[Rule, Finding] | None:
    try:
        finding = rule.judge(case)
    except Exception:  # noqa: BLE001  # a rule that raises means no, and is named
        defects.append(_reason(rule, Effect.DENY))
        return None
    return None if finding is None else (rule, finding)


def _opinion(found: list[tuple[Rule, Finding]]) -> _Opinion:
    reasons: list[Reason] = []
    obligations: set[Obligation] = set()
    for rule, finding in found:
        obligations |= finding.obligations
        if finding.grants:
            reasons.append(_reason(rule, Effect.PERMIT, evidence=finding.evidence))
        reasons.extend(_reason(rule, Effect.DENY, directive=closed.directive) for closed in finding.withheld)
    return _Opinion(
        grants=[grant for _, finding in found for grant in finding.grants],
        withheld=[closed for _, finding in found for closed in finding.withheld],
        reasons=reasons,
        obligations=frozenset(obligations),
    )


def _shared(per_purpose: list[list[Grant]]) -> list[Grant]:
    """Return what is open for every purpose: each must be permitted on its own."""
    first, *others = per_purpose
    shared = first
    for grants in others:
        shared = _distinct(_overlap(one, other) for one in shared for other in grants)
    return shared


def _overlap(one: Grant, other: Grant) -> Grant:
    if one.controllers is None or other.controllers is None:
        controllers = other.controllers if one.controllers is None else one.controllers
    else:
        controllers = one.controllers & other.controllers
    return Grant(
        categories=one.categories & other.categories,
        regimes=one.regimes & other.regimes,
        never=one.never | other.never,
        rule="+".join(sorted({*one.rule.split("+"), *other.rule.split("+")})),
        controllers=controllers,
    )


def _limited(grants: list[Grant], categories: frozenset[Category]) -> list[Grant]:
    return [
        grant if left == grant.categories else replace(grant, categories=left)
        for grant in grants
        if (left := grant.categories & categories)
    ]


def _is_total(withheld: Withheld) -> bool:
    """Tell whether nothing of its categories is left, whatever the record."""
    data = withheld.data
    # Most of what rules close is named by labels; to tell so spares a value that would only be compared.
    return data.labels is None and not withheld.exceptions and data == DataScope(categories=data.categories)


def _left_by(closing: list[Withheld]) -> frozenset[Category]:
    left = ALL_CATEGORIES
    for closed in closing:
        left -= left if closed.data.categories is None else closed.data.categories
    return left


def _denial(request: AccessRequest, reasons: Iterable[Reason], policy: str) -> Denial:
    return Denial(request=request, reasons=_sorted_reasons(_distinct(reasons)), policy=policy)


def _reason(rule: Rule, effect: Effect, *, directive: str = "", evidence: Evidence | None = None) -> Reason:
    return _reason_of(rule.id, effect, rule.paragraph, rule.mark.value, directive, evidence)


@lru_cache(maxsize=1024)
def _reason_of(
    rule: str, effect: Effect, paragraph: str, mark: str, directive: str, evidence: Evidence | None
) -> Reason:
    """Return the reason; nearly all that are asked for were made before."""
    return Reason(rule=rule, effect=effect, paragraph=paragraph, mark=mark, directive=directive, evidence=evidence)


def _sorted_reasons(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=lambda reason: (reason.effect, reason.rule, reason.directive)))


def _together(per_purpose: list[list[_Value]]) -> list[_Value]:
    if len(per_purpose) == 1:
        return per_purpose[0]
    return _distinct(value for values in per_purpose for value in values)


def _distinct(values: Iterable[_Value]) -> list[_Value]:
    return list(dict.fromkeys(values))
