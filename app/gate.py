"""The only door to data about a citizen: `authorize` before reading, `release` before sending. There is no third way.

The versions of everything that a decision rests on are re-read on the snapshot of every request; while they are the
same, it stands (app/decisions.py, docs/adr/0030-decisions-by-version-of-facts.md).
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app import audit, reclassification, records
from app.context import Call, Service
from app.decisions import Decision
from app.errors import AccessRefusedError, NotAuthenticatedError, TooManyRequestsError
from app.runtime import from_us, to_us
from app.store import (
    attempts,
    citizens,
    clients,
    directory,
    facts,
    outages,
    pointers,
    signatures,
    terminology,
    versions,
)
from app.store.controller import controller_of
from app.store.database import Snapshot
from app.store.job import Write
from app.store.resources import Stored
from app.store.signatures import SignatureRow
from app.store.versions import Shared
from app.summary.catalogue import REFUSED_TOO_OFTEN
from app.translate.classification import current_version
from app.unnaming import unnaming
from consent import covers, decide, disclose, guidance, without
from consent.model import NOBODY, AccessRequest, CitizenKey, Denial, OrganisationKey, Permit, Requester
from consent.policy import EMERGENCIES, READING
from consent.vocabulary import Action, Category
from schemas.terminology import fsiii

_log = logging.getLogger("overgang.gate")
ALL_CATEGORIES = frozenset(Category)
_REMEMBERED = 4096
_NOT_ADMITTED = "the token or its client is revoked, not registered, or used beyond its registration"
_HOUR_US = 3600 * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """An authorised access: the permit, and what was read to give it."""

    permit: Permit
    pid: int
    change: int
    versions: tuple[int, ...]
    signatures: tuple[SignatureRow, ...]
    keys: dict[str, bytes]
    patients: set[int]


async def identify(snapshot: Snapshot, call: Call) -> tuple[Requester, tuple[int, ...]]:
    """Return the requester as the directory knows it, and the versions of the shared facts.

    A client's registration is a ceiling; a revoked token or client is nobody. Both are re-read at every request. From
    here on the imported codes of the database's version are in use.

    Raises:
        NotAuthenticatedError: revoked, not registered, or beyond its registration.
    """
    shared = await versions.load(snapshot)
    return await recognise(snapshot, call, shared), shared.key


async def recognise(snapshot: Snapshot, call: Call, shared: Shared) -> Requester:
    """Return the requester; `shared` was read on the same snapshot. See `identify`."""
    caller = call.caller
    if caller.is_late:
        down = await outages.running(snapshot, caller.issuer, at_us=call.at_us)
        # Only a session that lived when its issuer went down goes on.
        if down is None or caller.expires_us < down.start:
            raise NotAuthenticatedError("the bearer token cannot be believed")
    fsiii.use(await terminology.load(snapshot, shared.terminology))
    registry = await clients.load(snapshot, shared)
    requester = registry.recognised.get(caller.digest)
    if requester is None:
        requester = await _admitted(snapshot, call, shared, registry)
        if len(registry.recognised) >= _REMEMBERED:
            del registry.recognised[next(iter(registry.recognised))]
        registry.recognised[caller.digest] = requester
    elif registry.is_revoked(requester.client, token_id=caller.token_id, at_us=call.at_us):
        raise NotAuthenticatedError(_NOT_ADMITTED)
    if caller.citizen_identifier is not None:
        system, value = caller.citizen_identifier
        own = await citizens.find_pid(snapshot, system, value, at_us=call.at_us)
        requester = replace(requester, citizen=CitizenKey(own) if own is not None else None)
    return requester


async def _admitted(snapshot: Snapshot, call: Call, shared: Shared, registry: clients.Registry) -> Requester:
    """Return the requester of the token with the controller above its organisation."""
    caller = call.caller
    requester = caller.requester
    if not registry.admits(requester, caller.purposes, token_id=caller.token_id, at_us=call.at_us):
        raise NotAuthenticatedError(_NOT_ADMITTED)
    if requester.organisation is not None:
        known = await directory.load(snapshot, shared.directory)
        controller = OrganisationKey(controller_of(known, requester.organisation))
        requester = replace(requester, controller=controller)
    return requester


async def check_writable(snapshot: Snapshot, call: Call, types: Iterable[str]) -> None:
    """Check that the client's registration lets it write these types of resource.

    Raises:
        AccessRefusedError: it does not.
    """
    registry = await clients.load(snapshot, await versions.load(snapshot))
    if not all(registry.may_write(call.caller.client, type_) for type_ in types):
        raise AccessRefusedError(guidance(call.caller.requester.function, min(call.caller.purposes), Action.SUBMIT))


async def authorize(
    service: Service,
    snapshot: Snapshot,
    call: Call,
    *,
    pid: int | None,
    action: Action,
    operation: audit.Operation,
    categories: frozenset[Category] = ALL_CATEGORIES,
    query: str = "",
    view: str = "",
    recipient: Requester | None = None,
) -> Access:
    """Return an access, or record the refusal and raise.

    `pid` is None for a citizen whom the service does not know: the same facts are asked for, the same refusal follows.

    Raises:
        AccessRefusedError: the engine said no; recorded before it is raised.
        TooManyRequestsError: the engine has said no too often, whoever the citizen is; an emergency goes on.
        NotAuthenticatedError: see `identify`.
    """
    key_pid = NOBODY if pid is None else pid
    shared, (change, touched, classified) = await versions.load_with_counters(snapshot, key_pid)
    requester = await recognise(snapshot, call, shared)
    if shared.throttle and action in READING and call.caller.purposes.isdisjoint(EMERGENCIES):
        await _check_refusals(service, snapshot, call, shared.throttle, pid=pid, operation=operation)
    remembered_key = (key_pid, shared.key, call.caller.digest, requester.citizen, action, categories, recipient)
    made = service.decisions.find(remembered_key, facts=touched, change=change, at_us=call.at_us)
    if made is not None and made.change == change:
        return _access(key_pid, shared, made)
    if made is None:
        request = AccessRequest(
            requester=requester,
            citizen=CitizenKey(key_pid),
            purposes=call.caller.purposes,
            action=action,
            categories=categories,
            at=from_us(call.at_us),
            recipient=recipient,
        )
        known = await facts.load_at(
            snapshot,
            shared,
            pid=key_pid,
            requester=requester,
            at_us=call.at_us,
            recipient=recipient,
            version=(touched, change),
        )
        decided = decide(request, known.facts)
        if isinstance(decided, Denial):
            held_back = await _too_often_refused(service, snapshot, call) if action in READING else ()
            await records.record_denied(
                service, call, decided, pid=pid, operation=operation, query=query, view=view, held_back=held_back
            )
            purpose = min(call.caller.purposes)
            raise AccessRefusedError(guidance(requester.function, purpose, action), recorded=True)
        if (
            pid is not None
            and classified < current_version()
            and await reclassification.catch_up(service, snapshot, pid)
        ):
            return await authorize(
                service,
                snapshot,
                call,
                pid=pid,
                action=action,
                operation=operation,
                categories=categories,
                query=query,
                view=view,
                recipient=recipient,
            )
        until_us = None if decided.valid_until is None else to_us(decided.valid_until)
        since_us, rests_on_records = call.at_us, known.rests_on_records
    else:
        decided, since_us, until_us = made.decided, made.since_us, made.until_us
        rests_on_records = made.rests_on_records
    known_signatures = await signatures.load(snapshot, key_pid, change=change)
    made = Decision(
        decided=decided,
        facts=touched,
        since_us=since_us,
        until_us=until_us,
        rests_on_records=rests_on_records,
        permit=await narrowed(snapshot, decided, known_signatures, change=change) if action in READING else decided,
        signatures=known_signatures,
        change=change,
    )
    if recipient is None:  # whoever asks about many must not crowd out what others are answered from
        service.decisions.keep(remembered_key, made)
    return _access(key_pid, shared, made)


def _access(pid: int, shared: Shared, made: Decision) -> Access:
    return Access(
        permit=made.permit,
        pid=pid,
        change=made.change,
        versions=shared.key,
        signatures=made.signatures,
        keys=made.keys,
        patients=made.patients,
    )


async def _check_refusals(
    service: Service, snapshot: Snapshot, call: Call, version: int, *, pid: int | None, operation: audit.Operation
) -> None:
    until = await attempts.held_back_until(snapshot, records.counted_for(call), version=version)
    if until > call.at_us:
        await records.record_refused(service, call, pid=pid, operation=operation, query="throttled", is_counted=False)
        seconds = -(-(until - call.at_us) // 1_000_000)
        raise TooManyRequestsError(REFUSED_TOO_OFTEN, retry_after=seconds, recorded=True)


async def _too_often_refused(service: Service, snapshot: Snapshot, call: Call) -> tuple[Write, ...]:
    """Return what holds the caller back from now on, if this refusal is one too many."""
    most, since_us = service.settings.refusals_per_person, call.at_us - _HOUR_US
    before = await attempts.refusals(snapshot, records.counted_for(call), since_us=since_us, most=most)
    return attempts.hold_back(records.counted_for(call), until_us=call.at_us + _HOUR_US) if before + 1 >= most else ()


async def narrowed(
    snapshot: Snapshot, permit: Permit, known: tuple[SignatureRow, ...], *, change: int | None = None
) -> Permit:
    """Return the permit to read without the records that are about something which it withholds."""
    found = await pointers.pointing_at_withheld(snapshot, permit, known, change=change)
    return permit if found is None else without(permit, found.about_withheld, unnamed=found.unnamed)


def release(permit: Permit, candidates: Sequence[Stored]) -> list[Stored]:
    """Return what the permit covers of what SQL returned: all of it, or there is a defect and an alarm.

    What they say of withheld records, without being about them, is cut out (docs/adr/0025-named-in-passing.md).
    """
    kinds = {(stored.owner, stored.sig) for stored in candidates}
    released = list(candidates)
    if not all(covers(permit, owner.citizen, owner.signatures[sig]) for owner, sig in kinds):
        released = disclose(permit, [(stored.item, stored) for stored in candidates])
    if permit.unnamed:
        released = unnaming(released, permit.unnamed)
    if len(released) != len(candidates):
        _log.critical("alarm: SQL returned %d records that the permit does not cover", len(candidates) - len(released))
    return released
