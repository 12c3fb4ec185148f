"""What was disclosed, opened by who received it: decided anew each time, as DISCLOSE with the reader as recipient.

The holder's right is judged as of when she disclosed, the reader's and what the citizen has closed since as of now
(consent/rules/disclosure.py). Nothing here decides; the address on a disclosure only says whose inbox it lies in.
"""

from dataclasses import dataclass

from app import audit, gate, reclassification, records
from app.context import Call, Service
from app.errors import NotFoundError
from app.runtime import from_us
from app.store import directory, disclosures, facts, resources, signatures, versions
from app.store.controller import controller_of
from app.store.database import Snapshot
from app.store.directory import Directory
from app.store.disclosures import Disclosure
from app.store.job import Job
from app.store.resources import Stored
from consent import Permit, decide
from consent.model import AccessRequest, CitizenKey, OrganisationKey, Requester
from consent.vocabulary import Action, Category, Function

_ABSENT = "nothing was disclosed to you by this id"
_LONGEST_ID = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What of one disclosure its reader may see now; never nothing."""

    permit: Permit
    shown: list[Stored]


def inbox_of(registry: Directory, who: Requester) -> str:
    """Return where notices to somebody lie: with the organisation that answers for the unit, or with the citizen."""
    if who.function is Function.REPRESENTATIVE:
        return "" if who.citizen is None else f"citizen:{who.citizen}"
    return controller_of(registry, who.organisation or "")


async def opened(
    service: Service, snapshot: Snapshot, call: Call, reader: Requester, one: Disclosure, registry: Directory
) -> Opened | None:
    """Return what the reader may see of a disclosure now, None for nothing.

    Raises:
        UnavailableError: the records cannot be judged by the tables of now.
    """
    if not _is_addressed(one, reader, registry):
        return None
    request = AccessRequest(
        requester=one.sender,
        recipient=reader,
        citizen=CitizenKey(one.pid),
        purposes=one.purposes,
        action=Action.DISCLOSE,
        categories=frozenset(Category),
        at=from_us(call.at_us),
        sent=from_us(one.at_us),
    )
    # What has ended since may have been true when it was disclosed: everything that is known is asked for.
    known = await facts.load(snapshot, pid=one.pid, requester=one.sender, recipient=reader, at_us=0)
    decision = decide(request, known)
    if not isinstance(decision, Permit):
        return None
    if await reclassification.catch_up(service, snapshot, one.pid):
        return await opened(service, snapshot, call, reader, one, registry)
    rows = await signatures.load(snapshot, one.pid)
    permit = await gate.narrowed(snapshot, decision, rows)
    found = []
    for number, n, version in one.shown:
        now = await resources.read(snapshot, permit, rows, type_number=number, n=n)
        if now is None or now.deleted:  # what was taken back since is not handed on any more
            continue
        then = now
        if now.version != version:
            then_or_none = await resources.version(snapshot, permit, rows, type_number=number, n=n, version=version)
            if then_or_none is None:
                continue
            then = then_or_none
        found.append(then)
    shown = gate.release(permit, found)
    return Opened(permit=permit, shown=shown) if shown else None


def _is_addressed(one: Disclosure, reader: Requester, registry: Directory) -> bool:
    to = one.recipient
    if to is None:
        return True
    if to.function is Function.REPRESENTATIVE:
        return reader.function is Function.REPRESENTATIVE and to.citizen is not None and reader.citizen == to.citizen
    return (
        reader.function is to.function
        and reader.person is not None
        and to.person in {None, reader.person}
        and registry.tree.is_within(reader.organisation or OrganisationKey(""), to.organisation or OrganisationKey(""))
    )


async def received(service: Service, call: Call, *, patient: str, id: str) -> bytes:
    """Return the versions that were disclosed to the caller, as a collection; recorded before they leave.

    Raises:
        NotFoundError: there is no such disclosure, it is somebody else's, or nothing of it may be seen any more.
    """
    place = service.database.ids.decode(patient)
    async with service.database.snapshot() as snapshot:
        reader, _ = await gate.identify(snapshot, call)
        one = await disclosures.find(snapshot, place[0], id) if place is not None and len(id) <= _LONGEST_ID else None
        found = None
        if one is not None and not one.by_law:
            registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
            found = await opened(service, snapshot, call, reader, one, registry)
    if found is None or one is None:
        about = None if one is None else one.pid
        await records.record_refused(service, call, pid=about, operation=audit.Operation.RECEIVE, is_counted=False)
        raise NotFoundError(_ABSENT)
    record = records.entry(
        call,
        pid=one.pid,
        operation=audit.Operation.RECEIVE,
        permit=found.permit,
        shown=found.shown,
        query=f"disclosure {one.id}",
    )
    await service.database.commit(Job(pid=one.pid, audit=(record,)))
    base = service.settings.public_url
    entries = b",".join(
        b'{"fullUrl":"' + f"{base}/{stored.type}/{stored.id}".encode() + b'","resource":' + stored.body + b"}"
        for stored in found.shown
    )
    return b'{"resourceType":"Bundle","type":"collection","entry":[' + entries + b"]}"
