"""Pairs of a query string to a `SearchQuery`. Pure.

Whatever is not understood is refused, all of it at once, so that a mistake never widens a search. With `lenient`,
parameters that we do not know are left out and named instead; a modifier that we do not know is refused even then, and
so is everything about the citizen. Texts name parameters and never repeat a value.

Sources: https://hl7.org/fhir/R4/search.html; https://hl7.org/fhir/R4/search.html#errors
"""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from app.errors import InvalidSearchError
from app.search.clauses import ID, ReadError, alternatives, clause, system_and_code
from app.search.query import ById, ByIdentifier, Clause, Ids, SearchQuery, Selector, Sort, Total
from app.search.registry import PARAMETERS, Parameter
from schemas.fault import Fault

DEFAULT_COUNT: Final = 50
MOST_COUNT: Final = 500
MOST_PAIRS: Final = 30
LONGEST_VALUE: Final = 2_000
LONGEST_CURSOR: Final = 12_000
CURSOR: Final = "_cursor"
"""Our parameter for page tokens."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z_.:\-]{0,63}", re.ASCII)
_UNREADABLE = re.compile(r"[\0\ud800-\udfff]")
_SELECTED = re.compile(r"(?P<name>patient|subject)(?![A-Za-z_\-])", re.ASCII)
_SELECTOR = re.compile(r"(?P<name>patient|subject)(?::(?P<modifier>\w+))?(?:\.(?P<chain>[\w.:\-]+))?", re.ASCII)
# (modifier, chained parameter) by which a selector names the citizen by identifier.
_BY_IDENTIFIER = frozenset({("identifier", None), (None, "identifier"), ("Patient", "identifier")})
_WITHOUT_EFFECT = frozenset({"_format", "_pretty"})


def parse(type_: str, pairs: Sequence[tuple[str, str]], *, lenient: bool = False, base_url: str = "") -> SearchQuery:
    """Read the pairs of a search for `type_`; references under our own `base_url` are local.

    Raises:
        InvalidSearchError: one fault for each thing that is unknown, not supported, repeated or malformed.
    """
    rows = PARAMETERS.get(type_)
    if rows is None:
        raise InvalidSearchError("this type of resource cannot be searched")
    reader = _Reader(rows, lenient=lenient, base_url=base_url.rstrip("/"))
    if len(pairs) > MOST_PAIRS:
        reader.refuse("", "too-costly", f"a search may have at most {MOST_PAIRS} parameters")
    else:
        for name, value in pairs:
            reader.read(name, value)
    return reader.query(type_)


def _said(name: str) -> str:
    """Return a parameter's name for a text: names have no digits, so that no number gets into one."""
    return f"`{name}`" if _NAME.fullmatch(name) else "a parameter with an unreadable name"


class _Reader:
    """Collects what the pairs say, and every fault in them."""

    def __init__(self, rows: Mapping[str, Parameter], *, lenient: bool, base_url: str) -> None:
        self.rows = rows
        self.lenient = lenient
        self.base_url = base_url
        self.faults: list[Fault] = []
        self.clauses: list[Clause] = []
        self.pairs: list[tuple[str, str]] = []
        self.ignored: list[str] = []
        self.seen: set[str] = set()
        self.patient: Selector | None = None
        self.sort = Sort()
        self.count = DEFAULT_COUNT
        self.total: Total = "none"
        self.cursor: str | None = None
        self.names_person = False
        self.total_only = False

    def refuse(self, name: str, code: str, text: str) -> None:
        self.faults.append(Fault(name if _NAME.fullmatch(name) else "", code, text))

    def read(self, name: str, value: str) -> None:
        """Read one pair."""
        if _UNREADABLE.search(value) or len(value) > (LONGEST_CURSOR if name == CURSOR else LONGEST_VALUE):
            self.refuse(name, "value", f"{_said(name)} has a value that is too long or not text")
            return
        if name in _WITHOUT_EFFECT:
            return
        if name in _RESULT:
            self._read_result(name, value)
        elif self._selects(name):
            self._read_selector(name, value)
        else:
            self._read_clause(name, value)

    def _read_result(self, name: str, value: str) -> None:
        if name in self.seen:
            self.refuse(name, "invalid", f"{_said(name)} may be given once")
            return
        self.seen.add(name)
        try:
            _RESULT[name](self, value)
        except ReadError as error:
            self.refuse(name, error.code, f"{_said(name)} {error.text}")
        else:
            if name != CURSOR:
                self.pairs.append((name, value))

    def _selects(self, name: str) -> bool:
        match = _SELECTED.match(name)
        row = self.rows.get(match["name"]) if match else None
        return row is not None and row.selects

    def _read_selector(self, name: str, value: str) -> None:
        try:
            self.patient = self._selector(name, value)
        except ReadError as error:
            self.refuse(name, error.code, f"{_said(name)} {error.text}")
        else:
            self.pairs.append((name, value))

    def _selector(self, name: str, value: str) -> Selector:
        if self.patient is not None:
            raise ReadError("may be given once, as `patient` or as `subject`: a search is about one citizen", "invalid")
        match = _SELECTOR.fullmatch(name)
        form = (match["modifier"], match["chain"]) if match else ("", "")
        if form in _BY_IDENTIFIER:
            self.names_person = True
            return _identifier(value)
        if form not in {(None, None), ("Patient", None)}:
            raise ReadError("is not supported", "not-supported")
        return ById(self._patient_id(value))

    def _patient_id(self, value: str) -> str:
        prefix = f"{self.base_url}/Patient/" if self.base_url else "Patient/"
        text = value.removeprefix(prefix).removeprefix("Patient/")
        if not ID.fullmatch(text):
            raise ReadError("must be the id of one Patient here")
        return text

    def _read_clause(self, name: str, value: str) -> None:
        base, colon, modifier = name.partition(":")
        row = self.rows.get(base)
        if row is None:
            if self.lenient:
                self.ignored.append(name if _NAME.fullmatch(name) else "unreadable")
            else:
                self.refuse(name, "not-supported", f"{_said(name)} is not a search parameter that is supported here")
            return
        try:
            self.clauses.append(clause(row, modifier if modifier or not colon else ":", value, self.base_url))
            if row.type == "Patient" and name == "identifier" and self.patient is None:
                # It names the citizen, and stays a condition on her Patients.
                self.patient = _one_identifier(value)
        except ReadError as error:
            self.refuse(name, error.code, f"{_said(name)} {error.text}")
            return
        self.names_person = self.names_person or _may_identify(row, modifier)
        self.pairs.append((name, value))

    def query(self, type_: str) -> SearchQuery:
        """Return the search.

        Raises:
            InvalidSearchError: there were faults.
        """
        if self.cursor is not None and (self.clauses or self.patient or not self.seen <= {CURSOR, "_count"}):
            self.refuse(CURSOR, "invalid", f"`{CURSOR}` holds the whole search: only `_count` may stand beside it")
        if sum(isinstance(clause, Ids) for clause in self.clauses) > 1:
            self.refuse("_id", "invalid", "`_id` may be given once")
        if self.faults:
            raise InvalidSearchError(
                "; ".join(dict.fromkeys(fault.text for fault in self.faults)), faults=tuple(self.faults)
            )
        return SearchQuery(
            type=type_,
            patient=self.patient,
            clauses=tuple(self.clauses),
            sort=self.sort,
            count=0 if self.total_only else self.count,
            total="accurate" if self.total_only or not self.count else self.total,
            cursor=self.cursor,
            pairs=tuple(self.pairs),
            names_person=self.names_person,
            ignored=tuple(dict.fromkeys(self.ignored)),
        )


def _identifier(value: str) -> ByIdentifier:
    """Read one `system|value`.

    Raises:
        ReadError: it is several, or a part is absent.
    """
    selector = _one_identifier(value)
    if selector is None:
        raise ReadError("needs one value of the form `system|value`")
    return selector


def _one_identifier(value: str) -> ByIdentifier | None:
    found = alternatives(value)
    system, code = system_and_code(found[0])
    return ByIdentifier(system, code) if len(found) == 1 and system and code else None


def _may_identify(row: Parameter, modifier: str) -> bool:
    """Tell whether a value may be what a person is known by, so that it does not belong in an address."""
    return modifier == "identifier" or row.is_identifier or (row.type in _PERSONS and row.kind in _PERSONAL)


# Parameters about the result, each at most once.


def _count(reader: _Reader, value: str) -> None:
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII):
        raise ReadError("must be a whole number")
    reader.count = min(int(value), MOST_COUNT)


def _sort(reader: _Reader, value: str) -> None:
    row = reader.rows.get(value.removeprefix("-"))
    if row is None or not row.sortable:
        raise ReadError(
            "takes one date parameter with at most one value in each resource, or `_lastUpdated`", "not-supported"
        )
    reader.sort = Sort(row.numbers[0] if row.numbers else None, descending=value.startswith("-"))


def _total(reader: _Reader, value: str) -> None:
    if value not in _TOTALS:
        raise ReadError("must be `none`, `estimate` or `accurate`")
    reader.total = _TOTALS[value]


def _total_method(reader: _Reader, value: str) -> None:
    if value != "count":
        raise ReadError("takes `count` alone", "not-supported")
    reader.total = "accurate"


def _summary(reader: _Reader, value: str) -> None:
    if value not in {"count", "false"}:
        raise ReadError("takes `count` and `false` alone", "not-supported")
    reader.total_only = value == "count"


def _cursor(reader: _Reader, value: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_\-]+", value, re.ASCII):
        raise ReadError("is not a page token of ours")
    reader.cursor = value


_TOTALS: Mapping[str, Total] = MappingProxyType({"none": "none", "estimate": "accurate", "accurate": "accurate"})
_PERSONS = frozenset({"Patient", "RelatedPerson"})
_PERSONAL = frozenset({"string", "token", "date"})
_RESULT: Mapping[str, Callable[[_Reader, str], None]] = MappingProxyType(
    {
        "_count": _count,
        "_sort": _sort,
        "_total": _total,
        "_totalMethod": _total_method,  # what fhirpy sends to count
        "_summary": _summary,
        CURSOR: _cursor,
    }
)
