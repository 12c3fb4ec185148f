"""The primitive types of FHIR R4: what a well-formed value is.

A check is a callable that is truthy for a well-formed value. Text types are checked by one regular expression each,
calendar included, so that the common case costs no Python frame; the others are functions of one argument. None of
them backtracks more than a constant.

Source: https://hl7.org/fhir/R4/datatypes.html#primitive (formats, calendar, leap seconds),
https://hl7.org/fhir/R4/json.html.
"""

import binascii
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

Check = Callable[[Any], object]

MAX_DIGITS: Final = 100  # FHIR asks for 18; what sends more than a hundred sends no measurement
MAX_EXPONENT: Final = 300  # stays within what a double can hold
_BAD = r"\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff"  # control characters and unpaired surrogates
_YEAR = r"(?!0000)\d{4}"
_LEAP = r"(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DAY = (
    rf"(?:{_YEAR}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    rf"|(?!0000){_LEAP}-02-29)"
)
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?"
_ZONE = r"(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))"
_MONTH = rf"{_YEAR}-(?:0[1-9]|1[0-2])"

PATTERNS: Final[dict[str, str]] = {
    "string": rf"[^\S{_BAD}]*[^\s{_BAD}][^{_BAD}]{{0,1048575}}",
    "markdown": rf"[^\S{_BAD}]*[^\s{_BAD}][^{_BAD}]*",
    "code": r"[^\s\x00-\x1f]+(?: [^\s\x00-\x1f]+)*",
    "id": r"[A-Za-z0-9\-.]{1,64}",
    "uri": r"[^\s\x00-\x1f]+",
    "url": r"[^\s\x00-\x1f]+",
    "canonical": r"[^\s\x00-\x1f]+",
    "oid": r"urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+",
    "uuid": r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "date": rf"{_YEAR}|{_MONTH}|{_DAY}",
    "dateTime": rf"{_YEAR}|{_MONTH}|{_DAY}(?:T{_TIME}{_ZONE})?",
    "instant": rf"{_DAY}T{_TIME}{_ZONE}",
    "time": _TIME,
}
_COMPILED: Final = {
    name: re.compile(pattern, re.ASCII if name in {"oid", "date", "dateTime", "instant", "time"} else 0)
    for name, pattern in PATTERNS.items()
}
TEXTS: Final[dict[str, Check]] = {name: pattern.fullmatch for name, pattern in _COMPILED.items()}

_FORMAT: Final[dict[str, str]] = {
    "string": "a text of at most 1 MiB without control characters, not empty or blank",
    "markdown": "a text without control characters, not empty or blank",
    "code": "a code without leading, trailing or double blanks",
    "id": "1 to 64 letters, digits, `-` or `.`",
    "uri": "an address without blanks",
    "url": "an address without blanks",
    "canonical": "an address without blanks",
    "oid": "`urn:oid:` and an object identifier",
    "uuid": "`urn:uuid:` and a UUID in lower case",
    "date": "YYYY, YYYY-MM or YYYY-MM-DD",
    "dateTime": "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a time zone",
    "instant": "YYYY-MM-DDThh:mm:ss with a time zone",
    "time": "hh:mm:ss",
    "boolean": "`true` or `false`",
    "integer": "a whole number of 32 bits",
    "unsignedInt": "a whole number from 0 to 2147483647",
    "positiveInt": "a whole number from 1 to 2147483647",
    "decimal": f"a number of at most {MAX_DIGITS} digits with an exponent of at most {MAX_EXPONENT}",
    "base64Binary": "base64",
}


def _is_boolean(value: Any) -> bool:
    return value is True or value is False


def _whole(low: int, high: int) -> Check:
    return lambda value: type(value) is int and low <= value <= high


_LIMIT: Final[int] = int("1" + "0" * MAX_DIGITS)


def _is_decimal(value: Any) -> bool:
    if type(value) is int:
        return -_LIMIT < value < _LIMIT
    if type(value) is not Decimal or not value.is_finite():
        return False
    _, digits, exponent = value.as_tuple()
    return (
        len(digits) <= MAX_DIGITS
        and isinstance(exponent, int)
        and abs(exponent) <= MAX_EXPONENT
        and abs(value.adjusted()) <= MAX_EXPONENT
    )


_BLANKS = str.maketrans("", "", " \t\r\n")


def _is_base64(value: Any) -> bool:
    if type(value) is not str:
        return False
    try:
        packed = value.translate(_BLANKS).encode("ascii")
        return bool(packed) and binascii.a2b_base64(packed, strict_mode=True) is not None
    except ValueError:  # binascii.Error and UnicodeEncodeError are both
        return False


OTHERS: Final[dict[str, Check]] = {
    "boolean": _is_boolean,
    "integer": _whole(-(2**31), 2**31 - 1),
    "unsignedInt": _whole(0, 2**31 - 1),
    "positiveInt": _whole(1, 2**31 - 1),
    "decimal": _is_decimal,
    "base64Binary": _is_base64,
}
_LOOSE = {
    "date": re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII),
    "dateTime": re.compile(rf"(\d{{4}})-(\d\d)-(\d\d)(?:T{_TIME}{_ZONE})?", re.ASCII),
    "instant": re.compile(rf"(\d{{4}})-(\d\d)-(\d\d)T{_TIME}{_ZONE}", re.ASCII),
}
_ZONELESS = re.compile(rf"{_DAY}T{_TIME}", re.ASCII)


def complaint(type_: str, value: Any) -> str:
    """Say in words why `value` is no well-formed `type_`, without repeating the value."""
    return f"{_reason(type_, value)}: `{type_}` is {_FORMAT[type_]}"


def _reason(type_: str, value: Any) -> str:
    is_text = type(value) is str
    if value is None:
        return "null is not a value"
    if (type_ in TEXTS or type_ == "base64Binary") != is_text:
        return "must not be a JSON string" if is_text else "must be a JSON string"
    if is_text and not value.strip():
        return "must not be empty"
    if is_text and type_ in _LOOSE and _LOOSE[type_].fullmatch(value):
        return "there is no such day in the calendar"
    if is_text and type_ in _LOOSE and _ZONELESS.fullmatch(value):
        return "the time zone is missing"
    return "out of range" if type(value) in {int, Decimal} else "not well formed"
