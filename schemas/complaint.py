"""What the gate says about a fault: lower case, one sentence, never what was sent."""

from functools import cache
from typing import Any, Final

from schemas.primitives import complaint as primitive_complaint
from schemas.structure import Element, constraints_of, node_of

_SHOWN_CODES: Final = 12


@cache
def listing(codes: frozenset[str]) -> str:
    """Return the codes as words, the first dozen of them."""
    shown = ", ".join(f"`{code}`" for code in sorted(codes)[:_SHOWN_CODES])
    return shown if len(codes) <= _SHOWN_CODES else shown + ", …"


def of_primitive(element: Element, value: Any) -> tuple[str, str]:
    """Return issue code and words for a primitive that failed its check."""
    if value is not None and type(value) is str and value and element.type == "code" and element.allowed:
        return "code-invalid", "must be one of " + listing(element.allowed)
    return ("structure" if value is None else "value"), primitive_complaint(element.type, value)


def of_object(value: Any) -> str:
    """Say why `value` is no object with something in it."""
    if type(value) is dict:
        return "must not be an empty object"
    if value is None:
        return "null is not a value"
    return (
        "must be a JSON object, not an array: the element does not repeat"
        if type(value) is list
        else "must be a JSON object"
    )


@cache
def of_constraint(name: str, key: str) -> tuple[str, str]:
    """Return severity and words of a constraint, as the definitions state them."""
    for owner in (name, name.partition(".")[0], "Quantity"):
        if node_of(owner) is None:
            continue
        for _, other, severity, words, _expression in constraints_of(owner):
            if other == key:
                text = words.strip().rstrip(".")
                first = text.split(maxsplit=1)[0]
                return severity, text[0].lower() + text[1:] if first.isalpha() and first[1:].islower() else text
    return "error", "a rule between elements is broken"
