"""Reviews of declarations as FHIR Tasks, for the data protection officer of the organisation that declared.

A Task here is a view of a row, as an AuditEvent is of a record: treating staff, social care and systems find none, and
nothing of the citizen's records is in it. See docs/adr/0021-reviews-are-rows.md.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

import msgspec

from app import audit, gate, records
from app.context import Call, Service
from app.errors import (
    AccessRefusedError,
    ContentionError,
    InvalidContentError,
    InvalidSearchError,
    NotFoundError,
    StaleError,
    VersionConflictError,
)
from app.gate import Access
from app.sharing.declared import state_of
from app.sharing.log import DECLARATION, organisations_of
from app.sharing.log_pages import Place, opened, seal
from app.sharing.review_task import task_of
from app.sharing.values import Found
from app.store import citizens, directory, reviews, versions
from app.store.database import Snapshot
from app.store.directory import Directory
from app.store.job import Job
from app.store.reviews import Review
from app.store.tables import NO_CITIZEN
from consent.vocabulary import Action, Category, Function
from schemas.fault import Fault

OUTCOMES = ("justified", "not-justified")
STATUSES = frozenset({"requested", "completed"})
_PAGE, _MOST = 50, 200
_CHUNK = 200
_LONGEST_COMMENT = 2000
_TRIES = 8
_MARK = "review:"
_ABSENT = "there is no such resource for you"
_REVIEWABLE = frozenset({"under-review", "reviewed"})


def reviews_are_asked_for(call: Call, pairs: list[tuple[str, str]] | None = None) -> bool:
    """Tell whether a Task is a review to this caller; a search that names a citizen is one among her records."""
    names = {name.partition(":")[0].partition(".")[0] for name, _ in pairs or ()}
    return call.caller.requester.function is Function.DATA_PROTECTION and names.isdisjoint({"patient", "subject"})


async def oversee(service: Service, snapshot: Snapshot, call: Call, *, query: str) -> Access:
    """Return the officer's access to how the own organisation used the doors; it is about no citizen.

    Raises:
        AccessRefusedError: not an officer whom the directory knows; recorded.
    """
    return await gate.authorize(
        service,
        snapshot,
        call,
        pid=None,
        action=Action.OVERSEE,
        operation=audit.Operation.OVERSEE,
        categories=frozenset({Category.ACCESS_LOG}),
        query=query,
    )


async def search_reviews(service: Service, call: Call, *, pairs: list[tuple[str, str]]) -> bytes:
    """Return the reviews that the caller's organisation owes or has done, as a searchset of Tasks, oldest first.

    Parameters: `status` (`requested`, `completed`), `_count`; or the `_cursor` of a link `next`.

    Raises:
        InvalidSearchError: an unknown parameter or value.
        AccessRefusedError: see `oversee`.
    """
    statuses, count, after = _asked(service, call, pairs)
    async with service.database.snapshot() as snapshot:
        access = await oversee(service, snapshot, call, query="Task")
        registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
        found: list[tuple[Review, str]] = []
        units = organisations_of(access.permit) or []
        while len(found) <= count:
            chunk = await reviews.of_organisations(snapshot, units, due_us=call.at_us, after=after, limit=_CHUNK)
            for one in chunk:
                state = await _state(snapshot, one, registry, call)
                if state in _REVIEWABLE and _status(one) in statuses and one.person != call.caller.requester.person:
                    found.append((one, state))
            if len(chunk) < _CHUNK:
                break
            after = (chunk[-1].due, chunk[-1].id)
        shown, has_more = found[:count], len(found) > count
        tasks = [await _task(service, snapshot, one, registry) for one, _ in shown]
    await _record(service, call, access, [one for one, _ in shown], query="Task")
    base = service.settings.public_url
    bundle: dict[str, object] = {"resourceType": "Bundle", "type": "searchset"}
    if has_more and shown:
        last = shown[-1][0]
        place = Place(0, _bits(statuses), last.due, _MARK + last.id, 0)
        token = seal(service.secret, place, caller=call.caller.digest)
        bundle["link"] = [{"relation": "next", "url": f"{base}/Task?_cursor={token}&_count={count}"}]
    if tasks:
        bundle["entry"] = [
            {"fullUrl": f"{base}/Task/{task['id']}", "resource": task, "search": {"mode": "match"}} for task in tasks
        ]
    return msgspec.json.encode(bundle)


async def read_review(service: Service, call: Call, *, id: str) -> Found:
    """Return one review as a Task.

    Raises:
        NotFoundError: absent, another organisation's, not owed, or not the caller's to see.
    """
    async with service.database.snapshot() as snapshot:
        try:
            access = await oversee(service, snapshot, call, query="Task")
        except AccessRefusedError:
            raise NotFoundError(_ABSENT) from None
        registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
        one = await _own(snapshot, call, access, registry, id)
        task = await _task(service, snapshot, one, registry)
    await _record(service, call, access, [one], query="Task")
    return _found(one, task)


async def complete_review(service: Service, call: Call, *, id: str, outcome: str, comment: str) -> Found:
    """Write the outcome of a review; once it is done it stays.

    Raises:
        AccessRefusedError: see `oversee`.
        NotFoundError: absent, another organisation's, or not owed.
        VersionConflictError: it is done already.
        InvalidContentError: no outcome of ours, or a comment that is too long.
    """
    if outcome not in OUTCOMES or len(comment) > _LONGEST_COMMENT:
        text = "give `outcome` (`justified` or `not-justified`) and a `comment` of at most 2000 characters"
        raise InvalidContentError(text, faults=(Fault("Parameters.parameter", "value", text),))
    for _ in range(_TRIES):
        async with service.database.snapshot() as snapshot:
            access = await oversee(service, snapshot, call, query="review")
            registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
            one = await _own(snapshot, call, access, registry, id)
            if one.reviewed is not None:
                raise VersionConflictError("this review is done already")
            change = await citizens.change(snapshot, one.pid)
            reviewer = call.caller.requester.person or ""
            completed = replace(one, reviewed=call.at_us, reviewer=reviewer, outcome=outcome, comment=comment or None)
            task = await _task(service, snapshot, completed, registry)
        record = records.entry(
            call,
            pid=one.pid,
            operation=audit.Operation.REVIEW,
            permit=access.permit,
            categories=["access-log"],
            query=f"{DECLARATION}{one.id}",
        )
        job = Job(
            pid=one.pid,
            base_change=None if one.pid == NO_CITIZEN else change,
            audit=(record,),
            writes=(reviews.complete(completed),),
        )
        try:
            await service.database.commit(job)
        except StaleError:
            continue
        return _found(completed, task)
    raise ContentionError("others are writing about this citizen; try again")


async def _own(snapshot: Snapshot, call: Call, access: Access, registry: Directory, id_: str) -> Review:
    one = await reviews.find(snapshot, organisations_of(access.permit) or [], id_)
    # Nobody reviews what she declared herself.
    if one is None or one.due > call.at_us or one.person == call.caller.requester.person:
        raise NotFoundError(_ABSENT)
    if await _state(snapshot, one, registry, call) not in _REVIEWABLE:
        raise NotFoundError(_ABSENT)
    return one


async def _state(snapshot: Snapshot, one: Review, registry: Directory, call: Call) -> str:
    is_settled = one.reviewed is not None or one.kind == "emergency"
    known = [] if is_settled else await reviews.relations_ever(snapshot, one.pid)
    return state_of(one, known, registry, at_us=call.at_us) or ""


async def _task(service: Service, snapshot: Snapshot, one: Review, registry: Directory) -> dict[str, object]:
    citizen = None if one.pid == NO_CITIZEN else await citizens.load(snapshot, one.pid)
    # Without a Patient it is still somebody's: counter 0 is nobody's resource, and names the citizen alone.
    patient = None if citizen is None else f"Patient/{service.database.ids.encode(one.pid, citizen.master or 0)}"
    return task_of(one, patient=patient, names=registry.names)


def _found(one: Review, task: dict[str, object]) -> Found:
    body = msgspec.json.encode(task)
    return Found(1 if one.reviewed is None else 2, one.due if one.reviewed is None else one.reviewed, body)


def _status(one: Review) -> str:
    return "requested" if one.reviewed is None else "completed"


async def _record(service: Service, call: Call, access: Access, shown: Iterable[Review], *, query: str) -> None:
    """Record the reading, for each citizen of whom a declaration was shown, and once for the organisation."""
    about = sorted({NO_CITIZEN, *(one.pid for one in shown)})
    jobs = [
        Job(
            pid=pid,
            audit=(
                records.entry(
                    call,
                    pid=pid,
                    operation=audit.Operation.OVERSEE,
                    permit=access.permit,
                    categories=["access-log"],
                    query=query,
                ),
            ),
        )
        for pid in about
    ]
    await asyncio.gather(*(service.database.commit(job) for job in jobs))


_ORDER = ("requested", "completed")


def _bits(statuses: frozenset[str]) -> int:
    return sum(1 << place for place, status in enumerate(_ORDER) if status in statuses)


def _asked(service: Service, call: Call, pairs: list[tuple[str, str]]) -> tuple[frozenset[str], int, tuple[int, str]]:
    statuses, count, after = STATUSES, _PAGE, (0, "")
    for name, value in pairs:
        if name == "_count" and value.isascii() and value.isdigit() and 0 < len(value) < 6:  # noqa: PLR2004
            count = min(int(value), _MOST)
        elif name == "status" and frozenset(value.split(",")) <= STATUSES:
            statuses = frozenset(value.split(","))
        elif name == "_cursor":
            place = opened(service.secret, value, caller=call.caller.digest)
            if place is None or not place.writer.startswith(_MARK):
                raise _unknown("_cursor", "this is not a page token that was given to this caller")
            statuses = frozenset(one for number, one in enumerate(_ORDER) if place.since_us >> number & 1)
            after = (place.at_us, place.writer.removeprefix(_MARK))
        else:
            text = "a search of reviews takes `status` (`requested`, `completed`) and `_count`"
            raise _unknown(name if name in {"_count", "status"} else "", text)
    return statuses, count, after


def _unknown(name: str, text: str) -> InvalidSearchError:
    return InvalidSearchError(text, faults=(Fault(name, "not-supported", text),))
