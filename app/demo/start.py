"""From nothing to a seeded database and a running server, with progress on everything that takes its time."""

import asyncio
import os
from pathlib import Path

import httpx2
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.config import Settings
from app.demo.run import SEEDED, mark_as_demo, seed
from app.errors import ConfigurationError, UnavailableError
from app.main import open_service
from app.runtime import now
from app.store import directory
from app.store import settings as marks
from app.store.database import open_database
from app.store.migrate import migrate

_WAIT_SECONDS = 60


async def prepare(settings: Settings, *, citizens: int, number: int) -> None:
    """Migrate and, when the database is empty, mark it as demo and seed it.

    Raises:
        ConfigurationError: the database holds data and is not marked as demo, or its seeding was interrupted.
    """
    if settings.database_url.startswith("sqlite:///"):
        Path(settings.database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    await migrate(settings.database_url)
    database = await open_database(settings.database_url)
    try:
        await mark_as_demo(database)
        async with database.snapshot() as snapshot:
            has_begun = bool((await directory.load(snapshot, 0)).organisations)
            is_seeded = SEEDED in await marks.load(snapshot)
    finally:
        await database.close()
    if is_seeded:
        return
    if has_begun:
        raise ConfigurationError("the seeding of this database was interrupted: remove it and begin again")
    service = await open_service(settings.model_copy(update={"mode": "development"}))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns) as bar:
            task = bar.add_task("seeding the synthetic cluster", total=None)
            await seed(
                service,
                at=now(),
                citizens=citizens,
                number=number,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    finally:
        await service.database.close()


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment in which a server has these settings."""
    own = {
        "OVERGANG_MODE": settings.mode,
        "OVERGANG_DATABASE_URL": settings.database_url,
        "OVERGANG_PUBLIC_URL": settings.public_url,
        "OVERGANG_HOST": settings.host,
        "OVERGANG_PORT": str(settings.port),
    }
    return {**os.environ, **own}  # noqa: TID251  # a child process inherits the rest


async def wait_until_ready(settings: Settings) -> None:
    """Wait until the server answers.

    Raises:
        UnavailableError: it does not.
    """
    url = f"http://{settings.host}:{settings.port}/health/ready"
    async with httpx2.AsyncClient() as client:
        for _ in range(_WAIT_SECONDS * 10):
            try:
                if (await client.get(url)).status_code == httpx2.codes.OK:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.1)
    raise UnavailableError("the server does not answer")
