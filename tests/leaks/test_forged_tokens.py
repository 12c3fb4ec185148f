"""Tokens that an attacker makes: one answer to all that cannot be believed, and nothing gained by all that can.

The nurse's own token is the control: it is what the forger starts from.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from leak_sweep import Way, check_shown, ways
from leak_world import (
    ANNA,
    BO,
    CALLER_OF,
    HIDDEN,
    MARKS,
    Answer,
    LeakWorld,
    claims_of,
    condition,
    parameters,
    serving_at,
    told,
)
from token_forge import part_of, signed

from app.config import Settings
from app.demo.organisations import ORGANISATIONS
from app.errors import ConfigurationError
from app.identity.tokens import new_issuer_key, public_jwks
from app.main import create_app, open_service
from app.runtime import now_us

JSON = dict[str, Any]
STRANGER = new_issuer_key()
Forger = Callable[[JSON, JSON], str]
"""From the nurse's claims and the issuer's key to a token; whoever has no key does not use it."""


def _now() -> int:
    return now_us() // 1_000_000


def _changed(**changes: Any) -> Forger:
    return lambda claims, key: signed({**claims, **changes}, key)


def _without(*names: str) -> Forger:
    return lambda claims, key: signed({name: value for name, value in claims.items() if name not in names}, key)


def _raw(claims: JSON, key: JSON, payload: bytes | None = None, **header: Any) -> str:
    private = ECKey.import_key(dict(key))
    body = json.dumps(claims).encode() if payload is None else payload
    return jws.serialize_compact({"alg": "ES256", "kid": private.kid, **header}, body, private, algorithms=["ES256"])


def _unsigned(algorithm: object) -> Forger:
    return lambda claims, _: f"{part_of({'alg': algorithm, 'typ': 'JWT'})}.{part_of(claims)}."


def _hmac_with_public_key(claims: JSON, key: JSON) -> str:
    """The public key as the secret of a symmetric signature: the old confusion of algorithms."""
    public = json.dumps(public_jwks(key)).encode()
    signing = f"{part_of({'alg': 'HS256', 'typ': 'JWT'})}.{part_of(claims)}"
    return f"{signing}.{part_of(hmac.new(public, signing.encode(), hashlib.sha256).digest())}"


def _by_hand(header: object, claims: JSON, key: JSON) -> str:
    """Sign what no library would write."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    private = ECKey.import_key(dict(key)).private_key
    assert private is not None
    signing = f"{part_of(header)}.{part_of(claims)}"
    r, s = decode_dss_signature(private.sign(signing.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signing}.{part_of(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _own_key_in_header(claims: JSON, _: JSON) -> str:
    public = public_jwks(STRANGER)["keys"][0]
    return _raw(claims, STRANGER, jwk=public, jku="https://attacker.example/jwks.json")


def _swapped_payload(claims: JSON, key: JSON) -> str:
    head, _, signature = signed(claims, key).split(".")
    return f"{head}.{part_of({**claims, 'sub': 'X0D01'})}.{signature}"


def _twice(claims: JSON, key: JSON) -> str:
    """One claim twice: whichever a parser takes, another one may take the other."""
    text = json.dumps(claims)
    audience = json.dumps(claims["aud"])
    return _raw(claims, key, (text[:-1] + f', "aud": "elsewhere", "aud": {audience}}}').encode())


def _twice_within(claims: JSON, key: JSON) -> str:
    text = json.dumps(claims)
    function = '"function": "home-nursing"'
    assert function in text
    return _raw(claims, key, text.replace(function, f'"function": "citizen", {function}').encode())


def _extended(**own: Any) -> Forger:
    def forge(claims: JSON, key: JSON) -> str:
        extensions = claims["extensions"]
        return signed({**claims, "extensions": {**extensions, "overgang": {**extensions["overgang"], **own}}}, key)

    return forge


def _iua(**changes: Any) -> Forger:
    def forge(claims: JSON, key: JSON) -> str:
        extensions = claims["extensions"]
        return signed({**claims, "extensions": {**extensions, "ihe_iua": {**extensions["ihe_iua"], **changes}}}, key)

    return forge


def _both(*forgers: Forger) -> Forger:
    def forge(claims: JSON, key: JSON) -> str:
        for forger in forgers[:-1]:
            claims = claims_of(forger(claims, key))
        return forgers[-1](claims, key)

    return forge


UNBELIEVABLE: dict[str, Forger] = {
    "alg none": _unsigned("none"),
    "alg None": _unsigned("None"),
    "alg empty": _unsigned(""),
    "alg a list": _unsigned(["none"]),
    "signature cut off": lambda claims, key: signed(claims, key).rpartition(".")[0] + ".",
    "signature altered": lambda claims, key: signed(claims, key)[:-6] + "AAAAAA",
    "payload altered": _swapped_payload,
    "symmetric, with the public key": _hmac_with_public_key,
    "another's key": lambda claims, _: signed(claims, STRANGER),
    "own key in the header": _own_key_in_header,
    "another's key under the known name": lambda claims, key: _raw(
        claims, STRANGER, kid=ECKey.import_key(dict(key)).kid
    ),
    "critical header": lambda claims, key: _by_hand({"alg": "ES256", "crit": ["x"], "x": 1}, claims, key),
    "algorithm twice": lambda claims, key: _by_hand(b'{"alg": "none", "alg": "ES256"}', claims, key),
    "another issuer": _changed(iss="https://attacker.example"),
    "no issuer": _without("iss"),
    "issuer a list": _changed(iss=["overgang-demo"]),
    "another audience": _changed(aud="another-service"),
    "no audience": _without("aud"),
    "audience empty": _changed(aud=[]),
    "audience an object": _changed(aud={"overgang": True}),
    "expired": lambda claims, key: signed({**claims, "iat": _now() - 7200, "exp": _now() - 3600}, key),
    "just expired": lambda claims, key: signed({**claims, "iat": _now() - 7200, "exp": _now()}, key),
    "no expiry": _without("exp"),
    "lives for ever": lambda claims, key: signed({**claims, "exp": 4_000_000_000}, key),
    "issued in the future": lambda claims, key: signed({**claims, "iat": _now() + 3600, "exp": _now() + 7200}, key),
    "not yet valid": lambda claims, key: signed({**claims, "nbf": _now() + 3600}, key),
    "expiry a text": _changed(exp="2030-01-01"),
    "expiry true": _changed(exp=True),
    "expiry an object": _changed(exp={}),
    "person a number": _changed(sub=7),
    "person a list": _changed(sub=["X0N02"]),
    "person empty": _changed(sub=""),
    "person with a line break": _changed(sub="X0N02\nX0D01"),
    "no id": _without("jti"),
    "id an object": _changed(jti={}),
    "no client": _without("client_id"),
    "client a list": _changed(client_id=["hilleroed-eoj", "nordkyst-epj"]),
    "no extensions": _without("extensions"),
    "extensions a text": _changed(extensions="all"),
    "unknown function": _extended(function="everything"),
    "function a list": _extended(function=["home-nursing", "citizen"]),
    "function empty": _extended(function=""),
    "unknown purpose": _iua(purpose_of_use=["TREAT", "ANYTHING"]),
    "no purpose": _iua(purpose_of_use=[]),
    "purpose an object": _iua(purpose_of_use={"TREAT": 1, "x": 2}),
    "no organisation": _iua(subject_organization_id=None),
    "organisation a list": _iua(subject_organization_id=[ORGANISATIONS["nursing-a"].sor]),
    "responsible a list": _extended(on_behalf_of=["X0D01"]),
    "a citizen of an organisation": _both(_extended(function="citizen"), _iua(person_id="|".join(ANNA))),
    "huge": _changed(padding="x" * 20_000),
    "huge name": _iua(subject_name="x" * 5_000),
    "deep": lambda claims, key: _raw(claims, key, b'{"a":' + b"[" * 3_000 + b"]" * 3_000 + b"}"),
    "no object": lambda claims, key: _raw(claims, key, b"[1, 2]"),
    "no JSON": lambda claims, key: _raw(claims, key, b"\xff\xfe"),
    "a claim twice": _twice,
    "a claim within twice": _twice_within,
    "three dots": lambda claims, key: signed(claims, key) + ".x",
    "spaces": lambda claims, key: " ".join(signed(claims, key).split(".")),
    "basic": lambda claims, key: "Basic " + base64.b64encode(b"nurse:nurse").decode(),
}

UNCOVERED: dict[str, Forger] = {
    "client that nobody registered": _changed(client_id="nobody-knows-it"),
    "client of another organisation": _changed(client_id="soeengen-laegesystem"),
    "citizens' client": _changed(client_id="borger-app"),
    "organisation that nobody knows": _iua(subject_organization_id="123456789012345"),
    "organisation above its own": _iua(subject_organization_id=ORGANISATIONS["region"].sor),
    "another organisation": _iua(subject_organization_id=ORGANISATIONS["gp-1"].sor),
    "another municipality": _iua(subject_organization_id=ORGANISATIONS["nursing-b"].sor),
    "function that the client has not": _extended(function="general-practice"),
    "assistant, whom the client has not": _extended(function="assistant"),
    "data protection": _both(_extended(function="data-protection"), _iua(purpose_of_use=["HOPERAT"])),
    "register": _both(_extended(function="register"), _iua(purpose_of_use=["PATADMIN"])),
    "citizen": _both(
        _extended(function="citizen"),
        _iua(purpose_of_use=["PATRQT"], subject_organization_id=None, person_id="|".join(ANNA)),
    ),
    "research": _iua(purpose_of_use=["HRESCH"]),
    "treatment and research": _iua(purpose_of_use=["TREAT", "HRESCH"]),
}
"""Signed by the issuer, but beyond what the client is registered for: nobody, as if it had not been sent."""

UNGAINED: dict[str, Forger] = {
    "person that nobody knows": _changed(sub="X0N99"),
    "person of another organisation": _changed(sub="X0G01"),
    "person of another unit": _changed(sub="X0N04"),
    "authorisation that is not hers": _both(_changed(sub="syn-home-carer"), _extended(authorisation="X0N02")),
    "home care under treatment": _both(_changed(sub="syn-home-carer"), _extended(function="home-nursing")),
    "a function of another unit": _extended(function="acute-team"),
    "assistant of the GP": _both(_extended(function="home-care"), _extended(on_behalf_of="X0G01")),
    "emergency without a declaration": _iua(purpose_of_use=["ETREAT"]),
    "break glass": _iua(purpose_of_use=["BTG"]),
    "treatment and emergency": _iua(purpose_of_use=["TREAT", "ETREAT"]),
}
"""Within the registration, and still not true or not enough: no basis, whatever is asked."""


def _asked(leaks: LeakWorld) -> dict[str, Way]:
    ids = [leaks.ids[one.key] for one in HIDDEN if one.citizen == ANNA and one.type == "Condition"]
    return ways(leaks.patients[ANNA], ANNA, ids)


async def _ask_all(leaks: LeakWorld, token: str | None) -> dict[str, Answer]:
    asked = _asked(leaks)
    found = {
        name: await leaks.send(token, way.method, way.path, json=way.json, form=way.form) for name, way in asked.items()
    }
    for name, method, path, body in (
        ("write", "POST", "/Condition", condition("forged")),
        ("change", "PUT", f"/Condition/{leaks.ids['open']}", {**condition("forged"), "id": leaks.ids["open"]}),
        ("delete", "DELETE", f"/Condition/{leaks.ids['open']}", None),
        ("log", "GET", f"/AuditEvent?patient={leaks.patients[ANNA]}", None),
        ("notices", "GET", "/$notices", None),
        ("disclose", "POST", "/Patient/$disclose", parameters(identifier=BO, relative=ANNA, category="plan")),
        ("received", "GET", f"/Patient/{leaks.patients[ANNA]}/$received?id=x", None),
        ("door", "POST", "/Patient/$emergency-access", parameters(identifier=BO, reason="x")),
        ("validate", "POST", "/Condition/$validate", condition("forged")),
        ("directory", "GET", "/Organization?_count=1", None),
        ("bundle", "POST", "", {"resourceType": "Bundle", "type": "batch"}),
    ):
        found[name] = await leaks.send(token, method, path, json=body)
    return found


@pytest.mark.parametrize("name", UNBELIEVABLE)
async def test_every_token_that_cannot_be_believed_is_answered_alike(leaks: LeakWorld, name: str) -> None:
    nurse = claims_of(leaks.tokens["nurse"])
    token = UNBELIEVABLE[name](nurse, leaks.world.issuer)
    rows = await leaks.world.row_counts()
    answers = await _ask_all(leaks, token)
    assert {answer.status for answer in answers.values()} == {401}, {k: v.status for k, v in answers.items()}
    assert {dict(answer.headers)["www-authenticate"] for answer in answers.values()} == {'Bearer realm="overgang"'}
    assert await leaks.world.row_counts() == rows
    for answer in answers.values():
        assert not any(mark.encode() in answer.body for mark in MARKS.values())
        assert token.encode() not in answer.body
    # One text to all: what was wrong with it helps a forger alone.
    said = {told(answer)[2] for answer in answers.values() if answer.body}
    assert len(said) == 1


async def test_a_forger_is_told_the_same_whatever_was_wrong(leaks: LeakWorld) -> None:
    nurse = claims_of(leaks.tokens["nurse"])
    path = f"/Condition/{leaks.ids['open']}"
    words = set()
    for forge in UNBELIEVABLE.values():
        words.add((await leaks.send(forge(nurse, leaks.world.issuer), "GET", path)).body)
    assert len(words) <= 3, words  # it cannot be believed; it is too long or no token; it has expired
    assert all(b"key" not in one and b"alg" not in one and b"audience" not in one for one in words)


@pytest.mark.parametrize("name", UNCOVERED)
async def test_a_token_beyond_its_registration_is_nobodys(leaks: LeakWorld, name: str) -> None:
    token = UNCOVERED[name](claims_of(leaks.tokens["nurse"]), leaks.world.issuer)
    rows = await leaks.world.row_counts()
    answers = await _ask_all(leaks, token)
    assert {answer.status for answer in answers.values()} == {401}, {k: v.status for k, v in answers.items()}
    unregistered = await _ask_all(leaks, leaks.tokens["unregistered"])
    assert {name: told(one) for name, one in answers.items()} == {name: told(one) for name, one in unregistered.items()}
    assert await leaks.world.row_counts() == rows


@pytest.mark.parametrize("name", UNGAINED)
async def test_a_token_that_says_more_than_is_true_opens_nothing(leaks: LeakWorld, name: str) -> None:
    token = UNGAINED[name](claims_of(leaks.tokens["nurse"]), leaks.world.issuer)
    await check_shown(leaks, token, _asked(leaks), [], basis=False)
    for path in (f"/AuditEvent?patient={leaks.patients[ANNA]}",):
        assert (await leaks.send(token, "GET", path)).status == 403


async def test_the_control_a_token_signed_by_hand_is_believed(leaks: LeakWorld) -> None:
    """What is made by hand is refused for what it says, not for how it was made."""
    token = _by_hand({"alg": "ES256"}, claims_of(leaks.tokens["nurse"]), leaks.world.issuer)
    assert (await leaks.send(token, "GET", f"/Condition/{leaks.ids['open']}")).status == 200


async def test_the_control_what_the_forger_starts_from_opens(leaks: LeakWorld) -> None:
    own = claims_of(leaks.tokens["nurse"])
    seen = [
        leaks.ids[one.key]
        for one in HIDDEN
        if one.citizen == ANNA and one.type == "Condition" and CALLER_OF["nurse"].sees(one)
    ]
    await check_shown(leaks, signed(own, leaks.world.issuer), _asked(leaks), seen)


async def test_a_responsible_who_answers_for_nobody_opens_nothing(leaks: LeakWorld) -> None:
    """The secretary's own token is the control: she is delegated by the GP, and by nobody else."""
    secretary = claims_of(leaks.tokens["delegated-secretary"])
    await check_shown(leaks, signed(secretary, leaks.world.issuer), _asked(leaks), [leaks.ids["open"]])
    for behalf in ("X0N02", "X0D01", "X0G02", "X0G99", "syn-gp-secretary", "X0G01 ", "x0g01"):
        token = _extended(on_behalf_of=behalf)(secretary, leaks.world.issuer)
        await check_shown(leaks, token, _asked(leaks), [], basis=False)
    token = _extended(on_behalf_of=None)(secretary, leaks.world.issuer)
    await check_shown(leaks, token, _asked(leaks), [], basis=False)


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-User", "X-User", "X-Purpose-Of-Use", "X-Break-Glass", "X-On-Behalf-Of", "X-Original-URL", "Cookie"],
)
async def test_no_header_but_the_token_says_who_asks(leaks: LeakWorld, header: str) -> None:
    own = leaks.tokens["nurse"]
    for value in ("X0N02", "ETREAT", f"Bearer {own}", f"/fhir/Condition/{leaks.ids['open']}", f"token={own}"):
        headers = {header: value}
        for token, status in ((None, 401), (leaks.tokens["blocked"], 404)):
            answer = await leaks.send(token, "GET", f"/Condition/{leaks.ids['open']}", headers=headers)
            assert answer.status == status
    for query in (f"access_token={own}", f"token={own}", "purpose=ETREAT", "_method=GET"):
        answer = await leaks.send(None, "GET", f"/Condition/{leaks.ids['open']}?{query}")
        assert answer.status == 401


async def test_production_believes_no_persona(own_leaks_url: str, tmp_path: Path) -> None:
    """The personas' issuer is known in development mode alone, even on a database that has its key."""
    issuers = tmp_path / "issuers.json"
    own = new_issuer_key()
    issuers.write_text(json.dumps({"https://login.example": public_jwks(own)}), encoding="utf-8")
    async with serving_at(own_leaks_url) as world:
        persona = world.token("home-nurse")
    settings = Settings(database_url=own_leaks_url, issuers_file=issuers)
    assert settings.mode == "production"
    service = await open_service(settings)
    app = create_app(service=service)
    try:
        async with app.router.lifespan_context(app):
            leaks = LeakWorld(world=replace(world, app=app, service=service), ids={}, patients={}, never={})
            for path in ("/Organization?_count=1", "/Patient/$summary?identifier=a|b", "/$notices", "/Condition/x"):
                assert (await leaks.send(persona, "GET", path)).status == 401
            renamed = signed({**claims_of(persona), "iss": "https://login.example"}, world.issuer)
            assert (await leaks.send(renamed, "GET", "/Organization?_count=1")).status == 401
            # The control: who is signed by the issuer that the operator named is believed.
            genuine = signed({**claims_of(persona), "iss": "https://login.example"}, own)
            assert (await leaks.send(genuine, "GET", "/Organization?_count=1")).status == 200
    finally:
        await service.database.close()
    with pytest.raises(ConfigurationError):
        await open_service(Settings(database_url=own_leaks_url))
