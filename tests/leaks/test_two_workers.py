"""What is taken back through one worker counts at the very next request to another, whatever that one has kept.

Two services over one database, each with its own connections, writer and memory; and once two processes of the server.
The second has read everything before: decisions, requesters, documents and tags are kept there.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pytest
from leak_sweep import Way, check_shown, sweep, ways
from leak_world import (
    ANNA,
    BO,
    CALLER_OF,
    HIDDEN,
    HOSPITAL,
    MUNICIPALITY,
    Identifier,
    LeakWorld,
    block,
    claims_of,
    condition,
    mark,
    parameters,
    populate,
    serving_at,
    sor,
    stay,
)
from served import Settings, free_port, start, wait_until_ready

from app.demo.organisations import ORGANISATIONS
from app.demo.personas import PERSONAS
from app.demo.personas import client_rows as clients_of_the_demo
from app.runtime import now_us
from app.sharing import DirectoryFile, RegisterFact, feed_registers, load_directory
from app.store import clients
from app.store.job import Job
from app.store.tables import DIRECTORY
from consent.model import Period
from consent.vocabulary import Category, Effect, Function, Purpose, RelationKind

JSON = dict[str, Any]
ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Pair:
    """Two workers over one database: what is written goes through `first`, what is read through `second`."""

    first: LeakWorld
    second: LeakWorld


@pytest.fixture
async def pair(own_leaks: LeakWorld) -> AsyncIterator[Pair]:
    """Two workers over the leak world, on each engine in turn."""
    async with serving_at(own_leaks.world.url) as other:
        yield Pair(own_leaks, replace(own_leaks, world=other))


def _conditions(leaks: LeakWorld, citizen: Identifier = ANNA) -> dict[str, str]:
    return {one.key: leaks.ids[one.key] for one in HIDDEN if one.citizen == citizen and one.type == "Condition"}


def _asked(leaks: LeakWorld, citizen: Identifier = ANNA) -> dict[str, Way]:
    return ways(leaks.patients[citizen], citizen, list(_conditions(leaks, citizen).values()))


def _seen(leaks: LeakWorld, caller: str, citizen: Identifier = ANNA) -> set[str]:
    who = CALLER_OF[caller]
    found = _conditions(leaks, citizen)
    return {found[one.key] for one in HIDDEN if one.key in found and who.sees(one)}


async def _tags(leaks: LeakWorld, token: str, paths: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of what may be read now, each confirmed by a 304."""
    found = {}
    for name, path in paths.items():
        tag = dict((await leaks.send(token, "GET", path)).headers)["etag"]
        assert (await leaks.send(token, "GET", path, headers={"If-None-Match": tag})).status == 304
        found[name] = tag
    return found


async def _write(leaks: LeakWorld, caller: str, method: str, path: str, body: JSON | None = None) -> JSON:
    answer = await leaks.ask(CALLER_OF[caller], method, path, json=body)
    assert answer.status in {200, 201, 204}, answer.body
    return dict(answer.json) if answer.body else {}


async def _block_all(leaks: LeakWorld) -> None:
    await _write(leaks, "citizen", "POST", "/Consent", block(ANNA, actors=[sor("municipality-a")]))


async def _block_function(leaks: LeakWorld) -> None:
    body = block(ANNA, functions=[Function.HOME_NURSING])
    await _write(leaks, "citizen", "POST", "/Consent", body)


async def _end_nursing(leaks: LeakWorld) -> None:
    plans = await leaks.ask(CALLER_OF["nurse"], "GET", f"/CarePlan?patient={leaks.patients[ANNA]}")
    (plan,) = (entry["resource"] for entry in plans.json["entry"])
    ended = {**plan, "status": "revoked"}
    answer = await leaks.send(leaks.token(MUNICIPALITY), "PUT", f"/CarePlan/{plan['id']}", json=ended)
    assert answer.status == 200, answer.body


async def _delete_nursing(leaks: LeakWorld) -> None:
    plans = await leaks.ask(CALLER_OF["nurse"], "GET", f"/CarePlan?patient={leaks.patients[ANNA]}")
    (plan,) = (entry["resource"] for entry in plans.json["entry"])
    answer = await leaks.send(leaks.token(MUNICIPALITY), "DELETE", f"/CarePlan/{plan['id']}")
    assert answer.status == 204, answer.body


async def _fire_the_nurse(leaks: LeakWorld) -> None:
    nurse = PERSONAS["home-nurse"]
    row = {
        "person": nurse.person,
        "name": nurse.name,
        "authorisation": nurse.authorisation,
        "functions": ["home-nursing"],
        "organisations": [nurse.organisation],
        "valid_to": "2026-01-01T00:00:00Z",
    }
    await load_directory(leaks.world.service.database, DirectoryFile.model_validate({"staff": [row]}))


async def _move_the_nurse(leaks: LeakWorld) -> None:
    nurse = PERSONAS["home-nurse"]
    row = {
        "person": nurse.person,
        "name": nurse.name,
        "authorisation": nurse.authorisation,
        "functions": ["home-nursing"],
        "organisations": [ORGANISATIONS["nursing-b"].sor],
    }
    await load_directory(leaks.world.service.database, DirectoryFile.model_validate({"staff": [row]}))


async def _strike_the_nurse_off(leaks: LeakWorld) -> None:
    nurse = PERSONAS["home-nurse"]
    row = {
        "person": nurse.person,
        "name": nurse.name,
        "functions": ["home-nursing"],
        "organisations": [nurse.organisation],
    }
    await load_directory(leaks.world.service.database, DirectoryFile.model_validate({"staff": [row]}))


async def _agree_to_nothing(leaks: LeakWorld) -> None:
    row = {
        "id": "klynge",
        "version": 1,
        "functions": ["home-nursing"],
        "categories": ["vaccination"],
        "organisations": [ORGANISATIONS[key].sor for key in ("municipality-a", "hospital")],
    }
    await load_directory(leaks.world.service.database, DirectoryFile.model_validate({"agreements": [row]}))


CLOSING: Mapping[str, Callable[[LeakWorld], Awaitable[None]]] = {
    "the citizen blocks the municipality": _block_all,
    "the citizen blocks the function": _block_function,
    "the service ends": _end_nursing,
    "the evidence is withdrawn": _delete_nursing,
    "the nurse has left": _fire_the_nurse,
    "the nurse works elsewhere": _move_the_nurse,
    "the nurse is struck off": _strike_the_nurse_off,
}


@pytest.mark.parametrize("how", CLOSING)
async def test_what_closes_through_one_worker_is_closed_at_the_other(pair: Pair, how: str) -> None:
    first, second = pair.first, pair.second
    token, asked = second.tokens["nurse"], _asked(second)
    await check_shown(second, token, asked, _seen(second, "nurse"))
    patient, record = second.patients[ANNA], f"/Condition/{second.ids['open']}"
    tags = await _tags(second, token, {"document": f"/Patient/{patient}/$summary", "record": record})
    page = (await second.send(token, "GET", f"/Condition?patient={patient}&_count=1")).json
    (following,) = (link["url"] for link in page["link"] if link["relation"] == "next")
    await CLOSING[how](first)
    document = await second.send(
        token, "GET", f"/Patient/{patient}/$summary", headers={"If-None-Match": tags["document"]}
    )
    assert (document.status, "etag" in dict(document.headers)) == (404, False)
    again = await second.send(token, "GET", record, headers={"If-None-Match": tags["record"]})
    assert (again.status, "etag" in dict(again.headers)) == (404, False)
    assert (await second.send(token, "GET", following)).status == 403
    await check_shown(second, token, asked, [], basis=False)
    control = second.tokens["citizen"]
    await check_shown(second, control, asked, _seen(second, "citizen"))


async def test_an_agreement_narrows_at_the_other_worker(pair: Pair) -> None:
    first, second = pair.first, pair.second
    token = second.tokens["nurse"]
    parts = {name: way for name, way in _asked(second).items() if way.path.startswith("/Condition")}
    await check_shown(second, token, parts, _seen(second, "nurse"))
    document = f"/Patient/$summary?identifier={'|'.join(ANNA)}"
    before = await second.send(token, "GET", document)
    assert mark("open").encode() in before.body
    tag = dict(before.headers)["etag"]
    await _agree_to_nothing(first)
    after = await second.send(token, "GET", document, headers={"If-None-Match": tag})
    assert mark("open").encode() not in after.body
    assert after.status != 304
    for way in parts.values():
        answer = await second.send(token, way.method, way.path, form=way.form)
        assert b"maerke" not in answer.body, way


async def _hide_instance(leaks: LeakWorld) -> None:
    instance = f"Condition/{leaks.ids['open']}"
    await _write(leaks, "citizen", "POST", "/Consent", block(ANNA, actors=[sor("gp-1")], instances=[instance]))


async def _hide_category(leaks: LeakWorld) -> None:
    hidden = block(ANNA, actors=[sor("gp-1")], categories=[Category.DIAGNOSIS])
    await _write(leaks, "citizen", "POST", "/Consent", hidden)


async def _hide_period(leaks: LeakWorld) -> None:
    hidden = block(ANNA, actors=[sor("gp-1")], data_start_us=1_700_000_000_000_000, data_stop_us=1_720_000_000_000_000)
    await _write(leaks, "citizen", "POST", "/Consent", hidden)


async def _relabel(leaks: LeakWorld) -> None:
    id_ = leaks.ids["open"]
    raised = {**condition("open", code="DF329"), "id": id_}
    answer = await leaks.send(leaks.token(HOSPITAL), "PUT", f"/Condition/{id_}", json=raised)
    assert answer.status == 200, answer.body


async def _delete(leaks: LeakWorld) -> None:
    answer = await leaks.send(leaks.token(HOSPITAL), "DELETE", f"/Condition/{leaks.ids['open']}")
    assert answer.status == 204


HIDING: Mapping[str, Callable[[LeakWorld], Awaitable[None]]] = {
    "a single record": _hide_instance,
    "a category": _hide_category,
    "a period": _hide_period,
    "the record is labelled": _relabel,
    "the record is deleted": _delete,
}


@pytest.mark.parametrize("how", HIDING)
async def test_what_is_hidden_through_one_worker_is_hidden_at_the_other(pair: Pair, how: str) -> None:
    """The basis stays: the document is another one, without the record, and the old tag is not confirmed."""
    first, second = pair.first, pair.second
    token, id_ = second.tokens["gp"], second.ids["open"]
    path, document = f"/Condition/{id_}", f"/Patient/{second.patients[ANNA]}/$summary"
    tags = await _tags(second, token, {"record": path, "document": document})
    await HIDING[how](first)
    answer = await second.send(token, "GET", document, headers={"If-None-Match": tags["document"]})
    assert answer.status == 200
    assert mark("open").encode() not in answer.body
    again = await second.send(token, "GET", path, headers={"If-None-Match": tags["record"]})
    assert again.status == (410 if how == "the record is deleted" else 404)
    found = await second.send(token, "GET", f"/Condition?patient={second.patients[ANNA]}&_total=accurate")
    assert (found.ids(), found.json["total"]) == (set(), 0)
    control = await second.send(second.tokens["nurse"], "GET", path)
    assert control.status == (410 if how == "the record is deleted" else 200)


async def _revoke_token(leaks: LeakWorld, token: str) -> None:
    claims = claims_of(token)
    writes = clients.revoke_token(claims["jti"], until=claims["exp"] * 1_000_000)
    await leaks.world.service.database.commit(Job(pid=DIRECTORY, writes=writes))


async def _revoke_client(leaks: LeakWorld, token: str) -> None:
    (row,) = (row for row in clients_of_the_demo() if row["id"] == claims_of(token)["client_id"])
    changed = {
        "id": row["id"],
        "organisation": row["organisation"],
        "functions": row["functions"].split(","),
        "purposes": row["purposes"].split(","),
        "types": [],
        "revoked": "2026-01-01T00:00:00Z",
    }
    await load_directory(leaks.world.service.database, DirectoryFile.model_validate({"clients": [changed]}))


async def _narrow_client(leaks: LeakWorld, token: str) -> None:
    changed = {
        "id": claims_of(token)["client_id"],
        "organisation": ORGANISATIONS["gp-4"].sor,
        "functions": ["home-nursing"],
        "purposes": ["TREAT"],
        "types": [],
    }
    await load_directory(leaks.world.service.database, DirectoryFile.model_validate({"clients": [changed]}))


@pytest.mark.parametrize("revoke", [_revoke_token, _revoke_client, _narrow_client], ids=lambda one: one.__name__[1:])
async def test_a_token_or_client_that_is_revoked_at_one_worker_is_nobody_at_the_other(
    pair: Pair, revoke: Callable[[LeakWorld, str], Awaitable[None]]
) -> None:
    first, second = pair.first, pair.second
    token, asked = second.tokens["nurse"], _asked(second)
    await check_shown(second, token, asked, _seen(second, "nurse"))
    path = f"/Condition/{second.ids['open']}"
    (tag,) = (await _tags(second, token, {"record": path})).values()
    await revoke(first, token)
    for way in asked.values():
        answer = await second.send(token, way.method, way.path, json=way.json, form=way.form)
        assert answer.status == 401, way
    assert (await second.send(token, "GET", path, headers={"If-None-Match": tag})).status == 401
    for path in ("/$notices", "/Organization?_count=1", f"/Organization/{second.alien}", "/Patient/$summary"):
        assert (await second.send(token, "GET", path)).status == 401, path
    await check_shown(second, second.tokens["citizen"], asked, _seen(second, "citizen"))


async def test_a_register_and_a_consent_count_at_once_in_both_directions(pair: Pair) -> None:
    """Another practice becomes Bo's own, and is not any more; he consents, and takes it back: each at the other worker."""
    first, second = pair.first, pair.second
    asked = _asked(second, BO)
    old, new = second.token("gp-3-doctor"), second.token("gp-4-doctor")
    seen = {second.ids["other"]}
    for round_ in range(4):
        current = "gp-3" if round_ % 2 else "gp-4"
        fact = RegisterFact(
            citizen=BO,
            kind=RelationKind.OWN_GP,
            period=Period(),
            source="register",
            organisation=ORGANISATIONS[current].sor,
        )
        await feed_registers(first.world.service, [fact], at_us=now_us())
        await check_shown(second, new, asked, seen if current == "gp-4" else [], basis=current == "gp-4")
        await check_shown(second, old, asked, seen if current == "gp-3" else [], basis=current == "gp-3")
    heart = second.tokens["unrelated"]
    opening = block(BO, actors=[sor("heart-ward")], purposes=[Purpose.TREATMENT], effect=Effect.PERMIT)
    for one, other in ((first, second), (second, first)):
        made = await one.ask(CALLER_OF["other-citizen"], "POST", "/Consent", json=opening)
        assert made.status == 201, made.body
        await check_shown(other, heart, asked, seen)
        await check_shown(one, heart, asked, seen)
        await _write(one, "other-citizen", "DELETE", f"/Consent/{made.json['id']}")
        await check_shown(other, heart, asked, [], basis=False)
        await check_shown(one, heart, asked, [], basis=False)


async def test_blocks_given_and_lifted_in_turn_count_at_once_at_both(pair: Pair) -> None:
    """Both workers write in turn; neither ever answers from before."""
    token = pair.first.tokens["nurse"]
    path = f"/Condition/{pair.first.ids['open']}"
    made = await pair.first.ask(
        CALLER_OF["citizen"], "POST", "/Consent", json=block(ANNA, actors=[sor("nursing-a")], status="inactive")
    )
    consent = f"/Consent/{made.json['id']}"
    for round_ in range(ROUNDS):
        status = "inactive" if round_ % 2 else "active"
        one, other = (pair.first, pair.second) if round_ % 3 else (pair.second, pair.first)
        body = {**block(ANNA, actors=[sor("nursing-a")], status=status), "id": made.json["id"]}
        await _write(one, "citizen", "PUT", consent, body)
        wanted = 200 if status == "inactive" else 404
        for leaks in (other, one):
            assert (await leaks.send(token, "GET", path)).status == wanted, round_
            document = await leaks.send(token, "GET", f"/Patient/{leaks.patients[ANNA]}/$summary")
            assert (document.status, mark("open").encode() in document.body) == (wanted, wanted == 200), round_


async def test_a_stay_that_was_never_there_closes_at_the_other_worker(pair: Pair) -> None:
    first, second = pair.first, pair.second
    heart, asked = second.tokens["unrelated"], _asked(second, BO)
    made = await first.ask(CALLER_OF["unrelated"], "POST", "/Encounter", json=stay(BO, "heart-ward"))
    assert made.status == 201
    await check_shown(second, heart, asked, {second.ids["other"]})
    wrong = {**stay(BO, "heart-ward"), "status": "entered-in-error", "id": made.json["id"]}
    await _write(first, "unrelated", "PUT", f"/Encounter/{made.json['id']}", wrong)
    await check_shown(second, heart, asked, [], basis=False)


async def test_two_sweeps_of_two_workers_are_one(pair: Pair) -> None:
    """The same caller is told the same by both, whichever has kept what."""
    for caller in ("nurse", "gp", "citizen", "blocked", "unrelated", "system", "other-gp"):
        token = pair.first.tokens[caller]
        asked = _asked(pair.first)
        assert await sweep(pair.first, token, asked) == await sweep(pair.second, token, asked), caller


@pytest.fixture
async def processes(own_leaks_url: str) -> AsyncIterator[tuple[LeakWorld, list[str]]]:
    """Two processes of the server over one database; the records were written by a third, which is gone."""
    async with serving_at(own_leaks_url) as world:
        made = await populate(world)
    settings = []
    for _ in range(2):
        port = free_port()
        settings.append(
            Settings(
                mode="development",
                database_url=own_leaks_url,
                port=port,
                public_url=f"http://127.0.0.1:{port}/fhir",
                log_level="warning",
            )
        )
    running = [start(each) for each in settings]
    try:
        for each in settings:
            await wait_until_ready(each)
        yield made, [each.public_url for each in settings]
    finally:
        for each in running:
            each.terminate()
        assert all(each.wait(timeout=30) in {0, -15} for each in running)


async def test_two_processes_of_the_server_agree_at_once(processes: tuple[LeakWorld, list[str]]) -> None:
    leaks, (one, other) = processes
    citizen = {"Authorization": f"Bearer {leaks.tokens['citizen']}"}
    nurse = {"Authorization": f"Bearer {leaks.tokens['nurse']}"}
    async with httpx2.AsyncClient(timeout=30) as client:
        blocked = block(ANNA, actors=[sor("municipality-a")], status="inactive")
        made = await client.post(f"{one}/Consent", json=blocked, headers=citizen)
        assert made.status_code == 201, made.text
        id_ = made.json()["id"]
        record, document = f"/Condition/{leaks.ids['open']}", f"/Patient/{leaks.patients[ANNA]}/$summary"
        for round_ in range(ROUNDS):
            tags = {}
            for base in (one, other):
                for path in (record, document):
                    answer = await client.get(f"{base}{path}", headers=nurse)
                    assert answer.status_code == 200, (round_, answer.text)
                    tags[base, path] = {**nurse, "If-None-Match": answer.headers["etag"]}
                    assert (await client.get(f"{base}{path}", headers=tags[base, path])).status_code == 304
            first, second = (one, other) if round_ % 2 else (other, one)
            for status in ("active", "inactive"):
                body = {**block(ANNA, actors=[sor("municipality-a")], status=status), "id": id_}
                answer = await client.put(f"{first}/Consent/{id_}", json=body, headers=citizen)
                assert answer.status_code == 200, answer.text
                if status == "active":
                    for base in (second, first):
                        for path in (record, document):
                            for headers in (tags[base, path], nurse):
                                answer = await client.get(f"{base}{path}", headers=headers)
                                assert answer.status_code == 404, (round_, base, path)
                                assert mark("open") not in answer.text
                        named = await client.post(
                            f"{base}/Patient/$summary", json=parameters(identifier=ANNA), headers=nurse
                        )
                        assert named.status_code == 403
