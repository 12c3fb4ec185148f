"""An emergency rests on a login of the shift: no redirect in the middle, and a live session goes on."""

import asyncio
from dataclasses import replace

import pytest
from doors_builders import DOCTOR, HOUR_US, UNKNOWN, declaration, now, told
from served import NANCY, World, resources_in, serving, summary_of
from test_doors_tell_nothing import rows_of

from app import audit
from app.demo.cluster import Cluster
from app.demo.run import ISSUER
from app.errors import InvalidContentError
from app.identity import sessions
from app.sharing.outages import tell_login_provider
from app.store import clients, versions
from app.store.job import Job
from app.store.tables import DIRECTORY, NO_CITIZEN

pytestmark = pytest.mark.anyio
DOOR = "/Patient/$emergency-access"
GIVEN = declaration(code="life-in-danger")


def session_in(answer) -> str:
    """Return the token of the session in the answer of a door."""
    assert answer.status_code == 201, answer.text
    parts = {part["name"]: part for part in answer.json()["parameter"]}
    inner = {part["name"]: part for part in parts["session"]["part"]}
    assert inner["expires"]["valueInstant"] <= parts["until"]["valueInstant"]
    return inner["token"]["valueString"]


async def down(world: World, *, is_down: bool = True) -> None:
    """Let an operator say that the login provider is down, or up."""
    await tell_login_provider(
        world.service.database, issuer=ISSUER, is_down=is_down, by="vagthavende", reason="svarer ikke"
    )


async def test_a_login_for_treatment_serves_an_emergency_without_a_new_login(own_world: World) -> None:
    doctor = own_world.as_("surgeon")
    assert (await doctor.post("/Patient/$summary", json=summary_of())).status_code == 403
    session = own_world.bearing(session_in(await doctor.post(DOOR, json=GIVEN)))
    assert (await doctor.post("/Patient/$summary", json=summary_of())).status_code == 403, "treatment it is not"
    assert (await session.post("/Patient/$summary", json=summary_of())).status_code == 200
    found = await session.post("/Condition/_search", data={"patient.identifier": "|".join(NANCY)})
    assert resources_in(found)
    assert (await session.post("/Patient/$summary", json=summary_of(UNKNOWN))).status_code == 403
    assert (await session.post("/Observation", json={"resourceType": "Observation"})).status_code in {403, 422}
    assert (await session.post("/Patient/$treating-now", json=declaration())).status_code == 403
    others = {"patient.identifier": "urn:oid:1.2.208.176.1.2|3103979995"}
    assert (await session.post("/Condition/_search", data=others)).status_code == 403
    events = [audit.decode(row["body"]) for row in await rows_of(own_world, "audit")]
    assert not any(event.flags for event in events)


async def test_a_session_tells_no_known_citizen_from_one_who_is_not(own_world: World) -> None:
    doctor = own_world.as_(DOCTOR)
    known = await doctor.post(DOOR, json=GIVEN)
    unknown = await doctor.post(DOOR, json=declaration(UNKNOWN, code="life-in-danger"))
    assert told(known) == told(unknown)
    assert len(session_in(known)) == len(session_in(unknown))


async def test_a_session_that_was_altered_is_over_or_revoked_is_nobodys(own_world: World) -> None:
    token = own_world.token(DOCTOR)
    text = session_in(await own_world.bearing(token).post(DOOR, json=GIVEN))
    altered = text[:-6] + ("A" if text[-6] != "A" else "B") + text[-5:]
    for wrong in (altered, text[:-1], sessions.PREFIX, sessions.PREFIX + "!"):
        answer = await own_world.bearing(wrong).post("/Patient/$summary", json=summary_of())
        assert answer.status_code == 401, wrong
    caller = own_world.service.verifier.verify(token, now_us=now())
    over = sessions.seal(own_world.service.secret, caller, nonce=b"n", until_us=now(), is_flagged=False)
    assert (await own_world.bearing(over).post("/Patient/$summary", json=summary_of())).status_code == 401
    foreign = sessions.seal(b"0" * 32, caller, nonce=b"n", until_us=now() + HOUR_US, is_flagged=False)
    assert (await own_world.bearing(foreign).post("/Patient/$summary", json=summary_of())).status_code == 401
    live = own_world.bearing(text)
    assert (await live.post("/Patient/$summary", json=summary_of())).status_code == 200
    writes = clients.revoke_token(caller.token_id, until=caller.expires_us)
    await own_world.service.database.commit(Job(pid=DIRECTORY, writes=writes))
    assert (await live.post("/Patient/$summary", json=summary_of())).status_code == 401


async def test_a_login_that_expired_in_the_shift_opens_an_emergency_only_while_its_issuer_is_down(
    own_world: World,
) -> None:
    await down(own_world)
    # Logged in six hours ago for six hours less a moment: alive when the provider went down, expired now.
    expired = own_world.token(DOCTOR, at_us=now() - 6 * HOUR_US, life_seconds=6 * 3600 + 1)
    await asyncio.sleep(1.3)
    doctor = own_world.bearing(expired)
    assert (await doctor.post("/Patient/$summary", json=summary_of())).status_code == 401
    assert (await doctor.post("/Patient/$treating-now", json=declaration())).status_code == 401
    assert (await doctor.get("/$notices")).status_code == 401
    opened = await doctor.post(DOOR, json=GIVEN)
    session = own_world.bearing(session_in(opened))
    assert (await session.post("/Patient/$summary", json=summary_of())).status_code == 200
    log = f"/AuditEvent?patient.identifier={NANCY[0]}|{NANCY[1]}"
    events = resources_in(await own_world.as_("citizen").get(log))
    flagged = [event for event in events if "login-provider-down" in str(event["entity"][0].get("detail"))]
    assert len(flagged) == 2, "the declaration and the look-up"
    await down(own_world, is_down=False)
    assert (await doctor.post(DOOR, json=GIVEN)).status_code == 401
    assert (await session.post("/Patient/$summary", json=summary_of())).status_code == 200, "a live session goes on"
    commands = [
        audit.decode(row["body"])
        for row in sorted(await rows_of(own_world, "audit"), key=lambda row: row["at"])
        if row["kind"] == audit.Operation.OPERATE and row["pid"] == NO_CITIZEN
    ]
    assert [command.person for command in commands] == ["vagthavende"] * 2
    assert "down" in commands[0].query
    kept = await rows_of(own_world, "outage")
    assert len(kept) == 1
    assert kept[0]["stop"] > kept[0]["start"]


async def test_what_no_outage_excuses(own_world: World) -> None:
    before = own_world.token(DOCTOR, at_us=now() - 3 * HOUR_US, life_seconds=3600)  # expired before it went down
    long_ago = own_world.token(DOCTOR, at_us=now() - 11 * HOUR_US, life_seconds=11 * 3600 - 1)  # not of this shift
    system = own_world.token("hospital-system", at_us=now() - 3 * HOUR_US, life_seconds=3 * 3600 + 1)
    secretary = own_world.token("hospital-secretary", at_us=now() - 3 * HOUR_US, life_seconds=3 * 3600 + 1)
    forged = before[:-4] + "AAAA"
    answers = [await own_world.bearing(token).post(DOOR, json=GIVEN) for token in (before, long_ago, forged)]
    await down(own_world)
    await asyncio.sleep(1.3)
    answers += [await own_world.bearing(token).post(DOOR, json=GIVEN) for token in (before, long_ago, forged, system)]
    assert {answer.status_code for answer in answers} == {401}
    assert (await own_world.bearing(secretary).post(DOOR, json=GIVEN)).status_code == 403
    with pytest.raises(InvalidContentError):
        await down(own_world)
    await down(own_world, is_down=False)
    with pytest.raises(InvalidContentError):
        await down(own_world, is_down=False)
    with pytest.raises(InvalidContentError):
        await tell_login_provider(own_world.service.database, issuer=ISSUER, is_down=True, by=" ", reason="x")


async def test_a_live_session_is_flagged_while_the_provider_is_down(own_world: World) -> None:
    await down(own_world)
    session = own_world.bearing(session_in(await own_world.as_(DOCTOR).post(DOOR, json=GIVEN)))
    assert (await session.post("/Patient/$summary", json=summary_of())).status_code == 200
    flags = [audit.decode(row["body"]).flags for row in await rows_of(own_world, "audit")]
    assert ["login-provider-down"] in flags


async def test_a_shift_ends(own_database: tuple[str, Cluster]) -> None:
    async with serving(*own_database, shift_hours=1) as world:
        token = world.token(DOCTOR, at_us=now() - HOUR_US // 2, life_seconds=2000)
        answer = await world.bearing(token).post(DOOR, json=GIVEN)
        parts = {part["name"]: part for part in answer.json()["parameter"]}
        inner = {part["name"]: part for part in parts["session"]["part"]}
        assert inner["expires"]["valueInstant"] < parts["until"]["valueInstant"]
        assert session_in(answer)


async def test_a_client_without_emergencies_is_told_what_to_do(own_world: World) -> None:
    async with own_world.service.database.snapshot() as snapshot:
        registry = await clients.load(snapshot, await versions.load(snapshot))
    own = replace(registry.clients["nordkyst-epj"], purposes=frozenset({"TREAT"}))
    await own_world.service.database.commit(Job(pid=DIRECTORY, writes=clients.put([own])))
    answers = [
        await own_world.as_(DOCTOR).post(DOOR, json=declaration(one, code="life-in-danger")) for one in (NANCY, UNKNOWN)
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert told(answers[0]) == told(answers[1])
