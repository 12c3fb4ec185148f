"""Decisions and refusals in sentences, Danish and English.

`sentences` and `explain` tell why, for those who may know: the record, the citizen, the data protection officer.
`guidance` tells a refused caller what to do next from caller and purpose alone: the same words whether the citizen is
unknown, unrelated or withheld.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from consent.model import Denial, Permit, Reason
from consent.policy import CITIZENS, EMERGENCIES, SOCIAL, SYSTEMS, TREATING
from consent.rules import DEFECT, NO_BASIS, RULES
from consent.vocabulary import Action, Effect, Evidence, EvidenceMark, Function, Purpose

Language = Literal["da", "en"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """One text in Danish and in English."""

    da: str
    en: str

    def __getitem__(self, language: Language) -> str:
        """Return the text in one of the two languages."""
        return self.da if language == "da" else self.en


TEXTS: dict[str, Guidance] = {rule.id: Guidance(da=rule.danish, en=rule.english) for rule in RULES} | {
    NO_BASIS.rule: Guidance(
        da="Ingen regel giver adgang; tavshedspligten er udgangspunktet.",
        en="No rule gives access; the duty of secrecy is the starting point.",
    ),
    DEFECT.rule: Guidance(
        da="Afgørelsen kunne ikke træffes; så gives der ikke adgang.",
        en="The decision could not be made; then access is not given.",
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


_CONSENT_DA = (
    "Et samtykke skal være frivilligt og informeret, det kan gives mundtligt eller skriftligt, og det skal noteres i "
    "journalen."
)
_CONSENT_EN = (
    "Consent must be voluntary and informed, may be given orally or in writing, and must be noted in the record."
)

_TREATMENT = Guidance(
    da="Oplysningerne kan kun indhentes, når de er nødvendige for aktuel behandling, og din enhed er kendt som "
    "behandlende. Er borgeren i behandling hos dig nu, kan du erklære »behandler nu«. Ellers kan du bede borgeren om "
    f"samtykke og registrere »samtykke nu«. {_CONSENT_DA} Kan det ikke vente, og kræver væsentlige hensyn til borgeren "
    "eller andre det, kan du bruge værdispring. Borgeren får besked.",
    en="The information can be looked up only when it is necessary for current treatment and your unit is known to "
    "treat. If you are treating the citizen now, you can declare 'treating now'. Otherwise you can ask the citizen for "
    f"consent and record 'consent now'. {_CONSENT_EN} If it cannot wait and essential considerations of the citizen or "
    "others demand it, you can use emergency access. The citizen is told.",
)
_EMERGENCY = Guidance(
    da="Værdispring kræver en erklæring for netop denne borger med årsag og begrundelse, afgivet af en autoriseret "
    "sundhedsperson i en behandlende funktion. Den gælder i højst fire timer, borgeren får besked, og brugen "
    "gennemgås bagefter.",
    en="Emergency access requires a declaration for this very citizen, with a reason code and text, by an authorised "
    "health professional in a treating function. It holds for four hours at most, the citizen is told, and its use is "
    "reviewed afterwards.",
)
_DECLARING = Guidance(
    da="Kun en navngiven, autoriseret sundhedsperson, som er registreret i en behandlende funktion på enheden, kan "
    "erklære »behandler nu«, »samtykke nu« eller værdispring. Kontrollér funktion, enhed og formål i dit login.",
    en="Only a named, authorised health professional who is registered in a treating function at the unit can declare "
    "'treating now', 'consent now' or an emergency. Check function, unit and purpose of your login.",
)
_ASSISTING = Guidance(
    da="Du kan kun indhente oplysninger på vegne af en navngiven ansvarlig sundhedsperson, som selv måtte indhente "
    "dem, og når ledelsen har givet dig adgang til at bistå. Bed ellers sundhedspersonen om selv at slå op.",
    en="You can look information up only on behalf of a named responsible health professional who could do so in "
    "person, and when the management has authorised you to assist. Otherwise ask the health professional to do it.",
)
_SOCIAL = Guidance(
    da="Social omsorg og sagsbehandling er ikke behandling efter sundhedsloven. Oplysningerne kræver borgerens "
    f"samtykke, som nævner dig eller din enhed og formålet. {_CONSENT_DA}",
    en="Social care and casework are not treatment under the Health Act. The information requires the citizen's "
    f"consent naming you or your unit and the purpose. {_CONSENT_EN}",
)
_OWN = Guidance(
    da="Du kan se dine egne oplysninger, når du er fyldt 15 år. Vil du handle for en anden, skal du have "
    "forældremyndighed over et barn under 15 år, en fuldmagt, eller være personlig værge.",
    en="You can see your own information from the age of 15. To act for somebody else you must hold custody of a child "
    "under 15 or a power of attorney, or be a personal guardian.",
)
_SYSTEM = Guidance(
    da="Et system kan ikke alene indhente oplysninger. Brug en personlig adgang for en sundhedsperson i en behandlende "
    "funktion.",
    en="A system alone cannot look information up. Use the personal access of a health professional in a treating "
    "function.",
)
_SUBMITTING = Guidance(
    da="Kun en organisation, der er registreret hos tjenesten, kan indberette, kun sine egne oplysninger og kun af de "
    "typer, som dens funktion arbejder med.",
    en="Only an organisation that is registered with the service can submit, only its own information, and only of the "
    "kinds that its function works with.",
)
_DIRECTING = Guidance(
    da="Borgeren bestemmer selv over samtykker og spærringer fra 15 år; for et barn er det indehaveren af "
    "forældremyndigheden. En autoriseret sundhedsperson kan registrere en spærring, som borgeren beder om.",
    en="From the age of 15 the citizen decides on consents and blocks; for a child it is the holder of custody. An "
    "authorised health professional can record a block that the citizen asks for.",
)
_LOG = Guidance(
    da="Loggen over opslag vises for borgeren selv og for den, der har ret til at handle for borgeren; en "
    "databeskyttelsesrådgiver ser, hvad egen organisation har slået op.",
    en="The log of look-ups is shown to the citizen and to those who may act for the citizen; a data protection "
    "officer sees what the own organisation has looked up.",
)
_DISCLOSING = Guidance(
    da="Videregivelse til andre kræver som udgangspunkt borgerens samtykke. Modtageren kan i stedet selv indhente "
    f"oplysningerne, hvis betingelserne er opfyldt. {_CONSENT_DA} Til andet end behandling skal samtykket være "
    "skriftligt, og det bortfalder senest efter et år.",
    en="Disclosure to others requires, as a starting point, the citizen's consent. The receiver may instead look the "
    f"information up if the conditions are met. {_CONSENT_EN} For other purposes than treatment it must be in writing, "
    "and it lapses after one year at the latest.",
)
_EXPLAINING = Guidance(
    da="En afgørelse forklares for borgeren selv, for medarbejderen om egen adgang og for databeskyttelsesrådgiveren.",
    en="A decision is explained to the citizen, to staff about their own access and to the data protection officer.",
)
_PURPOSE = Guidance(
    da="Formålet giver ikke adgang for din funktion. En sundhedsperson indhenter til behandling eller værdispring; "
    "brug det formål, der svarer til opgaven.",
    en="The purpose gives your function no access. A health professional looks up for treatment or in an emergency; "
    "use the purpose that matches the task.",
)
_NO_ACCESS = Guidance(
    da="Funktionen giver ikke adgang til oplysninger om borgere.", en="The function gives no access to citizens' data."
)

_BY_ACTION: dict[Action, Guidance] = {
    Action.SUBMIT: _SUBMITTING,
    Action.DIRECT: _DIRECTING,
    Action.READ_LOG: _LOG,
    Action.DECLARE: _DECLARING,
    Action.DISCLOSE: _DISCLOSING,
    Action.EXPLAIN: _EXPLAINING,
}


_BY_FUNCTION: dict[Function, Guidance] = (
    dict.fromkeys(CITIZENS, _OWN)
    | dict.fromkeys(SOCIAL, _SOCIAL)
    | dict.fromkeys(SYSTEMS, _SYSTEM)
    | {Function.ASSISTANT: _ASSISTING}
)
_BY_PURPOSE: dict[Purpose, Guidance] = {Purpose.TREATMENT: _TREATMENT} | dict.fromkeys(EMERGENCIES, _EMERGENCY)


def guidance(function: Function, purpose: Purpose, action: Action) -> Guidance:
    """Tell a refused caller what to do next; a function of these three words alone, never of the citizen."""
    if action is not Action.LOOK_UP:
        return _BY_ACTION[action]
    if function in TREATING:
        return _BY_PURPOSE.get(purpose, _PURPOSE)
    return _BY_FUNCTION.get(function, _NO_ACCESS)
