"""Disclosure (Danish: videregivelse): Sundhedsloven §§ 41, 43, 45. The holder decides (§ 41, stk. 4), not the reader.

The requester is a named professional who holds the records, the recipient is who would get them. Whatever the rule, it
covers the records that the holder's own organisation answers for; nobody discloses for another.

A disclosure is made at one moment and opened at another. Whether the holder might make it is judged as of when she did,
from what is known today; whether the recipient may still open it, and what the citizen has closed since, as of now.
"""

from datetime import timedelta

from consent.arrangement import lasting
from consent.case import (
    Case,
    as_sent,
    declaration_of,
    on_one_line,
    reader_is_the_own_gp,
    readers_consent,
    readers_relation,
    relation_of,
)
from consent.directives import consents_naming
from consent.model import Grant, OrganisationKey, Participation, Period
from consent.policy import (
    BOTH_REGIMES,
    DECEASED_READS,
    DOCTOR,
    EVALUATING_PROFESSIONS,
    HEALTH_CARE_ONLY,
    LAPSE_OF_CONSENT,
    LONGEST_WAIT,
    NOTIFICATIONS,
    NOTIFIED,
    OTHER_THAN_TREATMENT,
    OWN_EFFORT,
    READS,
    SENSITIVE,
    SOCIAL,
    TREATING,
)
from consent.rule import Finding, Judge, Rule
from consent.vocabulary import (
    Action,
    Category,
    DeclarationKind,
    Evidence,
    EvidenceMark,
    Function,
    Label,
    Obligation,
    Purpose,
    RelationKind,
    RepresentationKind,
)

_DISCLOSE = frozenset({Action.DISCLOSE})
_LETTERS = frozenset({Category.LETTER})
_STAYS = frozenset({Category.ADMISSION})
_SERVICE_OF = dict.fromkeys(SOCIAL, RelationKind.SOCIAL_SERVICE)
"""Which active service lets a function be told of a stay; all others by a health service."""
_STRONGEST = tuple(Evidence)
_TELL_AND_REVIEW = frozenset({Obligation.NOTIFY_CITIZEN, Obligation.REVIEW})


def _holds(case: Case) -> bool:
    """Tell whether an authorised health person discloses to somebody."""
    return case.treats and case.request.recipient is not None


def _receives_for_treatment(case: Case) -> bool:
    """Tell whether the recipient treats: a person whom the directory vouches for, or a unit as such."""
    return case.reader_treats or (
        case.reader.function in TREATING and case.reader.person is None and case.reader.organisation is not None
    )


def _own(
    case: Case, categories: frozenset[Category], rule: str, *, never: frozenset[Label] = frozenset()
) -> tuple[Grant, ...]:
    most = READS[case.requester.function] & categories
    return (Grant(categories=most, regimes=HEALTH_CARE_ONLY, never=never, rule=rule, controllers=_holding(case)),)


def _holding(case: Case) -> frozenset[OrganisationKey]:
    """Return who answers for the holder's records: the controller that the directory knows above her unit."""
    return frozenset({case.requester.controller} if case.requester.controller else case.path[:1])


def _opened(judge: Judge) -> Judge:
    """Return the rule as it is asked when the recipient opens what was disclosed."""

    def judged(case: Case) -> Finding | None:
        sent = case.request.sent
        if sent is None:
            return judge(case)
        waits = timedelta() <= case.request.at - sent <= LONGEST_WAIT
        return judge(as_sent(case)) if waits and _still_receives(case) else None

    return judged


def _still_receives(case: Case) -> bool:
    """Tell whether the directory knows the recipient now; a citizen is known by her own number (see C5)."""
    return case.reader_registered or case.reader.function is Function.REPRESENTATIVE


def by_consent(case: Case) -> Finding | None:
    """P1: a consent that names the recipient, or that the citizen has just given to the recipient."""
    if not _holds(case) or case.purpose is not Purpose.TREATMENT or not _receives_for_treatment(case):
        return None
    if next(consents_naming(case), None) is None and readers_consent(case) is None:
        return None
    return Finding(grants=_own(case, READS[case.reader.function], "P1"))


def for_a_current_course(case: Case) -> Finding | None:
    """P2: one of the two treats the citizen now, and the other is known to treat."""
    if not _holds(case) or case.purpose is not Purpose.TREATMENT or not _receives_for_treatment(case):
        return None
    relation = readers_relation(case)
    if relation is None and case.reader_treats:
        relation = relation_of(case, case.requester.function)
    if relation is None:
        return None
    return Finding(grants=_own(case, READS[case.reader.function], "P2"), evidence=relation.evidence)


def _to_the_own_gp(case: Case) -> bool:
    return _receives_for_treatment(case) and reader_is_the_own_gp(case)


def discharge_letter(case: Case) -> Finding | None:
    """P3: a hospital's doctor sends the discharge letter to the citizen's own GP."""
    if (
        not _holds(case)
        or case.purpose is not Purpose.TREATMENT
        or case.requester.function is not Function.HOSPITAL_TREATMENT
        or case.requester.profession != DOCTOR
        or not _to_the_own_gp(case)
    ):
        return None
    return Finding(grants=_own(case, _LETTERS, "P3"))


def essential_considerations(case: Case) -> Finding | None:
    """P5: a declared emergency, to another who treats; blocks do not reach it, and the citizen is told."""
    if not _holds(case) or not _receives_for_treatment(case) or declaration_of(case, DeclarationKind.EMERGENCY) is None:
        return None
    return Finding(grants=_own(case, READS[case.requester.function], "P5"), obligations=_TELL_AND_REVIEW)


def locum_to_own_gp(case: Case) -> Finding | None:
    """P6: who stood in for the own GP reports to the GP; a block does not prevent it."""
    if not stands_in_for_the_gp(case):
        return None
    return Finding(grants=_own(case, READS[Function.GENERAL_PRACTICE], "P6"))


def stands_in_for_the_gp(case: Case) -> bool:
    """Tell whether a locum discloses to the own GP whose clinic has registered her as its locum."""
    return (
        _holds(case)
        and case.purpose is Purpose.TREATMENT
        and case.requester.function is Function.GENERAL_PRACTICE
        and _to_the_own_gp(case)
        and any(
            delegation.person == case.requester.person
            and delegation.organisation in case.reader_path
            and delegation.period.covers(case.request.at)
            for delegation in case.facts.delegations
        )
    )


def to_who_took_part(case: Case) -> Finding | None:
    """P7: to who took part in the treatment in person, about the own effort, for six months."""
    if (
        not _holds(case)
        or case.purpose is not Purpose.QUALITY
        or not case.reader_treats
        or case.reader.profession not in EVALUATING_PROFESSIONS
    ):
        return None
    part = own_part(case)
    if part is None:
        return None
    return Finding(grants=_own(case, READS[case.reader.function], "P7"), evidence=part.evidence)


def own_part(case: Case) -> Participation | None:
    """Return the reader's own part in the treatment that has begun, and ended six months ago at the most.

    Of several the one with the strongest evidence.
    """
    at = case.request.at
    parts = [
        participation
        for participation in case.facts.participations
        if participation.person == case.reader.person
        and Period(start=participation.period.start, end=lasting(participation.period.end, OWN_EFFORT)).covers(at)
    ]
    return min(parts, key=lambda part: _STRONGEST.index(part.evidence), default=None)


def by_written_consent(case: Case) -> Finding | None:
    """O1: other purposes than treatment; a consent to disclose, begun at most a year ago, naming the recipient."""
    if not _holds(case) or case.purpose not in OTHER_THAN_TREATMENT:
        return None
    named: frozenset[Label] = frozenset()
    found = False
    for consent in consents_naming(case):
        last = lasting(consent.period.start, LAPSE_OF_CONSENT)
        if consent.root.actions is not None and last is not None and case.request.at <= last:
            found = True
            named |= consent.root.data.labels or frozenset()
    if not found:
        return None
    return Finding(grants=_own(case, READS[case.requester.function], "O1", never=SENSITIVE - named))


def essential_considerations_to_authorities(case: Case) -> Finding | None:
    """O2: a declared emergency, to the municipality's authority or care; the citizen is told."""
    if (
        not _holds(case)
        or case.reader.function not in SOCIAL
        or case.reader.organisation is None
        or declaration_of(case, DeclarationKind.EMERGENCY) is None
    ):
        return None
    return Finding(grants=_own(case, READS[case.requester.function], "O2"), obligations=_TELL_AND_REVIEW)


def nearest_relative_of_the_dead(case: Case) -> Finding | None:
    """C5: course of illness and cause of death, to the nearest relative; a block is the wish of the deceased."""
    died = case.facts.citizen_died
    if (
        not _holds(case)
        or case.purpose is not Purpose.PATIENT_REQUEST
        or died is None
        or case.request.at < died
        or case.reader.function is not Function.REPRESENTATIVE
    ):
        return None
    for representation in case.facts.representations:
        if (
            representation.kind is RepresentationKind.NEAREST_RELATIVE
            and representation.representative == case.reader.citizen
            and representation.period.covers(case.request.at)
        ):
            return Finding(grants=_own(case, DECEASED_READS, "C5"))
    return None


def hospital_notification(case: Case) -> Finding | None:
    """A1: that a stay began or ended, to a municipality with an active service; not a matter of consent."""
    if not tells_of_a_stay(case):
        return None
    return Finding(
        grants=(
            Grant(
                categories=_STAYS,
                regimes=BOTH_REGIMES,
                never=frozenset(),
                rule="A1",
                controllers=_holding(case),
            ),
        )
    )


def tells_of_a_stay(case: Case) -> bool:
    """Tell whether a hospital, system or person, tells a municipal unit of a stay that it has begun there.

    When the municipality reads it, the hospital counts as it was then, and the service as it is now.
    """
    told = as_sent(case)
    return (
        case.request.recipient is not None
        and told.registered
        and case.requester.function in {Function.SYSTEM, Function.HOSPITAL_TREATMENT}
        and case.purpose in NOTIFICATIONS
        and _is_told(case)
        and any(
            relation.kind is RelationKind.STAY
            and relation.evidence is not Evidence.DECLARED
            and on_one_line(case, relation.organisation, case.path)
            and (relation.period.start is None or relation.period.start <= told.request.at)
            for relation in case.facts.relations
        )
        and any(
            relation.kind is _SERVICE_OF.get(case.reader.function, RelationKind.HEALTH_SERVICE)
            and relation.evidence is not Evidence.DECLARED
            and on_one_line(case, relation.organisation, case.reader_path)
            and relation.period.covers(case.request.at)
            for relation in case.facts.relations
        )
    )


def _is_told(case: Case) -> bool:
    """Tell whether the reader is a function that is told; when it reads, by name, or as its organisation's system."""
    function = case.reader.function
    if case.request.sent is None:
        return function in NOTIFIED
    known = case.reader_treats if function in TREATING else case.reader_registered
    return known and case.request.sent <= case.request.at and (function in NOTIFIED or function is Function.SYSTEM)


DISCLOSURE_RULES = (
    Rule(
        id="P1",
        paragraph="Sundhedsloven § 41, stk. 1, og § 42",
        mark=EvidenceMark.VERIFIED,
        danish="Borgeren har givet samtykke til, at oplysningerne videregives til denne modtager til behandling.",
        english="The citizen has consented to the disclosure of the information to this recipient for treatment.",
        actions=_DISCLOSE,
        judge=_opened(by_consent),
    ),
    Rule(
        id="P2",
        paragraph="Sundhedsloven § 41, stk. 2, nr. 1",
        mark=EvidenceMark.VERIFIED,
        danish="Videregivelsen er nødvendig af hensyn til et aktuelt behandlingsforløb for borgeren.",
        english="The disclosure is necessary for a current course of treatment of the citizen.",
        actions=_DISCLOSE,
        judge=_opened(for_a_current_course),
    ),
    Rule(
        id="P3",
        paragraph="Sundhedsloven § 41, stk. 2, nr. 2",
        mark=EvidenceMark.VERIFIED,
        danish="En sygehuslæge sender epikrisen til borgerens alment praktiserende læge.",
        english="A hospital doctor sends the discharge letter to the citizen's general practitioner.",
        actions=_DISCLOSE,
        judge=_opened(discharge_letter),
    ),
    Rule(
        id="P5",
        paragraph="Sundhedsloven § 41, stk. 2, nr. 4",
        mark=EvidenceMark.VERIFIED,
        danish="Videregivelsen er nødvendig af hensyn til åbenbare almene interesser eller af væsentlige hensyn til "
        "borgeren, sundhedspersonen eller andre; borgeren underrettes.",
        english="The disclosure is necessary for an obvious public interest or for essential considerations of the "
        "citizen, the health professional or others; the citizen is told.",
        actions=_DISCLOSE,
        judge=_opened(essential_considerations),
    ),
    Rule(
        id="P6",
        paragraph="Sundhedsloven § 41, stk. 2, nr. 5",
        mark=EvidenceMark.VERIFIED,
        danish="Den, der har virket som stedfortræder, videregiver til borgerens alment praktiserende læge.",
        english="Who has acted as a locum discloses to the citizen's general practitioner.",
        actions=_DISCLOSE,
        judge=_opened(locum_to_own_gp),
    ),
    Rule(
        id="P7",
        paragraph="Sundhedsloven § 41, stk. 2, nr. 6",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Modtageren har selv deltaget i behandlingen og vurderer sin egen indsats inden for seks måneder.",
        english="The recipient took part in the treatment and evaluates the own effort within six months.",
        actions=_DISCLOSE,
        judge=_opened(to_who_took_part),
    ),
    Rule(
        id="O1",
        paragraph="Sundhedsloven § 43, stk. 1, og § 44",
        mark=EvidenceMark.VERIFIED,
        danish="Borgeren har inden for det seneste år givet samtykke til, at oplysningerne videregives til denne "
        "modtager til andet end behandling.",
        english="The citizen has consented within the last year to the disclosure of the information to this "
        "recipient for a purpose other than treatment.",
        actions=_DISCLOSE,
        judge=_opened(by_written_consent),
    ),
    Rule(
        id="O2",
        paragraph="Sundhedsloven § 43, stk. 2, nr. 2",
        mark=EvidenceMark.VERIFIED,
        danish="Videregivelsen til en myndighed er nødvendig af hensyn til åbenbare almene interesser eller af "
        "væsentlige hensyn; borgeren underrettes.",
        english="The disclosure to an authority is necessary for an obvious public interest or for essential "
        "considerations; the citizen is told.",
        actions=_DISCLOSE,
        judge=_opened(essential_considerations_to_authorities),
    ),
    Rule(
        id="C5",
        paragraph="Sundhedsloven § 45",
        mark=EvidenceMark.TO_BE_CONFIRMED,
        danish="Den nærmeste pårørende til en afdød kan få oplyst sygdomsforløb, dødsårsag og dødsmåde, medmindre det "
        "strider mod afdødes ønske.",
        english="The nearest relative of a deceased citizen may be told of the course of illness and the cause and "
        "manner of death, unless that is against the wish of the deceased.",
        actions=_DISCLOSE,
        judge=_opened(nearest_relative_of_the_dead),
    ),
    Rule(
        id="A1",
        paragraph="Retssikkerhedsloven § 12 c",
        mark=EvidenceMark.VERIFIED,
        danish="Sygehuset underretter kommunen om indlæggelse og udskrivning, når kommunen yder borgeren en indsats.",
        english="The hospital tells the municipality of admission and discharge when it provides a service to the "
        "citizen.",
        actions=_DISCLOSE,
        judge=hospital_notification,
    ),
)
