"""The citizens: 38 official test citizens, and generated ones whose numbers no register can mint.

Source of the official ones: HL7 Denmark's published test citizens (http://hl7.dk/fhir/core, CC0-1.0).
Generated citizens have numbers of the form X-eCPR (six digits of the birth date, 1 or 7, two letters, one digit).
"""

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from app.demo.organisations import A, B
from schemas.terminology import systems


@dataclass(frozen=True, slots=True, kw_only=True)
class Citizen:
    """One invented person. `relatives` are (v3 RoleCode of the relative, identifier value of the relative)."""

    system: str
    value: str
    family: str
    given: tuple[str, ...]
    gender: str
    born: date
    municipality: str | None
    archetype: str = "healthy"
    practice: str | None = None
    deceased: bool = False
    relatives: tuple[tuple[str, str], ...] = ()
    language: str | None = None
    hero: bool = False

    @property
    def name(self) -> str:
        """The whole name, as it is said."""
        return " ".join((*self.given, self.family))

    @property
    def local(self) -> bool:
        """Whether one of the cluster's two municipalities is her home."""
        return self.municipality in (A, B)

    def age(self, at: datetime) -> int:
        """Return whole years at `at`."""
        today = at.date()
        return today.year - self.born.year - ((today.month, today.day) < (self.born.month, self.born.day))


_OFFICIAL = """
0201609995 Lauridsen|Einer Test|male|1960-01-02|0219|diabetes
0201609996 Lauridsen|Lonni Test|female|1960-01-02|0219|healthy
0504909995 Lauridsen|Magnus Test|male|1990-04-05|0219|healthy
0504909989 Lauridsen|Rasmus Test|male|1990-04-05|0219|diabetes-1
0201919990 Lauridsen|Else Test|female|1991-01-02|0219|healthy
0201919996 Lauridsen|Ellen Louise Test|female|1991-01-02|0219|asthma
0201919995 Lauridsen|EK Test|male|1991-01-02|0219|healthy
0108589995 Mosebryggersen|Schwendlund Test|male|1958-08-01|0219|alcohol
0108629996 Moberg|May June Test|female|1962-08-01|0219|stroke
0104909995 Mosebryggersen|Sverre Test|male|1990-04-01|0219|psychiatric
0104909989 Mosebryggersen|Torre Test|male|1990-04-01|0219|psychiatric
1502799995 Mosebryggersen|Odd Haugen Test|male|1979-02-15|0219|alcohol
1502829995 Mosebryggersen|Knut Odvar Test|male|1982-02-15|0219|healthy
0506889996 Mosebrygersen|Sille June Test|female|1988-06-05|0219|healthy
2512489996 Berggren|Nancy Ann Test|female|1948-12-25|0219|copd
0211223989 Berggren|Åge Test|male|1922-11-02|0751|dementia
2509479989 Elmer|Bruno Test|male|1947-09-25|0219|heart-failure
0107729995 Berggren|Max Test|male|1972-07-01|0580|healthy
1502779995 Berggren|Ruddi Test|male|1977-02-15|0751|healthy
2911829996 Berggren|Kirsten Test|female|1982-11-29|0219|healthy
1509819996 Berggren|Brita Test|female|1981-09-15|0219|psychiatric
0505059996 Berggren|Pia Test|female|2005-05-05|0461|healthy
0505109990 Berggren|Gitte Nancy Test|female|2010-05-05|0219|child
0505159995 Berggren|Lars Test|male|2015-05-05|0219|child
0505209996 Berggren|Rikke Test|female|2020-05-05|0751|child
0505239996 Berggren|Aya Test|female|2023-05-05|0219|child
3103979995 Jensen|Anders Test|male|1997-03-31|0370|healthy
3101229995 Jensen|Ali Test|male|2022-01-31|0370|child
1310169995 Levendefødt|Dreng Test|male|2016-10-13||child
1310169996 Levendefødt|Pige Test|female|2016-10-13||child
1306249995 Levendefødt|Dreng Test|male|2024-06-13||child
1306249996 Levendefødt|Pige Test|female|2024-06-13||child
0212159995 Vestergaard|Bo Test|male|2015-12-02|0813|child
1007059995 Abdul|Muhammed Test|male|2005-07-10|0482|healthy
1110109996 Jørgensen|Juliane Test|female|2010-10-11|0573|child
3001749995 Vendelboe|Niels Test|male|1974-01-30|0851|healthy
2103009996 Hansen|Kaja Test|female|2000-03-21|0580|healthy
2311143995 Østergård|Cæsar Test|male|1914-11-23|0461|frail
"""

_RELATIVES: tuple[tuple[str, str, str], ...] = (
    ("2512489996", "SIB", "2509479989"),
    ("2512489996", "CHILD", "0107729995"),
    ("2512489996", "CHILD", "2911829996"),
    ("2509479989", "SIB", "2512489996"),
    ("0211223989", "CHILD", "2512489996"),
    ("1509819996", "MTH", "2512489996"),
    ("2911829996", "MTH", "2512489996"),
    ("0107729995", "MTH", "2512489996"),
    ("1502779995", "MTH", "2512489996"),
    ("0505059996", "MTH", "2911829996"),
    ("0505109990", "MTH", "2911829996"),
    ("0505159995", "MTH", "2911829996"),
    ("0505209996", "MTH", "2911829996"),
    ("0505239996", "MTH", "2911829996"),
    ("3101229995", "FTH", "3103979995"),
    ("0201609995", "SPS", "0201609996"),
    ("0201609996", "SPS", "0201609995"),
    ("0504909995", "MTH", "0201609996"),
    ("0504909989", "MTH", "0201609996"),
    ("0201919990", "FTH", "0201609995"),
    ("0201919996", "MTH", "0201609996"),
    ("0108589995", "SPS", "0108629996"),
    ("0108629996", "SPS", "0108589995"),
    ("0104909995", "MTH", "0108629996"),
    ("0104909989", "MTH", "0108629996"),
    ("1502799995", "FTH", "0108589995"),
)
"""Citizen, role of the relative, relative: from the official families."""

CUSTODY: tuple[tuple[str, str], ...] = (
    ("0505109990", "2911829996"),
    ("0505159995", "2911829996"),
    ("0505209996", "2911829996"),
    ("0505239996", "2911829996"),
    ("3101229995", "3103979995"),
)
"""Child, holder of custody (Danish: forældremyndighed), in the official families; ends on the 18th birthday."""

GUARDIANS: tuple[tuple[str, str], ...] = (
    ("0211223989", "2512489996"),
    ("1509819996", "2512489996"),
    ("0104909995", "0108629996"),
    ("0104909989", "0108629996"),
    ("0505209996", "1502779995"),
)
"""Citizen, personal guardian (Danish: personlig værge), in the official families."""

HEROES = ("2512489996", "2509479989", "0108629996")
"""Nancy Ann Berggren, Bruno Elmer, May June Moberg: rich enough to show everything."""


def _names(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


_WOMEN = _names(
    "Agnete Anna Asta Birgit Bodil Camilla Cecilie Dagny Ditte Ebba Elin Ellen Emma Esther Freja Gerda Grethe Gudrun "
    "Hanne Hedvig Helle Ida Inger Ingrid Jytte Karen Karla Kirsten Lis Lise Liv Lykke Magda Maja Maren Margit Marie "
    "Mathilde Merete Nanna Olga Ragnhild Rigmor Rosa Ruth Sigrid Signe Sofie Solveig Thea Tove Ulla Vera Vibeke Vita"
)
_MEN = _names(
    "Aksel Albert Alfred Anders Arne Asger Bent Birger Carl Christian Ejnar Elias Emil Erik Esben Finn Frede Georg "
    "Gunnar Hans Harald Henning Holger Ib Jakob Jeppe Jørgen Karsten Kjeld Knud Lars Laurits Leif Magnus Malthe "
    "Mikkel Mogens Niels Noah Oluf Oskar Otto Palle Peder Preben Rasmus Sigurd Svend Thorkild Troels Uffe Valdemar "
    "Verner Viggo Villy Aage"
)
_FAMILIES = _names(
    "Agerholm Bakkegaard Birkedal Bjerregård Bredahl Brogaard Dalby Egelund Elkjær Engholm Enevold Fløng "
    "Fogedgaard Frølund Gammelgård Grønbæk Hedelund Hjortshøj Holmstrup Højbjerg Klitgaard Kornerup "
    "Kærsgaard Langballe Lindegaard Lyngsø Mosegaard Nørskov Overgaard Pilegaard Ravnkilde Refsgaard "
    "Rosenlund Rytterholm Sandholt Skovmand Solbakke Stengade Stubkjær Svalegaard Søndervig Thorsgaard "
    "Toftegaard Ulvedal Vestermark Vibholm Voldby Ørnhøj Åkjær Ålund"
)
_LETTERS = "BCDFGHJKLMNPRSTVXZ"

_LANGUAGES = ("ar", "tr", "pl", "so", "uk")

OLD = (
    ("copd", 16),
    ("heart-failure", 16),
    ("diabetes", 14),
    ("dementia", 13),
    ("hip-fracture", 10),
    ("stroke", 10),
    ("frail", 11),
    ("healthy", 10),
)
ADULT = (
    ("healthy", 44),
    ("diabetes", 10),
    ("diabetes-1", 7),
    ("asthma", 9),
    ("psychiatric", 12),
    ("alcohol", 10),
    ("stroke", 4),
    ("copd", 4),
)
"""Archetype and its weight, from 65 and from 18."""


def official() -> list[Citizen]:
    """Return the 38 official test citizens."""
    citizens = []
    for line in _OFFICIAL.strip().splitlines():
        value, rest = line.split(" ", 1)
        family, given, gender, born, municipality, archetype = rest.split("|")
        local = municipality == A
        citizens.append(
            Citizen(
                system=systems.CPR,
                value=value,
                family=family,
                given=tuple(given.split()),
                gender=gender,
                born=date.fromisoformat(born),
                municipality=municipality or None,
                archetype=archetype,
                practice=("gp-2" if family in {"Lauridsen", "Moberg"} else "gp-1") if local else None,
                deceased=family == "Østergård",
                relatives=tuple((role, other) for one, role, other in _RELATIVES if one == value),
                hero=value in HEROES,
            )
        )
    return citizens


def _number(rng: random.Random, born: date, taken: set[str]) -> str:
    while True:
        seventh = "7" if born.year >= 2000 else "1"
        tail = seventh + rng.choice(_LETTERS) + rng.choice(_LETTERS) + str(rng.randrange(10))
        value = f"{born:%d%m%y}{tail}"
        if value not in taken:
            taken.add(value)
            return value


def _pick(rng: random.Random, weights: tuple[tuple[str, int], ...]) -> str:
    return rng.choices([name for name, _ in weights], [weight for _, weight in weights])[0]


def _birth(rng: random.Random, at: datetime, youngest: int, oldest: int) -> date:
    return at.date() - timedelta(days=rng.randrange(youngest * 365 + 30, oldest * 365))


def _household(rng: random.Random, at: datetime, taken: set[str]) -> list[Citizen]:
    """Return one household: an old person or couple, a single adult, or parents with children."""
    kind = rng.choices(("old", "old-couple", "single", "parents"), (40, 22, 20, 18))[0]
    family = rng.choice(_FAMILIES)
    municipality = rng.choice((A, A, B))
    practice = rng.choice(("gp-1", "gp-2") if municipality == A else ("gp-3", "gp-4"))
    language = rng.choice(_LANGUAGES) if rng.random() < 0.06 else None

    def person(gender: str, born: date, archetype: str) -> Citizen:
        return Citizen(
            system=systems.X_ECPR,
            value=_number(rng, born, taken),
            family=family,
            given=(rng.choice(_WOMEN if gender == "female" else _MEN), "Demo"),
            gender=gender,
            born=born,
            municipality=municipality,
            archetype=archetype,
            practice=practice,
            language=language,
        )

    genders = ["female", "male"]
    rng.shuffle(genders)
    if kind == "single":
        return [person(genders[0], _birth(rng, at, 19, 64), _pick(rng, ADULT))]
    if kind == "old":
        return [person(genders[0], _birth(rng, at, 66, 96), _pick(rng, OLD))]
    if kind == "old-couple":
        born = _birth(rng, at, 66, 90)
        near = born + timedelta(days=rng.randrange(-900, 900))
        return _married(person(genders[0], born, _pick(rng, OLD)), person(genders[1], near, _pick(rng, OLD)))
    born = _birth(rng, at, 30, 48)
    parents = _married(
        person("female", born, _pick(rng, ADULT)),
        person("male", born - timedelta(days=rng.randrange(1500)), _pick(rng, ADULT)),
    )
    children = [
        replace(
            person(rng.choice(genders), _birth(rng, at, 1, 16), "child"),
            relatives=(("MTH", parents[0].value), ("FTH", parents[1].value)),
        )
        for _ in range(rng.randrange(1, 3))
    ]
    return parents + children


def _married(one: Citizen, other: Citizen) -> list[Citizen]:
    return [
        replace(one, relatives=(("SPS", other.value),)),
        replace(other, relatives=(("SPS", one.value),)),
    ]


def population(*, citizens: int, seed: int, at: datetime) -> tuple[Citizen, ...]:
    """Return `citizens` people, the official ones first; fewer than 38 give the first of the official ones.

    The same arguments give the same people; a larger number only adds.
    """
    found = official()
    rng = random.Random(f"{seed}:population")
    taken: set[str] = set()
    while len(found) < citizens:
        found += _household(rng, at, taken)
    kept = found[:citizens]
    known = {citizen.value for citizen in kept}
    return tuple(
        replace(citizen, relatives=tuple(pair for pair in citizen.relatives if pair[1] in known)) for citizen in kept
    )
