"""The records of accesses and refusals, committed before the answer leaves: who, why, by what, what was shown."""

from collections.abc import Iterable

from app import audit
from app.context import Call, Service
from app.runtime import random_id
from app.store import attempts
from app.store.job import AuditEntry, Job, Write
from app.store.resources import Stored
from app.store.tables import NO_CITIZEN
from consent import POLICY_VERSION
from consent.model import Denial, Permit

LOGIN_PROVIDER_DOWN = "login-provider-down"
"""Flag of records that rest on a login of the shift, since nobody could log in anew."""
REFUSED = 8
"""AuditEvent.outcome: serious failure."""


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
    record = record_of(
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
    return entry_of(call, record, pid=pid)


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
    record = record_of(
        call,
        operation=operation,
        outcome=REFUSED if is_refused else 0,
        rules=sorted(rules),
        policy=policy,
        query=query,
        view="",
        shown=list(flat),
        categories=sorted(categories),
    )
    return entry_of(call, record, pid=pid)


def entry_of(call: Call, record: audit.Record, *, pid: int) -> AuditEntry:
    """Return the record as the writer takes it."""
    return AuditEntry(
        pid=pid,
        at_us=call.at_us,
        kind=record.operation,
        body=audit.encode(record),
        organisation=record.organisation,
    )


def record_of(
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
    """Return what is known of the call with what came of it."""
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
    record = record_of(
        call,
        operation=operation,
        outcome=REFUSED,
        rules=["D0"],
        policy=POLICY_VERSION,
        query=query,
        view="",
        shown=[],
        categories=[],
    )
    await _commit_refusal(service, call, record, pid=pid, writes=_counted(call) if is_counted else ())


async def record_denied(
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
    """Record a refusal of the engine, with what holds the caller back from now on."""
    record = record_of(
        call,
        operation=operation,
        outcome=REFUSED,
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
    return (attempts.refuse(counted_for(call), at_us=call.at_us, id=random_id(), organisation=organisation),)


async def _commit_refusal(
    service: Service, call: Call, record: audit.Record, *, pid: int | None, writes: tuple[Write, ...]
) -> None:
    # INVARIANT: a citizen who is known and one who is not cost the same writes.
    about = NO_CITIZEN if pid is None else pid
    await service.database.commit(Job(pid=about, writes=writes, audit=(entry_of(call, record, pid=about),)))


def counted_for(call: Call) -> str:
    """Return whom refusals are counted for: a person, or a system alone."""
    return call.caller.requester.person or call.caller.client
