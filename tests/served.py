"""The whole service over HTTP for the tests: a seeded synthetic cluster behind an ASGI client, on each engine.

The cluster is seeded once per engine and worker of a test run; every module (`world`) or test (`own_world`) that asks
gets a copy of it. (The module is not called `http`: tests/ lies on the path of modules, where the standard library's
package of that name must be found.)
"""

import asyncio
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.config import Settings
from app.context import Service
from app.demo.cluster import Cluster
from app.demo.personas import NANCY, PERSONAS
from app.demo.run import issuer_key, mark_as_demo, persona_token, seed
from app.demo.start import environment_of, wait_until_ready
from app.main import create_app, open_service
from app.runtime import now, now_us
from app.store import citizens
from app.store.database import Query, open_database
from app.store.migrate import migrate
from app.store.tables import metadata
from schemas.terminology import systems

ENGINES = ("sqlite", "postgresql")
CITIZENS = 48
"""The 38 official test citizens and ten generated ones: about two seconds of seeding."""
BASE = "http://127.0.0.1:8000/fhir"
FHIR_JSON = "application/fhir+json"
Identifier = tuple[str, str]


@dataclass(slots=True, kw_only=True)
class World:
    """A running service with the cluster in it. `url` is its database's."""

    engine: str
    url: str
    service: Service
    cluster: Cluster
    app: FastAPI
    issuer: dict[str, str]
    clients: dict[str, httpx2.AsyncClient] = field(default_factory=dict)

    def token(
        self,
        persona: str,
        *,
        purposes: Iterable[str] = (),
        citizen: Identifier | None = None,
        at_us: int | None = None,
        life_seconds: int = 8 * 3600,
    ) -> str:
        """Return a bearer token; `citizen` makes the citizen persona another citizen."""
        who = PERSONAS[persona]
        return persona_token(
            who if citizen is None else replace(who, citizen=citizen),
            self.issuer,
            at_us=now_us() if at_us is None else at_us,
            purposes=frozenset(purposes),
            life_seconds=life_seconds,
        )

    def as_(
        self, persona: str, *, purposes: Iterable[str] = (), citizen: Identifier | None = None
    ) -> httpx2.AsyncClient:
        """Return a client that speaks as a persona; addresses are relative to the FHIR base."""
        key = f"{persona} {sorted(purposes)} {citizen}"
        if key not in self.clients:
            self.clients[key] = self.bearing(self.token(persona, purposes=purposes, citizen=citizen))
        return self.clients[key]

    def bearing(self, token: str) -> httpx2.AsyncClient:
        """Return a new client with this token; `world` closes it."""
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app), base_url=BASE, headers={"Authorization": f"Bearer {token}"}
        )
        self.clients[token] = client
        return client

    def anonymous(self) -> httpx2.AsyncClient:
        """Return a client without a token."""
        if "" not in self.clients:
            self.clients[""] = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url=BASE)
        return self.clients[""]

    async def change(self, citizen: Identifier = NANCY) -> int:
        """Return the citizen's internal change counter; 0 for one whom the service does not know."""
        async with self.service.database.snapshot() as snapshot:
            pid = await citizens.find_pid(snapshot, *citizen, at_us=now_us())
            return 0 if pid is None else await citizens.change(snapshot, pid)

    async def row_counts(self) -> dict[str, int]:
        """Return how many rows each table has, the audit's and the answers' apart (a refusal is recorded too)."""
        tables = [
            table for table in metadata.sorted_tables if table.name not in {"audit", "audit_head", "answer", "refusal"}
        ]
        async with self.service.database.snapshot() as snapshot:
            return {
                table.name: (
                    await snapshot.rows(
                        Query(("test-count", table.name), lambda table=table: select(func.count()).select_from(table)),
                        {},
                    )
                )[0][0]
                for table in tables
            }


def summary_of(citizen: Identifier = NANCY, profile: str | None = systems.ADMISSION_CONTEXT_PROFILE) -> dict[str, Any]:
    """Return the Parameters of `Patient/$summary`."""
    named = [{"name": "identifier", "valueIdentifier": {"system": citizen[0], "value": citizen[1]}}]
    return {
        "resourceType": "Parameters",
        "parameter": named + ([{"name": "profile", "valueCanonical": profile}] if profile else []),
    }


def issues(answer: httpx2.Response) -> list[dict[str, Any]]:
    """Return the issues of an answer that must be an OperationOutcome."""
    assert answer.headers["content-type"].startswith(FHIR_JSON), answer.headers
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome", body
    assert body["issue"], body
    return list(body["issue"])


def resources_in(answer: httpx2.Response, type_: str | None = None) -> list[dict[str, Any]]:
    """Return the resources of an answered Bundle, of one type when that is given."""
    assert answer.status_code == httpx2.codes.OK, answer.text
    found = [entry["resource"] for entry in answer.json().get("entry", []) if "resource" in entry]
    return [resource for resource in found if type_ is None or resource["resourceType"] == type_]


@asynccontextmanager
async def serving(url: str, cluster: Cluster, **settings: Any) -> AsyncIterator[World]:
    """Serve the demo database at `url`."""
    # The tests of a module share their persons: limits are for the tests of limits.
    limits = {
        name: 1_000_000 for name in Settings.model_fields if name.startswith(("doors_", "emergencies_", "refusals_"))
    }
    unpaced = {"pace_ms": 0}  # tests/leaks/test_time_tells_nothing.py has a pace
    service = await open_service(
        Settings(mode="development", database_url=url, public_url=BASE, **{**limits, **unpaced, **settings})
    )
    app = create_app(service=service)
    try:
        async with app.router.lifespan_context(app):
            world = World(
                engine=url.partition(":")[0],
                url=url,
                service=service,
                cluster=cluster,
                app=app,
                issuer=await issuer_key(service.database),
            )
            yield world
            for client in world.clients.values():
                await client.aclose()
    finally:
        await service.database.close()


async def seed_at(url: str, at: datetime, *, citizens: int = CITIZENS) -> Cluster:
    """Migrate the database, mark it as demo and seed it."""
    await migrate(url)
    database = await open_database(url)
    await mark_as_demo(database)
    await database.close()
    service = await open_service(Settings(mode="development", database_url=url, public_url=BASE))
    try:
        return await seed(service, at=at, citizens=citizens, progress=lambda _done, _total: None)
    finally:
        await service.database.close()


@pytest.fixture(scope="session")
def seeded_sqlite(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Cluster]:
    """An SQLite file with the cluster, to be copied."""
    path = tmp_path_factory.mktemp("seeded") / "seeded.sqlite"
    return path, asyncio.run(seed_at(f"sqlite:///{path}", now()))


@pytest.fixture(scope="session")
def seeded_postgresql(postgresql_server: str) -> tuple[str, Cluster]:
    """The name of a PostgreSQL database with the cluster, to be copied."""
    asyncio.run(_administer(postgresql_server, "CREATE DATABASE seeded"))
    return "seeded", asyncio.run(seed_at(postgresql_server.format("seeded"), now()))


@pytest.fixture(scope="session")
def seeded_copy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[str, Cluster]]:
    """A function from an engine to the URL of a new copy of the seeded database, and the cluster."""
    made = iter(range(1_000_000))

    def copy(engine: str) -> tuple[str, Cluster]:
        if engine == "sqlite":
            source, cluster = request.getfixturevalue("seeded_sqlite")
            target = tmp_path_factory.mktemp("world") / "world.sqlite"
            shutil.copy(source, target)
            return f"sqlite:///{target}", cluster
        template, cluster = request.getfixturevalue("seeded_postgresql")
        server, name = request.getfixturevalue("postgresql_server"), f"world_{next(made)}"
        asyncio.run(_administer(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))
        return server.format(name), cluster

    return copy


@pytest.fixture(scope="module", params=ENGINES)
def world_database(
    request: pytest.FixtureRequest, seeded_copy: Callable[[str], tuple[str, Cluster]]
) -> tuple[str, Cluster]:
    """URL of a module's own copy of the seeded database, on each engine in turn."""
    return seeded_copy(request.param)


@pytest.fixture(scope="module")
async def world(world_database: tuple[str, Cluster]) -> AsyncIterator[World]:
    """The service with the cluster, shared by the tests of one module, on each engine in turn."""
    async with serving(*world_database) as made:
        yield made


@pytest.fixture(params=ENGINES)
def own_database(
    request: pytest.FixtureRequest, seeded_copy: Callable[[str], tuple[str, Cluster]]
) -> tuple[str, Cluster]:
    """URL of a test's own copy of the seeded database, on each engine in turn."""
    return seeded_copy(request.param)


@pytest.fixture
async def own_world(own_database: tuple[str, Cluster]) -> AsyncIterator[World]:
    """The service with the cluster for one test alone, on each engine in turn."""
    async with serving(*own_database) as made:
        yield made


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(settings: Settings) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "app.cli", "serve"], env=environment_of(settings))


@pytest.fixture(scope="module")
async def server(world_database: tuple[str, Cluster]) -> AsyncIterator[tuple[Settings, Cluster]]:
    """A server process on a free port with a copy of the seeded database, for one module, on each engine in turn."""
    url, cluster = world_database
    port = free_port()
    settings = Settings(
        mode="development", database_url=url, port=port, public_url=f"http://127.0.0.1:{port}/fhir", log_level="warning"
    )
    process = start(settings)
    try:
        await wait_until_ready(settings)
        yield settings, cluster
    finally:
        process.terminate()
        assert process.wait(timeout=30) in {0, -15}


async def _administer(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server.format("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
