"""Decisions in sentences, Danish and English, for those who may know why. What a refused caller is told: `guidance`."""

from collections.abc import Iterable

from consent.guiding import Guidance, Language, guidance
from consent.model import Denial, Permit, Reason
from consent.rules import ABOUT_WITHHELD, DEFECT, NO_BASIS, RULES
from consent.vocabulary import Category, Effect, Evidence, EvidenceMark

TEXTS: dict[str, Guidance] = {rule.id: Guidance(da=rule.danish, en=rule.english) for rule in RULES} | {
    NO_BASIS.rule: Guidance(
        da="Ingen regel giver adgang; tavshedspligten er udgangspunktet.",
        en="No rule gives access; the duty of secrecy is the starting point.",
    ),
    DEFECT.rule: Guidance(
        da="Afgørelsen kunne ikke træffes; så gives der ikke adgang.",
        en="The decision could not be made; then access is not given.",
    ),
    ABOUT_WITHHELD.rule: Guidance(
        da="En oplysning, der handler om en anden oplysning, vises kun for den, der må se begge.",
        en="What is about another record is shown only to those who may see both.",
    ),
}
"""What each rule says, by id."""

UNKNOWN_RULE = Guidance(
    da="Reglen findes ikke i den nuværende udgave.", en="The rule is not part of the present version."
)

_UNCONFIRMED = Guidance(da="skal bekræftes af en jurist", en="to be confirmed by a lawyer")
_WEAK: dict[Evidence, Guidance] = {
    Evidence.SELF_ASSERTED: Guidance(
        da="Tilknytningen bygger alene på behandlingsstedets egen registrering.",
        en="The relation rests on the place of treatment's own record alone.",
    ),
    Evidence.DECLARED: Guidance(
        da="Tilknytningen bygger alene på sundhedspersonens egen erklæring.",
        en="The relation rests on the health professional's own declaration alone.",
    ),
}
_PERMITTED = Guidance(da="Der er adgang.", en="Access is given.")
_DENIED = Guidance(da="Der er ikke adgang.", en="Access is not given.")
_OPENS = Guidance(da="Giver adgang", en="Opens")
_CLOSES = Guidance(da="Begrænser", en="Limits")


def sentences(reasons: Iterable[Reason], language: Language) -> list[str]:
    """Return one line a reason, in the order given: effect, rule id, text, paragraph, and what is not certain."""
    return [_sentence(reason, language) for reason in reasons]


def _sentence(reason: Reason, language: Language) -> str:
    effect = _OPENS if reason.effect is Effect.PERMIT else _CLOSES
    text = TEXTS.get(reason.rule, UNKNOWN_RULE)
    source = reason.paragraph
    if reason.mark != EvidenceMark.VERIFIED:
        source = f"{source}; {_UNCONFIRMED[language]}"
    line = f"{effect[language]} ({reason.rule}): {text[language]} [{source}]"
    weak = _WEAK.get(reason.evidence) if reason.evidence is not None else None
    return line if weak is None else f"{line} {weak[language]}"


def explain(decision: Permit | Denial, language: Language = "da") -> list[str]:
    """Return the decision as sentences: the outcome first, then a line a reason."""
    outcome = _PERMITTED if isinstance(decision, Permit) else _DENIED
    return [outcome[language], *sentences(decision.reasons, language)]


NOTES: dict[str, Guidance] = {
    "law-alone": Guidance(
        da="Svaret siger, hvad lov og aftaler åbner for. Borgeren kan have begrænset adgangen, og oplysninger kan "
        "mangle; det kan ikke ses her, og svaret er det samme, hvad enten det er tilfældet eller ej.",
        en="The answer says what law and agreements open. The citizen may have limited the access, and information may "
        "be missing; that cannot be seen here, and the answer is the same whether it is so or not.",
    ),
    "own-choices": Guidance(
        da="Svaret er den afgørelse, som ville blive truffet, med de samtykker og spærringer, som du kan se.",
        en="The answer is the decision that would be made, with the consents and blocks that you can see.",
    ),
    "somebody": Guidance(
        da="Svaret gælder en medarbejder, som er registreret i funktionen på enheden; autoriseret, hvor funktionen "
        "behandler, og med ledelsens tilladelse, hvor den bistår. En bestemt person kan have mere eller mindre adgang.",
        en="The answer is about a member of staff who is registered in the function at the unit; authorised where the "
        "function treats, and permitted by the management where it assists. A certain person may have more or less.",
    ),
    "emergency-assumed": Guidance(
        da="Svaret forudsætter, at der er erklæret værdispring.",
        en="The answer assumes that an emergency has been declared.",
    ),
    "doors": Guidance(
        da="En autoriseret sundhedsperson kan desuden erklære »behandler nu«, bede dig om samtykke eller bruge "
        "værdispring, som en spærring ikke er til hinder for. Det varer højst 24 timer, værdispring højst fire, og du "
        "får besked.",
        en="An authorised health professional can besides declare 'treating now', ask you for consent or use emergency "
        "access, which a block does not prevent. It lasts 24 hours at most, an emergency four, and you are told.",
    ),
    "protected": Guidance(
        da="Visse beskyttede oplysninger vises ikke, uanset hvad der ellers er adgang til: se reglerne under "
        "»protected«. Oplysninger fra en social sag vises kun, hvor en aftale siger det (X2).",
        en="Certain protected information is not shown whatever else is open: see the rules under 'protected'. Records "
        "of a social case are shown only where an agreement says so (X2).",
    ),
    "another-time": Guidance(
        da="Svaret gælder det nævnte tidspunkt, bedømt ud fra det, der er registreret i dag.",
        en="The answer is about the time named, judged from what is recorded today.",
    ),
}
"""What stands beside an explanation, so that nobody takes it for more than it is."""

NAMES: dict[Category, Guidance] = {
    Category.MASTER_DATA: Guidance(da="Stamdata", en="Master data"),
    Category.RELATIVE: Guidance(da="Pårørende", en="Relatives"),
    Category.ALLERGY: Guidance(da="CAVE: allergier og overfølsomhed", en="Allergies and intolerances"),
    Category.ALERT: Guidance(da="Advarsler og isolation", en="Alerts and isolation"),
    Category.TREATMENT_LIMIT: Guidance(da="Genoplivning og behandlingsbegrænsninger", en="Treatment limits and wills"),
    Category.DIAGNOSIS: Guidance(da="Diagnoser", en="Diagnoses"),
    Category.MEDICATION: Guidance(da="Medicin", en="Medication"),
    Category.MEASUREMENT: Guidance(da="Målinger", en="Measurements"),
    Category.HABITUAL_VALUE: Guidance(da="Habituelle værdier", en="Habitual values"),
    Category.FUNCTIONAL_LEVEL: Guidance(da="Funktionsniveau", en="Functional level"),
    Category.STATUS_NOTE: Guidance(da="Statusrubrik", en="Status note"),
    Category.LAB_RESULT: Guidance(da="Laboratoriesvar", en="Laboratory results"),
    Category.VACCINATION: Guidance(da="Vaccinationer", en="Vaccinations"),
    Category.PROCEDURE: Guidance(da="Procedurer og operationer", en="Procedures"),
    Category.DEVICE: Guidance(da="Hjælpemidler og implantater", en="Devices and implants"),
    Category.APPOINTMENT: Guidance(da="Aftaler", en="Appointments"),
    Category.ADMISSION: Guidance(da="Kontakter og indlæggelser", en="Contacts and admissions"),
    Category.PLAN: Guidance(da="Planer", en="Plans"),
    Category.LETTER: Guidance(da="Epikriser og dokumenter", en="Letters and documents"),
    Category.CARE_SERVICE: Guidance(da="Kommunale ydelser", en="Municipal services"),
    Category.CARE_TEAM: Guidance(da="Behandlere og kontaktpersoner", en="Care team"),
    Category.TASK: Guidance(da="Opgaver", en="Tasks"),
    Category.CONSENT: Guidance(da="Samtykker og spærringer", en="Consents and blocks"),
    Category.PROVENANCE: Guidance(da="Herkomst", en="Provenance"),
    Category.ACCESS_LOG: Guidance(da="Logopslag", en="Access log"),
    Category.OTHER: Guidance(da="Øvrigt", en="Other"),
}
"""What kinds of information are called."""


__all__ = ["NAMES", "NOTES", "TEXTS", "UNKNOWN_RULE", "Guidance", "Language", "explain", "guidance", "sentences"]
