"""Codes of the synthetic cluster: what the three sectors call the same thing, drugs, measurements, tests.

Single codes are facts; no table of others is copied. A diagnosis is a matched triple: the hospital's SKS, the GP's
ICPC-2, the municipality's FSIII nursing condition.
"""

from dataclasses import dataclass
from typing import Any

from schemas.terminology import systems


def coding(system: str, code: str, display: str | None = None) -> dict[str, Any]:
    """Return a FHIR Coding."""
    return {"system": system, "code": code} if display is None else {"system": system, "code": code, "display": display}


def concept(text: str, *codings: dict[str, Any]) -> dict[str, Any]:
    """Return a FHIR CodeableConcept with its text, codings first."""
    return {"coding": list(codings), "text": text} if codings else {"text": text}


def own(code: str) -> dict[str, Any]:
    """Return a Coding of the service's own clinical code system."""
    return {"system": systems.CODES, "code": code}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One illness in the words of three sectors; `fsiii` is a nursing condition (I)."""

    sks: str
    icpc: str
    fsiii: str
    text: str


DIAGNOSES: dict[str, Diagnosis] = {
    "copd": Diagnosis("DJ449", "R95", "I7.1", "Kronisk obstruktiv lungesygdom"),
    "pneumonia": Diagnosis("DJ189", "R81", "I7.1", "Lungebetændelse"),
    "asthma": Diagnosis("DJ459", "R96", "I7.1", "Astma"),
    "heart-failure": Diagnosis("DI509", "K77", "I7.2", "Hjertesvigt"),
    "atrial-fibrillation": Diagnosis("DI489", "K78", "I7.2", "Atrieflimren"),
    "hypertension": Diagnosis("DI109", "K86", "I7.2", "Forhøjet blodtryk"),
    "ischaemic-heart": Diagnosis("DI259", "K76", "I7.2", "Kronisk iskæmisk hjertesygdom"),
    "diabetes-2": Diagnosis("DE119", "T90", "I11.3", "Type 2-diabetes"),
    "diabetes-1": Diagnosis("DE109", "T89", "I11.2", "Type 1-diabetes"),
    "hypoglycaemia": Diagnosis("DE159", "T87", "I11.2", "Lavt blodsukker"),
    "kidney-disease": Diagnosis("DN189", "U99", "I12.2", "Kronisk nyresygdom"),
    "dementia": Diagnosis("DG309", "P70", "I11.1", "Alzheimers sygdom"),
    "delirium": Diagnosis("DF059", "P71", "I11.4", "Delirium"),
    "hip-fracture": Diagnosis("DS720", "L75", "I2.1", "Brud på lårbenshalsen"),
    "osteoporosis": Diagnosis("DM819", "L95", "I9.3", "Knogleskørhed"),
    "osteoarthritis": Diagnosis("DM169", "L89", "I9.3", "Slidgigt i hofte"),
    "stroke": Diagnosis("DI639", "K90", "I5.1", "Blodprop i hjernen"),
    "frailty": Diagnosis("DR549", "A28", "I1.1", "Skrøbelighed ved høj alder"),
    "urinary-infection": Diagnosis("DN300", "U71", "I12.2", "Blærebetændelse"),
    "incontinence": Diagnosis("DR329", "U04", "I12.3", "Ufrivillig vandladning"),
    "dehydration": Diagnosis("DE869", "T11", "I3.1", "Væskemangel"),
    "venous-ulcer": Diagnosis("DL979", "S97", "I4.6", "Venøst bensår"),
    "pressure-ulcer": Diagnosis("DL899", "S97", "I4.4", "Tryksår"),
    "depression": Diagnosis("DF329", "P76", "I6.2", "Depression"),
    "schizophrenia": Diagnosis("DF209", "P72", "I6.4", "Skizofreni"),
    "alcohol": Diagnosis("DF102", "P15", "I6.3", "Alkoholafhængighed"),
    "alcohol-withdrawal": Diagnosis("DF103", "P15", "I6.3", "Alkoholabstinenser"),
    "hypothyroidism": Diagnosis("DE039", "T86", "I10.2", "For lavt stofskifte"),
    "cholesterol": Diagnosis("DE780", "T93", "I11.2", "Forhøjet kolesterol"),
    "otitis": Diagnosis("DH669", "H71", "I9.1", "Mellemørebetændelse"),
    "eczema": Diagnosis("DL209", "S87", "I4.9", "Børneeksem"),
    "appendicitis": Diagnosis("DK359", "D88", "I12.4", "Blindtarmsbetændelse"),
    "back-pain": Diagnosis("DM545", "L03", "I9.2", "Lænderygsmerter"),
}

FSIII_DISPLAY: dict[str, str] = {
    "I1.1": "Problemer med personlig pleje",
    "I2.1": "Problemer med mobilitet og bevægelse",
    "I3.1": "Problemer med væskeindtag",
    "I3.5": "Problemer med undervægt",
    "I4.4": "Problemer med tryksår",
    "I4.6": "Problemer med venøst sår",
    "I4.9": "Problemer med hud og slimhinder",
    "I5.1": "Problemer med kommunikation",
    "I6.2": "Emotionelle problemer",
    "I6.3": "Problemer med misbrug",
    "I6.4": "Mentale problemer",
    "I7.1": "Respirationsproblemer",
    "I7.2": "Cirkulationsproblemer",
    "I9.1": "Akutte smerter",
    "I9.2": "Periodevise smerter",
    "I9.3": "Kroniske smerter",
    "I10.2": "Søvnproblemer",
    "I11.1": "Problemer med hukommelse",
    "I11.2": "Problemer med indsigt i behandlingsformål",
    "I11.3": "Problemer med sygdomsindsigt",
    "I11.4": "Kognitive problemer",
    "I12.2": "Problemer med vandladning",
    "I12.3": "Problemer med urininkontinens",
    "I12.4": "Problemer med mave og tarm",
    "J1.1": "Vaske sig",
    "J1.3": "Af- og påklædning",
    "J1.4": "Drikke",
    "J1.6": "Spise",
    "J1.7": "Varetage egen sundhed",
    "J1.8": "Gå på toilet",
    "J2.1": "Lave husligt arbejde",
    "J2.2": "Lave mad",
    "J2.4": "Indkøb",
    "J3.2": "Bevæge sig omkring",
    "J3.5": "Forflytte sig",
    "J3.8": "Gå",
    "J4.2": "Hukommelse",
    "J4.3": "Orienteringsevne",
    "J4.6": "Energi og handlekraft",
    "G1.5": "Anlæggelse og pleje af kateter",
    "G1.9": "Cirkulationsbehandling",
    "G1.12": "Ernæringsindsats",
    "G1.15": "Iltbehandling",
    "G1.20": "Medicinadministration",
    "G1.21": "Medicindispensering",
    "G1.26": "Psykiatrisk pleje",
    "G1.27": "Psykisk støtte",
    "G1.29": "Respirationsbehandling",
    "G1.39": "Sårbehandling",
    "G1.41": "Undersøgelser og måling af værdier",
    "G2.2": "Opfølgning",
    "H1.1": "Personlig hygiejne",
    "H1.2": "Udskillelser",
    "H1.3": "Ernæring",
    "H1.4": "Mobilitet",
    "H1.6": "Tilsyn/omsorg",
    "H1.7": "Indkøb",
    "H1.8": "Rengøring",
    "H1.11": "Madservice",
    "H2.4": "RH Mobilitet",
    "H2.5": "RH Personlig hygiejne",
}
"""FSIII legacy code -> its display; only the codes that the cluster uses."""

LEVELS: tuple[tuple[str, str, str], ...] = (
    ("B1", "9c5cfb57-a498-40e5-98a7-792bf5fb205b", "Ingen/ubetydelige begrænsninger"),
    ("B2", "fcc16cb1-41f0-4832-b834-110fba0aaabe", "Lette begrænsninger"),
    ("B3", "d984ad21-48fe-4619-845e-2aa0303048e7", "Moderate begrænsninger"),
    ("B4", "1ceef776-0cfa-4acd-b222-c5bb2424e0c1", "Svære begrænsninger"),
    ("B5", "f4c9f159-5806-4c06-95e9-e69b83bab1a1", "Totale begrænsninger"),
)
"""Level 0 to 4 of functional ability: legacy code, new code, words. Code `B3` is level 2."""


def fsiii(code: str) -> dict[str, Any]:
    """Return the Coding of an FSIII code that the cluster uses."""
    return coding(systems.FSIII, code, FSIII_DISPLAY[code])


@dataclass(frozen=True, slots=True, kw_only=True)
class Vital:
    """One measured quantity: LOINC and Danish codes, UCUM unit, decimals written."""

    loinc: tuple[str, ...]
    danish: tuple[tuple[str, str], ...]
    text: str
    unit: str
    ucum: str
    decimals: int = 0

    def code(self) -> dict[str, Any]:
        """Return the CodeableConcept of the measurement."""
        found = [coding(systems.LOINC, code) for code in self.loinc]
        found += [coding(system, code) for system, code in self.danish]
        return concept(self.text, *found)

    def quantity(self, value: float) -> dict[str, Any]:
        """Return the Quantity, rounded to the decimals that the instrument shows."""
        return {
            "value": round(value, self.decimals) if self.decimals else round(value),
            "unit": self.unit,
            "system": systems.UCUM,
            "code": self.ucum,
        }


VITALS: dict[str, Vital] = {
    "systolic": Vital(
        loinc=("8480-6",), danish=((systems.NPU, "DNK05472"),), text="Systolisk blodtryk", unit="mmHg", ucum="mm[Hg]"
    ),
    "diastolic": Vital(
        loinc=("8462-4",), danish=((systems.NPU, "DNK05473"),), text="Diastolisk blodtryk", unit="mmHg", ucum="mm[Hg]"
    ),
    "pulse": Vital(loinc=("8867-4",), danish=((systems.NPU, "NPU21692"),), text="Puls", unit="slag/min", ucum="/min"),
    "saturation": Vital(
        loinc=("2708-6", "59408-5"), danish=((systems.NPU, "NPU03011"),), text="Saturation", unit="%", ucum="%"
    ),
    "saturation-oxygen": Vital(
        loinc=("2708-6", "59408-5"), danish=((systems.NPU, "NPU03011"),), text="Saturation med ilt", unit="%", ucum="%"
    ),
    "respiration": Vital(
        loinc=("9279-1",),
        danish=((systems.MEDCOM_OBSERVATION, "MCS88122"),),
        text="Respirationsfrekvens",
        unit="pr. minut",
        ucum="/min",
    ),
    "temperature": Vital(
        loinc=("8310-5",), danish=((systems.NPU, "NPU08676"),), text="Temperatur", unit="°C", ucum="Cel", decimals=1
    ),
    "weight": Vital(
        loinc=("29463-7",), danish=((systems.NPU, "NPU03804"),), text="Vægt", unit="kg", ucum="kg", decimals=1
    ),
}
"""Short name -> measurement. Saturation with oxygen is a value of its own."""

BLOOD_PRESSURE = concept("Blodtryk", coding(systems.LOINC, "85354-9"), coding(systems.SNOMED, "75367002"))


@dataclass(frozen=True, slots=True, kw_only=True)
class BloodTest:
    """One blood test: NPU code, unit, reference interval."""

    npu: str
    text: str
    unit: str
    ucum: str
    low: float | None
    high: float | None
    decimals: int = 0


TESTS: dict[str, BloodTest] = {
    "creatinine": BloodTest(npu="NPU18016", text="P—Creatininium", unit="µmol/L", ucum="umol/L", low=45, high=105),
    "haemoglobin": BloodTest(
        npu="NPU02319", text="B—Hæmoglobin", unit="mmol/L", ucum="mmol/L", low=7.3, high=10.5, decimals=1
    ),
    "crp": BloodTest(npu="NPU19748", text="P—C-reaktivt protein", unit="mg/L", ucum="mg/L", low=None, high=10),
    "hba1c": BloodTest(npu="NPU27300", text="Hb(B)—HbA1c (IFCC)", unit="mmol/mol", ucum="mmol/mol", low=None, high=48),
    "inr": BloodTest(npu="NPU01685", text="P—Koagulation, INR", unit="1", ucum="1", low=None, high=1.2, decimals=1),
}
"""Short name -> blood test."""

VACCINES: dict[str, tuple[str, str]] = {
    "influenza": ("J07BB02", "Influenzavaccine"),
    "covid": ("J07BN01", "Covid-19-vaccine"),
    "pneumococcal": ("J07AL01", "Pneumokokvaccine"),
    "tetanus": ("J07AM01", "Stivkrampevaccine"),
    "child": ("J07CA06", "Di-te-ki-pol/Act-Hib-vaccine"),
    "mmr": ("J07BD52", "MFR-vaccine"),
}
"""Short name -> ATC code and Danish name."""

PROCEDURES: dict[str, tuple[str, str]] = {
    "hip-prosthesis": ("KNFB12", "Indsættelse af halv hofteprotese med cement"),
    "pacemaker": ("BFCA01", "Anlæggelse af pacemaker"),
    "pci": ("KFNG02", "Ballonudvidelse af hjertets kranspulsåre"),
    "appendectomy": ("KJEA01", "Fjernelse af blindtarm ved kikkertoperation"),
    "gallbladder": ("KJKA21", "Fjernelse af galdeblære ved kikkertoperation"),
    "cataract": ("KCJE20", "Operation for grå stær"),
}
"""Short name -> SKS procedure code and Danish name."""

DEVICES: dict[str, tuple[str | None, str]] = {
    "pacemaker": ("14106009", "Pacemaker"),
    "catheter": ("20568009", "Permanent blærekateter"),
    "hip-prosthesis": ("304120007", "Hofteprotese, venstre side"),
    "oxygen": (None, "Hjemmeilt: iltkoncentrator"),
    "rollator": (None, "Rollator"),
    "hearing-aid": ("6012004", "Høreapparat"),
}
"""Short name -> SNOMED CT code, where there is one, and Danish name."""

AIDS = frozenset({"rollator", "hearing-aid"})
"""Devices that are aids (Danish: hjælpemidler), neither in the body nor treatment."""

ALLERGENS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "penicillin": (coding(systems.SNOMED, "373270004"), "Penicillin", "Udslæt over hele kroppen", "high"),
    "morphine": (coding(systems.ATC, "N02AA01"), "Morfin", "Svær kvalme og konfusion", "low"),
    "nsaid": (coding(systems.ATC, "M01A"), "NSAID (gigtmidler)", "Blødende mavesår", "high"),
    "latex": (coding(systems.SNOMED, "111088007"), "Latex", "Kløe og hævelse", "low"),
    "sulfonamide": (coding(systems.ATC, "J01E"), "Sulfonamider", "Udslæt", "low"),
}
"""Short name -> coding, Danish name, reaction, criticality."""
