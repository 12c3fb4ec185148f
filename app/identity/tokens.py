"""Signed bearer tokens: verify and, for development issuers, make them.

Claims: `iss`, `aud`, `sub`, `exp`, `iat`, `jti`, `client_id`, and in `extensions` the IHE IUA claim `ihe_iua`
(`subject_name`, `subject_organization_id`, `purpose_of_use`, `person_id` as `system|value` for citizens) and ours,
`overgang` (`function`, `authorisation`, `profession`, `on_behalf_of`).

Source: IHE IUA, https://profiles.ihe.net/ITI/IUA/ ; algorithms: SMART App Launch 2.2, client-confidential-asymmetric.
"""

import base64
import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from app.errors import NotAuthenticatedError
from app.identity.caller import Caller, digest_of
from consent.model import OrganisationKey, PersonKey, Requester
from consent.vocabulary import Function, Purpose

ALGORITHMS = ["ES256", "ES384", "RS256", "RS384", "PS256"]
CLOCK_SKEW_SECONDS = 30
LONGEST_LIFE_SECONDS = 12 * 3600
LONGEST_TOKEN = 8192
_LONGEST_CLAIM = 256
_REMEMBERED = 4096
_ORGANISATION_FREE = frozenset({Function.CITIZEN, Function.REPRESENTATIVE})


class TokenVerifier:
    """Verify tokens of the given issuers; a verified token is remembered by hash until it expires.

    Revocation is not looked at here: the gate re-reads it at every request.
    """

    def __init__(self, issuers: Mapping[str, Mapping[str, Any]], *, audience: str) -> None:
        """Take `issuers` as issuer name -> JWKS."""
        self._issuers = {name: KeySet.import_key_set(dict(jwks)) for name, jwks in issuers.items()}  # type: ignore[arg-type]  # JWKS is a TypedDict there
        self._audience = audience
        self._known: OrderedDict[bytes, Caller] = OrderedDict()

    def verify(self, token: str, *, now_us: int, shift_us: int = 0) -> Caller:
        """Return the caller; with `shift_us`, also a person whose token has expired, that long after the login.

        Such a one is marked late, and whoever asks for it must find out whether its issuer is down.

        Raises:
            NotAuthenticatedError: malformed, unknown issuer, wrong signature, audience or time, contradicting claims.
        """
        if len(token) > LONGEST_TOKEN:
            raise NotAuthenticatedError("the bearer token is too long")
        try:
            key = hashlib.sha256(token.encode("ascii")).digest()
        except UnicodeEncodeError:
            raise NotAuthenticatedError("the bearer token is not a token") from None
        known = self._known.get(key)
        if known is None:
            known = self._read(token, now_us=now_us, shift_us=shift_us)
            if known.expires_us <= now_us:
                return _late(known)
            self._known[key] = known
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        if known.expires_us <= now_us:
            if now_us < known.issued_us + shift_us:
                return _late(known)
            self._known.pop(key, None)
            raise NotAuthenticatedError("the bearer token has expired")
        return known

    def _read(self, token: str, *, now_us: int, shift_us: int) -> Caller:
        try:
            claims = self._verified_claims(token)
            return _caller_of(claims, audience=self._audience, now_us=now_us, shift_us=shift_us)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise NotAuthenticatedError("the bearer token cannot be believed") from None

    def _verified_claims(self, token: str) -> dict[str, Any]:
        last: Exception = ValueError("no issuer")
        for issuer, keys in self._issuers.items():
            try:
                claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
            except (JoseError, ValueError) as error:
                last = error
                continue
            if claims["iss"] == issuer:
                _check_once(token)
                return claims
            last = ValueError("issuer")  # another issuer may have the same key; nobody speaks for another
        raise last


def _check_once(token: str) -> None:
    """Check that neither header nor claims name a thing twice: two readers could take different ones."""
    for part in token.split(".")[:2]:
        json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("claim")
    return found


def _late(caller: Caller) -> Caller:
    """Return a caller whose token has expired in the shift; only a person at work has one.

    Raises:
        NotAuthenticatedError: it is a system, or a citizen.
    """
    if caller.requester.person is None or caller.requester.organisation is None:
        raise NotAuthenticatedError("the bearer token cannot be believed")
    return replace(caller, is_late=True)


def _seconds(claims: Mapping[str, Any], name: str) -> int:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(name)
    return int(value)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value or len(value) > _LONGEST_CLAIM or not value.isprintable():
        raise ValueError("claim")  # not printable: control characters, and halves of surrogate pairs
    return value


def _caller_of(claims: Mapping[str, Any], *, audience: str, now_us: int, shift_us: int = 0) -> Caller:
    now = now_us // 1_000_000
    expires, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    not_before = _seconds(claims, "nbf") if "nbf" in claims else issued
    has_ended = expires <= now and (issued * 1_000_000 + shift_us) <= now_us
    if audience not in audiences or max(issued, not_before) > now + CLOCK_SKEW_SECONDS or has_ended:
        raise ValueError("audience or time")
    if not 0 < expires - issued <= LONGEST_LIFE_SECONDS:
        raise ValueError("life")
    token_id, subject, client = _text(claims["jti"]), _text(claims["sub"]), _text(claims["client_id"])
    if token_id is None or subject is None or client is None:
        raise ValueError("claim")
    iua, own = claims["extensions"]["ihe_iua"], claims["extensions"]["overgang"]
    function = Function(own["function"])
    purposes = frozenset(Purpose(code) for code in iua["purpose_of_use"])
    organisation, behalf = _text(iua.get("subject_organization_id")), _text(own.get("on_behalf_of"))
    if not purposes or (organisation is None) != (function in _ORGANISATION_FREE):
        raise ValueError("purpose or organisation")
    identifier: tuple[str, str] | None = None
    if function in _ORGANISATION_FREE:
        system, bar, value = (_text(iua["person_id"]) or "").partition("|")
        if not (system and bar and value):
            raise ValueError("person")
        identifier = (system, value)
    person = None if function in {Function.SYSTEM, Function.REGISTER} else PersonKey(subject)
    requester = Requester(
        function=function,
        organisation=OrganisationKey(organisation) if organisation else None,
        person=person,
        authorisation=_text(own.get("authorisation")),
        profession=_text(own.get("profession")),
        on_behalf_of=PersonKey(behalf) if behalf else None,
        client=client,
    )
    return Caller(
        requester=requester,
        purposes=purposes,
        client=client,
        name=_text(iua.get("subject_name")) or "",
        citizen_identifier=identifier,
        token_id=token_id,
        issuer=claims["iss"],
        expires_us=expires * 1_000_000,
        digest=digest_of(requester, purposes, identifier),
        issued_us=issued * 1_000_000,
    )


def new_issuer_key() -> dict[str, Any]:
    """Make a private ES256 key as a JWK."""
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    return dict(key.as_dict(private=True))


def public_jwks(private_jwk: Mapping[str, Any]) -> dict[str, Any]:
    """Return the public half as a JWKS."""
    return {"keys": [dict(ECKey.import_key(dict(private_jwk)).as_dict(private=False))]}


def issue_token(
    private_jwk: Mapping[str, Any],
    *,
    issuer: str,
    audience: str,
    subject: str,
    client: str,
    function: Function,
    purposes: frozenset[Purpose],
    organisation: str | None = None,
    name: str = "",
    person_id: str | None = None,
    authorisation: str | None = None,
    profession: str | None = None,
    on_behalf_of: str | None = None,
    issued_us: int,
    life_seconds: int = 3600,
    token_id: str,
) -> str:
    """Sign a token; for development issuers and tests. `person_id` is `system|value` of a citizen."""
    iua: dict[str, Any] = {"purpose_of_use": sorted(purposes)}
    if name:
        iua["subject_name"] = name
    if organisation:
        iua["subject_organization_id"] = organisation
    if person_id:
        iua["person_id"] = person_id
    own = {
        "function": function.value,
        "authorisation": authorisation,
        "profession": profession,
        "on_behalf_of": on_behalf_of,
    }
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "client_id": client,
        "iat": issued_us // 1_000_000,
        "exp": issued_us // 1_000_000 + life_seconds,
        "jti": token_id,
        "extensions": {"ihe_iua": iua, "overgang": {key: value for key, value in own.items() if value}},
    }
    key = ECKey.import_key(dict(private_jwk))
    return jwt.encode({"alg": "ES256", "typ": "JWT", "kid": key.kid}, claims, key, algorithms=["ES256"])
