"""XHTML that is also safe inside a JSON string as it stands: no quotation mark, backslash or control character."""

import re
from functools import lru_cache

_UNSAFE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_TO_BE_CHANGED = re.compile(_UNSAFE.pattern[:-1] + r"""&<>"'\\\t\r\n]""")
_ENTITIES = str.maketrans({
    "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\\": "&#92;",
    "\t": " ", "\r": " ", "\n": "<br/>",
})  # fmt: skip

_READABLE = 1e15
LONGEST = 4_000
"""Characters of one fragment; what is longer is cut with an ellipsis, the resource itself stands beside it."""


def safe(text: str) -> str:
    """Escape text for XHTML and JSON at once; control, surrogate and direction-changing characters are dropped."""
    cut = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    if _TO_BE_CHANGED.search(cut) is None:
        return cut.strip()
    return _UNSAFE.sub("", cut.replace("\r\n", "\n")).strip().translate(_ENTITIES)


def bold(text: str) -> str:
    """Escape and set in bold; empty stays empty."""
    shown = safe(text)
    return f"<b>{shown}</b>" if shown else ""


def joined(*parts: str, by: str = ", ") -> str:
    """Join the fragments that are not empty; what was said already (in bold or not) is not said again."""
    shown = [part for part in parts if part]
    if len(shown) <= 1:
        return shown[0] if shown else ""
    said: dict[str, str] = {}
    for part in shown:
        said.setdefault(part.removeprefix("<b>").removesuffix("</b>"), part)
    return by.join(said.values())


def labelled(label: str, fragment: str) -> str:
    """Put a label before a fragment that is not empty."""
    return f"{label}: {fragment}" if fragment else ""


@lru_cache(maxsize=4096)
def figure(value: float) -> str:
    """Write a number the Danish way: decimal comma, no trailing zeros, at most three decimals."""
    shown = f"{value:.3f}".rstrip("0").rstrip(".").replace(".", ",") if abs(value) < _READABLE else f"{value:.3g}"
    return "0" if shown == "-0" else shown


def range_text(low: float | None, high: float | None) -> str:
    """Write a value or a range."""
    if low is None and high is None:
        return ""
    if low is None or high is None:
        return f"≤ {figure(high)}" if high is not None else f"≥ {figure(low or 0)}"
    return figure(low) if low == high else f"{figure(low)}\N{EN DASH}{figure(high)}"
