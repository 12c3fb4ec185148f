"""Reading one resource: read, vread, history. Withheld and absent are the same answer."""

from app import audit, gate, records
from app.context import Call, Service
from app.errors import AccessRefusedError, GoneError, InvalidSearchError, NotFoundError
from app.gate import Access
from app.sharing.reviews import read_review, reviews_are_asked_for
from app.sharing.values import Found
from app.store import resources
from app.store.database import Snapshot
from app.store.job import Job
from app.store.resources import Stored
from app.store.tables import DIRECTORY
from consent.vocabulary import Action
from schemas.homes import HOME_OF

_ABSENT = "there is no such resource for you"


async def read(service: Service, call: Call, *, type: str, id: str) -> Found:
    """Return the current version.

    Raises:
        NotFoundError: absent, withheld, or no basis.
        GoneError: deleted, for who could see the last version.
    """
    if type == "Task" and reviews_are_asked_for(call):
        return await read_review(service, call, id=id)
    number, (pid, n) = HOME_OF[type].number, _place(service, id)
    async with service.database.snapshot() as snapshot:
        if pid == DIRECTORY:
            await gate.identify(snapshot, call)
            stored = await resources.directory_read(snapshot, type_number=number, n=n)
            return _found(stored)
        access = await _authorize(service, snapshot, call, pid=pid, operation=audit.Operation.READ, type_=type)
        stored = await resources.read(snapshot, access.permit, access.signatures, type_number=number, n=n)
        released = gate.release(access.permit, [stored] if stored else [])
    await _record(service, call, access, released, audit.Operation.READ, type)
    return _found(released[0] if released else None)


async def vread(service: Service, call: Call, *, type: str, id: str, version: str) -> Found:
    """Return one version; both its own and the current signature must be permitted.

    Raises:
        NotFoundError: absent, withheld, or no basis.
        GoneError: the version is a deletion.
    """
    number, (pid, n) = HOME_OF[type].number, _place(service, id)
    if not (version.isascii() and version.isdigit() and len(version) < 10):  # noqa: PLR2004
        raise NotFoundError(_ABSENT)
    async with service.database.snapshot() as snapshot:
        if pid == DIRECTORY:
            await gate.identify(snapshot, call)
            return _found(await resources.directory_version(snapshot, type_number=number, n=n, version=int(version)))
        access = await _authorize(service, snapshot, call, pid=pid, operation=audit.Operation.VREAD, type_=type)
        stored = await resources.version(
            snapshot, access.permit, access.signatures, type_number=number, n=n, version=int(version)
        )
        released = gate.release(access.permit, [stored] if stored else [])
    await _record(service, call, access, released, audit.Operation.VREAD, type)
    return _found(released[0] if released else None)


async def history(
    service: Service, call: Call, *, type: str, id: str, parameters: list[tuple[str, str]]
) -> list[Found]:
    """Return the permitted versions, newest first.

    Raises:
        NotFoundError: no version is visible.
        InvalidSearchError: a parameter that history does not take.
    """
    if [name for name, _ in parameters if name != "_format"]:
        raise InvalidSearchError("history takes no parameters here")
    number, (pid, n) = HOME_OF[type].number, _place(service, id)
    async with service.database.snapshot() as snapshot:
        if pid == DIRECTORY:
            await gate.identify(snapshot, call)
            released = await resources.directory_history(snapshot, type_number=number, n=n)
        else:
            access = await _authorize(service, snapshot, call, pid=pid, operation=audit.Operation.HISTORY, type_=type)
            candidates = await resources.history(snapshot, access.permit, access.signatures, type_number=number, n=n)
            released = gate.release(access.permit, candidates)
    if pid != DIRECTORY:
        await _record(service, call, access, released, audit.Operation.HISTORY, type)
    if not released:
        raise NotFoundError(_ABSENT)
    return [Found(item.version, item.updated_us, item.body, item.action) for item in released]


def _place(service: Service, id_: str) -> tuple[int, int]:
    # INVARIANT: an id that is not ours is asked for like one that is, under a citizen who does not exist.
    return service.database.ids.decode(id_) or (UNKNOWN_PID, 0)


UNKNOWN_PID = (1 << 40) + 1
"""Above every random key; has no facts and no resources."""


async def _authorize(
    service: Service, snapshot: Snapshot, call: Call, *, pid: int, operation: audit.Operation, type_: str
) -> Access:
    try:
        return await gate.authorize(
            service,
            snapshot,
            call,
            pid=None if pid == UNKNOWN_PID else pid,
            action=Action.LOOK_UP,
            operation=operation,
            query=type_,
        )
    except AccessRefusedError:
        raise NotFoundError(_ABSENT) from None


async def _record(
    service: Service, call: Call, access: Access, released: list[Stored], operation: audit.Operation, type_: str
) -> None:
    record = records.entry(call, pid=access.pid, operation=operation, permit=access.permit, shown=released, query=type_)
    await service.database.commit(Job(pid=access.pid, audit=(record,)))


def _found(stored: Stored | None) -> Found:
    if stored is None:
        raise NotFoundError(_ABSENT)
    if stored.deleted:
        raise GoneError("this resource was deleted")
    return Found(stored.version, stored.updated_us, stored.body)
