"""Every text of the summary and of notices, Danish and English, once; none needs escaping."""

from typing import Final, NamedTuple


class Text(NamedTuple):
    """One text in both languages; Danish is shown first."""

    da: str
    en: str


# Standing notices
RESTRICTED_EMERGENCY: Final = Text(
    "Oplysninger kan være begrænset af borgerens valg, af loven eller fordi en kilde ikke deler dem. "
    "Er liv eller helbred i fare, kan du åbne for værdispring; det logges, og borgeren får besked.",
    "Information may be restricted by the citizen's choice, by law, or because a source does not share it. "
    "If life or health is in danger you can declare emergency access; it is logged and the citizen is told.",
)
RESTRICTED: Final = Text(
    "Oplysninger kan være begrænset af borgerens valg, af loven eller fordi en kilde ikke deler dem. "
    "Autoriserede sundhedspersoner i behandling har adgang til værdispring.",
    "Information may be restricted by the citizen's choice, by law, or because a source does not share it. "
    "Authorised health professionals who treat the citizen have emergency access.",
)
UNAVAILABLE: Final = Text(
    "Ingen oplysninger tilgængelige her. Det betyder ikke, at der ingen findes.",
    "No information available here. This does not mean that none exists.",
)
COPY_OF_MEDICATION: Final = Text(
    "Listen er en kopi fra kilderne, ikke Fælles Medicinkort (FMK). Kontrollér i FMK, før der ordineres eller gives.",
    "The list is a copy from the sources, not the shared medication card (FMK). "
    "Check FMK before prescribing or giving.",
)
ASSEMBLED: Final = Text(
    "Samlet af software af det, som kilderne har delt; ikke gennemgået af en person.",
    "Assembled by software from what the sources have shared; not reviewed by a person.",
)
DECEASED: Final = Text("Registreret død", "Registered as deceased")
CONTRADICTED: Final = Text("Udsagnet modsiges af de øvrige linjer", "The statement is contradicted by the other lines")

# Marks on a line
AS_OF: Final = Text("pr.", "as of")
AS_OF_UNKNOWN: Final = Text("dato ikke oplyst", "date not stated")
RECEIVED: Final = Text("modtaget", "received")
SOURCE: Final = Text("kilde", "source")
SOURCES: Final = Text("kilder", "sources")
SOURCE_UNKNOWN: Final = Text("kilde ikke oplyst", "source not stated")
STALE: Final = Text("GAMMEL OPLYSNING", "stale")
EXPIRED: Final = Text("UDLØBET", "expired")
EXPIRES: Final = Text("udløber", "expires")
HISTORY: Final = Text("HISTORIK: gjaldt et afsluttet ophold", "history: held for a stay that has ended")
ENDED: Final = Text("OPHØRT", "ended")
COPY: Final = Text("kopi", "copy")
ANTICOAGULANT: Final = Text("BLODFORTYNDENDE", "anticoagulant")
INSULIN: Final = Text("INSULIN", "insulin")
OPIOID: Final = Text("OPIOID", "opioid")
HIGH_CRITICALITY: Final = Text("HØJ ALVORSGRAD", "high criticality")
ABNORMAL: Final = Text("AFVIGENDE", "abnormal")
ISOLATION: Final = Text("ISOLATION", "isolation")
NOT_STATED: Final = Text("ikke oplyst", "not stated")
MORE: Final = Text("Flere kan findes ved søgning", "More can be found by searching")
SHOWN_NEWEST: Final = Text("Viser de nyeste", "Showing the newest")
OF: Final = Text("af", "of")

# Sub-headings and labels
HABITUAL: Final = Text("Habituel", "Habitual")
HABITUAL_COMPUTED: Final = Text("Beregnet habituel (median, spredning)", "Computed habitual (median, spread)")
LATEST: Final = Text("Seneste", "Latest")
DECLARED: Final = Text("erklæret", "declared")
WINDOW: Final = Text("gælder perioden", "for the period")
ROOM_AIR: Final = Text("uden ilt", "room air")
OXYGEN: Final = Text("med ilt", "on oxygen")
OXYGEN_UNKNOWN: Final = Text("ilt ikke oplyst", "oxygen not stated")
REGULAR: Final = Text("Fast medicin", "Regular medication")
PAUSED: Final = Text("Pauseret", "Paused")
AS_NEEDED: Final = Text("Ved behov (pn)", "As needed")
RECENTLY_ENDED: Final = Text("Ophørt for nylig", "Recently ended")
NONE_TAKEN: Final = Text("Udsagn", "Statement")
LAST_DOSE: Final = Text("sidst givet", "last dose given")
ADMINISTERED_BY: Final = Text("gives af", "administered by")
BEFORE_STAY: Final = Text(
    "Niveau før første kontakt i det aktuelle forløb", "Level before the first contact of the present chain of stays"
)
PRESENT_LEVEL: Final = Text("Seneste niveau", "Latest level")
CHANGED: Final = Text("ÆNDRET inden for 14 dage før", "changed within the 14 days before")
CHANGED_FROM: Final = Text("tidligere", "formerly")
SINCE_STAY: Final = Text("vurderet under forløbet", "assessed during the stay")
NO_EARLIER_LEVEL: Final = Text("niveau før indlæggelsen kendes ikke her", "level before the stay is not known here")
LEVEL: Final = Text("niveau", "level")
CURRENT_STAY: Final = Text("Aktuelt ophold", "Present stay")
LAST_STAY: Final = Text("Seneste ophold", "Last stay")
EARLIER_STAYS: Final = Text("Tidligere ophold", "Earlier stays")
PLANNED_STAY: Final = Text("Planlagt", "Planned")
OTHER_CONTACTS: Final = Text("Andre kontakter", "Other contacts")
ON_LEAVE: Final = Text("PÅ ORLOV", "on leave")
CHAIN_SINCE: Final = Text("Sammenhængende forløb siden", "Unbroken chain of stays since")
RESPONSIBLE_UNTIL: Final = Text("Afdelingen har behandlingsansvar til", "The unit is responsible for treatment until")
RESPONSIBILITY_ENDED: Final = Text(
    "Afdelingens behandlingsansvar udløb", "The unit's responsibility for treatment ended"
)
INFORMED: Final = Text("UNDERRETTET", "informed")
NOT_INFORMED: Final = Text("IKKE UNDERRETTET", "not informed")
INFORMED_BEFORE: Final = Text("ikke om dette forløb; sidst underrettet", "not of this stay; last informed")
INFORMED_UNKNOWN: Final = Text("ikke oplyst om underrettet", "not stated whether informed")
INTERPRETER_NEEDED: Final = Text("TOLK NØDVENDIG", "interpreter needed")
INTERPRETER_NOT_NEEDED: Final = Text("tolk ikke nødvendig", "interpreter not needed")
SPEAKS: Final = Text("Taler", "Speaks")
ROUND_THE_CLOCK: Final = Text("døgntelefon", "24-hour phone")
PHONE: Final = Text("telefon", "phone")
GENERAL_PRACTICE: Final = Text("Almen praksis", "General practice")
HOSPITAL: Final = Text("Sygehus", "Hospital")
MUNICIPALITY: Final = Text("Kommune", "Municipality")
AGREE: Final = Text("kilderne er enige", "the sources agree")
DISAGREE_STATUS: Final = Text("KILDERNE ER UENIGE OM STATUS", "the sources disagree about the status")
SAME_DRUG: Final = Text("ens i kilderne", "the same in the sources")
AUTHOR: Final = Text("forfatter", "author")
WHY_NOW: Final = Text("Hvorfor nu", "Why now")
SINCE_WHEN: Final = Text("Siden hvornår", "Since when")
HELP_CHANGED: Final = Text("Ændret behov for hjælp", "Changed need for help")
SINCE: Final = Text("siden", "since")
UNTIL: Final = Text("til", "until")
INDICATION: Final = Text("mod", "for")
EXPECTED: Final = Text("forventet", "expected")

# Words for FHIR codes (Danish; the coded originals stand in the entries)
WORDS: Final[dict[str, str]] = {
    # allergy
    "low": "lav", "mild": "let", "moderate": "moderat", "severe": "svær", "unconfirmed": "ubekræftet",
    "presumed": "formodet", "refuted": "afkræftet", "inactive": "ikke aktiv", "resolved": "ophørt",
    # condition
    "provisional": "foreløbig", "differential": "mistænkt", "recurrence": "recidiv", "relapse": "tilbagefald",
    "remission": "i remission",
    # medication
    "completed": "afsluttet", "stopped": "seponeret", "intended": "planlagt", "not-taken": "TAGES IKKE",
    "on-hold": "pauseret", "draft": "kladde", "cancelled": "annulleret", "unknown": "status ukendt", "ended": "ophørt",
    # appointment, plan, report
    "proposed": "foreslået", "pending": "afventer bekræftelse", "waitlist": "venteliste", "revoked": "tilbagekaldt",
    "preliminary": "foreløbigt", "registered": "svar afventes", "partial": "delsvar", "amended": "rettet",
    "corrected": "rettet", "not-done": "IKKE UDFØRT", "in-progress": "i gang", "preparation": "forberedes",
}  # fmt: skip

STAY_CLASSES: Final[dict[str, Text]] = {
    "IMP": Text("indlagt", "inpatient"),
    "ACUTE": Text("indlagt akut", "inpatient acute"),
    "NONAC": Text("indlagt", "inpatient non-acute"),
    "SS": Text("kort ophold", "short stay"),
    "OBSENC": Text("observation", "observation"),
    "EMER": Text("akut ambulant", "emergency"),
}
CONTACT_CLASSES: Final[dict[str, Text]] = {
    "AMB": Text("ambulant", "ambulatory"),
    "HH": Text("hjemmebesøg", "home visit"),
    "VR": Text("virtuel kontakt", "virtual"),
    "FLD": Text("præhospital", "field"),
    "PRENC": Text("forundersøgelse", "pre-admission"),
}

LEVELS: Final[dict[int, Text]] = {
    0: Text("ingen/ubetydelige begrænsninger", "no or negligible limitations"),
    1: Text("lette begrænsninger", "mild limitations"),
    2: Text("moderate begrænsninger", "moderate limitations"),
    3: Text("svære begrænsninger", "severe limitations"),
    4: Text("totale begrænsninger", "total limitations"),
    9: Text("ikke relevant", "not relevant"),
}
"""FSIII scale: level -> words; 9 (code B6) has no rank. Source: FSIII, facts on the scale B1 to B6."""

RELATIONSHIPS: Final[dict[str, str]] = {
    "PARAUTH": "forældremyndighedsindehaver", "PRICARE": "primær omsorgsperson", "PROCON": "kontaktperson",
    "SPS": "ægtefælle", "HUSB": "ægtefælle", "WIFE": "ægtefælle", "DOMPART": "samlever", "CHILD": "barn",
    "SON": "søn", "DAU": "datter", "SONC": "søn", "DAUC": "datter", "MTH": "mor", "FTH": "far", "PRN": "forælder",
    "SIB": "søskende", "BRO": "bror", "SIS": "søster", "FRND": "ven", "NBOR": "nabo", "GUARD": "værge",
    "N": "nærmeste pårørende", "C": "kontakt i nødstilfælde", "E": "arbejdsgiver", "NOK": "nærmeste pårørende",
    "FAMMEMB": "familie", "GRPRN": "bedsteforælder", "GRNDCHILD": "barnebarn",
}  # fmt: skip

# Doors and limits
REFUSED_TOO_OFTEN: Final = Text(
    "Der er afvist usædvanligt mange opslag fra dig den seneste time. Du kan slå op igen senere; værdispring er "
    "fortsat muligt. Kontakt den dataansvarlige, hvis opslagene hører til dit arbejde.",
    "Unusually many look-ups of yours were refused within the last hour. You can look up again later; emergency access "
    "is still possible. Contact the controller if the look-ups are part of your work.",
)
DECLARED_TOO_OFTEN: Final = Text(
    "Der er åbnet for oplysninger usædvanligt mange gange. Prøv igen senere, eller kontakt den dataansvarlige, hvis "
    "det hører til arbejdet.",
    "Doors to information were opened unusually often. Try again later, or contact the controller if it is part of the "
    "work.",
)
WRITTEN_OF_RIGHTS: Final[dict[str, Text]] = {
    "block-recorded": Text(
        "En spærring er skrevet ned for dig, som du har bedt om. Har du ikke det, kan du selv fjerne den.",
        "A block has been written down for you, as you asked. If you did not, you can remove it yourself.",
    ),
    "judged-incapable": Text(
        "En sundhedsperson har vurderet, at du ikke kan give samtykke i denne situation.",
        "A health professional has judged that you cannot consent in this situation.",
    ),
    "judged-permanently-incapable": Text(
        "En sundhedsperson har vurderet, at du varigt mangler evnen til at give samtykke.",
        "A health professional has judged that you permanently lack the capacity to consent.",
    ),
    "judged-cannot-foresee": Text(
        "En sundhedsperson har vurderet, at du ikke selv kan overskue følgerne; den, der har forældremyndigheden, "
        "handler i denne situation.",
        "A health professional has judged that you cannot see the consequences yourself; who holds custody acts in "
        "this situation.",
    ),
    "information-withdrawn": Text(
        "Oplysninger, som var indberettet om dig ved en fejl, er trukket tilbage. Din log viser, hvem der har set dem.",
        "Information that had been reported about you by mistake has been withdrawn. Your log shows who has seen it.",
    ),
}
"""What others wrote about the citizen's rights, or took back of what they had said of her, and she is told at once."""
DISCLOSED: Final = Text(
    "{name}, {unit}, har givet oplysninger om dig videre til {to}.",
    "{name}, {unit}, has disclosed information about you to {to}.",
)
"""Who handed something on to whom, as the citizen reads it."""
NEAREST_RELATIVE: Final = Text("den nærmeste pårørende", "the nearest relative")
DOORS: Final[dict[str, Text]] = {
    "treating-now": Text("behandler dig nu (aktuel behandling)", "is treating you now (current treatment)"),
    "consent-now": Text("har fået dit samtykke nu", "has your consent now"),
    "emergency": Text("værdispring", "emergency access"),
}
"""What was declared, as the citizen reads it."""
DOOR_REASONS: Final[dict[str, Text]] = {
    "life-in-danger": Text("fare for liv eller førlighed", "danger to life or limb"),
    "cannot-consent": Text("kan ikke tage stilling, og det kan ikke vente", "cannot decide, and it cannot wait"),
    "others-in-danger": Text("fare for andre", "danger to others"),
    "public-interest": Text("åbenbare almene interesser", "an obvious public interest"),
    "acute-contact": Text("akut henvendelse", "acute contact"),
    "called-in": Text("tilkaldt eller konsulteret", "called in or consulted"),
    "taken-over": Text("overtaget fra en anden enhed", "taken over from another unit"),
    "appointed": Text("aftalt kontakt, som endnu ikke er registreret", "an appointment not yet registered"),
    "oral-consent": Text("mundtligt samtykke", "oral consent"),
    "written-consent": Text("skriftligt samtykke", "written consent"),
}
REVIEW_STATES: Final[dict[str, Text]] = {
    "awaiting-confirmation": Text("afventer bekræftelse", "awaiting confirmation"),
    "confirmed": Text("bekræftet af en anden kilde", "confirmed by another source"),
    "under-review": Text("under gennemgang", "under review"),
    "reviewed": Text("gennemgået", "reviewed"),
}
DOOR_OPENED: Final = Text(
    "{name}, {unit}, åbnede for dine oplysninger {at}: {door}. Det gælder til {until}. Begrundelse: {reason}.",
    "{name}, {unit}, opened your information on {at}: {door}. It holds until {until}. Reason: {reason}.",
)
REVIEW_TASK: Final[dict[str, Text]] = {
    "emergency": Text("Gennemgå brug af værdispring", "Review the use of emergency access"),
    "treating-now": Text(
        "Gennemgå »behandler nu«, som ingen anden kilde har bekræftet",
        "Review 'treating now' that no other source has confirmed",
    ),
}
PATTERNS: Final[dict[str, Text]] = {
    "emergencies": Text("brug af værdispring", "emergencies declared"),
    "treating-now": Text("erklæringer om »behandler nu«", "declarations of 'treating now'"),
    "without-later-evidence": Text(
        "»behandler nu«, som ingen anden kilde har bekræftet", "'treating now' that no other source has confirmed"
    ),
    "one-citizen-again": Text("erklæringer om én og samme borger", "declarations about one and the same citizen"),
    "unknown-citizens": Text("numre, som tjenesten ikke kender", "numbers that the service does not know"),
    "out-of-hours": Text("erklæringer mellem kl. 22 og 6", "declarations between 22:00 and 06:00"),
    "refusals": Text("afviste forsøg", "refused attempts"),
    "same-name": Text("borgere med samme efternavn", "citizens with the same family name"),
}
UNNAMED: Final = Text("Ukendt", "Unknown")
