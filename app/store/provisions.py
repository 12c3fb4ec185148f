"""How `consent.Provision` lies in the directive table: JSON, deterministic, read back strictly."""

import msgspec

from consent.model import Provision

_decoder = msgspec.json.Decoder(Provision)


def encode(provision: Provision) -> bytes:
    """Serialise a provision; equal provisions give equal bytes."""
    return msgspec.json.encode(provision, order="deterministic")


def decode(stored: bytes) -> Provision:
    """Read a stored provision.

    Raises:
        ValueError: it is none; whoever decides must then refuse.
    """
    return _decoder.decode(stored)
