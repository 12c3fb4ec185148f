"""What is noted for people to look at can be listed, without a number or a name."""

import pytest
from served import NANCY, World
from sharing_builders import Identifier, entry, patient, pid_of, records, send
from typer.testing import CliRunner

from app import audit
from app.cli import app
from app.demo.people import HEROES
from app.sharing.findings import told_to_the_operator
from app.store import citizens
from app.store.tables import NO_CITIZEN
from schemas.terminology import systems

pytestmark = pytest.mark.anyio
OTHER: Identifier = (systems.CPR, HEROES[1])


async def test_findings_name_the_citizen_by_our_id_alone(own_world: World) -> None:
    number = ("https://praksis.example/journal", "J-77")
    before = await told_to_the_operator(own_world.url, by="Drift")
    for citizen in (OTHER, NANCY):
        answer = await send(own_world, "gp-system", entry(patient(citizen, number, birthDate="1948-12-24")))
        assert answer.status_code == 200, answer.text
    lines = (await told_to_the_operator(own_world.url, by="Drift"))[len(before) :]
    pid = await pid_of(own_world)
    async with own_world.service.database.snapshot() as snapshot:
        row = await citizens.load(snapshot, pid or 0)
    assert row is not None
    named = f"Patient/{own_world.service.database.ids.encode(row.pid, row.master or 0)}"
    moved = [line for line in lines if "local-number-moved" in line]
    assert [line.split()[-1] for line in moved] == [named]
    assert [line for line in lines if "demographics-contradict" in line and line.endswith(named)]
    assert not [word for word in (*number, NANCY[1], "Berggren") if word in "".join(lines)]
    newest = (await records(own_world, NO_CITIZEN, limit=1))[0]
    assert (newest.operation, newest.person) == (int(audit.Operation.OPERATE), "Drift")
    assert newest.query == f"findings: {len(before) + len(lines)}"


def test_the_command_lists_them(own_database: tuple[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERGANG_DATABASE_URL", own_database[0])
    listed = CliRunner().invoke(app, ["findings", "--by", "Drift"])
    assert listed.exit_code == 0, listed.output
    assert CliRunner().invoke(app, ["findings"]).exit_code != 0
