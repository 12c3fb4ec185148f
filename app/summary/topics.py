"""What is measured, what is habitual, what is marked: codes to topics, one table each (docs/habitual-values.md)."""

from typing import Final, NamedTuple

from app.summary.catalogue import Text
from schemas.terminology import systems
from schemas.terminology.systems import CODES, FSIII, IEEE, LOINC, MEDCOM_OBSERVATION, NPU, SKS, SNOMED


class Topic(NamedTuple):
    """One thing that has a habitual level. `within` names the topic in whose line it is shown when it stands alone."""

    key: str
    text: Text
    codes: tuple[tuple[str, str], ...]
    within: str = ""


VALUES: Final[tuple[Topic, ...]] = (
    Topic(
        "blood-pressure",
        Text("Blodtryk", "Blood pressure"),
        ((LOINC, "85354-9"), (LOINC, "55284-4"), (SNOMED, "75367002"), (SKS, "ZZ3160")),
    ),
    Topic(
        "systolic",
        Text("Systolisk blodtryk", "Systolic blood pressure"),
        ((LOINC, "8480-6"), (NPU, "DNK05472"), (SNOMED, "271649006")),
        "blood-pressure",
    ),
    Topic(
        "diastolic",
        Text("Diastolisk blodtryk", "Diastolic blood pressure"),
        ((LOINC, "8462-4"), (NPU, "DNK05473"), (SNOMED, "271650006")),
        "blood-pressure",
    ),
    Topic(
        "pulse",
        Text("Puls", "Pulse"),
        (
            (LOINC, "8867-4"),
            (NPU, "NPU21692"),
            (SNOMED, "364075005"),
            (SNOMED, "78564009"),
            (SKS, "ZZ3140"),
            (IEEE, "149546"),
        ),
    ),
    Topic(
        "saturation",
        Text("Saturation", "Oxygen saturation"),
        (
            (LOINC, "2708-6"),
            (LOINC, "59408-5"),
            (NPU, "NPU03011"),
            (NPU, "NPU27280"),
            (SNOMED, "431314004"),
            (IEEE, "150456"),
        ),
    ),
    Topic(
        "respiration",
        Text("Respirationsfrekvens", "Respiratory rate"),
        ((LOINC, "9279-1"), (MEDCOM_OBSERVATION, "MCS88122"), (SNOMED, "86290005")),
    ),
    Topic(
        "temperature",
        Text("Temperatur", "Temperature"),
        ((LOINC, "8310-5"), (NPU, "NPU08676"), (SNOMED, "276885007"), (SNOMED, "386725007"), (SKS, "ZZ0253")),
    ),
    Topic(
        "weight",
        Text("Vægt", "Weight"),
        ((LOINC, "29463-7"), (LOINC, "3141-9"), (NPU, "NPU03804"), (SNOMED, "27113001"), (IEEE, "188736")),
    ),
)
"""Habitual and latest values, in the order in which they are read at the bedside."""

BASELINE: Final[tuple[Topic, ...]] = (
    Topic(
        "creatinine",
        Text("Kreatinin", "Creatinine"),
        ((NPU, "NPU18016"), (NPU, "NPU04998"), (LOINC, "14682-9"), (LOINC, "2160-0")),
    ),
    Topic("haemoglobin", Text("Hæmoglobin", "Haemoglobin"), ((NPU, "NPU02319"), (LOINC, "59260-0"), (LOINC, "718-7"))),
)
"""Baseline blood tests."""

FUNCTIONS: Final[tuple[Topic, ...]] = (
    Topic(
        "cognition",
        Text("Kognition", "Cognition"),
        ((CODES, "habitual-cognition"), (FSIII, "J4.2"), (FSIII, "J4.3"), (FSIII, "J4.4")),
    ),
    Topic(
        "mobility",
        Text("Mobilitet", "Mobility"),
        ((CODES, "habitual-mobility"), (FSIII, "J3.2"), (FSIII, "J3.5"), (FSIII, "J3.8"), (FSIII, "I2.1")),
    ),
    Topic(
        "communication",
        Text("Kommunikation", "Communication"),
        ((CODES, "habitual-communication"), (FSIII, "J4.1"), (FSIII, "I5.1")),
    ),
    Topic("swallowing", Text("Synkefunktion", "Swallowing"), ((CODES, "habitual-swallowing"),)),
    Topic(
        "continence",
        Text("Kontinens", "Continence"),
        ((CODES, "habitual-continence"), (FSIII, "J1.8"), (FSIII, "I12.1"), (FSIII, "I12.3")),
    ),
)
"""Habitual functions; FSIII codes are shown beside what was declared, nothing is derived from them."""

TOPIC_OF: Final[dict[tuple[str, str], str]] = {
    code: topic.key for topic in (*VALUES, *BASELINE, *FUNCTIONS) for code in topic.codes
}

SYSTOLIC: Final = frozenset(code for topic in VALUES if topic.key == "systolic" for code in topic.codes)
DIASTOLIC: Final = frozenset(code for topic in VALUES if topic.key == "diastolic" for code in topic.codes)
OXYGEN_FLOW: Final = frozenset({(LOINC, "3151-8"), (LOINC, "3150-6")})
OXYGEN_SUPPLY: Final = (CODES, "oxygen-supply")
ROOM_AIR_PERCENT: Final = 21

ISOLATION: Final = frozenset({(SNOMED, "40174006"), (CODES, "isolation")})
STATUS_NOTE: Final = (CODES, "status-note")
HABITUAL_VALUE: Final = (CODES, "habitual-value")
COMPUTED: Final = (CODES, "computed")

ABSENCES: Final[frozenset[tuple[str, str]]] = frozenset(
    {(SNOMED, code) for code in ("716186003", "409137002", "428607008", "429625007")}
    | {(SNOMED, code) for code in ("160245001", "787480003", "787481004", "787482006", "787483001")}
    | {
        (systems.IPS_ABSENT_UNKNOWN, code)
        for code in (
            "no-known-allergies", "no-known-medication-allergies", "no-known-environmental-allergies",
            "no-known-food-allergies", "no-known-problems", "no-known-medications", "no-known-procedures",
            "no-known-devices", "no-known-immunizations",
        )
    }
)  # fmt: skip
"""Authored statements that there is none. Source: IPS value set absent-or-unknown-snomed-uv-ips and its code system."""

WOUND_FSIII: Final = frozenset(f"I4.{number}" for number in range(1, 9))
WOUND_SKS: Final = ("DL89", "DL97", "DL984")
WOUND_ICPC2: Final = frozenset({"S97"})

PREGNANCY: Final = frozenset({(LOINC, "82810-3"), (LOINC, "11778-8"), (LOINC, "11779-6"), (LOINC, "11640-0")})

NATIONAL_CARD: Final = frozenset({"urn:oid:1.2.208.176.7.2.2"})
"""Identifier systems of the shared medication card (FMK). Source: Sundhedsdatastyrelsen/ehdsi, Oid.java."""

RESOLVED_CATEGORY: Final = (SNOMED, "723506003")
"""Category 'resolved' of MedCom's ConditionList."""
