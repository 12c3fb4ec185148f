"""The citizen's own access, and those who act for the citizen: Sundhedsloven §§ 14, 17, 18 and 36 to 38."""

from collections.abc import Iterator
from datetime import timedelta

from consent.ages import has_turned
from consent.case import Case
from consent.directives import STAFF_RECORDS_A_BLOCK, powers_naming
from consent.model import Grant, Period, Representation
from consent.policy import ADULT_AGE, ADULT_CHOICE_AGE, BOTH_REGIMES, HEALTH_CARE_ONLY, LONGEST_JUDGEMENT, READS
from consent.rule import Finding, Rule
from consent.vocabulary import (
    Action,
    Category,
    EvidenceMark,
    Function,
    JudgementKind,
    Obligation,
    Purpose,
    RepresentationKind,
)

_CONSENTS = frozenset({Category.CONSENT})


def _is_of_age(case: Case) -> bool:
    born = case.facts.citizen_born
    return born is not None and has_turned(ADULT_CHOICE_AGE, born=born, at=case.request.at)


def _is_a_child(case: Case) -> bool:
    """Tell whether the citizen is known to be under 15; an unknown age is none of the two."""
    born = case.facts.citizen_born
    return born is not None and not has_turned(ADULT_CHOICE_AGE, born=born, at=case.request.at)


def _is_alive(case: Case) -> bool:
    died = case.facts.citizen_died
    return died is None or case.request.at < died


def _asks_about_self(case: Case) -> bool:
    return (
        case.requester.function is Function.CITIZEN
        and case.requester.citizen == case.request.citizen
        and case.purpose is Purpose.PATIENT_REQUEST
        and _is_of_age(case)
        and _is_alive(case)
    )


def own_access(case: Case) -> Finding | None:
    """S1: the citizen from 15 sees everything but genome data, under whatever regime, and who looked."""
    if not _asks_about_self(case):
        return None
    return Finding(
        grants=(Grant(categories=READS[Function.CITIZEN], regimes=BOTH_REGIMES, never=frozenset(), rule="S1"),)
    )


def own_directives(case: Case) -> Finding | None:
    """C1: the citizen from 15 consents and blocks alone."""
    return _directing("C1") if _asks_about_self(case) else None


def _represents(case: Case) -> bool:
    """Tell whether somebody else asks on behalf of a citizen who lives."""
    return (
        case.requester.function is Function.REPRESENTATIVE
        and case.requester.citizen != case.request.citizen
        and case.purpose is Purpose.PATIENT_REQUEST
        and _is_alive(case)
    )


def _representations(case: Case, *kinds: RepresentationKind) -> Iterator[Representation]:
    if _represents(case):
        for representation in case.facts.representations:
            if (
                representation.kind in kinds
                and representation.representative == case.requester.citizen
                and representation.period.covers(case.request.at)
            ):
                yield representation


def _custody(case: Case) -> Iterator[Representation]:
    return _representations(case, RepresentationKind.CUSTODY) if _is_a_child(case) else iter(())


def _for_the_incapable(case: Case) -> Iterator[Representation]:
    if not _judged(case, JudgementKind.PERMANENTLY_INCAPABLE):
        return iter(())
    return (
        representation
        for representation in _representations(case, RepresentationKind.GUARDIAN, RepresentationKind.FUTURE_POWER)
        # A future power counts from the day on which it was set in force; without one it is a paper in a drawer.
        if representation.kind is RepresentationKind.GUARDIAN or representation.period.start is not None
    )


def _acting(case: Case, representations: Iterator[Representation], rule: str) -> Finding | None:
    """Open what the representation is about: records to read, or consents to write."""
    whole = _CONSENTS if case.request.action is Action.DIRECT else READS[Function.REPRESENTATIVE]
    grants = tuple(
        Grant(
            categories=whole if representation.categories is None else whole & representation.categories,
            regimes=HEALTH_CARE_ONLY,
            never=frozenset(),
            rule=rule,
        )
        for representation in representations
    )
    return Finding(grants=grants) if grants else None


def custody(case: Case) -> Finding | None:
    """C3: who holds custody acts for a child under 15; never from that birthday on."""
    return _acting(case, _custody(case), "C3")


def _judged(case: Case, kind: JudgementKind) -> bool:
    """Tell whether a health professional has documented this, for a time that is not longer than it may be, and now."""
    return any(
        judgement.kind is kind
        and _is_limited(judgement.period, LONGEST_JUDGEMENT[kind])
        and judgement.period.covers(case.request.at)
        for judgement in case.facts.judgements
    )


def _is_limited(period: Period, longest: timedelta) -> bool:
    return period.start is not None and period.end is not None and period.end - period.start <= longest


def custody_of_the_young(case: Case) -> Finding | None:
    """C2: from 15 to 18, only where a health professional judged that the young citizen cannot see what follows."""
    born = case.facts.citizen_born
    if (
        not _is_of_age(case)
        or born is None
        or has_turned(ADULT_AGE, born=born, at=case.request.at)
        or not _judged(case, JudgementKind.CANNOT_FORESEE)
    ):
        return None
    return _acting(case, _representations(case, RepresentationKind.CUSTODY), "C2")


def nearest_relative(case: Case) -> Finding | None:
    """C4-R: the nearest relative of an adult, for one situation of documented incapacity."""
    if not _is_of_age(case) or not _judged(case, JudgementKind.INCAPABLE):
        return None
    return _acting(case, _representations(case, RepresentationKind.NEAREST_RELATIVE), "C4-R")


def guardianship(case: Case) -> Finding | None:
    """C4: a personal guardian, or a future power in force, acts for a citizen found incapable; a financial one no."""
    return _acting(case, _for_the_incapable(case), "C4")


def proxy(case: Case) -> Finding | None:
    """C6: whom the citizen gave a power of attorney sees what it names, and decides nothing.

    Registered as one, or a consent of the citizen's that names this representative; L5-P holds it to what it names.
    """
    if _represents(case) and next(powers_naming(case), None) is not None:
        whole = READS[Function.REPRESENTATIVE]
        return Finding(grants=(Grant(categories=whole, regimes=HEALTH_CARE_ONLY, never=frozenset(), rule="C6"),))
    return _acting(case, _representations(case, RepresentationKind.PROXY), "C6")


def block_on_the_citizens_word(case: Case) -> Finding | None:
    """L5-S: staff write a block down as the citizen says it; `directives.may_record` holds it to a pure block."""
    if not case.treats or case.purpose is not Purpose.TREATMENT:
        return None
    return Finding(grants=_directing(STAFF_RECORDS_A_BLOCK).grants, obligations=frozenset({Obligation.NOTIFY_CITIZEN}))


def _directing(rule: str) -> Finding:
    return Finding(grants=(Grant(categories=_CONSENTS, regimes=BOTH_REGIMES, never=frozenset(), rule=rule),))


_READ = frozenset({Action.LOOK_UP, Action.READ_LOG, Action.EXPLAIN})
_DIRECT = frozenset({Action.DIRECT})
_LOOK_UP_OR_DIRECT = frozenset({Action.LOOK_UP, Action.DIRECT})

CITIZEN_RULES = (
    Rule(
        id="C2",
        paragraph="Sundhedsloven § 17, stk. 2",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="En sundhedsperson har vurderet, at den unge på 15 til 17 år ikke selv kan forstå konsekvenserne; "
        "indehaveren af forældremyndigheden handler i denne situation.",
        english="A health professional has judged that the young citizen of 15 to 17 cannot understand the "
        "consequences; the holder of custody acts in this situation.",
        actions=_LOOK_UP_OR_DIRECT,
        judge=custody_of_the_young,
    ),
    Rule(
        id="C4-R",
        paragraph="Sundhedsloven § 18",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Den nærmeste pårørende handler i denne situation, hvor en sundhedsperson har dokumenteret, at borgeren "
        "mangler evnen til at give samtykke.",
        english="The nearest relative acts in this situation, in which a health professional has documented that the "
        "citizen lacks the capacity to consent.",
        actions=_LOOK_UP_OR_DIRECT,
        judge=nearest_relative,
    ),
    Rule(
        id="S1",
        paragraph="Sundhedsloven §§ 36-38",
        mark=EvidenceMark.VERIFIED,
        danish="Borgeren er fyldt 15 år og har adgang til egne oplysninger og til at se, hvem der har set dem.",
        english="The citizen is 15 or older and has access to her own information and to who has seen it.",
        actions=_READ,
        judge=own_access,
    ),
    Rule(
        id="C1",
        paragraph="Sundhedsloven § 17, stk. 1 og 3",
        mark=EvidenceMark.VERIFIED,
        danish="Borgeren er fyldt 15 år og bestemmer selv over samtykker og spærringer.",
        english="The citizen is 15 or older and decides alone on consents and blocks.",
        actions=_DIRECT,
        judge=own_directives,
    ),
    Rule(
        id="C3",
        paragraph="Sundhedsloven § 14",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Indehaveren af forældremyndigheden handler for et barn under 15 år.",
        english="The holder of custody acts for a child under 15.",
        actions=_READ | _DIRECT,
        judge=custody,
    ),
    Rule(
        id="C4",
        paragraph="Sundhedsloven § 18",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Den personlige værge eller fremtidsfuldmægtigen handler for en borger, der varigt mangler evnen til at "
        "give samtykke.",
        english="The personal guardian, or the holder of a future power of attorney, acts for a citizen who "
        "permanently lacks the capacity to consent.",
        actions=_READ | _DIRECT,
        judge=guardianship,
    ),
    Rule(
        id="C6",
        paragraph="Sundhedsloven §§ 36-38",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Borgeren har givet fuldmagt til at se de oplysninger, som fuldmagten nævner.",
        english="The citizen has given a power of attorney to see the information that it names.",
        actions=_READ,
        judge=proxy,
    ),
    Rule(
        id=STAFF_RECORDS_A_BLOCK,
        paragraph="Sundhedsloven § 42 a, stk. 5",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="En sundhedsperson må registrere en spærring, som borgeren beder om.",
        english="A health professional may record a block that the citizen asks for.",
        actions=_DIRECT,
        judge=block_on_the_citizens_word,
    ),
)
