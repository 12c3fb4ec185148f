"""What a draft agreement would have changed: past accesses of staff, decided again with it and without; counts alone.

Each recorded access is asked again as of its moment, with the facts as far as they can be found again, once under the
agreements that were in force then and once with the draft in the place of its own earlier versions. Of records only
signature and clinical period are read (app/store/replaying.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from app import audit, gate
from app.audit import Operation
from app.errors import InvalidContentError
from app.runtime import from_us, random_id, to_us
from app.search.dates import date_range
from app.sharing.operator import operator_entry
from app.sharing.replay_counts import Counts
from app.store import directory, facts, replaying, signatures, versions
from app.store.controller import controller_of
from app.store.database import Database, Snapshot
from app.store.job import Job
from app.store.tables import DIRECTORY
from app.translate.times import as_period
from consent import decide, disclose
from consent.condition import ALWAYS as EVERYWHERE
from consent.condition import NEVER
from consent.disclosure import residual
from consent.model import (
    ALWAYS,
    AccessRequest,
    Agreement,
    CitizenKey,
    Denial,
    Facts,
    Item,
    OrganisationKey,
    Permit,
    PersonKey,
    Requester,
    Signature,
)
from consent.policy import CITIZENS
from consent.vocabulary import Action, Category, Function, Purpose
from schemas.homes import TYPE_NAME

REPLAYED = {
    Operation.READ: "read",
    Operation.VREAD: "vread",
    Operation.HISTORY: "history",
    Operation.SEARCH: "search",
    Operation.SUMMARY: "summary",
    Operation.UNCHANGED: "summary, unchanged",
}
"""Accesses that read: the number of the record -> its name in the answer."""

_SHOWS_WHAT_IT_FINDS = frozenset({Operation.SEARCH, Operation.SUMMARY, Operation.UNCHANGED})
"""Accesses that would have shown more had more been open; the others ask for one record."""

CANNOT_BE_KNOWN = (
    "blocks, consents and register facts that have been replaced or withdrawn since count as they stand today",
    "functions, authorisations and the tree of organisations are those of today",
    "categories and labels of records are those of today's tables",
    "what a search was limited to is not recorded: `more` is the most that it could have shown",
    "refusals, accesses of citizens and their representatives, doors, notices and writing are left out",
)
"""Limits of every replay; they stand in every answer."""

Progress = Callable[[float], None]
"""Told the share that is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Danish days: the text, first and last µs UTC."""

    text: str
    start_us: int
    stop_us: int


def period_of_days(text: str) -> Period:
    """Read `2026`, `2026-10`, `2026-10-01` or two of them with `..` between; both ends are included.

    Raises:
        InvalidContentError: it is none of these, or ends before it begins.
    """
    first, separator, last = text.partition("..")
    start, stop = date_range(first.strip()), date_range(last.strip() if separator else first.strip())
    if start is None or stop is None or start[0] > stop[1]:
        raise InvalidContentError("a period is Danish days, `2026-10` or `2026-10-01..2026-10-15`, both ends included")
    return Period(text=text, start_us=start[0], stop_us=stop[1])


async def replay(
    database: Database, draft: Agreement, period: Period, *, by: str, now_us: int, progress: Progress
) -> Counts:
    """Count what the draft would have changed in the period, and record that somebody asked."""
    if period.start_us > now_us:
        raise InvalidContentError("the period has not begun: there is nothing to replay")
    counts = Counts()
    async with database.snapshot() as snapshot:
        citizens = await replaying.citizens_looked_at(snapshot, start_us=period.start_us, stop_us=period.stop_us)
    total, done = sum(count for _, count in citizens), 0
    for pid, count in citizens:
        async with database.snapshot() as snapshot:  # one a citizen: a long one would hold back the log of SQLite
            await _Citizen(snapshot, pid, draft, period, counts).replay()
        done += count
        progress(done / total)
    command = f"policy replay --against {period.text} --with {draft.id}|{draft.version}"
    record = operator_entry(by=by, at_us=now_us, request_id=random_id(), command=command, rules=("A0", "X2"))
    await database.commit(Job(pid=DIRECTORY, audit=(record,)))
    return counts


@dataclass(slots=True)
class _Verdict:
    """Both answers to one question, and what follows from them for what was shown, found once."""

    before: Permit
    after: Permit | Denial
    until_us: int | None
    since_us: int
    gained: frozenset[str]
    fates: dict[int, tuple[str, bool, bool] | None] = field(default_factory=dict)
    """Number of a signature -> category, shown with the old agreements, shown with the draft; None where it depends on
    the single record."""


@dataclass(frozen=True, slots=True)
class _Question:
    """What a decision rests on beside the moment and the facts."""

    requester: Requester
    purposes: frozenset[Purpose]


class _Citizen:
    """The accesses to one citizen's records."""

    def __init__(self, snapshot: Snapshot, pid: int, draft: Agreement, period: Period, counts: Counts) -> None:
        self._snapshot = snapshot
        self._pid = pid
        self._draft = draft
        self._period = period
        self._counts = counts
        self._rows: tuple[signatures.SignatureRow, ...] | None = None
        self._signatures: dict[int, Signature] = {}
        self._shapes: dict[tuple[int, int], replaying.Shape] | None = None
        self._facts: dict[Requester, Facts] = {}
        self._asked: dict[tuple[object, ...], _Question] = {}
        self._verdicts: dict[_Question, _Verdict | None] = {}
        self._instances: dict[int, str] = {}

    async def replay(self) -> None:
        period = self._period
        for at_us, body in await replaying.records_of(
            self._snapshot, self._pid, start_us=period.start_us, stop_us=period.stop_us
        ):
            record = audit.decode(body)
            if record.outcome == 0 and record.operation in REPLAYED:
                await self._access(Operation(record.operation), record, at_us)

    async def _access(self, operation: Operation, record: audit.Record, at_us: int) -> None:
        question = await self._question(record)
        if question is None or question.requester.function in CITIZENS:
            return
        verdict = await self._verdict(question, at_us)
        if verdict is None:
            self._counts.unexplained += 1
            return
        shown: set[str] = set()
        lost: set[str] = set()
        is_partly = False
        flat = record.shown
        for place in range(0, len(flat), 3):
            fate = await self._fate(verdict, (flat[place + 1], flat[place + 2]))
            if fate is None or not fate[1]:
                is_partly = True
                continue
            shown.add(fate[0])
            if not fate[2]:
                lost.add(fate[0])
        self._counts.partly += is_partly
        gained = verdict.gained if operation in _SHOWS_WHAT_IT_FINDS else frozenset()
        group = self._counts.group(REPLAYED[operation], question.requester.function.value)
        group.add(shown, frozenset(lost), gained)

    async def _question(self, record: audit.Record) -> _Question | None:
        """Return the question of a record; None when its words are of another version of this software."""
        who = (record.person, record.function, record.organisation, record.on_behalf_of, record.client)
        known = self._asked.get((*who, *record.purposes))
        if known is not None:
            return known
        try:
            function, purposes = Function(record.function), frozenset(map(Purpose, record.purposes))
        except ValueError:
            return None
        shared = await versions.load(self._snapshot)
        registry = await directory.load(self._snapshot, shared.directory)
        person = await directory.staff_of(self._snapshot, record.person) if record.person else None
        requester = Requester(
            function=function,
            organisation=OrganisationKey(record.organisation) if record.organisation else None,
            person=PersonKey(record.person) if record.person else None,
            authorisation=None if person is None else person.authorisation,
            profession=None if person is None else person.profession,
            on_behalf_of=PersonKey(record.on_behalf_of) if record.on_behalf_of else None,
            client=record.client,
            controller=OrganisationKey(controller_of(registry, record.organisation)) if record.organisation else None,
        )
        made = self._asked[*who, *record.purposes] = _Question(requester, purposes)
        return made

    async def _verdict(self, question: _Question, at_us: int) -> _Verdict | None:
        """Return both answers at that moment; None when nothing that is known today explains the access."""
        made = self._verdicts.get(question)
        if made is not None and made.since_us <= at_us and (made.until_us is None or at_us < made.until_us):
            return made
        self._verdicts[question] = made = await self._decide(question, at_us)
        return made

    async def _decide(self, question: _Question, at_us: int) -> _Verdict | None:
        known = await self._facts_for(question.requester)
        request = AccessRequest(
            requester=question.requester,
            citizen=CitizenKey(self._pid),
            purposes=question.purposes,
            action=Action.LOOK_UP,
            categories=frozenset(Category),
            at=from_us(at_us),
        )
        before = decide(request, known)
        if isinstance(before, Denial):
            return None
        others = tuple(one for one in known.agreements if one.id != self._draft.id)
        after = decide(request, replace(known, agreements=(*others, replace(self._draft, period=ALWAYS, pilot=None))))
        ends = [permit.valid_until for permit in (before, after) if isinstance(permit, Permit) and permit.valid_until]
        if self._rows is None:
            self._rows = await signatures.load(self._snapshot, self._pid)
            self._signatures = {row.number: row.signature for row in self._rows}
        before = await gate.narrowed(self._snapshot, before, self._rows)
        if isinstance(after, Permit):
            after = await gate.narrowed(self._snapshot, after, self._rows)
        return _Verdict(
            before=before,
            after=after,
            since_us=at_us,
            until_us=min(map(to_us, ends), default=None),
            gained=frozenset(
                signature.category.value
                for signature in self._signatures.values()
                if isinstance(after, Permit)
                and residual(before, signature) is NEVER
                and residual(after, signature) is not NEVER
            ),
        )

    async def _facts_for(self, requester: Requester) -> Facts:
        known = self._facts.get(requester)
        if known is None:
            known = self._facts[requester] = await facts.load(
                self._snapshot, pid=self._pid, requester=requester, at_us=self._period.start_us
            )
        return known

    async def _fate(self, verdict: _Verdict, shown: tuple[int, int]) -> tuple[str, bool, bool] | None:
        """Return what becomes of one version under both answers; None when it is not there any more."""
        if self._shapes is None:
            self._shapes = await replaying.shapes_of(self._snapshot, self._pid)
        shape = self._shapes.get(shown)
        signature = None if shape is None else self._signatures.get(shape.sig)
        if shape is None or signature is None:
            return None
        if shape.sig not in verdict.fates:
            verdict.fates[shape.sig] = _fate_of(verdict, signature)
        fate = verdict.fates[shape.sig]
        if fate is not None:
            return fate
        item = Item(
            citizen=CitizenKey(self._pid),
            instance=self._instance(shape.type_number, shown[0]),
            signature=signature,
            period=as_period((shape.start_us, shape.stop_us)),
        )
        was, would = (bool(_disclosed(permit, item)) for permit in (verdict.before, verdict.after))
        return signature.category.value, was, would

    def _instance(self, type_number: int, n: int) -> str:
        found = self._instances.get(n)
        if found is None:
            name = TYPE_NAME[type_number]
            found = self._instances[n] = f"{name}/{self._snapshot.ids.encode(self._pid, n)}"
        return found


def _fate_of(verdict: _Verdict, signature: Signature) -> tuple[str, bool, bool] | None:
    """Return what becomes of every record of a signature, or None where period or instance decide."""
    was = residual(verdict.before, signature)
    would = NEVER if isinstance(verdict.after, Denial) else residual(verdict.after, signature)
    if {was, would} <= {EVERYWHERE, NEVER}:
        return signature.category.value, was is not NEVER, would is not NEVER
    return None


def _disclosed(permit: Permit | Denial, item: Item) -> list[Item]:
    return [] if isinstance(permit, Denial) else disclose(permit, [(item, item)])
