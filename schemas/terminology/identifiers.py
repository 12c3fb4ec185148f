"""Identifiers of citizens (CPR, X-eCPR, D-eCPR) and of organisations: which exist, what they look like.

A CPR number is never checked by modulus 11: since 2007 numbers are issued that fail it, and so do all official test
numbers. Birth date and sex are never derived from it as truth. Source: https://cpr.dk and the Danish core guide.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from schemas.terminology import systems

_DAY = r"(?:0[1-9]|[12]\d|3[01])"
_DATE = rf"{_DAY}(?:0[1-9]|1[0-2])\d\d"
_IMPOSSIBLE: Final = frozenset({"3002", "3102", "3104", "3106", "3109", "3111"})  # 29 February always may be


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of number: who issues it, how it looks, whether it is meant to last."""

    system: str
    pattern: re.Pattern[str]
    name: str
    region: str = ""  # ISO 3166-2 where a region issues it
    permanent: bool = False


_REGIONAL = re.compile(rf"{_DATE}[056][A-Z]{{2}}\d")

FORMS: Final[dict[str, Form]] = {
    form.system: form
    for form in (
        Form(systems.CPR, re.compile(rf"{_DATE}\d{{4}}"), "cpr", permanent=True),
        Form(systems.X_ECPR, re.compile(rf"{_DATE}[17][A-Z]{{2}}\d"), "x-ecpr"),
        Form(systems.D_ECPR, _REGIONAL, "d-ecpr"),
        Form(systems.D_ECPR_SJAELLAND, _REGIONAL, "d-ecpr", "DK-85"),
        Form(systems.D_ECPR_NORDJYLLAND, _REGIONAL, "d-ecpr", "DK-81"),
        Form(systems.D_ECPR_MIDTJYLLAND, _REGIONAL, "d-ecpr", "DK-82"),
        Form(systems.D_ECPR_SYDDANMARK, _REGIONAL, "d-ecpr", "DK-83"),
        Form(systems.D_ECPR_HOVEDSTADEN, _REGIONAL, "d-ecpr", "DK-84"),
    )
}
"""System -> form of every identifier by which a citizen is found."""


@dataclass(frozen=True, slots=True)
class CitizenNumber:
    """One number of one citizen, normalised; its text never shows the value."""

    system: str
    value: str = field(repr=False)

    def __str__(self) -> str:
        return f"{FORMS[self.system].name} number"

    @property
    def is_permanent(self) -> bool:
        """Tell whether this is a CPR number; the others stand in for one."""
        return FORMS[self.system].permanent


def is_citizen_system(system: object) -> bool:
    """Tell whether identifiers of this system name a citizen."""
    return isinstance(system, str) and system in FORMS


def citizen_number(system: object, value: object) -> CitizenNumber | None:
    """Return the number in the one form in which it is kept, or None when it is no number of a citizen.

    A hyphen or blank between date and serial and lower-case letters are accepted and removed.
    """
    if not isinstance(system, str) or not isinstance(value, str) or len(value) > 16:  # noqa: PLR2004 - 10 and blanks
        return None
    form = FORMS.get(system)
    if form is None:
        return None
    kept = value.strip().upper()
    if len(kept) == 11 and kept[6] in "- ":  # noqa: PLR2004 - DDMMYY-SSSS
        kept = kept[:6] + kept[7:]
    if not kept.isascii() or form.pattern.fullmatch(kept) is None or kept[:4] in _IMPOSSIBLE:
        return None
    return CitizenNumber(system, kept)
