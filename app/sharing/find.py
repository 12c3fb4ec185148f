"""Search within one citizen, or in the directory: selected, decided, found in SQL, released, recorded."""

from contextlib import suppress
from dataclasses import replace

from app import audit, gate, records
from app.context import Call, Service
from app.errors import AccessRefusedError, InvalidSearchError
from app.gate import Access
from app.search import sql
from app.search.cursor import Cursors, Position
from app.search.parse import MOST_COUNT, parse
from app.search.query import ById, ByIdentifier, SearchQuery
from app.search.sql import Page
from app.sharing.log import search_log
from app.sharing.look_up import UNKNOWN_PID
from app.sharing.master import master_among
from app.sharing.numbers import citizen_named
from app.sharing.reviews import reviews_are_asked_for, search_reviews
from app.store import directory, versions
from app.store.database import Snapshot
from app.store.job import Job
from app.store.resources import Stored
from app.store.tables import DIRECTORY
from consent.vocabulary import Action
from schemas.fault import Fault
from schemas.homes import HOME_OF


async def search(service: Service, call: Call, *, type: str, pairs: list[tuple[str, str]], lenient: bool) -> bytes:
    """Return a searchset Bundle.

    Raises:
        InvalidSearchError: what was asked cannot be asked; every fault.
        AccessRefusedError: see `_access`.
    """
    if type == "AuditEvent":
        return await search_log(service, call, pairs=pairs)
    if type == "Task" and reviews_are_asked_for(call, pairs):
        return await search_reviews(service, call, pairs=pairs)
    cursors = Cursors(service.secret)
    query = parse(type, pairs, lenient=lenient, base_url=service.settings.public_url)
    after: Position | None = None
    if query.cursor is not None:
        query, after = cursors.open(query, caller=call.caller.digest, base_url=service.settings.public_url)
    is_directory = HOME_OF[type].home == "directory"
    async with service.database.snapshot() as snapshot:
        if is_directory:
            await gate.identify(snapshot, call)
            page = await sql.find(snapshot, None, query, after=after)
            return _bundle(service, call, cursors, query, list(page.rows), page.total, page.next)
        access = await _access(service, snapshot, call, query)
        if access is None:
            return _bundle(service, call, cursors, query, [], 0, None)
        page = await _page(snapshot, access, query, after=after, base_url=service.settings.public_url)
        released = gate.release(access.permit, page.rows)
    record = records.entry(
        call, pid=access.pid, operation=audit.Operation.SEARCH, permit=access.permit, shown=released, query=said(query)
    )
    await service.database.commit(Job(pid=access.pid, audit=(record,)))
    return _bundle(service, call, cursors, query, released, page.total, page.next)


async def _page(
    snapshot: Snapshot, access: Access, query: SearchQuery, *, after: Position | None, base_url: str
) -> Page:
    """Return a page of what is visible.

    Each source keeps its own Patient: a citizen who is asked for by identifier is answered by one of them, the best
    of those that the reader may see.
    """
    if query.type != "Patient" or not isinstance(query.patient, ByIdentifier):
        return await sql.find(
            snapshot, access.permit, query, signatures=access.signatures, after=after, base_url=base_url
        )
    every = replace(query, count=MOST_COUNT)
    found = await sql.find(snapshot, access.permit, every, signatures=access.signatures)
    registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
    master = master_among(registry, found.rows)
    chosen = () if master is None else (master,)
    return Page(chosen if query.count else (), len(chosen), None)


async def _access(service: Service, snapshot: Snapshot, call: Call, query: SearchQuery) -> Access | None:
    """Return the access to the citizen whom the search names or, where it names ids alone, to the one whose they are.

    None when there is none to anybody whose ids these are. By id, absent and withheld are the same empty answer, as
    they are the same 404 to a read, and neither changes what the other ids find.

    Raises:
        AccessRefusedError: no basis for the citizen who is named; the same for one whom the service does not know.
        InvalidSearchError: no citizen is named, or the ids belong to several who may all be looked up.
    """

    async def ask(pid: int | None) -> Access:
        return await gate.authorize(
            service, snapshot, call, pid=pid, action=Action.LOOK_UP, operation=audit.Operation.SEARCH, query=said(query)
        )

    selected = query.patient
    if isinstance(selected, ByIdentifier):
        return await ask(await citizen_named(snapshot, call, (selected.system, selected.value)))
    if isinstance(selected, ById):
        return await ask(_owner(service, selected.id))
    if not query.ids:
        name = "identifier" if query.type == "Patient" else "patient"
        text = f"name the citizen: a search without `{name}` is refused"
        raise InvalidSearchError(text, faults=(Fault(name, "required", text),))
    owners = dict.fromkeys(owner for id_ in query.ids if (owner := _owner(service, id_)) is not None)
    found: list[Access] = []
    for owner in owners or (None,):
        with suppress(AccessRefusedError):
            found.append(await ask(owner))
    if len(found) > 1:
        text = "a search is about one citizen: these ids belong to several"
        refusal = InvalidSearchError(text, faults=(Fault("_id", "invalid", text),))
        refusal.rests_on_records = True
        raise refusal
    return found[0] if found else None


def _owner(service: Service, id_: str) -> int | None:
    place = service.database.ids.decode(id_)
    return None if place is None else _known(place[0])


def _known(pid: int) -> int | None:
    return None if pid in {DIRECTORY, UNKNOWN_PID} else pid


def said(query: SearchQuery) -> str:
    """Return the search in words for the record: names of parameters alone, values could identify."""
    names = sorted({name for name, _ in query.pairs})
    return f"{query.type}?{'&'.join(names)}" if names else query.type


def _bundle(
    service: Service,
    call: Call,
    cursors: Cursors,
    query: SearchQuery,
    rows: list[Stored],
    total: int | None,
    following: Position | None,
) -> bytes:
    base = service.settings.public_url
    caller = call.caller.digest
    links = [f'{{"relation":"self","url":"{base}/{query.type}?_cursor={cursors.seal(query, None, caller=caller)}"}}']
    if following is not None:
        token = cursors.seal(query, following, caller=caller)
        links.append(f'{{"relation":"next","url":"{base}/{query.type}?_cursor={token}"}}')
    head = '{"resourceType":"Bundle","type":"searchset"'
    if total is not None:
        head += f',"total":{total}'
    head += f',"link":[{",".join(links)}]'
    entries = [
        b'{"fullUrl":"%s/%s/%s","resource":%s,"search":{"mode":"match"}}'
        % (base.encode(), query.type.encode(), row.id.encode(), row.body)
        for row in rows
    ]
    if query.ignored:
        said_ignored = ", ".join(f"`{name}`" for name in query.ignored)
        entries.append(
            (
                '{"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"not-supported",'
                f'"diagnostics":"ignored: {said_ignored}"}}]}},"search":{{"mode":"outcome"}}}}'
            ).encode()
        )
    if not entries:
        return f"{head}}}".encode()
    return b'%s,"entry":[%s]}' % (head.encode(), b",".join(entries))
