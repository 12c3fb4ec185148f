"""What stands in the index tables: hashes of codes, references and URIs; folded text; scaled numbers. Pure.

Hashes are the upper 63 bits of an 8 byte BLAKE2b digest, so that they fit a signed column; 0 is never a hash. Within
one citizen's index two different values share a hash with probability 2**-63 a pair. They are not keyed: the bodies
beside them say the same in clear. Changing anything here means indexing every database anew.
"""

import unicodedata
from decimal import ROUND_FLOOR, Context, Decimal, Overflow
from functools import lru_cache
from hashlib import blake2b

PRESENT = 0
"""In place of a hash: the element is there but has nothing to find it by (a CodeableConcept with text alone)."""
LEAST = -(2**62)
MOST = 2**62
"""Open ends of ranges."""
NO_UNIT = 0
LONGEST_TEXT = 200
"""Characters of a text that are indexed: the value is part of a key, and PostgreSQL's keys end at 2.7 kB."""

_SCALE = 6
_WIDE = Context(prec=80, Emax=10_000, Emin=-10_000, traps=[Overflow])
_DROPPED_ASCII = str.maketrans(dict.fromkeys("!\"#%&'()*,-./:;?@[\\]_{}", None))


def _hash(tag: str, text: str) -> int:
    digest = blake2b(f"{tag}\0{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1 or 1


def hash_code(code: str) -> int:
    """Hash a code whatever its system. Case is ignored.

    Source: https://hl7.org/fhir/R4/search.html#token 'when in doubt, servers SHOULD treat tokens in a case-insensitive
    manner'
    """
    return _hash("code", code.casefold())


def hash_system_code(system: str, code: str) -> int:
    """Hash a code of one system; the empty system stands for none."""
    return _hash("both", f"{system}\0{code.casefold()}")


@lru_cache(maxsize=4_096)
def hash_system(system: str) -> int:
    """Hash a system whatever the code."""
    return _hash("system", system)


@lru_cache(maxsize=16_384)
def coding_hashes(system: str, code: str) -> tuple[int, ...]:
    """Return all that a Coding is found by. Remembered, as codes repeat; identifiers must not stay in memory."""
    return identifier_hashes(system, code)


def identifier_hashes(system: str, value: str) -> tuple[int, ...]:
    """Return all that an Identifier is found by: value alone, with its system or with none, system alone."""
    found = [hash_code(value), hash_system_code(system, value)] if value else []
    if system:
        found.append(hash_system(system))
    return tuple(found)


def hash_uri(uri: str) -> int:
    """Hash a URI as it is written."""
    return _hash("uri", uri)


def hash_reference(reference: str) -> int:
    """Hash `Type/id`, an absolute URL or a URN; a version is left out.

    Our own names are remembered, as all that is written about a citizen points to her; others may hold numbers.
    """
    bare = reference.partition("/_history/")[0]
    return _hash("reference", bare) if ":" in bare or "?" in bare else _of_relative(bare)


@lru_cache(maxsize=1_024)
def _of_relative(name: str) -> int:
    return _hash("reference", name)


def hash_exact(text: str) -> int:
    """Hash a text in full, as it is written, for `:exact`."""
    return _hash("text", text)


@lru_cache(maxsize=4_096)
def hash_unit(system: str, code: str) -> int:
    """Hash a unit; case counts (UCUM). The empty system stands for any."""
    return _hash("unit", f"{system}\0{code}")


def fold(text: str) -> str:
    """Return what texts are compared by: no case, accents, punctuation or repeated white space.

    At most `LONGEST_TEXT` characters of it.
    `å` becomes `a`, as Unicode composes it of a and a ring; `æ` and `ø` are letters of their own and stay. LIKE's
    wildcards are punctuation, so that a folded text is also a safe pattern.

    Source: https://hl7.org/fhir/R4/search.html#string
    """
    if text.isascii():
        kept = text.lower().translate(_DROPPED_ASCII)
    else:
        spaced = " ".join(text.split())
        # Decomposing may bring capitals, and folding case may compose anew: both twice.
        decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", spaced).casefold())
        kept = "".join(char for char in decomposed if unicodedata.category(char)[0] not in "MPC")
    return " ".join("".join(char for char in kept if char >= " " or char.isspace()).split())[:LONGEST_TEXT].rstrip()


def scaled(value: object) -> int | None:
    """Return a JSON number in millionths, rounded down and kept within the open ends; `None` for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = (
        value if isinstance(value, Decimal) else Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    )
    if not number.is_finite():
        return None
    if number.adjusted() > 12:  # noqa: PLR2004  # beyond the column
        return LEAST if number.is_signed() else MOST
    if number.adjusted() < -1_000:  # noqa: PLR2004  # nothing left of it, and exact arithmetic would take long
        return -1 if number.is_signed() and number else 0
    return kept_within(int(number.scaleb(_SCALE, _WIDE).to_integral_value(ROUND_FLOOR, _WIDE)))


def kept_within(millionths: int) -> int:
    """Return a number no further out than the open ends."""
    return max(LEAST, min(MOST, millionths))
