"""What a client, or a proxy before it, may send that means two things."""

from typing import Any

import httpx2
import pytest
from served import BASE, NANCY, World

from app.fhir.wire import headers_of

pytestmark = pytest.mark.anyio


async def answered(world: World, scope: dict[str, Any]) -> list[dict[str, Any]]:
    """Send one raw ASGI scope and return what was sent back."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    whole = {"path": "/fhir/Patient", "root_path": "", "query_string": b"", "headers": [], **scope}
    await world.app(whole, receive, send)  # type: ignore[arg-type]
    return sent


@pytest.mark.parametrize("name", ["Authorization", "Content-Type", "If-Match", "If-None-Exist"])
async def test_a_header_with_one_meaning_sent_twice_is_refused(world: World, name: str) -> None:
    token = world.token("gp")
    twice = [("Authorization", f"Bearer {token}"), (name, "one"), (name, "one")]
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=world.app), base_url=BASE) as client:
        answer = await client.post("/Observation", content=b"{}", headers=twice)
    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_a_list_in_several_lines_is_one_list() -> None:
    assert headers_of([(b"accept", b"text/html"), (b"accept", b"*/*")]) == {b"accept": b"text/html, */*"}


async def test_accept_in_two_lines_is_read_as_one(world: World) -> None:
    lines = [("Accept", "text/html"), ("Accept", "application/fhir+json")]
    assert (await world.anonymous().get("/metadata", headers=lines)).status_code == 200


@pytest.mark.parametrize(
    "path", ["//metadata", "/metadata//", "/Patient//$summary", "/./metadata", "/Patient/../metadata"]
)
async def test_an_address_has_one_spelling(world: World, path: str) -> None:
    sent = await answered(
        world, {"type": "http", "method": "GET", "path": f"/fhir{path}", "scheme": "http", "server": ("h", 80)}
    )
    assert sent[0]["status"] in {401, 404}


async def test_a_websocket_is_closed(world: World) -> None:
    sent = await answered(world, {"type": "websocket", "scheme": "ws", "server": ("h", 80)})
    assert sent == [{"type": "websocket.close", "code": 1003}]


async def test_an_answer_without_a_body_states_no_length(world: World) -> None:
    gp = world.as_("gp")
    created = await gp.post(
        "/Observation",
        json={
            "resourceType": "Observation",
            "status": "final",
            "code": {"text": "pulse"},
            "subject": {"identifier": {"system": NANCY[0], "value": NANCY[1]}},
        },
    )
    name = f"/Observation/{created.json()['id']}"
    unchanged = await gp.get(name, headers={"If-None-Match": "*"})
    gone = await gp.delete(name)
    assert (unchanged.status_code, gone.status_code) == (304, 204)
    assert "content-length" not in unchanged.headers
    assert "content-length" not in gone.headers
