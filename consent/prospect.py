"""What somebody would get of a citizen's records, without getting it (Danish: hvad ville vedkommende kunne se?).

Each kind of information is decided on its own by the engine, so that an explanation is a decision and never a retelling
of one. Nothing here opens a record: what comes out is an outcome and reasons.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from consent.disclosure import belongs, may_disclose, opens
from consent.engine import decide
from consent.model import (
    AccessRequest,
    DataScope,
    Declaration,
    Delegation,
    Denial,
    Facts,
    Item,
    Part,
    Period,
    Permit,
    PersonKey,
    Reason,
    Requester,
    Standing,
    Withheld,
)
from consent.policy import CITIZENS, EMERGENCIES, POLICY_VERSION, SYSTEMS, TREATING
from consent.rule import Rule
from consent.rules import ABOUT_WITHHELD, NO_BASIS, RULES
from consent.vocabulary import Category, DeclarationKind, Effect, Function


class Outcome(StrEnum):
    """What an explanation answers."""

    YES = "yes"  # ja
    PARTLY = "partly"  # delvist
    NO = "no"  # nej


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """The answer about one kind of information.

    `protected` are rules that close records by their label alone, whoever the citizen is and whatever there is.
    """

    category: Category
    outcome: Outcome
    reasons: tuple[Reason, ...]
    protected: tuple[Reason, ...]
    decision: Permit | Denial


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer about one record."""

    permitted: bool
    reasons: tuple[Reason, ...]


CHOICES = frozenset({"L5", "L5-P"})
"""Rules by which the citizen closes; an explanation to staff is made without them."""

POLICY_WITHOUT_CHOICES = f"{POLICY_VERSION}|without-choices"
_WITHOUT_CHOICES = tuple(rule for rule in RULES if rule.id not in CHOICES)


def prospects(request: AccessRequest, facts: Facts) -> tuple[Prospect, ...]:
    """Return the answer for each of the request's categories, as it would be decided, in the order of `Category`."""
    return _prospects(request, facts, RULES, POLICY_VERSION)


def prospects_by_law(request: AccessRequest, facts: Facts) -> tuple[Prospect, ...]:
    """Return the same by law and agreements alone: what the citizen has closed changes nothing in it.

    INVARIANT: the answer is the same whatever blocks there are, and whatever consents that open nothing. A consent
    counts only where nothing else opens, for then the access itself says that there is one.
    """
    bare = replace(facts, directives=())
    rests_on = bare if isinstance(decide(request, bare), Permit) else facts
    return _prospects(request, rests_on, _WITHOUT_CHOICES, POLICY_WITHOUT_CHOICES)


def kinds_open(permit: Permit) -> frozenset[Category]:
    """Return the kinds of information of which the permit shows anything, as far as a kind tells."""
    return frozenset(
        category
        for category in Category
        if any(category in grant.categories for grant in permit.grants)
        and not any(_reach(withheld, category) is Outcome.YES for withheld in permit.withheld)
    )


def opens_nothing(found: Iterable[Prospect]) -> bool:
    """Tell whether the answer is no throughout."""
    return all(one.outcome is Outcome.NO for one in found)


def verdict(prospect: Prospect, item: Item) -> Verdict:
    """Return the answer about a record of the prospect's category."""
    decision = prospect.decision
    if isinstance(decision, Denial):
        return Verdict(permitted=False, reasons=decision.reasons)
    tree = decision.organisations
    if may_disclose(decision, item):
        opening = {
            part for grant in decision.grants if opens(grant, item.signature, tree) for part in grant.rule.split("+")
        }
        return Verdict(permitted=True, reasons=_opening(decision, opening))
    closing = [withheld for withheld in decision.withheld if belongs(withheld, item, tree)]
    return Verdict(permitted=False, reasons=_closing(decision, closing) or (NO_BASIS,))


def about_withheld(found: Verdict) -> Verdict:
    """Return the answer about a record that is about another which the answer withholds."""
    return Verdict(permitted=False, reasons=(ABOUT_WITHHELD,)) if found.permitted else found


def _prospects(request: AccessRequest, facts: Facts, rules: Sequence[Rule], policy: str) -> tuple[Prospect, ...]:
    return tuple(
        _prospect(category, decide(replace(request, categories=frozenset({category})), facts, rules, policy=policy))
        for category in Category
        if category in request.categories
    )


def _prospect(category: Category, decision: Permit | Denial) -> Prospect:
    if isinstance(decision, Denial):
        return Prospect(
            category=category, outcome=Outcome.NO, reasons=decision.reasons, protected=(), decision=decision
        )
    protected = [withheld for withheld in decision.withheld if _is_about_labels_alone(withheld)]
    others = [withheld for withheld in decision.withheld if withheld not in protected]
    reach = [(withheld, _reach(withheld, category)) for withheld in others]
    closing = [withheld for withheld, closes in reach if closes is not Outcome.NO]
    if Outcome.YES in {closes for _, closes in reach}:
        outcome = Outcome.NO
    elif closing or all(grant.never or grant.controllers is not None for grant in decision.grants):
        outcome = Outcome.PARTLY
    else:
        outcome = Outcome.YES
    opening = {part for grant in decision.grants for part in grant.rule.split("+")}
    return Prospect(
        category=category,
        outcome=outcome,
        reasons=_opening(decision, opening) + _closing(decision, closing),
        protected=_closing(decision, protected),
        decision=decision,
    )


def _is_about_labels_alone(withheld: Withheld) -> bool:
    return not withheld.directive and withheld.data == DataScope(labels=withheld.data.labels)


def _reach(part: Part | Withheld, category: Category) -> Outcome:
    """Tell whether the part covers all, some or none of the records of a category, as far as a category tells."""
    data = part.data
    if data.categories is not None and category not in data.categories:
        return Outcome.NO
    exceptions = [_reach(exception, category) for exception in part.exceptions]
    if Outcome.YES in exceptions:
        return Outcome.NO
    is_whole = data == DataScope(categories=data.categories) and Outcome.PARTLY not in exceptions
    return Outcome.YES if is_whole else Outcome.PARTLY


def _opening(permit: Permit, rules: Iterable[str]) -> tuple[Reason, ...]:
    return tuple(reason for reason in permit.reasons if reason.effect is Effect.PERMIT and reason.rule in rules)


def _closing(permit: Permit, closing: Iterable[Withheld]) -> tuple[Reason, ...]:
    who = {(withheld.rule, withheld.directive) for withheld in closing}
    return tuple(
        reason for reason in permit.reasons if reason.effect is Effect.DENY and (reason.rule, reason.directive) in who
    )


# Whom a question is about

_SOMEBODY, _RESPONSIBLE = PersonKey("(somebody)"), PersonKey("(responsible)")


def suppose(request: AccessRequest, facts: Facts, *, with_emergency: bool) -> tuple[AccessRequest, Facts]:
    """Let a requester who is a function at a unit be somebody whom the directory knows in that function there.

    An authorised one where the function treats; an assistant whom the management has authorised to assist such a one.
    `with_emergency`: who asks for an emergency purpose has declared one. A requester who is somebody stays as she is.
    """
    who = request.requester
    if who.person is not None or who.organisation is None or who.function in CITIZENS | SYSTEMS:
        return request, facts
    unit = frozenset({who.organisation})
    standings = [
        Standing(
            person=_SOMEBODY,
            authorised=who.function in TREATING,
            functions=frozenset({who.function}),
            organisations=unit,
        )
    ]
    delegations: list[Delegation] = []
    if who.function is Function.ASSISTANT:
        standings.append(Standing(person=_RESPONSIBLE, authorised=True, functions=TREATING, organisations=unit))
        delegations.append(Delegation(person=_SOMEBODY, organisation=who.organisation, responsible=_RESPONSIBLE))
    declarations = [
        Declaration(
            kind=DeclarationKind.EMERGENCY,
            person=_SOMEBODY,
            organisation=who.organisation,
            purpose=purpose,
            period=Period(start=request.at),
        )
        for purpose in sorted(request.purposes & EMERGENCIES)
        if with_emergency
    ]
    somebody: Requester = replace(
        who, person=_SOMEBODY, on_behalf_of=_RESPONSIBLE if who.function is Function.ASSISTANT else None
    )
    return replace(request, requester=somebody), replace(
        facts,
        standings=(*facts.standings, *standings),
        delegations=(*facts.delegations, *delegations),
        declarations=(*facts.declarations, *declarations),
    )
