"""The ceiling: a bare ASGI application that answers the same bytes from memory, and does nothing else."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

Message = MutableMapping[str, Any]
FOLDER = "OVERGANG_BENCH_BODIES"
"""Environment: the folder whose files are answered, each under its name."""


def create_app() -> Callable[..., Awaitable[None]]:
    """Read the bodies once."""
    bodies = {f"/{path.name}": path.read_bytes() for path in Path(os.environ[FOLDER]).iterdir()}

    async def app(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = bodies[scope["path"]]
        headers = [
            (b"content-type", b"application/fhir+json; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app
