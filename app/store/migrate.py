"""Brings a database, empty or full, to the newest schema and gives it its keys; safe to repeat."""

import asyncio
import secrets
import sqlite3
import time
from importlib import resources
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from app.errors import ConfigurationError, UnavailableError
from app.store.ids import KEY_BYTES
from app.store.tables import setting

_KEYS = {"id-key": KEY_BYTES, "digest-key": 32}
"""Random keys of a database: of public ids, and of every digest that leaves the service."""
_ATTEMPTS = 60


async def migrate(url: str) -> None:
    """Create or upgrade the schema behind `url` (see `app.store.database.open_database`) and its keys.

    Raises:
        ConfigurationError: the URL names no engine of ours.
        UnavailableError: the database is out of reach or refused.
    """
    try:
        if url.startswith("sqlite:///"):
            await asyncio.to_thread(_migrate_sqlite, url.removeprefix("sqlite:///"))
        elif url.startswith(("postgresql://", "postgres://")):
            await _migrate_postgresql(url)
        else:
            raise ConfigurationError("the database URL must begin with `sqlite:///` or `postgresql://`")
    except (ArgumentError, ValueError):  # told without its cause, which quotes the URL and the password in it
        raise ConfigurationError("the database URL cannot be read") from None
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise UnavailableError("the database could not be migrated") from error


def _migrate_sqlite(path: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    _keep_log(path)
    engine = create_engine(f"sqlite:///{path}", isolation_level="AUTOCOMMIT")
    # The driver begins no transaction before DDL: begun by hand, a migration that is cut off leaves nothing, and two
    # processes migrate one after the other.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    event.listen(engine, "commit", lambda connection: connection.exec_driver_sql("COMMIT"))
    event.listen(engine, "rollback", lambda connection: connection.exec_driver_sql("ROLLBACK"))
    try:
        with engine.begin() as connection_of_alembic:
            upgrade(connection_of_alembic)
    finally:
        engine.dispose()


def _keep_log(path: str) -> None:
    """Turn on the write-ahead log, once and for all; while another process does the same SQLite would not wait."""
    for attempt in range(_ATTEMPTS):
        connection = sqlite3.connect(path)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()


async def _migrate_postgresql(url: str) -> None:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


def upgrade(connection: Connection) -> None:
    """Upgrade over an open SQLAlchemy connection, inside its transaction."""
    command.upgrade(configuration(connection), "head")
    known = set(connection.scalars(select(setting.c.name)))
    for name, length in _KEYS.items():
        if name not in known:
            connection.execute(insert(setting).values(name=name, value=secrets.token_bytes(length)))


def configuration(connection: Connection) -> Config:
    """Return Alembic's configuration for an open connection; the scripts lie in the package `migrations`."""
    config = Config()
    config.set_main_option("script_location", str(resources.files("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
