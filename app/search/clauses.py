"""One search value to one clause, by the kind of its parameter. Pure.

Where the standard leaves a choice: `ge` and `le` count a range that reaches the value at all (as HAPI and others read
it), and `ap` widens a date by its own length but at least a day, a number by a tenth. `:not` means that no value of the
resource matches, absence included; a list after `:not` means none of them.

Source: https://hl7.org/fhir/R4/search.html#ptypes
"""

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from types import MappingProxyType
from typing import Final, cast

from app.search.dates import date_range
from app.search.query import (
    Clause,
    Codes,
    Dates,
    Ids,
    Missing,
    Prefix,
    Quantities,
    Range,
    References,
    Texts,
    Updated,
)
from app.search.registry import PARAMETERS, PREFIXES, Kind, Parameter
from app.search.values import (
    LONGEST_TEXT,
    NO_UNIT,
    fold,
    hash_code,
    hash_exact,
    hash_reference,
    hash_system,
    hash_system_code,
    hash_unit,
    hash_uri,
    kept_within,
)

MOST_ALTERNATIVES: Final = 64
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)

_NOTHING: Final = -1  # no hash: stands where a value can match nothing
_DAY: Final = 86_400_000_000
_MILLION: Final = Decimal(1_000_000)
_WIDE = Context(prec=80)
_FURTHEST: Final = 12  # powers of ten, see values.scaled
_ESCAPED = re.compile(r"\\([\\,$|])")
_PREFIXED = re.compile(f"({'|'.join(PREFIXES)})?(.*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_LOCAL = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?", re.ASCII)
_ABSOLUTE = re.compile(r"(?:https?://|urn:(?:uuid|oid):)\S+")


class ReadError(Exception):
    """A value or modifier cannot be read; `text` goes on after the parameter's name and repeats no value."""

    def __init__(self, text: str, code: str = "value") -> None:
        super().__init__(text)
        self.text = text
        self.code = code


def clause(row: Parameter, modifier: str, value: str, base_url: str = "") -> Clause:
    """Read one value of one parameter.

    Raises:
        ReadError: the modifier is not supported or the value malformed.
    """
    if modifier == "missing" and modifier in row.modifiers:
        return _missing(row, value)
    if modifier and modifier not in row.modifiers and not (row.kind == "reference" and modifier in PARAMETERS):
        raise ReadError("is not supported: " + _supported(row), "not-supported")
    return _READERS[row.kind](row, modifier, alternatives(value), base_url)


def alternatives(value: str) -> list[str]:
    """Split a value at its commas, escapes left in place."""
    parts = unescaped_split(value, ",")
    if not all(parts):
        raise ReadError("has an empty value")
    if len(parts) > MOST_ALTERNATIVES:
        raise ReadError(f"has more than {MOST_ALTERNATIVES} values", "too-costly")
    return parts


def unescaped_split(text: str, separator: str) -> list[str]:
    """Split at each separator that no backslash escapes."""
    if "\\" not in text:
        return text.split(separator)
    parts, start, at = [], 0, 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == separator:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]]


def unescape(text: str) -> str:
    r"""Undo `\\`, `\,`, `\$` and `\|`."""
    return _ESCAPED.sub(r"\1", text)


def system_and_code(text: str) -> tuple[str | None, str]:
    """Split one token; the system is `None` when there is no `|`."""
    parts = [unescape(part) for part in unescaped_split(text, "|")]
    if len(parts) > 2 or not any(parts):  # noqa: PLR2004
        raise ReadError("needs a value of the form `code`, `system|code`, `system|` or `|code`")
    return (None, parts[0]) if len(parts) == 1 else (parts[0], parts[1])


def _supported(row: Parameter) -> str:
    return "it takes " + (", ".join(f"`:{name}`" for name in row.modifiers) if row.modifiers else "no modifiers")


def _missing(row: Parameter, value: str) -> Clause:
    if value not in {"true", "false"} or not row.numbers or row.kind in {"id", "updated"}:
        raise ReadError("must be `true` or `false`")
    return Missing(row.kind, row.numbers, value == "true")  # type: ignore[arg-type]  # the other two kinds were refused


def _token(row: Parameter, modifier: str, values: list[str], _base_url: str) -> Clause:
    read = _plain_hash if row.is_plain else _token_hash
    hashes = tuple(dict.fromkeys(read(row, *system_and_code(value)) for value in values))
    return Codes(row.numbers, hashes, negated=modifier == "not")


def _token_hash(_row: Parameter, system: str | None, code: str) -> int:
    if system is None:
        return hash_code(code)
    return hash_system_code(system, code) if code else hash_system(system)


def _plain_hash(row: Parameter, system: str | None, code: str) -> int:
    """Hash a value that has no system of its own; one that is named must be the element's by definition."""
    if not code:
        raise ReadError("needs a code")
    if row.is_boolean and code not in {"true", "false"}:
        raise ReadError("must be `true` or `false`")
    return hash_code(code) if not system or system in row.systems else _NOTHING


def _reference(row: Parameter, modifier: str, values: list[str], base_url: str) -> Clause:
    if modifier == "identifier":
        hashes = [_token_hash(row, *system_and_code(value)) for value in values]
    elif row.is_canonical:
        hashes = [hash_reference(unescape(value)) for value in values]
    else:
        targets = (modifier,) if modifier else row.targets
        hashes = [
            hash_reference(form) for value in values for form in _reference_forms(unescape(value), targets, base_url)
        ]
    return References(row.numbers, tuple(dict.fromkeys(hashes)))


def _reference_forms(text: str, targets: tuple[str, ...], base_url: str) -> list[str]:
    """Return all that a reference to what `text` names may say."""
    local = text.removeprefix(f"{base_url}/") if base_url else text
    if match := _LOCAL.fullmatch(local):
        forms = [f"{match[1]}/{match[2]}"]
    elif _ABSOLUTE.fullmatch(text):
        return [text]
    elif ID.fullmatch(text):
        forms = [f"{target}/{text}" for target in targets if target in PARAMETERS]
    else:
        raise ReadError("needs a value of the form `id`, `Type/id` or an absolute URL")
    return [*forms, *(f"{base_url}/{form}" for form in forms if base_url)] or [""]


def _string(row: Parameter, modifier: str, values: list[str], _base_url: str) -> Clause:
    texts = [unescape(value) for value in values]
    if modifier == "exact":
        return Codes(row.numbers, tuple(dict.fromkeys(hash_exact(text) for text in texts)))
    if any(len(text) > LONGEST_TEXT for text in texts):
        raise ReadError(f"must not be longer than {LONGEST_TEXT} characters")
    folded = [fold(text) for text in texts]
    if not all(folded):
        raise ReadError("needs a letter or a digit")
    return Texts(row.numbers, tuple(dict.fromkeys(folded)), inside=modifier == "contains")


def _prefixed(value: str) -> tuple[Prefix, str]:
    match = cast("re.Match[str]", _PREFIXED.match(value))  # it matches anything
    return cast("Prefix", match[1] or "eq"), match[2]


def _date_ranges(values: list[str]) -> tuple[Range, ...]:
    ranges = []
    for value in values:
        prefix, text = _prefixed(value)
        covered = date_range(text)
        if covered is None:
            raise ReadError(
                "needs a date such as `2026-11-22`, `2026-11` or `2026-11-22T14:05:00+01:00`, after a prefix"
            )
        low, high = covered
        if prefix == "ap":
            slack = max(high - low + 1, _DAY)
            low, high = low - slack, high + slack
        ranges.append(Range(prefix, low, high))
    return tuple(dict.fromkeys(ranges))


def _date(row: Parameter, _modifier: str, values: list[str], _base_url: str) -> Clause:
    return Dates(row.numbers, _date_ranges(values))


def _updated(_row: Parameter, _modifier: str, values: list[str], _base_url: str) -> Clause:
    return Updated(_date_ranges(values))


def _quantity(row: Parameter, _modifier: str, values: list[str], _base_url: str) -> Clause:
    return Quantities(row.numbers, tuple(dict.fromkeys(_quantity_range(value) for value in values)))


def _quantity_range(value: str) -> Range:
    prefix, text = _prefixed(value)
    number, *unit = (unescape(part) for part in unescaped_split(text, "|"))
    if not _NUMBER.fullmatch(number) or len(unit) not in {0, 2} or (unit and not unit[1]):
        raise ReadError("needs a value of the form `5.4`, `5.4|system|code` or `5.4||code`, after a prefix")
    amount = Decimal(number)
    if amount.adjusted() > _FURTHEST:
        raise ReadError("is out of range")
    low, high = _limits(prefix, amount)
    return Range(prefix, low, high, hash_unit(unit[0], unit[1]) if unit else NO_UNIT)


def _limits(prefix: Prefix, amount: Decimal) -> tuple[int, int]:
    """Return the millionths that a number stands for: its precision for `eq` and `ne`, a tenth around it for `ap`."""
    if prefix in {"eq", "ne"}:
        half = Decimal(5).scaleb(int(amount.as_tuple().exponent) - 1, _WIDE)  # `exponent` is a number: no NaN gets here
        low = _whole(_WIDE.subtract(amount, half), ROUND_CEILING)
        high = _whole(_WIDE.add(amount, half), ROUND_CEILING) - 1
        if low <= high:
            return low, high
    slack = _WIDE.multiply(abs(amount), Decimal("0.1")) if prefix == "ap" else Decimal(0)
    return _whole(_WIDE.subtract(amount, slack), ROUND_FLOOR), _whole(_WIDE.add(amount, slack), ROUND_FLOOR)


def _whole(amount: Decimal, rounding: str) -> int:
    return kept_within(int(_WIDE.multiply(amount, _MILLION).to_integral_value(rounding, _WIDE)))


def _uri(row: Parameter, _modifier: str, values: list[str], _base_url: str) -> Clause:
    return Codes(row.numbers, tuple(dict.fromkeys(hash_uri(unescape(value)) for value in values)))


def _id(_row: Parameter, _modifier: str, values: list[str], _base_url: str) -> Clause:
    if not all(ID.fullmatch(value) for value in values):
        raise ReadError("needs logical ids")
    return Ids(tuple(dict.fromkeys(values)))


_Read = Callable[[Parameter, str, list[str], str], Clause]
_READERS: Mapping[Kind, _Read] = MappingProxyType(
    {
        "token": _token,
        "reference": _reference,
        "string": _string,
        "date": _date,
        "quantity": _quantity,
        "uri": _uri,
        "id": _id,
        "updated": _updated,
    }
)
