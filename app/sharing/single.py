"""create, update and delete of one resource."""

from app import audit
from app.context import Call, Service
from app.sharing.entries import Entry, single
from app.sharing.submit import Submission, submit
from app.sharing.values import Written
from schemas.admit import Admitted


async def create(service: Service, call: Call, *, type: str, content: Admitted, if_none_exist: str | None) -> Written:
    """Store a new resource; the id that it came with is not kept. See `submit` for what is raised."""
    entry = single(content, method="POST", type=type, if_none_exist=if_none_exist or None)
    return await _one(service, call, entry, audit.Operation.CREATE)


async def update(
    service: Service, call: Call, *, type: str, id: str, content: Admitted, if_match: int | None
) -> Written:
    """Store a new version of a resource of the caller's own organisation."""
    entry = single(content, method="PUT", type=type, id=id, if_match=if_match)
    return await _one(service, call, entry, audit.Operation.UPDATE)


async def delete(service: Service, call: Call, *, type: str, id: str, if_match: int | None) -> int:
    """Withdraw a resource of the caller's own organisation; return the version that says so."""
    entry = Entry(path=type, method="DELETE", type=type, raw=b"", resource={}, id=id, if_match=if_match)
    return (await _one(service, call, entry, audit.Operation.DELETE)).version


async def _one(service: Service, call: Call, entry: Entry, operation: audit.Operation) -> Written:
    (written,) = await submit(service, call, Submission(entries=[entry], operation=operation, query=entry.type))
    return written
