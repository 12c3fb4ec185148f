"""Reports told again, registers that change their mind, stays whose Encounter is withdrawn."""

import copy
import json
from typing import Any

import pytest
from served import NANCY, World
from sharing_builders import UNKNOWN, entry, ids_of, patient, pid_of, records, send
from sqlalchemy import bindparam, select

from app.demo.cluster import demo_messages
from app.runtime import now_us
from app.sharing import RegisterFact, feed_registers
from app.store import citizens, facts
from app.store.database import Query
from app.store.place import place_of
from app.store.tables import NO_CITIZEN, resource
from consent.model import Facts, Period, Requester
from consent.vocabulary import Evidence, Function, RelationKind, RepresentationKind
from schemas.terminology import systems

pytestmark = pytest.mark.anyio
PARENTS = ((systems.CPR, "0101609995"), (systems.CPR, "0202609994"))


async def facts_of(world: World, citizen: tuple[str, str] = NANCY) -> Facts:
    pid = await pid_of(world, citizen)
    assert pid is not None
    async with world.service.database.snapshot() as snapshot:
        return await facts.load(snapshot, pid=pid, requester=Requester(function=Function.SYSTEM), at_us=now_us())


def custody(*parents: tuple[str, str]) -> list[RegisterFact]:
    kind = RepresentationKind.CUSTODY
    return [
        RegisterFact(citizen=UNKNOWN, kind=kind, period=Period(), source="cpr", representative=parent)
        for parent in parents
    ]


async def test_custody_that_the_register_says_no_more_is_gone(own_world: World) -> None:
    await feed_registers(own_world.service, custody(*PARENTS), at_us=now_us())
    assert len((await facts_of(own_world, UNKNOWN)).representations) == 2
    await feed_registers(own_world.service, custody(PARENTS[1]), at_us=now_us())
    (left,) = (await facts_of(own_world, UNKNOWN)).representations
    assert left.representative == await pid_of(own_world, PARENTS[1])


async def test_what_another_register_says_stays(own_world: World) -> None:
    await feed_registers(own_world.service, custody(*PARENTS), at_us=now_us())
    own_gp = RegisterFact(
        citizen=UNKNOWN, kind=RelationKind.OWN_GP, period=Period(), source="sikrede", organisation="99990351000016006"
    )
    await feed_registers(own_world.service, [own_gp], at_us=now_us())
    known = await facts_of(own_world, UNKNOWN)
    assert (len(known.representations), [one.kind for one in known.relations]) == (2, [RelationKind.OWN_GP])


def report_of(world: World) -> dict[str, Any]:
    return copy.deepcopy(demo_messages(world.cluster).delivery_report)


async def reported(world: World, report: dict[str, Any], who: str = "municipality-system") -> Any:
    return await world.as_(who).post("/$submit-report", json=report)


async def test_a_report_of_another_municipalitys_record_is_refused(world: World) -> None:
    answer = await reported(world, report_of(world), who="municipality-system-b")
    assert answer.status_code == 403
    assert (await records(world, NO_CITIZEN, limit=1))[0].query == "delivery-report"


async def test_a_report_leaves_what_the_municipality_said_of_the_citizen(own_world: World) -> None:
    name = ids_of(await send(own_world, "municipality-system", entry(patient())))[0]
    report = report_of(own_world)
    person = next(part["resource"] for part in report["entry"] if part["resource"]["resourceType"] == "Patient")
    person["deceasedBoolean"] = False
    answer = await reported(own_world, report)
    assert answer.status_code == 200, answer.text
    stored = (await own_world.as_("municipality-system").get(f"/{name}")).json()
    if "name" in stored:
        assert stored["name"][0]["family"] == "Berggren"
    async with own_world.service.database.snapshot() as snapshot:
        row = await citizens.load(snapshot, await pid_of(own_world) or 0)
    assert row is not None
    assert row.born is not None


async def test_what_was_withdrawn_and_is_reported_again_is_told_anew(own_world: World) -> None:
    report = report_of(own_world)
    first = await reported(own_world, report)
    assert first.status_code == 200, first.text
    leaf = ids_of(first)[-1]
    gone = await own_world.as_("municipality-system").delete(f"/{leaf}")
    assert gone.status_code == 204, gone.text
    for _ in range(2):
        again = await reported(own_world, report)
        assert again.status_code == 200, again.text
    assert leaf not in ids_of(again)
    assert ids_of(again)[:-1] == ids_of(first)[:-1]


async def test_a_later_report_refers_to_what_an_earlier_one_told(own_world: World) -> None:
    report = report_of(own_world)
    first = await reported(own_world, report)
    urls = [part["fullUrl"] for part in report["entry"]]
    told = next(url for url in urls if not url.startswith("Patient") and json.dumps(report).count(f': "{url}"') > 1)
    name = ids_of(first)[urls.index(told)]
    later = report | {"entry": [part for part in report["entry"] if part["fullUrl"] != told]}
    answer = await reported(own_world, later)
    assert answer.status_code == 200, answer.text
    stored = await _bodies(own_world, ids_of(answer)[1:])
    assert any(name in body for body in stored)
    assert not any(f'"{told}"' in body for body in stored)


async def _bodies(world: World, names: list[str]) -> list[str]:
    """Return the stored text of resources, whoever may read them."""
    found = []
    for name in names:
        place = world.service.database.ids.decode(name.rpartition("/")[2])
        assert place is not None
        async with world.service.database.snapshot() as snapshot:
            values = {"place": place_of(*place)}
            query = Query("test.body", lambda: select(resource.c.body).where(resource.c.place == bindparam("place")))
            found.append((await snapshot.rows(query, values))[0][0].decode())
    return found


def notification_of(world: World) -> tuple[str, dict[str, Any]]:
    messages = demo_messages(world.cluster)
    return messages.notification_sender, copy.deepcopy(messages.notification)


async def stays_of(world: World) -> list[str]:
    known = await facts_of(world)
    return [one.source for one in known.relations if one.evidence is Evidence.NOTIFICATION]


async def test_a_withdrawn_encounter_takes_its_own_evidence_alone_and_the_next_message_makes_another(
    own_world: World,
) -> None:
    sender, message = notification_of(own_world)
    client = own_world.as_(sender)
    text = json.dumps(message).replace(_episode(message), "urn:uuid:0b2b3c0e-0000-4000-8000-0000000000ff")
    other = json.loads(text.replace(message["entry"][0]["resource"]["id"], "0b2b3c0e-0000-4000-8000-0000000000fe"))
    for one in (message, other):
        answer = await client.post("/$process-message", json=one)
        assert answer.status_code == 200, answer.text[-900:]
    sources = await stays_of(own_world)
    assert len(set(sources)) == 2
    assert (await client.delete(f"/{sources[0]}")).status_code == 204
    assert await stays_of(own_world) == sources[1:]


def _episode(message: dict[str, Any]) -> str:
    encounter = next(part["resource"] for part in message["entry"] if part["resource"]["resourceType"] == "Encounter")
    return str(encounter["episodeOfCare"][0]["identifier"]["value"])


async def test_a_fatal_message_is_recorded_as_refused(world: World) -> None:
    sender, message = notification_of(world)
    message["entry"][0]["resource"].pop("sender", None)
    answer = await world.as_(sender).post("/$process-message", json=message)
    assert answer.status_code == 422
    (newest,) = await records(world, NO_CITIZEN, limit=1)
    assert (newest.outcome, newest.query) == (8, "message fatal-error")


async def test_a_citizen_without_any_patient_left_has_no_age(own_world: World) -> None:
    name = ids_of(await send(own_world, "gp-system", entry(patient(UNKNOWN))))[0]
    pid = await pid_of(own_world, UNKNOWN)
    assert (await own_world.as_("gp-system").delete(f"/{name}")).status_code == 204
    async with own_world.service.database.snapshot() as snapshot:
        row = await citizens.load(snapshot, pid or 0)
    assert row is not None
    assert (row.master, row.born, row.died) == (None, None, None)
