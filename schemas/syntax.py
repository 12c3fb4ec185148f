"""JSON text to Python values: decimals exact, keys once, UTF-8 only, errors with line and column.

Two readers, one meaning. `read` is fast (msgspec) and used for everything; `diagnose` is slow (standard library) and
used when the fast one refuses a text or cannot rule out that an object has a key twice.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

JSON = dict[str, Any]

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_MAX_INTEGER: Final = 1000  # digits; longer ones cost quadratic time and mean nothing
_LONG = re.compile(rf"[0-9]{{{_MAX_INTEGER}}}", re.ASCII)
_BLANKS: Final = b" \t\r\n"
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Malformed:
    """Why the text is no JSON; `text` says where, without repeating content."""

    text: str
    too_deep: bool = False


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """The value; and by id of an object the object (which keeps the id its own) and the keys that it had twice."""

    value: Any
    repeated: dict[int, tuple[JSON, list[str]]]


def read(raw: bytes) -> Any:
    """Return the value of the text, numbers with a point or exponent as `Decimal`.

    Raises:
        ValueError: the text needs `diagnose`; `RecursionError` too is turned into one.
    """
    try:
        return _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, InvalidOperation) as error:
        raise ValueError("needs diagnosis") from error


def may_repeat_keys(raw: bytes, *, keys: int) -> bool:
    """Tell whether an object of the text may have a key twice, given how many members its objects have in all.

    INVARIANT: false only when certain. Without white space every member's colon stands in `":`, so the text has at
    least as many of those as it has members, and its objects hold fewer keys than members as soon as one is repeated.
    """
    return raw.translate(None, _BLANKS).count(b'":') != keys


def count_of_values(raw: bytes) -> int:
    """Return how many members, texts before a comma, objects and arrays there are, or a few more: what costs time."""
    bare = raw.translate(None, _BLANKS)
    return bare.count(b'":') + bare.count(b'",') + bare.count(b"{") + bare.count(b"[")


class _RefusedError(ValueError):
    pass


def _whole(text: str) -> int | Decimal:
    return int(text) if len(text) <= _MAX_INTEGER else Decimal("Infinity")


def _fraction(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("Infinity")


def diagnose(raw: bytes) -> Diagnosed | Malformed:
    """Read slowly: say where the text breaks off being JSON, or which objects have a key twice (the last one wins)."""
    repeated: dict[int, tuple[JSON, list[str]]] = {}

    def members(pairs: list[tuple[str, Any]]) -> JSON:
        value = dict(pairs)
        if len(value) != len(pairs):
            counts = Counter(key for key, _ in pairs)
            repeated[id(value)] = value, [key for key, count in counts.items() if count > 1]
        return value

    def refuse(_name: str) -> Any:
        raise _RefusedError("not JSON: NaN and Infinity are not JSON numbers")

    try:
        text = _decoded(raw)
        whole = _whole if _LONG.search(text) else None
        value = json.loads(
            text, object_pairs_hook=members, parse_float=_fraction, parse_int=whole, parse_constant=refuse
        )
    except json.JSONDecodeError as error:
        return Malformed(f"not JSON: {_WORDS.get(error.msg, 'invalid')} (line {error.lineno}, column {error.colno})")
    except _RefusedError as error:
        return Malformed(str(error))
    except RecursionError:
        return Malformed("nests too deeply", too_deep=True)
    if "\\u" in text and _has_surrogate(value):
        return Malformed("not JSON: an unpaired surrogate is no character")
    return Diagnosed(value, repeated)


def _decoded(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _RefusedError(f"not UTF-8 (byte {error.start})") from error
    if text.startswith("\ufeff"):
        raise _RefusedError("starts with a byte order mark")
    return text


def _has_surrogate(value: Any) -> bool:
    todo = [value]
    while todo:
        item = todo.pop()
        if type(item) is dict:
            todo.extend(item)
            todo.extend(item.values())
        elif type(item) is list:
            todo.extend(item)
        elif type(item) is str and _SURROGATE.search(item):
            return True
    return False


_WORDS: Final = {
    "Expecting value": "a value is missing",
    "Expecting property name enclosed in double quotes": "a key in double quotes is missing",
    "Expecting ':' delimiter": "`:` is missing",
    "Expecting ',' delimiter": "`,` is missing",
    "Extra data": "something follows the value",
    "Invalid control character at": "a string has a control character",
    "Invalid \\escape": "a string has an unknown escape",
    "Invalid \\uXXXX escape": "a string has an incomplete \\u escape",
    "Unterminated string starting at": "a string does not end",
    "Illegal trailing comma before end of object": "a comma is followed by nothing",
    "Illegal trailing comma before end of array": "a comma is followed by nothing",
}
