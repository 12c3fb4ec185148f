"""The life of an agreement: drafted, piloted by some parties, in force from a day, ended; every step on record.

Only an operator's command comes here. Nothing is decided about the past: what has bound has bound, and replays and
explanations must find it again. Whoever ends a version, or lets the next one follow, gives back what the law opens and
no more.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from app.errors import InvalidContentError
from app.runtime import from_us, random_id
from app.sharing.operator import operator_entry
from app.store import agreements, directory
from app.store import versions as shared_versions
from app.store.agreements import Event, Phase, Version
from app.store.database import Database
from app.store.job import Job
from app.store.tables import DIRECTORY
from consent.model import ALWAYS, Agreement, OrganisationKey
from consent.vocabulary import Category, Function
from schemas.fault import Fault

_Word = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
_Sor = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x20,]+$")]
_Line = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f]+$")]
_INSTANT = 1


class DraftFile(BaseModel):
    """What parties wish: between whom, which functions get which categories from the others.

    `area` is the cluster or region; `social_case` opens records of social cases to those who have access otherwise
    (rule X2).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: _Word
    title: _Line
    area: _Line
    organisations: Annotated[frozenset[_Sor], Field(min_length=2)]
    functions: Annotated[frozenset[Function], Field(min_length=1)]
    categories: frozenset[Category]
    social_case: bool = False

    def terms(self, version: int) -> Agreement:
        """Return the terms as the engine wants them, in no period yet."""
        return Agreement(
            id=self.id,
            version=version,
            period=ALWAYS,
            functions=self.functions,
            categories=self.categories,
            organisations=frozenset(map(OrganisationKey, self.organisations)),
            enables_social_case=self.social_case,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Who decides, when it is decided, and from when it counts (both µs UTC)."""

    by: str
    now_us: int
    from_us: int | None = None


def read_draft_file(text: bytes) -> DraftFile:
    """Read a draft.

    Raises:
        InvalidContentError: every fault with its place.
    """
    try:
        return DraftFile.model_validate_json(text)
    except ValidationError as error:
        faults = tuple(
            Fault(".".join(map(str, one["loc"])) or "file", "invalid", one["msg"].lower())
            for one in error.errors(include_input=False, include_url=False, include_context=False)
        )
        raise InvalidContentError("the draft was refused", faults=faults) from None


async def draft(database: Database, wish: DraftFile, *, by: str, now_us: int) -> Version:
    """Store a draft as the next version; it binds nobody.

    Raises:
        InvalidContentError: a party is no organisation that the directory knows.
    """
    async with database.snapshot() as snapshot:
        kept = await agreements.versions(snapshot)
        known = await directory.load(snapshot, (await shared_versions.load(snapshot)).directory)
    faults = tuple(
        Fault("organisations", "not-found", f"the directory knows no organisation `{sor}`")
        for sor in sorted(wish.organisations)
        if sor not in known.organisations
    )
    if faults:
        raise InvalidContentError("the draft was refused", faults=faults)
    number = 1 + max((one.terms.version for one in kept if one.terms.id == wish.id), default=0)
    made = Version(terms=wish.terms(number), area=wish.area, title=wish.title)
    return await _store(database, made, (), "drafted", Decided(by=by, now_us=now_us))


async def pilot(
    database: Database, id: str, version: int, organisations: Iterable[str], decided: Decided, *, until_us: int | None
) -> Version:
    """Let a draft bind the readers of some of its parties, or of units below them, from a moment until another.

    Raises:
        InvalidContentError: no such draft, not among its parties, or a moment that is past.
    """
    start = _moment(decided)
    chosen = frozenset(organisations)
    async with database.snapshot() as snapshot:
        one = _find(await agreements.versions(snapshot), id, version)
        tree = (await directory.load(snapshot, (await shared_versions.load(snapshot)).directory)).tree
    if one.phases:
        raise InvalidContentError("only a draft can be piloted; this version has bound somebody already")
    if not chosen or any(one.terms.organisations.isdisjoint(tree.path(OrganisationKey(sor))) for sor in chosen):
        raise InvalidContentError("a pilot names organisations that are parties, or units below them")
    if until_us is not None and until_us <= start:
        raise InvalidContentError("the pilot would end before it begins")
    phase = Phase(start=start, stop=None if until_us is None else until_us - _INSTANT, pilot=chosen)
    return await _store(database, replace(one, phases=(phase,)), (), "piloted", decided)


async def enforce(database: Database, id: str, version: int, decided: Decided) -> Version:
    """Let a draft or piloted version bind all its parties from a moment on; the one before ends then.

    Raises:
        InvalidContentError: no such version, in force already, or a moment that is past.
    """
    start = _moment(decided)
    async with database.snapshot() as snapshot:
        kept = await agreements.versions(snapshot)
    one = _find(kept, id, version)
    if any(phase.pilot is None for phase in one.phases):
        raise InvalidContentError("this version is in force, or was, already; draft another one")
    newer = [
        other
        for other in kept
        if other.terms.id == id and other.terms.version > version and any(phase.pilot is None for phase in other.phases)
    ]
    if newer:
        raise InvalidContentError("a later version is in force, or was; draft another one")
    phases = (*_cut(one.phases, start), Phase(start=start))
    earlier = [
        replace(other, phases=_cut(other.phases, start))
        for other in kept
        if other.terms.id == id and other.terms.version != version and _cut(other.phases, start) != other.phases
    ]
    return await _store(database, replace(one, phases=phases), earlier, "in force", decided)


async def end(database: Database, id: str, version: int, decided: Decided) -> Version:
    """Let a version bind nobody from a moment on.

    Raises:
        InvalidContentError: no such version, it binds nobody then anyway, or a moment that is past.
    """
    stop = _moment(decided)
    async with database.snapshot() as snapshot:
        one = _find(await agreements.versions(snapshot), id, version)
    left = _cut(one.phases, stop)
    if left == one.phases:
        raise InvalidContentError("this version binds nobody from that moment on anyway")
    return await _store(database, replace(one, phases=left), (), "ended", decided)


async def find(database: Database, named: str) -> Agreement:
    """Return the terms of a stored version, `id:version`.

    Raises:
        InvalidContentError: there is none.
    """
    id, _, version = named.rpartition(":")
    kept = await every(database)
    if not version.isdecimal():
        raise InvalidContentError("a version is named as `id:version`, or by the file of a draft")
    return _find(kept, id, int(version[:9])).terms


async def every(database: Database) -> tuple[Version, ...]:
    """Return all versions of all agreements."""
    async with database.snapshot() as snapshot:
        return await agreements.versions(snapshot)


def stage_of(one: Version, *, at_us: int) -> str:
    """Return the stage in which a version is."""
    if not one.phases:
        return "draft"
    for phase in one.phases:
        if (phase.start is None or phase.start <= at_us) and (phase.stop is None or at_us <= phase.stop):
            return "in force" if phase.pilot is None else "piloted"
    begun = any(phase.start is None or phase.start <= at_us for phase in one.phases)
    return "ended" if begun else "decided"


def _find(kept: Iterable[Version], id: str, version: int) -> Version:
    found = [one for one in kept if (one.terms.id, one.terms.version) == (id, version)]
    if not found:
        raise InvalidContentError(f"there is no version {version} of an agreement `{id}`")
    return found[0]


def _moment(decided: Decided) -> int:
    moment = decided.now_us if decided.from_us is None else decided.from_us
    if moment < decided.now_us:
        raise InvalidContentError("an agreement cannot begin or end in the past: who looked then, looked then")
    return moment


def _cut(phases: tuple[Phase, ...], moment: int) -> tuple[Phase, ...]:
    """Return what is left of phases that end before `moment`."""
    return tuple(
        Phase(start=phase.start, stop=moment - _INSTANT, pilot=phase.pilot)
        if phase.stop is None or phase.stop >= moment
        else phase
        for phase in phases
        if phase.start is None or phase.start < moment
    )


async def _store(database: Database, one: Version, others: Iterable[Version], what: str, decided: Decided) -> Version:
    """Write what was decided, with the record of who decided it, in one job."""
    when = "" if decided.from_us is None else f" from {from_us(decided.from_us).isoformat()}"
    changed = [_told(one, f"{what}{when}", decided)]
    changed += [_told(other, f"followed by version {one.terms.version}{when}", decided) for other in others]
    command = f"agreement {one.terms.id}|{one.terms.version} {what}{when}"
    record = operator_entry(by=decided.by, at_us=decided.now_us, request_id=random_id(), command=command)
    await database.commit(Job(pid=DIRECTORY, writes=agreements.put_versions(changed), audit=(record,)))
    return changed[0]


def _told(one: Version, what: str, decided: Decided) -> Version:
    return replace(one, events=(*one.events, Event(at=decided.now_us, by=decided.by, what=what)))
