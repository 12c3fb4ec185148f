"""Whom references name: practitioners and organisations, of this submission or of the directory, as actors."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from app.context import Service
from app.sharing.entries import Entry
from app.store import resources
from app.store.database import Snapshot
from app.store.tables import DIRECTORY
from app.translate.directives import Named
from app.translate.source import Actor
from consent.model import CitizenKey, OrganisationKey, PersonKey
from schemas.homes import HOME_OF
from schemas.terminology import systems

_READ = frozenset({"Practitioner", "PractitionerRole", "Organization"})
_parse = msgspec.json.Decoder().decode


async def actors_of(
    service: Service, snapshot: Snapshot, entries: Iterable[Entry], references: Mapping[str, str], named: Iterable[str]
) -> dict[str, Actor]:
    """Return an actor for every reference to a practitioner, role or organisation that can be read.

    Keys are 'Type/id' as references stand after they were resolved.
    """
    known: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        if entry.type in _READ:
            known[references.get(entry.full_url, entry.full_url)] = entry.resource
    wanted = {reference for reference in named if reference.split("/")[0] in _READ} - known.keys()
    for reference in sorted(wanted):
        type_, _, id_ = reference.partition("/")
        place = service.database.ids.decode(id_)
        if place is None or place[0] != DIRECTORY:
            continue
        stored = await resources.directory_read(snapshot, type_number=HOME_OF[type_].number, n=place[1])
        if stored is not None and not stored.deleted:
            known[reference] = _parse(stored.body)
    plain = {name: _actor(resource) for name, resource in known.items()}
    return {name: _with_parts(resource, plain[name], plain) for name, resource in known.items()}


def _actor(resource: Mapping[str, Any]) -> Actor:
    organisation = person = ""
    for identifier in resource.get("identifier", []):
        system, value = systems.canonical(identifier.get("system", "")), identifier.get("value", "")
        if system == systems.SOR:
            organisation = organisation or value
        elif system in {systems.AUTHORISATION, systems.PERSON_KEY}:
            person = person or value
    specialties = frozenset(
        f"{systems.canonical(coding.get('system', ''))}|{coding.get('code', '')}"
        for concept in resource.get("specialty", [])
        for coding in concept.get("coding", [])
    )
    return Actor(organisation=organisation, person=person, specialties=specialties)


def _with_parts(resource: Mapping[str, Any], own: Actor, plain: Mapping[str, Actor]) -> Actor:
    if resource["resourceType"] != "PractitionerRole":
        return own
    nobody = Actor()
    person = plain.get(resource.get("practitioner", {}).get("reference", ""), nobody)
    unit = plain.get(resource.get("organization", {}).get("reference", ""), nobody)
    return Actor(
        organisation=unit.organisation or own.organisation,
        person=person.person or own.person,
        specialties=own.specialties | person.specialties | unit.specialties,
    )


def named_by(
    reference: Mapping[str, Any], actors: Mapping[str, Actor], people: Mapping[str, CitizenKey]
) -> Named | None:
    """Return whom a consent's reference names: by SOR or authorisation identifier, or by what is known.

    `people` are the related persons whom the consent names, by how it names them.
    """
    acting = people.get(reference.get("reference", ""))
    if acting is not None:
        return Named(citizens=frozenset({acting}))
    known = actors.get(reference.get("reference", ""))
    if known is None:
        identifier = reference.get("identifier") or {}
        known = _actor({"identifier": [identifier]})
    if not (known.organisation or known.person):
        return None
    return Named(
        persons=frozenset({PersonKey(known.person)} if known.person else ()),
        organisations=frozenset({OrganisationKey(known.organisation)} if known.organisation else ()),
    )
