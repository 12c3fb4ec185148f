"""Who follows and explains decisions without seeing what they are about: data protection; staff, of themselves."""

from consent.case import Case
from consent.model import Grant
from consent.policy import BOTH_REGIMES, CITIZENS, SYSTEMS
from consent.rule import Finding, Rule
from consent.vocabulary import Action, Category, EvidenceMark, Function, Purpose

_LOG = frozenset({Category.ACCESS_LOG})


def _protects_data(case: Case) -> bool:
    return (
        case.requester.function is Function.DATA_PROTECTION
        and case.requester.person is not None
        and case.purpose is Purpose.OPERATIONS
        and case.registered
    )


def log_of_the_own_organisation(case: Case) -> Finding | None:
    """G2: a data protection officer reads what the own organisation, and what is below it, looked up."""
    if not _protects_data(case):
        return None
    return Finding(
        grants=(
            Grant(
                categories=_LOG,
                regimes=BOTH_REGIMES,
                never=frozenset(),
                rule="G2",
                controllers=frozenset(case.path[:1]),
            ),
        )
    )


def replay(case: Case) -> Finding | None:
    """G3: a data protection officer has decisions about the own organisation explained; it opens no record."""
    about = case.request.recipient or case.requester
    if not _protects_data(case) or about.organisation is None:
        return None
    if case.requester.organisation not in case.facts.organisations.path(about.organisation):
        return None
    return _explaining(case, "G3")


def doors_of_the_own_organisation(case: Case) -> Finding | None:
    """G5: a data protection officer reviews how the own organisation used the doors, and sees what is unusual in it.

    What was declared and by whom, reviews and counts; never a record, and nobody is looked up by it.
    """
    if not _protects_data(case):
        return None
    grant = Grant(
        categories=_LOG,
        regimes=BOTH_REGIMES,
        never=frozenset(),
        rule="G5",
        controllers=frozenset(case.path[:1]),
    )
    return Finding(grants=(grant,))


def own_decisions(case: Case) -> Finding | None:
    """G4: staff have explained what they themselves would get; it opens no record."""
    if (
        case.requester.person is None
        or case.requester.function in CITIZENS | SYSTEMS
        or case.purpose is Purpose.PATIENT_REQUEST
        or not case.registered
        or case.request.recipient not in {None, case.requester}
    ):
        return None
    return _explaining(case, "G4")


def _explaining(case: Case, rule: str) -> Finding:
    return Finding(
        grants=(
            Grant(
                categories=case.request.categories,
                regimes=frozenset(),
                never=frozenset(),
                rule=rule,
                controllers=frozenset(),
            ),
        )
    )


OVERSIGHT_RULES = (
    Rule(
        id="G2",
        paragraph="Databeskyttelsesforordningen artikel 39",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Databeskyttelsesrådgiveren ser logningen af de opslag, som egen organisation har foretaget.",
        english="The data protection officer sees the log of what the own organisation has looked up.",
        actions=frozenset({Action.READ_LOG}),
        judge=log_of_the_own_organisation,
    ),
    Rule(
        id="G3",
        paragraph="Databeskyttelsesforordningen artikel 39",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Databeskyttelsesrådgiveren kan få egen organisations afgørelser forklaret og genspillet pr. "
        "oplysningstype uden at se oplysningerne.",
        english="The data protection officer can have decisions about the own organisation explained and replayed per "
        "kind of information, without seeing the information.",
        actions=frozenset({Action.EXPLAIN}),
        judge=replay,
    ),
    Rule(
        id="G4",
        paragraph="Databeskyttelsesforordningen artikel 5, stk. 2",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Medarbejderen kan få forklaret, hvad medarbejderen selv har adgang til, pr. oplysningstype.",
        english="The member of staff can have explained what the own access would be, per kind of information.",
        actions=frozenset({Action.EXPLAIN}),
        judge=own_decisions,
    ),
    Rule(
        id="G5",
        paragraph="Databeskyttelsesforordningen artikel 39, stk. 1, litra b",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Databeskyttelsesrådgiveren gennemgår egen organisations brug af »behandler nu« og værdispring og ser, "
        "hvad der er usædvanligt i den, uden at se oplysninger om borgerne.",
        english="The data protection officer reviews the own organisation's use of 'treating now' and emergency "
        "access, and sees what is unusual in it, without seeing the citizens' information.",
        actions=frozenset({Action.OVERSEE}),
        judge=doors_of_the_own_organisation,
    ),
)
