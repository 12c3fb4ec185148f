"""Adding, altering or deleting what a reader may not see changes nothing that this reader can observe: byte for byte.

The clock of the service stands still, so that answers are compared as they are: bodies, totals, tags, links, order,
computed values. Only the id of the request differs. After each hidden change everything is asked again.
"""

import random
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from leak_sweep import batch_of, ways
from leak_world import (
    ANNA,
    BO,
    BY_KEY,
    CALLER_OF,
    HIDDEN,
    HOSPITAL,
    MUNICIPALITY,
    SID,
    Answer,
    LeakWorld,
    about,
    allergy,
    block,
    condition,
    patient_resource,
    person,
    role_at,
    sor,
    transaction_of,
)
from test_dated_facts_end import Clock

from app.translate.labels import label_coding
from consent.vocabulary import Category, Label
from schemas.terminology import systems

JSON = dict[str, Any]
READERS = ("gp", "delegated-secretary", "blocked", "unrelated", "system")
TYPES = ("AllergyIntolerance", "Observation", "Encounter", "CarePlan", "DocumentReference", "Consent", "Patient")


def pressure(value: float, day: str, **more: Any) -> JSON:
    """Return a measurement of the pulse, of which habitual values are computed."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": systems.OBSERVATION_CATEGORY, "code": "vital-signs"}]}],
        "code": {"coding": [{"system": systems.LOINC, "code": "8867-4"}]},
        "subject": about(ANNA),
        "effectiveDateTime": day,
        "valueQuantity": {"value": value, "unit": "/min", "system": systems.UCUM, "code": "/min"},
        **more,
    }


def letter(**more: Any) -> JSON:
    """Return a letter of which nothing is said."""
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"coding": [{"system": systems.LOINC, "code": "18842-5"}]},
        "subject": about(ANNA),
        "date": "2026-11-01T10:00:00Z",
        "content": [{"attachment": {"contentType": "text/plain", "data": "eA=="}}],
        **more,
    }


def labels(label: Label) -> JSON:
    """Return the element by which a writer raises a label."""
    return {"meta": {"security": [label_coding(label)]}}


HIDDEN_FROM_THE_GP: dict[str, tuple[str, JSON]] = {
    "by its code": (HOSPITAL, condition("new-1", code="DF209")),
    "by its author": (HOSPITAL, condition("new-2", code="DI109", asserter=person("surgeon"))),
    "by its unit": (HOSPITAL, condition("new-3", code="DJ449", recorder=role_at("heart-ward"))),
    "by its category": (HOSPITAL, allergy("new-4")),
    "by its period": (HOSPITAL, {**BY_KEY["period"].resource, "identifier": [{"system": SID, "value": "no-new-5"}]}),
    "the genome": (HOSPITAL, {**condition("new-6"), **labels(Label.NATIONAL_GENOME)}),
    "refused sharing": (HOSPITAL, {**condition("new-7"), **labels(Label.SHARING_REFUSED)}),
    "anonymous": (HOSPITAL, {**condition("new-8"), **labels(Label.ANONYMOUS_TREATMENT)}),
    "a social case": (
        MUNICIPALITY,
        {
            **condition("new-9", code="DR549"),
            "meta": {"tag": [{"system": systems.REGIME_SYSTEM, "code": "social-case"}]},
        },
    ),
    "a measurement, long after the others": (HOSPITAL, pressure(180, "2026-11-20", **labels(Label.PSYCHIATRY))),
    "a measurement among the others": (HOSPITAL, pressure(20, "2026-06-03", **labels(Label.PSYCHIATRY))),
    "a letter": (HOSPITAL, letter(**labels(Label.PSYCHIATRY))),
    "a letter of the blocked unit": (HOSPITAL, letter(author=[person("surgeon")])),
}
"""Each with who writes it: hidden from Anna's GP by something that she or the law has said."""


async def _asked(leaks: LeakWorld) -> list[tuple[str, str, Any]]:
    """Return all that is asked, of Anna and Bo: every way of reading, every type, pages, documents, the changes."""
    found: list[tuple[str, str, Any]] = []
    for citizen in (ANNA, BO):
        patient = leaks.patients[citizen]
        ids = [leaks.ids[one.key] for one in HIDDEN if one.citizen == citizen and one.type == "Condition"]
        every = ways(patient, citizen, ids).values()
        found += [(way.method, way.path, way.json) for way in every if way.form is None]
        for type_ in TYPES:
            found.append(("GET", f"/{type_}?patient={patient}&_total=accurate", None))
            found.append(("GET", f"/{type_}?patient={patient}&_summary=count", None))
        found.append(("GET", f"/Patient/{patient}/$summary?profile={quote(systems.ADMISSION_CONTEXT_PROFILE)}", None))
        found.append(("GET", f"/Condition?patient={patient}&_sort=-_lastUpdated&_count=1", None))
        found.append(("GET", f"/Condition?patient={patient}&code:not=DZ039&_total=accurate", None))
        found.append(("GET", f"/Condition?patient={patient}&identifier:missing=false&_total=accurate", None))
    found.append(("GET", "/metadata", None))
    found.append(("POST", "", batch_of(f"Condition?patient={leaks.patients[ANNA]}", f"Patient/{leaks.patients[BO]}")))
    return found


async def observed(leaks: LeakWorld, reader: str) -> dict[str, tuple[int, tuple[tuple[str, str], ...], bytes]]:
    """Return all that a reader can observe, as it came; pages are walked to their end."""
    found = {}
    for method, path, body in await _asked(leaks):
        answer = await leaks.ask(CALLER_OF[reader], method, path, json=body)
        found[f"{method} {path} {body}"] = _whole(answer)
        place = 0
        while answer.status == 200 and "_count=1" in path and (link := _next(answer)):
            answer = await leaks.ask(CALLER_OF[reader], "GET", link)
            place += 1
            found[f"page {place} of {path}"] = _whole(answer)
        tag = dict(answer.headers).get("etag")
        if tag:
            again = await leaks.ask(CALLER_OF[reader], method, path, json=body, headers={"If-None-Match": tag})
            found[f"again {path}"] = _whole(again)
    return found


def _next(answer: Answer) -> str | None:
    return next((link["url"] for link in answer.json.get("link", ()) if link["relation"] == "next"), None)


def _whole(answer: Answer) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    return (
        answer.status,
        tuple((name, value) for name, value in answer.headers if name not in {"x-request-id", "date"}),
        answer.body,
    )


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return what is not as it was."""
    return [name for name in before | after if before.get(name) != after.get(name)]


@pytest.fixture
async def still(own_leaks: LeakWorld, monkeypatch: pytest.MonkeyPatch) -> LeakWorld:
    """The leak world at a standstill, with measurements of which a habitual value is computed."""
    clock = Clock()
    monkeypatch.setattr("app.fhir.dispatch.now_us", clock.now_us)
    # Tokens are made before time stands still for long: one from the future is not believed.
    own_leaks.tokens |= {key: own_leaks.token(key) for key in (HOSPITAL, MUNICIPALITY, "gp-system-3", "lab-system")}
    hospital = own_leaks.tokens[HOSPITAL]
    for day in range(1, 13):
        body = pressure(60 + day % 5, f"2026-06-{day:02d}")
        assert (await own_leaks.send(hospital, "POST", "/Observation", json=body)).status == 201
    return own_leaks


async def _written(leaks: LeakWorld, name: str) -> tuple[str, str, str]:
    sender, body = HIDDEN_FROM_THE_GP[name]
    made = await leaks.send(leaks.tokens[sender], "POST", f"/{body['resourceType']}", json=body)
    assert made.status == 201, (name, made.body)
    return sender, body["resourceType"], made.json["id"]


async def test_hidden_records_that_are_added_altered_and_deleted_are_not_noticed(still: LeakWorld) -> None:
    """The GP is asked after every change, the others at the end; Anna and her nurse are the controls."""
    leaks = still
    before = {reader: await observed(leaks, reader) for reader in READERS}
    assert await observed(leaks, "gp") == before["gp"], "the control: nothing changes by itself"
    control = await observed(leaks, "citizen")
    made = {}
    for name in HIDDEN_FROM_THE_GP:
        made[name] = await _written(leaks, name)
        assert not differences(before["gp"], await observed(leaks, "gp")), name
    assert differences(control, await observed(leaks, "citizen")), "Anna sees it"
    for reader in READERS:
        assert not differences(before[reader], await observed(leaks, reader)), reader
    for name, (sender, type_, id_) in made.items():
        body = {**HIDDEN_FROM_THE_GP[name][1], "id": id_, "language": "da"}
        answer = await leaks.send(leaks.tokens[sender], "PUT", f"/{type_}/{id_}", json=body)
        assert answer.status == 200, (name, answer.body)
        path = f"/{type_}/{id_}"
        for tail in ("", "/_history", "/_history/1"):
            assert (await leaks.ask(CALLER_OF["gp"], "GET", path + tail)).status == 404, name
    assert not differences(before["gp"], await observed(leaks, "gp"))
    for sender, type_, id_ in made.values():
        assert (await leaks.send(leaks.tokens[sender], "DELETE", f"/{type_}/{id_}")).status == 204
    for reader in READERS:
        assert not differences(before[reader], await observed(leaks, reader)), reader


async def _bos_record(leaks: LeakWorld) -> None:
    body = condition("bos", citizen=BO, code="DZ039")
    assert (await leaks.send(leaks.tokens["gp-system-3"], "POST", "/Condition", json=body)).status == 201


async def _block_of_another(leaks: LeakWorld) -> None:
    body = block(ANNA, actors=[sor("gp-4")], categories=[Category.MEDICATION])
    assert (await leaks.ask(CALLER_OF["citizen"], "POST", "/Consent", json=body)).status == 201


async def _another_citizen(leaks: LeakWorld) -> None:
    number = (systems.X_ECPR, "0101901NY3")
    body = transaction_of(number, condition("new-citizen", citizen=number))
    assert (await leaks.send(leaks.tokens[HOSPITAL], "POST", "", json=body)).status == 200


async def _looks(leaks: LeakWorld) -> None:
    for path in (f"/Patient/{leaks.patients[ANNA]}/$summary", f"/AuditEvent?patient={leaks.patients[ANNA]}"):
        assert (await leaks.ask(CALLER_OF["citizen"], "GET", path)).status == 200


async def _refused(leaks: LeakWorld) -> None:
    for path in (f"/Patient/{leaks.patients[ANNA]}/$summary", f"/Condition/{leaks.ids['open']}"):
        assert (await leaks.ask(CALLER_OF["other-municipality"], "GET", path)).status == 404


async def _a_hidden_patient(leaks: LeakWorld) -> None:
    """The psychiatric clinic keeps a Patient of its own, under a label that Anna has blocked her GP from."""
    body = {**patient_resource(ANNA), **labels(Label.PSYCHIATRY)}
    assert (await leaks.send(leaks.tokens["lab-system"], "POST", "/Patient", json=body)).status == 201


HAPPENINGS: dict[str, Callable[[LeakWorld], Any]] = {
    "another's record": _bos_record,
    "a block of somebody else": _block_of_another,
    "another citizen": _another_citizen,
    "somebody looks": _looks,
    "somebody is refused": _refused,
    "a hidden Patient of another source": _a_hidden_patient,
}


async def test_what_happens_elsewhere_is_not_noticed(still: LeakWorld) -> None:
    leaks = still
    readers = ("gp", "blocked", "unrelated")
    before = {reader: await observed(leaks, reader) for reader in readers}
    for what, happens in HAPPENINGS.items():
        await happens(leaks)
        for reader in readers:
            assert not differences(before[reader], await observed(leaks, reader)), (what, reader)


@pytest.mark.parametrize("seed", range(2))
async def test_any_order_of_hidden_changes_is_not_noticed(still: LeakWorld, seed: int) -> None:
    """Twenty draws: add, alter, raise, delete, in whatever order; the GP is asked after each fourth."""
    leaks = still
    draws = random.Random(seed)  # noqa: S311  # a test's draws
    before = await observed(leaks, "gp")
    alive: list[tuple[str, str, str]] = []
    for step in range(20):
        if not alive or draws.random() < 0.5:
            alive.append(await _written(leaks, draws.choice(list(HIDDEN_FROM_THE_GP))))
        else:
            sender, type_, id_ = alive.pop(draws.randrange(len(alive)))
            answer = await leaks.send(leaks.tokens[sender], "DELETE", f"/{type_}/{id_}")
            assert answer.status == 204
        if step % 4 == 3:
            assert not differences(before, await observed(leaks, "gp")), step
