"""What closes: the citizen's blocks and the limits of consents, protected labels, agreements."""

from datetime import datetime

from consent.case import Case, agreed_with, as_sent, functions_of, readers_consent
from consent.directives import withheld_by
from consent.model import DataScope, Directive, Part, Withheld
from consent.policy import ALL_CATEGORIES, CITIZENS, EMERGENCIES, LIVES_BY, READING, REVEALS_PLACES
from consent.rule import Finding, Rule
from consent.rules.disclosure import stands_in_for_the_gp, tells_of_a_stay
from consent.vocabulary import Action, Effect, EvidenceMark, Function, Label


def blocks(case: Case) -> Finding | None:
    """L5: the citizen's denials. An emergency ignores them; a *consent now* lifts those that began before it.

    Nor do they reach two disclosures that are not the citizen's to stop: a locum's to the own GP, and of a stay.
    """
    return _directives(case, Effect.DENY, rule="L5")


def limits_of_consents(case: Case) -> Finding | None:
    """L5-P: a consent that speaks of this reader closes what it leaves out."""
    return _directives(case, Effect.PERMIT, rule="L5-P")


def _directives(case: Case, effect: Effect, *, rule: str) -> Finding | None:
    # Nothing opens for an emergency purpose without a declared emergency (L2), and blocks do not reach that one.
    if case.requester.function is Function.CITIZEN or case.purpose in EMERGENCIES:
        return None
    if case.request.action is Action.DISCLOSE and (stands_in_for_the_gp(as_sent(case)) or tells_of_a_stay(case)):
        return None
    consent = readers_consent(case)
    given = None if consent is None else consent.period.start
    withheld: list[Withheld] = []
    for directive in case.directives:
        if directive.root.effect is effect and not _is_lifted(directive, given):
            withheld.extend(withheld_by(directive, case, rule=rule))
    return Finding(withheld=tuple(withheld)) if withheld else None


def _is_lifted(directive: Directive, given: datetime | None) -> bool:
    """Tell whether a *consent now* was given, and the directive had begun by then: the latest word counts."""
    begun = directive.period.start
    return given is not None and (begun is None or begun <= given)


def _labelled(*labels: Label, rule: str) -> Finding:
    return Finding(withheld=(Withheld(data=DataScope(labels=frozenset(labels)), rule=rule),))


_GENOME = _labelled(Label.NATIONAL_GENOME, rule="L6")
_REFUSED = _labelled(Label.SHARING_REFUSED, rule="F1")
_ANONYMOUS = _labelled(Label.ANONYMOUS_TREATMENT, rule="F2")
_PROTECTED = _labelled(Label.AUTHOR_PROTECTED, Label.ADDRESS_PROTECTED, rule="F3")


def national_genome(case: Case) -> Finding | None:
    """L6: for nobody, by no door."""
    del case
    return _GENOME


def refused_sharing(case: Case) -> Finding | None:
    """F1: records that the citizen refused to share when they were made; the citizen sees them."""
    return None if case.requester.function is Function.CITIZEN else _REFUSED


def anonymous_treatment(case: Case) -> Finding | None:
    """F2: anonymous treatment is shown to the citizen alone."""
    return None if case.requester.function is Function.CITIZEN else _ANONYMOUS


def protected_from_representatives(case: Case) -> Finding | None:
    """F3: what its author protected, and protected addresses, stay hidden from parents and proxies."""
    is_one = Function.REPRESENTATIVE in {case.requester.function, case.reader.function}
    return _PROTECTED if is_one else None


def protected_places(case: Case) -> Finding | None:
    """F4: with a protected address go the places that would reveal it: kinds of record, and who lives round the corner.

    The organisation that answers for a record is shown with it, so records of the own GP and the municipality go whole.
    """
    if not case.facts.address_protected or Function.REPRESENTATIVE not in {
        case.requester.function,
        case.reader.function,
    }:
        return None
    nearby = frozenset(relation.organisation for relation in case.facts.relations if relation.kind in LIVES_BY)
    withheld = [Withheld(data=DataScope(categories=REVEALS_PLACES), rule="F4")]
    if nearby:
        withheld.append(Withheld(data=DataScope(origins=nearby), rule="F4"))
    return Finding(withheld=tuple(withheld))


def agreements(case: Case) -> Finding | None:
    """A0: between parties of an agreement, a function that it names gets from the others only what it names.

    Silent in an emergency: what the law opens to save a life is not the parties' to narrow.
    """
    if case.reader.function in CITIZENS or case.purpose in EMERGENCIES:
        return None
    functions = functions_of(case)
    withheld: list[Withheld] = []
    for agreement in agreed_with(case):
        if not functions.isdisjoint(agreement.functions):
            own = agreement.organisations.intersection(case.reader_path)
            withheld.append(
                Withheld(
                    data=DataScope(
                        categories=ALL_CATEGORIES - agreement.categories, origins=agreement.organisations - own
                    ),
                    exceptions=(Part(data=DataScope(origins=own)),),
                    rule="A0",
                    directive=agreement.id,
                )
            )
    return Finding(withheld=tuple(withheld)) if withheld else None


READING_AND_LOG = READING | {Action.READ_LOG}

LIMIT_RULES = (
    Rule(
        id="L5",
        paragraph="Sundhedsloven § 42 a, stk. 5",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Borgeren har frabedt sig, at oplysningerne indhentes.",
        english="The citizen has blocked the information from being looked up.",
        actions=READING,
        judge=blocks,
    ),
    Rule(
        id="L5-P",
        paragraph="Sundhedsloven § 42 a, stk. 3",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Borgerens samtykke omfatter ikke disse oplysninger.",
        english="The citizen's consent does not include this information.",
        actions=READING,
        judge=limits_of_consents,
    ),
    Rule(
        id="L6",
        paragraph="Sundhedsloven § 42 a, stk. 6",
        mark=EvidenceMark.VERIFIED,
        danish="Genetiske oplysninger i Nationalt Genom Center følger særlige regler og vises aldrig her.",
        english="Genetic data of the National Genome Center stands under rules of its own and is never shown here.",
        actions=READING_AND_LOG,
        judge=national_genome,
    ),
    Rule(
        id="F1",
        paragraph="Sundhedsloven § 42 a, stk. 5",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Oplysninger, som borgeren frabad sig at dele, da de blev til, vises kun for borgeren selv.",
        english="Information that the citizen refused to share when it was made is shown to the citizen alone.",
        actions=READING_AND_LOG,
        judge=refused_sharing,
    ),
    Rule(
        id="F2",
        paragraph="Sundhedsloven §§ 141 og 142",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Oplysninger om anonym behandling vises kun for borgeren selv.",
        english="Information about anonymous treatment is shown to the citizen alone.",
        actions=READING_AND_LOG,
        judge=anonymous_treatment,
    ),
    Rule(
        id="F3",
        paragraph="Sundhedsloven § 37",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Beskyttede adresser og oplysninger, som forfatteren har beskyttet, vises ikke for forældre, værger og "
        "fuldmagtshavere.",
        english="Protected addresses, and information that its author has protected, are not shown to parents, "
        "guardians and proxies.",
        actions=READING_AND_LOG,
        judge=protected_from_representatives,
    ),
    Rule(
        id="F4",
        paragraph="CPR-loven § 28; Sundhedsloven § 37",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Borgeren har beskyttet adresse; det, der afslører, hvor borgeren bor eller færdes, vises ikke for "
        "forældre, værger og fuldmagtshavere.",
        english="The citizen's address is protected; what reveals where the citizen lives or goes is not shown to "
        "parents, guardians and proxies.",
        actions=READING_AND_LOG,
        judge=protected_places,
    ),
    Rule(
        id="A0",
        paragraph="Databeskyttelsesforordningen artikel 5, stk. 1, litra c",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Aftalen mellem parterne begrænser, hvilke oplysninger funktionen får fra de andre parter.",
        english="The agreement between the parties limits what the function gets from the other parties.",
        actions=READING,
        judge=agreements,
    ),
)
