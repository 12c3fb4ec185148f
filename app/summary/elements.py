"""Read FHIR data types out of parsed JSON without ever failing: what is not as it should be is not there."""

from decimal import Decimal
from typing import Any

from app.summary import times
from schemas.terminology import systems

JSON = dict[str, Any]


def node(value: object) -> JSON:
    """Return `value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def nodes(value: object) -> list[JSON]:
    """Return the objects of an array; a lone object counts as an array of one."""
    if isinstance(value, dict):
        return [value]
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def string(value: object) -> str:
    """Return a non-blank string, else the empty one."""
    return value if isinstance(value, str) and not value.isspace() else ""


def number(value: object) -> float | None:
    """Return a finite JSON number."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        known = float(value)
    except (OverflowError, ValueError):
        return None
    return known if known - known == 0 else None


def codings(concept: object) -> list[tuple[str, str, str]]:
    """Return (canonical system, code, display) of a CodeableConcept, a Coding, or an array of either."""
    if not concept:
        return []
    found: list[tuple[str, str, str]] = []
    for each in nodes(concept):
        for coding in nodes(each["coding"]) if "coding" in each else (each,):
            system, code, display = coding.get("system"), coding.get("code"), coding.get("display")
            found.append((systems.canonical(string(system)), string(code), string(display) if display else ""))
    return found


def code_in(concept: object, system: str) -> str:
    """Return the first code of `system` in a concept."""
    for known, code, _ in codings(concept):
        if known == system and code:
            return code
    return ""


def has_code(concept: object, system: str, code: str) -> bool:
    """Tell whether a concept, or one of an array, holds the code."""
    for known, found, _ in codings(concept):  # noqa: SIM110  # asked often: a generator costs more than the question
        if known == system and found == code:
            return True
    return False


def words(concept: object) -> str:
    """Return a concept in words: its text, else a display, else a code."""
    listed = nodes(concept)
    for each in listed:
        if text := string(each.get("text")):
            return text
    named = ""
    for _, code, display in codings(listed):
        if display:
            return display
        named = named or code
    return named


def status(concept: object) -> str:
    """Return the first code of a concept, or a plain code."""
    return concept if isinstance(concept, str) else next((code for _, code, _ in codings(concept) if code), "")


def extension(resource: JSON, url: str) -> JSON:
    """Return the extension of that URL, or an empty object."""
    return next((each for each in nodes(resource.get("extension")) if each.get("url") == url), {})


def value_of(resource: JSON) -> tuple[str, object]:
    """Return name and content of a value[x]; names are lower case (`quantity`, `codeableconcept`)."""
    for name, found in resource.items():
        if name.startswith("value") and name != "value":
            return name[5:].lower(), found
    return "", None


def person_name(names: object) -> str:
    """Return a HumanName as one would say it: the official or first one."""
    listed = nodes(names)
    chosen = next((each for each in listed if each.get("use") in ("official", "usual")), listed[0] if listed else {})
    if text := string(chosen.get("text")):
        return text
    given = (
        [each for each in chosen.get("given") or () if isinstance(each, str)]
        if isinstance(chosen.get("given"), list)
        else []
    )
    return " ".join([*given, string(chosen.get("family"))]).strip()


def phone_of(points: object) -> str:
    """Return the first telephone number of ContactPoints."""
    return next((string(each.get("value")) for each in nodes(points) if each.get("system") in ("phone", "sms")), "")


def reference(value: object) -> str:
    """Return the reference of a Reference."""
    return string(node(value).get("reference"))


def references(value: object) -> tuple[str, ...]:
    """Return the references of an array of References."""
    return tuple(found for each in nodes(value) if (found := reference(each)))


def name_of(value: object, contained: JSON) -> str:
    """Return what a Reference is called: its display, or the name of what it points to inside the resource."""
    told = string(node(value).get("display"))
    if told:
        return told
    inside = node(contained.get(reference(value)))
    name = inside.get("name")
    return string(name) or person_name(name) or words(inside.get("code")) or string(inside.get("title"))


def contained_of(resource: JSON) -> JSON:
    """Return contained resources by '#id'."""
    return {f"#{each.get('id')}": each for each in nodes(resource.get("contained"))}


def period(value: object) -> tuple[int | None, int | None]:
    """Return first and last µs of a Period; open ends are `None`."""
    known = node(value)
    start, end = times.span(known.get("start")), times.span(known.get("end"))
    return (start[0] if start else None), (end[1] if end else None)


def first_date(resource: JSON, *paths: str) -> str:
    """Return the first of these elements (`effectivePeriod.end`) that holds a date."""
    for path in paths:
        head, _, tail = path.partition(".")
        found = resource.get(head)
        if tail:
            found = node(found).get(tail)
        if isinstance(found, str) and times.span(found):
            return found
    return ""
