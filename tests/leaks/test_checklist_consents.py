"""The leak checklist, row 23: the life cycle of a consent, over the wire.

Bo consents to treatment in the heart ward, which has nothing else to go by; Bo is the control, who always sees.
Source of the nine states: icanbwell's consent matrix, see docs/conformance.md.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from leak_sweep import Kind, Way, batch_of, check_shown, sweep, ways
from leak_world import (
    ANNA,
    BO,
    CALLER_OF,
    SID,
    LeakWorld,
    about,
    block,
    condition,
    mark,
    person,
    sor,
)

from app.demo.personas import PERSONAS
from app.demo.run import persona_token
from app.runtime import now_us
from consent.model import OrganisationKey, PersonKey
from consent.vocabulary import Category, Effect, Purpose
from schemas.terminology import systems

JSON = dict[str, Any]
BO_HIMSELF, HEART, BLOCKED = CALLER_OF["other-citizen"], CALLER_OF["unrelated"], CALLER_OF["blocked"]
DAY_US = 24 * 3600 * 1_000_000


def consent(**scope: Any) -> JSON:
    """Return Bo's consent to treatment by the heart ward, or by the `actors` given."""
    given = {"actors": [sor("heart-ward")], "purposes": [Purpose.TREATMENT], "effect": Effect.PERMIT, **scope}
    return block(BO, **given)


def running(body: JSON, *, start_us: int | None = None, stop_us: int | None = None) -> JSON:
    """Return the consent with a period."""
    ends = {"start": start_us, "end": stop_us}
    stated = {end: _instant(us) for end, us in ends.items() if us is not None}
    return {**body, "provision": {**body["provision"], "period": stated}}


def _instant(us: int) -> str:
    from app.runtime import from_us

    return from_us(us).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class State:
    """One state of the life cycle, and whether it unlocks."""

    name: str
    unlocks: bool
    status: str = "active"
    start_us: int | None = None
    stop_us: int | None = None
    effect: Effect = Effect.PERMIT


NINE_STATES = (
    State("active, its period covers now", unlocks=True, start_us=-DAY_US, stop_us=DAY_US),
    State("active, without a period", unlocks=True),
    State("elapsed", unlocks=False, start_us=-2 * DAY_US, stop_us=-DAY_US),
    State("not started", unlocks=False, start_us=DAY_US, stop_us=2 * DAY_US),
    State("inactive", unlocks=False, status="inactive"),
    State("rejected", unlocks=False, status="rejected"),
    State("draft", unlocks=False, status="draft"),
    State("entered in error", unlocks=False, status="entered-in-error"),
    State("active, its provision denies", unlocks=False, effect=Effect.DENY),
)


def of_state(state: State) -> JSON:
    """Return the consent in a state."""
    body = consent(status=state.status, effect=state.effect)
    if state.start_us is None:
        return body
    at = now_us()
    stop = None if state.stop_us is None else at + state.stop_us
    return running(body, start_us=at + state.start_us, stop_us=stop)


async def give(leaks: LeakWorld, body: JSON) -> str:
    """Let Bo store a consent, and return its id."""
    made = await leaks.ask(BO_HIMSELF, "POST", "/Consent", json=body)
    assert made.status == 201, made.body
    return str(made.json["id"])


@asynccontextmanager
async def given(leaks: LeakWorld, body: JSON) -> AsyncIterator[str]:
    """Hold a consent for as long as the block runs."""
    id_ = await give(leaks, body)
    try:
        yield id_
    finally:
        assert (await leaks.ask(BO_HIMSELF, "DELETE", f"/Consent/{id_}")).status == 204


def bos(leaks: LeakWorld) -> dict[str, Way]:
    """Return every way of reading Bo's one record."""
    return ways(leaks.patients[BO], BO, [leaks.ids["other"]])


@pytest.mark.parametrize("state", NINE_STATES, ids=lambda state: state.name.replace(" ", "-").replace(",", ""))
async def test_row_23_a_consent_unlocks_only_while_it_is_in_force(leaks: LeakWorld, state: State) -> None:
    asked, reader, control = bos(leaks), leaks.tokens["unrelated"], leaks.tokens["other-citizen"]
    before = await sweep(leaks, reader, asked)
    async with given(leaks, of_state(state)):
        seen = [leaks.ids["other"]] if state.unlocks else []
        await check_shown(leaks, reader, asked, seen, basis=state.unlocks)
        await check_shown(leaks, control, asked, [leaks.ids["other"]])
        if not state.unlocks:
            assert await sweep(leaks, reader, asked) == before, "nothing tells that there is a consent"
        # Nobody beside the reader who is named gains by it.
        await check_shown(leaks, leaks.tokens["other-municipality"], asked, [], basis=False)
    assert await sweep(leaks, reader, asked) == before, "and nothing tells that there was one"


@pytest.mark.parametrize("how", ["made inactive", "rejected", "in error", "turned", "elapsed", "renamed", "deleted"])
async def test_row_23_a_consent_that_is_taken_back_counts_no_more_at_the_next_request(
    leaks: LeakWorld, how: str
) -> None:
    """Every way is asked before, so that decisions, documents and tags are kept from when the reader might look."""
    asked, reader = bos(leaks), leaks.tokens["unrelated"]
    before = await sweep(leaks, reader, asked)
    consent_id = await give(leaks, consent())
    await check_shown(leaks, reader, asked, [leaks.ids["other"]])
    document = f"/Patient/{leaks.patients[BO]}/$summary"
    record = f"/Condition/{leaks.ids['other']}"
    tags = {path: dict((await leaks.send(reader, "GET", path)).headers)["etag"] for path in (document, record)}
    page = (await leaks.send(reader, "GET", f"/Condition?patient={leaks.patients[BO]}&_count=1")).json
    (link,) = (link["url"] for link in page["link"] if link["relation"] == "self")
    for path, tag in tags.items():
        assert (await leaks.send(reader, "GET", path, headers={"If-None-Match": tag})).status == 304
    changed = {
        "made inactive": consent(status="inactive"),
        "rejected": consent(status="rejected"),
        "in error": consent(status="entered-in-error"),
        "turned": consent(effect=Effect.DENY),
        "elapsed": running(consent(), stop_us=now_us() - 1_000_000),
        "renamed": consent(actors=[sor("gp-4")]),
    }
    path = f"/Consent/{consent_id}"
    if how == "deleted":
        assert (await leaks.ask(BO_HIMSELF, "DELETE", path)).status == 204
    else:
        answer = await leaks.ask(BO_HIMSELF, "PUT", path, json={**changed[how], "id": consent_id})
        assert answer.status == 200, answer.body
    for each, tag in tags.items():
        answer = await leaks.send(reader, "GET", each, headers={"If-None-Match": tag})
        assert (answer.status, "etag" in dict(answer.headers)) == (404, False)
    again = await leaks.send(reader, "GET", link)
    assert again.status == 403
    assert mark("other").encode() not in again.body
    assert await sweep(leaks, reader, asked) == before
    await check_shown(leaks, leaks.tokens["other-citizen"], asked, [leaks.ids["other"]])
    if how != "deleted":  # given anew it counts again, at once
        answer = await leaks.ask(BO_HIMSELF, "PUT", path, json={**consent(), "id": consent_id})
        assert answer.status == 200, answer.body
        await check_shown(leaks, reader, asked, [leaks.ids["other"]])
        assert (await leaks.ask(BO_HIMSELF, "DELETE", path)).status == 204
    assert await sweep(leaks, reader, asked) == before


SILENT: dict[str, JSON] = {
    "another organisation": {"actors": [sor("gp-4")]},
    "another person": {"actors": [person("stroke-doctor")]},
    "nobody by name": {"actors": []},
    "another purpose": {"purposes": [Purpose.RESEARCH]},
    "no purpose": {"purposes": []},
}


@pytest.mark.parametrize("silent", SILENT)
async def test_row_23_a_consent_about_somebody_else_is_silent(leaks: LeakWorld, silent: str) -> None:
    asked, reader = bos(leaks), leaks.tokens["unrelated"]
    before = await sweep(leaks, reader, asked)
    async with given(leaks, consent(**SILENT[silent])):
        assert await sweep(leaks, reader, asked) == before
        await check_shown(leaks, reader, asked, [], basis=False)


def _renamed(leaks: LeakWorld, **changes: Any) -> str:
    persona = replace(PERSONAS["heart-doctor"], **changes)
    return persona_token(persona, leaks.world.issuer, at_us=now_us())


async def test_row_23_nobody_rides_on_a_consent_to_somebody_else(leaks: LeakWorld) -> None:
    """One doctor is named: not her colleague, her secretary, her system, and no other client under her name."""
    asked, doctor = bos(leaks), leaks.tokens["unrelated"]
    async with given(leaks, consent(actors=[person("heart-doctor")])):
        await check_shown(leaks, doctor, asked, [leaks.ids["other"]])
        heart = PERSONAS["heart-doctor"]
        others = {
            "a colleague who is not in the directory": (_renamed(leaks, person=PersonKey("X0D98")), {403, 404, 200}),
            "a colleague of the hospital": (leaks.token("geriatric-doctor"), {403, 404, 200}),
            "the hospital's system": (leaks.token("hospital-system"), {403, 404, 200}),
            "another client under her name": (_renamed(leaks, client="skovbrynet-laegesystem"), {401}),
            "an unknown client": (_renamed(leaks, client="nobody-knows-it"), {401}),
            "her name in another unit": (
                _renamed(leaks, organisation=PERSONAS["stroke-doctor"].organisation),
                {403, 404, 200},
            ),
            "her name in another organisation": (
                _renamed(leaks, organisation=OrganisationKey(str(PERSONAS["gp"].organisation))),
                {401},
            ),
        }
        assert heart.person is not None
        for name, (token, statuses) in others.items():
            if statuses == {401}:
                for way in asked.values():
                    answer = await leaks.send(token, way.method, way.path, json=way.json, form=way.form)
                    assert answer.status == 401, name
            else:
                await check_shown(leaks, token, asked, [], basis=False)


async def test_row_23_a_consent_to_a_part_opens_that_part_in_every_way(leaks: LeakWorld) -> None:
    """What a permit excludes is hidden by id too: a consent to the whole's summary is none to the rest."""
    asked, reader = bos(leaks), leaks.tokens["unrelated"]
    # The Patient is another part: it and what is addressed by it stay closed.
    parts = {name: way for name, way in asked.items() if way.kind is not Kind.PATIENT and "summary by id" not in name}
    for category, seen in ((Category.MEDICATION, []), (Category.DIAGNOSIS, [leaks.ids["other"]])):
        async with given(leaks, consent(categories=[category])):
            await check_shown(leaks, reader, parts, seen)
            for tail in ("", "/_history", "/$summary"):
                assert (await leaks.send(reader, "GET", f"/Patient/{leaks.patients[BO]}{tail}")).status == 404


async def test_row_23_a_consent_lifts_no_block(leaks: LeakWorld) -> None:
    """Anna has blocked the department: that she consents to one ward of it, too, opens nothing."""
    ids = [leaks.ids[key] for key in ("open", "person", "unit", "period", "instance", "label", "genome", "refused")]
    asked = ways(leaks.patients[ANNA], ANNA, ids)
    reader = leaks.tokens["blocked"]
    before = await sweep(leaks, reader, asked)
    both = block(ANNA, actors=[sor("lung-ward")], effect=Effect.PERMIT, purposes=[Purpose.TREATMENT])
    made = await leaks.ask(CALLER_OF["citizen"], "POST", "/Consent", json=both)
    assert made.status == 201
    assert await sweep(leaks, reader, asked) == before
    assert (await leaks.ask(CALLER_OF["citizen"], "DELETE", f"/Consent/{made.json['id']}")).status == 204


@pytest.mark.parametrize("attacker", ["unrelated", "system", "gp", "nurse", "other-gp", "secretary", "citizen"])
async def test_row_23_nobody_writes_alters_or_ends_a_consent_of_another(leaks: LeakWorld, attacker: str) -> None:
    asked, reader = bos(leaks), leaks.tokens["unrelated"]
    who = CALLER_OF[attacker]
    before = await sweep(leaks, reader, asked)
    # One that opens, whoever is said to give it.
    forged = [
        consent(),
        {**consent(), "performer": [sor("hospital")]},
        {**consent(), "organization": [sor("hospital")]},
        {**consent(), "performer": [about(ANNA)]},
        {**consent(), "verification": [{"verified": True, "verifiedWith": about(BO)}]},
    ]
    for body in forged:
        answer = await leaks.ask(who, "POST", "/Consent", json=body)
        assert answer.status in {403, 422}, answer.body
        entry = {"resource": body, "request": {"method": "POST", "url": "Consent"}}
        for kind in ("batch", "transaction"):
            bundle = {"resourceType": "Bundle", "type": kind, "entry": [entry]}
            answer = await leaks.ask(who, "POST", "", json=bundle)
            assert b"201" not in answer.body, answer.body
    assert await sweep(leaks, reader, asked) == before
    # One of Bo's, whose id has come to be known: no difference to one that is not there.
    async with given(leaks, consent(status="inactive")) as id_:
        for method in ("PUT", "DELETE"):
            told_of = []
            for one in (id_, leaks.never[BO]):
                body = None if method == "DELETE" else {**consent(), "id": one}
                answer = await leaks.ask(who, method, f"/Consent/{one}", json=body)
                assert answer.status in {403, 404}, answer.body
                told_of.append((answer.status, answer.body.replace(one.encode(), b"")))
            assert told_of[0] == told_of[1], (attacker, method)
        assert await sweep(leaks, reader, asked) == before


async def test_row_23_a_request_in_parts_shows_no_more_than_each_part(leaks: LeakWorld) -> None:
    """A batch over two citizens, entries of both in turn, pages of one, ids of several at once."""
    reader, anna = leaks.tokens["nurse"], leaks.ids["open"]
    bo = leaks.ids["other"]
    urls = [f"Condition/{anna}", f"Condition/{bo}", f"Condition?_id={bo}", f"Condition?_id={anna}"] * 3
    urls += [f"Condition?patient={leaks.patients[BO]}", f"Patient/{leaks.patients[BO]}"]
    urls += [f"Condition?identifier={SID}|no-other&patient={leaks.patients[BO]}"]
    answer = await leaks.send(reader, "POST", "", json=batch_of(*urls))
    statuses = [part["response"]["status"] for part in answer.json["entry"]]
    assert statuses == ["200 OK", "404", "200 OK", "200 OK"] * 3 + ["403", "404", "403"]
    found = [
        [entry["resource"]["id"] for entry in part["resource"].get("entry", [])]
        for part in answer.json["entry"]
        if part.get("resource", {}).get("resourceType") == "Bundle"
    ]
    assert found == [[], [anna]] * 3
    assert mark("other").encode() not in answer.body
    assert mark("open").encode() in answer.body


async def test_row_23_what_a_batch_blocks_its_next_entry_does_not_show(own_leaks: LeakWorld) -> None:
    """The GP writes down that Anna blocks the practice, and asks in the same batch: each entry is decided by itself."""
    leaks = own_leaks
    gp = CALLER_OF["gp"]
    url = f"Condition/{leaks.ids['open']}"
    body = batch_of(url, url, f"Condition?_id={leaks.ids['open']}", f"Patient/{leaks.patients[ANNA]}")
    entry = {
        "resource": block(ANNA, actors=[sor("gp-1")]),
        "request": {"method": "POST", "url": "Consent"},
    }
    body["entry"].insert(1, entry)
    answer = await leaks.ask(gp, "POST", "", json=body)
    statuses = [part["response"]["status"] for part in answer.json["entry"]]
    assert statuses == ["200 OK", "201 Created", "404", "200 OK", "404"]
    assert "entry" not in answer.json["entry"][3]["resource"]
    assert answer.body.count(mark("open").encode()) == 1


async def test_row_23_a_consent_of_another_scope_opens_nothing(leaks: LeakWorld) -> None:
    """A consent to treatment, research or an advance directive is a record, whoever it names."""
    asked, reader = bos(leaks), leaks.tokens["unrelated"]
    before = await sweep(leaks, reader, asked)
    for scope in ("treatment", "research", "adr"):
        body = {**consent(), "scope": {"coding": [{"system": systems.CONSENT_SCOPE, "code": scope}]}}
        for who in (BO_HIMSELF, CALLER_OF["unrelated"], CALLER_OF["system"]):
            answer = await leaks.ask(who, "POST", "/Consent", json=body)
            assert answer.status in {201, 403, 422}, answer.body
            assert await sweep(leaks, reader, asked) == before, scope
            if answer.status == 201:
                assert (await leaks.ask(who, "DELETE", f"/Consent/{answer.json['id']}")).status == 204


async def test_row_23_the_record_that_the_control_sees_is_a_record(leaks: LeakWorld) -> None:
    """The control of the controls: the mark stands in the record, and in nothing else of Bo's."""
    answer = await leaks.ask(BO_HIMSELF, "GET", f"/Condition?patient={leaks.patients[BO]}")
    assert answer.ids() == {leaks.ids["other"]}
    assert condition("other")["code"]["text"].encode() in answer.body
