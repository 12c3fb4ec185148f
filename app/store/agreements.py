"""Sharing agreements: every version that ever was, with what was decided about it; the terms in force, in memory.

A version lives through stages: drafted (it binds nobody), piloted (it binds the readers of some parties), in force,
ended. Terms never change once written: another wish is another version. The row's two times are the outermost ones;
`phases` say whom the version binds when.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from sqlalchemy import select

from app.store.database import Query, Snapshot
from app.store.job import Upsert, Write
from app.store.periods import columns_of, period_of
from app.store.tables import agreement
from app.store.versions import AGREEMENT_CHANGED
from consent.model import Agreement, OrganisationKey
from consent.vocabulary import Category, Function


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """When a version binds whom: first and last µs UTC (None is open), and the pilot's organisations (None: all)."""

    start: int | None = None
    stop: int | None = None
    pilot: frozenset[str] | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided about a version, when (µs UTC) and by whom."""

    at: int
    by: str
    what: str


class _Terms(msgspec.Struct, frozen=True, kw_only=True):
    functions: frozenset[Function]
    categories: frozenset[Category]
    organisations: frozenset[str]
    enables_social_case: bool
    area: str = ""
    title: str = ""
    phases: tuple[Phase, ...] | None = None  # None: a row from before there were phases; its two times are the phase
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version with its story. `terms.period` and `terms.pilot` mean nothing here: `phases` do.

    `area` is the health cluster or region for which it was made, in words.
    """

    terms: Agreement
    phases: tuple[Phase, ...] = ()
    area: str = ""
    title: str = ""
    events: tuple[Event, ...] = ()

    @property
    def in_force(self) -> tuple[Agreement, ...]:
        """The terms as the engine wants them, one a phase; none for a draft."""
        return tuple(_phased(self.terms, phase) for phase in self.phases)


_decoder = msgspec.json.Decoder(_Terms)


async def load(snapshot: Snapshot, version: int) -> tuple[Agreement, ...]:
    """Return what binds, did or will; `version` is `Shared.agreement` of the same snapshot."""
    known = snapshot.remembered.get("agreements")
    if known is None or known[0] != version:
        read = tuple(one for kept in await versions(snapshot) for one in kept.in_force)
        known = snapshot.remembered["agreements"] = (version, read)
    found: tuple[Agreement, ...] = known[1]
    return found


async def versions(snapshot: Snapshot) -> tuple[Version, ...]:
    """Return all versions of all agreements, drafts too, in order."""
    return tuple(_version(*row) for row in await snapshot.rows(_LOAD, {}))


def put(agreements: Iterable[Agreement]) -> tuple[Write, ...]:
    """Write terms that bind in their period, without a story."""
    return put_versions(Version(terms=one, phases=(phase_of(one),)) for one in agreements)


def put_versions(changed: Iterable[Version]) -> tuple[Write, ...]:
    """Write versions with their story."""
    return (Upsert(agreement, tuple(_row(one) for one in changed)), AGREEMENT_CHANGED)


def phase_of(one: Agreement) -> Phase:
    """Return the period and pilot of terms as a phase."""
    start, stop = columns_of(one.period)
    return Phase(start=start, stop=stop, pilot=None if one.pilot is None else frozenset(one.pilot))


def _phased(terms: Agreement, phase: Phase) -> Agreement:
    return Agreement(
        id=terms.id,
        version=terms.version,
        period=period_of(phase.start, phase.stop),
        functions=terms.functions,
        categories=terms.categories,
        organisations=terms.organisations,
        enables_social_case=terms.enables_social_case,
        pilot=None if phase.pilot is None else frozenset(map(OrganisationKey, phase.pilot)),
    )


def _row(one: Version) -> tuple[str, int, int | None, int | None, bytes]:
    terms = _Terms(
        functions=one.terms.functions,
        categories=one.terms.categories,
        organisations=frozenset(one.terms.organisations),
        enables_social_case=one.terms.enables_social_case,
        area=one.area,
        title=one.title,
        phases=one.phases,
        events=one.events,
    )
    starts = [phase.start for phase in one.phases]
    stops = [phase.stop for phase in one.phases]
    first = None if None in starts else min((start for start in starts if start is not None), default=None)
    last = None if None in stops else max((stop for stop in stops if stop is not None), default=None)
    return (one.terms.id, one.terms.version, first, last, msgspec.json.encode(terms, order="deterministic"))


def _version(id: str, version: int, start: int | None, stop: int | None, stored: bytes) -> Version:
    terms = _decoder.decode(stored)
    written = Agreement(
        id=id,
        version=version,
        period=period_of(start, stop),
        functions=terms.functions,
        categories=terms.categories,
        organisations=frozenset(OrganisationKey(sor) for sor in terms.organisations),
        enables_social_case=terms.enables_social_case,
    )
    phases = (phase_of(written),) if terms.phases is None else terms.phases
    return Version(terms=written, phases=phases, area=terms.area, title=terms.title, events=terms.events)


_LOAD = Query(
    "agreements.load",
    lambda: select(*agreement.columns).order_by(agreement.c.id, agreement.c.version),
)
