"""Writing about one citizen: create, update, delete and transaction are one story told once.

Read on a snapshot, decide, classify, draft one job, hand it to the writer; when somebody else wrote about the citizen
meanwhile, start again from a fresh snapshot. Nothing is half-written, and the answer leaves after the commit.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from app import audit, gate, records
from app.context import Call, Service
from app.errors import (
    AccessRefusedError,
    ContentionError,
    InvalidContentError,
    NotFoundError,
    OvergangError,
    StaleError,
    VersionConflictError,
)
from app.gate import Access
from app.sharing import patients, pointing
from app.sharing.actors import actors_of
from app.sharing.citizen import Subject, row_of, subject_of
from app.sharing.draft import Draft
from app.sharing.drafting import Drafting
from app.sharing.entries import Entry
from app.sharing.kept import Kept, plan_directory
from app.sharing.others import check_once, check_others
from app.sharing.placed import Placed
from app.sharing.proofs import answered, people_named
from app.sharing.rewriting import names_of
from app.sharing.values import Written
from app.store import bookkeeping, directory, outbox, resources, signatures, versions
from app.store.controller import controller_of
from app.store.database import Snapshot
from app.store.directory import Directory
from app.store.job import AuditEntry, Job, Write
from app.store.outbox import Notice
from app.store.place import place_of
from app.store.resources import Stored
from app.store.tables import DIRECTORY
from app.translate.capacity import is_judgement
from app.translate.directives import is_directive
from app.translate.homes import Inherits
from app.translate.source import Source
from app.translate.survey import Content
from consent.directives import may_replace
from consent.model import NOBODY, Signature
from consent.vocabulary import Action, Category
from schemas.fault import Fault
from schemas.homes import HOME_OF

TRIES = 16
OPERATOR = "operator"
"""Recipient of what people at the operator must look at."""
_GONE = "there is no such resource that you may change"

Extra = Callable[[int, Sequence[Written]], Sequence[Write]]
"""Rows that a use case adds to the job: from the citizen's key and what is written."""


First = Callable[[], Awaitable[None]]
"""What a use case does when all is decided and drafted, just before it is stored."""


def _nothing(_pid: int, _written: Sequence[Written]) -> Sequence[Write]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What is to be written, and how the record shall name it.

    With `base_change` the caller has prepared it from what it read at that state of the citizen (0: not known yet), and
    gets a StaleError when she has changed since. `proves` is false when the caller writes the evidence itself.
    `references` says what the client's references mean here beside those to the entries themselves. `first` is done
    just before the entries are stored, and only if nothing refuses them.
    """

    entries: Sequence[Entry]
    operation: audit.Operation
    query: str = ""
    extra: Extra = _nothing
    base_change: int | None = None
    proves: bool = True
    references: Mapping[str, str] = field(default_factory=dict)
    first: First | None = None


async def submit(service: Service, call: Call, submission: Submission) -> list[Written]:
    """Store the entries about one citizen, all or none, and return what was stored, in their order.

    Raises:
        InvalidContentError: no citizen or several, homeless resources, other citizens named; every fault.
        AccessRefusedError: the caller may not write this.
        NotFoundError, VersionConflictError: of updates and deletions.
        ContentionError: others kept writing about the citizen.
    """
    try:
        return await _submitted(service, call, submission)
    except AccessRefusedError as refusal:
        if not refusal.recorded:
            await records.record_refused(
                service, call, pid=None, operation=submission.operation, query=submission.query
            )
        raise
    except OvergangError as error:
        error.rests_on_records = True  # whom the entries name has been looked for
        raise


async def _submitted(service: Service, call: Call, submission: Submission) -> list[Written]:
    kept: Kept | None = None
    for _ in range(TRIES):
        ahead: Job | None = None
        async with service.database.snapshot() as snapshot:
            planned = kept
            if planned is None:
                ahead, planned = await plan_directory(service, snapshot, call, submission.entries, submission.operation)
            job, written = await _planned(service, snapshot, call, submission, planned)
        try:
            if ahead is not None:
                await service.database.commit(ahead)
            kept = planned  # what is stored is not stored again, whatever becomes of the citizen's job
            if submission.first is not None:
                await submission.first()
            if job is not None:
                await service.database.commit(job)
        except StaleError:
            if submission.base_change is not None:
                raise
            continue
        return written
    raise ContentionError("others are writing about this citizen; try again")


async def _planned(
    service: Service, snapshot: Snapshot, call: Call, submission: Submission, kept: Kept
) -> tuple[Job | None, list[Written]]:
    if kept.is_all(submission.entries):
        return None, [kept.written[id(entry)] for entry in submission.entries]
    entries = [entry for entry in submission.entries if id(entry) not in kept.written]
    writes = [entry for entry in entries if entry.method != "DELETE"]
    try:
        subject = await _subject(service, snapshot, call, entries, writes)
    except InvalidContentError:
        # INVARIANT: who may not write at all is not told whether several identifiers are one citizen's.
        if not all(entry.type == "Consent" and _directs(entry) for entry in entries):
            await _ask(service, snapshot, call, None, Action.SUBMIT, submission)
        raise
    if submission.base_change is not None and submission.base_change != subject.row.change:
        raise StaleError("the citizen has changed since this was prepared")
    try:
        return await _drafted(service, snapshot, call, submission, kept, subject, entries, writes)
    except AccessRefusedError as refusal:
        if not refusal.recorded:
            pid = None if subject.is_new else subject.row.pid
            await records.record_refused(service, call, pid=pid, operation=submission.operation, query=submission.query)
            refusal.recorded = True
        raise


async def _drafted(
    service: Service,
    snapshot: Snapshot,
    call: Call,
    submission: Submission,
    kept: Kept,
    subject: Subject,
    entries: Sequence[Entry],
    writes: Sequence[Entry],
) -> tuple[Job, list[Written]]:
    access, directing = await _authorized(service, snapshot, call, subject, entries, submission)
    if subject.row.pid == NOBODY:
        raise NotFoundError(_GONE)
    draft = Draft.begin(subject.row, access.signatures)
    places = [await _place(service, snapshot, access, draft, entry) for entry in entries]
    names = service.database.ids.encode_all(subject.row.pid, [n for n, _, _ in places])
    placed = [
        Placed(
            entry=entry,
            home=Inherits() if entry.method == "DELETE" else entry.home,
            n=n,
            reference=f"{entry.type}/{name}",
            current=current,
            is_kept=is_kept,
        )
        for entry, name, (n, current, is_kept) in zip(entries, names, places, strict=True)
    ]
    check_once(placed)
    if any(entry.id is not None for entry in entries):
        subject = await _agreed(service, snapshot, call, subject, writes)
    references = {**submission.references, **kept.references}
    for each in placed:
        references |= dict.fromkeys(names_of(each.entry.full_url, each.entry.type), each.reference)
    registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
    own = {each.reference for each in placed if each.entry.type == "Patient"}
    contents = {id(entry): entry.survey.resolved(references) for entry in writes}
    told = [(entry, contents[id(entry)]) for entry in writes]
    await check_others(service, snapshot, call, subject, told, own)
    numbers = {each.reference: each.n for each in placed}
    new = {each.reference for each in placed if each.current is None}
    related = await _related(service, snapshot, access, told, new)
    people = await people_named(service, snapshot, call, placed, references)
    drafting = Drafting(
        call=call,
        access=access,
        directing=directing,
        draft=draft,
        references=references,
        proves=submission.proves,
        people=people,
        related={name: signature for name, (_, signature) in related.items()},
        places={name: place_of(subject.row.pid, n) for name, (n, _) in related.items()},
        counter_of=lambda name: numbers.get(name) or pointing.counter_of(service, subject.row.pid, name),
        source=await _source(service, snapshot, call, registry, submission.entries, references),
    )
    written = drafting.put_all(placed, contents)
    draft.others += await answered(service, snapshot, placed, pid=subject.row.pid, source=drafting.source)
    if drafting.faults:
        raise InvalidContentError(drafting.faults[0].text, faults=tuple(drafting.faults))
    results = [kept.written.get(id(entry)) or written[id(entry)] for entry in submission.entries]
    draft.others += subject.claims
    draft.others += submission.extra(subject.row.pid, results)  # noqa: S610  # no Django here
    record = _record(call, access, draft, submission, [each.current for each in placed if each.current is not None])
    if draft.is_empty:
        return Job(pid=access.pid, audit=(record,)), results
    row, findings = await patients.amended(
        snapshot, subject.row, drafting.patients, controller=drafting.source.controller, at_us=call.at_us
    )
    # People at the operator look at both; neither the writer nor what is written waits for them.
    topics = [("review", "demographics-contradict")] if findings else []
    topics += [("number", "local-number-moved")] if subject.takes else []
    if topics:
        draft.others.append(outbox.put([_for_the_operator(call, subject, *topic) for topic in topics]))
    return draft.job((record,), amended=row), results


def _for_the_operator(call: Call, subject: Subject, kind: str, topic: str) -> Notice:
    return Notice(
        pid=subject.row.pid,
        id=f"{kind}:{call.request_id}",
        recipient=OPERATOR,
        topic=topic,
        focus="",
        at_us=call.at_us,
    )


async def _subject(
    service: Service,
    snapshot: Snapshot,
    call: Call,
    entries: Sequence[Entry],
    writes: Sequence[Entry],
) -> Subject:
    """Return the citizen: of the ids that are changed, else of the homes; `_agreed` sees to it that both agree."""
    ids = [entry.id for entry in entries if entry.id is not None]
    if not ids:
        return await subject_of(service, snapshot, call, writes, [entry.home for entry in writes])
    places = [service.database.ids.decode(id_) for id_ in ids]
    # INVARIANT: an id that is not ours is asked for like one that is, under a citizen who does not exist, so that
    # whoever may not write cannot tell the two apart.
    pids = {int(NOBODY) if place is None or place[0] == DIRECTORY else place[0] for place in places}
    if len(pids) > 1:
        text = "a transaction is about one citizen; this changes resources of several"
        raise InvalidContentError(text, faults=(Fault("Bundle", "business-rule", text),))
    return Subject(row=await row_of(snapshot, pids.pop()))


async def _agreed(
    service: Service,
    snapshot: Snapshot,
    call: Call,
    subject: Subject,
    writes: Sequence[Entry],
) -> Subject:
    """Return the citizen whose resources are changed, with what the new content calls her; it must be the same one.

    Asked after it is known that the caller may change the resources: before that the answer would tell whose they are.
    """
    homes = [entry.home for entry in writes]
    if all(isinstance(home, Inherits) for home in homes):
        return subject
    return await subject_of(service, snapshot, call, writes, homes, owner=subject.row.pid)


async def _authorized(
    service: Service, snapshot: Snapshot, call: Call, subject: Subject, entries: Sequence[Entry], submission: Submission
) -> tuple[Access, Access | None]:
    """Return the permit to write and, when the citizen's choices are written, the permit to direct."""
    await gate.check_writable(snapshot, call, {entry.type for entry in entries})
    directives = [entry for entry in entries if await _is_about_a_directive(service, snapshot, entry)]
    pid = None if subject.row.pid == NOBODY else subject.row.pid
    directing = await _ask(service, snapshot, call, pid, Action.DIRECT, submission) if directives else None
    if any(entry.method != "DELETE" and is_judgement(entry.resource) for entry in entries):
        await _ask(service, snapshot, call, pid, Action.JUDGE, submission)
    if directing is not None and len(directives) == len(entries):
        return directing, directing
    return await _ask(service, snapshot, call, pid, Action.SUBMIT, submission), directing


async def _ask(
    service: Service, snapshot: Snapshot, call: Call, pid: int | None, action: Action, submission: Submission
) -> Access:
    return await gate.authorize(
        service,
        snapshot,
        call,
        pid=pid,
        action=action,
        operation=submission.operation,
        query=submission.query,
    )


async def _is_about_a_directive(service: Service, snapshot: Snapshot, entry: Entry) -> bool:
    """Tell whether an entry writes one of the citizen's choices; of one to be deleted, what is stored tells."""
    if entry.type != "Consent" or not _directs(entry):
        return False
    place = service.database.ids.decode(entry.id or "")
    if entry.method != "DELETE" or place is None:
        return True
    known = {row.number: row.signature.category for row in await signatures.load(snapshot, place[0])}
    stored = await bookkeeping.signature_numbers(snapshot, place[0], (place[1],))
    return all(known[number] is Category.CONSENT for number in stored.values())


def _directs(entry: Entry) -> bool:
    return entry.method == "DELETE" or is_directive(entry.resource)


async def _place(
    service: Service,
    snapshot: Snapshot,
    access: Access,
    draft: Draft,
    entry: Entry,
) -> tuple[int, Stored | None, bool]:
    """Return number, what is replaced, and whether that stands: see `Placed`."""
    if entry.id is not None:
        current = await _current(service, snapshot, access, entry)
        return current.n, current, False
    existing, is_kept = await patients.existing(snapshot, access, entry)
    return existing.n if existing else draft.take_n(), existing, is_kept


async def _current(service: Service, snapshot: Snapshot, access: Access, entry: Entry) -> Stored:
    """Return what an update or deletion changes: only what the permit to write covers, hence the controller's own."""
    place = service.database.ids.decode(entry.id or "")
    stored = None
    if place is not None and place[0] == access.pid:
        number = HOME_OF[entry.type].number
        stored = await resources.read(snapshot, access.permit, access.signatures, type_number=number, n=place[1])
    if stored is None or (stored.deleted and entry.method == "PUT") or not _may_change(access, stored):
        raise NotFoundError(_GONE)
    if entry.if_match is not None and entry.if_match != stored.version:
        raise VersionConflictError("the resource has changed since the version that If-Match names")
    return stored


def _may_change(access: Access, stored: Stored) -> bool:
    """Tell whether what the permit covers may be changed.

    A record by its very controller alone, not by one above it in the tree; a directive by whom it belongs to.
    """
    request, signature = access.permit.request, stored.item.signature
    if request.action is Action.DIRECT:
        return may_replace(access.permit, author=signature.author)
    return signature.controller == request.requester.controller


async def _related(
    service: Service, snapshot: Snapshot, access: Access, told: Sequence[tuple[Entry, Content]], new: set[str]
) -> dict[str, tuple[int, Signature]]:
    """Return n and signature of the citizen's stored resources that the entries refer to, by the resolved reference.

    `new` are those that are stored only now. Read by key, without a permit: only labels flow from here, upwards, and
    nothing of it is answered.
    """
    wanted: dict[str, int] = {}
    for resolved in {name for _, content in told for name in content.references} - new:
        n = pointing.counter_of(service, access.pid, resolved)
        if n is not None:
            wanted[resolved] = n
    if not wanted:
        return {}
    by_number = {row.number: row.signature for row in access.signatures}
    found = await bookkeeping.signature_numbers(snapshot, access.pid, sorted(set(wanted.values())))
    return {name: (n, by_number[found[n]]) for name, n in wanted.items() if n in found}


async def _source(
    service: Service,
    snapshot: Snapshot,
    call: Call,
    registry: Directory,
    entries: Sequence[Entry],
    references: Mapping[str, str],
) -> Source:
    requester = call.caller.requester
    named = {references.get(name, name) for entry in entries for name in entry.survey.references()}
    return Source(
        controller=controller_of(registry, requester.organisation or ""),
        received_us=call.at_us,
        author=requester.person or "",
        function=requester.function.value,
        on_behalf_of=requester.on_behalf_of or "",
        specialties=registry.specialties,
        organisations=registry.tree,
        actors=await actors_of(service, snapshot, entries, references, named),
    )


def _record(call: Call, access: Access, draft: Draft, submission: Submission, current: Sequence[Stored]) -> AuditEntry:
    """Return the record: the versions written, and those that were found and stand (`current` holds both kinds)."""
    written = {row.n for row in draft.revisions}
    stands = [one for one in current if one.n not in written]
    told = [(row.type_number, row.n, row.version) for row in draft.revisions]
    told += [(one.type_number, one.n, one.version) for one in stands]
    touched = {*draft.touched.values(), *(one.item.signature for one in stands)}
    return records.entry(
        call,
        pid=draft.citizen.pid,
        operation=submission.operation,
        permit=access.permit,
        flat=[number for version in told for number in version],
        categories={signature.category.value for signature in touched},
        query=submission.query,
    )
