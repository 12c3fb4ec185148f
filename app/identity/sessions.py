"""Sessions that an emergency opens: nobody is sent to log in while somebody's life is in danger.

A session is a bearer token that the service seals itself, for the person, unit and client of a login of this shift,
with the purpose of an emergency and nothing else, and never longer than the declaration or the shift. It opens what
the declarations of that person open; revoking the login revokes it. See docs/adr/0024-emergency-sessions.md.
"""

import base64
import binascii
from dataclasses import replace
from hashlib import blake2b

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from app.errors import NotAuthenticatedError
from app.identity.caller import Caller, digest_of
from consent.model import OrganisationKey, PersonKey, Requester
from consent.vocabulary import Function, Purpose

PREFIX = "ogs1."
_PERSONALISED = b"overgang session"
_Sealed = tuple[str, str, str, str | None, str | None, str, str, str, str, int, int, bool, bytes]


def in_emergency(caller: Caller) -> Caller:
    """Return the caller with the purpose of an emergency, when the login is one for treatment; else as it is."""
    if caller.purposes != {Purpose.TREATMENT}:
        return caller
    purposes = frozenset({Purpose.EMERGENCY})
    digest = digest_of(caller.requester, purposes, caller.citizen_identifier)
    return replace(caller, purposes=purposes, digest=digest)


def seal(secret: bytes, caller: Caller, *, nonce: bytes, until_us: int, is_flagged: bool) -> str:
    """Return the token of a session for a person at a unit; `nonce` is fresh."""
    requester = caller.requester
    content: _Sealed = (
        requester.function.value,
        requester.person or "",
        requester.organisation or "",
        requester.authorisation,
        requester.profession,
        caller.client,
        caller.name,
        caller.token_id,
        caller.issuer,
        caller.issued_us,
        until_us,
        is_flagged,
        nonce,
    )
    sealed = _cipher(secret).encrypt(msgspec.msgpack.encode(content), None)
    return PREFIX + base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def opened(secret: bytes, token: str, *, now_us: int) -> Caller:
    """Return the caller of a session.

    Raises:
        NotAuthenticatedError: not ours, altered, or over.
    """
    text = token.removeprefix(PREFIX)
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        content = msgspec.msgpack.decode(_cipher(secret).decrypt(sealed, None), type=_Sealed)
    except (binascii.Error, ValueError, InvalidTag, msgspec.DecodeError):
        raise NotAuthenticatedError("the bearer token cannot be believed") from None
    (
        function,
        person,
        organisation,
        authorisation,
        profession,
        client,
        name,
        token_id,
        issuer,
        issued,
        until,
        flag,
        _,
    ) = content
    if until <= now_us:
        raise NotAuthenticatedError("the bearer token has expired")
    requester = Requester(
        function=Function(function),
        organisation=OrganisationKey(organisation),
        person=PersonKey(person),
        authorisation=authorisation,
        profession=profession,
        client=client,
    )
    purposes = frozenset({Purpose.EMERGENCY})
    return Caller(
        requester=requester,
        purposes=purposes,
        client=client,
        name=name,
        citizen_identifier=None,
        token_id=token_id,
        issuer=issuer,
        expires_us=until,
        digest=digest_of(requester, purposes, None),
        issued_us=issued,
        is_flagged=flag,
    )


def _cipher(secret: bytes) -> AESSIV:
    return AESSIV(blake2b(secret, digest_size=64, person=_PERSONALISED).digest())
