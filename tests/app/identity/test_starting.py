"""What the service says when it cannot start as configured: one line, no traceback."""

from pathlib import Path

import pytest

from app.config import Settings
from app.demo.start import prepare
from app.errors import ConfigurationError
from app.main import open_service
from app.store.database import open_database
from app.store.directory import Organisation, put_organisations
from app.store.job import Job
from app.store.migrate import migrate
from app.store.tables import DIRECTORY

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "text", [None, "", "{", "[]", '{"one": 7}', '{"one": {}}', '{"one": {"keys": [{"kty": "EC"}]}}']
)
async def test_issuers_that_cannot_be_read_are_named(text: str | None, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/one.sqlite"
    await migrate(url)
    file = tmp_path / "issuers.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError):
        await open_service(Settings(database_url=url, issuers_file=file))


async def test_a_database_whose_seeding_was_interrupted_is_not_taken_for_whole(tmp_path: Path) -> None:
    settings = Settings(mode="development", database_url=f"sqlite:///{tmp_path}/demo.sqlite")
    await migrate(settings.database_url)
    database = await open_database(settings.database_url)
    from app.demo.run import mark_as_demo

    await mark_as_demo(database)
    half = put_organisations([Organisation(sor="1", name="One", kind="hospital")])
    await database.commit(Job(pid=DIRECTORY, writes=half))
    await database.close()
    with pytest.raises(ConfigurationError, match="interrupted"):
        await prepare(settings, citizens=38, number=1)
