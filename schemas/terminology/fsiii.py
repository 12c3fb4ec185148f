"""FSIII (Danish: Fælles Sprog III), the municipalities' common language: families of codes, both code forms, the scale.

Every concept has two codes at the same time, a legacy one (`J1.1`, `B3`) and a UUID; after the national transition only
the UUID remains. Both are accepted everywhere, in any letter case. Displays repeat with different meanings, so nothing
is ever matched on a display.

The code system is KL's and is not part of this software: here stand the single codes that our own rules name. The rest
is read from KL's publication by `overgang terminology import fsiii` (publication.py) and is then in use beside them.
A code that is in neither has no family; whoever asks what law it stands under must take it for a social case.

Source: FSIII code system 20240530, http://fhir.kl.dk/term (single codes, as facts).
"""

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Family(StrEnum):
    """What a code speaks about: the top of its branch. Services (Danish: indsatser), conditions (Danish: tilstande)."""

    REFERRED_FROM = "A"
    SCALE = "B"
    PERFORMANCE = "C"
    IMPORTANCE = "D"
    FOLLOW_UP = "E"
    GENERAL = "F"
    NURSING_SERVICE = "G"  # home nursing, Sundhedsloven § 138: a health service
    CARE_SERVICE = "H"  # personal and practical help, Serviceloven §§ 83-86 and Ældreloven: social care
    NURSING_CONDITION = "I"
    CARE_CONDITION = "J"  # functional level
    REHABILITATION_SERVICE = "rehabilitation-service"  # Sundhedsloven § 140: a health service
    REHABILITATION_CONDITION = "rehabilitation-condition"
    PREVENTION_SERVICE = "prevention-service"  # Sundhedsloven § 119
    PREVENTION_CONDITION = "prevention-condition"
    AID_SERVICE = "aid-service"  # Serviceloven §§ 112-116: social care
    AID_CONDITION = "aid-condition"
    GOAL_TYPE = "goal-type"


NOT_RELEVANT: Final = 9
"""The level of B6: looked at and not relevant; it has no rank among 0 to 4."""

SCALE_LEVELS: Final = MappingProxyType({"B1": 0, "B2": 1, "B3": 2, "B4": 3, "B5": 4, "B6": NOT_RELEVANT})
"""Legacy code of the scale -> level, 0 no limitation to 4 total. Note that B3 means level 2."""

ROOTS: Final[dict[Family, tuple[str, str]]] = {
    Family.REFERRED_FROM: ("A", "95851822-5a33-4349-a1f2-9b1245369bf5"),
    Family.SCALE: ("B", "2c02a704-deee-4878-9378-1167613b3da6"),
    Family.PERFORMANCE: ("C", "d6d48a71-b96f-4b88-86f9-b13bd3c03560"),
    Family.IMPORTANCE: ("D", "687159ad-a61c-47c0-a878-53aa54bae2d5"),
    Family.FOLLOW_UP: ("E", "ad78224f-b339-462c-9f2c-90b3120605cb"),
    Family.GENERAL: ("F", "370e6178-9a5d-45f9-a2c9-f658186059c9"),
    Family.NURSING_SERVICE: ("G", "cac857f7-2957-4fc7-a814-9e7fc450270a"),
    Family.CARE_SERVICE: ("H", "b07bbb6d-16b2-4cee-b5a5-771ca5beb67c"),
    Family.NURSING_CONDITION: ("I", "4db72d65-7ec1-45b4-89c3-5017c35d085e"),
    Family.CARE_CONDITION: ("J", "d49d6b0c-c067-4469-b92d-3842822c4971"),
    Family.PREVENTION_CONDITION: ("0fa991ef_adf5_4202_8cfe_a31454ed6e9d", "0fa991ef-adf5-4202-8cfe-a31454ed6e9d"),
    Family.PREVENTION_SERVICE: ("102ea764_d2cf_4a24_979d_68c2e8d638cf", "102ea764-d2cf-4a24-979d-68c2e8d638cf"),
    Family.GOAL_TYPE: ("59c107b1_afc2_400e_a129_f9676a0aa9bf", "59c107b1-afc2-400e-a129-f9676a0aa9bf"),
    Family.REHABILITATION_SERVICE: ("7deb81de_12c0_4a49_bd5b_72ea6fe89d83", "7deb81de-12c0-4a49-bd5b-72ea6fe89d83"),
    Family.REHABILITATION_CONDITION: ("94db6c71_859d_43e6_9a62_4e7fa7daf767", "94db6c71-859d-43e6-9a62-4e7fa7daf767"),
    Family.AID_CONDITION: ("Kommunalt_hjaelpemiddelomraade_tilstande", "9faf9d59-f308-498a-96d1-aa1d9124d514"),
    Family.AID_SERVICE: ("Kommunalt_hjaelpemiddelomraade_indsatser", "f5e2461b-2737-4b52-846c-2ff8f2d88db5"),
}
"""Family -> the code of its branch, legacy and UUID."""

NAMED: Final[dict[Family, dict[str, str]]] = {
    Family.SCALE: {
        "B1": "9c5cfb57-a498-40e5-98a7-792bf5fb205b",
        "B2": "fcc16cb1-41f0-4832-b834-110fba0aaabe",
        "B3": "d984ad21-48fe-4619-845e-2aa0303048e7",
        "B4": "1ceef776-0cfa-4acd-b222-c5bb2424e0c1",
        "B5": "f4c9f159-5806-4c06-95e9-e69b83bab1a1",
        "B6": "d7ff926a-4955-478f-b300-0b0ec0785013",
    },
    Family.NURSING_SERVICE: {
        "G1.26": "4374f01c-494b-4fc6-9d95-a0022fa515cf",
        "G1.27": "476708f4-505d-4575-9e1f-e9dadb7d7759",
        "Psykisk_pleje_og_stoette": "6260adb6-38a0-42e3-9505-01bc3da5af94",
    },
    Family.NURSING_CONDITION: {
        "I2.1": "92caace8-60e3-4861-80ac-6e372a700e1d",
        "I5.1": "68dcfecb-3b30-4392-bfb2-325174220323",
        "I6.2": "7b6a52c6-7e0d-4800-a223-ebdd2c9261e4",
        "I6.3": "f7710e83-a2d3-4c17-bcf6-bd084aec2efb",
        "I6.4": "f7619a25-1f4f-4940-83b8-913a2da0ef47",
        "I8": "cc377732-7f14-49b7-8940-1aa07b8884e7",
        "I8.1": "d5966884-4e41-40c1-b711-6c6cde778360",
        "Problemer_med_seksualitet_koen_og_kropsopfattelse": "7dc00935-32e7-46f2-b12a-8d6adfc5ad77",
        "I12.1": "a2d41ce8-e0ee-4863-bfe0-5c19bbf1bf06",
        "I12.3": "1fdf6282-7e57-4e3d-91c4-c8b2f030c374",
    },
    Family.CARE_CONDITION: {
        "J1.1": "4d46bd94-9518-431c-82e8-ebb91bca307a",
        "J1.8": "5eecf025-ae93-4256-8df5-bc304c149b96",
        "J3.2": "4f915ee9-9f30-47b5-b582-c0f1467dd271",
        "J3.5": "d39cd035-eb12-4a18-8a68-f43d4c0c62ef",
        "J3.8": "51697715-965a-40f3-b4a5-819103bf9d49",
        "J4.1": "c8b28097-70b7-41d8-b91f-57aa68ddac51",
        "J4.2": "a3ac7928-77c9-425c-a7f1-1248a3764d0a",
        "J4.3": "3b29a8ea-282b-4118-8d83-2f494a509c27",
        "J4.4": "bc6a1539-a606-4032-875f-f7cd062f8364",
    },
    Family.PREVENTION_SERVICE: {
        "924e9828_84cf_4689_9551_0ebb6dc71b98": "924e9828-84cf-4689-9551-0ebb6dc71b98",
    },
    Family.PREVENTION_CONDITION: {
        "57b8979f_cf46_4312_aafa_3a0dd93aa921": "57b8979f-cf46-4312-aafa-3a0dd93aa921",
        "f0b62265_6c83_4239_af97_4d6e9ba9dea7": "f0b62265-6c83-4239-af97-4d6e9ba9dea7",
    },
}
"""Family -> legacy code -> UUID code, of the single codes that a table of ours names: the scale, the levels that the
first screen shows, and what makes a record sensitive. A test holds this list to what is named."""


@dataclass(frozen=True, slots=True)
class Table:
    """The codes in use: casefolded code in either form -> family, and -> legacy form where it has one.

    `version` counts imports, 0 is none.
    """

    families: Mapping[str, Family]
    legacy: Mapping[str, str]
    version: int = 0

    def __len__(self) -> int:
        """Return how many codes are known."""
        return len(self.families)


def table_of(rows: Iterable[tuple[str, Family, str | None]], *, version: int = 0) -> Table:
    """Return the table of (code, family, legacy form) rows together with the single codes; these win."""
    families: dict[str, Family] = {}
    legacy: dict[str, str] = {}
    for code, family, form in (*rows, *_own_rows()):
        families[code.casefold()] = family
        if form is not None:
            legacy[code.casefold()] = form
    return Table(MappingProxyType(families), MappingProxyType(legacy), version)


def _own_rows() -> Iterable[tuple[str, Family, str]]:
    for family, (old, uuid) in ROOTS.items():
        yield from ((old, family, old), (uuid, family, old))
    for family, pairs in NAMED.items():
        for old, uuid in pairs.items():
            yield from ((old, family, old), (uuid, family, old))


SINGLE_CODES: Final = table_of(())
"""What is known without KL's publication."""

_in_use: ContextVar[Table] = ContextVar("fsiii", default=SINGLE_CODES)


def use(table: Table) -> None:
    """Let `table` hold for what this task does next; the gate says so at each request (ADR 0017)."""
    _in_use.set(table)


def in_use() -> Table:
    """Return the table that holds here."""
    return _in_use.get()


_LETTERS: Final = frozenset("ABCDEFGHIJ")


def family_of(code: str) -> Family | None:
    """Return the family of a code in either form; a legacy code that we do not list counts by its letter and number."""
    known = _in_use.get().families.get(code.casefold())
    if known is not None:
        return known
    letter, rest = code[:1].upper(), code[1:]
    if letter in _LETTERS and rest[:1].isdigit() and all(part[:1].isdigit() for part in rest.split(".")):
        return None if is_uuid(code) else Family(letter)
    return None


def legacy_of(code: str) -> str | None:
    """Return the legacy form of a code in either form, or None when the code is not known."""
    return _in_use.get().legacy.get(code.casefold())


def level_of(code: str) -> int | None:
    """Return the level of a code of the scale in either form: 0 to 4, `NOT_RELEVANT`, or None for another code."""
    legacy = legacy_of(code)
    return None if legacy is None else SCALE_LEVELS.get(legacy)


def is_uuid(code: str) -> bool:
    """Tell whether a code has the form of a UUID."""
    return len(code) == 36 and code.count("-") == 4  # noqa: PLR2004 - the form of a UUID


def is_unknown(code: str) -> bool:
    """Tell whether a code has the new form and is not in the table in use: it may be anything."""
    return is_uuid(code) and family_of(code) is None


def is_social(code: str) -> bool:
    """Tell whether a code stands under Serviceloven or Ældreloven, or cannot be told from one that does."""
    family = family_of(code)
    return family is None or family in SOCIAL_SERVICES


HEALTH_SERVICES: Final = frozenset({Family.NURSING_SERVICE, Family.REHABILITATION_SERVICE})
"""Services under Sundhedsloven §§ 138 and 140 that make a municipality treat a citizen. Prevention (§ 119) is left out:
a course is no course of treatment of one patient. Mark: to be confirmed by a lawyer."""
SOCIAL_SERVICES: Final = frozenset({Family.CARE_SERVICE, Family.AID_SERVICE})
"""Services under Serviceloven and Ældreloven; decisions about them belong to a social case."""
