"""The leak checklist, row 22: what decides is not for the caller to write.

Labels, consents, care teams, links, registers, directory entries, messages. The heart ward has nothing to go by about
Bo; whatever its doctor and the hospital's system write, Bo's record stays hidden from them. Bo is the control.
"""

from typing import Any

import pytest
from leak_matrix import notification
from leak_sweep import check_shown, sweep, ways
from leak_world import (
    ANNA,
    BO,
    CALLER_OF,
    EVA,
    HOSPITAL,
    MUNICIPALITY,
    Identifier,
    LeakWorld,
    about,
    condition,
    home_nursing,
    patient_resource,
    person,
    sor,
    stay,
    transaction_of,
)

from app.demo.organisations import ORGANISATIONS
from app.translate.labels import label_coding
from consent.vocabulary import Label
from schemas.terminology import systems

JSON = dict[str, Any]
GP, NURSE, CITIZEN, SYSTEM = (CALLER_OF[key] for key in ("gp", "nurse", "citizen", "system"))
HEART, BO_HIMSELF = CALLER_OF["unrelated"], CALLER_OF["other-citizen"]
WRITERS = {"doctor": "heart-doctor", "system": HOSPITAL}


# Labels


def _secure(*codes: tuple[str, str]) -> JSON:
    return {"security": [{"system": system, "code": code} for system, code in codes]}


LOWER = {
    "none": {},
    "normal": _secure((systems.CONFIDENTIALITY, "N")),
    "unrestricted": _secure((systems.CONFIDENTIALITY, "U")),
    "low, with an open tag": {**_secure((systems.CONFIDENTIALITY, "L")), "tag": [{"system": systems.LABEL}]},
    "test data": _secure((systems.ACT_REASON, "HTEST")),
    "deleted": _secure((systems.ACT_CODE, "DELAU"), (systems.ACT_CODE, "REDACTED")),
    "a label of nobody's": _secure((systems.LABEL, "public"), ("urn:oid:1", "open")),
}


@pytest.mark.parametrize("said", LOWER)
async def test_row_22_no_writer_lowers_what_a_record_is_labelled_with(leaks: LeakWorld, said: str) -> None:
    """The code makes it psychiatry, which Anna has blocked her GP from; the nurse is the control."""
    meta = LOWER[said]
    hospital, lung = leaks.token(HOSPITAL), leaks.token("hospital-system")
    made = await leaks.send(hospital, "POST", "/Condition", json={**condition("low", code="DF329"), "meta": meta})
    assert made.status in {201, 422}, made.body
    if made.status == 422:
        return
    path = f"/Condition/{made.json['id']}"

    async def seen() -> list[int]:
        return [(await leaks.ask(who, "GET", path)).status for who in (GP, NURSE, CITIZEN)]

    assert await seen() == [404, 200, 200]
    for code in ("DF329", "DZ039"):
        body = {**condition("low", code=code), "id": made.json["id"], "meta": meta}
        assert (await leaks.send(lung, "PUT", path, json=body)).status == 200
        assert await seen() == [404, 200, 200], "nor does it when it writes the record again"
        entry = {"resource": body, "request": {"method": "PUT", "url": path.removeprefix("/")}}
        for kind in ("batch", "transaction"):
            bundle = {"resourceType": "Bundle", "type": kind, "entry": [entry]}
            assert (await leaks.send(lung, "POST", "", json=bundle)).status == 200
            assert await seen() == [404, 200, 200]
    patch = [{"op": "remove", "path": "/meta/security"}]
    for caller in (SYSTEM, GP, NURSE, CITIZEN):
        assert (await leaks.ask(caller, "PATCH", path, json=patch)).status == 405
        for operation in ("$meta-delete", "$meta-add"):
            assert (await leaks.ask(caller, "POST", f"{path}/{operation}", json={})).status in {404, 405}
    assert (await leaks.send(hospital, "DELETE", path)).status == 204


@pytest.mark.parametrize("label", [Label.PSYCHIATRY, Label.NATIONAL_GENOME, Label.SHARING_REFUSED])
async def test_row_22_what_a_writer_has_raised_no_version_lowers(leaks: LeakWorld, label: Label) -> None:
    hospital = leaks.token(HOSPITAL)
    made = await leaks.send(hospital, "POST", "/Condition", json=condition("raised"))
    path = f"/Condition/{made.json['id']}"
    assert (await leaks.ask(GP, "GET", path)).status == 200
    raised = {**condition("raised"), "meta": {"security": [label_coding(label)]}}
    for body in (raised, condition("raised")):
        assert (await leaks.send(hospital, "PUT", path, json={**body, "id": made.json["id"]})).status == 200
        for tail in ("", "/_history", "/_history/1", "/_history/2"):
            assert (await leaks.ask(GP, "GET", path + tail)).status == 404, tail
    assert (await leaks.ask(NURSE, "GET", path)).status == (200 if label is Label.PSYCHIATRY else 404)
    assert (await leaks.send(hospital, "DELETE", path)).status == 204


# Care teams, links, registers and the directory, written by who would gain by them


def _written_for_oneself(leaks: LeakWorld) -> dict[str, JSON]:
    heart, doctor = sor("heart-ward"), person("heart-doctor")
    bo = leaks.patients[BO]
    team = {"resourceType": "CareTeam", "status": "active", "subject": about(BO)}
    patient = patient_resource(BO)
    task = {"resourceType": "Task", "status": "requested", "intent": "order", "for": about(BO)}
    encounter = stay(BO, "heart-ward")
    referral = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "subject": about(BO),
        "authoredOn": "2026-11-01",
        "code": {"text": "henvisning"},
    }
    return {
        "care team": {
            **team,
            "participant": [{"member": doctor, "onBehalfOf": heart}],
            "managingOrganization": [heart],
        },
        "general practitioner": {**patient, "generalPractitioner": [heart, doctor]},
        "managing organisation": {**patient, "managingOrganization": heart},
        "contact": {**patient, "contact": [{"organization": heart}]},
        "episode": {
            "resourceType": "EpisodeOfCare",
            "status": "active",
            "patient": about(BO),
            "managingOrganization": heart,
            "careManager": doctor,
            "period": {"start": "2026-01-01"},
        },
        "task": {**task, "owner": doctor, "requester": heart},
        "referral to oneself": {**referral, "requester": doctor, "performer": [heart]},
        "referral by another, written by oneself": {**referral, "requester": sor("gp-3"), "performer": [heart]},
        "home nursing that is not one's own": home_nursing(BO),
        "planned stay": {**encounter, "status": "planned"},
        "cancelled stay": {**encounter, "status": "cancelled"},
        "stay long ended": {**encounter, "status": "finished", "period": {"start": "2020-01-01", "end": "2020-01-02"}},
        "stay without a beginning": {name: value for name, value in encounter.items() if name != "period"},
        "stay in another organisation": {**encounter, "serviceProvider": sor("gp-4")},
        "provenance": {
            "resourceType": "Provenance",
            "target": [{"reference": f"Patient/{bo}"}],
            "recorded": "2026-11-01T10:00:00Z",
            "agent": [{"who": doctor, "onBehalfOf": heart}],
        },
        "relative": {
            "resourceType": "RelatedPerson",
            "patient": about(BO),
            "active": True,
            "identifier": [about(EVA)["identifier"]],
            "relationship": [{"coding": [{"system": systems.ROLE_CODE, "code": "PARAUTH"}]}],
        },
    }


NAMES = (
    "care team", "general practitioner", "managing organisation", "contact", "episode", "task", "referral to oneself",
    "referral by another, written by oneself", "home nursing that is not one's own", "planned stay", "cancelled stay",
    "stay long ended", "stay without a beginning", "stay in another organisation", "provenance", "relative",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
async def test_row_22_what_one_writes_about_oneself_opens_nothing(leaks: LeakWorld, name: str) -> None:
    asked = ways(leaks.patients[BO], BO, [leaks.ids["other"]])
    readers = [leaks.tokens["unrelated"], leaks.token(HOSPITAL), leaks.token("parent", citizen=EVA)]
    before = [await sweep(leaks, reader, asked) for reader in readers]
    resource = _written_for_oneself(leaks)[name]
    stored = 0
    for writer in WRITERS.values():
        made = await leaks.send(leaks.token(writer), "POST", f"/{resource['resourceType']}", json=resource)
        assert made.status in {200, 201, 403, 404, 422}, made.body
        stored += made.status in {200, 201}
        for kind in ("batch", "transaction"):
            entry = {"resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}}
            bundle = {"resourceType": "Bundle", "type": kind, "entry": [entry]}
            answer = await leaks.send(leaks.token(writer), "POST", "", json=bundle)
            assert answer.status in {200, 403, 404, 422}, answer.body
    assert stored or name == "provenance", "an attack that is not even stored proves little"
    assert [await sweep(leaks, reader, asked) for reader in readers] == before
    await check_shown(leaks, leaks.tokens["unrelated"], asked, [], basis=False)
    await check_shown(leaks, leaks.tokens["other-citizen"], asked, [leaks.ids["other"]])


async def test_row_22_the_control_a_stay_of_ones_own_is_weak_evidence_and_shown_to_the_citizen(
    own_leaks: LeakWorld,
) -> None:
    """That the attacks fail for the right reason: what does count opens at once, in every way."""
    leaks = own_leaks
    asked, reader = ways(leaks.patients[BO], BO, [leaks.ids["other"]]), leaks.tokens["unrelated"]
    await check_shown(leaks, reader, asked, [], basis=False)
    made = await leaks.ask(HEART, "POST", "/Encounter", json=stay(BO, "heart-ward"))
    assert made.status == 201, made.body
    await check_shown(leaks, reader, asked, [leaks.ids["other"]])
    stays = await leaks.ask(BO_HIMSELF, "GET", f"/Encounter?patient={leaks.patients[BO]}")
    assert made.json["id"] in stays.ids(), "the citizen sees what they go by"
    # Entered in error, it opens no more.
    wrong = {**stay(BO, "heart-ward"), "id": made.json["id"], "status": "entered-in-error"}
    answer = await leaks.ask(HEART, "PUT", f"/Encounter/{made.json['id']}", json=wrong)
    assert answer.status == 200, answer.body
    await check_shown(leaks, reader, asked, [], basis=False)


async def test_row_22_a_link_to_another_citizen_shows_her_to_nobody(leaks: LeakWorld) -> None:
    """Neither a link, nor a Patient that bears the numbers of two, nor one under the other's id."""
    asked = ways(leaks.patients[BO], BO, [leaks.ids["other"]])
    readers = [leaks.tokens["unrelated"], leaks.tokens["nurse"], leaks.tokens["citizen"]]
    before = [await sweep(leaks, reader, asked) for reader in readers]
    anna, bo = leaks.patients[ANNA], leaks.patients[BO]
    both = {**patient_resource(ANNA), "identifier": [_number(ANNA), _number(BO)]}
    attacks = [both] + [
        {**patient_resource(ANNA), "link": [{"other": other, "type": kind}]}
        for other in (
            {"reference": f"Patient/{bo}"},
            about(BO),
            {"reference": f"http://127.0.0.1:8000/fhir/Patient/{bo}"},
        )
        for kind in ("seealso", "replaces", "replaced-by", "refer")
    ]
    for body in attacks:
        for writer in (HOSPITAL, MUNICIPALITY, "heart-doctor"):
            answer = await leaks.send(leaks.token(writer), "POST", "/Patient", json=body)
            assert answer.status in {200, 201, 422}, answer.body
            found = await leaks.ask(NURSE, "GET", f"/Patient/{anna}")
            assert bo not in found.body.decode()
            assert BO[1] not in found.body.decode()
    for type_ in ("Person", "Group", "Linkage", "PersonRelationship"):
        for method, path in (("POST", f"/{type_}"), ("PUT", f"/{type_}/1")):
            body = {"resourceType": type_, "link": [{"target": {"reference": f"Patient/{bo}"}}]}
            assert (await leaks.send(leaks.token(HOSPITAL), method, path, json=body)).status == 404
    for operation in ("$merge", "$mdm-merge-golden-resources", "$mdm-create-link"):
        for path in (f"/Patient/{operation}", f"/{operation}"):
            assert (await leaks.send(leaks.token(HOSPITAL), "POST", path, json={})).status in {404, 405}
    assert [await sweep(leaks, reader, asked) for reader in readers] == before
    await check_shown(leaks, leaks.tokens["other-citizen"], asked, [leaks.ids["other"]])


def _number(citizen: Identifier) -> JSON:
    return {"system": citizen[0], "value": citizen[1]}


async def test_row_22_directory_entries_that_a_client_writes_move_nobody(own_leaks: LeakWorld) -> None:
    """The tree of organisations, the staff and their functions are the operator's, not what a resource says."""
    leaks = own_leaks
    asked = ways(leaks.patients[BO], BO, [leaks.ids["other"]])
    reader = leaks.tokens["unrelated"]
    before = await sweep(leaks, reader, asked)
    gp3, heart = ORGANISATIONS["gp-3"], ORGANISATIONS["heart-ward"]
    ours = {"system": systems.SOR, "value": heart.sor}
    entries: list[JSON] = [
        {"resourceType": "Organization", "identifier": [ours], "name": "x", "partOf": sor("gp-3")},
        {
            "resourceType": "Organization",
            "identifier": [ours, {"system": systems.SOR, "value": gp3.sor}],
            "name": "x",
        },
        {
            "resourceType": "PractitionerRole",
            "practitioner": person("heart-doctor"),
            "organization": sor("gp-3"),
            "code": [{"coding": [{"system": systems.FUNCTION, "code": "general-practice"}]}],
        },
        {
            "resourceType": "Practitioner",
            "identifier": [person("heart-doctor")["identifier"], person("gp-3-doctor")["identifier"]],
            "qualification": [{"code": {"text": "læge"}, "issuer": sor("gp-3")}],
        },
        {"resourceType": "HealthcareService", "providedBy": sor("gp-3")},
    ]
    for resource in entries:
        for writer in ("heart-doctor", HOSPITAL):
            made = await leaks.send(leaks.token(writer), "POST", f"/{resource['resourceType']}", json=resource)
            assert made.status in {200, 201, 403, 422}, made.body
    assert await sweep(leaks, reader, asked) == before
    await check_shown(leaks, leaks.tokens["other-gp"], asked, [leaks.ids["other"]])


async def test_row_22_no_client_writes_the_log_or_the_decision(leaks: LeakWorld) -> None:
    event = {"resourceType": "AuditEvent", "recorded": "2026-11-01T10:00:00Z"}
    for who in (SYSTEM, CITIZEN, GP, CALLER_OF["data-protection"]):
        for method, path in (("POST", "/AuditEvent"), ("PUT", "/AuditEvent/1"), ("DELETE", "/AuditEvent/1")):
            answer = await leaks.ask(who, method, path, json=None if method == "DELETE" else event)
            assert answer.status in {404, 405}, (method, answer.status)
    for type_ in ("Permission", "AccessPolicy", "Contract", "Basic", "Parameters", "StructureDefinition", "Endpoint"):
        answer = await leaks.ask(SYSTEM, "POST", f"/{type_}", json={"resourceType": type_})
        assert answer.status in {404, 405}, type_


async def test_row_22_an_admission_that_another_hospital_would_have_sent_is_refused(own_leaks: LeakWorld) -> None:
    """The heart of a forged notification: who is not its sender gains nothing; see test_forged_messages.py for all."""
    leaks = own_leaks
    asked = ways(leaks.patients[BO], BO, [leaks.ids["other"]])
    keys = ("unrelated", "system", "municipality", "nurse", "other-municipality")
    before = {key: await sweep(leaks, leaks.tokens[key], asked) for key in keys}
    rows = await leaks.world.row_counts()
    for sender in ("municipality", "nurse", "other-gp", "citizen", "data-protection"):
        answer = await leaks.ask(CALLER_OF[sender], "POST", "/$process-message", json=notification(BO))
        assert answer.status == 422, answer.body
    assert await leaks.world.row_counts() == rows
    assert {key: await sweep(leaks, leaks.tokens[key], asked) for key in keys} == before
    made = await leaks.send(
        leaks.token(HOSPITAL), "POST", "", json=transaction_of(EVA, condition("control", citizen=EVA))
    )
    assert made.status == 200, "the control: the hospital itself writes"
