"""Nobody but the citizen lifts what the citizen has blocked; staff may write a pure block down, and no more."""

from dataclasses import replace
from typing import Any

import pytest
from leak_world import (
    ANNA,
    BO,
    CALLER_OF,
    CHILD,
    HOSPITAL,
    OTHER_PARENT,
    PARENT,
    Answer,
    Identifier,
    LeakWorld,
    about,
    block,
    condition,
    sor,
)

from app.demo.personas import PERSONAS
from app.demo.run import persona_token
from app.runtime import now_us
from consent.model import PersonKey
from consent.vocabulary import Effect, Purpose


async def _still_blocked(leaks: LeakWorld, consent: str) -> None:
    answer = await leaks.ask(CALLER_OF["blocked"], "GET", f"/Condition/{leaks.ids['open']}")
    assert answer.status == 404
    kept = await leaks.ask(CALLER_OF["citizen"], "GET", f"/Consent/{consent}")
    assert kept.status == 200
    assert kept.json["meta"]["versionId"] == "1"


STAFF = ("blocked", "unrelated", "gp", "nurse", "system", "secretary", "home-carer", "other-citizen")


@pytest.mark.parametrize("attacker", STAFF)
async def test_staff_cannot_delete_what_the_citizen_has_blocked(leaks: LeakWorld, attacker: str) -> None:
    consent = leaks.consents["department"]  # which the attacker has come to know
    answer = await leaks.ask(CALLER_OF[attacker], "DELETE", f"/Consent/{consent}")
    assert answer.status in {403, 404}, answer.body
    await _still_blocked(leaks, consent)


@pytest.mark.parametrize("attacker", STAFF)
async def test_staff_cannot_replace_the_citizens_block_by_one_that_blocks_nothing(
    leaks: LeakWorld, attacker: str
) -> None:
    consent = leaks.consents["department"]  # which the attacker has come to know
    harmless = [
        {**block(ANNA, actors=[sor("medicine")], status="inactive"), "id": consent},
        {**block(ANNA, actors=[sor("gp-4")]), "id": consent},
        {**block(ANNA, actors=[sor("medicine")], stop_us=1_000_000_000_000_000), "id": consent},
    ]
    for body in harmless:
        answer = await leaks.ask(CALLER_OF[attacker], "PUT", f"/Consent/{consent}", json=body)
        assert answer.status in {403, 404}, answer.body
    await _still_blocked(leaks, consent)


@pytest.mark.parametrize("attacker", STAFF)
async def test_staff_cannot_lift_a_block_from_within_a_transaction(leaks: LeakWorld, attacker: str) -> None:
    consent = leaks.consents["department"]  # which the attacker has come to know
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"request": {"method": "DELETE", "url": f"Consent/{consent}"}},
            {
                "fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000001",
                "resource": condition("attack"),
                "request": {"method": "POST", "url": "Condition"},
            },
        ],
    }
    answer = await leaks.ask(CALLER_OF[attacker], "POST", "", json=bundle)
    assert answer.status in {403, 404}, answer.body
    await _still_blocked(leaks, consent)


@pytest.mark.parametrize("attacker", STAFF)
async def test_nobody_consents_for_somebody_else(leaks: LeakWorld, attacker: str) -> None:
    opening = block(
        ANNA, actors=[sor("medicine"), sor("home-care-a")], effect=Effect.PERMIT, purposes=[Purpose.TREATMENT]
    )
    answer = await leaks.ask(CALLER_OF[attacker], "POST", "/Consent", json=opening)
    assert answer.status == 403, answer.body


async def test_a_citizen_cannot_consent_for_another_citizen_even_in_her_own_name(leaks: LeakWorld) -> None:
    body = {**block(ANNA, actors=[sor("gp-1")]), "performer": [about(BO)]}
    answer = await leaks.ask(CALLER_OF["other-citizen"], "POST", "/Consent", json=body)
    assert answer.status in {403, 422}, answer.body


async def test_staff_write_a_block_down_on_the_citizens_word_and_it_holds(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    nurse, path = CALLER_OF["nurse"], f"/Condition/{leaks.ids['open']}"
    assert (await leaks.ask(nurse, "GET", path)).status == 200
    answer = await leaks.ask(CALLER_OF["gp"], "POST", "/Consent", json=block(ANNA, actors=[sor("municipality-a")]))
    assert answer.status == 201, answer.body
    assert (await leaks.ask(nurse, "GET", path)).status == 404
    consent = answer.json["id"]
    # Who wrote it down cannot take it back either: only the citizen can.
    assert (await leaks.ask(CALLER_OF["gp"], "DELETE", f"/Consent/{consent}")).status in {403, 404}
    again = {**block(ANNA, actors=[sor("municipality-a")], status="inactive"), "id": consent}
    assert (await leaks.ask(CALLER_OF["gp"], "PUT", f"/Consent/{consent}", json=again)).status in {403, 404}
    assert (await leaks.ask(nurse, "GET", path)).status == 404
    assert (await leaks.ask(CALLER_OF["citizen"], "DELETE", f"/Consent/{consent}")).status == 204
    assert (await leaks.ask(nurse, "GET", path)).status == 200


async def _as_parent(leaks: LeakWorld, parent: Identifier, method: str, path: str, *, json: Any = None) -> Answer:
    persona = replace(PERSONAS["parent"], citizen=parent, person=PersonKey(f"syn-parent-{parent[1][:4]}"))
    token = persona_token(persona, leaks.world.issuer, at_us=now_us())
    return await leaks.send(token, method, path, json=json)


async def test_no_parent_lifts_the_other_parents_block_on_the_child(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    gp, path = leaks.token("gp"), f"/Condition/{leaks.ids['child']}"
    assert (await leaks.send(gp, "GET", path)).status == 200
    made = await _as_parent(leaks, PARENT, "POST", "/Consent", json=block(CHILD, actors=[sor("gp-1")]))
    assert made.status == 201, made.body
    assert (await leaks.send(gp, "GET", path)).status == 404
    consent = made.json["id"]
    lifted = {**block(CHILD, actors=[sor("gp-1")], status="inactive"), "id": consent}
    assert (await _as_parent(leaks, OTHER_PARENT, "DELETE", f"/Consent/{consent}")).status in {403, 404}
    assert (await _as_parent(leaks, OTHER_PARENT, "PUT", f"/Consent/{consent}", json=lifted)).status in {403, 404}
    assert (await leaks.send(gp, "GET", path)).status == 404
    assert (await _as_parent(leaks, PARENT, "DELETE", f"/Consent/{consent}")).status == 204
    assert (await leaks.send(gp, "GET", path)).status == 200


async def test_a_parent_is_nobody_to_a_grown_citizen(leaks: LeakWorld) -> None:
    token = leaks.token("parent", citizen=PARENT)
    opening = block(ANNA, actors=[sor("medicine")], effect=Effect.PERMIT, purposes=[Purpose.TREATMENT])
    assert (await leaks.send(token, "POST", "/Consent", json=opening)).status == 403
    consent = leaks.consents["department"]  # which the attacker has come to know
    assert (await leaks.send(token, "DELETE", f"/Consent/{consent}")).status in {403, 404}
    await _still_blocked(leaks, consent)


async def test_a_consent_is_no_directive_unless_the_citizen_wrote_it(leaks: LeakWorld) -> None:
    """A Consent of another scope is a record without effect, and whoever writes it cannot turn it into one later."""
    consent = block(ANNA, actors=[sor("medicine")], effect=Effect.PERMIT, purposes=[Purpose.TREATMENT])
    consent["scope"]["coding"][0]["code"] = "adr"
    made = await leaks.ask(CALLER_OF["system"], "POST", "/Consent", json=consent)
    if made.status == 201:
        turned = {**consent, "id": made.json["id"], "scope": {"coding": [dict(consent["scope"]["coding"][0])]}}
        turned["scope"]["coding"][0]["code"] = "patient-privacy"
        answer = await leaks.send(leaks.token(HOSPITAL), "PUT", f"/Consent/{made.json['id']}", json=turned)
        assert answer.status in {403, 404}, answer.body
    blocked = await leaks.ask(CALLER_OF["blocked"], "GET", f"/Condition/{leaks.ids['open']}")
    assert blocked.status == 404


async def test_staff_who_write_a_block_down_learn_nothing_of_the_citizens_own(own_leaks: LeakWorld) -> None:
    leaks = own_leaks
    identifier = [{"system": "https://borger.example/sid", "value": "1"}]
    own = {**block(ANNA, actors=[sor("gp-4")]), "identifier": identifier}
    made = await leaks.ask(CALLER_OF["citizen"], "POST", "/Consent", json=own)
    assert made.status == 201
    condition_on = {"If-None-Exist": "identifier=https://borger.example/sid|1"}
    answer = await leaks.ask(CALLER_OF["blocked"], "POST", "/Consent", json=own, headers=condition_on)
    assert answer.status == 201, answer.body
    assert answer.json["id"] != made.json["id"]
    again = await leaks.ask(CALLER_OF["blocked"], "POST", "/Consent", json=own, headers=condition_on)
    assert again.status == 200
    assert again.body == b""
