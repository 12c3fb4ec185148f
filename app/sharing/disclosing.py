"""A holder discloses (Danish: videregiver, Sundhedsloven §§ 41, 43 and 45): named records, or those of a kind.

The engine decides DISCLOSE for the recipient; exactly the versions that it covers are put into the recipient's inbox,
the citizen is told, and all of it is decided again when the recipient opens it (app/sharing/received.py).
"""

from dataclasses import dataclass

import msgspec

from app import audit, gate, records
from app.context import Call, Service
from app.errors import AccessRefusedError, ContentionError, InvalidContentError, StaleError
from app.gate import Access
from app.runtime import from_us, random_id
from app.sharing.doors import TO_THE_CITIZEN
from app.sharing.numbers import citizen_named
from app.sharing.received import inbox_of
from app.store import directory, disclosures, outbox, resources, versions
from app.store.database import Snapshot
from app.store.directory import Directory
from app.store.disclosures import Disclosure
from app.store.job import Job
from app.store.outbox import Notice
from app.store.resources import Stored
from consent.explain import guidance
from consent.model import CitizenKey, OrganisationKey, PersonKey, Requester
from consent.policy import LONGEST_WAIT
from consent.vocabulary import Action, Category, Function
from schemas.fault import Fault
from schemas.homes import HOME_OF

DISCLOSED = "disclosed"
"""Topic of the notices to the recipient and to the citizen."""
MOST_RECORDS = 200
_ALL = frozenset(Category)
_TRIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be disclosed to whom: records ('Type/id') or kinds of them; staff in a unit, or a relative."""

    identifier: tuple[str, str]
    function: Function | None
    organisation: OrganisationKey | None
    person: PersonKey | None
    relative: tuple[str, str] | None
    records: tuple[str, ...]
    categories: frozenset[Category]


async def disclose_to(service: Service, call: Call, asked: Asked) -> bytes:
    """Disclose; returns Parameters with the id and how long it waits, and nothing of what was disclosed.

    Raises:
        AccessRefusedError: no basis, or one of the records, or all of a kind, is not covered or not there: the same.
        InvalidContentError: more records of a kind than go at once; a unit that the directory does not know.
    """
    for _ in range(_TRIES):
        async with service.database.snapshot() as snapshot:
            registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
            _check_unit(registry, asked.organisation)
            pid = await citizen_named(snapshot, call, asked.identifier)
            recipient = await _recipient(snapshot, call, asked)
            access = await gate.authorize(
                service,
                snapshot,
                call,
                pid=pid,
                action=Action.DISCLOSE,
                operation=audit.Operation.DISCLOSE,
                categories=asked.categories or _ALL,
                recipient=recipient,
            )
            shown = await _chosen(service, snapshot, access, asked)
        if not shown:
            await records.record_refused(service, call, pid=pid, operation=audit.Operation.DISCLOSE)
            function = access.permit.request.requester.function
            raise AccessRefusedError(guidance(function, min(call.caller.purposes), Action.DISCLOSE), recorded=True)
        made = Disclosure(
            pid=access.pid,
            id=random_id(),
            at_us=call.at_us,
            sender=access.permit.request.requester,
            recipient=recipient,
            purposes=access.permit.request.purposes,
            shown=tuple((stored.type_number, stored.n, stored.version) for stored in shown),
        )
        try:
            await service.database.commit(_job(call, access, made, shown, inbox_of(registry, recipient)))
        except StaleError:
            continue
        return _answer(made)
    raise ContentionError("others are writing about this citizen; try again")


def _check_unit(registry: Directory, unit: OrganisationKey | None) -> None:
    """Check that somebody can be there to open it: the directory is no secret."""
    if unit is not None and unit not in registry.organisations:
        text = "the directory does not know this unit"
        raise InvalidContentError(
            text, faults=(Fault("Parameters.parameter.where(name='organisation')", "not-found", text),)
        )


async def _recipient(snapshot: Snapshot, call: Call, asked: Asked) -> Requester:
    """Return who would get it as the directory knows her; a relative whom nobody knows is one with no right."""
    if asked.relative is not None:
        known = await citizen_named(snapshot, call, asked.relative)
        return Requester(function=Function.REPRESENTATIVE, citizen=None if known is None else CitizenKey(known))
    staff = None if asked.person is None else await directory.staff_of(snapshot, asked.person)
    return Requester(
        function=asked.function or Function.SYSTEM,
        organisation=asked.organisation,
        person=asked.person,
        profession=None if staff is None else staff.profession,
    )


async def _chosen(service: Service, snapshot: Snapshot, access: Access, asked: Asked) -> list[Stored]:
    """Return the current versions that are disclosed: all of the named records, or none."""
    if not asked.records:
        found = await resources.current(snapshot, access.permit, access.signatures)
        if len(found) > MOST_RECORDS:
            text = f"more than {MOST_RECORDS} records are not disclosed at once; name them"
            raise InvalidContentError(text, faults=(Fault("Parameters.parameter", "too-costly", text),))
        return gate.release(access.permit, found)
    named = []
    for record in asked.records:
        type_, _, id_ = record.partition("/")
        place, row = service.database.ids.decode(id_), HOME_OF.get(type_)
        if place is None or place[0] != access.pid or row is None:
            return []
        stored = await resources.read(snapshot, access.permit, access.signatures, type_number=row.number, n=place[1])
        if stored is None or stored.deleted:
            return []
        named.append(stored)
    return gate.release(access.permit, named)


def _job(call: Call, access: Access, made: Disclosure, shown: list[Stored], inbox: str) -> Job:
    record = records.entry(
        call,
        pid=made.pid,
        operation=audit.Operation.DISCLOSE,
        permit=access.permit,
        shown=shown,
        query=f"disclosure {made.id} to {_named(made.recipient)}",
    )
    notices = [
        Notice(pid=made.pid, id=id_, recipient=to, topic=DISCLOSED, focus=made.id, at_us=made.at_us)
        for id_, to in ((made.id, inbox), (random_id(), TO_THE_CITIZEN))
    ]
    return Job(
        pid=made.pid,
        base_change=access.change,
        audit=(record,),
        writes=(disclosures.put([made]), outbox.put(notices)),
    )


def _named(to: Requester | None) -> str:
    """Return the recipient as the record of the disclosure names it: a relative by what she is, never by number."""
    parts = [] if to is None else [to.function.value, to.organisation, to.person]
    return " ".join(part for part in parts if part)


def _answer(made: Disclosure) -> bytes:
    until = (from_us(made.at_us) + LONGEST_WAIT).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    parts = [{"name": "disclosure", "valueId": made.id}, {"name": "until", "valueInstant": until}]
    return msgspec.json.encode({"resourceType": "Parameters", "parameter": parts})
