"""What a rule between elements is, and the shapes that many rules share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from schemas.invariants.looking import has, has_choice

JSON = dict[str, Any]
Broken = tuple[str, ...]
Check = Callable[[JSON], Broken]

HOLDS: Final[Broken] = ()
HERE: Final[Broken] = ("",)


@dataclass(frozen=True, slots=True)
class Rule:
    """One constraint: its key in the definitions and the function that looks for breaches."""

    key: str
    check: Check


def one_of(*names: str) -> Check:
    """Make a rule: at least one of the elements is there."""

    def check(value: JSON) -> Broken:
        return HOLDS if has(value, *names) or any(has_choice(value, name) for name in names) else HERE

    return check


def not_both(first: str, second: str) -> Check:
    """Make a rule: the two elements never stand together."""

    def check(value: JSON) -> Broken:
        return HERE if has(value, first) and has(value, second) else HOLDS

    return check


def needs(first: str, second: str) -> Check:
    """Make a rule: where the first element is, the second is too."""

    def check(value: JSON) -> Broken:
        return HERE if has(value, first) and not has(value, second) else HOLDS

    return check


def either(first: str, second: str) -> Check:
    """Make a rule: exactly one of the two elements is there."""

    def check(value: JSON) -> Broken:
        return HERE if has(value, first) == has(value, second) else HOLDS

    return check
