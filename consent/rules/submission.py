"""Writing about a citizen, and opening a door: decisions about the caller, whoever the citizen is.

One is about both: a judgement of capacity, which is for who treats the citizen.
"""

from consent.case import Case, declaration_of, relation_of, stands
from consent.model import Grant
from consent.policy import BOTH_REGIMES, DOORS, SUBMISSIONS, SYSTEMS, WRITES
from consent.rule import Finding, Rule
from consent.vocabulary import Action, Category, DeclarationKind, Evidence, EvidenceMark, Function, Obligation, Purpose

_SUBMIT = frozenset({Action.SUBMIT})
_DECLARE = frozenset({Action.DECLARE})
_JUDGE = frozenset({Action.JUDGE})


def submission(case: Case) -> Finding | None:
    """W1: a registered professional or system writes its own organisation's records, in the categories it works with.

    A system whose registration names functions besides being a system writes in the categories of those.
    """
    requester = case.requester
    if (
        case.purpose not in SUBMISSIONS
        or not case.registered
        or requester.function is Function.REGISTER
        or (requester.function not in SYSTEMS and requester.person is None)
    ):
        return None
    is_system = requester.function is Function.SYSTEM
    return _writing(case, _written_by_system(case) if is_system else WRITES[requester.function], "W1")


def _written_by_system(case: Case) -> frozenset[Category]:
    named = frozenset(
        function
        for standing in case.facts.standings
        if standing.person == case.requester.client and stands(standing, Function.SYSTEM, case.path, case.request)
        for function in standing.functions
        if function is not Function.SYSTEM
    )
    return frozenset[Category]().union(*(WRITES[function] for function in named or {Function.SYSTEM}))


def register_feed(case: Case) -> Finding | None:
    """W2: an official register writes what it is the source of."""
    if (
        case.purpose is not Purpose.PATIENT_ADMINISTRATION
        or case.requester.function is not Function.REGISTER
        or not case.registered
    ):
        return None
    return _writing(case, WRITES[Function.REGISTER], "W2")


def _writing(case: Case, categories: frozenset[Category], rule: str) -> Finding:
    return Finding(
        grants=(
            Grant(
                categories=WRITES[case.requester.function] & categories,
                regimes=BOTH_REGIMES,
                never=frozenset(),
                rule=rule,
                controllers=frozenset({case.requester.controller} if case.requester.controller else case.path[:1]),
            ),
        )
    )


def declare_treatment(case: Case) -> Finding | None:
    """K1: *treating now* and *consent now* are for a named, authorised health person in a treating function."""
    return _door(case, DeclarationKind.TREATING_NOW, "K1")


def declare_emergency(case: Case) -> Finding | None:
    """K2: so is an emergency; never a system alone, an assistant, social care, an administrator or a proxy."""
    return _door(case, DeclarationKind.EMERGENCY, "K2")


def _door(case: Case, kind: DeclarationKind, rule: str) -> Finding | None:
    """Let the caller declare. The grant opens no record: it names no controller."""
    if not case.treats or case.purpose not in DOORS[kind].purposes:
        return None
    return Finding(
        grants=(
            Grant(
                categories=case.request.categories,
                regimes=frozenset(),
                never=frozenset(),
                rule=rule,
                controllers=frozenset(),
            ),
        ),
        obligations=frozenset({Obligation.NOTIFY_CITIZEN, Obligation.REVIEW}),
    )


def judgement_of_capacity(case: Case) -> Finding | None:
    """W3: a named, authorised health person who treats the citizen documents what the citizen can decide.

    The grant opens no record and covers no other writing: it names no controller. The citizen is told.
    """
    if not case.treats or case.purpose is not Purpose.TREATMENT:
        return None
    relation = relation_of(case, case.requester.function)
    if relation is None and declaration_of(case, DeclarationKind.TREATING_NOW) is None:
        return None
    return Finding(
        grants=(
            Grant(
                categories=case.request.categories,
                regimes=frozenset(),
                never=frozenset(),
                rule="W3",
                controllers=frozenset(),
            ),
        ),
        obligations=frozenset({Obligation.NOTIFY_CITIZEN}),
        evidence=Evidence.DECLARED if relation is None else relation.evidence,
    )


SUBMISSION_RULES = (
    Rule(
        id="W1",
        paragraph="Sundhedsloven § 193 b",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="En registreret organisation må indberette de oplysninger, som dens funktion arbejder med, og som den "
        "selv er dataansvarlig for.",
        english="A registered organisation may submit the information that its function works with and that it is "
        "the controller of.",
        actions=_SUBMIT,
        judge=submission,
    ),
    Rule(
        id="W2",
        paragraph="Databeskyttelsesforordningen artikel 6, stk. 1, litra e",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Et officielt register må levere de stamoplysninger, som det er kilde til.",
        english="An official register may supply the master data that it is the source of.",
        actions=_SUBMIT,
        judge=register_feed,
    ),
    Rule(
        id="W3",
        paragraph="Sundhedsloven § 17, stk. 2, og § 18",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="En sundhedsperson, som behandler borgeren, må dokumentere sin vurdering af, om borgeren kan give "
        "samtykke.",
        english="A health professional who treats the citizen may document the own judgement of whether the citizen "
        "can consent.",
        actions=_JUDGE,
        judge=judgement_of_capacity,
    ),
    Rule(
        id="K1",
        paragraph="Sundhedsloven § 42 a, stk. 1 og 3",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="En autoriseret sundhedsperson i en behandlende funktion må erklære, at borgeren er i behandling nu, "
        "eller at borgeren har givet samtykke nu.",
        english="An authorised health professional in a treating function may declare that the citizen is being "
        "treated now, or has consented now.",
        actions=_DECLARE,
        judge=declare_treatment,
    ),
    Rule(
        id="K2",
        paragraph="Sundhedsloven § 42 a, stk. 2",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="En autoriseret sundhedsperson i en behandlende funktion må erklære værdispring.",
        english="An authorised health professional in a treating function may declare an emergency.",
        actions=_DECLARE,
        judge=declare_emergency,
    ),
)
