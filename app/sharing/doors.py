"""The three doors for staff: treating now, consent now, emergency. A declaration is a fact that the citizen sees."""

from datetime import timedelta

import msgspec

from app import audit, gate
from app.context import Call, Service
from app.errors import AccessRefusedError, ContentionError, InvalidContentError, StaleError
from app.runtime import from_us, random_id
from app.store import citizens, declarations, outbox
from app.store.job import Job
from app.store.outbox import Notice
from consent.explain import guidance
from consent.model import Declaration, Period
from consent.policy import DOORS
from consent.vocabulary import Action, DeclarationKind
from schemas.fault import Fault

_TRIES = 8
_LONGEST_REASON = 2000
_MOST_A_DAY = 20


async def declare(
    service: Service, call: Call, *, kind: DeclarationKind, identifier: tuple[str, str], reason: str
) -> bytes:
    """Open a door for the caller and this citizen; the citizen is told. Returns Parameters with id and end.

    Raises:
        AccessRefusedError: not a door for this caller; the same for a citizen whom the service does not know.
        InvalidContentError: the reason is too long, or the same was declared too often today.
    """
    if len(reason) > _LONGEST_REASON:
        raise _fault("reason", "too-long", "the reason is too long")
    purposes = DOORS[kind].purposes & call.caller.purposes
    for _ in range(_TRIES):
        async with service.database.snapshot() as snapshot:
            pid = await citizens.find_pid(snapshot, *identifier, at_us=call.at_us)
            access = await gate.authorize(
                service,
                snapshot,
                call,
                pid=pid,
                action=Action.DECLARE,
                operation=audit.Operation.DECLARE,
                view=kind.value,
            )
            requester = access.permit.request.requester
            # The same answer for a citizen whom the service does not know as for a door that is not the caller's.
            if pid is None or not purposes or requester.person is None or requester.organisation is None:
                await gate.record_refused(service, call, pid=pid, operation=audit.Operation.DECLARE, query=kind.value)
                raise AccessRefusedError(
                    guidance(requester.function, min(call.caller.purposes), Action.DECLARE), recorded=True
                )
            day = call.at_us - 24 * 3600 * 1_000_000
            if await declarations.count(snapshot, pid=pid, person=requester.person, since_us=day) >= _MOST_A_DAY:
                raise _fault("reason", "throttled", "this was declared too often today; the department must look at it")
        at = from_us(call.at_us)
        declaration = Declaration(
            kind=kind,
            person=requester.person,
            organisation=requester.organisation,
            purpose=min(purposes),
            period=Period(start=at, end=at + _longest(kind)),
            reason=reason,
        )
        id_ = random_id()
        told = Notice(pid=pid, id=id_, recipient="citizen", topic=f"declared-{kind.value}", focus="", at_us=call.at_us)
        review = Notice(
            pid=pid,
            id=f"review:{id_}",
            recipient=requester.organisation,
            topic=f"review-{kind.value}",
            focus="",
            at_us=call.at_us,
        )
        record = gate.entry(
            call,
            pid=pid,
            operation=audit.Operation.DECLARE,
            permit=access.permit,
            view=kind.value,
            query=f"declaration {id_}",
        )
        job = Job(
            pid=pid,
            base_change=access.change,
            audit=(record,),
            writes=(declarations.put(pid, id_, declaration), outbox.put([told, review])),
        )
        try:
            await service.database.commit(job)
        except StaleError:
            continue
        return _answer(id_, declaration)
    raise ContentionError("others are writing about this citizen; try again")


def _longest(kind: DeclarationKind) -> timedelta:
    return DOORS[kind].longest


def _answer(id_: str, declaration: Declaration) -> bytes:
    until = declaration.period.end
    return msgspec.json.encode(
        {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "declaration", "valueId": id_},
                {"name": "kind", "valueCode": declaration.kind.value},
                {"name": "until", "valueInstant": "" if until is None else until.isoformat().replace("+00:00", "Z")},
            ],
        }
    )


def _fault(name: str, code: str, text: str) -> InvalidContentError:
    return InvalidContentError(text, faults=(Fault(f"Parameters.parameter.where(name='{name}')", code, text),))
