"""What the sections see: the rows of one answer, the moment, and the next moment at which it would read differently."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from app.summary import catalogue, times
from app.summary.catalogue import Text
from app.summary.markup import safe
from app.summary.model import Row
from schemas.homes import TYPE_NUMBER

if TYPE_CHECKING:
    from app.summary.functional import Level
    from app.summary.groups import Group
    from app.summary.stays import Chain


NO_ENTRY: Final = frozenset({"Patient", "Composition", "Bundle"})
"""Types that are told in words only: one patient a document, and no second Composition (bdl-ips-1)."""
TOLD_ONLY: Final = frozenset(TYPE_NUMBER[name] for name in NO_ENTRY)
"""The same as numbers."""


class Block(NamedTuple):
    """What a section says: XHTML blocks, and the rows whose resources are its entries."""

    parts: Sequence[str]
    rows: Sequence[Row]


NOTHING: Final = Block((), ())
"""What a section says of no rows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """One row of the section table. `types` are the entry types that the section allows, `None` is any.

    `kinds` are all that `arrange` looks at: where there are none of them, it is not asked.
    """

    key: str
    code: str
    system: str
    display: str
    title: Text
    kinds: tuple[int, ...]
    arrange: Callable[["Scene", "Section"], Block]
    types: frozenset[str] | None = None
    stale_days: int | None = None
    window_days: int | None = None
    limit: int | None = None
    notice: bool = False  # repeats the standing notice
    type_numbers: frozenset[int] | None = field(init=False)  # of `types`; those that are never stored have none

    def __post_init__(self) -> None:
        """Find the numbers of the types, which rows are compared by."""
        numbers = None
        if self.types is not None:
            numbers = frozenset(TYPE_NUMBER[name] for name in self.types if name in TYPE_NUMBER)
        object.__setattr__(self, "type_numbers", numbers)


class Scene:
    """The rows of one answer by kind. Only `deadline` changes while the sections are composed."""

    __slots__ = (
        "_topics",
        "at",
        "by_ref",
        "chain",
        "chains",
        "computing",
        "deadline",
        "groups",
        "levels",
        "phones",
        "rows",
    )

    def __init__(self, *, at: int, phones: Mapping[str, str], computing: bool) -> None:
        """`at` is µs; `phones` are 24-hour numbers by organisation."""
        self.at = at
        self.phones = phones
        self.computing = computing
        self.rows: dict[int, list[Row]] = {}
        self.by_ref: dict[str, Row] = {}
        self.chains: list[Chain] = []  # of stays, oldest first
        self.chain: Chain | None = None  # the one that goes on now
        self.levels: list[Level] | None = None  # functional levels, made once
        self.groups: list[Group] | None = None  # of diagnoses, made once
        self.deadline: int | None = None
        self._topics: dict[int, dict[str, list[Row]]] = {}

    def of(self, section: Section) -> list[Row]:
        """Return the rows of the section's kinds and types, newest first."""
        parts = [rows for kind in section.kinds if (rows := self.rows.get(kind))]
        if not parts:
            return []
        found = parts[0]
        if len(parts) > 1:
            found = [row for rows in parts for row in rows]
            found.sort(key=by_age)
        numbers = section.type_numbers
        return found[:] if numbers is None else [row for row in found if row.type_number in numbers]

    def by_topic(self, kind: int) -> dict[str, list[Row]]:
        """Return the rows of a kind by topic, newest first; made once."""
        known = self._topics.get(kind)
        if known is None:
            known = self._topics[kind] = {}
            for row in self.rows.get(kind, ()):
                known.setdefault(row.topic, []).append(row)
        return known

    def passed(self, moment: int) -> bool:
        """Tell whether `moment` has come; one that has not is remembered as a deadline of this answer."""
        if moment <= self.at:
            return True
        if self.deadline is None or moment < self.deadline:
            self.deadline = moment
        return False

    def is_over(self, stop: int | None) -> bool:
        """Tell whether a period whose last µs is `stop` has ended."""
        return stop is not None and self.passed(stop + 1)

    def is_stale(self, moment: int, days: int | None) -> bool:
        """Tell whether what was true at `moment` is older than the section trusts; an unknown date is not judged."""
        return days is not None and moment > 0 and self.passed(moment + days * times.DAY)

    def origin(self, row: Row, stale_days: int | None = None) -> str:
        """Write as-of, received (where it is another day) and source of a row, and whether it is stale."""
        told = f" <small>{row.as_of_text}{row.received} · {row.origin.source}</small>"
        if stale_days is not None and self.is_stale(row.as_of, stale_days):
            told += f" {mark(catalogue.STALE)}"
        return told

    def item(self, row: Row, html: str, stale_days: int | None = None) -> str:
        """Write one list item."""
        return f"<li>{html}{self.origin(row, stale_days)}</li>"


@lru_cache(maxsize=256)
def mark(text: Text) -> str:
    """Write a mark in both languages, Danish bold."""
    return f"<b>{text.da}</b> <i lang='en'>({text.en})</i>"


@lru_cache(maxsize=256)
def heading(text: Text) -> str:
    """Write a sub-heading in both languages."""
    return f"<p><b>{text.da}</b> <i lang='en'>{text.en}</i></p>"


@lru_cache(maxsize=64)
def both(text: Text) -> str:
    """Write a sentence in both languages as a paragraph."""
    return f"<p>{safe(text.da)} <i lang='en'>{safe(text.en)}</i></p>"


def listed(items: Iterable[str]) -> list[str]:
    """Return one list of the items, or nothing."""
    inside = "".join(items)
    return [f"<ul>{inside}</ul>"] if inside else []


def newest(rows: Iterable[Row]) -> list[Row]:
    """Sort newest first."""
    return sorted(rows, key=by_age)


by_as_of = attrgetter("as_of")

by_age = attrgetter("age")
"""Sort key: newest first, see `app.summary.model.age_of`."""
