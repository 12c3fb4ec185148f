import asyncio
import sqlite3

import pytest
from alembic import command
from connections import with_connection
from sqlalchemy import Connection, inspect

from app.errors import ConfigurationError, UnavailableError
from app.store.database import open_database
from app.store.migrate import configuration, migrate
from app.store.tables import metadata


async def test_a_migrated_database_has_exactly_the_tables_of_the_code(empty_database_url):
    await migrate(empty_database_url)

    await with_connection(empty_database_url, _check)


def _check(connection: Connection) -> None:
    command.check(configuration(connection))  # raises when types, columns or indexes differ
    inspector = inspect(connection)
    assert set(inspector.get_table_names()) == {*metadata.tables, "alembic_version"}
    for name, table in metadata.tables.items():
        key = [column.name for column in table.primary_key]
        if connection.dialect.name == "postgresql":
            key = list(table.info.get("postgresql_key", key))
        assert inspector.get_pk_constraint(name)["constrained_columns"] == key
        nullable = {column["name"]: column["nullable"] for column in inspector.get_columns(name)}
        assert nullable == {column.name: column.nullable for column in table.columns}


async def test_migrating_again_changes_nothing(empty_database_url):
    await migrate(empty_database_url)
    before = await open_database(empty_database_url)
    await migrate(empty_database_url)
    after = await open_database(empty_database_url)

    assert after.ids.encode(7, 7) == before.ids.encode(7, 7)
    await before.close()
    await after.close()


async def test_a_migration_that_is_cut_off_leaves_nothing(empty_database_url, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("app.store.migrate.secrets.token_bytes", _fail)
        with pytest.raises(UnavailableError):
            await migrate(empty_database_url)
    await with_connection(empty_database_url, _check_empty)

    await migrate(empty_database_url)


def _fail(_length):
    raise OSError


def _check_empty(connection: Connection) -> None:
    assert inspect(connection).get_table_names() == []


async def test_two_processes_that_migrate_at_once_end_with_one_schema(tmp_path):
    url = f"sqlite:///{tmp_path}/test.sqlite"

    await asyncio.gather(migrate(url), migrate(url))

    await with_connection(url, _check)


async def test_the_migration_can_be_taken_back(empty_database_url):
    await migrate(empty_database_url)

    await with_connection(empty_database_url, lambda connection: command.downgrade(configuration(connection), "base"))

    await migrate(empty_database_url)


async def test_a_citizens_resources_lie_together_on_sqlite(tmp_path):
    await migrate(f"sqlite:///{tmp_path}/test.sqlite")
    with sqlite3.connect(tmp_path / "test.sqlite") as connection:
        plan = connection.execute("EXPLAIN QUERY PLAN SELECT body FROM resource WHERE place BETWEEN 1 AND 2").fetchall()
    connection.close()

    assert "USING INTEGER PRIMARY KEY" in plan[0][3]


async def test_a_database_that_was_not_migrated_is_not_opened(empty_database_url):
    with pytest.raises(ConfigurationError):
        await open_database(empty_database_url)


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///", "mysql://x/y", "/var/x.sqlite", "sqlite:///:memory:"])
async def test_a_url_of_no_engine_of_ours_is_refused(url):
    with pytest.raises(ConfigurationError):
        await open_database(url)
