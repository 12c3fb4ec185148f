"""What an operator does to the service stands in the audit too: who, when, which command; no citizen is named."""

from app import audit
from app.store.job import AuditEntry
from app.store.tables import NO_CITIZEN
from consent import POLICY_VERSION
from consent.vocabulary import Function

CLIENT = "overgang"
"""The command line, as the client of a record."""


def operator_entry(*, by: str, at_us: int, request_id: str, command: str, rules: tuple[str, ...] = ()) -> AuditEntry:
    """Return the record of a command; `command` says what was done in words, without data about anybody."""
    record = audit.Record(
        operation=int(audit.Operation.OPERATE),
        outcome=0,
        person=by,
        name=by,
        function=Function.ADMINISTRATOR.value,
        organisation="",
        on_behalf_of="",
        client=CLIENT,
        purposes=[],
        request_id=request_id,
        token_id="",
        categories=[],
        rules=sorted(rules),
        policy=POLICY_VERSION,
        query=command,
    )
    return AuditEntry(pid=NO_CITIZEN, at_us=at_us, kind=int(audit.Operation.OPERATE), body=audit.encode(record))
