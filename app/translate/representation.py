"""By which right a related person may act for the citizen, believed only from a register feed.

A RelatedPerson from anybody else is a name to call, never a right. Codes: ours (`systems.REPRESENTATION`), HL7 v3
RoleCode, and the Danish core guide's relatedperson-relationshipcodes (PARAUTH parental authority, PRICARE primary
carer, PROCON contact person).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.translate.elements import codings_at, contained, objects, text
from app.translate.times import OPEN_END, OPEN_START, Bounds, period
from consent.vocabulary import Function, RepresentationKind
from schemas.terminology import systems
from schemas.terminology.identifiers import CitizenNumber, citizen_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Represented:
    """A row of the representation table before its person is looked up: who may act, by which right, when."""

    kind: RepresentationKind
    number: CitizenNumber = field(repr=False)
    held: Bounds


def person_named(reference: Mapping[str, Any], resource: Mapping[str, Any]) -> CitizenNumber | None:
    """Return the number of a contained RelatedPerson to whom a reference of the resource points."""
    inner = contained(resource).get(text(reference.get("reference")))
    return None if inner is None or inner.get("resourceType") != "RelatedPerson" else number_of(inner)


def number_of(person: Mapping[str, Any]) -> CitizenNumber | None:
    """Return the first citizen's number of a RelatedPerson."""
    numbers = (citizen_number(one.get("system"), one.get("value")) for one in objects(person.get("identifier")))
    return next((number for number in numbers if number is not None), None)


def representations_of(resource: Mapping[str, Any], *, function: Function) -> tuple[Represented, ...]:
    """Return the rights that a RelatedPerson proves: none unless a register wrote it, none while it is not active.

    `function` is the caller's. Total on any JSON object.
    """
    if function is not Function.REGISTER or resource.get("resourceType") != "RelatedPerson":
        return ()
    number = number_of(resource)
    if number is None or resource.get("active") is False:
        return ()
    held = period(resource.get("period")) or (OPEN_START, OPEN_END)
    kinds = {_KINDS.get(code.key) for code in codings_at(resource, "relationship")} - {None}
    if RepresentationKind.FINANCIAL_GUARDIAN in kinds:
        kinds -= {RepresentationKind.GUARDIAN}  # HL7's guardian does not say of what; ours does
    return tuple(Represented(kind=kind, number=number, held=held) for kind in RepresentationKind if kind in kinds)


_KINDS: Final[dict[str, RepresentationKind]] = {
    f"{systems.RELATIONSHIP_DK}|PARAUTH": RepresentationKind.CUSTODY,
    f"{systems.ROLE_CODE}|GUARD": RepresentationKind.GUARDIAN,
    f"{systems.ROLE_CODE}|HPOWATT": RepresentationKind.FUTURE_POWER,
    f"{systems.ROLE_CODE}|DPOWATT": RepresentationKind.FUTURE_POWER,
    **{
        f"{systems.REPRESENTATION}|{kind.value}": kind
        for kind in RepresentationKind
        if kind is not RepresentationKind.NEAREST_RELATIVE
    },
}
"""Relationship -> right. PRICARE and PROCON care and are called; they decide nothing. A parent (MTH, FTH, PRN) without
PARAUTH has no custody by this; a guardian for one lawsuit (GUADLTM) has no right here; who is the nearest relative no
register knows, a judgement of capacity says it. A financial guardian is one under our code only."""
