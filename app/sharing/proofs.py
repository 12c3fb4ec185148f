"""What a record proves beyond itself, as rows: who treats, who took part, who may act for the citizen, what was judged.

A record that proves nothing any more has no rows: a new version replaces those of the old one, a deletion removes them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from app.context import Call, Service
from app.runtime import random_id
from app.sharing import registers
from app.sharing.placed import Placed
from app.sharing.rewriting import local_of
from app.store import bookkeeping, citizens, outbox, relations
from app.store.database import Snapshot
from app.store.job import Write
from app.store.outbox import Notice
from app.translate.capacity import Judged, judgement_of, relative_in
from app.translate.classification import Classified
from app.translate.directives import actors_in, is_directive
from app.translate.participation import participations_of
from app.translate.relations import ANSWER_TAIL_US, answered_by, relations_of
from app.translate.representation import number_of, person_named, representations_of
from app.translate.source import Source
from app.translate.times import as_period
from consent.model import CitizenKey, PersonKey, Representation
from consent.vocabulary import Function, RelationKind, RepresentationKind
from schemas.fault import Fault
from schemas.homes import HOME_OF
from schemas.terminology.identifiers import CitizenNumber

People = Mapping[str, CitizenKey]
"""Who acts for a citizen by one record, by how the record names them: 'RelatedPerson/id', '#id', 'system|value'."""

_parse = msgspec.json.Decoder().decode


def withdrawn(reference: str) -> list[str]:
    """Return the resource ('Type/id') if its last version may have proved something; some types never do."""
    return [reference] if reference.partition("/")[0] in _PROVING else []


async def answered(
    service: Service, snapshot: Snapshot, placed: Sequence[Placed], *, pid: int, source: Source
) -> list[Write]:
    """Return the writes that end the referrals which these entries answer: the receiver's own, and never longer."""
    stated = frozenset[str]().union(*(answered_by(each.entry.resource) for each in placed if not each.is_kept))
    if not stated:
        return []
    base = service.settings.public_url
    referrals = frozenset(local_of(address, base_url=base) for address in stated)
    stop_us = source.received_us + ANSWER_TAIL_US
    ended = [
        one.id
        for one in await relations.of_sources(snapshot, pid, referrals)
        if one.kind == RelationKind.REFERRAL.value
        and source.is_within_controller(one.organisation)
        and (one.stop_us is None or one.stop_us > stop_us)
    ]
    return [relations.end(pid, ended, stop_us=stop_us)] if ended else []


def told_of(pid: int, reference: str, topic: str, *, at_us: int) -> Write:
    """Return the notice by which the citizen is told at once of what somebody else wrote about her rights."""
    return outbox.put([Notice(pid=pid, id=random_id(), recipient="citizen", topic=topic, focus=reference, at_us=at_us)])


def proven(
    pid: int, reference: str, resource: Mapping[str, Any], classified: Classified, *, source: Source, people: People
) -> tuple[list[Write], list[Fault]]:
    """Return the rows that a resource ('Type/id') stands behind now, and why it cannot count where it claims to."""
    if resource["resourceType"] not in _PROVING:
        return [], []
    writes: list[Write] = []
    treating = relations_of(resource, classified, source=source)
    if treating:
        rows = [(f"{reference}:{row.key}", row.relation(source=reference)) for row in treating]
        writes.append(relations.put(pid, rows))
    parts = participations_of(resource, classified.period_us, source=source)
    if parts:
        writes.append(relations.put_participations(pid, parts, source=reference))
    acting = [
        Representation(kind=row.kind, representative=people[_name(row.number)], period=as_period(row.held))
        for row in representations_of(resource, function=Function(source.function))
    ]
    judged = judgement_of(resource, source=source)
    faults = judged if isinstance(judged, list) else []
    if isinstance(judged, Judged):
        judgement = judged.judgement
        writes.append(relations.put_judgement(pid, judgement, person=PersonKey(source.author), source=reference))
        writes.append(told_of(pid, reference, f"judged-{judgement.kind.value}", at_us=source.received_us))
        relative = None if judged.relative is None else people.get(judged.relative.get("reference", ""))
        if relative is not None:
            kind = RepresentationKind.NEAREST_RELATIVE
            acting.append(Representation(kind=kind, representative=relative, period=judgement.period))
        elif judged.relative is not None:
            words = "the nearest relative is a RelatedPerson with a number, contained or kept here"
            faults = [Fault("ClinicalImpression.extension", "not-found", words)]
    if acting:
        rows_acting = [(f"{reference}:{one.kind.value}", one) for one in acting]
        writes.append(relations.put_representations(pid, rows_acting, source=reference))
    return writes, faults


async def people_named(
    service: Service, snapshot: Snapshot, call: Call, placed: Sequence[Placed], references: Mapping[str, str]
) -> Mapping[str, People]:
    """Return by record ('Type/id') the keys of who may act by it; whoever is not known becomes known.

    INVARIANT: known and unknown get the same answer, so that nobody learns who is known here.
    """
    submitted = {each.reference: each.entry.resource for each in placed if each.entry.type == "RelatedPerson"}
    found: dict[str, People] = {}
    for each in placed:
        resource = each.entry.resource
        if each.entry.method == "DELETE" or each.entry.type not in _NAMING:
            continue
        numbers = {
            _name(row.number): row.number
            for row in representations_of(resource, function=call.caller.requester.function)
        }
        for reference in _named_in(resource):
            name = reference.get("reference", "")
            number = person_named(reference, resource)
            if number is None:
                address = references.get(name, name)
                stored = submitted.get(address) or await _related_person(service, snapshot, each, address)
                name, number = address, None if stored is None else number_of(stored)
            if number is not None:
                numbers[name] = number
        if numbers:
            found[each.reference] = {
                name: await _key_of(service, snapshot, call, number) for name, number in sorted(numbers.items())
            }
    return found


def _named_in(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the references by which a consent or a judgement may name who acts for the citizen."""
    if resource["resourceType"] == "Consent":
        return [*actors_in(resource)] if is_directive(resource) else []
    relative = relative_in(resource)
    return [] if relative is None else [relative]


async def _key_of(service: Service, snapshot: Snapshot, call: Call, number: CitizenNumber) -> CitizenKey:
    known = await citizens.find_pid(snapshot, number.system, number.value, at_us=call.at_us)
    if known is not None:
        return CitizenKey(known)
    return await registers.admit(service, (number.system, number.value), at_us=call.at_us)


async def _related_person(
    service: Service, snapshot: Snapshot, placed: Placed, address: str
) -> Mapping[str, Any] | None:
    """Return a stored RelatedPerson of the citizen."""
    type_, _, id_ = local_of(address, base_url=service.settings.public_url).partition("/")
    own, place = service.database.ids.decode(placed.reference.partition("/")[2]), service.database.ids.decode(id_)
    if type_ != "RelatedPerson" or place is None or own is None or place[0] != own[0]:
        return None
    stored = await bookkeeping.body(snapshot, place[0], place[1], type_number=HOME_OF["RelatedPerson"].number)
    return None if stored is None else dict(_parse(stored))


def _name(number: CitizenNumber) -> str:
    return f"{number.system}|{number.value}"


_NAMING = frozenset({"RelatedPerson", "ClinicalImpression", "Consent"})
_PROVING = frozenset(
    {"Encounter", "Appointment", "ServiceRequest", "CarePlan"}
    | {"Procedure", "Composition", "DocumentReference", "ClinicalImpression", "RelatedPerson"}
)
"""Types that can prove anything beyond themselves; the tables of `app.translate` say what."""
