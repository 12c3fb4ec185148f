"""Citizens who have decided much: directives that concern others than the reader, so that the same bytes are answered."""

from typing import Any

import msgspec

from app import sharing
from app.context import Call, Service
from app.demo.organisations import ORGANISATIONS
from app.demo.run import ISSUER
from app.identity import issue_token
from app.runtime import now_us, random_id
from app.translate.consents import consent_of, provision_of
from consent.vocabulary import Category, Effect, Function, Purpose
from schemas.admit import Admitted, admit
from schemas.terminology import systems

JSON = dict[str, Any]
COUNTS = (1, 10, 100)
"""Directives on a citizen; one pair of figures each."""
_CLIENT = "borger-app"
_DAY_US = 24 * 3600 * 1_000_000
_CATEGORIES = (Category.DIAGNOSIS, Category.MEDICATION, Category.LAB_RESULT, Category.ALLERGY)


async def direct(service: Service, key: dict[str, str], identifier: tuple[str, str], count: int) -> None:
    """Let the citizen write `count` directives in her own name, each a block of somebody else than the reader."""
    at_us = now_us()
    token = issue_token(
        key,
        issuer=ISSUER,
        audience=service.settings.audience,
        subject=f"bench-{identifier[1]}",
        client=_CLIENT,
        function=Function.CITIZEN,
        purposes=frozenset({Purpose.PATIENT_REQUEST}),
        person_id="|".join(identifier),
        issued_us=at_us,
        token_id=random_id(),
    )
    caller = service.verifier.verify(token, now_us=at_us)
    for place in range(count):
        content = admit(msgspec.json.encode(_block(identifier, place, at_us)))
        assert isinstance(content, Admitted)
        call = Call(caller=caller, request_id=random_id(), at_us=now_us())
        await sharing.create(service, call, type="Consent", content=content, if_none_exist=None)


def _block(identifier: tuple[str, str], place: int, at_us: int) -> JSON:
    """Return one of four kinds of block: a place of treatment; for a time; from a category; from data of a time."""
    citizen = {"identifier": {"system": identifier[0], "value": identifier[1]}}
    others = [one for one in ORGANISATIONS.values() if one.kind in {"general-practice", "municipality"}]
    scope: dict[str, Any] = {}
    match place % 4:
        case 1:
            scope = {"start_us": at_us - _DAY_US, "stop_us": at_us + (30 + place) * _DAY_US}
        case 2:
            scope = {"categories": [_CATEGORIES[place // 4 % len(_CATEGORIES)]]}
        case 3:
            scope = {"data_start_us": at_us - (4000 + place) * _DAY_US, "data_stop_us": at_us - 2000 * _DAY_US}
    consent = consent_of(
        patient="", at_us=at_us, provision=provision_of(Effect.DENY, actors=["actor"], **scope), performer="citizen"
    )
    actor = {"system": systems.SOR, "value": others[place % len(others)].sor}
    consent["provision"]["actor"][0]["reference"] = {"type": "Organization", "identifier": actor}
    return {**consent, "patient": citizen, "performer": [citizen]}
