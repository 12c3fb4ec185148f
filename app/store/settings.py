"""Marks and keys of the database itself: `demo`, `id-key`, `digest-key`."""

from sqlalchemy import select

from app.store.database import Query, Snapshot
from app.store.job import Upsert
from app.store.tables import setting


async def load(snapshot: Snapshot) -> dict[str, bytes]:
    """Return all settings by name."""
    return {name: bytes(value) for name, value in await snapshot.rows(_LOAD, {})}


def put(name: str, value: bytes) -> Upsert:
    """Write a setting."""
    return Upsert(setting, ((name, value),))


_LOAD = Query("settings.load", lambda: select(setting.c.name, setting.c.value))
