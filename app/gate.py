"""The only door to data about a citizen: `authorize` before reading, `release` before sending. There is no third way.

A decision is remembered only under a key that holds the versions of everything it rests on, and never beyond the next
moment at which a dated fact changes; those versions are re-read on the snapshot of every request (DESIGN § 3).
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app import audit, reclassification
from app.context import Call, Decision, Service
from app.errors import AccessRefusedError, NotAuthenticatedError, TooManyRequestsError, UnavailableError
from app.runtime import from_us, random_id, to_us
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
from app.store.job import AuditEntry, Job, Write
from app.store.resources import Stored
from app.store.signatures import SignatureRow
from app.store.tables import NO_CITIZEN
from app.store.versions import Shared
from app.summary.catalogue import REFUSED_TOO_OFTEN
from app.unnaming import unnaming
from consent import POLICY_VERSION, covers, decide, disclose, guidance, without
from consent.model import NOBODY, AccessRequest, CitizenKey, Denial, OrganisationKey, Permit, Requester
from consent.policy import EMERGENCIES, READING
from consent.vocabulary import Action, Category
from schemas.terminology import fsiii

_log = logging.getLogger("overgang.gate")
ALL_CATEGORIES = frozenset(Category)
_REMEMBERED = 4096
_NOT_ADMITTED = "the token or its client is revoked, not registered, or used beyond its registration"
_HOUR_US = 3600 * 1_000_000
LOGIN_PROVIDER_DOWN = "login-provider-down"
"""Flag of records that rest on a login of the shift, since nobody could log in anew."""
_REFUSED = 8
"""AuditEvent.outcome: serious failure."""


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
    shared, change = await versions.load_with_change(snapshot, key_pid)
    requester = await recognise(snapshot, call, shared)
    if shared.throttle and action is Action.LOOK_UP and call.caller.purposes.isdisjoint(EMERGENCIES):
        await _check_refusals(service, snapshot, call, shared.throttle, pid=pid, operation=operation)
    remembered_key = (key_pid, change, shared.key, call.caller.digest, requester.citizen, action, categories, recipient)
    made = _remembered(service, remembered_key, call)
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
        known = await facts.load(snapshot, pid=key_pid, requester=requester, at_us=call.at_us)
        decision = decide(request, known)
        if isinstance(decision, Denial):
            held_back = await _too_often_refused(service, snapshot, call) if action is Action.LOOK_UP else ()
            await _record_refusal(
                service, call, decision, pid=pid, operation=operation, query=query, view=view, held_back=held_back
            )
            purpose = min(call.caller.purposes)
            raise AccessRefusedError(guidance(requester.function, purpose, action), recorded=True)
        if pid is not None and await reclassification.is_due(snapshot, pid):
            # Only for who may look: how long a refusal takes tells nothing of whom the service knows.
            await reclassification.reclassify(service, pid)
            await snapshot.refresh()
            if await reclassification.is_due(snapshot, pid):
                raise UnavailableError("the records could not be classified anew")
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
        known_signatures = await signatures.load(snapshot, key_pid)
        permit = await narrowed(snapshot, decision, known_signatures) if action in READING else decision
        made = Decision(permit, known_signatures, call.at_us, _until(permit))
        if recipient is None:  # whoever asks about many must not crowd out what others are answered from
            _remember(service, remembered_key, made)
    return Access(
        permit=made.permit,
        pid=key_pid,
        change=change,
        versions=shared.key,
        signatures=made.signatures,
        keys=made.keys,
        patients=made.patients,
    )


async def _check_refusals(
    service: Service, snapshot: Snapshot, call: Call, version: int, *, pid: int | None, operation: audit.Operation
) -> None:
    until = await attempts.held_back_until(snapshot, _who(call), version=version)
    if until > call.at_us:
        await record_refused(service, call, pid=pid, operation=operation, query="throttled", is_counted=False)
        seconds = -(-(until - call.at_us) // 1_000_000)
        raise TooManyRequestsError(REFUSED_TOO_OFTEN, retry_after=seconds, recorded=True)


async def _too_often_refused(service: Service, snapshot: Snapshot, call: Call) -> tuple[Write, ...]:
    """Return what holds the caller back from now on, if this refusal is one too many."""
    most, since_us = service.settings.refusals_per_person, call.at_us - _HOUR_US
    before = await attempts.refusals(snapshot, _who(call), since_us=since_us, most=most)
    return attempts.hold_back(_who(call), until_us=call.at_us + _HOUR_US) if before + 1 >= most else ()


def _who(call: Call) -> str:
    """Return whom refusals are counted for: a person, or a system alone."""
    return call.caller.requester.person or call.caller.client


async def narrowed(snapshot: Snapshot, permit: Permit, known: tuple[SignatureRow, ...]) -> Permit:
    """Return the permit to read without the records that are about something which it withholds."""
    found = await pointers.pointing_at_withheld(snapshot, permit, known)
    return permit if found is None else without(permit, found.about_withheld, unnamed=found.unnamed)


def _remembered(service: Service, key: tuple[object, ...], call: Call) -> Decision | None:
    made = service.decisions.get(key)
    if made is None:
        return None
    # INVARIANT: a remembered decision holds from when it was made until the next dated fact changes.
    if call.at_us < made.since_us or (made.until_us is not None and call.at_us >= made.until_us):
        del service.decisions[key]
        return None
    service.decisions.move_to_end(key)
    return made


def _until(permit: Permit) -> int | None:
    return None if permit.valid_until is None else to_us(permit.valid_until)


def _remember(service: Service, key: tuple[object, ...], made: Decision) -> None:
    service.decisions[key] = made
    if len(service.decisions) > _REMEMBERED:
        service.decisions.popitem(last=False)


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


def entry(
    call: Call,
    *,
    pid: int,
    operation: audit.Operation,
    permit: Permit,
    shown: Iterable[Stored] = (),
    query: str = "",
    view: str = "",
    flat: list[int] | None = None,
    categories: Iterable[str] | None = None,
) -> AuditEntry:
    """Return the record of an access, to be committed before the answer leaves."""
    stored = list(shown)
    versions_shown = (
        flat if flat is not None else [number for one in stored for number in (one.type_number, one.n, one.version)]
    )
    seen = categories if categories is not None else {one.signature.category.value for one in stored}
    record = _record(
        call,
        operation=operation,
        outcome=0,
        rules=[reason.rule for reason in permit.reasons],
        policy=permit.policy,
        query=query,
        view=view,
        shown=versions_shown,
        categories=sorted(seen),
    )
    return _entry(call, record, pid=pid)


def plain_entry(
    call: Call,
    *,
    pid: int,
    operation: audit.Operation,
    policy: str,
    rules: Iterable[str] = (),
    query: str = "",
    categories: Iterable[str] = (),
    flat: Iterable[int] = (),
    is_refused: bool = False,
) -> AuditEntry:
    """Return the record of what rests on no permit of the engine: a notice that the law has delivered, a message."""
    record = _record(
        call,
        operation=operation,
        outcome=_REFUSED if is_refused else 0,
        rules=sorted(rules),
        policy=policy,
        query=query,
        view="",
        shown=list(flat),
        categories=sorted(categories),
    )
    return _entry(call, record, pid=pid)


async def record_refused(
    service: Service,
    call: Call,
    *,
    pid: int | None,
    operation: audit.Operation,
    query: str = "",
    is_counted: bool = True,
) -> None:
    """Record a refusal that the engine did not make: what would be written is not covered, or a limit was reached.

    One that a limit made is not counted against the next, or nobody would ever get below it.
    """
    record = _record(
        call,
        operation=operation,
        outcome=_REFUSED,
        rules=["D0"],
        policy=POLICY_VERSION,
        query=query,
        view="",
        shown=[],
        categories=[],
    )
    await _commit_refusal(service, call, record, pid=pid, writes=_counted(call) if is_counted else ())


async def _record_refusal(
    service: Service,
    call: Call,
    denial: Denial,
    *,
    pid: int | None,
    operation: audit.Operation,
    query: str,
    view: str,
    held_back: tuple[Write, ...],
) -> None:
    record = _record(
        call,
        operation=operation,
        outcome=_REFUSED,
        rules=[reason.rule for reason in denial.reasons],
        policy=denial.policy,
        query=query,
        view=view,
        shown=[],
        categories=[],
    )
    await _commit_refusal(service, call, record, pid=pid, writes=(*_counted(call), *held_back))


def _counted(call: Call) -> tuple[Write, ...]:
    organisation = call.caller.requester.organisation or ""
    return (attempts.refuse(_who(call), at_us=call.at_us, id=random_id(), organisation=organisation),)


async def _commit_refusal(
    service: Service, call: Call, record: audit.Record, *, pid: int | None, writes: tuple[Write, ...]
) -> None:
    # INVARIANT: a citizen who is known and one who is not cost the same writes.
    about = NO_CITIZEN if pid is None else pid
    await service.database.commit(Job(pid=about, writes=writes, audit=(_entry(call, record, pid=about),)))


def _entry(call: Call, record: audit.Record, *, pid: int) -> AuditEntry:
    return AuditEntry(
        pid=pid,
        at_us=call.at_us,
        kind=record.operation,
        body=audit.encode(record),
        organisation=record.organisation,
    )


def _record(
    call: Call,
    *,
    operation: audit.Operation,
    outcome: int,
    rules: list[str],
    policy: str,
    query: str,
    view: str,
    shown: list[int],
    categories: list[str],
) -> audit.Record:
    caller = call.caller
    return audit.Record(
        operation=int(operation),
        outcome=outcome,
        person=caller.requester.person or "",
        name=caller.name,
        function=caller.requester.function.value,
        organisation=caller.requester.organisation or "",
        on_behalf_of=caller.requester.on_behalf_of or "",
        client=caller.client,
        purposes=sorted(caller.purposes) if len(caller.purposes) > 1 else list(caller.purposes),
        request_id=call.request_id,
        token_id=caller.token_id,
        categories=categories,
        rules=rules,
        policy=policy,
        view=view,
        query=query,
        shown=shown,
        flags=[LOGIN_PROVIDER_DOWN] if caller.is_flagged or caller.is_late else [],
    )
