"""Page tokens of the log: a place in one citizen's log, encrypted and bound to the caller.

By time alone nobody could go on: what one request did a thousand times happened at one moment.
"""

import base64
import binascii
from dataclasses import dataclass
from hashlib import blake2b

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_PERSONALISED = b"overgang log"


@dataclass(frozen=True, slots=True)
class Place:
    """Just after one record: the citizen, where the wanted time begins (µs), and the record's time and chain."""

    pid: int
    since_us: int
    at_us: int
    writer: str
    seq: int


_DECODER = msgspec.json.Decoder(tuple[int, int, int, str, int])


def seal(secret: bytes, place: Place, *, caller: bytes) -> str:
    """Return the token of a place."""
    payload = msgspec.json.encode((place.pid, place.since_us, place.at_us, place.writer, place.seq))
    return base64.urlsafe_b64encode(_cipher(secret).encrypt(payload, [caller])).rstrip(b"=").decode()


def opened(secret: bytes, token: str, *, caller: bytes) -> Place | None:
    """Return the place of a token; None when it is not ours, altered, or another caller's."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        return Place(*_DECODER.decode(_cipher(secret).decrypt(sealed, [caller])))
    except (binascii.Error, ValueError, InvalidTag, msgspec.DecodeError):
        return None


def _cipher(secret: bytes) -> AESSIV:
    return AESSIV(blake2b(secret, digest_size=64, person=_PERSONALISED).digest())
