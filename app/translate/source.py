"""Where a submission comes from, and what the directory knows of whom it names: given by the caller."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from app.translate.elements import OBJECT, contained, objects, text, values
from consent.model import OrganisationKey, Organisations
from consent.vocabulary import Category, Label
from schemas.terminology import systems
from schemas.terminology.systems import canonical


class Actor(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A unit (SOR) and a person as the directory knows them; '' where there is none.

    `specialties` are 'system|code' of the unit, the person's role, and their functions (`systems.FUNCTION`).
    """

    organisation: str = ""
    person: str = ""
    specialties: frozenset[str] = frozenset()


NOBODY = Actor()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who submits. `controller` is the organisation of the token (Danish: dataansvarlig), a SOR id.

    `actors` answers references that the resource makes: 'Practitioner/id' (as the reference stands), or
    'system|value' for an identifier. `specialties` answers SOR ids. `author` is the person of the token, '' for a
    system.
    """

    controller: str
    received_us: int
    author: str = ""
    function: str = ""  # value of consent.Function in which the author acts
    on_behalf_of: str = ""  # whom the author assists
    organisations: Organisations = field(default_factory=Organisations)
    actors: Mapping[str, Actor] = field(default_factory=dict)
    specialties: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def is_within_controller(self, unit: str) -> bool:
        """Tell whether a unit is the controller or lies below it."""
        return self.organisations.is_within(OrganisationKey(unit), OrganisationKey(self.controller))


class Inherited(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a resource takes over from what it derives from or is pointed to by."""

    labels: frozenset[Label] = frozenset()
    category: Category | None = None  # for a Binary: that of the document that points to it
    social_case: bool = False


NOTHING_INHERITED = Inherited()


def actor_of(reference: object, *, resource: Mapping[str, Any], source: Source) -> Actor:
    """Return whom a Reference names: as the directory knows it, by SOR or authorisation id, by a contained resource."""
    if not isinstance(reference, OBJECT):
        return NOBODY
    known = source.actors.get(text(reference.get("reference")))
    if known is not None:
        return known
    identified = _actor_by_identifiers(objects(reference.get("identifier")), source)
    if identified is not None:
        return identified
    inner = contained(resource).get(text(reference.get("reference")))
    return NOBODY if inner is None else _contained_actor(inner, resource=resource, source=source)


def _contained_actor(inner: Mapping[str, Any], *, resource: Mapping[str, Any], source: Source) -> Actor:
    own = _actor_by_identifiers(objects(inner.get("identifier")), source) or NOBODY
    if inner.get("resourceType") == "Organization":
        return msgspec.structs.replace(own, specialties=own.specialties | _stated(inner, "type.coding"))
    if inner.get("resourceType") != "PractitionerRole":
        return own
    # A contained role names its person and unit by reference, once more; roles do not nest, so this ends.
    parts = [
        _part(inner.get(element), resource=resource, source=source) for element in ("practitioner", "organization")
    ]
    return Actor(
        organisation=parts[1].organisation or own.organisation,
        person=parts[0].person or own.person,
        specialties=_stated(inner, "specialty.coding").union(own.specialties, *(part.specialties for part in parts)),
    )


def _part(reference: object, *, resource: Mapping[str, Any], source: Source) -> Actor:
    if not isinstance(reference, OBJECT):
        return NOBODY
    known = source.actors.get(text(reference.get("reference")))
    if known is not None:
        return known
    inner = contained(resource).get(text(reference.get("reference"))) or {}
    stated = objects(reference.get("identifier")) + objects(inner.get("identifier"))
    return _actor_by_identifiers(stated, source) or NOBODY


def _stated(inner: Mapping[str, Any], element: str) -> frozenset[str]:
    """Return the codings of an element as 'system|code'."""
    return frozenset(
        f"{canonical(text(code.get('system')))}|{text(code.get('code'))}"
        for code in values(inner, element)
        if isinstance(code, dict)
    )


def _actor_by_identifiers(identifiers: list[dict[str, Any]], source: Source) -> Actor | None:
    for identifier in identifiers:
        system, value = canonical(text(identifier.get("system"))), text(identifier.get("value"))
        if not value:
            continue
        known = source.actors.get(f"{system}|{value}")
        if known is not None:
            return known
        if system == systems.SOR:
            return Actor(organisation=value, specialties=source.specialties.get(value, frozenset()))
        if system in {systems.AUTHORISATION, systems.PERSON_KEY}:
            return Actor(person=value)
    return None
