"""By which right a related person may act for the citizen, believed only from a register feed.

A RelatedPerson from anybody else is a name to call, never a right. Codes: HL7 v3 RoleCode and the Danish core guide's
relatedperson-relationshipcodes (PARAUTH parental authority, PRICARE primary carer, PROCON contact person).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.translate.elements import codings_at, objects
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


def representations_of(resource: Mapping[str, Any], *, function: Function) -> tuple[Represented, ...]:
    """Return the rights that a RelatedPerson proves: none unless a register wrote it, none while it is not active.

    `function` is the caller's. Total on any JSON object.
    """
    if function is not Function.REGISTER or resource.get("resourceType") != "RelatedPerson":
        return ()
    number = next(
        (
            found
            for identifier in objects(resource.get("identifier"))
            if (found := citizen_number(identifier.get("system"), identifier.get("value"))) is not None
        ),
        None,
    )
    if number is None or resource.get("active") is False:
        return ()
    held = period(resource.get("period")) or (OPEN_START, OPEN_END)
    kinds = {_KINDS.get(code.key) for code in codings_at(resource, "relationship")} - {None}
    return tuple(Represented(kind=kind, number=number, held=held) for kind in RepresentationKind if kind in kinds)


_KINDS: Final[dict[str, RepresentationKind]] = {
    f"{systems.RELATIONSHIP_DK}|PARAUTH": RepresentationKind.CUSTODY,
    f"{systems.ROLE_CODE}|GUARD": RepresentationKind.GUARDIAN,
    f"{systems.ROLE_CODE}|GUADLTM": RepresentationKind.GUARDIAN,
    f"{systems.ROLE_CODE}|HPOWATT": RepresentationKind.FUTURE_POWER,
    f"{systems.ROLE_CODE}|DPOWATT": RepresentationKind.FUTURE_POWER,
}
"""Relationship -> right. PRICARE and PROCON care and are called; they decide nothing. A parent (MTH, FTH, PRN) without
PARAUTH has no custody by this; a financial guardian comes from the register under its own code only."""
