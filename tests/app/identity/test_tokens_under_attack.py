"""Tokens: signed by whom we know, for us, now, and saying one thing; everything else is the same 401."""

import base64
import json
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from app.errors import NotAuthenticatedError
from app.identity import TokenVerifier
from app.identity.tokens import new_issuer_key, public_jwks
from consent.vocabulary import Function

NOW_US = 1_800_000_000_000_000
KEY = new_issuer_key()
OTHER_KEY = new_issuer_key()
VERIFIER = TokenVerifier({"one": public_jwks(KEY), "other": public_jwks(OTHER_KEY)}, audience="overgang")


def claims(**changed: Any) -> dict[str, Any]:
    now = NOW_US // 1_000_000
    return {
        "iss": "one",
        "aud": "overgang",
        "sub": "person",
        "client_id": "client",
        "iat": now - 10,
        "exp": now + 600,
        "jti": "token",
        "extensions": {
            "ihe_iua": {"purpose_of_use": ["TREAT"], "subject_organization_id": "1"},
            "overgang": {"function": "general-practice"},
        },
        **changed,
    }


def extensions(*, iua: dict[str, Any] | None = None, own: dict[str, Any] | None = None) -> dict[str, Any]:
    before = claims()["extensions"]
    return {"ihe_iua": before["ihe_iua"] | (iua or {}), "overgang": before["overgang"] | (own or {})}


def signed(said: dict[str, Any], key: dict[str, Any] = KEY) -> str:
    private = ECKey.import_key(dict(key))
    payload = json.dumps(said).encode()  # written as it stands: joserfc would not write some of it
    return jws.serialize_compact({"alg": "ES256", "kid": private.kid}, payload, private, algorithms=["ES256"])


def part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def test_a_sound_token_is_believed() -> None:
    assert VERIFIER.verify(signed(claims()), now_us=NOW_US).requester.function is Function.GENERAL_PRACTICE


@pytest.mark.parametrize(
    "said",
    [
        claims(iss="other"),
        claims(aud="elsewhere"),
        claims(aud=[]),
        claims(aud={"overgang": 1}),
        claims(exp=NOW_US // 1_000_000),
        claims(exp=1e300),
        claims(exp=float("inf")),
        claims(exp=float("nan")),
        claims(exp="soon"),
        claims(exp=True),
        claims(iat=NOW_US // 1_000_000 + 31),
        claims(nbf=NOW_US // 1_000_000 + 31),
        claims(iat=NOW_US // 1_000_000 - 86_400),
        claims(jti=""),
        claims(jti=7),
        claims(sub="a\x00b"),
        claims(sub="\ud800"),
        claims(sub="x" * 257),
        claims(client_id=None),
        claims(extensions={}),
        claims(extensions=[]),
        claims(extensions=extensions(iua={"purpose_of_use": []})),
        claims(extensions=extensions(iua={"purpose_of_use": ["TREAT", "WHATEVER"]})),
        claims(extensions=extensions(iua={"purpose_of_use": [["TREAT"]]})),
        claims(extensions=extensions(iua={"subject_organization_id": None})),
        claims(extensions=extensions(own={"function": "everything"})),
        claims(extensions=extensions(own={"function": "citizen"}, iua={"person_id": "system|value"})),
        claims(
            extensions=extensions(own={"function": "citizen"}, iua={"person_id": "x", "subject_organization_id": None})
        ),
    ],
)
def test_a_token_that_says_anything_else_is_not_believed(said: dict[str, Any]) -> None:
    with pytest.raises(NotAuthenticatedError):
        VERIFIER.verify(signed(said), now_us=NOW_US)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "æ.ø.å",
        "x" * 9000,
        f"{part(b'{}')}.{part(b'{}')}.",
        f"{part(json.dumps({'alg': 'none'}).encode())}.{part(json.dumps(claims()).encode())}.",
        f"{part(json.dumps({'alg': 'HS256'}).encode())}.{part(json.dumps(claims()).encode())}.AAAA",
        part(b'{"alg":"ES256","x":' + b"[" * 2500 + b"]" * 2500 + b"}") + ".e30.AAAA",
        part(b"[]") + ".e30.AAAA",
        part(b'{"alg":["ES256"]}') + ".e30.AAAA",
        part(b'{"alg":"ES256","kid":{}}') + ".e30.AAAA",
        part(b'{"alg":"ES256","crit":["x"],"x":1}') + ".e30.AAAA",
    ],
)
def test_a_token_of_another_form_is_not_believed(token: str) -> None:
    with pytest.raises(NotAuthenticatedError):
        VERIFIER.verify(token, now_us=NOW_US)


def test_one_issuer_does_not_speak_for_another() -> None:
    with pytest.raises(NotAuthenticatedError):
        VERIFIER.verify(signed(claims(), OTHER_KEY), now_us=NOW_US)


def test_two_issuers_may_share_a_key() -> None:
    verifier = TokenVerifier({"first": public_jwks(KEY), "one": public_jwks(KEY)}, audience="overgang")
    assert verifier.verify(signed(claims()), now_us=NOW_US).issuer == "one"


def test_a_remembered_token_ends_too() -> None:
    token = signed(claims())
    VERIFIER.verify(token, now_us=NOW_US)
    with pytest.raises(NotAuthenticatedError):
        VERIFIER.verify(token, now_us=NOW_US + 600_000_000)


def test_payloads_that_are_no_object_are_not_believed() -> None:
    header = {"alg": "ES256", "kid": ECKey.import_key(dict(KEY)).kid}
    for payload in (b"[]", b"7", b"[" * 2000 + b"]" * 2000, b"\xff"):
        token = jws.serialize_compact(header, payload, ECKey.import_key(dict(KEY)), algorithms=["ES256"])
        with pytest.raises(NotAuthenticatedError):
            VERIFIER.verify(token, now_us=NOW_US)
