"""What a permit leaves open about the records of one signature: a small boolean value over period and instance.

`Always` and `Never` close the question. The others are turned into SQL by the store and evaluated by `holds`, and mean
the same in both. Values are hashable and in a canonical form, so that equal conditions compare equal whatever the order
of the directives that they came from.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from consent.model import Period


@dataclass(frozen=True, slots=True)
class Always:
    """Every record."""


@dataclass(frozen=True, slots=True)
class Never:
    """No record."""


@dataclass(frozen=True, slots=True)
class During:
    """Records whose clinical period shares an instant with `period`; both ends inclusive, `None` is open."""

    period: Period


@dataclass(frozen=True, slots=True)
class Among:
    """Records that are one of `instances` ('Type/id')."""

    instances: frozenset[str]


@dataclass(frozen=True, slots=True)
class Not:
    """Records for which `of` does not hold."""

    of: "Open"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Records for which every one of `of` holds; at least two, sorted, without repeats, none an `AllOf` itself."""

    of: tuple["Open", ...]


Open = During | Among | Not | AllOf
Condition = Always | Never | Open

ALWAYS = Always()
NEVER = Never()


def negation(of: Condition) -> Condition:
    """Return the condition that holds exactly where `of` does not."""
    if isinstance(of, Always):
        return NEVER
    if isinstance(of, Never):
        return ALWAYS
    return of.of if isinstance(of, Not) else Not(of)


def conjunction(conditions: Iterable[Condition]) -> Condition:
    """Return the condition that holds exactly where all of `conditions` do, in canonical form."""
    parts: dict[Open, None] = {}
    for condition in conditions:
        if isinstance(condition, Never):
            return NEVER
        if isinstance(condition, AllOf):
            parts.update(dict.fromkeys(condition.of))
        elif not isinstance(condition, Always):
            parts[condition] = None
    if not parts:
        return ALWAYS
    if len(parts) == 1:
        return next(iter(parts))
    return AllOf(tuple(sorted(parts, key=_rank)))


def _rank(condition: Open) -> str:
    if isinstance(condition, During):
        return f"d{condition.period.start}/{condition.period.end}"
    if isinstance(condition, Among):
        return f"i{sorted(condition.instances)}"
    if isinstance(condition, Not):
        return f"n{_rank(condition.of)}"
    return f"a{[_rank(part) for part in condition.of]}"


def holds(condition: Condition, *, instance: str, period: Period) -> bool:
    """Tell whether the condition holds for the record `instance` with the clinical period `period`."""
    if isinstance(condition, Always | Never):
        return isinstance(condition, Always)
    if isinstance(condition, During):
        return condition.period.overlaps(period)
    if isinstance(condition, Among):
        return instance in condition.instances
    if isinstance(condition, Not):
        return not holds(condition.of, instance=instance, period=period)
    return all(holds(part, instance=instance, period=period) for part in condition.of)
