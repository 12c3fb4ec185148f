"""The leak checklist, rows about single records, what they hold, and what points to them."""

import json
from typing import Any

import pytest
from leak_world import (
    ANNA,
    BO,
    BY_KEY,
    CALLER_OF,
    CHILD,
    EVA,
    HIDDEN,
    HOSPITAL,
    PARENT,
    Caller,
    LeakWorld,
    about,
    allergy,
    block,
    condition,
    labelled,
    mark,
    parameters,
    patient_resource,
    role_at,
    sor,
    told,
    transaction_of,
)

from consent.vocabulary import Category, Label
from schemas.terminology import systems

GP, NURSE, CITIZEN, SYSTEM = CALLER_OF["gp"], CALLER_OF["nurse"], CALLER_OF["citizen"], CALLER_OF["system"]
JSON = dict[str, Any]
TELLING_HEADERS = {"etag", "last-modified", "location", "content-location", "link"}


async def post(leaks: LeakWorld, path: str, resource: JSON, *, who: Caller = SYSTEM) -> str:
    """Create a resource and return its id."""
    answer = await leaks.ask(who, "POST", path, json=resource)
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


async def statuses(leaks: LeakWorld, path: str, *callers: Caller) -> list[int]:
    """Return how a path is answered to each caller."""
    return [(await leaks.ask(who, "GET", path)).status for who in callers]


# Row 8: versions, history, deletions


async def test_row_08_what_was_open_before_it_was_labelled_is_closed_in_every_version(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    id_ = await post(leaks, "/Condition", condition("history"))
    path = f"/Condition/{id_}"
    paths = [path, f"{path}/_history", f"{path}/_history/1"]
    for each in paths:
        assert await statuses(leaks, each, GP, NURSE) == [200, 200], each
    raised = {**condition("history", code="DF329"), "id": id_}
    assert (await leaks.ask(SYSTEM, "PUT", path, json=raised)).status == 200
    for each in [*paths, f"{path}/_history/2"]:
        assert await statuses(leaks, each, GP, NURSE) == [404, 200], each
    # Labels are never lowered: taking the code away opens nothing again, and no version of it.
    lowered = {**condition("history"), "id": id_}
    assert (await leaks.ask(SYSTEM, "PUT", path, json=lowered)).status == 200
    for each in [*paths, f"{path}/_history/2", f"{path}/_history/3"]:
        assert await statuses(leaks, each, GP, NURSE) == [404, 200], each
    history = await leaks.ask(NURSE, "GET", f"{path}/_history")
    assert [entry["response"]["etag"] for entry in history.json["entry"]] == ['W/"3"', 'W/"2"', 'W/"1"']


async def test_row_08_a_version_of_a_time_that_is_hidden_stays_hidden(own_leaks: LeakWorld) -> None:
    """The GP may not see what lies in 2015: moving the record to another year opens the later version alone."""
    leaks = own_leaks
    old = {key: value for key, value in BY_KEY["period"].resource.items() if key != "identifier"}
    id_ = await post(leaks, "/Condition", old)
    moved = {**condition("moved"), "id": id_}
    assert (await leaks.ask(SYSTEM, "PUT", f"/Condition/{id_}", json=moved)).status == 200
    assert await statuses(leaks, f"/Condition/{id_}/_history/1", GP, NURSE) == [404, 200]
    assert await statuses(leaks, f"/Condition/{id_}/_history/2", GP, NURSE) == [200, 200]
    history = await leaks.ask(GP, "GET", f"/Condition/{id_}/_history")
    assert history.json["total"] == 1
    assert mark("period") not in history.body.decode()


async def test_row_08_a_deletion_is_told_to_those_alone_who_saw_what_was_deleted(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    path = f"/Condition/{leaks.ids['label']}"
    assert (await leaks.ask(SYSTEM, "DELETE", path)).status == 204
    assert await statuses(leaks, path, NURSE, CITIZEN, GP) == [410, 410, 404]
    never = await leaks.ask(GP, "GET", f"/Condition/{leaks.never[ANNA]}")
    for tail in ("", "/_history", "/_history/1", "/_history/2"):
        hidden = await leaks.ask(GP, "GET", path + tail)
        absent = await leaks.ask(GP, "GET", f"/Condition/{leaks.never[ANNA]}{tail}")
        assert told(hidden) == told(absent) == told(never)
    history = await leaks.ask(NURSE, "GET", f"{path}/_history")
    assert [entry["request"]["method"] for entry in history.json["entry"]] == ["DELETE", "POST"]


@pytest.mark.parametrize("path", ["/_history", "/Condition/_history", "/Patient/_history", "/_history?_since=2000"])
async def test_row_08_there_is_no_history_of_a_type_or_of_the_system(leaks: LeakWorld, path: str) -> None:
    answers = [await leaks.ask(who, "GET", path) for who in CALLER_OF.values()]
    assert {answer.status for answer in answers} <= {404, 405}
    assert len({told(answer) for answer in answers}) == 1


@pytest.mark.parametrize("query", ["_since=2000-01-01", "_at=2024", "_count=1", "_list=x"])
async def test_row_08_history_takes_no_filters(leaks: LeakWorld, query: str) -> None:
    for key in ("open", "label"):
        answers = [await leaks.ask(GP, "GET", f"/Condition/{leaks.ids[key]}/_history?{query}") for _ in range(2)]
        assert answers[0].status == 400
        assert told(answers[0]) == told(answers[1])


# Row 9: the same answer for withheld and absent


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PATCH", "OPTIONS"])
async def test_row_09_no_header_of_a_refusal_tells_of_the_record(leaks: LeakWorld, method: str) -> None:
    for what in HIDDEN:
        if GP.sees(what):
            continue
        hidden = await leaks.ask(GP, method, f"/{what.type}/{leaks.ids[what.key]}")
        absent = await leaks.ask(GP, method, f"/{what.type}/{leaks.never[ANNA]}")
        assert told(hidden) == told(absent)
        assert not TELLING_HEADERS & dict(hidden.headers).keys()
        assert len(hidden.body) == len(absent.body)


# Row 10: ids and conditions


async def test_row_10_ids_tell_neither_order_nor_owner(leaks: LeakWorld) -> None:
    ids = [leaks.ids[one.key] for one in HIDDEN]
    for one in ids:
        for other in ids:
            same = sum(a == b for a, b in zip(one, other, strict=True))
            assert one == other or same < 10, "neighbours must not look alike"
    for changed in (ids[0][:-1] + "b", ids[0].upper(), ids[0] + "a", ids[0][:-2], f" {ids[0]}", f"{ids[0]}%00"):
        assert await statuses(leaks, f"/Condition/{changed}", NURSE, CITIZEN) in ([404, 404], [400, 400])


async def test_row_10_putting_to_an_id_that_is_not_there_creates_nothing(leaks: LeakWorld) -> None:
    for id_ in (leaks.alien, leaks.never[ANNA], "my-own-id", "1"):
        body = {**condition("attack"), "id": id_}
        assert (await leaks.ask(SYSTEM, "PUT", f"/Condition/{id_}", json=body)).status == 404
        assert (await leaks.ask(NURSE, "GET", f"/Condition/{id_}")).status == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_row_10_changes_take_no_conditions(leaks: LeakWorld, method: str) -> None:
    for key in ("open", "label", "nothing"):
        path = f"/Condition?identifier=https://sundhed.example/sid/journal|no-{key}"
        for who in (GP, SYSTEM, NURSE):
            answer = await leaks.ask(who, method, path, json=condition("attack") if method != "DELETE" else None)
            assert answer.status == 405, answer.body


async def test_row_10_a_stale_version_is_told_only_to_who_may_change_the_record(leaks: LeakWorld) -> None:
    for version in ('W/"1"', 'W/"999"', "1", "*", "nonsense"):
        for path_id in (leaks.ids["label"], leaks.never[ANNA], leaks.alien):
            answer = await leaks.ask(
                GP,
                "PUT",
                f"/Condition/{path_id}",
                json={**condition("attack"), "id": path_id},
                headers={"If-Match": version},
            )
            first = await leaks.ask(
                GP,
                "PUT",
                f"/Condition/{leaks.alien}",
                json={**condition("attack"), "id": leaks.alien},
                headers={"If-Match": version},
            )
            assert answer.status in {404, 412}
            assert told(answer) == told(first)


# Rows 17 and 18: texts, documents, contained resources


async def test_row_17_what_is_left_of_a_document_reads_as_if_nothing_had_been_there(leaks: LeakWorld) -> None:
    """The allergies are hidden from Anna's GP; Bo's GP is told the same of Bo, who has none."""
    sections = []
    for who, citizen in ((GP, ANNA), (CALLER_OF["other-gp"], BO), (NURSE, ANNA)):
        answer = await leaks.ask(who, "POST", "/Patient/$summary", json=parameters(identifier=citizen))
        composition = answer.json["entry"][0]["resource"]
        (section,) = (one for one in composition["section"] if one["code"]["coding"][0]["code"] == "48765-2")
        sections.append(section)
    hidden, absent, shown = sections
    assert hidden == absent
    assert hidden["emptyReason"]["coding"][0]["code"] == "unavailable"
    assert "entry" not in hidden
    assert mark("category") in json.dumps(shown)


async def test_row_18_a_stored_document_is_as_sensitive_as_the_most_sensitive_thing_in_it(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    inner = condition("document", code="DF329")
    for entry in (inner, condition("document-2")):
        document = {
            "resourceType": "Bundle",
            "type": "document",
            "identifier": {
                "system": systems.URI,
                "value": f"urn:uuid:00000000-0000-4000-8000-0000000000{len(entry):02d}",
            },
            "timestamp": "2026-11-01T10:00:00Z",
            "entry": [
                {
                    "fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000001",
                    "resource": {
                        "resourceType": "Composition",
                        "status": "final",
                        "type": {"coding": [{"system": systems.LOINC, "code": "18842-5"}]},
                        "subject": about(ANNA),
                        "date": "2026-11-01",
                        "author": [sor("hospital")],
                        "title": "Epikrise",
                        "section": [
                            {
                                "title": "Diagnoser",
                                "entry": [{"reference": "urn:uuid:00000000-0000-4000-8000-000000000002"}],
                            }
                        ],
                    },
                },
                {"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000002", "resource": entry},
            ],
        }
        id_ = await post(leaks, "/Bundle", document)
        assert await statuses(leaks, f"/Bundle/{id_}", GP, NURSE) == [404 if entry is inner else 200, 200]
    contained = {
        **condition("around"),
        "contained": [{**condition("within", code="DF329"), "id": "inner"}],
        "evidence": [{"detail": [{"reference": "#inner"}]}],
    }
    id_ = await post(leaks, "/Condition", contained)
    assert await statuses(leaks, f"/Condition/{id_}", GP, NURSE) == [404, 200]


# Rows 19 and 20: attachments, and what points to a hidden record


def _letter(binary: str, *, code: str | None = None) -> JSON:
    letter: JSON = {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"coding": [{"system": systems.LOINC, "code": "18842-5"}]},
        "subject": about(ANNA),
        "date": "2026-11-01T10:00:00Z",
        "content": [{"attachment": {"contentType": "text/plain", "url": binary}}],
    }
    if code is not None:
        letter["context"] = {"event": [{"coding": [{"system": systems.SKS_DIAGNOSIS, "code": code}]}]}
    return letter


async def _letter_with_file(leaks: LeakWorld, *, code: str | None = None) -> tuple[str, str]:
    file = "urn:uuid:00000000-0000-4000-8000-00000000000b"
    bundle = transaction_of(ANNA, _letter(file, code=code))
    binary = {"resourceType": "Binary", "contentType": "text/plain", "data": "aGVtbWVsaWd0"}
    bundle["entry"].append({"fullUrl": file, "resource": binary, "request": {"method": "POST", "url": "Binary"}})
    answer = await leaks.ask(SYSTEM, "POST", "", json=bundle)
    assert answer.status == 200, answer.body
    places = [entry["response"]["location"].split("/fhir/")[1].split("/")[1] for entry in answer.json["entry"]]
    return places[1], places[2]


async def test_row_19_a_file_is_shown_to_those_who_see_the_letter_that_it_belongs_to(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    for code, expected in ((None, [200, 200]), ("DF329", [404, 200])):
        letter, file = await _letter_with_file(leaks, code=code)
        for path in (f"/DocumentReference/{letter}", f"/Binary/{file}", f"/Binary/{file}/_history"):
            assert await statuses(leaks, path, GP, NURSE) == expected, path
        for who in ("unrelated", "blocked", "other-gp", "home-carer", "system", "no-token"):
            answer = await leaks.ask(CALLER_OF[who], "GET", f"/Binary/{file}")
            assert answer.status in {401, 404}
            assert b"aGVtbWVsaWd0" not in answer.body
    letter, file = await _letter_with_file(leaks)
    blocked = block(ANNA, actors=[sor("gp-1")], categories=[Category.LETTER])
    assert (await leaks.ask(CITIZEN, "POST", "/Consent", json=blocked)).status == 201
    for path in (f"/DocumentReference/{letter}", f"/Binary/{file}"):
        assert await statuses(leaks, path, GP, NURSE) == [404, 200], path


async def test_row_20_what_tells_of_a_sensitive_record_is_as_sensitive(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    reference = {"reference": f"Condition/{leaks.ids['label']}"}
    pointers: list[JSON] = [
        {
            "resourceType": "Provenance",
            "target": [reference],
            "recorded": "2026-11-01T10:00:00Z",
            "agent": [{"who": sor("hospital")}],
        },
        {"resourceType": "Task", "status": "requested", "intent": "order", "for": about(ANNA), "focus": reference},
        {
            "resourceType": "CarePlan",
            "status": "active",
            "intent": "plan",
            "subject": about(ANNA),
            "addresses": [reference],
        },
        {
            "resourceType": "Procedure",
            "status": "completed",
            "code": {"text": "samtale"},
            "subject": about(ANNA),
            "performedDateTime": "2026-10-01",
            "reasonReference": [reference],
        },
        {
            "resourceType": "Encounter",
            "status": "finished",
            "class": {"system": systems.ACT_CODE, "code": "AMB"},
            "subject": about(ANNA),
            "period": {"start": "2026-10-01", "end": "2026-10-01"},
            "diagnosis": [{"condition": reference}],
        },
    ]
    for pointer in pointers:
        type_ = pointer["resourceType"]
        id_ = await post(leaks, f"/{type_}", pointer)
        assert await statuses(leaks, f"/{type_}/{id_}", GP, NURSE) == [404, 200], type_
        found = await leaks.ask(GP, "GET", f"/{type_}?patient={leaks.patients[ANNA]}&_total=accurate")
        if found.status == 200:
            assert id_ not in found.ids()
    document = await leaks.ask(GP, "GET", f"/Patient/{leaks.patients[ANNA]}/$summary")
    assert leaks.ids["label"] not in document.body.decode()


@pytest.mark.parametrize("type_", ["List", "Group", "Library", "Measure", "MeasureReport", "GraphDefinition"])
async def test_row_20_collections_of_records_are_not_kept(leaks: LeakWorld, type_: str) -> None:
    for method, path in (("GET", f"/{type_}/x"), ("GET", f"/{type_}?_id=x"), ("POST", f"/{type_}")):
        answer = await leaks.ask(SYSTEM, method, path, json={"resourceType": type_} if method == "POST" else None)
        assert answer.status == 404


async def test_row_20_the_log_tells_a_parent_nothing_of_what_is_kept_from_parents(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    gp_system = leaks.token("gp-system")
    secret = labelled(condition("protected", citizen=CHILD, code="DZ300"), Label.AUTHOR_PROTECTED)
    made = await leaks.send(gp_system, "POST", "/Condition", json=secret)
    assert made.status == 201
    id_ = made.json["id"]
    gp = leaks.token("gp")
    for path in (
        f"/Condition/{id_}",
        f"/Condition?patient={leaks.patients[CHILD]}",
        f"/Condition/{leaks.ids['child']}",
    ):
        assert (await leaks.send(gp, "GET", path)).status == 200
    parent = leaks.token("parent", citizen=PARENT)
    log = await leaks.send(parent, "GET", f"/AuditEvent?patient={leaks.patients[CHILD]}")
    assert log.status == 200
    events = [entry["resource"] for entry in log.json["entry"]]
    named = {
        one["what"]["reference"].partition("/_history")[0]
        for event in events
        for one in event["entity"]
        if "reference" in one.get("what", {})
    }
    assert f"Condition/{leaks.ids['child']}" in named, "the control: what is not protected is there"
    assert id_ not in log.body.decode()
    assert (await leaks.send(parent, "GET", f"/Condition/{id_}")).status == 404


async def test_row_20_the_log_is_for_nobody_else(leaks: LeakWorld) -> None:
    path = "/AuditEvent?patient="
    assert (await leaks.ask(CITIZEN, "GET", path + leaks.patients[ANNA])).status == 200
    for who in CALLER_OF.values():
        if who.enters and who.key not in {"citizen", "data-protection"}:
            known = await leaks.ask(who, "GET", path + leaks.patients[ANNA])
            unknown = await leaks.ask(who, "GET", path + leaks.alien)
            assert known.status == 403, who.key
            assert told(known) == told(unknown)


# Row 21: several citizens


async def test_row_21_nobody_reads_another_citizen_through_a_link(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    bo = leaks.patients[BO]
    for other in ({"reference": f"Patient/{bo}"}, {"type": "Patient", **about(BO)}):
        linked = {**patient_resource(ANNA), "link": [{"other": other, "type": "seealso"}]}
        answer = await leaks.ask(SYSTEM, "POST", "/Patient", json=linked)
        assert answer.status == 422, answer.body
        assert b"Patient.link[0].other" in answer.body
    for path in (f"/Patient?identifier={'|'.join(ANNA)}", f"/Patient/{leaks.patients[ANNA]}"):
        assert bo not in (await leaks.ask(NURSE, "GET", path)).body.decode()


@pytest.mark.parametrize("element", ["focus", "derivedFrom", "hasMember", "performer", "encounter"])
async def test_row_21_another_citizen_is_named_nowhere(leaks: LeakWorld, element: str) -> None:
    named: Any = {"reference": f"Patient/{leaks.patients[BO]}"}
    if element in {"derivedFrom", "hasMember", "encounter"}:
        named = {"display": "x", "type": "Patient", "identifier": about(BO)["identifier"]}
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": systems.LOINC, "code": "8867-4"}]},
        "subject": about(ANNA),
        "effectiveDateTime": "2026-11-01",
        "valueString": "x",
        element: named if element == "encounter" else [named],
    }
    answer = await leaks.ask(SYSTEM, "POST", "/Observation", json=observation)
    assert answer.status == 422, answer.body


async def test_row_21_a_transaction_about_two_citizens_is_refused_whole(leaks: LeakWorld) -> None:
    bundle = transaction_of(ANNA, condition("attack", citizen=BO), condition("attack", citizen=EVA))
    answer = await leaks.ask(SYSTEM, "POST", "", json=bundle)
    assert answer.status == 422
    found = await leaks.ask(CALLER_OF["other-gp"], "GET", f"/Condition?patient={leaks.patients[BO]}")
    assert found.ids() == {leaks.ids["other"]}


async def test_row_21_the_patient_that_answers_is_chosen_among_those_that_are_seen(own_leaks: LeakWorld) -> None:
    """A better source that Bo has blocked for his GP moves nothing that the GP sees."""
    leaks = own_leaks
    gp = CALLER_OF["other-gp"]

    async def observed() -> list[object]:
        search = await leaks.ask(gp, "GET", f"/Patient?identifier={'|'.join(BO)}")
        summary = await leaks.ask(gp, "POST", "/Patient/$summary", json=parameters(identifier=BO))
        return [search.ids(), search.json["total"], dict(summary.headers)["etag"], told(summary, made=True)]

    blocked = block(BO, actors=[sor("gp-3")], authored_by=[sor("hospital")])
    assert (await leaks.ask(CALLER_OF["other-citizen"], "POST", "/Consent", json=blocked)).status == 201
    before = await observed()
    made = await leaks.send(leaks.token(HOSPITAL), "POST", "", json=transaction_of(BO))
    assert made.status == 200
    assert await observed() == before


async def test_what_an_author_protects_stays_so_wherever_the_unit_is_named(own_leaks: LeakWorld) -> None:
    """Labels follow the unit: what the psychiatric clinic writes is hidden from whom psychiatry is hidden from."""
    leaks = own_leaks
    allergy_there = {**allergy("clinic"), "recorder": role_at("psychiatric-clinic")}
    id_ = await post(leaks, "/AllergyIntolerance", allergy_there)
    condition_there = {**condition("clinic"), "recorder": role_at("psychiatric-clinic")}
    other = await post(leaks, "/Condition", condition_there)
    assert await statuses(leaks, f"/AllergyIntolerance/{id_}", GP, NURSE) == [404, 200]
    assert await statuses(leaks, f"/Condition/{other}", GP, NURSE) == [404, 200]
