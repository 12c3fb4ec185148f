"""What the sections see: the rows of one answer, the moment, and the next moment at which it would read differently."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from app.summary import catalogue, times
from app.summary.catalogue import Text
from app.summary.markup import safe
from app.summary.model import Line, Record

if TYPE_CHECKING:
    from app.summary.functional import Level
    from app.summary.groups import Group
    from app.summary.stays import Chain


NO_ENTRY: Final = frozenset({"Patient", "Composition", "Bundle"})
"""Types that are told in words only."""


class Row(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One line with where it comes from."""

    line: Line
    ref: str  # 'Type/id'
    type: str
    record: Record
    owner: str  # the controller: tells sources apart
    source: str  # organisation's name, escaped
    age: tuple[int, int, str]  # sorts newest first

    @property
    def in_bundle(self) -> bool:
        """Whether it may be an entry: one patient only, and no second Composition (bdl-ips-1)."""
        return self.type not in NO_ENTRY

    def has(self, mark: int) -> bool:
        """Tell whether the line bears the mark."""
        return bool(self.line.marks & mark)


class Block(NamedTuple):
    """What a section says: XHTML blocks, and the rows whose resources are its entries."""

    parts: list[str]
    rows: list[Row]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """One row of the section table. `types` are the entry types that the section allows, `None` is any."""

    key: str
    code: str
    system: str
    display: str
    title: Text
    kinds: tuple[str, ...]
    arrange: Callable[["Scene", "Section"], Block]
    types: frozenset[str] | None = None
    stale_days: int | None = None
    window_days: int | None = None
    limit: int | None = None
    notice: bool = False  # repeats the standing notice


class _Received(dict[int, tuple[int, str]]):
    """When something was received, µs -> Danish day and its text; 0 is unknown."""

    def __missing__(self, us: int) -> tuple[int, str]:
        day, text = times.day_of(us), f", {catalogue.RECEIVED.da} {times.day_text(us)}"
        self[us] = (day, text if us else "")
        return self[us]


class Scene:
    """The rows of one answer by kind. Only `deadline` changes while the sections are composed."""

    __slots__ = (
        "_received",
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
        self.rows: dict[str, list[Row]] = {}
        self.by_ref: dict[str, Row] = {}
        self.chains: list[Chain] = []  # of stays, oldest first
        self.chain: Chain | None = None  # the one that goes on now
        self.levels: list[Level] | None = None  # functional levels, made once
        self.groups: list[Group] | None = None  # of diagnoses, made once
        self.deadline: int | None = None
        self._received = _Received()
        self._topics: dict[str, dict[str, list[Row]]] = {}

    def of(self, section: Section) -> list[Row]:
        """Return the rows of the section's kinds and types, newest first."""
        parts = [rows for kind in section.kinds if (rows := self.rows.get(kind))]
        if not parts:
            return []
        found = parts[0]
        if len(parts) > 1:
            found = [row for rows in parts for row in rows]
            found.sort(key=by_age)
        types = section.types
        return found[:] if types is None else [row for row in found if row.type in types]

    def by_topic(self, kind: str) -> dict[str, list[Row]]:
        """Return the rows of a kind by topic, newest first; made once."""
        known = self._topics.get(kind)
        if known is None:
            known = self._topics[kind] = {}
            for row in self.rows.get(kind, ()):
                known.setdefault(row.line.topic, []).append(row)
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
        line = row.line
        day, received = self._received[row.record.updated_us]
        told = f" <small>{line.as_of_text}{'' if day == line.day else received} · {row.source}</small>"
        if stale_days is not None and self.is_stale(line.as_of, stale_days):
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


by_as_of = attrgetter("line.as_of")

by_age = attrgetter("age")
"""Sort key: newest first; equal dates by received, then by id, so that the order never depends on storage."""
