"""Public ids of resources: an encryption of (citizen, counter), so that an id tells neither whose nor how many.

One AES-128 block holds pid (48 bits), n (32 bits) and 48 zero bits as structure check: an id that we did not make
decodes to nothing except with probability 2**-48. Written as 26 lower-case base32 characters (RFC 4648), within FHIR's
`id` pattern. Deterministic, hence nothing is stored. Wherever `ids` is asked for, it is the database's own, see
`Database.ids`.
"""

import struct
from collections.abc import Iterable
from functools import lru_cache
from itertools import product

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY_BYTES = 16
_LENGTH = 26
_REMEMBERED = 8192
"""Ids whose meaning is kept: tables of 32,768 entries lie far from the processor between two requests."""
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_PID_LIMIT = 1 << 48
_N_LIMIT = 1 << 32
_CHECK_BITS = 48
_HALVES = struct.Struct(">QQ")
_LOW = 0x7FFF


class Ids:
    """Encrypts and decrypts public ids under one 16 byte key."""

    __slots__ = ("_decrypt", "_encrypt", "decode")

    def __init__(self, key: bytes) -> None:
        # Single blocks of distinct plaintext: ECB is the block cipher itself, no two blocks are equal.
        cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305
        self._encrypt = cipher.encryptor()
        self._decrypt = cipher.decryptor()
        self.decode = lru_cache(maxsize=_REMEMBERED)(self._decode)
        """Return (pid, n), or None when a text is not an id of ours."""

    def encode(self, pid: int, n: int) -> str:
        """Return the public id of resource `n` of citizen `pid`."""
        return self.encode_all(pid, (n,))[0]

    def encode_all(self, pid: int, ns: Iterable[int]) -> list[str]:
        """Return the public ids of several resources of one citizen: one encryption for all."""
        if not 0 <= pid < _PID_LIMIT:
            raise ValueError("the citizen key is out of range")
        high, low = pid << 16, _CHECK_BITS
        blocks = self._encrypt.update(b"".join([_HALVES.pack(high | n >> 16, (n & 0xFFFF) << low) for n in ns]))
        triple = _triples()
        return [
            # 128 bits as eight groups of 15 bits and one of 8 bits padded to 10, as RFC 4648 pads.
            triple[a >> 49]
            + triple[a >> 34 & _LOW]
            + triple[a >> 19 & _LOW]
            + triple[a >> 4 & _LOW]
            + triple[(a & 0xF) << 11 | b >> 53]
            + triple[b >> 38 & _LOW]
            + triple[b >> 23 & _LOW]
            + triple[b >> 8 & _LOW]
            + triple[(b & 0xFF) << 7][:2]
            for a, b in _HALVES.iter_unpack(blocks)
        ]

    def _decode(self, text: str) -> tuple[int, int] | None:
        if len(text) != _LENGTH:
            return None
        value, last = _values()
        try:
            middle = value[text[12:15]]
            a = value[text[:3]] << 49 | value[text[3:6]] << 34 | value[text[6:9]] << 19 | value[text[9:12]] << 4
            b = value[text[15:18]] << 38 | value[text[18:21]] << 23 | value[text[21:24]] << 8 | last[text[24:]]
        except KeyError:
            return None
        a, b = _HALVES.unpack(self._decrypt.update(_HALVES.pack(a | middle >> 11, b | (middle & 0x7FF) << 53)))
        pid, n = a >> 16, (a & 0xFFFF) << 16 | b >> _CHECK_BITS
        return None if b & (1 << _CHECK_BITS) - 1 else (pid, n)


@lru_cache(maxsize=1)
def _triples() -> tuple[str, ...]:
    """Return the three characters of every 15 bit group."""
    return tuple(a + b + c for a, b, c in product(_ALPHABET, repeat=3))


@lru_cache(maxsize=1)
def _values() -> tuple[dict[str, int], dict[str, int]]:
    """Return the 15 bits of every three characters, and the 8 bits of every two that an id may end with."""
    triple = _triples()
    return {text: value for value, text in enumerate(triple)}, {triple[value << 7][:2]: value for value in range(256)}
