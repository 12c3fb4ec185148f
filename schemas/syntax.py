"""JSON text to Python values: decimals exact, keys once, UTF-8 only, errors with line and column.

Two readers, one meaning. `read` is fast (msgspec) and used for everything; `diagnose` is slow (standard library) and used when the fast one
refuses a text or cannot rule out that an object has a key twice.
"""

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_MAX_INTEGER: Final = 1000  # digits; longer ones cost quadratic time and mean nothing
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Malformed:
    """Why the text is no JSON; `text` says where, without repeating content."""

    text: str
    too_deep: bool = False


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """The value, and the keys that stood more than once, by id of the object that has them."""

    value: Any
    repeated: dict[int, tuple[str, ...]]


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

    INVARIANT: false only when certain. If no colon follows other white space than one blank, every member's colon stands in `":` or `" :`,
    so the text has at least as many of those as members, and at least as many members as objects hold keys.
    """
    if b"\n:" in raw or b"\t:" in raw or b"\r:" in raw or b"  :" in raw:
        return True
    return raw.count(b'":') + raw.count(b'" :') != keys


class _ConstantError(ValueError):
    pass


def _refuse_constant(_name: str) -> Any:
    raise _ConstantError


def _whole(text: str) -> int | Decimal:
    return int(text) if len(text) <= _MAX_INTEGER else Decimal("Infinity")


def _fraction(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("Infinity")


def diagnose(raw: bytes) -> Diagnosed | Malformed:
    """Read the text slowly: say where it breaks off being JSON, or which objects have a key twice (the last value wins)."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return Malformed(f"not UTF-8 (byte {error.start})")
    if text.startswith("\ufeff"):
        return Malformed("starts with a byte order mark")
    repeated: dict[int, tuple[str, ...]] = {}
    kept: list[dict[str, Any]] = []  # so that no id is used twice while reading

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            seen: set[str] = set()
            repeated[id(value)] = tuple(dict.fromkeys(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]  # set.add is used for its effect
            kept.append(value)
        return value

    try:
        value = json.loads(
            text, object_pairs_hook=members, parse_float=_fraction, parse_int=_whole, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        return Malformed(f"not JSON: {_WORDS.get(error.msg, 'invalid')} (line {error.lineno}, column {error.colno})")
    except _ConstantError:
        return Malformed("not JSON: NaN and Infinity are not JSON numbers")
    except RecursionError:
        return Malformed("nests too deeply", too_deep=True)
    if _SURROGATE.search(json.dumps(value, ensure_ascii=False, default=str)):
        return Malformed("not JSON: an unpaired surrogate is no character")
    return Diagnosed(value, {key: keys for key, keys in repeated.items() if any(id(one) == key for one in kept)})


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
