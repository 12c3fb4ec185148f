"""What a resource is found by: rows of the index tables without citizen and counter. Pure; total on any JSON object.

The registry's paths are put into one tree of JSON keys per type, so that a resource is walked once, by the keys that it
has.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import msgspec

from app.search.dates import date_range
from app.search.values import (
    LEAST,
    MOST,
    NO_UNIT,
    PRESENT,
    coding_hashes,
    fold,
    hash_code,
    hash_exact,
    hash_reference,
    hash_unit,
    hash_uri,
    identifier_hashes,
    scaled,
)
from schemas.homes import HOME_OF
from schemas.search_table import ElementPath, search_parameters
from schemas.syntax import read

JSON = dict[str, Any]


class IndexRows(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Rows without duplicates, sorted. `parameter` is a number of the registry.

    tokens and references: (parameter, hash); dates: (parameter, first µs, last µs); strings: (parameter, folded text);
    quantities: (parameter, hash of unit, least, most) in millionths.
    """

    tokens: tuple[tuple[int, int], ...] = ()
    references: tuple[tuple[int, int], ...] = ()
    dates: tuple[tuple[int, int, int], ...] = ()
    strings: tuple[tuple[int, str], ...] = ()
    quantities: tuple[tuple[int, int, int, int], ...] = ()


class _Rows:
    __slots__ = ("dates", "quantities", "references", "strings", "tokens")

    def __init__(self) -> None:
        self.tokens: set[tuple[int, int]] = set()
        self.references: set[tuple[int, int]] = set()
        self.dates: set[tuple[int, int, int]] = set()
        self.strings: set[tuple[int, str]] = set()
        self.quantities: set[tuple[int, int, int, int]] = set()


_Extract = Callable[[Any, int, _Rows], None]
"""Adds the rows of one value under one number."""


def index(resource: JSON) -> IndexRows:
    """Return the index rows of a resource; a type that is not searched has none."""
    type_ = resource.get("resourceType")
    rows = _Rows()
    if isinstance(type_, str) and (tree := _trees().get(type_)) is not None:
        _walk(tree, resource, rows)
        for number, value in _otherwise().get(type_, ()):
            if not any(row[0] == number for row in rows.tokens):
                rows.tokens.add((number, value))
    return IndexRows(
        tokens=tuple(sorted(rows.tokens)) if rows.tokens else (),
        references=tuple(sorted(rows.references)) if rows.references else (),
        dates=tuple(sorted(rows.dates)) if rows.dates else (),
        strings=tuple(sorted(rows.strings)) if rows.strings else (),
        quantities=tuple(sorted(rows.quantities)) if rows.quantities else (),
    )


def index_of(body: bytes) -> IndexRows:
    """Return the index rows of a stored resource; a deletion, which has no body, has none."""
    return index(read(body)) if body else IndexRows()


class _Node:
    """One JSON key: what to extract from its values, and which keys below matter."""

    __slots__ = ("below", "extracts")

    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.extracts: list[tuple[_Extract, int]] = []


def _walk(tree: dict[str, _Node], found: JSON, rows: _Rows) -> None:
    for key, value in found.items():
        node = tree.get(key)
        if node is None:
            continue
        for one in value if isinstance(value, list) else (value,):
            for extract, number in node.extracts:
                extract(one, number, rows)
            if node.below and isinstance(one, dict):
                _walk(node.below, one, rows)


@cache
def _trees() -> dict[str, dict[str, _Node]]:
    trees: dict[str, dict[str, _Node]] = {}
    rows = [row for row in search_parameters() if row.number is not None]
    for row in rows:
        trees.setdefault(row.type, {})
    for row in rows:
        tops = list(trees.values()) if row.type == "Resource" else [trees[row.type]]
        for top in tops:
            for path in row.paths:
                _grow(top, path, _extractor(row.kind, path), row.number or 0)
    return trees


def _grow(top: dict[str, _Node], path: ElementPath, extract: _Extract, number: int) -> None:
    tree = top
    for key in path.keys:
        node = tree.setdefault(key, _Node())
        tree = node.below
    node.extracts.append((extract, number))


@cache
def _otherwise() -> dict[str, tuple[tuple[int, int], ...]]:
    """Return what is found when an element is absent: by definition, nobody is deceased who is not said to be."""
    deceased = next(row for row in search_parameters() if (row.type, row.name) == ("Patient", "deceased"))
    return {"Patient": ((deceased.number or 0, hash_code("false")),)}


# Tokens


def _codeable_concept(value: Any, number: int, rows: _Rows) -> None:
    if isinstance(value, dict):
        codings = value.get("coding")
        for coding in codings if isinstance(codings, list) else ():
            _coding(coding, number, rows)
        if not codings:
            rows.tokens.add((number, PRESENT))


def _coding(value: Any, number: int, rows: _Rows) -> None:
    if isinstance(value, dict):
        for one in coding_hashes(_text(value, "system"), _text(value, "code")) or (PRESENT,):
            rows.tokens.add((number, one))


def _identifier(value: Any, number: int, rows: _Rows) -> None:
    if isinstance(value, dict):
        _hashes(identifier_hashes(_text(value, "system"), _text(value, "value")), number, rows)


def _hashes(hashes: tuple[int, ...], number: int, rows: _Rows) -> None:
    for value in hashes or (PRESENT,):
        rows.tokens.add((number, value))


def _contact_point(value: Any, number: int, rows: _Rows) -> None:
    if isinstance(value, dict):
        text = _text(value, "value")
        rows.tokens.add((number, hash_code(text) if text else PRESENT))


def _plain(value: Any, number: int, rows: _Rows) -> None:
    if isinstance(value, str):
        rows.tokens.add((number, coding_hashes("", value)[0] if value else PRESENT))


def _boolean(value: Any, number: int, rows: _Rows) -> None:
    if isinstance(value, bool):
        rows.tokens.add((number, hash_code("true" if value else "false")))


def _exists(value: Any, number: int, rows: _Rows) -> None:
    if value is not None:
        rows.tokens.add((number, hash_code("true")))


def _uri(value: Any, number: int, rows: _Rows) -> None:
    if isinstance(value, str):
        rows.tokens.add((number, hash_uri(value)))


# References


def _reference(value: Any, number: int, rows: _Rows) -> None:
    if not isinstance(value, dict):
        return
    target, identifier = _text(value, "reference"), value.get("identifier")
    hashes = [hash_reference(target)] if target and not target.startswith("#") else []
    # Where a reference is cut out because the record is hidden, its number must not find what its name does not.
    if isinstance(identifier, dict) and not _names_record(target):
        hashes += identifier_hashes(_text(identifier, "system"), _text(identifier, "value"))
    for one in hashes or (PRESENT,):
        rows.references.add((number, one))


def _names_record(target: str) -> bool:
    type_ = target.partition("/_history/")[0].rpartition("/")[0].rpartition("/")[2]
    row = HOME_OF.get(type_)
    return row is not None and row.home != "directory" and type_ != "Patient"


def _reference_to(type_: str) -> _Extract:
    def extract(value: Any, number: int, rows: _Rows) -> None:
        if isinstance(value, dict):
            target = _text(value, "reference").partition("/_history/")[0].split("/")
            if (target[-2] if len(target) > 1 else value.get("type")) == type_:
                _reference(value, number, rows)

    return extract


def _canonical(value: Any, number: int, rows: _Rows) -> None:
    if isinstance(value, str):
        rows.references.add((number, hash_reference(value)))
        rows.references.add((number, hash_reference(value.partition("|")[0])))


# Dates


def _date(value: Any, number: int, rows: _Rows) -> None:
    if isinstance(value, str) and (covered := date_range(value)) is not None:
        rows.dates.add((number, *covered))


def _period(value: Any, number: int, rows: _Rows) -> None:
    if isinstance(value, dict) and (covered := _period_range(value)) is not None:
        rows.dates.add((number, *covered))


def _period_range(period: JSON) -> tuple[int, int] | None:
    start, end = date_range(_text(period, "start")), date_range(_text(period, "end"))
    if start is None and end is None:
        return None
    return start[0] if start else LEAST, end[1] if end else MOST


def _timing(value: Any, number: int, rows: _Rows) -> None:
    """Index the outer limits; a Timing without any may be at any time.

    Source: https://hl7.org/fhir/R4/search.html#date
    """
    if not isinstance(value, dict):
        return
    events, repeat = value.get("event"), value.get("repeat")
    ranges = [date_range(event) for event in events if isinstance(event, str)] if isinstance(events, list) else []
    bounds = repeat.get("boundsPeriod") if isinstance(repeat, dict) else None
    if isinstance(bounds, dict):
        ranges.append(_period_range(bounds))
    limits = [covered for covered in ranges if covered is not None] or [(LEAST, MOST)]
    rows.dates.add((number, min(low for low, _ in limits), max(high for _, high in limits)))


# Strings


def _string(value: Any, number: int, rows: _Rows) -> None:
    if isinstance(value, str):
        rows.strings.add((number, fold(value)))
        rows.tokens.add((number, hash_exact(value)))


def _parts(*names: str) -> _Extract:
    def extract(value: Any, number: int, rows: _Rows) -> None:
        if isinstance(value, dict):
            for name in names:
                part = value.get(name)
                for one in part if isinstance(part, list) else (part,):
                    _string(one, number, rows)

    return extract


# Quantities


def _quantity(value: Any, number: int, rows: _Rows) -> None:
    if isinstance(value, dict) and (amount := scaled(value.get("value"))) is not None:
        low, high = _COMPARATORS.get(_text(value, "comparator"), _equal)(amount)
        for unit in _units(value):
            rows.quantities.add((number, unit, low, high))


def _range(value: Any, number: int, rows: _Rows) -> None:
    if isinstance(value, dict):
        ends = [end if isinstance(end := value.get(name), dict) else {} for name in ("low", "high")]
        low, high = (scaled(end.get("value")) for end in ends)
        if low is not None or high is not None:
            for unit in {*_units(ends[0]), *_units(ends[1])}:
                rows.quantities.add((number, unit, LEAST if low is None else low, MOST if high is None else high))


def _units(quantity: JSON) -> Iterable[int]:
    """Return the units that a quantity is found by: none named, by system and code, by code or text alone."""
    system, code, unit = (_text(quantity, name) for name in ("system", "code", "unit"))
    found = {NO_UNIT}
    if code:
        found |= {hash_unit(system, code), hash_unit("", code)}
    if unit:
        found.add(hash_unit("", unit))
    return found


def _equal(amount: int) -> tuple[int, int]:
    return amount, amount


_COMPARATORS: dict[str, Callable[[int], tuple[int, int]]] = {
    "<": lambda amount: (LEAST, amount - 1),
    "<=": lambda amount: (LEAST, amount),
    ">": lambda amount: (amount + 1, MOST),
    ">=": lambda amount: (amount, MOST),
}

_EXTRACTS: dict[tuple[str, str], _Extract] = {
    ("token", "CodeableConcept"): _codeable_concept,
    ("token", "Coding"): _coding,
    ("token", "Identifier"): _identifier,
    ("token", "ContactPoint"): _contact_point,
    ("token", "boolean"): _boolean,
    ("token", "code"): _plain,
    ("token", "string"): _plain,
    ("token", "id"): _plain,
    ("token", "uri"): _plain,
    ("token", "oid"): _plain,
    ("token", "canonical"): _plain,
    ("reference", "Reference"): _reference,
    ("reference", "canonical"): _canonical,
    ("reference", "uri"): _canonical,
    ("date", "date"): _date,
    ("date", "dateTime"): _date,
    ("date", "instant"): _date,
    ("date", "Period"): _period,
    ("date", "Timing"): _timing,
    ("string", "string"): _string,
    ("string", "markdown"): _string,
    ("string", "HumanName"): _parts("text", "family", "given", "prefix", "suffix"),
    ("string", "Address"): _parts("text", "line", "city", "district", "state", "postalCode", "country"),
    ("quantity", "Quantity"): _quantity,
    ("quantity", "Age"): _quantity,
    ("quantity", "Duration"): _quantity,
    ("quantity", "Range"): _range,
    ("uri", "uri"): _uri,
    ("uri", "url"): _uri,
    ("uri", "canonical"): _uri,
    ("uri", "oid"): _uri,
    ("uri", "uuid"): _uri,
}


def _extractor(kind: str, path: ElementPath) -> _Extract:
    condition, _, wanted = path.condition.partition("=")
    if condition == "exists":
        return _exists
    if condition == "resolve":
        return _reference_to(wanted)
    extract = _EXTRACTS[kind, path.type]
    if condition == "system":
        return lambda value, number, rows: extract(value, number, rows) if _is_of(value, wanted) else None
    return extract


def _is_of(value: Any, system: str) -> bool:
    return isinstance(value, dict) and value.get("system") == system


def _text(value: JSON, name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""
