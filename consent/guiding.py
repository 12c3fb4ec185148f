"""What a refused caller can do next, from caller and purpose alone.

The same words whether the citizen is unknown, unrelated or withheld. One row a situation; `guidance` finds the row. The
texts are for the person at the screen: what is missing, what to say to the citizen, where it is written down, by which
paragraph, and when it lapses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from consent.policy import CITIZENS, EMERGENCIES, SOCIAL, SUBMISSIONS, SYSTEMS, TREATING
from consent.vocabulary import Action, Function, Purpose

Language = Literal["da", "en"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """One text in Danish and in English."""

    da: str
    en: str

    def __getitem__(self, language: Language) -> str:
        """Return the text in one of the two languages."""
        return self.da if language == "da" else self.en

    def __add__(self, other: "Guidance") -> "Guidance":
        """Return this text and then the other."""
        return Guidance(da=f"{self.da} {other.da}", en=f"{self.en} {other.en}")


ASKING_FOR_CONSENT = Guidance(
    da="Sådan beder du om samtykke: Fortæl borgeren, hvilke oplysninger du vil se, hvad du skal bruge dem til, at "
    "det er frivilligt at sige ja, og at et ja kan trækkes tilbage. Borgeren kan svare mundtligt eller skriftligt. "
    "Skriv i journalen, hvad borgeren sagde ja til og hvornår, og registrér det her som »samtykke nu« "
    "(`Patient/$consent-now`). Samtykket gælder kun dig, denne borger og dette formål og bortfalder senest efter 24 "
    "timer; borgeren får besked. Siger borgeren nej, har du ikke et samtykke at slå op på (Sundhedsloven § 42 a, stk. "
    "3; skal bekræftes af en jurist).",
    en="How to ask for consent: tell the citizen which information you want to see, what you need it for, that "
    "saying yes is voluntary, and that a yes can be withdrawn. The citizen may answer orally or in writing. Write in "
    "the record what the citizen agreed to and when, and register it here as 'consent now' (`Patient/$consent-now`). "
    "The consent is for you, this citizen and this purpose alone and lapses after 24 hours at the latest; the citizen "
    "is told. If the citizen says no, there is no consent to look up on (Sundhedsloven § 42 a, stk. 3; to be "
    "confirmed by a lawyer).",
)
_TREATMENT = (
    Guidance(
        da="Oplysningerne kan kun indhentes, når de er nødvendige for aktuel behandling, og din enhed er kendt som "
        "behandlende. Er borgeren i behandling hos dig nu, kan du erklære »behandler nu« (`Patient/$treating-now`); "
        "det gælder dig på denne enhed i højst 24 timer. Ellers kan du bede borgeren om samtykke.",
        en="The information can be looked up only when it is necessary for current treatment and your unit is known "
        "to treat. If you are treating the citizen now, you can declare 'treating now' (`Patient/$treating-now`); it "
        "holds for you at this unit for 24 hours at most. Otherwise you can ask the citizen for consent.",
    )
    + ASKING_FOR_CONSENT
    + Guidance(
        da="Kan det ikke vente, og kræver væsentlige hensyn til borgeren eller andre det, kan du bruge værdispring "
        "(`Patient/$emergency-access`). Borgeren får besked, og det gennemgås bagefter.",
        en="If it cannot wait and essential considerations of the citizen or others demand it, you can use emergency "
        "access (`Patient/$emergency-access`). The citizen is told, and it is reviewed afterwards.",
    )
)
_EMERGENCY = Guidance(
    da="Værdispring kræver en erklæring for netop denne borger med årsag og begrundelse "
    "(`Patient/$emergency-access`), afgivet af en autoriseret sundhedsperson i en behandlende funktion. Den gælder i "
    "højst fire timer, borgeren får besked, og brugen gennemgås bagefter. Er borgeren ved bevidsthed og kan spørges, "
    "så bed om samtykke i stedet (Sundhedsloven § 42 a, stk. 2; skal bekræftes af en jurist).",
    en="Emergency access requires a declaration for this very citizen, with a reason code and text "
    "(`Patient/$emergency-access`), by an authorised health professional in a treating function. It holds for four "
    "hours at most, the citizen is told, and its use is reviewed afterwards. If the citizen is conscious and can be "
    "asked, ask for consent instead (Sundhedsloven § 42 a, stk. 2; to be confirmed by a lawyer).",
)
_OTHER_PURPOSE = Guidance(
    da="Formålet er ikke behandling. Så skal borgeren have givet et samtykke, der nævner dig og formålet. Fortæl "
    "borgeren, hvilke oplysninger det gælder, hvem der får dem og til hvad, og at det er frivilligt. Samtykket skal "
    "være skriftligt, noteres i journalen og registreres af borgeren her som Consent; det kan trækkes tilbage og "
    "bortfalder senest efter et år. Til behandling bruger du formålet TREAT (Sundhedsloven § 42 d, stk. 1, og §§ "
    "43-44; skal bekræftes af en jurist).",
    en="The purpose is not treatment. Then the citizen must have given a consent that names you and the purpose. "
    "Tell the citizen which information it is about, who gets it and for what, and that it is voluntary. The consent "
    "must be in writing, noted in the record and registered here by the citizen as a Consent; it can be withdrawn and "
    "lapses after one year at the latest. For treatment use the purpose TREAT (Sundhedsloven § 42 d, stk. 1, og §§ "
    "43-44; to be confirmed by a lawyer).",
)
_QUALITY = (
    Guidance(
        da="Til kvalitetsarbejde kan du vurdere din egen indsats, når du selv har deltaget i behandlingen inden for "
        "seks måneder, eller bruge behandlingsstedets egne oplysninger, når ledelsen har givet tilladelse. Er ingen "
        "af delene registreret, så spørg ledelsen (Sundhedsloven § 42 d, stk. 2).",
        en="For quality work you can evaluate your own effort if you took part in the treatment within six months, "
        "or use the place's own records if the management has permitted it. If neither is registered, ask the "
        "management (Sundhedsloven § 42 d, stk. 2).",
    )
    + _OTHER_PURPOSE
)
_SUPERVISION = Guidance(
    da="Til akkreditering, tilsyn og kontrol skal ledelsen have udpeget dig for en bestemt tid; så ser du "
    "behandlingsstedets egne oplysninger. Spørg ledelsen, om udpegningen er registreret (Sundhedsloven § 42 d, stk. "
    "2, nr. 3; skal bekræftes af en jurist).",
    en="For accreditation, supervision and control the management must have assigned you for a stated time; then you "
    "see the place's own records. Ask the management whether the assignment is registered (Sundhedsloven § 42 d, stk. "
    "2, nr. 3; to be confirmed by a lawyer).",
)
_PURPOSE = Guidance(
    da="Formålet giver ikke adgang for din funktion. En sundhedsperson indhenter til behandling (TREAT) eller ved "
    "værdispring (ETREAT); log ind med det formål, der svarer til opgaven.",
    en="The purpose gives your function no access. A health professional looks up for treatment (TREAT) or in an "
    "emergency (ETREAT); log in with the purpose that matches the task.",
)
_ASSISTING = Guidance(
    da="Du kan kun indhente oplysninger på vegne af en navngiven ansvarlig sundhedsperson, som selv måtte indhente "
    "dem, og når ledelsen har givet dig adgang til at bistå. Kontrollér, at den ansvarlige står i dit login. Bed "
    "ellers sundhedspersonen om selv at slå op; det er også sundhedspersonen, der kan bede borgeren om samtykke "
    "(Sundhedsloven § 42 a, stk. 4).",
    en="You can look information up only on behalf of a named responsible health professional who could do so in "
    "person, and when the management has authorised you to assist. Check that the responsible person stands in your "
    "login. Otherwise ask the health professional to do it; it is also the health professional who can ask the "
    "citizen for consent (Sundhedsloven § 42 a, stk. 4).",
)
_ASSISTING_PURPOSE = Guidance(
    da="Teknisk bistand gives til behandling. Log ind med formålet TREAT, eller bed den ansvarlige sundhedsperson om "
    "selv at slå op; ledelsen kan ikke give dig adgang til andet.",
    en="Assistance is given for treatment. Log in with the purpose TREAT, or ask the responsible health professional "
    "to look it up; the management cannot authorise you for anything else.",
)
_SOCIAL = Guidance(
    da="Social omsorg og sagsbehandling er ikke behandling efter sundhedsloven. Oplysningerne kræver borgerens "
    "samtykke, som nævner dig eller din enhed og formålet. Fortæl borgeren, hvilke oplysninger du vil se, hvad du "
    "skal bruge dem til, at det er frivilligt, og at et ja kan trækkes tilbage. Notér samtykket på sagen; borgeren "
    "registrerer det her som Consent, og det gælder, så længe det siger. Er det en sundhedsfaglig opgave, så bed "
    "hjemmesygeplejen eller lægen (Serviceloven, ældreloven og forvaltningsloven; skal bekræftes af en jurist).",
    en="Social care and casework are not treatment under the Health Act. The information requires the citizen's "
    "consent naming you or your unit and the purpose. Tell the citizen which information you want to see, what you "
    "need it for, that it is voluntary, and that a yes can be withdrawn. Note the consent in the case; the citizen "
    "registers it here as a Consent, and it holds as long as it says. If the task is one of health care, ask home "
    "nursing or the doctor (Serviceloven, ældreloven og forvaltningsloven; to be confirmed by a lawyer).",
)
_SOCIAL_PURPOSE = (
    Guidance(
        da="Formålet giver ikke adgang for din funktion. Log ind med formålet CAREMGT.",
        en="The purpose gives your function no access. Log in with the purpose CAREMGT.",
    )
    + _SOCIAL
)
_OWN = Guidance(
    da="Du kan se dine egne oplysninger, når du er fyldt 15 år. Vil du handle for en anden, skal du have "
    "forældremyndighed over et barn under 15 år, en fuldmagt, eller være personlig værge (Sundhedsloven §§ 14, 17, 18 "
    "og 36-38; skal bekræftes af en jurist).",
    en="You can see your own information from the age of 15. To act for somebody else you must hold custody of a "
    "child under 15 or a power of attorney, or be a personal guardian (Sundhedsloven §§ 14, 17, 18 og 36-38; to be "
    "confirmed by a lawyer).",
)
_OWN_PURPOSE = (
    Guidance(
        da="En borger bruger formålet PATRQT: indsigt på egne vegne.",
        en="A citizen uses the purpose PATRQT: insight on the own behalf.",
    )
    + _OWN
)
_SYSTEM = Guidance(
    da="Et system kan ikke alene indhente oplysninger. Brug en personlig adgang for en sundhedsperson i en "
    "behandlende funktion.",
    en="A system alone cannot look information up. Use the personal access of a health professional in a treating "
    "function.",
)
_NO_ACCESS = Guidance(
    da="Funktionen giver ikke adgang til oplysninger om borgere.", en="The function gives no access to citizens' data."
)
_OFFICER = _NO_ACCESS + Guidance(
    da="En databeskyttelsesrådgiver ser egen organisations log og kan få dens afgørelser forklaret, med formålet "
    "HOPERAT.",
    en="A data protection officer sees the log of the own organisation and can have its decisions explained, with "
    "the purpose HOPERAT.",
)

_SUBMITTING = Guidance(
    da="Kun en organisation, der er registreret hos tjenesten, kan indberette, kun sine egne oplysninger og kun af "
    "de typer, som dens funktion arbejder med. Spørg jeres systemansvarlige om registreringen.",
    en="Only an organisation that is registered with the service can submit, only its own information, and only of "
    "the kinds that its function works with. Ask whoever answers for your system about the registration.",
)
_SUBMITTING_PURPOSE = (
    Guidance(
        da="Til indberetning bruges formålet TREAT, CAREMGT eller PATADMIN.",
        en="Submitting takes the purpose TREAT, CAREMGT or PATADMIN.",
    )
    + _SUBMITTING
)
_NOT_SUBMITTING = _SUBMITTING + Guidance(
    da="Din funktion indberetter ikke oplysninger. Er noget forkert eller mangler det, så bed den, der har skrevet "
    "det.",
    en="Your function submits no information. If something is wrong or missing, ask whoever wrote it.",
)
_DECLARING = Guidance(
    da="Kun en navngiven, autoriseret sundhedsperson, som er registreret i en behandlende funktion på enheden, kan "
    "erklære »behandler nu«, »samtykke nu« eller værdispring. Kontrollér funktion, enhed og formål i dit login: TREAT "
    "til de to første, ETREAT eller BTG til værdispring.",
    en="Only a named, authorised health professional who is registered in a treating function at the unit can "
    "declare 'treating now', 'consent now' or an emergency. Check function, unit and purpose of your login: TREAT for "
    "the first two, ETREAT or BTG for an emergency.",
)
_NOT_DECLARING = _DECLARING + Guidance(
    da="Din funktion kan ikke erklære noget af dem. Bed en sundhedsperson, der behandler borgeren, om at gøre det.",
    en="Your function can declare none of them. Ask a health professional who treats the citizen to do it.",
)
_DIRECTING = Guidance(
    da="Borgeren bestemmer selv over samtykker og spærringer fra 15 år; for et barn er det indehaveren af "
    "forældremyndigheden. En autoriseret sundhedsperson kan registrere en spærring, som borgeren beder om "
    "(Sundhedsloven §§ 14, 17 og 42 a, stk. 5; skal bekræftes af en jurist).",
    en="From the age of 15 the citizen decides on consents and blocks; for a child it is the holder of custody. An "
    "authorised health professional can record a block that the citizen asks for (Sundhedsloven §§ 14, 17 og 42 a, "
    "stk. 5; to be confirmed by a lawyer).",
)
_RECORDING = _DIRECTING + Guidance(
    da="Du kan skrive en ren spærring ned, med formålet TREAT, og borgeren får besked. Et samtykke, som du selv skal "
    "bruge, registreres i stedet som »samtykke nu« (`Patient/$consent-now`).",
    en="You can write a pure block down, with the purpose TREAT, and the citizen is told. A consent that you need "
    "yourself is registered as 'consent now' instead (`Patient/$consent-now`).",
)
_JUDGING = Guidance(
    da="Kun en navngiven, autoriseret sundhedsperson, som behandler borgeren nu, kan med formålet TREAT dokumentere, "
    "at borgeren ikke selv kan give samtykke (Sundhedsloven §§ 17 og 18; skal bekræftes af en jurist).",
    en="Only a named, authorised health professional who treats the citizen now can document, with the purpose "
    "TREAT, that the citizen cannot consent (Sundhedsloven §§ 17 og 18; to be confirmed by a lawyer).",
)
_JUDGING_NOW = _JUDGING + Guidance(
    da="Er borgeren i behandling hos dig nu, kan du erklære »behandler nu« (`Patient/$treating-now`).",
    en="If you are treating the citizen now, you can declare 'treating now' (`Patient/$treating-now`).",
)
_LOG = Guidance(
    da="Loggen over opslag vises for borgeren selv og for den, der har ret til at handle for borgeren; en "
    "databeskyttelsesrådgiver ser, hvad egen organisation har slået op.",
    en="The log of look-ups is shown to the citizen and to those who may act for the citizen; a data protection "
    "officer sees what the own organisation has looked up.",
)
_LOG_OF_CITIZENS = _LOG + _OWN
_LOG_OF_OFFICERS = _LOG + Guidance(da="Brug formålet HOPERAT.", en="Use the purpose HOPERAT.")
_DISCLOSING = Guidance(
    da="Videregivelse til andre kræver som udgangspunkt borgerens samtykke. Modtageren kan i stedet selv indhente "
    "oplysningerne, hvis betingelserne er opfyldt. Til behandling: Fortæl borgeren, hvad du vil give videre, til hvem "
    "og hvorfor, og at det er frivilligt; et mundtligt ja er nok, og det noteres i journalen (Sundhedsloven §§ 41 og "
    "42).",
    en="Disclosure to others requires, as a starting point, the citizen's consent. The receiver may instead look the "
    "information up if the conditions are met. For treatment: tell the citizen what you want to pass on, to whom and "
    "why, and that it is voluntary; an oral yes is enough, and it is noted in the record (Sundhedsloven §§ 41 og 42).",
)
_DISCLOSING_OTHERWISE = Guidance(
    da="Videregivelse til andet end behandling kræver som udgangspunkt borgerens samtykke. Fortæl borgeren, hvad du "
    "vil give videre, til hvem og hvorfor, og at det er frivilligt. Samtykket skal være skriftligt, noteres i "
    "journalen og bortfalder senest efter et år (Sundhedsloven §§ 43 og 44).",
    en="Disclosure for other purposes than treatment requires, as a starting point, the citizen's consent. Tell the "
    "citizen what you want to pass on, to whom and why, and that it is voluntary. The consent must be in writing, is "
    "noted in the record, and lapses after one year at the latest (Sundhedsloven §§ 43 og 44).",
)
_NOT_DISCLOSING = Guidance(
    da="Videregivelse afgøres af den sundhedsperson, der har oplysningerne, og kræver som udgangspunkt borgerens "
    "samtykke. Bed sundhedspersonen om at tage stilling (Sundhedsloven § 41, stk. 4).",
    en="Disclosure is decided by the health professional who holds the information and requires, as a starting "
    "point, the citizen's consent. Ask the health professional to decide (Sundhedsloven § 41, stk. 4).",
)
_EXPLAINING = Guidance(
    da="En afgørelse forklares for borgeren selv, for medarbejderen om egen adgang og for databeskyttelsesrådgiveren.",
    en="A decision is explained to the citizen, to staff about their own access and to the data protection officer.",
)
_EXPLAINING_TO_STAFF = _EXPLAINING + Guidance(
    da="Du kan spørge om din egen adgang, og når den giver dig noget. Uden adgang gælder dette:",
    en="You can ask about your own access, and where it gives you something. Without access this holds:",
)
_EXPLAINING_TO_OFFICERS = _EXPLAINING + Guidance(
    da="Du kan spørge om funktioner og personer i din egen organisation, med formålet HOPERAT, og får svar, når "
    "loven åbner noget for dem. Hvorfor et opslag er afvist, står i loggen.",
    en="You can ask about functions and persons of your own organisation, with the purpose HOPERAT, and are answered "
    "where the law opens something for them. Why a look-up was refused stands in the log.",
)
_EXPLAINING_TO_CITIZENS = _EXPLAINING + _OWN


_OVERSEEING = Guidance(
    da="Gennemgang af organisationens brug af »behandler nu« og værdispring er databeskyttelsesrådgiverens opgave.",
    en="Reviewing the organisation's use of 'treating now' and emergency access is the data protection officer's task.",
)
_OVERSEEING_OFFICERS = _OVERSEEING + Guidance(
    da="Brug formålet HOPERAT, og kontrollér, at du er registreret i organisationen.",
    en="Use the purpose HOPERAT, and check that you are registered in the organisation.",
)


def _of(functions: frozenset[Function], text: Guidance) -> dict[Function, Guidance]:
    return dict.fromkeys(functions, text)


_OVERSIGHT = frozenset({Function.CLUSTER_LEAD, Function.ADMINISTRATOR})
_OFFICERS = frozenset({Function.DATA_PROTECTION})
_ASSISTANTS = frozenset({Function.ASSISTANT})
_SENDERS = TREATING | SOCIAL | SYSTEMS | _ASSISTANTS

_ANY_PURPOSE: Mapping[Action, Mapping[Function, Guidance]] = {
    Action.LOOK_UP: _of(TREATING, _PURPOSE)
    | _of(_ASSISTANTS, _ASSISTING_PURPOSE)
    | _of(SOCIAL, _SOCIAL_PURPOSE)
    | _of(CITIZENS, _OWN_PURPOSE)
    | _of(SYSTEMS, _SYSTEM)
    | _of(_OFFICERS, _OFFICER)
    | _of(_OVERSIGHT, _NO_ACCESS),
    Action.DISCLOSE: _of(TREATING, _DISCLOSING_OTHERWISE)
    | _of(_ASSISTANTS | SOCIAL | CITIZENS | SYSTEMS | _OFFICERS | _OVERSIGHT, _NOT_DISCLOSING),
    Action.SUBMIT: _of(_SENDERS, _SUBMITTING_PURPOSE) | _of(CITIZENS | _OFFICERS | _OVERSIGHT, _NOT_SUBMITTING),
    Action.READ_LOG: _of(_SENDERS | _OVERSIGHT, _LOG)
    | _of(CITIZENS, _LOG_OF_CITIZENS)
    | _of(_OFFICERS, _LOG_OF_OFFICERS),
    Action.DECLARE: _of(TREATING, _DECLARING)
    | _of(_ASSISTANTS | SOCIAL | CITIZENS | SYSTEMS | _OFFICERS | _OVERSIGHT, _NOT_DECLARING),
    Action.DIRECT: _of(TREATING, _RECORDING)
    | _of(_ASSISTANTS | SOCIAL | CITIZENS | SYSTEMS | _OFFICERS | _OVERSIGHT, _DIRECTING),
    Action.JUDGE: _of(TREATING, _JUDGING_NOW)
    | _of(_ASSISTANTS | SOCIAL | CITIZENS | SYSTEMS | _OFFICERS | _OVERSIGHT, _JUDGING),
    Action.EXPLAIN: _of(_SENDERS | _OVERSIGHT, _EXPLAINING_TO_STAFF)
    | _of(CITIZENS, _EXPLAINING_TO_CITIZENS)
    | _of(_OFFICERS, _EXPLAINING_TO_OFFICERS),
    Action.OVERSEE: _of(_SENDERS | _OVERSIGHT | CITIZENS, _OVERSEEING) | _of(_OFFICERS, _OVERSEEING_OFFICERS),
}
"""The row of an action and a function whatever the purpose; every action and function has one."""

_FOR: Mapping[tuple[Action, Purpose], Mapping[Function, Guidance]] = {
    (Action.LOOK_UP, Purpose.TREATMENT): _of(TREATING, _TREATMENT) | _of(_ASSISTANTS, _ASSISTING),
    **{(Action.LOOK_UP, purpose): _of(TREATING, _EMERGENCY) for purpose in sorted(EMERGENCIES)},
    **{(Action.LOOK_UP, purpose): _of(TREATING, _OTHER_PURPOSE) for purpose in (Purpose.RESEARCH, Purpose.PAYMENT)},
    (Action.LOOK_UP, Purpose.QUALITY): _of(TREATING, _QUALITY),
    (Action.LOOK_UP, Purpose.OPERATIONS): _of(TREATING, _SUPERVISION + _OTHER_PURPOSE)
    | _of(SOCIAL | _ASSISTANTS | _OVERSIGHT, _SUPERVISION),
    (Action.LOOK_UP, Purpose.CARE_MANAGEMENT): _of(SOCIAL, _SOCIAL),
    (Action.LOOK_UP, Purpose.PATIENT_REQUEST): _of(CITIZENS, _OWN),
    **{(Action.DISCLOSE, purpose): _of(TREATING, _DISCLOSING) for purpose in (Purpose.TREATMENT, *sorted(EMERGENCIES))},
    **{(Action.SUBMIT, purpose): _of(_SENDERS, _SUBMITTING) for purpose in sorted(SUBMISSIONS)},
}
"""Rows that hold for one purpose, before those above."""


def guidance(function: Function, purpose: Purpose, action: Action) -> Guidance:
    """Tell a refused caller what to do next; a function of these three words alone, never of the citizen."""
    special = _FOR.get((action, purpose), {})
    text = special.get(function) or _ANY_PURPOSE[action][function]
    if text is _EXPLAINING_TO_STAFF:
        return text + guidance(function, purpose, Action.LOOK_UP)
    return text
