"""The profiles that the write gate holds content to: url -> the checks that run when `meta.profile` names it.

A profile that is not in `PROFILES` is kept and ignored. The rules of others are those that are cheap and certain; our
own are complete. Identifier rules hold for every Identifier with such a system, profile or not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from schemas.fault import Fault
from schemas.terminology import systems
from schemas.terminology.identifiers import FORMS, citizen_number

JSON = dict[str, Any]
Check = Callable[[JSON], Iterator[Fault]]


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile asks: of which resource types, and the checks, whose faults have paths below the resource."""

    url: str
    types: frozenset[str]
    checks: tuple[Check, ...]


def _items(value: Any) -> list[JSON]:
    return [item for item in value if type(item) is dict] if type(value) is list else []


def _object(value: Any) -> JSON:
    return value if type(value) is dict else {}


def _codings(concept: Any) -> Iterator[tuple[Any, Any]]:
    for coding in _items(_object(concept).get("coding")):
        yield coding.get("system"), coding.get("code")


def _required(*names: str) -> Check:
    """Make a check: the elements are there."""

    def check(resource: JSON) -> Iterator[Fault]:
        for name in names:
            if name not in resource and "_" + name not in resource:
                yield Fault("." + name, "required", "the profile requires this element")

    return check


def _codes(name: str, *allowed: str) -> Check:
    """Make a check: a code element has one of these values, if any."""

    def check(resource: JSON) -> Iterator[Fault]:
        if name in resource and resource[name] not in allowed:
            yield Fault("." + name, "code-invalid", "the profile allows " + ", ".join(f"`{code}`" for code in allowed))

    return check


def _coded(name: str, system: str, code: str | None = None) -> Check:
    """Make a check: a concept (or one of several) has a coding of this system, and of this code if one is named."""

    def check(resource: JSON) -> Iterator[Fault]:
        concepts = resource.get(name)
        listed = _items(concepts) if type(concepts) is list else [_object(concepts)]
        if not any(
            s == system and type(c) is str and code in (None, c) for concept in listed for s, c in _codings(concept)
        ):
            yield Fault(
                "." + name,
                "code-invalid",
                f"the profile requires a code from {system}" + (f": `{code}`" if code else ""),
            )

    return check


def _has_a_code(resource: JSON) -> Iterator[Fault]:
    if not any(type(system) is str and type(code) is str for system, code in _codings(resource.get("code"))):
        yield Fault(".code", "required", "the profile requires a coding with system and code")


def _quantities_have_units(resource: JSON) -> Iterator[Fault]:
    quantity = _object(resource.get("valueQuantity"))
    if "value" in quantity and "unit" not in quantity and "code" not in quantity:
        yield Fault(".value", "invariant", "a quantity needs a unit or a code (dk-core-observation-mandatory-units)")


# Habitual value (Danish: habituel værdi).

_VALUES: Final = (
    "valueQuantity",
    "valueRange",
    "valueCodeableConcept",
    "valueString",
    "valueInteger",
    "valueBoolean",
    "valueRatio",
)


def _has_a_window(resource: JSON) -> Iterator[Fault]:
    window = resource.get("effectivePeriod")
    if type(window) is not dict:
        yield Fault(
            ".effective",
            "required",
            "the profile requires `effectivePeriod`, the window that the value was habitual in",
        )
        return
    for end in ("start", "end"):
        if end not in window:
            yield Fault(f".effective.{end}", "required", "the window needs both ends")


def _has_a_level(resource: JSON) -> Iterator[Fault]:
    parts = [("", resource), *((f".component[{i}]", part) for i, part in enumerate(_items(resource.get("component"))))]
    if not any(key in part for _, part in parts for key in _VALUES):
        yield Fault(".value", "required", "the profile requires a value or a range, here or in a component")
    for place, part in parts:
        ends = [("valueQuantity", ".value", part.get("valueQuantity"))]
        ends += [("valueRange", f".value.{end}", _object(part.get("valueRange")).get(end)) for end in ("low", "high")]
        for _, below, quantity in ends:
            if type(quantity) is dict and "value" in quantity and not ("code" in quantity or "unit" in quantity):
                yield Fault(place + below, "required", "a quantity needs a unit")


def _declared_or_computed(resource: JSON) -> Iterator[Fault]:
    if "performer" not in resource and "method" not in resource:
        yield Fault(
            ".performer", "required", "the profile requires who declared the value, or the method that computed it"
        )


# Status note (Danish: statusrubrik).

_AUTHORS: Final = {
    "Observation": "performer",
    "Communication": "sender",
    "ClinicalImpression": "assessor",
    "Flag": "author",
}
_TIMES: Final = {
    "Observation": ("effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued"),
    "Communication": ("sent", "received"),
    "ClinicalImpression": ("date", "effectiveDateTime", "effectivePeriod"),
    "Flag": ("period",),
}


def _has_an_author(resource: JSON) -> Iterator[Fault]:
    name = _AUTHORS[resource["resourceType"]]
    if name not in resource:
        yield Fault("." + name, "required", "a status note requires its author")


def _has_a_time(resource: JSON) -> Iterator[Fault]:
    names = _TIMES[resource["resourceType"]]
    if not any(name in resource for name in names):
        place = "effective" if names[0].startswith("effective") else names[0]
        yield Fault("." + place, "required", "a status note requires the time that it was written")


def _expires(resource: JSON) -> Iterator[Fault]:
    stated = [
        each for each in _items(resource.get("extension")) if each.get("url") == systems.STATUS_NOTE_EXPIRY_EXTENSION
    ]
    ends = [_object(resource.get(name)).get("end") for name in ("effectivePeriod", "period")]
    if not stated and not any(ends):
        yield Fault(
            "",
            "required",
            f"a status note requires its expiry: the end of its period or {systems.STATUS_NOTE_EXPIRY_EXTENSION}",
        )
    for index, each in enumerate(_items(resource.get("extension"))):
        if (
            each.get("url") == systems.STATUS_NOTE_EXPIRY_EXTENSION
            and not {"valueDateTime", "valueDate", "valueInstant"} & each.keys()
        ):
            yield Fault(f".extension[{index}].value", "required", "the expiry is a date or a time")


def _says_something(resource: JSON) -> Iterator[Fault]:
    texts = [
        resource.get("valueString"),
        resource.get("summary"),
        resource.get("description"),
        _object(resource.get("code")).get("text"),
    ]
    parts = [*_items(resource.get("payload")), *_items(resource.get("component")), *_items(resource.get("note"))]
    if not parts and not any(type(text) is str and text.strip() for text in texts):
        yield Fault("", "required", "a status note requires words: a value, a payload, a summary or components")


# Admission context (Danish: indlæggelseskontekst): the document that the service composes.


def _is_a_summary_document(resource: JSON) -> Iterator[Fault]:
    if resource.get("type") != "document":
        yield Fault(".type", "code-invalid", "the profile requires a document")
        return
    entries = _items(resource.get("entry"))
    composition = _object(entries[0].get("resource")) if entries else {}
    if (systems.LOINC, "60591-5") not in list(_codings(composition.get("type"))):
        yield Fault(
            ".entry[0].resource.type", "code-invalid", "the profile requires the LOINC code `60591-5`, patient summary"
        )
    for name in ("subject", "section"):
        if name not in composition:
            yield Fault(f".entry[0].resource.{name}", "required", "the profile requires this element")
    for index, section in enumerate(_items(composition.get("section"))):
        for name in ("title", "code", "text"):
            if name not in section:
                yield Fault(
                    f".entry[0].resource.section[{index}].{name}",
                    "required",
                    "the profile requires this element in each section",
                )


def _at_most_one_number_a_system(resource: JSON) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, identifier in enumerate(_items(resource.get("identifier"))):
        system = identifier.get("system")
        if type(system) is str and system in FORMS:
            if system in seen:
                yield Fault(f".identifier[{index}]", "structure", "the profile allows one number of each kind")
            seen.add(system)


def _profile(url: str, types: str, *checks: Check) -> Profile:
    return Profile(url, frozenset(types.split()), checks)


_MEDCOM_PATIENT: Final = systems.MEDCOM + "core/StructureDefinition/medcom-core-patient"
_STATUS_NOTE_TYPES: Final = "Observation Communication ClinicalImpression Flag"

PROFILES: Final[dict[str, Profile]] = {
    profile.url: profile
    for profile in (
        _profile(
            systems.HABITUAL_VALUE_PROFILE,
            "Observation",
            _codes("status", "final", "amended", "corrected", "entered-in-error", "cancelled"),
            _required("subject"),
            _has_a_code,
            _has_a_window,
            _has_a_level,
            _declared_or_computed,
        ),
        _profile(
            systems.STATUS_NOTE_PROFILE,
            _STATUS_NOTE_TYPES,
            _required("subject"),
            _has_an_author,
            _has_a_time,
            _expires,
            _says_something,
        ),
        _profile(systems.ADMISSION_CONTEXT_PROFILE, "Bundle", _is_a_summary_document),
        _profile(systems.DK_CORE + "dk-core-patient", "Patient", _required("identifier"), _at_most_one_number_a_system),
        _profile(_MEDCOM_PATIENT, "Patient", _required("identifier", "name"), _at_most_one_number_a_system),
        _profile(systems.DK_CORE + "dk-core-observation", "Observation", _required("subject"), _quantities_have_units),
        _profile(
            systems.DK_CORE + "dk-core-basic-observation",
            "Observation",
            _required("subject"),
            _coded("category", systems.OBSERVATION_CATEGORY, "vital-signs"),
            _coded("code", systems.LOINC),
            _quantities_have_units,
        ),
        _profile(
            systems.MEDCOM + "homecareobservation/StructureDefinition/medcom-homecare-observation",
            "Observation",
            _required("subject"),
            _quantities_have_units,
        ),
    )
}


def profile_faults(resource: JSON, stated: Any) -> Iterator[Fault]:
    """Yield the faults against the profiles that `meta.profile` (`stated`) names, with paths below the resource."""
    for index, url in enumerate(stated if type(stated) is list else ()):
        profile = PROFILES.get(url.partition("|")[0]) if type(url) is str else None
        if profile is None:
            continue
        if resource.get("resourceType") not in profile.types:
            yield Fault(
                f".meta.profile[{index}]", "invalid", "this profile is for " + " or ".join(sorted(profile.types))
            )
            continue
        for check in profile.checks:
            yield from check(resource)


_NUMBER_WORDS: Final = {
    "cpr": "a CPR number is 10 digits without hyphen that begin with a day and a month",
    "x-ecpr": "an X-eCPR number is day, month, year, then 1 or 7, two capital letters and a digit",
    "d-ecpr": "a D-eCPR number is day, month, year, then 0, 5 or 6, two capital letters and a digit",
}


def identifier_fault(system: str, value: str) -> str | None:
    """Return what is wrong with the form of a number that names a citizen; `None` if nothing, or for other systems.

    Never repeats the number. There is no modulus 11 check: valid numbers fail it.
    """
    form = FORMS.get(system)
    if form is None:
        return None
    number = citizen_number(system, value)
    return None if number is not None and number.value == value else _NUMBER_WORDS[form.name]
