"""What the tests of the three doors send."""

import re
from typing import Any

import httpx2
from served import NANCY, Identifier, World

from app import sharing
from app.context import Call
from app.runtime import now_us
from consent.vocabulary import DeclarationKind, DoorReason
from schemas.terminology import systems

UNKNOWN: Identifier = (systems.X_ECPR, "0101901QQ1")
HOUR_US = 3600 * 1_000_000
DOORS = ("$treating-now", "$consent-now", "$emergency-access")
KINDS = dict(zip(DOORS, DeclarationKind, strict=True))
DOCTOR = "lung-doctor"


def purposes_for(door: str) -> tuple[str, ...]:
    """Return the purposes of the token that opens a door."""
    return ("ETREAT",) if door == "$emergency-access" else ()


def declaration(citizen: Identifier = NANCY, *, code: str | None = None, reason: str | None = "akut") -> dict[str, Any]:
    """Return the Parameters of a door."""
    given = [{"name": "identifier", "valueIdentifier": {"system": citizen[0], "value": citizen[1]}}]
    if code is not None:
        given.append({"name": "code", "valueCode": code})  # type: ignore[dict-item]
    if reason is not None:
        given.append({"name": "reason", "valueString": reason})  # type: ignore[dict-item]
    return {"resourceType": "Parameters", "parameter": given}


async def declare(
    world: World, door: str, citizen: Identifier = NANCY, *, who: str = DOCTOR, reason: str = "akut"
) -> httpx2.Response:
    """Open a door over HTTP, with what it needs."""
    client = world.as_(who, purposes=purposes_for(door))
    code = "life-in-danger" if door == "$emergency-access" else None
    return await client.post(f"/Patient/{door}", json=declaration(citizen, code=code, reason=reason))


async def declare_at(
    world: World, door: str, citizen: Identifier = NANCY, *, at_us: int, who: str = DOCTOR, reason: str = "akut"
) -> bytes:
    """Open a door at another time than now."""
    token = world.token(who, purposes=purposes_for(door), at_us=at_us)
    call = Call(caller=world.service.verifier.verify(token, now_us=at_us), request_id="test", at_us=at_us)
    return await sharing.declare(
        world.service,
        call,
        kind=KINDS[door],
        identifier=citizen,
        code=DoorReason.LIFE_IN_DANGER if door == "$emergency-access" else None,
        reason=reason,
    )


def told(answer: httpx2.Response) -> tuple[int, dict[str, str], str]:
    """Return all that an answer tells, fresh keys and times blanked."""
    headers = {
        name: value for name, value in answer.headers.items() if name not in {"x-request-id", "date", "content-length"}
    }
    text = re.sub(r"[0-9a-f]{32}", "<id>", answer.text)
    text = re.sub(r"ogs1[.][A-Za-z0-9_-]+", "<session>", text)
    text = re.sub(r"20\d\d-\d\d-\d\dT[\d:.]+Z", "<instant>", text)
    if "retry-after" in headers:
        assert int(headers["retry-after"]) > 0
        headers["retry-after"] = "<seconds>"
    return answer.status_code, headers, text


def now() -> int:
    """Return the present in µs."""
    return now_us()
