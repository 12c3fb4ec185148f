"""The leak checklist, row 20: what is about a hidden record is hidden with it, however the record is hidden.

The general practitioner is kept from each record in another way (see `leak_world.GP_BLOCKS`); the home nurse is not, and
is the control.
"""

import re
from typing import Any

import pytest
from leak_world import (
    ANNA,
    BY_KEY,
    CALLER_OF,
    CHILD,
    PARENT,
    Answer,
    Caller,
    LeakWorld,
    about,
    block,
    condition,
    labelled,
    parameters,
    person,
    role_at,
    sor,
    told,
    transaction_of,
)

from app.main import open_service
from app.store import settings
from app.store.job import Delete, Job
from app.store.tables import pointer
from consent.vocabulary import Category, Label
from schemas.terminology import systems

GP, NURSE, CITIZEN, SYSTEM = CALLER_OF["gp"], CALLER_OF["nurse"], CALLER_OF["citizen"], CALLER_OF["system"]
EMERGENCY, SECRETARY = CALLER_OF["emergency"], CALLER_OF["delegated-secretary"]
JSON = dict[str, Any]
BLOCKS = ("person", "unit", "category", "period", "instance", "label")


def _provenance(*targets: str, **more: Any) -> JSON:
    return {
        "resourceType": "Provenance",
        "target": [{"reference": target} for target in targets],
        "recorded": "2026-11-01T10:00:00Z",
        "agent": [{"who": sor("hospital")}],
        **more,
    }


def _task(focus: str, **more: Any) -> JSON:
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": about(ANNA),
        "focus": {"reference": focus},
        **more,
    }


def _plan(info: str, **more: Any) -> JSON:
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "subject": about(ANNA),
        "supportingInfo": [{"reference": info}],
        **more,
    }


def _message(subject: str) -> JSON:
    return {
        "resourceType": "Communication",
        "status": "completed",
        "subject": about(ANNA),
        "about": [{"reference": subject}],
        "sent": "2026-11-01T10:00:00Z",
    }


def _note(subject: str) -> JSON:
    return {
        "resourceType": "Composition",
        "status": "final",
        "type": {"coding": [{"system": systems.LOINC, "code": "18842-5"}]},
        "subject": about(ANNA),
        "date": "2026-11-01",
        "author": [sor("hospital")],
        "title": "Epikrise",
        "section": [{"title": "Om", "entry": [{"reference": subject}]}],
    }


POINTERS = {
    "Provenance": _provenance,
    "Task": _task,
    "CarePlan": _plan,
    "Communication": _message,
    "Composition": _note,
}
PARAMETER = {"Provenance": "target", "Task": "focus", "Composition": "entry"}


async def _post(leaks: LeakWorld, resource: JSON) -> str:
    answer = await leaks.ask(SYSTEM, "POST", f"/{resource['resourceType']}", json=resource)
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


async def _summary(leaks: LeakWorld, who: Any) -> Answer:
    return await leaks.ask(who, "POST", "/Patient/$summary", json=parameters(identifier=ANNA))


async def _observed(leaks: LeakWorld, *types: str) -> list[object]:
    """Return all that the GP can observe of Anna: pages, totals, page tokens' presence, the tag of the summary."""
    seen: list[object] = []
    for type_ in types:
        for query in ("_total=accurate", "_count=1&_total=accurate", "_summary=count", "_sort=_lastUpdated"):
            answer = await leaks.ask(GP, "GET", f"/{type_}?patient={leaks.patients[ANNA]}&{query}")
            seen.append((told(answer), sorted(answer.ids()) if answer.status == 200 else None))
    summary = await _summary(leaks, GP)
    seen += [dict(summary.headers)["etag"], told(summary)]
    return seen


def _target(leaks: LeakWorld, key: str) -> str:
    return f"{BY_KEY[key].type}/{leaks.ids[key]}"


@pytest.mark.parametrize("type_", POINTERS)
async def test_row_20_what_is_about_a_hidden_record_is_hidden_however_that_is_hidden(
    own_leaks: LeakWorld, type_: str
) -> None:
    leaks = own_leaks
    before = await _observed(leaks, type_)
    for key in BLOCKS:
        target = _target(leaks, key)
        id_ = await _post(leaks, POINTERS[type_](target))
        pointing = {**POINTERS[type_](target), "id": id_, "language": "da"}
        changed = await leaks.ask(SYSTEM, "PUT", f"/{type_}/{id_}", json=pointing)
        assert changed.status == 200, changed.body
        for path in (f"/{type_}/{id_}", f"/{type_}/{id_}/_history", f"/{type_}/{id_}/_history/1"):
            for who in (GP, SECRETARY):
                hidden = await leaks.ask(who, "GET", path)
                absent = await leaks.ask(who, "GET", path.replace(id_, leaks.never[ANNA]))
                assert hidden.status == 404, (key, path)
                assert told(hidden) == told(absent)
            for who in (NURSE, CITIZEN, EMERGENCY):
                assert (await leaks.ask(who, "GET", path)).status == 200, (key, path, who.key)
        patient = f"patient={leaks.patients[ANNA]}" if type_ != "Provenance" else "_count=50"
        searches = [f"{patient}&_id={id_}"]
        if type_ in PARAMETER:
            searches.append(f"{patient}&{PARAMETER[type_]}={target}&_id={id_}")
        for query in searches:
            found = await leaks.ask(NURSE, "GET", f"/{type_}?{query}")
            assert found.ids() == {id_}, (key, query, found.body)
            assert (await leaks.ask(GP, "GET", f"/{type_}?{query}")).ids() == set(), (key, query)
    assert await _observed(leaks, type_) == before, "nothing that the GP can observe has moved"
    assert leaks.ids["instance"] not in (await _summary(leaks, GP)).body.decode()


async def test_row_20_it_reaches_over_what_is_about_what_is_about_it(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    open_task = await _post(leaks, _task(_target(leaks, "open")))
    before = await _observed(leaks, "Task", "Provenance")
    task = await _post(leaks, _task(_target(leaks, "instance")))
    provenance = await _post(leaks, _provenance(f"Task/{task}"))
    second = await _post(leaks, _task(f"Provenance/{provenance}", basedOn=[{"reference": f"Task/{open_task}"}]))
    for path in (f"/Task/{task}", f"/Provenance/{provenance}", f"/Task/{second}"):
        assert (await leaks.ask(GP, "GET", path)).status == 404, path
        assert (await leaks.ask(NURSE, "GET", path)).status == 200, path
    assert (await leaks.ask(GP, "GET", f"/Task/{open_task}")).status == 200, "what others say of it hides nothing"
    assert await _observed(leaks, "Task", "Provenance") == before


async def test_row_20_records_that_are_about_each_other_are_shown_and_hidden_together(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    one = await _post(leaks, _task(_target(leaks, "open")))
    other = await _post(leaks, _task(f"Task/{one}"))
    circle = {**_task(f"Task/{other}"), "id": one}
    assert (await leaks.ask(SYSTEM, "PUT", f"/Task/{one}", json=circle)).status == 200
    for id_ in (one, other):
        assert (await leaks.ask(GP, "GET", f"/Task/{id_}")).status == 200
    closing = {**_task(f"Task/{other}", reasonReference={"reference": _target(leaks, "period")}), "id": one}
    assert (await leaks.ask(SYSTEM, "PUT", f"/Task/{one}", json=closing)).status == 200
    for id_ in (one, other):
        assert (await leaks.ask(GP, "GET", f"/Task/{id_}")).status == 404
        assert (await leaks.ask(NURSE, "GET", f"/Task/{id_}")).status == 200


async def test_row_20_it_holds_within_one_transaction_and_over_absolute_and_versioned_references(
    own_leaks: LeakWorld,
) -> None:
    leaks = own_leaks
    hidden = condition("together", code="DJ440", recorder=role_at("lung-ward"))
    bundle = transaction_of(ANNA, hidden, _task("urn:uuid:00000000-0000-4000-8000-000000000001"))
    answer = await leaks.ask(SYSTEM, "POST", "", json=bundle)
    assert answer.status == 200, answer.body
    places = [entry["response"]["location"].split("/fhir/")[1].split("/") for entry in answer.json["entry"]]
    assert [(await leaks.ask(who, "GET", f"/Task/{places[2][1]}")).status for who in (GP, NURSE)] == [404, 200]
    target = _target(leaks, "instance")
    for said in (f"http://127.0.0.1:8000/fhir/{target}", f"{target}/_history/1"):
        id_ = await _post(leaks, _task(said))
        assert [(await leaks.ask(who, "GET", f"/Task/{id_}")).status for who in (GP, NURSE)] == [404, 200], said


async def test_row_20_what_a_record_was_once_about_stays_hidden_with_it(own_leaks: LeakWorld) -> None:
    """Its earlier versions name the hidden record, and the number of the version says that there were some."""
    leaks = own_leaks
    id_ = await _post(leaks, _task(_target(leaks, "instance")))
    moved = {**_task(_target(leaks, "open")), "id": id_}
    assert (await leaks.ask(SYSTEM, "PUT", f"/Task/{id_}", json=moved)).status == 200
    for path in (f"/Task/{id_}", f"/Task/{id_}/_history", f"/Task/{id_}/_history/2"):
        assert [(await leaks.ask(who, "GET", path)).status for who in (GP, NURSE)] == [404, 200]
    assert (await leaks.ask(SYSTEM, "DELETE", f"/Task/{id_}")).status == 204
    assert [(await leaks.ask(who, "GET", f"/Task/{id_}")).status for who in (GP, NURSE)] == [404, 410]


async def test_row_20_a_deleted_record_stays_hidden_with_what_is_about_it(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    target = _target(leaks, "unit")
    assert (await leaks.ask(SYSTEM, "DELETE", f"/{target}")).status == 204
    id_ = await _post(leaks, _task(target))
    assert [(await leaks.ask(who, "GET", f"/Task/{id_}")).status for who in (GP, NURSE)] == [404, 200]


async def test_row_20_a_new_block_and_a_lifted_one_count_at_the_next_request(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    id_ = await _post(leaks, _task(_target(leaks, "open")))
    path = f"/Task/{id_}"
    assert (await leaks.ask(GP, "GET", path)).status == 200
    tag = dict((await _summary(leaks, GP)).headers)["etag"]
    consent = block(ANNA, actors=[sor("gp-1")], categories=[Category.DIAGNOSIS])
    made = await leaks.ask(CITIZEN, "POST", "/Consent", json=consent)
    assert made.status == 201
    assert (await leaks.ask(GP, "GET", path)).status == 404
    assert dict((await _summary(leaks, GP)).headers)["etag"] != tag
    assert (await leaks.ask(CITIZEN, "DELETE", f"/Consent/{made.json['id']}")).status == 204
    assert (await leaks.ask(GP, "GET", path)).status == 200
    assert dict((await _summary(leaks, GP)).headers)["etag"] == tag


async def test_row_20_consent_now_shows_what_it_opens_and_what_is_about_that(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    id_ = await _post(leaks, _task(_target(leaks, "instance")))
    assert (await leaks.ask(GP, "GET", f"/Task/{id_}")).status == 404
    opened = await leaks.ask(GP, "POST", "/Patient/$consent-now", json=parameters(identifier=ANNA, reason="spurgt"))
    assert opened.status == 201, opened.body
    assert (await leaks.ask(GP, "GET", f"/{_target(leaks, 'instance')}")).status == 200
    assert (await leaks.ask(GP, "GET", f"/Task/{id_}")).status == 200


async def test_row_20_who_writes_a_record_may_change_it_whatever_it_is_about(own_leaks: LeakWorld) -> None:
    """The municipality's own Provenance is about what the hospital answers for, which it may not change."""
    leaks = own_leaks
    municipality = CALLER_OF["municipality"]
    provenance = _provenance(_target(leaks, "open"), agent=[{"who": sor("municipality-a")}])
    made = await leaks.ask(municipality, "POST", "/Provenance", json=provenance)
    assert made.status == 201, made.body
    changed = {**provenance, "id": made.json["id"], "language": "da"}
    answer = await leaks.ask(municipality, "PUT", f"/Provenance/{made.json['id']}", json=changed)
    assert answer.status == 200, answer.body


async def test_row_20_the_citizen_sees_all_of_her_log(
    own_leaks: LeakWorld,
) -> None:
    """The citizen sees all of her log, the record that is about a blocked one among the rest."""
    leaks = own_leaks
    hidden = condition("logged", code="DI200", asserter=person("surgeon"))
    target = f"Condition/{await _post(leaks, hidden)}"
    id_ = await _post(leaks, _task(target))
    assert (await leaks.ask(NURSE, "GET", f"/Task/{id_}")).status == 200
    log = await leaks.ask(CITIZEN, "GET", f"/AuditEvent?patient={leaks.patients[ANNA]}")
    assert f"Task/{id_}" in log.body.decode()


async def test_row_20_records_of_an_older_version_are_read_for_what_they_are_about_before_anybody_asks(
    own_leaks: LeakWorld,
) -> None:
    leaks = own_leaks
    database = leaks.world.service.database
    task = await _post(leaks, _task(_target(leaks, "instance")))
    once = await _post(leaks, _task(_target(leaks, "instance")))
    moved = {**_task(_target(leaks, "open")), "id": once}
    assert (await leaks.ask(SYSTEM, "PUT", f"/Task/{once}", json=moved)).status == 200
    pid = await leaks.pid(ANNA)
    forget = (Delete(pointer, ("pid",), ((pid,),)), settings.put("pointers", b"0"))
    change = await leaks.world.change(ANNA)
    await database.commit(Job(pid=pid, base_change=change, writes=forget))
    assert (await leaks.ask(GP, "GET", f"/Task/{task}")).status == 200, "nobody knows any more what it is about"

    opened = await open_service(leaks.world.service.settings)
    await opened.database.close()

    for id_ in (task, once):
        assert [(await leaks.ask(who, "GET", f"/Task/{id_}")).status for who in (GP, NURSE)] == [404, 200]
    change = await leaks.world.change(ANNA)
    opened = await open_service(leaks.world.service.settings)
    await opened.database.close()
    assert await leaks.world.change(ANNA) == change, "once is enough"


async def test_row_20_the_log_tells_a_parent_nothing_of_what_is_about_what_is_kept_from_parents(
    own_leaks: LeakWorld,
) -> None:
    """A Task takes over the labels of its focus, but not of what it is based on."""
    leaks = own_leaks
    gp_system, gp = leaks.token("gp-system"), leaks.token("gp")
    secret = labelled(condition("protected", citizen=CHILD, code="DZ300"), Label.AUTHOR_PROTECTED)
    made = await leaks.send(gp_system, "POST", "/Condition", json=secret)
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": about(CHILD),
        "input": [{"type": {"text": "se"}, "valueReference": {"reference": f"Condition/{made.json['id']}"}}],
    }
    id_ = (await leaks.send(gp_system, "POST", "/Task", json=task)).json["id"]
    for path in (f"/Task/{id_}", f"/Condition/{leaks.ids['child']}"):
        assert (await leaks.send(gp, "GET", path)).status == 200
    parent = leaks.token("parent", citizen=PARENT)
    log = (await leaks.send(parent, "GET", f"/AuditEvent?patient={leaks.patients[CHILD]}")).body.decode()
    assert leaks.ids["child"] in log, "the control"
    assert id_ not in log
    assert (await leaks.send(parent, "GET", f"/Task/{id_}")).status == 404


# What only names a hidden record: the reference is cut out


def _pulse(**more: Any) -> JSON:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": systems.LOINC, "code": "8867-4"}]},
        "subject": about(ANNA),
        "effectiveDateTime": "2026-11-01T10:00:00Z",
        "valueQuantity": {"value": 71.10, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
        **more,
    }


def _drug(reason: str) -> JSON:
    return {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationCodeableConcept": {"text": "warfarin"},
        "subject": about(ANNA),
        "effectivePeriod": {"start": "2026-01-01"},
        "reasonReference": [{"reference": reason, "display": "hemmelig"}],
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">warfarin for hemmelig</div>'},
    }


async def _hidden_stay(leaks: LeakWorld) -> str:
    """Return a stay that is hidden from the GP by a block of its own."""
    id_ = await _post(
        leaks,
        {
            "resourceType": "Encounter",
            "status": "finished",
            "class": {"system": systems.ACT_CODE, "code": "IMP"},
            "subject": about(ANNA),
            "period": {"start": "2026-10-01", "end": "2026-10-05"},
        },
    )
    consent = block(ANNA, actors=[sor("gp-1")], instances=[f"Encounter/{id_}"])
    assert (await leaks.ask(CITIZEN, "POST", "/Consent", json=consent)).status == 201
    assert [(await leaks.ask(who, "GET", f"/Encounter/{id_}")).status for who in (GP, NURSE)] == [404, 200]
    return f"Encounter/{id_}"


async def test_row_20_a_reference_that_only_places_a_record_is_cut_out_where_it_leads_to_a_hidden_one(
    own_leaks: LeakWorld,
) -> None:
    leaks = own_leaks
    stay = await _hidden_stay(leaks)
    plain = await _post(leaks, _pulse())
    id_ = await _post(leaks, _pulse(encounter={"reference": stay, "display": "hemmelig"}))
    changed = {**_pulse(encounter={"reference": stay}), "id": id_}
    assert (await leaks.ask(SYSTEM, "PUT", f"/Observation/{id_}", json=changed)).status == 200
    patient = leaks.patients[ANNA]
    for path in (
        f"/Observation/{id_}",
        f"/Observation/{id_}/_history/1",
        f"/Observation/{id_}/_history",
        f"/Observation?patient={patient}&_id={id_}",
        f"/Observation?patient={patient}&code=8867-4",
    ):
        shown = await leaks.ask(GP, "GET", path)
        assert shown.status == 200
        assert stay.partition("/")[2] not in shown.body.decode(), path
        assert "hemmelig" not in shown.body.decode(), path
        assert b"71.1" in shown.body
        assert stay.partition("/")[2] in (await leaks.ask(NURSE, "GET", path)).body.decode(), path
    # Cut, it is as one that never had the reference: but for id, times and version the bytes are the same.
    read = [(await leaks.ask(GP, "GET", f"/Observation/{one}")).json for one in (id_, plain)]
    cut, bare = ({name: value for name, value in each.items() if name not in {"id", "meta"}} for each in read)
    assert cut == bare
    for query, gp, nurse in (
        (f"encounter={stay}", set(), {id_}),
        (f"encounter={stay.partition('/')[2]}", set(), {id_}),
        (f"encounter={stay},Encounter/{leaks.never[ANNA]}", set(), {id_}),
        (f"encounter=http://127.0.0.1:8000/fhir/{stay}", set(), {id_}),
        ("encounter:missing=true", {plain, id_}, {plain}),
        ("encounter:missing=false", set(), {id_}),
    ):
        for who, expected in ((GP, gp), (NURSE, nurse)):
            found = await leaks.ask(who, "GET", f"/Observation?patient={patient}&_total=accurate&{query}")
            assert found.ids() == expected, (query, who.key)
            assert found.json["total"] == len(expected)
    summary = (await _summary(leaks, GP)).body.decode()
    assert id_ in summary
    assert stay.partition("/")[2] not in summary


async def test_row_29_a_record_without_what_it_names_is_not_the_one_with_it(own_leaks: LeakWorld) -> None:
    """Who holds one form is not told that nothing changed when the other is shown, however often consent changes."""
    leaks = own_leaks
    stay = await _hidden_stay(leaks)
    bare = await _post(leaks, _pulse())
    id_ = await _post(leaks, _pulse(encounter={"reference": stay}))

    async def tag_of(who: Caller, known: str = "", path: str = f"/Observation/{id_}") -> tuple[int, str, bool]:
        answer = await leaks.ask(who, "GET", path, headers={"If-None-Match": known} if known else None)
        return answer.status, dict(answer.headers)["etag"], stay.partition("/")[2].encode() in answer.body

    _, cut, _ = await tag_of(GP)
    _, whole, _ = await tag_of(NURSE)
    assert cut != whole
    assert re.fullmatch(r'W/"1-[0-9a-f]{16}"', cut), "as that of any other read"
    assert re.fullmatch(r'W/"1-[0-9a-f]{16}"', (await tag_of(GP, path=f"/Observation/{bare}"))[1])
    for path in (f"/Observation/{id_}", f"/Observation/{id_}/_history/1"):
        assert await tag_of(GP, cut, path) == (304, cut, False)
        assert await tag_of(GP, whole, path) == (200, cut, False)
        assert await tag_of(NURSE, cut, path) == (200, whole, True)
    lifted = await _lift(leaks, stay)
    assert await tag_of(GP, cut) == (200, whole, True)
    assert await tag_of(GP, whole) == (304, whole, False)
    assert (await leaks.ask(CITIZEN, "POST", "/Consent", json=lifted)).status == 201
    assert await tag_of(GP, whole) == (200, cut, False)
    assert await tag_of(NURSE, whole) == (304, whole, False)


async def _lift(leaks: LeakWorld, stay: str) -> JSON:
    """Withdraw the block that hides a stay, and return it to be written again."""
    for entry in (await leaks.ask(CITIZEN, "GET", f"/Consent?patient={leaks.patients[ANNA]}&_count=200")).json["entry"]:
        consent: JSON = entry["resource"]
        if stay in str(consent):
            assert (await leaks.ask(CITIZEN, "DELETE", f"/Consent/{consent['id']}")).status == 204
    return block(ANNA, actors=[sor("gp-1")], instances=[stay])


@pytest.mark.parametrize("key", [key for key in BLOCKS[:-1] if BY_KEY[key].type == "Condition"])
async def test_row_20_a_drug_is_shown_without_its_hidden_reason(own_leaks: LeakWorld, key: str) -> None:
    """To hide the drug with its reason would harm; labels alone reach it, for they say what is sensitive in itself."""
    leaks = own_leaks
    target = _target(leaks, key)
    id_ = await _post(leaks, _drug(target))
    shown = await leaks.ask(GP, "GET", f"/MedicationStatement/{id_}")
    assert shown.status == 200
    assert "reasonReference" not in shown.json
    assert "text" not in shown.json
    for body in (shown.body, (await _summary(leaks, GP)).body):
        assert "hemmelig" not in body.decode()
        assert leaks.ids[key] not in body.decode()
        assert "warfarin" in body.decode()
    whole = await leaks.ask(NURSE, "GET", f"/MedicationStatement/{id_}")
    assert whole.json["reasonReference"][0]["reference"] == target
    assert "hemmelig" in whole.body.decode()


async def test_row_20_a_plan_is_shown_without_the_hidden_diagnosis_that_it_addresses(own_leaks: LeakWorld) -> None:
    """Who may read no diagnosis must not lose the discharge plan for it."""
    leaks = own_leaks
    plan = _plan(_target(leaks, "open"), addresses=[{"reference": _target(leaks, key)} for key in ("open", "instance")])
    id_ = await _post(leaks, plan)
    shown = await leaks.ask(GP, "GET", f"/CarePlan/{id_}")
    assert shown.json["addresses"] == [{"reference": _target(leaks, "open")}]
    assert leaks.ids["instance"] not in (await _summary(leaks, GP)).body.decode()
    whole = await leaks.ask(NURSE, "GET", f"/CarePlan/{id_}")
    assert len(whole.json["addresses"]) == 2


async def test_row_20_what_is_hidden_for_what_it_is_about_is_not_named_in_passing_either(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    task = await _post(leaks, _task(_target(leaks, "instance")))
    pulse = await _post(
        leaks, _pulse(extension=[{"url": "https://example.org/task", "valueReference": {"reference": f"Task/{task}"}}])
    )
    assert task not in (await leaks.ask(GP, "GET", f"/Observation/{pulse}")).body.decode()
    assert task in (await leaks.ask(NURSE, "GET", f"/Observation/{pulse}")).body.decode()
