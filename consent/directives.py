"""What the citizen's directives (Danish: samtykker og spærringer) say to one reader.

FHIR R4 Consent as IHE PCF reads it: the elements of one provision are AND; nested provisions of the opposite effect
are exceptions, of the same effect additions; a provision whose actor, purpose, action or time does not match is
silent; a matching permit denies what it excludes; over several provisions and directives, deny overrides.

Source: IHE ITI PCF, https://profiles.ihe.net/ITI/PCF/content.html
"""

from collections.abc import Callable, Iterator

from consent.case import Case, functions_of
from consent.model import ALL_DATA, ActorScope, Directive, Part, Permit, PersonKey, Provision, Withheld
from consent.related import is_marked
from consent.vocabulary import Action, Effect, Sector

STAFF_RECORDS_A_BLOCK = "L5-S"
"""The rule by which staff write down a block on the citizen's word."""

DEEPEST = 8
"""Provisions within provisions; IHE PCF has two."""

_Matcher = Callable[[ActorScope, Case], bool]


def in_force(directive: Directive, case: Case) -> bool:
    """Tell whether the directive counts now; only an active one within its period does."""
    return directive.active and directive.period.covers(case.request.at)


def withheld_by(directive: Directive, case: Case, *, rule: str) -> tuple[Withheld, ...]:
    """Return what the directive closes to this reader; nothing when it is silent."""
    root = directive.root
    if not in_force(directive, case) or not _speaks(root, case, actors=_matches_widely):
        return ()
    parts = _parts(root, case)
    if root.effect is Effect.PERMIT:
        if Part(data=ALL_DATA) in parts:
            return ()
        parts = (Part(data=ALL_DATA, exceptions=parts),)
    return tuple(
        Withheld(data=part.data, exceptions=part.exceptions, rule=rule, directive=directive.id) for part in parts
    )


def consents_naming(case: Case) -> Iterator[Directive]:
    """Yield the consents that name this reader and this purpose in so many words.

    Anyone, or any purpose, is not a name: such a consent opens nothing that the law does not open already.
    """
    for directive in case.directives:
        root = directive.root
        names = root.actors.persons or root.actors.organisations
        if (
            root.effect is Effect.PERMIT
            and names
            and root.purposes
            and in_force(directive, case)
            and _speaks(root, case, actors=_matches_narrowly)
        ):
            yield directive


def powers_naming(case: Case) -> Iterator[Directive]:
    """Yield the powers of attorney (Danish: fuldmagter): consents that name this representative and this purpose."""
    for directive in case.directives:
        root = directive.root
        if (
            root.effect is Effect.PERMIT
            and root.actors.citizens
            and root.purposes
            and in_force(directive, case)
            and _speaks(root, case, actors=_matches_narrowly)
        ):
            yield directive


def permits(provision: Provision, case: Case) -> bool:
    """Tell whether the provision is a permit about this very reader, purpose, action and time."""
    return provision.effect is Effect.PERMIT and _speaks(provision, case, actors=_matches_narrowly)


def is_on_the_citizens_word(permit: Permit) -> bool:
    """Tell whether a permit to direct is staff's, who write down what the citizen says."""
    return {grant.rule for grant in permit.grants} == {STAFF_RECORDS_A_BLOCK}


def may_record(permit: Permit, directive: Directive) -> bool:
    """Tell whether a permit to direct covers this very directive.

    The citizen and who acts by law for the citizen may write any; staff may write a pure block on the citizen's word.
    A consent that benefits staff is a *consent now* declaration, not a directive. A power of attorney is given by the
    citizen alone: who acts for somebody does not pass it on.
    """
    request = permit.request
    if directive.root.effect is Effect.PERMIT and directive.root.actors.citizens:
        return request.action is Action.DIRECT and request.requester.citizen == request.citizen
    pure_block = directive.root.effect is Effect.DENY and not directive.root.exceptions
    return request.action is Action.DIRECT and (pure_block or not is_on_the_citizens_word(permit))


def may_replace(permit: Permit, *, author: PersonKey) -> bool:
    """Tell whether a permit to direct covers changing or ending a directive that `author` wrote.

    The citizen may whoever wrote it; a parent or guardian may what she wrote herself, so that none lifts the other's or
    the citizen's own; staff never: they write a block down, and what lifts it for them is a *consent now*.
    """
    request = permit.request
    if request.action is not Action.DIRECT or is_on_the_citizens_word(permit):
        return False
    return request.requester.citizen == request.citizen or request.requester.person == author


def _parts(provision: Provision, case: Case, depth: int = 1) -> tuple[Part, ...]:
    """Return the records that the provision is about: permitted ones for a permit, denied ones for a deny.

    Raises:
        ValueError: nested deeper than `DEEPEST`, or marked; what cannot be read to its end means no.
    """
    if depth > DEEPEST:
        raise ValueError("provisions are nested too deep")
    if is_marked(provision.data):
        raise ValueError("it is not known which records a provision is about")
    same: list[Part] = []
    opposite: list[Part] = []
    for nested in provision.exceptions:
        matches = _matches_widely if nested.effect is Effect.DENY else _matches_narrowly
        if _speaks(nested, case, actors=matches):
            (same if nested.effect is provision.effect else opposite).extend(_parts(nested, case, depth + 1))
    exceptions = tuple(opposite)
    if provision.effect is Effect.DENY:
        # Deny overrides: what a nested deny adds is not excepted by a permit beside it.
        return (Part(data=provision.data, exceptions=exceptions), *same)
    return tuple(
        Part(data=part.data, exceptions=part.exceptions + exceptions) for part in (Part(data=provision.data), *same)
    )


def _speaks(provision: Provision, case: Case, *, actors: _Matcher) -> bool:
    return (
        provision.period.covers(case.request.at)
        and (provision.purposes is None or case.purpose in provision.purposes)
        and (provision.actions is None or case.request.action in provision.actions)
        and actors(provision.actors, case)
    )


def _matches_widely(scope: ActorScope, case: Case) -> bool:
    """Tell whether the scope is about the reader or about whom the reader acts for: how a deny is read.

    A block on a doctor reaches her secretary; so does the limit of a consent to a doctor.
    """
    return (
        (scope.persons is None or not scope.persons.isdisjoint((case.reader.person, case.reader.on_behalf_of)))
        and (scope.functions is None or not scope.functions.isdisjoint(functions_of(case)))
        and _matches_place(scope, case)
    )


def _matches_narrowly(scope: ActorScope, case: Case) -> bool:
    """Tell whether the scope is about this very reader: how a permit is read."""
    return (
        (scope.persons is None or case.reader.person in scope.persons)
        and (scope.functions is None or case.reader.function in scope.functions)
        and _matches_place(scope, case)
    )


def _matches_place(scope: ActorScope, case: Case) -> bool:
    units = case.reader_path if scope.with_subunits else case.reader_path[:1]
    return (
        (scope.organisations is None or not scope.organisations.isdisjoint(units))
        and (scope.sectors is None or _is_in_sector(scope.sectors, case))
        and (scope.citizens is None or case.reader.citizen in scope.citizens)
    )


def _is_in_sector(sectors: frozenset[Sector], case: Case) -> bool:
    """Tell whether the reader works in one of the sectors now; who works nowhere is in none."""
    unit = case.reader.organisation
    return unit is not None and case.facts.organisations.sector_of(unit) in sectors
