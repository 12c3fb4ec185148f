"""The service starts only where mode, database and issuers fit; personas exist on demo databases alone."""

import json
from pathlib import Path

import httpx2
import pytest
from served import BASE, World, summary_of

from app.config import Settings
from app.demo.run import mark_as_demo
from app.demo.tokens import token_of
from app.errors import ConfigurationError
from app.identity.tokens import new_issuer_key, public_jwks
from app.main import create_app, open_service
from app.store.database import open_database
from app.store.directory import Organisation, put_organisations
from app.store.job import Job
from app.store.tables import DIRECTORY


@pytest.fixture
def issuers(tmp_path: Path) -> Path:
    path = tmp_path / "issuers.json"
    path.write_text(json.dumps({"https://login.example.dk": public_jwks(new_issuer_key())}), encoding="utf-8")
    return path


async def test_development_refuses_a_database_that_is_not_marked(database_url: str):
    with pytest.raises(ConfigurationError, match="not marked as demo"):
        await open_service(Settings(mode="development", database_url=database_url))


async def test_a_database_with_data_is_never_marked(database_url: str):
    database = await open_database(database_url)
    try:
        hospital = Organisation(sor="1", name="A", kind="hospital")
        await database.commit(Job(pid=DIRECTORY, writes=put_organisations([hospital])))

        with pytest.raises(ConfigurationError, match="holds data"):
            await mark_as_demo(database)
    finally:
        await database.close()


async def test_production_does_not_start_without_an_issuer(database_url: str):
    with pytest.raises(ConfigurationError, match="OVERGANG_ISSUERS_FILE"):
        await open_service(Settings(database_url=database_url))


async def test_production_knows_no_personas(world: World, issuers: Path):
    settings = Settings(database_url=world.url, issuers_file=issuers, public_url=BASE)
    with pytest.raises(ConfigurationError, match="development mode alone"):
        await token_of(settings, "hospital-doctor")
    service = await open_service(settings)
    app = create_app(service=service)
    try:
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=BASE) as client,
        ):
            token = world.token("gp")
            answer = await client.post(
                "/Patient/$summary", json=summary_of(), headers={"Authorization": f"Bearer {token}"}
            )
    finally:
        await service.database.close()

    assert answer.status_code == 401
