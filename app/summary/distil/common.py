"""What every distilling function needs: the call that makes a line, and short forms of common phrases."""

from typing import Any

from app.summary import catalogue, elements, times
from app.summary.catalogue import WORDS
from app.summary.elements import JSON, first_date, node, nodes, number, string
from app.summary.markup import bold, joined, labelled, safe
from app.summary.model import LINE_VERSION, Line
from schemas.terminology import fsiii, systems

SHORT_SYSTEMS = {
    systems.ICPC2: "ICPC-2",
    systems.SKS_DIAGNOSIS: "SKS",
    systems.SKS: "SKS",
    systems.FSIII: "FSIII",
    systems.SNOMED: "SNOMED CT",
    systems.ICD10: "ICD-10",
    systems.ATC: "ATC",
    systems.NPU: "NPU",
    systems.LOINC: "LOINC",
}
"""Code systems as clinicians name them; also the first half of a group code."""


def make(kind: int, resource: JSON, html: str, *dates: str, **more: Any) -> Line:
    """Make a line; `dates` are the elements that say *as of*, best first. A line never lacks words."""
    told = first_date(resource, *dates)
    known = times.span(told)
    shown = html or f"<b>{safe(resource_name(resource))}</b>"
    as_of = known[0] if known else 0
    text = f"{catalogue.AS_OF.da} {times.text_of(told)}" if known else catalogue.AS_OF_UNKNOWN.da
    return Line(LINE_VERSION, kind, shown, as_of, text, **more)


def resource_name(resource: JSON) -> str:
    """Return the type, for a resource that says nothing about itself."""
    return string(resource.get("resourceType")) or catalogue.NOT_STATED.da


def word(code: str) -> str:
    """Return the Danish word for a FHIR code, escaped; the code itself where we have none, nothing for `active`."""
    return "" if code in ("", "active", "confirmed", "final") else safe(WORDS.get(code, code))


def called(concept: object) -> str:
    """Return a concept in words, bold."""
    return bold(elements.words(concept))


def group_codes(concept: object) -> tuple[str, ...]:
    """Return the codes of a concept as 'SKS|DE11', FSIII in its legacy form."""
    found: dict[str, None] = {}
    for system, code, _ in elements.codings(concept):
        short = SHORT_SYSTEMS.get(system)
        if short and code:
            known = (fsiii.legacy_of(code) or code) if system == systems.FSIII else code
            found[f"{short}|{known}"] = None
    return tuple(found)


def codes_text(codes: tuple[str, ...]) -> str:
    """Write group codes for a reader: `(SKS DE11, ICPC-2 T90)`."""
    shown = ", ".join(safe(code.replace("|", " ", 1)) for code in codes)
    return f" ({shown})" if shown else ""


def notes(resource: JSON) -> str:
    """Return the annotations, escaped."""
    return joined(*(safe(string(each.get("text"))) for each in nodes(resource.get("note"))), by="; ")


def author(resource: JSON, *elements_: str) -> str:
    """Return who said it: the first named party of these elements."""
    inside = elements.contained_of(resource)
    for name in elements_:
        for each in nodes(resource.get(name)):
            actor = each.get("actor") or each.get("individual")
            if shown := elements.name_of(actor if isinstance(actor, dict) else each, inside):
                return labelled(catalogue.AUTHOR.da, safe(shown))
    return ""


def quantity_text(value: object) -> str:
    """Write a Quantity with the digits that were sent and its unit."""
    known = node(value)
    raw = known.get("value")
    if number(raw) is None:
        return ""
    unit = string(known.get("unit")) or string(known.get("code"))
    sign = safe(string(known.get("comparator")))
    digits = str(raw).replace(".", ",") if "e" not in str(raw).lower() else str(number(raw))
    return f"{sign}{safe(digits)}{' ' + safe(unit) if unit not in ('', '1', '{score}') else ''}"


def range_words(value: object) -> str:
    """Write a Range, the unit once."""
    known = node(value)
    low, high = quantity_text(known.get("low")), quantity_text(known.get("high"))
    unit = low.partition(" ")[2]
    if low and high and unit and unit == high.partition(" ")[2]:
        low = low.partition(" ")[0]
    return f"{low}\N{EN DASH}{high}" if low and high else (f"≥ {low}" if low else f"≤ {high}" if high else "")
