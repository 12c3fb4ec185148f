"""Counts of a replay, and which of them may be told. Pure.

A cell is told when it is nothing or at least `smallest`, and when what is left of the number it is a part of is nothing
or at least `smallest` too: whoever subtracts one told number from another learns of no small group. Sums are told only
where every part of them is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

Told = int | None
"""A number, or None where it is kept back."""


@dataclass(slots=True)
class Cell:
    """How often, and how often a draft would have shown less, or could have shown more."""

    accesses: int = 0
    fewer: int = 0
    more: int = 0


@dataclass(slots=True)
class Group:
    """All accesses of one kind by one function: each counts once in `whole`, and once in each category it touched."""

    whole: Cell = field(default_factory=Cell)
    categories: dict[str, Cell] = field(default_factory=dict)

    def add(self, shown: Iterable[str], lost: frozenset[str], gained: frozenset[str]) -> None:
        """Count one access by the categories that it showed, would have lost and could have gained."""
        self.whole.accesses += 1
        self.whole.fewer += bool(lost)
        self.whole.more += bool(gained)
        for category in {*shown, *gained}:
            cell = self.categories.setdefault(category, Cell())
            cell.accesses += category in shown
            cell.fewer += category in lost
            cell.more += category in gained


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the answer; `category` is '' for the whole of an operation and function."""

    operation: str
    function: str
    category: str
    accesses: Told
    fewer: Told
    more: Told


@dataclass(slots=True)
class Counts:
    """What a replay found. `unexplained` are accesses whose basis cannot be found again; they are in no group."""

    groups: dict[tuple[str, str], Group] = field(default_factory=dict)
    unexplained: int = 0
    partly: int = 0

    def group(self, operation: str, function: str) -> Group:
        """Return the group of accesses of this kind."""
        return self.groups.setdefault((operation, function), Group())

    def lines(self, smallest: int) -> list[Line]:
        """Return what may be told, operation by operation."""
        return [
            line
            for (operation, function), group in sorted(self.groups.items())
            for line in _lines(operation, function, group, smallest)
        ]

    def total(self, smallest: int) -> Cell | None:
        """Return the sums over all groups, or None where a part of them is kept back."""
        wholes = [line for line in self.lines(smallest) if not line.category]
        if any(None in {line.accesses, line.fewer, line.more} for line in wholes):
            return None
        cells = [group.whole for group in self.groups.values()]
        return Cell(*(sum(getattr(cell, name) for cell in cells) for name in ("accesses", "fewer", "more")))


def told(number: int, smallest: int, *wholes: int) -> Told:
    """Return a number that is part of `wholes`, or None where it or what is left would be small."""
    parts = (number, *(whole - number for whole in wholes))
    return number if all(part == 0 or part >= smallest for part in parts) else None


def _lines(operation: str, function: str, group: Group, smallest: int) -> Iterable[Line]:
    whole = group.whole
    if told(whole.accesses, smallest) is None:
        yield Line(operation=operation, function=function, category="", accesses=None, fewer=None, more=None)
        return
    parts = [
        _category(operation, function, category, cell, whole.accesses, smallest)
        for category, cell in sorted(group.categories.items())
    ]
    yield Line(
        operation=operation,
        function=function,
        category="",
        accesses=whole.accesses,
        fewer=_sum_told(whole.fewer, (part.fewer for part in parts), whole.accesses, smallest),
        more=_sum_told(whole.more, (part.more for part in parts), whole.accesses, smallest),
    )
    yield from parts


def _category(operation: str, function: str, category: str, cell: Cell, whole: int, smallest: int) -> Line:
    accesses = told(cell.accesses, smallest, whole)
    return Line(
        operation=operation,
        function=function,
        category=category,
        accesses=accesses,
        fewer=None if accesses is None else told(cell.fewer, smallest, cell.accesses, whole),
        more=told(cell.more, smallest, whole),
    )


def _sum_told(number: int, parts: Iterable[Told], whole: int, smallest: int) -> Told:
    return None if None in set(parts) else told(number, smallest, whole)
