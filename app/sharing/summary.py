"""The shared picture of one citizen, composed for this reader, now (Danish: fælles patientoverblik).

What the reader may see is decided, read, released; only then it is composed. A composed document is kept in memory
under a key of everything that it rests on: the permitted signatures with their newest change, what is left to ask of
their records, the class of reader, view, policy, directory, composer. Its tag is of the versions shown. Hidden changes
move nothing: at most the document is composed again, and is the same.
"""

import hashlib
from array import array
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

from app import audit, gate, records
from app.context import Call, Service
from app.errors import AccessRefusedError, InvalidContentError, NotFoundError
from app.gate import Access
from app.runtime import from_us, to_us
from app.sharing.composition import COMPOSITION
from app.sharing.look_up import UNKNOWN_PID
from app.sharing.master import master_among
from app.sharing.numbers import citizen_named
from app.sharing.values import Made
from app.store import directory, resources, versions
from app.store.database import Snapshot
from app.store.job import Job
from app.store.tables import DIRECTORY
from app.summary.compose import compose
from app.summary.kept import Kept
from app.summary.lines import bare, origin_of, read, read_all
from app.summary.model import Row
from app.summary.sections import VIEW_OF_PROFILE, VIEWS
from consent.condition import ALWAYS, NEVER
from consent.disclosure import covers, residual
from consent.model import CitizenKey
from consent.policy import TREATING
from consent.vocabulary import Action
from schemas.fault import Fault
from schemas.homes import TYPE_NUMBER

_PATIENT = TYPE_NUMBER["Patient"]


async def summary(
    service: Service,
    call: Call,
    *,
    id: str | None,
    identifier: tuple[str, str] | None,
    profile: str | None,
    unchanged: Callable[[bytes], bool],
) -> Made:
    """Return an IPS document for this reader.

    `id` is a Patient's; an id that cannot be read is as one that is absent. `unchanged` tells whether the caller has
    the document of a tag already.

    Raises:
        InvalidContentError: an unknown profile.
        NotFoundError: at instance level, no basis or no such Patient.
        AccessRefusedError: at type level, the same for unknown, unrelated and withheld.
    """
    chosen = VIEWS["ips"] if profile is None else VIEW_OF_PROFILE.get(profile)
    if chosen is None:
        text = "the service composes no summary of this profile"
        path = "Parameters.parameter.where(name='profile')"
        raise InvalidContentError(text, faults=(Fault(path, "not-supported", text),))
    view = chosen.key
    async with service.database.snapshot() as snapshot:
        pid = await _citizen(service, snapshot, call, id, identifier)
        access = await _authorized(service, snapshot, call, pid=pid, view=view, by_id=id is not None)
        if id is not None:
            await _check_patient(service, snapshot, access, id)
        key = _key(service, call, access, view)
        kept = service.summaries.find(key, at_us=call.at_us)
        if kept is None:
            composed = await _composed(service, snapshot, call, access, view)
            kept = service.summaries.keep(key, composed, at_us=call.at_us)
    is_known = unchanged(kept.tag)
    operation = audit.Operation.UNCHANGED if is_known else audit.Operation.SUMMARY
    record = records.entry(
        call,
        pid=access.pid,
        operation=operation,
        permit=access.permit,
        flat=list(kept.shown),
        categories=kept.categories,
        view=view,
    )
    await service.database.commit(Job(pid=access.pid, audit=(record,)))
    return Made(None if is_known else kept.body, kept.tag)


async def _citizen(
    service: Service, snapshot: Snapshot, call: Call, id_: str | None, identifier: tuple[str, str] | None
) -> int | None:
    if identifier is not None:
        return await citizen_named(snapshot, call, identifier)
    place = service.database.ids.decode(id_ or "")
    return None if place is None or place[0] in {DIRECTORY, UNKNOWN_PID} else place[0]


async def _check_patient(service: Service, snapshot: Snapshot, access: Access, id_: str) -> None:
    """Check that an id is a Patient's that can be read; counter 0 names the citizen where no Patient can.

    What is found is remembered with the decision: like it, it rests on the citizen's counter of changes.
    """
    place = service.database.ids.decode(id_)
    n = 0 if place is None else place[1]
    if n == 0 or n in access.patients:
        return
    patient = await resources.read(snapshot, access.permit, access.signatures, type_number=_PATIENT, n=n)
    if patient is None or patient.deleted:
        raise NotFoundError("there is no such resource for you")
    access.patients.add(n)


async def _authorized(
    service: Service, snapshot: Snapshot, call: Call, *, pid: int | None, view: str, by_id: bool
) -> Access:
    try:
        return await gate.authorize(
            service, snapshot, call, pid=pid, action=Action.LOOK_UP, operation=audit.Operation.SUMMARY, view=view
        )
    except AccessRefusedError:
        if by_id:
            raise NotFoundError("there is no such resource for you") from None
        raise


def _key(service: Service, call: Call, access: Access, view: str) -> bytes:
    """Return the key of everything that the document rests on; it stays inside.

    It is remembered with the decision: the caller's function and the versions are part of the decision's own key.
    """
    known = access.keys.get(view)
    if known is not None:
        return known
    parts: list[tuple[object, ...]] = []
    for row in access.signatures:
        left = residual(access.permit, row.signature)
        if left is NEVER:
            continue
        parts.append((row.number, row.last_change, "" if left is ALWAYS else left))
    access.keys[view] = _digest(service, call, access, view, parts)
    return access.keys[view]


def _digest(service: Service, call: Call, access: Access, view: str, parts: Sequence[object]) -> bytes:
    """Return the digest of a document made of `parts`, for a reader of this class in this view, now."""
    rests_on = (
        access.pid,
        tuple(parts),
        view,
        call.caller.requester.function.value,
        access.permit.policy,
        access.versions,
        (service.settings.habitual_computing, service.settings.public_url),
        COMPOSITION,
    )
    return hashlib.blake2b(repr(rests_on).encode(), key=service.secret, digest_size=16).digest()


async def _composed(service: Service, snapshot: Snapshot, call: Call, access: Access, view: str) -> Kept:
    registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
    rows = await _rows(snapshot, access, registry.names)
    # INVARIANT: a change of what is hidden moves nothing: the tag is of the versions shown and what is left of them.
    shown = array("q", [number for row in rows for number in (row.n, row.revision, len(row.body))])
    key = _digest(service, call, access, view, [hashlib.blake2b(shown).digest()])
    patients = [row for row in rows if row.type_number == _PATIENT]
    answering = master_among(registry, patients)
    at = from_us(call.at_us)
    made = compose(
        view=view,
        patient=_bare_patient(service, access) if answering is None else answering,
        entries=rows,
        at=at,
        base_url=service.settings.public_url,
        organisation_phones=registry.phones,
        other_patients=[row.ref for row in patients if row is not answering],
        reader_can_emergency=call.caller.requester.function in TREATING,
        bundle_id=_bundle_id(service, key, call),
        computing=service.settings.habitual_computing or service.is_demo,
    )
    stored = sorted([row for row in made.records if row.n], key=attrgetter("n"))
    flat = tuple([number for row in stored for number in (row.type_number, row.n, row.revision)])
    origins = {id(row.origin): row.origin for row in stored}  # each signature once: an enum's value is slow to get
    categories = tuple(sorted({origin.signature.category.value for origin in origins.values()}))
    until_us = None if made.valid_until is None else to_us(made.valid_until)
    permit_until = access.permit.valid_until
    tag = hashlib.blake2b(key + repr(until_us).encode(), key=service.secret, digest_size=16).hexdigest()
    ends = [
        moment for moment in (until_us, None if permit_until is None else to_us(permit_until)) if moment is not None
    ]
    return Kept(made.body, f'W/"{tag}"'.encode(), min(ends, default=None), flat, categories)


async def _rows(snapshot: Snapshot, access: Access, names: Mapping[str, str]) -> list[Row]:
    """Return what the permit shows, as the summary takes it: whole from the lines where nothing is left to ask."""
    permit = access.permit
    origins = {row.number: origin_of(row.signature, names) for row in access.signatures}
    if not permit.unnamed:
        stored = await resources.current_lines(snapshot, permit, access.signatures)
        if stored is not None and all(
            covers(permit, CitizenKey(access.pid), origins[number].signature) for number in {one[0] for one in stored}
        ):
            rows = read_all(stored, origins)
            if rows is not None:
                return rows
    released = gate.release(permit, await resources.current(snapshot, permit, access.signatures))
    rows = read_all([(one.sig, one.line, one.body) for one in released], origins)
    if rows is None:
        rows = [row for one in released if (row := read(one, origins[one.sig])) is not None]
    return rows


def _bare_patient(service: Service, access: Access) -> Row:
    """Return a Patient that says nothing, for a reader who may not see master data; the summary must have one."""
    id_ = service.database.ids.encode(access.pid, 0)
    masked = '{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]}'
    body = f'{{"resourceType":"Patient","id":"{id_}","name":[{{"_family":{masked}}}],"_birthDate":{masked}}}'.encode()
    return bare(f"Patient/{id_}", body)


def _bundle_id(service: Service, key: bytes, call: Call) -> str:
    digest = hashlib.blake2b(key + str(call.at_us).encode(), key=service.secret, digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"
