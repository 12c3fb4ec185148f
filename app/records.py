"""The records of accesses as they are committed before the answer leaves: who, why, by which rules, what was shown."""

from collections.abc import Iterable

from app import audit
from app.context import Call
from app.store.job import AuditEntry
from app.store.resources import Stored
from consent.model import Permit

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
