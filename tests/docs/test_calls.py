"""Every call that the pages show is sent, and answers what the pages say it answers.

A page may shorten an answer: members and entries may be left out, and `…` stands for any text.
"""

import json
import re
import shlex
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import httpx2
import pytest
from doc_pages import ROOT, Block, blocks
from joserfc import jwt
from joserfc.jwk import ECKey
from served import BASE, World

from app.demo.cluster import demo_messages
from app.demo.personas import NANCY
from app.identity.tokens import TokenVerifier, new_issuer_key, public_jwks
from consent.vocabulary import Function

_TOKEN = re.compile(r"\$\(\.venv/bin/overgang token --as (?P<persona>[a-z0-9-]+)(?: --purpose (?P<purpose>[A-Z]+))?\)")


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes | None


def _call(text: str, world: World) -> Call:
    """Read a curl command."""
    program, *words = shlex.split(text.replace("\\\n", " "))
    assert program == "curl"
    method, url, headers, parts = "", "", [], []
    pending = iter(words)
    for word in pending:
        match word:
            case "-s" | "-i":
                pass
            case "-X":
                method = next(pending)
            case "-H":
                given = next(pending)
                token = _TOKEN.search(given)
                if token is not None:
                    purposes = [token["purpose"]] if token["purpose"] else []
                    given = given.replace(token[0], world.token(token["persona"], purposes=purposes))
                name, _, value = given.partition(":")
                headers.append((name, value.strip()))
            case "-d":
                parts.append(next(pending).encode())
            case "--data-urlencode":
                name, _, value = next(pending).partition("=")
                parts.append(f"{name}={httpx2.QueryParams({'v': value})}".replace("=v=", "=").encode())
            case "--data-binary":
                parts.append((ROOT / next(pending).removeprefix("@")).read_bytes())
            case _:
                assert not word.startswith("-"), f"the test does not know `{word}`"
                url = word
    body = b"&".join(parts) if parts else None
    if body is not None and "content-type" not in {name.lower() for name, _ in headers}:
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    return Call(method or ("POST" if parts else "GET"), url, headers, body)


def _shows(shown: Any, real: Any) -> bool:
    """Tell whether `shown` is `real` with parts left out."""
    match shown:
        case str() if "…" in shown:
            pattern = ".*".join(re.escape(part) for part in shown.split("…"))
            return isinstance(real, str) and re.fullmatch(pattern, real, re.DOTALL) is not None
        case dict():
            return isinstance(real, dict) and all(key in real and _shows(shown[key], real[key]) for key in shown)
        case list():
            rest = iter(real if isinstance(real, list) else [])
            return all(item == "…" or any(_shows(item, other) for other in rest) for item in shown)
        case _:
            return bool(shown == real)


def _answers() -> dict[Block, Block]:
    """Calls and the answers that the pages show right behind them."""
    return {
        call: answer
        for call, answer in pairwise(blocks())
        if call.page == answer.page and call.text.startswith("curl ") and answer.info.startswith("json answer")
    }


async def _page_of(client: httpx2.AsyncClient, function: str) -> Any:
    """Run the function of the Python block in docs/connect.md."""
    (block,) = blocks("python", page="docs/connect.md")
    names: dict[str, Any] = {}
    exec(compile(block.text, str(block), "exec"), names)  # noqa: S102  # our own page
    return await names[function](client, *NANCY)


async def _tell_of_the_admission(world: World) -> None:
    """Do what the demonstration did before anybody types the first call."""
    messages = demo_messages(world.cluster)
    told = await world.as_(messages.notification_sender).post("/$process-message", json=messages.notification)
    assert told.status_code == 200, told.text


def test_every_call_has_its_answer_and_every_answer_its_call():
    assert [block for block in blocks() if block.text.startswith("curl ")] == list(_answers())
    assert [block for block in blocks("json") if "answer" in block.info] == list(_answers().values())


def test_an_answer_that_says_something_else_is_noticed():
    real = {"a": [1, {"b": "one two"}], "c": 3}

    assert _shows({"a": [{"b": "one …"}]}, real)
    assert not _shows({"a": [{"b": "two …"}]}, real)
    assert not _shows({"a": [{"b": "…"}, 1]}, real)
    assert not _shows({"d": 3}, real)


@pytest.mark.parametrize("page", sorted({call.page for call in _answers()}))
async def test_the_calls_of_a_page_answer_what_the_page_says(world: World, page: str):
    await _tell_of_the_admission(world)
    for block, answer in _answers().items():
        if block.page != page:
            continue
        call = _call(block.text, world)
        assert call.url.startswith(BASE.removesuffix("/fhir")), block

        real = await world.anonymous().request(call.method, call.url, headers=call.headers, content=call.body)

        status = answer.info.partition("=")[2] or "200"
        assert str(real.status_code) == status, f"{block}: {real.status_code} {real.text[:2000]}"
        is_shown = _shows(json.loads(answer.text), real.json())
        assert is_shown, f"{answer}: {real.text[:4000]}"


async def test_the_python_of_the_page_finds_the_plans(world: World):
    plans = await _page_of(world.as_("gp"), "discharge_plans")

    assert len(plans) == 2
    assert {plan["resourceType"] for plan in plans} == {"CarePlan"}


async def test_what_fhirpy_is_known_to_send_is_taken(world: World):
    client = world.as_("municipality-system")
    person = {
        "resourceType": "Patient",
        "identifier": [{"system": NANCY[0], "value": NANCY[1]}],
        "name": [{"family": "Berggren"}],
    }
    bar = f"{NANCY[0]}|{NANCY[1]}"

    kept = await client.post("/Patient", params={"identifier": bar}, json=person)
    counted = await world.as_("gp").get(
        "/CarePlan", params={"patient.identifier": bar, "_count": "0", "_totalMethod": "count"}
    )
    patched = await client.patch(kept.headers["location"].partition("/_history")[0], json={"active": True})
    everybody = await world.as_("gp").get("/CarePlan")

    assert (kept.status_code, kept.headers["etag"], kept.content) == (200, 'W/"1"', b"")
    assert counted.json()["total"] >= 2
    assert patched.status_code == 405
    assert everybody.status_code == 400


async def test_the_claims_of_the_page_make_a_caller():
    (shown,) = [block for block in blocks("json") if block.info == "json token"]
    claims = json.loads(shown.text)
    key = new_issuer_key()
    token = jwt.encode({"alg": "ES256"}, claims, ECKey.import_key(key), algorithms=["ES256"])
    verifier = TokenVerifier({claims["iss"]: public_jwks(key)}, audience="overgang")

    caller = verifier.verify(token, now_us=claims["iat"] * 1_000_000)

    assert caller.requester.function is Function.HOSPITAL_TREATMENT
    assert caller.name == claims["extensions"]["ihe_iua"]["subject_name"]


@pytest.mark.parametrize("base", [BASE, f"{BASE}/"])
async def test_a_bundle_may_be_posted_to_the_base_with_and_without_a_slash_at_its_end(world: World, base: str):
    answer = await world.as_("municipality-system").post(base, json={"resourceType": "Bundle", "type": "batch"})

    assert answer.status_code == 200, answer.text
    assert answer.json() == {"resourceType": "Bundle", "type": "batch-response"}


async def test_the_base_takes_no_other_method(world: World):
    answer = await world.as_("municipality-system").get(BASE)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
