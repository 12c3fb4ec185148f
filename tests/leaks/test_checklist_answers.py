"""The leak checklist, rows about what an answer says beside its content, and what is recorded of it.

Rows 11 (error texts), 15 (batch and transaction), 28 (the record of every access) and 29 (caches).
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from leak_matrix import notification
from leak_sweep import batch_of
from leak_world import (
    ANNA,
    BO,
    CALLER_OF,
    CALLERS,
    HIDDEN,
    HOSPITAL,
    MARKS,
    NAMES,
    SID,
    UNKNOWN,
    Answer,
    Caller,
    Identifier,
    LeakWorld,
    about,
    block,
    condition,
    parameters,
    sor,
    told,
)

from app.audit import Operation, decode
from app.demo.organisations import ORGANISATIONS
from app.store import audits
from app.store.tables import NO_CITIZEN
from schemas.terminology import systems

JSON = dict[str, Any]
GP, NURSE, CITIZEN, BLOCKED = (CALLER_OF[key] for key in ("gp", "nurse", "citizen", "blocked"))
SYSTEM, NO_TOKEN = CALLER_OF["system"], CALLER_OF["no-token"]


# Row 11: the words of a refusal

NAMING = [*MARKS.values(), *(number for _, number in NAMES), *(family for family, _, _ in NAMES.values())]
NAMING += [one.name for one in ORGANISATIONS.values()] + [one.sor for one in ORGANISATIONS.values()]
INSIDE = re.compile(
    r"Traceback|File \"|line \d+|sqlite|asyncpg|SELECT |INSERT |postgres|msgspec|Error\b|Exception|None\b|pid|signature"
)


def _refusals(leaks: LeakWorld) -> list[tuple[str, str, Any, Mapping[str, str]]]:
    anna = leaks.patients[ANNA]
    found: list[tuple[str, str, Any, Mapping[str, str]]] = []
    for id_ in (leaks.ids["label"], leaks.ids["other"], leaks.never[ANNA], leaks.alien):
        body = {**condition("attack"), "id": id_}
        found += [("GET", f"/Condition/{id_}{tail}", None, {}) for tail in ("", "/_history", "/_history/1")]
        found += [
            ("PUT", f"/Condition/{id_}", body, {"If-Match": 'W/"7"'}),
            ("DELETE", f"/Condition/{id_}", None, {"If-Match": 'W/"7"'}),
            ("PATCH", f"/Condition/{id_}", [], {}),
            ("PUT", f"/Condition/{id_}", {**body, "id": "another"}, {}),
            ("POST", "", _bundle("transaction", ("DELETE", f"Condition/{id_}", None), if_match='W/"7"'), {}),
            ("POST", "", _bundle("batch", ("GET", f"Condition/{id_}", None)), {}),
        ]
    numbers = [ANNA, BO, UNKNOWN]
    for citizen in numbers:
        found += [
            ("GET", f"/Condition?patient.identifier={citizen[0]}|{citizen[1]}", None, {}),
            ("POST", "/Patient/$summary", parameters(identifier=citizen), {}),
            (
                "POST",
                "/Patient/$emergency-access",
                parameters(identifier=citizen, code="life-in-danger", reason="x"),
                {},
            ),
            ("POST", "/Patient/$summary", parameters(identifier=citizen, profile="http://x.example"), {}),
            ("POST", "/Condition", {**condition("x"), "subject": about(citizen), "unknown": True}, {}),
            ("POST", "/Condition", {**condition("x"), "subject": about(citizen), "recordedDate": "x"}, {}),
        ]
    found += [
        ("GET", f"/Condition?patient={anna}&_cursor=x", None, {}),
        ("GET", f"/Condition?patient={anna}&code:in=x", None, {}),
        ("GET", f"/AuditEvent?patient={anna}&agent=x", None, {}),
        ("GET", "/Condition?_id=" + ",".join(leaks.ids[key] for key in ("open", "other")), None, {}),
        ("POST", "/$submit-report", {"resourceType": "Bundle", "type": "collection"}, {}),
        ("POST", "/Patient", {"resourceType": "Patient", "identifier": []}, {}),
    ]
    return found


def _bundle(kind: str, *entries: tuple[str, str, Any], if_match: str = "") -> JSON:
    more = {"ifMatch": if_match} if if_match else {}
    parts = [
        {"request": {"method": method, "url": url, **more}} | ({} if resource is None else {"resource": resource})
        for method, url, resource in entries
    ]
    return {"resourceType": "Bundle", "type": kind, "entry": parts}


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


async def test_row_11_a_refusal_names_neither_record_nor_citizen_nor_owner(leaks: LeakWorld) -> None:
    readers = (GP, BLOCKED, CALLER_OF["other-municipality"], CALLER_OF["home-carer"], SYSTEM, NO_TOKEN)
    refused = 0
    for method, path, body, headers in _refusals(leaks):
        for who in readers:
            answer = await leaks.ask(who, method, path, json=body, headers=headers)
            if answer.status < 400 and path:
                continue  # it may; what it is shown is the matrix's business
            words = " ".join(_texts(answer.json)) if answer.body else ""
            words += json.dumps(answer.headers)
            assert not [name for name in NAMING if name in words], (who.key, method, path, words)
            assert not [id_ for id_ in (*leaks.ids.values(), leaks.alien) if id_ in words], (who.key, method, words)
            assert not INSIDE.search(words), (who.key, method, path, words)
            refused += 1
    assert refused > 300


async def test_row_11_a_refusal_is_of_few_constant_texts(leaks: LeakWorld) -> None:
    """By id there is one text for all records, citizens, versions and callers."""
    said = set()
    for what in HIDDEN:
        for who in CALLERS:
            if who.enters and not who.sees(what):
                for tail in ("", "/_history", "/_history/1", "/_history/2"):
                    answer = await leaks.ask(who, "GET", f"/{what.type}/{leaks.ids[what.key]}{tail}")
                    said.add(told(answer))
    assert len(said) == 1


async def test_row_11_a_failure_within_says_nothing(leaks: LeakWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message of an exception may quote a record: neither it nor its type nor its place is told."""

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError(f"cannot read {ANNA[1]} {NAMES[ANNA][0]} {MARKS['label']}")

    monkeypatch.setattr("app.gate.release", breaks)
    answers = [
        await leaks.ask(who, "GET", path)
        for who in (NURSE, CITIZEN)
        for path in (f"/Condition/{leaks.ids['label']}", f"/Patient/{leaks.patients[ANNA]}/$summary")
    ]
    # A document that was kept needs nothing to be released; whatever is told of the failure is one constant text.
    failed = [answer for answer in answers if answer.status == 500]
    assert failed
    assert len({told(answer) for answer in failed}) == 1
    words = failed[0].body.decode() + json.dumps(failed[0].headers)
    assert not [name for name in (*NAMING, "RuntimeError", "cannot read") if name in words]


# Row 15: each entry as if it stood alone


@pytest.mark.parametrize("key", ["nurse", "gp", "citizen", "blocked", "unrelated", "other-gp", "system", "home-carer"])
async def test_row_15_each_entry_is_answered_as_if_it_stood_alone(leaks: LeakWorld, key: str) -> None:
    who = CALLER_OF[key]
    anna, bo = leaks.patients[ANNA], leaks.patients[BO]
    urls = [f"{one.type}/{leaks.ids[one.key]}" for one in HIDDEN] + [f"Condition/{leaks.never[ANNA]}"]
    urls += [f"Condition?patient={patient}&_total=accurate" for patient in (anna, bo, leaks.alien)]
    urls += [f"Condition?_id={leaks.ids[key]}&_total=accurate" for key in ("open", "label", "other")]
    urls += [f"Condition?patient={anna}&code=DF329&_total=accurate", f"Patient?identifier={SID}|x", f"Patient/{bo}"]
    urls += [f"AuditEvent?patient={patient}&_count=1" for patient in (anna, bo)]
    alone = [await leaks.ask(who, "GET", f"/{url}") for url in urls]
    together = (await leaks.ask(who, "POST", "", json=batch_of(*urls))).json["entry"]
    assert len(together) == len(urls)
    for url, one, part in zip(urls, alone, together, strict=True):
        status = part["response"]["status"][:3]
        assert status == str(one.status), (url, one.status, part)
        if one.status != 200:
            assert "resource" not in part, url
            assert part["response"]["outcome"] == one.json, url
        elif url.startswith("AuditEvent"):
            assert part["resource"]["type"] == "searchset"  # what stands in it grows with each request
        else:
            assert _same(part["resource"]) == _same(one.json), url


def _same(resource: JSON) -> JSON:
    return {name: value for name, value in resource.items() if name != "link"}


async def test_row_15_conditions_within_a_bundle_tell_nothing(own_leaks: LeakWorld) -> None:
    """Conditional updates and deletions are refused and conditional references left as they are, whatever matches."""
    leaks = own_leaks
    for kind in ("batch", "transaction"):
        for who in (GP, CALLER_OF["other-gp"], SYSTEM, NURSE):
            heard = []
            for local in ("no-label", "no-opens", "no-absen"):  # of one length
                reference = f"Condition?identifier={SID}|{local}"
                linked = {**condition("attack"), "evidence": [{"detail": [{"reference": reference}]}]}
                made = await leaks.ask(who, "POST", "", json=_bundle(kind, ("POST", "Condition", linked)))
                kept = await leaks.ask(who, "POST", "/Condition", json=linked)
                assert (kept.status, kept.json["evidence"]) == (201, linked["evidence"])
                refused = [
                    await leaks.ask(who, "POST", "", json=_bundle(kind, (method, reference, body)))
                    for method, body in (("PUT", condition("attack")), ("DELETE", None), ("PATCH", condition("attack")))
                ]
                assert all(b'"20' not in answer.body for answer in refused), (kind, who.key)
                heard.append([_unnamed(answer, local) for answer in (made, *refused)])
            assert heard[0] == heard[1] == heard[2], (kind, who.key)


def _unnamed(answer: Answer, local: str) -> object:
    status, headers, body = told(answer, made=True)
    return status, headers, body.replace(local.encode(), b"")


async def test_row_15_a_transaction_with_one_hidden_thing_is_as_one_with_an_absent_one(leaks: LeakWorld) -> None:
    for who in (GP, BLOCKED, CALLER_OF["unrelated"], CALLER_OF["other-municipality"]):
        heard = []
        for id_ in (leaks.ids["label"], leaks.ids["genome"], leaks.never[ANNA], leaks.alien):
            bundle = _bundle(
                "transaction",
                ("POST", "Condition", condition("transacted")),
                ("GET", f"Condition/{id_}", None),
            )
            heard.append(told(await leaks.ask(who, "POST", "", json=bundle)))
        assert set(heard) == {heard[0]}, who.key
        assert heard[0][0] == 404
    found = await leaks.ask(NURSE, "GET", f"/Condition?patient={leaks.patients[ANNA]}&identifier={SID}|no-transacted")
    assert found.ids() == set(), "a read that fails keeps the whole from being written"


@pytest.mark.parametrize("url", ["http://attacker.example/Condition/1", "../Condition/1", "//x/Condition/1", "/"])
async def test_row_15_an_entry_leads_nowhere_else(leaks: LeakWorld, url: str) -> None:
    for kind in ("batch", "transaction"):
        answer = await leaks.ask(NURSE, "POST", "", json=_bundle(kind, ("GET", url, None)))
        assert b'"200' not in answer.body


# Row 28: whatever is shown is recorded, whichever way it is asked for


async def _records(leaks: LeakWorld, citizen: Identifier | None = ANNA) -> list[Any]:
    pid = NO_CITIZEN if citizen is None else await leaks.pid(citizen)
    async with leaks.world.service.database.snapshot() as snapshot:
        rows = await audits.of_citizen(snapshot, pid, limit=100_000)
    return [decode(row.body) for row in rows]


async def _recorded(leaks: LeakWorld, who: Caller, method: str, path: str, **how: Any) -> tuple[Answer, list[Any]]:
    """Return an answer, and what was recorded about Anna meanwhile."""
    before = len(await _records(leaks))
    answer = await leaks.ask(who, method, path, **how)
    records = await _records(leaks)
    return answer, records[: len(records) - before]


READ_WAYS: tuple[tuple[str, str, Operation], ...] = (
    ("GET", "/Condition/{open}", Operation.READ),
    ("HEAD", "/Condition/{open}", Operation.READ),
    ("GET", "/Condition/{open}/_history", Operation.HISTORY),
    ("HEAD", "/Condition/{open}/_history", Operation.HISTORY),
    ("GET", "/Condition/{open}/_history/1", Operation.VREAD),
    ("HEAD", "/Condition/{open}/_history/1", Operation.VREAD),
    ("GET", "/Condition?patient={anna}", Operation.SEARCH),
    ("HEAD", "/Condition?patient={anna}", Operation.SEARCH),
    ("GET", "/Condition?patient={anna}&_summary=count", Operation.SEARCH),
    ("GET", "/Condition?patient={anna}&_count=0", Operation.SEARCH),
    ("GET", "/Condition?patient={anna}&code=no-such-code&_total=accurate", Operation.SEARCH),
    ("GET", "/Condition?_id={open}", Operation.SEARCH),
    ("GET", "/Patient/{anna}/Condition", Operation.SEARCH),
    ("GET", "/Patient?identifier={number}", Operation.SEARCH),
    ("GET", "/Patient/{anna}", Operation.READ),
    ("GET", "/Patient/{anna}/$summary", Operation.SUMMARY),
    ("HEAD", "/Patient/{anna}/$summary", Operation.SUMMARY),
    ("GET", "/Patient/$summary?identifier={number}", Operation.SUMMARY),
)


def _filled(leaks: LeakWorld, path: str) -> str:
    return path.format(open=leaks.ids["open"], anna=leaks.patients[ANNA], number="|".join(ANNA))


@pytest.mark.parametrize(("method", "path", "operation"), READ_WAYS, ids=[" ".join(row[:2]) for row in READ_WAYS])
async def test_row_28_every_way_of_reading_is_recorded_once(
    leaks: LeakWorld, method: str, path: str, operation: Operation
) -> None:
    for who, status in ((NURSE, 200), (BLOCKED, {403, 404, 200})):
        answer, records = await _recorded(leaks, who, method, _filled(leaks, path))
        assert answer.status in (status if isinstance(status, set) else {status})
        (record,) = records
        assert record.operation == operation
        assert record.person == leaks_person(who)
        assert record.outcome == (0 if who is NURSE else 8)
        if who is BLOCKED:
            assert record.shown == []
        elif answer.body and "entry" in answer.json and operation is Operation.SEARCH:
            assert len(record.shown) == 3 * len(answer.json["entry"]), "every version that was shown"


def leaks_person(who: Caller) -> str:
    """Return the person that the record of this caller's access must name."""
    from app.demo.personas import PERSONAS

    return str(PERSONAS[who.persona].person or "")


async def test_row_28_every_page_every_304_and_every_entry_is_recorded(leaks: LeakWorld) -> None:
    path = f"/Condition?patient={leaks.patients[ANNA]}&_count=2"
    pages, shown = 0, 0
    while True:
        answer, records = await _recorded(leaks, NURSE, "GET", path)
        (record,) = records
        assert len(record.shown) == 3 * len(answer.json["entry"])
        pages, shown = pages + 1, shown + len(answer.json["entry"])
        links = {link["relation"]: link["url"] for link in answer.json["link"]}
        if "next" not in links:
            break
        path = links["next"]
    assert pages > 2
    assert shown == len([one for one in HIDDEN if NURSE.sees(one) and one.type == "Condition" and one.citizen == ANNA])
    for path in (f"/Condition/{leaks.ids['open']}", f"/Patient/{leaks.patients[ANNA]}/$summary"):
        tag = dict((await leaks.ask(NURSE, "GET", path)).headers)["etag"]
        answer, records = await _recorded(leaks, NURSE, "GET", path, headers={"If-None-Match": tag})
        assert (answer.status, len(records)) == (304, 1)
        assert records[0].shown, "what the caller has, and was told to be true still"
    urls = [f"Condition/{leaks.ids['open']}", f"Condition/{leaks.ids['label']}", f"Condition/{leaks.never[ANNA]}"]
    for who, outcomes in ((NURSE, [0, 0, 0]), (BLOCKED, [8, 8, 8])):
        answer, records = await _recorded(leaks, who, "POST", "", json=batch_of(*urls))
        assert [record.outcome for record in records] == outcomes


async def test_row_28_what_is_asked_of_nobody_is_recorded_under_nobody(leaks: LeakWorld) -> None:
    before = len(await _records(leaks, None))
    for path in (f"/Condition/{leaks.alien}", f"/Condition?patient.identifier={'|'.join(UNKNOWN)}"):
        for method in ("GET", "HEAD"):
            assert (await leaks.ask(GP, method, path)).status in {403, 404}
    records = await _records(leaks, None)
    assert len(records) - before == 4
    assert {record.outcome for record in records[:4]} == {8}


async def test_row_28_no_record_and_no_page_token_holds_what_was_asked_for(leaks: LeakWorld) -> None:
    """Numbers, names and codes of a query stand in no record of it, and in no link of its answer."""
    path = f"/Condition?patient.identifier={'|'.join(ANNA)}&code=DF329&_count=1"
    answer, records = await _recorded(leaks, NURSE, "GET", path)
    for secret in (ANNA[1], "DF329", leaks.tokens["nurse"]):
        assert all(secret not in str(record) for record in records)
        assert all(secret not in link["url"] for link in answer.json["link"])


async def test_row_28_without_a_record_nothing_is_shown(own_leaks: LeakWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    leaks = own_leaks

    async def full(*_: object, **__: object) -> None:
        from app.errors import UnavailableError

        raise UnavailableError("the audit cannot be written")

    monkeypatch.setattr(type(leaks.world.service.database), "commit", full)
    for method, path, _ in READ_WAYS:
        answer = await leaks.ask(NURSE, method, _filled(leaks, path))
        assert answer.status == 503, (method, path)
        assert not any(mark.encode() in answer.body for mark in MARKS.values())
    answer = await leaks.ask(NURSE, "POST", "", json=batch_of(f"Condition/{leaks.ids['open']}"))
    assert not any(mark.encode() in answer.body for mark in MARKS.values())


# Row 29: caches


async def test_row_29_no_cache_between_may_answer_anybody(leaks: LeakWorld) -> None:
    """Every answer is private, must be asked for again, and depends on who asks."""
    asked: list[tuple[str, str, Any]] = [(method, _filled(leaks, path), None) for method, path, _ in READ_WAYS]
    asked += [
        ("GET", f"/Condition/{leaks.never[ANNA]}", None),
        ("POST", "", batch_of(f"Condition/{leaks.ids['open']}")),
        ("POST", "/Condition", {"resourceType": "Condition"}),
        ("POST", "/Patient/$summary", parameters(identifier=ANNA)),
        ("POST", "/$process-message", notification((systems.X_ECPR, "0101901ZZ1"))),
        ("GET", "/no/such/thing", None),
        ("PATCH", f"/Condition/{leaks.ids['open']}", None),
    ]
    statuses = set()
    for method, path, body in asked:
        for who in (NURSE, GP, BLOCKED, CITIZEN, NO_TOKEN):
            for headers in ({}, {"If-None-Match": "*"}):
                answer = await leaks.ask(who, method, path, json=body, headers=headers)
                told_of = dict(answer.headers)
                statuses.add(answer.status)
                control = {part.strip() for part in told_of["cache-control"].split(",")}
                assert {"private", "no-cache"} <= control or "no-store" in control, (method, path)
                assert not {"public", "s-maxage", "immutable"} & control
                assert not any(part.startswith("max-age") for part in control)
                assert "authorization" in told_of["vary"].lower()
                assert "expires" not in told_of
                assert "age" not in told_of
    assert {200, 304, 401, 403, 404, 405, 422} <= statuses


async def test_row_29_nobody_is_told_unchanged_of_what_is_not_shown(leaks: LeakWorld) -> None:
    """A 304 only after the decision, whatever tag is sent, and the same answer as without one."""
    for what in HIDDEN:
        for who in CALLERS:
            if who.sees(what):
                continue
            path = f"/{what.type}/{leaks.ids[what.key]}"
            plain = told(await leaks.ask(who, "GET", path))
            for tag in ('W/"1"', '"1"', "*", 'W/"2", W/"1"'):
                assert told(await leaks.ask(who, "GET", path, headers={"If-None-Match": tag})) == plain
            since = {"If-Modified-Since": "Wed, 21 Oct 2099 07:28:00 GMT"}
            assert told(await leaks.ask(who, "GET", path, headers=since)) == plain
    path = f"/Patient/{leaks.patients[ANNA]}/$summary"
    for who in (one for one in CALLERS if one.enters and not one.has_basis(ANNA)):
        for tag in ("*", dict((await leaks.ask(NURSE, "GET", path)).headers)["etag"]):
            answer = await leaks.ask(who, "GET", path, headers={"If-None-Match": tag})
            assert (answer.status, "etag" in dict(answer.headers)) == (404, False), who.key


async def test_row_29_a_reader_who_is_blocked_is_not_told_that_nothing_changed(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    paths = [f"/Condition/{leaks.ids['open']}", f"/Patient/{leaks.patients[ANNA]}/$summary"]
    tags = {path: dict((await leaks.ask(NURSE, "GET", path)).headers)["etag"] for path in paths}
    for path, tag in tags.items():
        assert (await leaks.ask(NURSE, "GET", path, headers={"If-None-Match": tag})).status == 304
    # First a part of it: what is left of the document is another document.
    hidden = block(ANNA, actors=[sor("municipality-a")], instances=[f"Condition/{leaks.ids['open']}"])
    assert (await leaks.ask(CITIZEN, "POST", "/Consent", json=hidden)).status == 201
    record, document = [
        await leaks.ask(NURSE, "GET", path, headers={"If-None-Match": tag}) for path, tag in tags.items()
    ]
    assert (record.status, document.status) == (404, 200)
    assert MARKS["open"].encode() not in document.body
    assert MARKS["label"].encode() in document.body
    # Then the whole.
    blocked = block(ANNA, actors=[sor("municipality-a")])
    assert (await leaks.ask(CITIZEN, "POST", "/Consent", json=blocked)).status == 201
    later = dict(document.headers)["etag"]
    for path, tag in (*tags.items(), (paths[1], later), (paths[1], "*")):
        answer = await leaks.ask(NURSE, "GET", path, headers={"If-None-Match": tag})
        assert (answer.status, "etag" in dict(answer.headers)) == (404, False)
    assert (await leaks.send(leaks.token(HOSPITAL), "GET", paths[0], headers={"If-None-Match": "*"})).status == 404
