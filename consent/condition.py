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

    of: "Condition"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Records for which every one of `of` holds; at least two, sorted, without repeats."""

    of: tuple["Condition", ...]


Condition = Always | Never | During | Among | Not | AllOf

ALWAYS = Always()
NEVER = Never()


def negation(of: Condition) -> Condition:
    """Return the condition that holds exactly where `of` does not."""
    match of:
        case Always():
            return NEVER
        case Never():
            return ALWAYS
        case Not():
            return of.of
        case _:
            return Not(of)


def conjunction(conditions: Iterable[Condition]) -> Condition:
    """Return the condition that holds exactly where all of `conditions` do, in canonical form."""
    parts: dict[Condition, None] = {}
    for condition in conditions:
        match condition:
            case Never():
                return NEVER
            case Always():
                continue
            case AllOf():
                parts.update(dict.fromkeys(condition.of))
            case _:
                parts[condition] = None
    if not parts:
        return ALWAYS
    if len(parts) == 1:
        return next(iter(parts))
    return AllOf(tuple(sorted(parts, key=_rank)))


def _rank(condition: Condition) -> str:
    match condition:
        case During(period):
            return f"d{period.start}/{period.end}"
        case Among(instances):
            return f"i{sorted(instances)}"
        case Not(of):
            return f"n{_rank(of)}"
        case AllOf(of):
            return f"a{[_rank(part) for part in of]}"
        case _:
            return "c"


def holds(condition: Condition, *, instance: str, period: Period) -> bool:
    """Tell whether the condition holds for the record `instance` with the clinical period `period`."""
    match condition:
        case Always():
            return True
        case Never():
            return False
        case During():
            return condition.period.overlaps(period)
        case Among():
            return instance in condition.instances
        case Not():
            return not holds(condition.of, instance=instance, period=period)
        case AllOf():
            return all(holds(part, instance=instance, period=period) for part in condition.of)
