"""Who a citizen is by the Patients that the sources keep: numbers, birth, death, which Patient answers, what disagrees.

Each source's Patient stays its own. One of them answers for all, by the rank of its source. What contradicts becomes a
finding for people to look at; nothing is ever joined or corrected because of it.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final

from app.translate.elements import objects, text
from app.translate.times import Bounds, bounds, period
from schemas.terminology.identifiers import CitizenNumber, citizen_number

TELL_OF_DEATH: Final = frozenset({"register", "authority"})
"""Kinds of source whose word on a death is a fact here; a notice of a hospital alone closes and opens nothing."""
RANKS: Final = ("register", "region", "hospital", "general-practice", "municipality")
"""Kinds of source, most trusted first; any other kind comes last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberInForce:
    """A number and when it was this citizen's; None: that side is not stated."""

    number: CitizenNumber
    held: Bounds | None = None
    is_old: bool = False  # replaced by another


@dataclass(frozen=True, slots=True, kw_only=True)
class Demographics:
    """What one Patient says; times in µs, None when it says nothing. Its text never shows the person."""

    numbers: tuple[NumberInForce, ...] = field(repr=False)
    born_us: int | None = field(default=None, repr=False)
    died_us: int | None = field(default=None, repr=False)
    is_dead: bool | None = None
    family: str = field(default="", repr=False)  # folded, of the official name
    is_whole_date: bool = False  # the birth date is given to the day

    @property
    def is_bare(self) -> bool:
        """Tell whether the Patient says numbers alone, as messages do: it never answers where another one can."""
        return not self.family and self.born_us is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A Patient that may answer for the citizen; `key` is the caller's."""

    key: int
    source_kind: str
    updated_us: int
    demographics: Demographics


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two Patients of one citizen disagree about an element; the values themselves are not repeated here."""

    element: str
    left: int
    right: int


def demographics_of(resource: Mapping[str, Any]) -> Demographics:
    """Return what a Patient says about the person. Total on any JSON object."""
    birth = bounds(resource.get("birthDate"))
    dead = resource.get("deceasedBoolean")
    died = bounds(resource.get("deceasedDateTime"))
    return Demographics(
        numbers=_numbers(resource),
        born_us=None if birth is None else birth[0],
        died_us=None if died is None else died[0],
        is_dead=True if died is not None else dead if isinstance(dead, bool) else None,
        family=_family(resource),
        is_whole_date=len(text(resource.get("birthDate"))) == len("YYYY-MM-DD"),
    )


def rank_of(source_kind: str) -> int:
    """Return how far down a kind of source stands; 0 is trusted most."""
    return RANKS.index(source_kind) if source_kind in RANKS else len(RANKS)


def master_of(candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the Patient that answers: one that says who it is, then best rank, one with a CPR number, the newest."""
    return min(candidates, key=_order, default=None)


def contradictions(candidates: Sequence[Candidate]) -> tuple[Contradiction, ...]:
    """Return every pair of Patients that cannot both be right about birth date, CPR number, family name or death."""
    return tuple(
        Contradiction(element, left.key, right.key)
        for left, right in combinations(sorted(candidates, key=lambda candidate: candidate.key), 2)
        for element, disagree in _DISAGREEMENTS.items()
        if disagree(left.demographics, right.demographics)
    )


def _order(candidate: Candidate) -> tuple[bool, int, bool, int, int]:
    said = candidate.demographics
    has_cpr = any(held.number.is_permanent and not held.is_old for held in said.numbers)
    return said.is_bare, rank_of(candidate.source_kind), not has_cpr, -candidate.updated_us, candidate.key


def _numbers(resource: Mapping[str, Any]) -> tuple[NumberInForce, ...]:
    found: dict[CitizenNumber, NumberInForce] = {}
    for identifier in objects(resource.get("identifier")):
        number = citizen_number(identifier.get("system"), identifier.get("value"))
        if number is not None and number not in found:
            found[number] = NumberInForce(
                number=number, held=period(identifier.get("period")), is_old=identifier.get("use") == "old"
            )
    return tuple(found.values())


def _family(resource: Mapping[str, Any]) -> str:
    names = objects(resource.get("name"))
    official = [name for name in names if name.get("use") == "official"] or names
    stated = next((text(name.get("family")) for name in official if text(name.get("family"))), "")
    plain = unicodedata.normalize("NFKD", stated[:200]).casefold()
    return "".join(char for char in plain if char.isalnum())


def _births_differ(left: Demographics, right: Demographics) -> bool:
    # A year alone does not contradict a day in it.
    both_whole = left.is_whole_date and right.is_whole_date
    return both_whole and left.born_us != right.born_us


def _cprs_differ(left: Demographics, right: Demographics) -> bool:
    one, other = (
        {held.number for held in side.numbers if held.number.is_permanent and not held.is_old} for side in (left, right)
    )
    return bool(one and other) and one.isdisjoint(other)


def _families_differ(left: Demographics, right: Demographics) -> bool:
    return bool(left.family and right.family) and left.family != right.family


def _deaths_differ(left: Demographics, right: Demographics) -> bool:
    return {left.is_dead, right.is_dead} == {True, False}


_DISAGREEMENTS: Final = {
    "birthDate": _births_differ,
    "identifier": _cprs_differ,
    "name.family": _families_differ,
    "deceased[x]": _deaths_differ,
}
