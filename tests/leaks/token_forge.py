"""Tokens that an honest issuer never makes: whatever claims, header, key and signature a forger wants."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

JSON = dict[str, Any]


def signed(claims: Mapping[str, Any], key: Mapping[str, Any], *, header: Mapping[str, Any] | None = None) -> str:
    """Return the claims, signed with a private ES256 key as a JWK."""
    private = ECKey.import_key(dict(key))
    head = {"alg": "ES256", "typ": "JWT", "kid": private.kid, **(header or {})}
    return jwt.encode(head, dict(claims), private, algorithms=["ES256"])


def part_of(value: object) -> str:
    """Return one part of a compact token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
