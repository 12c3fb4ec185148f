"""What a drug is marked as in the summary, by ATC code. Source: WHO ATC index, https://atcddd.fhi.no/atc_ddd_index/."""

from typing import Final

ANTICOAGULANT: Final = "anticoagulant"
INSULIN: Final = "insulin"
OPIOID: Final = "opioid"

MARKS: Final[tuple[tuple[str, str], ...]] = (
    ("B01A", ANTICOAGULANT),
    ("A10A", INSULIN),
    ("N02A", OPIOID),
    ("N07BC", OPIOID),  # methadone and buprenorphine in dependence: the same danger at 3 a.m.
)
"""ATC prefix -> mark; the medicines whose last dose must be known at admission."""


def marks_of(atc: str) -> tuple[str, ...]:
    """Return the marks of an ATC code, each once; an unknown code has none."""
    code = atc.strip().upper()
    return tuple(dict.fromkeys(mark for prefix, mark in MARKS if code.startswith(prefix)))
