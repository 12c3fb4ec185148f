"""Whom a number names, for whom: official numbers lead to a citizen for everybody, local ones for who gave them alone.

A local number (a journal number, a case number) is a word of one organisation. Were it everybody's, any writer could
take another organisation's word for a citizen of its own choice, and draw to it what that organisation writes later
(docs/adr/0028-local-numbers.md).
"""

from app import gate
from app.context import Call
from app.store import citizens
from app.store.citizens import EVERYBODYS
from app.store.database import Snapshot
from schemas.terminology.identifiers import is_citizen_system

Identifier = tuple[str, str]


async def holder(snapshot: Snapshot, identifier: Identifier, *, controller: str, at_us: int) -> int | None:
    """Return the citizen to whom a number leads for `controller`; '', who answers for nothing, has no local numbers."""
    scope = scope_of(identifier, controller=controller)
    return None if scope is None else await citizens.find_pid(snapshot, *identifier, at_us=at_us, controller=scope)


async def citizen_named(snapshot: Snapshot, call: Call, identifier: Identifier) -> int | None:
    """Return the citizen to whom a number leads for the caller.

    Raises:
        NotAuthenticatedError: see `gate.identify`.
    """
    if is_citizen_system(identifier[0]):
        return await citizens.find_pid(snapshot, *identifier, at_us=call.at_us)
    return await holder(snapshot, identifier, controller=await controller(snapshot, call), at_us=call.at_us)


async def controller(snapshot: Snapshot, call: Call) -> str:
    """Return whose local numbers the caller means: the controller above its organisation, '' for a citizen.

    Raises:
        NotAuthenticatedError: see `gate.identify`.
    """
    requester, _ = await gate.identify(snapshot, call)
    return requester.controller or ""


def scope_of(identifier: Identifier, *, controller: str) -> str | None:
    """Return among whose numbers a number stands, or None for a local one of somebody who can have none."""
    return EVERYBODYS if is_citizen_system(identifier[0]) else controller or None
