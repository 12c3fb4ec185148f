"""The synthetic health cluster (Danish: sundhedsklynge): region, hospital, municipalities, practices, laboratory.

Nothing here exists. SOR numbers have the register's form (item, namespace 1000016, check digit by Verhoeff) with items
from 9999000 up; GLNs take a prefix that GS1 never assigns to anybody (29); telephone numbers begin with 0, which no
Danish subscriber's does.
"""

from dataclasses import dataclass
from typing import Any

from schemas.terminology import systems

NOTICE = "SYNTETISKE DATA: personen og oplysningerne er opdigtede."
"""Stands wherever a person might read something."""

HTEST = {"system": systems.ACT_REASON, "code": "HTEST", "display": "test health data"}

_DIHEDRAL = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_PERMUTATION = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)


def verhoeff(number: str) -> int:
    """Return 0 when the last digit of `number` is its Verhoeff check digit."""
    check = 0
    for place, digit in enumerate(reversed(number)):
        check = _DIHEDRAL[check][_PERMUTATION[place % 8][int(digit)]]
    return check


def sor_number(item: int) -> str:
    """Return the synthetic SOR number of the `item`th organisation."""
    stem = f"{9_999_000 + item}100001600"
    return next(number for digit in "0123456789" if verhoeff(number := stem + digit) == 0)


def gln(item: int) -> str:
    """Return the synthetic GLN of the `item`th organisation: 13 digits, the last by modulus 10."""
    stem = f"29000099{item:04d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(stem))
    return f"{stem}{-total % 10}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """One row of the directory; `phone` is answered day and night where `always` is true."""

    key: str
    sor: str
    parent: str | None  # SOR
    name: str
    kind: str
    municipality: str | None = None
    gln: str
    phone: str
    always: bool = False
    specialties: str = ""  # 'system|code', comma separated

    def row(self) -> dict[str, Any]:
        """Return the row of the `organisation` table."""
        return {
            "sor": self.sor,
            "parent": self.parent,
            "name": self.name,
            "kind": self.kind,
            "municipality": self.municipality,
            "gln": self.gln,
            "phone": self.phone,
            "specialties": self.specialties,
            "valid_from": None,
            "valid_to": None,
        }

    def reference(self) -> dict[str, Any]:
        """Return a logical reference that any FHIR resource may carry."""
        return {
            "type": "Organization",
            "identifier": {"system": systems.SOR, "value": self.sor},
            "display": self.name,
        }

    def resource(self) -> dict[str, Any]:
        """Return the FHIR Organization (without a server id)."""
        telecom = {"system": "phone", "value": self.phone, "use": "work"}
        resource: dict[str, Any] = {
            "resourceType": "Organization",
            "meta": {"security": [HTEST]},
            "text": {
                "status": "generated",
                "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{self.name}. {NOTICE}</div>',
            },
            "identifier": [{"system": systems.SOR, "value": self.sor}, {"system": systems.GLN, "value": self.gln}],
            "active": True,
            "name": self.name,
            "telecom": [telecom],
        }
        if self.always:
            resource["extension"] = [{"url": systems.DAY_AND_NIGHT_PHONE_EXTENSION, "valueContactPoint": telecom}]
        if self.municipality is not None:
            code = {"system": systems.MUNICIPALITY, "code": self.municipality}
            resource["address"] = [
                {
                    "extension": [
                        {"url": systems.MUNICIPALITY_EXTENSION, "valueCodeableConcept": {"coding": [code]}},
                    ],
                    "country": "DK",
                }
            ]
        if self.parent is not None:
            resource["partOf"] = BY_SOR[self.parent].reference()
        return resource


@dataclass(frozen=True, slots=True)
class _Plan:
    key: str
    parent: str
    name: str
    kind: str = "unit"
    municipality: str | None = None
    always: bool = False
    specialties: str = ""


_PSYCHIATRY, _ADDICTION = f"{systems.SNOMED}#specialty|394587001", f"{systems.FUNCTION}|addiction-treatment"
"""Specialties from which sensitivity follows, see schemas/terminology/sensitivity.py."""

A, B = "0219", "0270"
"""Municipality codes of municipality A (Hillerød) and B (Gribskov)."""

_PLANS: tuple[_Plan, ...] = (
    _Plan("region", "", "Region Øresyn (syntetisk)", "region"),
    _Plan("register", "", "Sundhedsregistrene (syntetisk)", "authority"),
    _Plan("hospital", "region", "Nordkyst Hospital (syntetisk)", "hospital", A, always=True),
    _Plan("emergency", "hospital", "Fælles Akutmodtagelse, Nordkyst Hospital", always=True),
    _Plan("emergency-clinic", "emergency", "Akutklinikken, Nordkyst Hospital", always=True),
    _Plan("emergency-ward", "emergency", "Akutafsnittet, Nordkyst Hospital", always=True),
    _Plan("medicine", "hospital", "Medicinsk Afdeling, Nordkyst Hospital"),
    _Plan("lung-ward", "medicine", "Lungemedicinsk Sengeafsnit, Nordkyst Hospital", always=True),
    _Plan("heart-ward", "medicine", "Hjertemedicinsk Sengeafsnit, Nordkyst Hospital", always=True),
    _Plan("geriatric-ward", "medicine", "Geriatrisk Sengeafsnit, Nordkyst Hospital", always=True),
    _Plan("diabetes-clinic", "medicine", "Endokrinologisk Ambulatorium, Nordkyst Hospital"),
    _Plan("orthopaedics", "hospital", "Ortopædkirurgisk Afdeling, Nordkyst Hospital"),
    _Plan("fracture-ward", "orthopaedics", "Ortopædkirurgisk Sengeafsnit, Nordkyst Hospital", always=True),
    _Plan("neurology", "hospital", "Neurologisk Afdeling, Nordkyst Hospital"),
    _Plan("stroke-ward", "neurology", "Apopleksiafsnittet, Nordkyst Hospital", always=True),
    _Plan("paediatrics", "hospital", "Børne- og Ungeafdelingen, Nordkyst Hospital", always=True),
    _Plan("psychiatry", "hospital", "Psykiatrisk Afdeling, Nordkyst Hospital", specialties=_PSYCHIATRY),
    _Plan("psychiatric-clinic", "psychiatry", "Psykiatrisk Ambulatorium, Nordkyst Hospital"),
    _Plan("laboratory", "region", "Klinisk Biokemisk Laboratorium (syntetisk)"),
    _Plan("municipality-a", "", "Hillerød Kommune (syntetisk)", "municipality", A),
    _Plan("nursing-a", "municipality-a", "Hjemmesygeplejen, Hillerød Kommune", "unit", A, always=True),
    _Plan("home-care-a", "municipality-a", "Hjemmeplejen, Hillerød Kommune", "unit", A),
    _Plan("acute-a", "municipality-a", "Akutteamet, Hillerød Kommune", "unit", A, always=True),
    _Plan("beds-a", "municipality-a", "Midlertidige pladser, Hillerød Kommune", "unit", A, always=True),
    _Plan("addiction-a", "municipality-a", "Rusmiddelcenteret, Hillerød Kommune", "unit", A, specialties=_ADDICTION),
    _Plan("rehabilitation-a", "municipality-a", "Genoptræningen, Hillerød Kommune", "unit", A),
    _Plan("casework-a", "municipality-a", "Visitationen, Hillerød Kommune", "unit", A),
    _Plan("municipality-b", "", "Gribskov Kommune (syntetisk)", "municipality", B),
    _Plan("nursing-b", "municipality-b", "Hjemmesygeplejen, Gribskov Kommune", "unit", B, always=True),
    _Plan("home-care-b", "municipality-b", "Hjemmeplejen, Gribskov Kommune", "unit", B),
    _Plan("acute-b", "municipality-b", "Akutteamet, Gribskov Kommune", "unit", B, always=True),
    _Plan("beds-b", "municipality-b", "Midlertidige pladser, Gribskov Kommune", "unit", B, always=True),
    _Plan("addiction-b", "municipality-b", "Rusmiddelcenteret, Gribskov Kommune", "unit", B, specialties=_ADDICTION),
    _Plan("rehabilitation-b", "municipality-b", "Genoptræningen, Gribskov Kommune", "unit", B),
    _Plan("casework-b", "municipality-b", "Visitationen, Gribskov Kommune", "unit", B),
    _Plan("gp-1", "", "Lægerne Søengen (syntetisk)", "general-practice", A),
    _Plan("gp-2", "", "Lægehuset Kirkelunden (syntetisk)", "general-practice", A),
    _Plan("gp-3", "", "Lægerne ved Havreholm (syntetisk)", "general-practice", B),
    _Plan("gp-4", "", "Lægepraksis Skovbrynet (syntetisk)", "general-practice", B),
)


def _build() -> dict[str, Organisation]:
    numbers = {plan.key: sor_number(place) for place, plan in enumerate(_PLANS)}
    return {
        plan.key: Organisation(
            key=plan.key,
            sor=numbers[plan.key],
            parent=numbers[plan.parent] if plan.parent else None,
            name=plan.name,
            kind=plan.kind,
            specialties=plan.specialties,
            municipality=plan.municipality,
            gln=gln(place),
            phone=f"+45 00 00 {place // 100:02d} {place % 100:02d}",
            always=plan.always,
        )
        for place, plan in enumerate(_PLANS)
    }


ORGANISATIONS: dict[str, Organisation] = _build()
"""Stable key -> organisation, parents before children."""

BY_SOR: dict[str, Organisation] = {row.sor: row for row in ORGANISATIONS.values()}

MUNICIPALITIES: dict[str, str] = {A: "a", B: "b"}
"""Municipality code -> suffix of the keys of its units."""


def unit(kind: str, municipality: str) -> Organisation:
    """Return the unit of a kind (`nursing`, `home-care`, `acute`, …) of one of the two municipalities."""
    return ORGANISATIONS[f"{kind}-{MUNICIPALITIES[municipality]}"]
