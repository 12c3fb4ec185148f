"""What an operator loads: checked whole, written at once, counting from the next request on."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import InvalidContentError
from app.sharing import load_directory, load_registers, read_directory_file
from app.store import agreements, citizens, clients, directory, facts, versions
from consent.model import Requester
from consent.vocabulary import Evidence, Function, Purpose, RelationKind

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "operator" / "directory.json"
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
AT_US = int(AT.timestamp()) * 1_000_000
NANCY = ("urn:oid:1.2.208.176.1.2", "2512489996")


class OnlyADatabase:
    def __init__(self, database) -> None:
        self.database = database


async def test_the_example_of_the_docs_loads_and_counts(database) -> None:
    file = read_directory_file(EXAMPLE.read_bytes())
    await load_directory(database, file)
    await load_registers(OnlyADatabase(database), file, at=AT)
    async with database.snapshot() as snapshot:
        shared = await versions.load(snapshot)
        registry = await directory.load(snapshot, shared.directory)
        assert registry.name_of("99990009000016002") == "Akutmodtagelsen"
        assert registry.tree.is_within("99990009000016002", "99990009000016001")
        doctor = Requester(
            function=Function.HOSPITAL_TREATMENT,
            organisation="99990009000016002",
            person="X9D01",
            client="eksempel-epj",
        )
        registered = await clients.load(snapshot, shared)
        assert registered.admits(doctor, [Purpose.TREATMENT], token_id="t", at_us=AT_US)
        assert not registered.admits(doctor, [Purpose.RESEARCH], token_id="t", at_us=AT_US)
        assert [one.id for one in await agreements.load(snapshot, shared.agreement)] == ["klynge-eksempel"]
        pid = await citizens.find_pid(snapshot, *NANCY, at_us=AT_US)
        known = await facts.load(snapshot, pid=pid, requester=doctor, at_us=AT_US)
    assert [(one.kind, one.evidence) for one in known.relations] == [(RelationKind.OWN_GP, Evidence.REGISTER)]
    assert known.standings[0].authorised


async def test_loading_the_same_file_again_changes_nothing_but_its_version(database) -> None:
    file = read_directory_file(EXAMPLE.read_bytes())
    for _ in range(2):
        await load_directory(database, file)
        await load_registers(OnlyADatabase(database), file, at=AT)
    async with database.snapshot() as snapshot:
        pid = await citizens.find_pid(snapshot, *NANCY, at_us=AT_US)
        known = await facts.load(snapshot, pid=pid, requester=Requester(function=Function.SYSTEM), at_us=AT_US)
    assert len(known.relations) == 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"clients": [{"id": "a"}]}', "clients.0.organisation"),
        (
            '{"staff": [{"person": "p", "name": "n", "functions": ["wizard"], "organisations": []}]}',
            "staff.0.functions.0",
        ),
        ('{"organisations": [{"sor": "1,2", "name": "n", "kind": "unit"}]}', "organisations.0.sor"),
        ('{"organisation": []}', "organisation"),
        (
            '{"delegations": [{"person": "p", "organisation": "o", "responsible": "r", "valid_to": "2027-01-01T00:00:00"}]}',
            "delegations.0.valid_to",
        ),
        ("[]", "file"),
        ("{", "file"),
    ],
)
def test_a_wrong_file_is_refused_with_every_place(text: str, place: str) -> None:
    with pytest.raises(InvalidContentError) as refused:
        read_directory_file(text)
    assert place in {fault.path for fault in refused.value.faults}


def test_a_refusal_repeats_no_value() -> None:
    with pytest.raises(InvalidContentError) as refused:
        read_directory_file('{"registers": [{"citizen": "2512489996", "kind": "own-gp", "source": "s"}]}')
    assert "2512489996" not in str([(fault.path, fault.text) for fault in refused.value.faults])
