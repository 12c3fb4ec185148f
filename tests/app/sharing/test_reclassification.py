"""When a table changes, the next reader gets what the new one says; once, whoever else is at it, and only for who may look."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
from fsiii_files import code_system, concept
from served import NANCY, Identifier, World, resources_in, summary_of
from sharing_builders import by_number, created, entry, ids_of, observation, patient, pid_of, records, send

from app import reclassification
from app.runtime import now_us
from app.sharing import import_fsiii, read_fsiii_file
from app.store import citizens, reclassifying, signatures
from app.store.database import open_database
from app.store.job import Job, Update
from app.store.place import place_of
from app.store.tables import resource
from app.summary.kept import SummaryCache
from app.translate import classification, labels
from consent.model import Signature
from consent.vocabulary import Category, Label, Regime
from schemas.terminology import systems

pytestmark = pytest.mark.anyio
NEW = "aaaaaaaa-0000-4000-8000-000000000001"
"""An FSIII code that nobody knows before it is imported: then a sensitive nursing condition."""
CODE = "Z99"


def condition(system: str, code: str, subject: Identifier = NANCY, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "clinicalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
        },
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": by_number(subject),
        **more,
    }


def block(label: Label) -> dict[str, Any]:
    """Return Nancy's block of everything with this label, for everybody."""
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": by_number(),
        "dateTime": "2026-01-01T00:00:00Z",
        "policyRule": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTIN"}]},
        "provision": {
            "type": "deny",
            "securityLabel": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": label.value}],
        },
    }  # fmt: skip


def new_table(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start a later version of the software, whose tables find that the code is sensitive."""
    world.service.decisions.clear()
    table = labels._TABLES[systems.ICPC2] | {CODE: frozenset({Label.PSYCHIATRY})}
    monkeypatch.setitem(labels._TABLES, systems.ICPC2, table)
    monkeypatch.setattr(classification, "VERSION", classification.VERSION + 1)
    labels._code_labels.cache_clear()


@pytest.fixture(autouse=True)
def _forget_what_was_remembered():
    yield
    labels._code_labels.cache_clear()


async def signature_of(world: World, name: str, *, version: int | None = None) -> Signature:
    pid, n = world.service.database.ids.decode(name.partition("/")[2])
    async with world.service.database.snapshot() as snapshot:
        known = {row.number: row.signature for row in await signatures.load(snapshot, pid)}
        kept = await reclassifying.current_of(snapshot, pid) + await reclassifying.earlier_of(snapshot, pid)
    versions = {one.version: known[one.sig] for one in kept if one.n == n}
    return versions[version or max(versions)]


async def imported(world: World) -> None:
    file = code_system()
    file["concept"] += [
        concept("I", "Tilstande", concept("I8.9", "Noget privat")),
        concept("4db72d65-7ec1-45b4-89c3-5017c35d085e", "Sygeplejetilstande", concept(NEW, "Noget privat")),
    ]
    await import_fsiii(world.service.database, read_fsiii_file(json.dumps(file).encode()), by="test", at_us=now_us())


async def test_what_a_new_table_finds_sensitive_is_hidden_from_the_next_blocked_reader(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gp = own_world.as_("gp")
    name = f"Condition/{(await created(own_world, condition(systems.ICPC2, CODE)))['id']}"
    answer = await own_world.as_("citizen").post("/Consent", json=block(Label.PSYCHIATRY))
    assert answer.status_code == 201, answer.text
    search = f"/Condition?patient.identifier={NANCY[0]}|{NANCY[1]}&_count=200"
    found = {one["id"] for one in resources_in(await gp.get(search), "Condition")}
    assert name.partition("/")[2] in found
    assert name.partition("/")[2] in (await gp.post("/Patient/$summary", json=summary_of())).text
    before = await records(own_world, await pid_of(own_world) or 0)

    new_table(own_world, monkeypatch)
    assert (await gp.get(f"/{name}")).status_code == 404
    assert (await gp.get(f"/{name}/_history")).status_code == 404
    assert (await gp.get(f"/{name}/_history/1")).status_code == 404
    left = {one["id"] for one in resources_in(await gp.get(search), "Condition")}
    assert left == found - {name.partition("/")[2]}
    assert name.partition("/")[2] not in (await gp.post("/Patient/$summary", json=summary_of())).text
    assert (await own_world.as_("citizen").get(f"/{name}")).status_code == 200
    assert (await signature_of(own_world, name)).labels == {Label.PSYCHIATRY, Label.RESTRICTED}
    after = await records(own_world, await pid_of(own_world) or 0)
    assert after[-len(before) :] == before


async def test_what_an_import_makes_known_is_seen_under_its_own_law_and_label(own_world: World) -> None:
    gp = own_world.as_("gp")
    before = await gp.post("/Patient/$summary", json=summary_of())
    made = await created(own_world, condition(systems.FSIII, NEW), who="municipality-system")
    name = f"Condition/{made['id']}"
    assert (await signature_of(own_world, name)).regime is Regime.SOCIAL_CASE
    assert (await gp.get(f"/{name}")).status_code == 404
    await imported(own_world)
    assert (await gp.get(f"/{name}")).status_code == 200
    after = await gp.post("/Patient/$summary", json=summary_of())
    assert (after.headers["etag"] != before.headers["etag"], made["id"] in after.text) == (True, True)
    signature = await signature_of(own_world, name)
    assert (signature.regime, signature.category) == (Regime.HEALTH_CARE, Category.DIAGNOSIS)
    assert signature.labels == {Label.SEXUALITY, Label.RESTRICTED}
    await own_world.as_("citizen").post("/Consent", json=block(Label.SEXUALITY))
    assert (await gp.get(f"/{name}")).status_code == 404


async def test_an_imported_code_is_hidden_from_who_is_blocked_already(own_world: World) -> None:
    made = await created(own_world, condition(systems.FSIII, NEW), who="municipality-system")
    await own_world.as_("citizen").post("/Consent", json=block(Label.SEXUALITY))
    await imported(own_world)
    assert (await own_world.as_("gp").get(f"/Condition/{made['id']}")).status_code == 404


async def test_old_versions_deleted_records_and_what_derives_are_classified_anew_too(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gp = own_world.as_("gp")
    made = await created(own_world, condition(systems.ICPC2, CODE))
    name = f"Condition/{made['id']}"
    await gp.put(f"/{name}", json=condition(systems.ICPC2, "T90", id=made["id"]))
    gone = f"Condition/{(await created(own_world, condition(systems.ICPC2, CODE)))['id']}"
    await gp.delete(f"/{gone}")
    cause = f"Condition/{(await created(own_world, condition(systems.ICPC2, CODE)))['id']}"
    plan = {"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": by_number()}
    derived = f"CarePlan/{(await created(own_world, plan | {'addresses': [{'reference': cause}]}))['id']}"
    theirs = {"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": by_number()}
    other = await created(own_world, theirs | {"addresses": [{"reference": cause}]}, who="municipality-system")
    untouched = f"Observation/{(await created(own_world, observation()))['id']}"

    new_table(own_world, monkeypatch)
    assert (await gp.get(f"/{untouched}")).status_code == 200
    sensitive = {Label.PSYCHIATRY, Label.RESTRICTED}
    assert (await signature_of(own_world, name, version=1)).labels == sensitive
    assert (await signature_of(own_world, gone, version=1)).labels == sensitive
    assert (await signature_of(own_world, gone)).labels == sensitive
    assert (await signature_of(own_world, derived)).labels == sensitive
    assert (await signature_of(own_world, f"CarePlan/{other['id']}")).labels == sensitive
    assert (await signature_of(own_world, untouched)).labels == frozenset()


async def test_nobody_elses_record_is_raised_by_who_speaks_of_it(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"Observation/{(await created(own_world, observation()))['id']}"
    coded = observation(hasMember=[{"reference": name}])
    coded["code"]["coding"].append({"system": systems.ICPC2, "code": CODE})
    await created(own_world, coded, who="municipality-system")
    new_table(own_world, monkeypatch)
    await own_world.as_("gp").get(f"/{name}")
    assert (await signature_of(own_world, name)).labels == frozenset()


async def test_a_binary_keeps_the_category_and_takes_the_label_of_its_document(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    urn = "urn:uuid:0b2b3c0e-0000-4000-8000-000000000001"
    document = {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {
            "coding": [{"system": "http://loinc.org", "code": "11502-2"}, {"system": systems.ICPC2, "code": CODE}]
        },
        "subject": by_number(),
        "content": [{"attachment": {"contentType": "text/plain", "url": urn}}],
    }
    text = {"resourceType": "Binary", "contentType": "text/plain", "data": "aGVq"}
    _, binary = ids_of(await send(own_world, "gp", entry(document), entry(text, full_url=urn)))
    assert (await signature_of(own_world, binary)).category is Category.LAB_RESULT
    new_table(own_world, monkeypatch)
    assert (await own_world.as_("gp").get(f"/{binary}")).status_code == 200
    signature = await signature_of(own_world, binary)
    assert (signature.category, Label.PSYCHIATRY in signature.labels) == (Category.LAB_RESULT, True)


async def test_two_workers_classify_a_citizen_once(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await created(own_world, condition(systems.ICPC2, CODE))
    new_table(own_world, monkeypatch)
    pid = await pid_of(own_world) or 0
    before = await own_world.change()
    second = await open_database(own_world.url)
    try:
        from dataclasses import replace

        other = replace(own_world.service, database=second)
        await asyncio.gather(
            *(reclassification.reclassify(service, pid) for service in (own_world.service, other) for _ in range(3))
        )
    finally:
        await second.close()
    assert await own_world.change() == before + 1
    async with own_world.service.database.snapshot() as snapshot:
        assert not await reclassification.is_due(snapshot, pid)


async def test_who_may_not_look_sets_nothing_in_motion(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    new_table(own_world, monkeypatch)
    before = await own_world.change()
    assert (await own_world.as_("surgeon").post("/Patient/$summary", json=summary_of())).status_code == 403
    assert await own_world.change() == before


async def test_lines_of_an_older_version_read_the_same_and_are_made_anew_at_the_first_look(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await created(own_world, condition(systems.ICPC2, CODE))
    pid, database = await pid_of(own_world) or 0, own_world.service.database
    gp = own_world.as_("gp")
    first = await gp.post("/Patient/$summary", json=summary_of())

    async def kept() -> dict[int, bytes]:
        own_world.service.decisions.clear()
        own_world.service.summaries = SummaryCache()
        async with database.snapshot() as snapshot:
            return {one.n: one.line for one in await reclassifying.current_of(snapshot, pid)}

    new = await kept()
    assert any(new.values())
    old = msgspec.msgpack.encode([1, "allergy", "old", 0, 0, ""])
    rows = tuple((pid, place_of(pid, n), old) for n, line in new.items() if line)
    await database.commit(Job(pid=pid, writes=(Update(resource, ("pid", "place"), ("line",), rows),)))
    assert old in (await kept()).values()
    again = await gp.post("/Patient/$summary", json=summary_of())
    assert (again.headers["etag"], len(again.content)) == (first.headers["etag"], len(first.content))

    monkeypatch.setattr(classification, "VERSION", classification.VERSION + 1)
    assert old in (await kept()).values()
    again = await gp.post("/Patient/$summary", json=summary_of())
    assert len(again.content) == len(first.content)
    assert await kept() == new


async def test_writing_is_about_a_citizen_who_is_classified_anew(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"Condition/{(await created(own_world, condition(systems.ICPC2, CODE)))['id']}"
    new_table(own_world, monkeypatch)
    await created(own_world, observation())
    assert Label.PSYCHIATRY in (await signature_of(own_world, name)).labels


async def test_a_new_citizen_is_classified_by_what_is_in_use(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await imported(own_world)
    new_table(own_world, monkeypatch)
    someone: Identifier = (systems.CPR, "0101019995")
    await created(own_world, patient(someone), who="municipality-system")
    async with own_world.service.database.snapshot() as snapshot:
        row = await citizens.load(snapshot, await pid_of(own_world, someone) or 0)
    assert row is not None
    assert row.classified == classification.VERSION << 32 | 1


async def test_a_summary_that_the_new_tables_leave_as_it_was_keeps_its_tag(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gp = own_world.as_("gp")
    first = await gp.post("/Patient/$summary", json=summary_of())
    monkeypatch.setattr(classification, "VERSION", classification.VERSION + 1)
    own_world.service.decisions.clear()
    again = await gp.post("/Patient/$summary", json=summary_of())
    assert (again.headers["etag"], again.content) == (first.headers["etag"], first.content)
