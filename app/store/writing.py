"""The statements of writing that both engines share; each engine adds how it takes many rows."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Executable, bindparam, case, insert, literal_column, select, update

from app.errors import InvalidContentError, OvergangError
from app.store.job import AuditEntry
from app.store.tables import audit_head, citizen, history, resource, state

_CREATED, _UPDATED, _DELETED = (literal_column(text, BigInteger) for text in "123")
_ONE = literal_column("1", BigInteger)

ADVANCE_CHANGE = (
    update(citizen)
    .values(change=citizen.c.change + _ONE)
    .where(citizen.c.pid == bindparam("old_pid"), citizen.c.change == bindparam("old_change"))
)
"""Hits one row exactly when nobody else has written about the citizen."""

ADVANCE_FACTS = ADVANCE_CHANGE.values(facts=citizen.c.change + _ONE)
"""The same for a job that touches what decisions rest on."""

TOUCH_FACTS = (
    update(citizen)
    .values(change=citizen.c.change + _ONE, facts=citizen.c.change + _ONE)
    .where(citizen.c.pid == bindparam("old_pid"))
)
"""For a job that does so without having read the citizen first: no decision may outlive it either."""

ADVANCE_HEAD = (
    update(audit_head)
    .values(seq=bindparam("new_seq"), hash=bindparam("new_hash"), at=bindparam("new_at"))
    .where(audit_head.c.writer == bindparam("writer"), audit_head.c.seq == bindparam("old_seq"))
)
"""Hits one row exactly when the chain ends where this process left it."""

FIND_HEAD = select(audit_head.c.seq, audit_head.c.hash).where(audit_head.c.writer == bindparam("writer"))


def archive_statement(place: ColumnElement[int]) -> Executable:
    """Return the statement that copies the current version at `place` to the history."""
    action = case((resource.c.deleted == _ONE, _DELETED), (resource.c.version == _ONE, _CREATED), else_=_UPDATED)
    source = select(
        *(action if column.name == "action" else resource.c[column.name] for column in history.columns)
    ).where(resource.c.place == place)
    return insert(history).from_select([column.name for column in history.columns], source)


def bump_statement(insert_of_dialect: Callable[..., Any], name: ColumnElement[str]) -> Executable:
    """Return the statement that raises the version of a shared fact."""
    statement = insert_of_dialect(state).values(name=name, version=_ONE)
    bumped: Executable = statement.on_conflict_do_update(
        index_elements=["name"], set_={"version": state.c.version + _ONE}
    )
    return bumped


def unstorable(entries: Iterable[AuditEntry]) -> OvergangError | None:
    """Find out, before the audit of a group is written together, whether these entries would spoil it."""
    for entry in entries:
        numbers = (entry.pid, entry.at_us, entry.kind)
        if not all(isinstance(number, int) and -(2**63) <= number < 2**63 for number in numbers):
            return InvalidContentError("a number of an audit entry is beyond 64 bits")
        if not isinstance(entry.body, bytes):
            return InvalidContentError("the body of an audit entry must be bytes")
    return None
