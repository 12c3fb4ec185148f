"""An imported code system counts from the next request on; until then what nobody knows is a social case."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fsiii_files import WOUND, code_system, concept
from served import Identifier, World

from app import audit
from app.demo.start import environment_of
from app.errors import InvalidContentError
from app.runtime import now_us
from app.sharing import Imported, import_fsiii, read_fsiii_file
from app.store import audits, citizens, facts, terminology, versions
from app.store.tables import NO_CITIZEN
from consent.model import Requester
from consent.vocabulary import Function, RelationKind
from schemas.terminology import fsiii, systems
from schemas.terminology.fsiii import Family

CITIZEN: Identifier = (systems.CPR, "0101019995")
AT_US = 1_800_000_000_000_000


async def imported(database: Any, **changed: Any) -> Imported:
    file = json.dumps(code_system(**changed)).encode()
    return await import_fsiii(database, read_fsiii_file(file), by="test", at_us=AT_US)


async def table(database: Any) -> fsiii.Table:
    async with database.snapshot() as snapshot:
        return await terminology.load(snapshot, (await versions.load(snapshot)).terminology)


async def test_an_imported_code_is_known_and_the_same_file_again_changes_nothing(database):
    assert await table(database) is fsiii.SINGLE_CODES
    first = await imported(database)
    known = await table(database)
    assert (first.changed, first.added, first.removed) == (True, len(first.publication.rows), 0)
    assert (known.families[WOUND], known.legacy[WOUND]) == (Family.NURSING_SERVICE, "G1.39")
    async with database.snapshot() as snapshot:
        before = await versions.load(snapshot)
    assert not (await imported(database)).changed
    async with database.snapshot() as snapshot:
        assert await versions.load(snapshot) == before
    assert await table(database) is known


async def test_a_newer_publication_takes_the_place_of_the_one_before(database):
    await imported(database)
    newer = code_system()["concept"]
    newer[1]["concept"] = [concept("11111111-2222-4333-8444-555555555555", "Ny indsats")]
    done = await imported(database, concept=newer, version="20991231")
    known = await table(database)
    assert (done.changed, done.added, done.removed) == (True, 1, 1)
    assert WOUND not in known.families
    assert known.families["11111111-2222-4333-8444-555555555555"] is Family.NURSING_SERVICE


async def test_an_import_stands_in_the_audit(database):
    await imported(database)
    async with database.snapshot() as snapshot:
        [row] = await audits.of_citizen(snapshot, NO_CITIZEN)
    record = audit.decode(row.body)
    assert (record.operation, record.person, record.function) == (audit.Operation.OPERATE, "test", "administrator")
    assert record.query == "terminology import fsiii: version 20990101, 17 codes"


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"legacy_code,uuid_code\nA,b\n"])
def test_a_file_that_is_no_json_is_refused(text):
    with pytest.raises(InvalidContentError) as refused:
        read_fsiii_file(text)
    assert refused.value.faults[0].path == "file"


def service(code: str) -> dict[str, Any]:
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "subject": {"identifier": {"system": CITIZEN[0], "value": CITIZEN[1]}},
        "period": {"start": "2026-01-01"},
        "activity": [{"detail": {"status": "in-progress", "code": {"coding": [{"system": systems.FSIII, "code": code}]}}}],
    }  # fmt: skip


async def proven(world: World) -> set[RelationKind]:
    async with world.service.database.snapshot() as snapshot:
        pid = await citizens.find_pid(snapshot, *CITIZEN, at_us=now_us())
        assert pid is not None
        known = await facts.load(snapshot, pid=pid, requester=Requester(function=Function.SYSTEM), at_us=now_us())
    return {relation.kind for relation in known.relations}


async def posted(world: World) -> None:
    answer = await world.as_("municipality-system").post("/CarePlan", json=service(WOUND))
    assert answer.status_code == 201, answer.text


async def test_an_unknown_service_makes_no_nurse_treat_and_an_imported_one_does(own_world: World) -> None:
    person = {"resourceType": "Patient", "identifier": [{"system": CITIZEN[0], "value": CITIZEN[1]}]}
    await own_world.as_("municipality-system").post("/Patient", json=person)
    await posted(own_world)
    assert await proven(own_world) == {RelationKind.SOCIAL_SERVICE}
    await imported(own_world.service.database)
    await posted(own_world)
    assert RelationKind.HEALTH_SERVICE in await proven(own_world)


async def test_the_command_imports_refuses_and_repeats(own_world: World, tmp_path: Path) -> None:
    good, bad = tmp_path / "fsiii.json", tmp_path / "bad.json"
    good.write_text(json.dumps(code_system()), encoding="utf-8")
    bad.write_text(json.dumps(code_system(url="http://example.org")), encoding="utf-8")

    async def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "app.cli", "terminology", "import", *map(str, arguments), "--by", "Drift"],
            env=environment_of(own_world.service.settings),
            capture_output=True,
            text=True,
            check=False,
        )

    first, again, refused, other = await asyncio.gather(
        run("fsiii", good), run("fsiii", tmp_path / "none.json"), run("fsiii", bad), run("snomed", good)
    )
    assert (first.returncode, first.stdout.splitlines()) == (
        0,
        ["FSIII version 20990101: 17 codes, 7 of them UUIDs with a legacy form", "new: 17, gone: 0"],
    )
    assert again.returncode != 0
    assert (refused.returncode, "CodeSystem.url" in refused.stderr) == (2, True)
    assert other.returncode == 2
    assert (await run("fsiii", good)).stdout.splitlines()[
        -1
    ] == "the same codes were loaded already; nothing was changed"
