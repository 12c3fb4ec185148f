"""The three doors for staff: treating now, consent now, emergency. A declaration is a fact that the citizen sees.

A citizen whom the service does not know is answered as one whom it does: the declaration is recorded, counted and
reviewed, and opens nothing (docs/adr/0018-doors-tell-nothing.md).
"""

from dataclasses import dataclass, replace

import msgspec

from app import audit, gate, records
from app.context import Call, Service
from app.errors import (
    AccessRefusedError,
    ContentionError,
    InvalidContentError,
    NotAuthenticatedError,
    StaleError,
    TooManyRequestsError,
)
from app.gate import Access
from app.identity import sessions
from app.identity.sessions import in_emergency
from app.runtime import from_us, random_id, to_us
from app.sharing.limits import subject_of, wait_of
from app.sharing.log import DECLARATION
from app.sharing.numbers import citizen_named
from app.store import attempts, bookkeeping, declarations, directory, outages, outbox, reviews, versions
from app.store.attempts import Opening
from app.store.controller import controller_of
from app.store.database import Snapshot
from app.store.job import AuditEntry, Job, Write
from app.store.outbox import Notice
from app.store.reviews import Review
from app.store.tables import NO_CITIZEN
from app.summary.catalogue import DECLARED_TOO_OFTEN
from consent.explain import guidance
from consent.model import Declaration, OrganisationKey, Period, PersonKey
from consent.policy import DOORS
from consent.vocabulary import Action, DeclarationKind, DoorReason, Function, Purpose
from schemas.fault import Fault

_TRIES = 8
_LONGEST_REASON = 2000
TO_THE_CITIZEN = "citizen"
"""Recipient of notices that the citizen reads herself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declarer:
    """Who declares, as the gate has let in."""

    person: PersonKey
    organisation: OrganisationKey
    function: Function
    controller: str
    purpose: Purpose


async def declare(
    service: Service,
    call: Call,
    *,
    kind: DeclarationKind,
    identifier: tuple[str, str],
    code: DoorReason | None,
    reason: str,
) -> bytes:
    """Open a door for the caller and this citizen; the citizen is told. Returns Parameters with id and end.

    Raises:
        AccessRefusedError: not a door for this caller, whoever the citizen is.
        TooManyRequestsError: doors were opened too often, whoever the citizen is.
        InvalidContentError: the reason is too long or none, or no reason for this door.
    """
    _check(kind, code, reason)
    login = call
    if kind is DeclarationKind.EMERGENCY:
        call = await _in_emergency(service, call)
    subject = subject_of(service.secret, identifier)
    for _ in range(_TRIES):
        async with service.database.snapshot() as snapshot:
            pid = await citizen_named(snapshot, call, identifier)
            access = await gate.authorize(
                service,
                snapshot,
                call,
                pid=pid,
                action=Action.DECLARE,
                operation=audit.Operation.DECLARE,
                view=kind.value,
            )
            declarer = await _declarer(snapshot, call, access, kind)
            if declarer is None:
                await records.record_refused(
                    service, call, pid=pid, operation=audit.Operation.DECLARE, query=kind.value
                )
                function = access.permit.request.requester.function
                raise AccessRefusedError(guidance(function, min(call.caller.purposes), Action.DECLARE), recorded=True)
            wait = await wait_of(
                snapshot,
                service.settings,
                kind=kind,
                person=declarer.person,
                controller=declarer.controller,
                client=call.caller.client,
                subject=subject,
                at_us=call.at_us,
            )
            if wait:
                said = f"{kind.value}: too often"
                await records.record_refused(
                    service, call, pid=pid, operation=audit.Operation.DECLARE, query=said, is_counted=False
                )
                raise TooManyRequestsError(DECLARED_TOO_OFTEN, retry_after=wait, recorded=True)
            number = await attempts.next_number(snapshot, declarer.person)
            namesake = await _is_namesake(snapshot, call, pid)
        id_ = random_id()
        declaration = _declaration(call, kind, declarer, reason, id_)
        opening = Opening(
            person=declarer.person,
            n=number,
            at_us=call.at_us,
            kind=kind.value,
            organisation=declarer.organisation,
            controller=declarer.controller,
            client=call.caller.client,
            subject=subject,
            pid=NO_CITIZEN if pid is None else pid,
            id=id_,
            is_namesake=namesake,
        )
        record = records.entry(
            call,
            pid=NO_CITIZEN if pid is None else pid,
            operation=audit.Operation.DECLARE,
            permit=access.permit,
            view=kind.value,
            query=f"{DECLARATION}{id_}",
        )
        writes = (*_review(opening, declarer, declaration, code), attempts.put(opening))
        try:
            await service.database.commit(_job(pid, access, declaration, code, record, writes))
        except StaleError:
            continue
        session = await _session(service, login, declaration) if kind is DeclarationKind.EMERGENCY else None
        return _answer(id_, declaration, session)
    raise ContentionError("others are writing about this citizen; try again")


async def _in_emergency(service: Service, call: Call) -> Call:
    """Let a login for treatment serve: nobody is sent to log in again for another purpose.

    Raises:
        AccessRefusedError: the client is not registered for emergencies.
    """
    caller = in_emergency(call.caller)
    if caller is call.caller:
        return call
    raised = replace(call, caller=caller)
    try:
        async with service.database.snapshot() as snapshot:
            await gate.identify(snapshot, call)
            try:
                await gate.identify(snapshot, raised)
            except NotAuthenticatedError:
                text = guidance(caller.requester.function, min(call.caller.purposes), Action.DECLARE)
                raise AccessRefusedError(text) from None
    except AccessRefusedError as error:
        await records.record_refused(service, call, pid=None, operation=audit.Operation.DECLARE, query="emergency")
        error.recorded = True
        raise
    return raised


async def _session(service: Service, call: Call, declaration: Declaration) -> tuple[str, int]:
    """Return the token of the session that reads under an emergency, and its end: that of the door or of the shift."""
    caller, settings = call.caller, service.settings
    end = declaration.period.end
    shift_us = caller.issued_us + settings.shift_hours * 3600 * 1_000_000
    until_us = min(call.at_us if end is None else to_us(end), max(shift_us, caller.expires_us))
    async with service.database.snapshot() as snapshot:
        down = await outages.running(snapshot, caller.issuer, at_us=call.at_us)
    token = sessions.seal(
        service.secret,
        caller,
        nonce=random_id().encode(),
        until_us=until_us,
        is_flagged=down is not None or caller.is_flagged,
    )
    return token, until_us


def _check(kind: DeclarationKind, code: DoorReason | None, reason: str) -> None:
    door = DOORS[kind]
    if len(reason) > _LONGEST_REASON:
        raise _fault("reason", "too-long", "the reason is too long")
    if code is None and door.needs_code:
        raise _fault("code", "required", f"say why with a code: {_listed(door.reasons)}")
    if code is not None and code not in door.reasons:
        raise _fault("code", "code-invalid", f"the codes for this door are {_listed(door.reasons)}")


def _listed(codes: frozenset[DoorReason]) -> str:
    return ", ".join(f"`{code.value}`" for code in DoorReason if code in codes)


async def _declarer(snapshot: Snapshot, call: Call, access: Access, kind: DeclarationKind) -> _Declarer | None:
    """Return who declares; None when the door is not one for this caller's purpose, or for nobody in person."""
    requester = access.permit.request.requester
    purposes = DOORS[kind].purposes & call.caller.purposes
    if not purposes or requester.person is None or requester.organisation is None:
        return None
    registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
    return _Declarer(
        person=requester.person,
        organisation=requester.organisation,
        function=requester.function,
        controller=controller_of(registry, requester.organisation),
        purpose=min(purposes),
    )


async def _is_namesake(snapshot: Snapshot, call: Call, pid: int | None) -> bool:
    """Tell whether the caller's family name is the citizen's: one of the patterns that an officer looks for."""
    words = call.caller.name.partition("(")[0].casefold().split()
    patients = await bookkeeping.patients(snapshot, NO_CITIZEN if pid is None else pid)
    families = [name.get("family", "") for *_, body in patients for name in msgspec.json.decode(body).get("name", ())]
    return bool(words) and any(family.casefold().split()[-1:] == words[-1:] for family in families)


def _declaration(call: Call, kind: DeclarationKind, who: _Declarer, reason: str, id_: str) -> Declaration:
    at = from_us(call.at_us)
    return Declaration(
        kind=kind,
        person=who.person,
        organisation=who.organisation,
        purpose=who.purpose,
        period=Period(start=at, end=at + DOORS[kind].longest),
        reason=reason,
        source=id_,
    )


def _review(opening: Opening, who: _Declarer, declaration: Declaration, code: DoorReason | None) -> tuple[Write, ...]:
    """Return the review that is owed: of an emergency at once, of a *treating now* when it is over unconfirmed."""
    if declaration.kind is DeclarationKind.CONSENT_NOW:
        return ()
    stop = opening.at_us if declaration.period.end is None else to_us(declaration.period.end)
    owed = Review(
        pid=opening.pid,
        id=opening.id,
        kind=opening.kind,
        person=opening.person,
        function=who.function.value,
        organisation=opening.organisation,
        controller=opening.controller,
        start=opening.at_us,
        stop=stop,
        code=None if code is None else code.value,
        reason=declaration.reason,
        due=opening.at_us if declaration.kind is DeclarationKind.EMERGENCY else stop,
    )
    return (reviews.put(owed),)


def _job(
    pid: int | None,
    access: Access,
    declaration: Declaration,
    code: DoorReason | None,
    record: AuditEntry,
    writes: tuple[Write, ...],
) -> Job:
    if pid is None:
        return Job(pid=NO_CITIZEN, audit=(record,), writes=writes)
    told = Notice(
        pid=pid,
        id=declaration.source,
        recipient=TO_THE_CITIZEN,
        topic=f"declared-{declaration.kind.value}",
        focus="",
        at_us=record.at_us,
    )
    declared = declarations.put(pid, declaration.source, declaration, code=None if code is None else code.value)
    return Job(pid=pid, base_change=access.change, audit=(record,), writes=(declared, outbox.put([told]), *writes))


def _answer(id_: str, declaration: Declaration, session: tuple[str, int] | None) -> bytes:
    until = declaration.period.end
    parts: list[dict[str, object]] = [
        {"name": "declaration", "valueId": id_},
        {"name": "kind", "valueCode": declaration.kind.value},
        {"name": "until", "valueInstant": "" if until is None else until.isoformat().replace("+00:00", "Z")},
    ]
    if session is not None:
        token, until_us = session
        ends = from_us(until_us).isoformat().replace("+00:00", "Z")
        parts.append(
            {
                "name": "session",
                "part": [{"name": "token", "valueString": token}, {"name": "expires", "valueInstant": ends}],
            }
        )
    return msgspec.json.encode({"resourceType": "Parameters", "parameter": parts})


def _fault(name: str, code: str, text: str) -> InvalidContentError:
    return InvalidContentError(text, faults=(Fault(f"Parameters.parameter.where(name='{name}')", code, text),))
