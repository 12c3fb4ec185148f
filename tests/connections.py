"""A plain connection to a database of either engine, for what the service itself never does to one."""

import asyncio
from collections.abc import Callable

from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine


async def with_connection(url: str, act: Callable[[Connection], object]) -> None:
    """Do something in one transaction."""
    if url.startswith("sqlite"):

        def on_sqlite() -> None:
            engine = create_engine(url)
            with engine.begin() as connection:
                act(connection)
            engine.dispose()

        await asyncio.to_thread(on_sqlite)
        return
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    async with engine.begin() as connection:
        await connection.run_sync(act)
    await engine.dispose()
