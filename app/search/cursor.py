"""Page tokens: a whole search and a place in its results, encrypted and bound to the caller. Pure.

A token holds the criteria, so that the links of a Bundle have no identifier in them, `next` works after POST, and
nobody continues another search than the one that was begun. AES-SIV (RFC 5297) needs no random number: the same place
in the same search of the same caller has the same token. A token opens nothing by itself: every page is decided and
filtered anew.
"""

import base64
import binascii
import struct
import zlib
from dataclasses import dataclass
from hashlib import blake2b

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from app.errors import InvalidSearchError
from app.search.parse import CURSOR, parse
from app.search.query import SearchQuery
from schemas.fault import Fault

_PERSONALISED = b"overgang cursor"
_MOST_BYTES = 65_536  # a search is at most 30 values of 2,000 characters


@dataclass(frozen=True, slots=True)
class Position:
    """The place after one result: its sort value and counter, and the citizen whom they belong to."""

    pid: int
    value: int
    n: int


_Payload = tuple[str, tuple[tuple[str, str], ...], tuple[int, int, int] | None]
_DECODER = msgspec.json.Decoder(_Payload)


class Cursors:
    """Seals and opens page tokens under a secret of the service."""

    __slots__ = ("_cipher",)

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESSIV(blake2b(secret, digest_size=64, person=_PERSONALISED).digest())

    def seal(self, query: SearchQuery, position: Position | None, *, caller: bytes) -> str:
        """Return the token of a place in a search; without position it stands for the search itself, as in `self`.

        `caller` is whatever the caller must have in common with the one who sends the token back.
        """
        place = None if position is None else (position.pid, position.value, position.n)
        payload = msgspec.json.encode((query.type, query.pairs, place))
        sealed = self._cipher.encrypt(zlib.compress(payload, 9), [caller])
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, query: SearchQuery, *, caller: bytes, base_url: str = "") -> tuple[SearchQuery, Position | None]:
        """Return the search and the place that the token in `query` stands for; its `count` is kept when it names one.

        Raises:
            InvalidSearchError: there is no token, or it is not ours, altered, another caller's or of another type.
        """
        payload = self._payload(query.cursor or "", caller)
        if payload is None or payload[0] != query.type:
            raise _refusal()
        _, pairs, place = payload
        mine = tuple(pair for pair in query.pairs if pair[0] == "_count")
        kept = tuple(pair for pair in pairs if not (mine and pair[0] == "_count"))
        position = None if place is None else Position(*place)
        return parse(query.type, (*kept, *mine), base_url=base_url), position

    def _payload(self, token: str, caller: bytes) -> _Payload | None:
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            inflate = zlib.decompressobj()
            payload = inflate.decompress(self._cipher.decrypt(sealed, [caller]), _MOST_BYTES)
            found: _Payload = _DECODER.decode(payload)
        except (binascii.Error, ValueError, InvalidTag, zlib.error, struct.error, msgspec.DecodeError):
            return None
        return found


def _refusal() -> InvalidSearchError:
    text = f"`{CURSOR}` is not a page token that was given to this caller for this type"
    return InvalidSearchError(text, faults=(Fault(CURSOR, "value", text),))
