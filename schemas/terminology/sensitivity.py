"""Which codes make a record sensitive: code or prefix per system -> labels (values of `consent.Label`), with source.

The longest matching prefix of a system decides, so that a row without labels is an exception. Labels are only ever
added by this table, never taken away; a sensitivity label always brings `R` with it (IHE PCF: a sensitivity tag implies
restricted). ICD-10 codes are read as SKS (`F32.1` as `DF321`); an SKS code with additions (`DS721+TUL1`) is read part
by part.

One disease earns the same labels in whatever code system and chapter it stands: what SKS, ICPC-2 or FSIII files under
mental disorders is psychiatry, and so is dementia where SKS files it under the nervous system (DG30), and its drugs.
FSIII's memory and cognition (I11) are no diagnoses and earn nothing.

Every row says where the meaning of its codes stands (`source`) and how we know it (`known`); that these and no others
are to be protected (Danish: særligt følsomme oplysninger) is our reading throughout, to be confirmed by a lawyer and by
the clusters.
"""

from dataclasses import dataclass
from typing import Final, Literal

from schemas.terminology import systems

Known = Literal["compared", "seen", "memory"]
"""`compared`: with the publication's own words, on 2026-11-22. `seen`: in use by others with this meaning. `memory`:
written down from knowledge of the code system, not compared with its publication; to be confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityRow:
    """Codes of one system that bring the same labels; `source` says where the meaning of the codes stands."""

    system: str
    prefixes: tuple[str, ...]
    labels: frozenset[str]
    source: str
    known: Known


ICD = "SKS, diagnoses (ICD-10, Danish edition)"
PROCEDURES = "SKS, procedures (NOMESCO)"
ICPC = "ICPC-2-DK"
ATC_INDEX = "WHO ATC index"
KL = "FSIII"


def _rows(system: str, source: str, *pairs: tuple[str, str], known: Known = "memory") -> tuple[SensitivityRow, ...]:
    return tuple(
        SensitivityRow(
            system=system,
            prefixes=tuple(prefixes.split()),
            labels=frozenset(labels.split()),
            source=source,
            known=known,
        )
        for prefixes, labels in pairs
    )


ROWS: Final[tuple[SensitivityRow, ...]] = (
    # Diagnoses
    *_rows(
        systems.SKS_DIAGNOSIS,
        ICD,
        ("DF", "PSY"),
        ("DG30 DG310 DG311 DG318", "PSY"),  # dementia that is filed under the nervous system
        ("DX6 DX7 DX80 DX81 DX82 DX83 DX84 DZ915 DY870", "PSY"),  # self-harm
        ("DZ004 DZ032 DZ046 DZ133 DZ865", "PSY"),  # examination, observation, screening, history
        ("DF10", "ETHUD"),
        ("DK70 DG312 DG621 DG721 DI426 DK292 DK860 DK852 DE244 DT51 DX45 DY90 DY91", "ETHUD"),
        ("DZ714 DZ721 DZ502 DR780 DY15 DQ860 DP043 DO354", "ETHUD"),
        ("DX65", "ETHUD PSY"),
        ("DX62", "ETH PSY"),
        ("DF11", "OPIOIDUD ETH"),
        ("DR781", "OPIOIDUD ETH"),
        ("DF12 DF13 DF14 DF15 DF16 DF18 DF19", "ETH"),
        ("DT40 DX42 DY12 DZ715 DZ722 DZ503 DZ864 DR782 DR783 DR784 DR785 DP044 DP961 DO355", "ETH"),
        ("DF17", ""),  # tobacco
        ("DB20 DB21 DB22 DB23 DB24 DZ21 DR75 DO987 DZ114 DZ206 DZ717", "HIV"),
        ("DF024", "HIV PSY"),
        ("DA50 DA51 DA52 DA53 DA54 DA55 DA56 DA57 DA58 DA59 DA60 DA63 DA64 DZ113 DZ202", "SEX"),
        ("DO07 DO08 DZ640 DZ30 DZ31 DN46 DN97", "SEX"),  # abortion, contraception, infertility
        ("DF52 DF64 DF65 DF66", "SEX PSY"),
        ("DN484 DZ70", "SEX"),
        ("DT74 DY05 DY06 DY07 DZ044 DZ614 DZ615", "SDV"),
        ("DQ9 DZ315 DG10 DD57 DE84", "GDIS"),
    ),
    *_rows(
        systems.SKS_DIAGNOSIS,
        "Region Nordjylland, registration of abortions (pri.rn.dk): DO04 to DO06 are induced, DO03 is not",
        ("DO04 DO05 DO06", "SEX"),
        known="seen",
    ),
    # Procedures
    *_rows(
        systems.SKS,
        PROCEDURES,
        ("KLCH BKHD4", "SEX"),  # termination of pregnancy
        ("BRX BRSP", "PSY"),  # psychiatric treatment
    ),
    # General practice
    *_rows(
        systems.ICPC2,
        ICPC,
        ("P", "PSY"),
        ("P15 P16", "ETHUD"),
        ("P18 P19", "ETH"),
        ("P17", ""),  # tobacco
        ("P07 P08 P09", "PSY SEX"),
        ("B90", "HIV"),
        ("B25", "HIV PSY"),
        ("X23 X70 X71 X73 X90 X91 X92 Y25 Y70 Y71 Y72 Y76", "SEX"),
        ("W10 W11 W12 W13 W14 W15 W79 W83 Y13 Y14 Y10", "SEX"),
        ("X24 Y07 Y08 Y24 X04", "SEX"),
        ("Z25", "SDV"),
    ),
    # Drugs
    *_rows(
        systems.ATC,
        ATC_INDEX,
        ("N05A N06A N06BA N06C N06D", "PSY"),  # N06D: against dementia
        ("N07BB", "ETHUD"),
        ("N07BC", "OPIOIDUD ETH"),
        ("J05AR J05AE J05AF J05AG J05AJ J05AX07 J05AX08 J05AX09 J05AX12 J05AX23 J05AX29 J05AX31", "HIV"),
        ("J05AF08 J05AF10 J05AF11 J05AE11 J05AE12 J05AE30", ""),  # hepatitis alone, covid-19
        ("G03A G03XB G04BE G02BA G02BB", "SEX"),
    ),
    # Laboratory and questionnaires
    *_rows(
        systems.NPU,
        "NPU terminology; Norwegian laboratory code NPU19649, HIV-1+2 antigen and antibody",
        ("NPU19649", "HIV"),
        known="seen",
    ),
    *_rows(
        systems.LOINC,
        "LOINC",
        ("5220-9 5221-7 5222-5 7917-8 7918-6 7919-4 20447-9 25835-0 25836-8 29893-5 30361-0", "HIV"),
        ("31201-7 48345-3 48346-1 56888-1 58900-2 68961-2 69668-2 70241-5 75622-1 89374-0", "HIV"),
        ("74013-4 11331-6 72109-2 75626-2 75624-7", "ETHUD"),
        ("11343-1 82666-9", "ETH"),
        ("44249-1 44261-6 69737-5 70274-6 71354-5", "PSY"),
    ),
    *_rows(systems.LOINC, "LOINC, total score of DAST-10, drug abuse", ("82667-7", "ETH"), known="seen"),
    *_rows(
        systems.SNOMED,
        "SNOMED CT, single concepts",
        ("86406008 62479008 165816005 91947003", "HIV"),
        ("7200002 66590003 15167005 160573003 228273003", "ETHUD"),
        ("75544000 191819002", "OPIOIDUD ETH"),
        ("66214007 26416006 191816009", "ETH"),
        ("74732009 35489007 58214004 13746004 191736004 47505003 370143000 197480006 17226007 69322001", "PSY"),
        ("8098009 15628003 76272004 240589008", "SEX"),
        ("248110007", "SDV"),
    ),
    *_rows(systems.SNOMED, "SNOMED CT: dementia, Alzheimer's disease", ("52448006 26929004", "PSY"), known="seen"),
    # Home nursing
    *_rows(
        systems.FSIII,
        KL,
        ("I6.2 I6.4 G1.26 G1.27 PSYKISK_PLEJE_OG_STOETTE", "PSY"),  # I6.2: feelings, as ICPC-2 P01 to P04
        ("I6.3", "ETH ETHUD"),  # of medicine, alcohol or drugs: the code does not say which
        ("924E9828_84CF_4689_9551_0EBB6DC71B98 57B8979F_CF46_4312_AAFA_3A0DD93AA921", "ETHUD"),
        ("F0B62265_6C83_4239_AF97_4D6E9BA9DEA7", "ETH"),
        ("I8 PROBLEMER_MED_SEKSUALITET_KOEN_OG_KROPSOPFATTELSE", "SEX"),
        known="compared",
    ),
    # Who wrote it: specialties of units and people
    *_rows(
        f"{systems.SNOMED}#specialty",
        "SNOMED CT, the Danish practice settings for document sharing",
        ("394587001 394588006 394913002", "PSY"),
        ("394580004", "GDIS"),
        ("394582007", "SEX"),  # dermato-venereology
    ),
    *_rows(systems.FUNCTION, "Overgang, functions", ("addiction-treatment", "ETH ETHUD"), known="compared"),
    # What a letter says that it is about
    *_rows(
        systems.CARE_COMMUNICATION_CATEGORY,
        "MedCom, categories of CareCommunication",
        ("alcohol-and-drug-treatment", "ETH ETHUD"),
        ("psychiatry-social-disability", "PSY"),
        known="seen",
    ),
)

EXACT_SYSTEMS: Final = frozenset(
    {systems.LOINC, systems.SNOMED, f"{systems.SNOMED}#specialty", systems.NPU, systems.FUNCTION}
)
"""Systems whose codes have no hierarchy in them: only whole codes match."""

WORDS: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("hiv", frozenset({"HIV"})),
    ("immundefektvirus", frozenset({"HIV"})),
    ("immunodeficiency virus", frozenset({"HIV"})),
    ("chlamydia trachomatis", frozenset({"SEX"})),
    ("neisseria gonorrhoeae", frozenset({"SEX"})),
    ("treponema pallidum", frozenset({"SEX"})),
)
"""Whole words in the display of a laboratory code (`WORD_SYSTEMS`) -> labels. The NPU terminology has too many codes
for a list of prefixes and names the measured component in every one; this can only add a label."""
WORD_SYSTEMS: Final = frozenset({systems.NPU, systems.LOINC, systems.MEDCOM_OBSERVATION})

CONFIDENTIAL: Final = frozenset({"R", "V"})
"""v3 Confidentiality codes that close; what they mean depends on the resource: see app/translate/labels.py."""
OPEN: Final = frozenset({"U", "L", "M", "N"})
"""v3 Confidentiality codes that add nothing."""

ACT_CODES: Final[dict[str, frozenset[str]]] = {
    "PSY": frozenset({"PSY"}),
    "PSYTHPN": frozenset({"PSY"}),
    "MH": frozenset({"PSY"}),
    "BH": frozenset({"PSY"}),
    "EMOTDIS": frozenset({"PSY"}),
    "ETH": frozenset({"ETH"}),
    "SUD": frozenset({"ETH"}),
    "ETHUD": frozenset({"ETHUD"}),
    "OPIOIDUD": frozenset({"OPIOIDUD"}),
    "HIV": frozenset({"HIV"}),
    "SEX": frozenset({"SEX"}),
    "STD": frozenset({"SEX"}),
    "SDV": frozenset({"SDV"}),
    "VIO": frozenset({"SDV"}),
    "MST": frozenset({"SDV"}),
    "GDIS": frozenset({"GDIS"}),
    "SCA": frozenset({"GDIS"}),
    "SICKLE": frozenset({"GDIS"}),
    "NOPAT": frozenset({"author-protected"}),
    "TBOO": frozenset({"author-protected"}),
    "PDS": frozenset({"author-protected"}),
    "ADOL": frozenset({"author-protected"}),
    "LOCIS": frozenset({"address-protected"}),
    "CEL": frozenset(),
    "SUBSETTED": frozenset(),
}
"""Sensitivity codes of v3 ActCode in `meta.security` -> labels; an unknown code there counts as restricted."""

OWN_LABELS: Final = frozenset(
    {"author-protected", "address-protected", "sharing-refused", "national-genome", "anonymous-treatment"}
)
"""Codes of our own label system."""

HARMLESS_SYSTEMS: Final = frozenset({systems.ACT_REASON})
"""Systems in `meta.security` that say why or for what (HTEST, TREAT), not how sensitive."""

SENSITIVE: Final = frozenset({"PSY", "ETH", "ETHUD", "OPIOIDUD", "HIV", "SEX", "SDV", "GDIS"})
"""Labels that imply `R`."""
