"""A citizen's directives arranged once: by whom they name, and by when one of them begins or ends to count.

Many of a hundred directives concern other readers than the one who asks. What was arranged is kept with the facts; that
it changes no decision is a property test, tests/consent/test_arrangement.py.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cached_property

from consent.model import CitizenKey, Directive, OrganisationKey, Period, PersonKey, Provision
from consent.policy import LAPSE_OF_CONSENT

FOREVER = datetime.max.replace(tzinfo=UTC)
_INSTANT = timedelta(microseconds=1)
_Name = tuple[str, str | int]


class Directives(tuple[Directive, ...]):  # noqa: SLOT001  # what is looked up is kept, and a tuple has no room for it
    """Directives in the order in which they were given, with what is looked up in them."""

    @classmethod
    def of(cls, directives: Iterable[Directive]) -> "Directives":
        """Return them arranged; what is arranged already stays the very same."""
        return directives if isinstance(directives, cls) else cls(directives)

    def concerning(
        self,
        *,
        places: Iterable[OrganisationKey],
        persons: Iterable[PersonKey | None],
        citizen: CitizenKey | None,
    ) -> tuple[Directive, ...]:
        """Return all that may speak about a reader at `places`, who is or acts for `persons`; the others are silent.

        Looked at is one kind of name a directive, so that some come that turn out to be silent too.
        """
        everybody, named = self._named
        if not named:
            return tuple(self)
        wanted: list[_Name] = [("place", place) for place in places]
        wanted += [("person", person) for person in persons if person is not None]
        if citizen is not None:
            wanted.append(("citizen", citizen))
        found = {position for name in wanted for position in named.get(name, ())}
        return tuple([self[position] for position in sorted(found.union(everybody))])

    def next_change(self, at: datetime) -> datetime | None:
        """Return the first instant after `at` at which a directive begins or has ended; None if there is none."""
        place = bisect_right(self._moments, at)
        return self._moments[place] if place < len(self._moments) else None

    @cached_property
    def _named(self) -> tuple[frozenset[int], dict[_Name, list[int]]]:
        """Positions of those that name nobody, and of the others by each name."""
        everybody: set[int] = set()
        named: dict[_Name, list[int]] = {}
        for position, directive in enumerate(self):
            names = _names(directive.root)
            if names is None:
                everybody.add(position)
            else:
                for name in names:
                    named.setdefault(name, []).append(position)
        return frozenset(everybody), named

    @cached_property
    def _moments(self) -> list[datetime]:
        moments: set[datetime] = set()
        for directive in self:
            lapses = Period(end=lasting(directive.period.start, LAPSE_OF_CONSENT))
            for period in (directive.period, lapses, *_periods(directive.root)):
                moments.update(changes(period))
        return sorted(moments)


def changes(period: Period) -> list[datetime]:
    """Return the instants at which a period begins and has ended."""
    return has_ended(period.end) if period.start is None else [period.start, *has_ended(period.end)]


def has_ended(end: datetime | None) -> list[datetime]:
    """Return the instant at which what ends has ended: the end is included, so a microsecond later."""
    return [end + _INSTANT] if end is not None and end < FOREVER else []


def lasting(begun: datetime | None, span: timedelta) -> datetime | None:
    """Return the last instant of what begins at `begun` and lasts `span`; never past the end of time."""
    if begun is None:
        return None
    return FOREVER if begun > FOREVER - span else begun + span


def _names(root: Provision) -> list[_Name] | None:
    actors = root.actors
    if actors.organisations is not None:
        return [("place", place) for place in actors.organisations]
    if actors.persons is not None:
        return [("person", person) for person in actors.persons]
    if actors.citizens is not None:
        return [("citizen", citizen) for citizen in actors.citizens]
    return None


def _periods(provision: Provision) -> Iterable[Period]:
    yield provision.period
    for nested in provision.exceptions:
        yield from _periods(nested)
