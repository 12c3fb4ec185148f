"""Sensitivity labels (Danish: følsomhedsmærker): what the sender's raw labels mean, and what codes and authors say.

Raw labels never decide. Confidentiality `R` and `V` mean four things in Danish data and are read by resource type:
protection of name and address on a Patient, refused sharing on the report of municipal measurements, everywhere else
the author's own restriction. Whatever cannot be read counts as restricted.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from app.translate.elements import Coding, codings_at, profiles, text, type_of, values
from app.translate.survey import Part, survey
from consent.vocabulary import Label
from schemas.terminology import fsiii, sensitivity, systems
from schemas.terminology.systems import canonical

_OF_SERVICES: Final = frozenset({systems.FFB, systems.FSIII})
_SKS = frozenset({systems.SKS, systems.SKS_DIAGNOSIS, systems.ICD10})
_RAW_ELEMENTS: Final = {"DocumentReference": ("securityLabel",), "Composition": ("confidentiality",)}
"""Elements beside meta.security that carry labels."""
_AUTHOR_RESTRICTION: Final = {
    "R": frozenset({Label.RESTRICTED, Label.AUTHOR_PROTECTED}),
    "V": frozenset({Label.RESTRICTED, Label.VERY_RESTRICTED, Label.AUTHOR_PROTECTED}),
}
NO_LABELS: Final[frozenset[Label]] = frozenset()


class Codes(NamedTuple):
    """What the codes of a resource say. `may_be_service`: one is of a system that codes of social services are of."""

    labels: frozenset[Label]
    may_be_service: bool


def labels_of(resource: Mapping[str, Any]) -> frozenset[Label]:
    """Return the labels that a resource earns by itself: raw labels, codes, contained resources, document entries."""
    return codes_in(survey(resource).parts).labels


def codes_in(parts: Iterable[Part]) -> Codes:
    """Return what the codes of a resource say, by its parts as a survey found them."""
    labels, systems_ = NO_LABELS, set[str]()
    for part in parts:
        labels |= _own_labels(part, systems_)
    return Codes(labels, not systems_.isdisjoint(_OF_SERVICES))


@lru_cache(maxsize=4_096)
def specialty_labels(specialties: frozenset[str]) -> frozenset[Label]:
    """Return the labels that follow from who wrote it; specialties are 'system|code'."""
    found: frozenset[Label] = NO_LABELS
    for specialty in specialties:
        system, _, code = specialty.partition("|")
        table = f"{systems.SNOMED}#specialty" if systems.canonical(system) == systems.SNOMED else system
        found |= with_restriction(_code_labels(table, code))
    return found


def merge_labels(previous: frozenset[Label], received: frozenset[Label]) -> frozenset[Label]:
    """Return the labels after an update: a client may raise, never lower."""
    return previous | received


def with_restriction(labels: frozenset[Label]) -> frozenset[Label]:
    """Return the labels with `R` where one of them is sensitive (IHE PCF: a sensitivity tag implies restricted)."""
    return labels | {Label.RESTRICTED} if labels & _SENSITIVE else labels


def directive_label(system: str, code: str) -> Label | None:
    """Return the label that a directive names in `securityLabel`, or None when it is not one of ours."""
    if system == systems.CONFIDENTIALITY:
        return _CONFIDENTIALITY_LABELS.get(code)
    if system == systems.ACT_CODE and code in sensitivity.SENSITIVE:
        return Label(code)
    return Label(code) if system == systems.LABEL and code in sensitivity.OWN_LABELS else None


def label_coding(label: Label) -> dict[str, str]:
    """Return the FHIR Coding of a label."""
    if label in _CONFIDENTIALITY_LABELS.values():
        return {"system": systems.CONFIDENTIALITY, "code": label.value}
    return {"system": systems.LABEL if label.value in sensitivity.OWN_LABELS else systems.ACT_CODE, "code": label.value}


_SENSITIVE: Final = frozenset(map(Label, sensitivity.SENSITIVE))
_CONFIDENTIALITY_LABELS: Final = {
    "N": Label.NORMAL_ONLY,
    "R": Label.RESTRICTED,
    "V": Label.VERY_RESTRICTED,
}


def _own_labels(part: Part, stated: set[str]) -> frozenset[Label]:
    """Return the labels of one part; the systems of its codes are added to `stated`."""
    found = NO_LABELS
    for raw in _raw_labels(part.resource):
        found |= _meaning(raw, part.resource)
    for item in part.codings:
        named = item.get("system")
        system = canonical(named) if isinstance(named, str) else ""
        stated.add(system)
        # what an FSIII code is depends on the table in use: not remembered
        labels = _fsiii_labels(item["code"]) if system == systems.FSIII else _code_labels(system, item["code"])
        if labels:
            found |= labels
        if system in sensitivity.WORD_SYSTEMS and (display := text(item.get("display"))):
            found |= _word_labels(display)
    return with_restriction(found) if found else found


def _raw_labels(resource: Mapping[str, Any]) -> list[Coding]:
    kind = type_of(resource)
    raw = codings_at(resource, "meta.security") if "meta" in resource else []
    for element in _RAW_ELEMENTS.get(kind, ()):
        raw += codings_at(resource, element)
        raw += [Coding(systems.CONFIDENTIALITY, value) for value in values(resource, element) if isinstance(value, str)]
    return raw


def _meaning(raw: Coding, resource: Mapping[str, Any]) -> frozenset[Label]:
    """Return what one raw label means on this resource; a code without a system is read as confidentiality."""
    if raw.system in {systems.CONFIDENTIALITY, ""} and raw.code in sensitivity.CONFIDENTIAL | sensitivity.OPEN:
        return NO_LABELS if raw.code in sensitivity.OPEN else _confidential(raw.code, resource)
    if raw.system == systems.ACT_CODE and raw.code in sensitivity.ACT_CODES:
        return frozenset(map(Label, sensitivity.ACT_CODES[raw.code]))
    if raw.system == systems.LABEL and raw.code in sensitivity.OWN_LABELS:
        return frozenset({Label(raw.code)})
    return NO_LABELS if raw.system in sensitivity.HARMLESS_SYSTEMS else frozenset({Label.RESTRICTED})


def _confidential(code: str, resource: Mapping[str, Any]) -> frozenset[Label]:
    kind = type_of(resource)
    if kind == "Patient":
        return frozenset({Label.ADDRESS_PROTECTED})
    if kind == "DiagnosticReport" and is_home_care_report(resource):
        return frozenset({Label.SHARING_REFUSED})
    return _AUTHOR_RESTRICTION[code]


def is_home_care_report(resource: Mapping[str, Any]) -> bool:
    """Tell whether a DiagnosticReport is MedCom's report of municipal measurements (HomeCareObservation)."""
    coded = any(
        code.system == systems.MEDCOM_REPORT and code.code == "HomeCareReport" for code in codings_at(resource, "code")
    )
    return coded or not systems.HOME_CARE_REPORT_PROFILES.isdisjoint(profiles(resource))


@lru_cache(maxsize=16_384)
def _code_labels(system: str, code: str) -> frozenset[Label]:
    if system in _SKS:
        return frozenset().union(*(_longest(_SKS_TABLE, part) for part in _sks_parts(system, code)))
    table = _TABLES.get(system)
    if table is None:
        return NO_LABELS
    wanted = code.strip().upper()
    if system in sensitivity.EXACT_SYSTEMS:
        return table.get(wanted, NO_LABELS)
    return _longest(table, wanted)


def _fsiii_labels(code: str) -> frozenset[Label]:
    legacy = (fsiii.legacy_of(code.strip()) or code.strip()).upper()
    return _FSIII_TABLE.get(legacy) or _FSIII_TABLE.get(legacy.split(".")[0]) or NO_LABELS


@lru_cache(maxsize=4_096)
def _word_labels(display: str) -> frozenset[Label]:
    words = " " + "".join(char if char.isalnum() else " " for char in display[:400].casefold()) + " "
    return frozenset().union(*(_labels(found) for word, found in sensitivity.WORDS if f" {word} " in words))


def _sks_parts(system: str, code: str) -> list[str]:
    parts = code.strip().upper().replace(".", "").split("+")[:20]
    return [f"D{part}" for part in parts] if system == systems.ICD10 else parts


def _longest(table: Mapping[str, frozenset[Label]], code: str) -> frozenset[Label]:
    for length in range(min(len(code), 12), 0, -1):
        found = table.get(code[:length])
        if found is not None:
            return found
    return NO_LABELS


def _labels(values_: Iterable[str]) -> frozenset[Label]:
    return frozenset(map(Label, values_))


def _tables() -> dict[str, dict[str, frozenset[Label]]]:
    """Return 'system -> code or prefix in capitals -> labels' from the rows."""
    tables: dict[str, dict[str, frozenset[Label]]] = {}
    for row in sensitivity.ROWS:
        table = tables.setdefault(row.system, {})
        table.update(dict.fromkeys((prefix.upper() for prefix in row.prefixes), _labels(row.labels)))
    return tables


_TABLES: Final = _tables()
_FSIII_TABLE: Final = _TABLES[systems.FSIII]
_SKS_TABLE: Final = _TABLES[systems.SKS_DIAGNOSIS] | _TABLES[systems.SKS]
