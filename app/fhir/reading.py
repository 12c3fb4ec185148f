"""The parameters of an operation, read one by one, so that every fault is named and not the first alone."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from app.fhir.parameters import Input
from app.search.dates import date_range
from app.sharing.explain import path_of
from schemas.fault import Fault
from schemas.terminology import systems

PLACES = frozenset({systems.SOR})
PERSONS = frozenset({systems.AUTHORISATION, systems.PERSON_KEY})
_LONGEST = 64
_YEARS = range(1900, 2200)

_Word = TypeVar("_Word", bound=StrEnum)


class Reading:
    """Reads the parameters of one call and gathers what is wrong with them; each `None` beside a fault."""

    def __init__(self, given: Input) -> None:
        """Read `given`."""
        self._given = given
        self.faults: list[Fault] = []

    def fault(self, name: str, code: str, text: str) -> None:
        """Note what is wrong with a parameter."""
        self.faults.append(Fault(path_of(name), code, text))

    def word(self, name: str, words: type[_Word]) -> _Word | None:
        """Return a parameter as one of a closed list of words."""
        value = self._given.values.get(name)
        if value is None:
            return None
        known = {word.value: word for word in words}
        if not isinstance(value, str) or value not in known:
            self.fault(name, "code-invalid", f"`{name}` is one of: {', '.join(sorted(known))}")
            return None
        return known[value]

    def named(self, name: str, systems_known: frozenset[str]) -> str | None:
        """Return the value of an identifier, given as an Identifier, as `system|value` or bare."""
        value = self._given.values.get(name)
        if value is None:
            return None
        if isinstance(value, Mapping):
            system, code = value.get("system"), value.get("value")
        else:
            before, bar, after = str(value).partition("|")
            system, code = (before, after) if bar else (None, before)
        is_known = system is None or systems.canonical(str(system)) in systems_known
        if not (is_known and isinstance(code, str) and code.isprintable() and 0 < len(code) <= _LONGEST):
            self.fault(name, "value", f"give `{name}` with its system: {', '.join(sorted(systems_known))}")
            return None
        return code

    def instant(self, name: str) -> int | None:
        """Return the first µs of a date or instant."""
        value = self._given.values.get(name)
        if value is None:
            return None
        bound = date_range(value) if isinstance(value, str) else None
        if bound is None or not (value[:4].isdigit() and int(value[:4]) in _YEARS):
            self.fault(name, "value", f"`{name}` is a date or an instant between {_YEARS[0]} and {_YEARS[-1]}")
            return None
        return bound[0]
