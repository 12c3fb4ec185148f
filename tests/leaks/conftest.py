"""The world of the leak tests: prepared once per engine, copied for each module (`leaks`) or test (`own_leaks`)."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from leak_matrix import known_to_registers, notification
from leak_world import ANNA, LeakWorld, populate, prepare, serving_at
from served import ENGINES


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that is left out: one that does not run proves nothing."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
    return report


async def _administer(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server.format("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def prepared_copy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """A function from an engine to the URL of a new database with the directory in it, and no citizen."""
    made = iter(range(1_000_000))
    prepared: dict[str, Path] = {}

    def copy(engine: str) -> str:
        if engine == "sqlite":
            if engine not in prepared:
                prepared[engine] = tmp_path_factory.mktemp("leaks") / "prepared.sqlite"
                asyncio.run(prepare(f"sqlite:///{prepared[engine]}"))
            target = tmp_path_factory.mktemp("leaks") / "leaks.sqlite"
            shutil.copy(prepared[engine], target)
            return f"sqlite:///{target}"
        server = request.getfixturevalue("postgresql_server")
        if engine not in prepared:
            prepared[engine] = Path("leaks_prepared")
            asyncio.run(_administer(server, f"CREATE DATABASE {prepared[engine]}"))
            asyncio.run(prepare(server.format(prepared[engine])))
        name = f"leaks_{next(made)}"
        template = prepared[engine]
        asyncio.run(_administer(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))
        return str(server.format(name))

    return copy


@asynccontextmanager
async def _populated(url: str) -> AsyncIterator[LeakWorld]:
    async with serving_at(url) as world:
        made = await populate(world, known=known_to_registers())
        told = await made.send(made.token("hospital-system"), "POST", "/$process-message", json=notification(ANNA))
        assert told.status == 200, told.body
        yield made


@pytest.fixture(scope="module", params=ENGINES)
def leaks_url(request: pytest.FixtureRequest, prepared_copy: Callable[[str], str]) -> str:
    """URL of a module's own prepared database, on each engine in turn."""
    return prepared_copy(request.param)


@pytest.fixture(scope="module")
async def leaks(leaks_url: str) -> AsyncIterator[LeakWorld]:
    """The world of the leak tests, shared by the tests of one module, on each engine in turn."""
    async with _populated(leaks_url) as made:
        yield made


@pytest.fixture(params=ENGINES)
def own_leaks_url(request: pytest.FixtureRequest, prepared_copy: Callable[[str], str]) -> str:
    """URL of a test's own prepared database, on each engine in turn."""
    return prepared_copy(request.param)


@pytest.fixture
async def own_leaks(own_leaks_url: str) -> AsyncIterator[LeakWorld]:
    """The world of the leak tests for one test alone, on each engine in turn."""
    async with _populated(own_leaks_url) as made:
        yield made
