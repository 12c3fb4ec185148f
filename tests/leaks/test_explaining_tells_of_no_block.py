"""An explanation must not tell staff what the answers themselves hide: that there is a block, or a hidden record.

Each test asks once while it is hidden and once after, and compares the two answers word for word.
"""

import re

from leak_world import (
    ANNA,
    CALLER_OF,
    UNKNOWN,
    Answer,
    Identifier,
    LeakWorld,
    block,
    condition,
    labelled,
    parameters,
    sor,
    told,
)

from app.demo.organisations import ORGANISATIONS
from consent.vocabulary import Category, Effect, Label, Purpose

_AT = re.compile(rb'"name":"at","valueInstant":"[^"]*"')
LUNG_WARD = {"function": "hospital-treatment", "organisation": ORGANISATIONS["lung-ward"].sor, "purpose": "TREAT"}
GP = {"function": "general-practice", "organisation": ORGANISATIONS["gp-1"].sor, "purpose": "TREAT"}


async def ask(leaks: LeakWorld, who: str, citizen: Identifier = ANNA, **question: str) -> Answer:
    given = {"identifier": citizen, **question}
    return await leaks.ask(CALLER_OF[who], "POST", "/Patient/$explain-access", json=parameters(**given))


def said(answer: Answer) -> tuple[int, bytes]:
    return answer.status, _AT.sub(b"", answer.body)


async def lift(leaks: LeakWorld, *keys: str) -> None:
    for key in keys:
        path = f"/Consent/{leaks.consents[key]}"
        assert (await leaks.ask(CALLER_OF["citizen"], "DELETE", path)).status == 204


def rules(answer: Answer, name: str = "rule") -> set[str]:
    return {part["part"][0]["valueCode"] for part in answer.json["parameter"] if part["name"] == name}


async def test_a_gp_is_told_the_same_whether_something_is_blocked_or_nothing(own_leaks: LeakWorld) -> None:
    blocked = await ask(own_leaks, "gp")
    secretary = await ask(own_leaks, "delegated-secretary")
    assert blocked.status == secretary.status == 200
    await lift(own_leaks, "person", "unit", "category", "period", "label", "instance")
    assert said(await ask(own_leaks, "gp")) == said(blocked)
    assert said(await ask(own_leaks, "delegated-secretary")) == said(secretary)
    # The control: what is hidden was hidden, and is shown now.
    found = await own_leaks.ask(CALLER_OF["gp"], "GET", f"/Condition/{own_leaks.ids['instance']}")
    assert found.status == 200


async def test_a_consent_that_limits_is_not_told_of_either(own_leaks: LeakWorld) -> None:
    before = await ask(own_leaks, "gp")
    limiting = block(
        ANNA,
        actors=[sor("gp-1")],
        effect=Effect.PERMIT,
        categories=(Category.DIAGNOSIS,),
        purposes=(Purpose.TREATMENT,),
    )
    made = await own_leaks.send(own_leaks.token("citizen", citizen=ANNA), "POST", "/Consent", json=limiting)
    assert made.status == 201, made.body
    assert said(await ask(own_leaks, "gp")) == said(before)


async def test_whom_the_citizen_has_blocked_is_told_as_if_she_did_not_exist(own_leaks: LeakWorld) -> None:
    blocked = await ask(own_leaks, "blocked")
    nobody = await ask(own_leaks, "blocked", UNKNOWN)
    unrelated = await ask(own_leaks, "unrelated")
    assert blocked.status == 403
    assert told(blocked) == told(nobody) == told(unrelated)
    await lift(own_leaks, "department")
    assert (await ask(own_leaks, "blocked")).status == 200


async def test_an_officer_is_told_the_same_whether_her_doctor_is_blocked_or_not(own_leaks: LeakWorld) -> None:
    blocked = await ask(own_leaks, "data-protection", **LUNG_WARD)
    named = await ask(own_leaks, "data-protection", person="X0D02", **LUNG_WARD)
    assert blocked.status == named.status == 200
    await lift(own_leaks, "department")
    assert said(await ask(own_leaks, "data-protection", **LUNG_WARD)) == said(blocked)
    assert said(await ask(own_leaks, "data-protection", person="X0D02", **LUNG_WARD)) == said(named)


async def test_records_that_are_hidden_change_nothing_that_staff_are_told(own_leaks: LeakWorld) -> None:
    before = [await ask(own_leaks, who) for who in ("gp", "nurse", "emergency")]
    officer = await ask(own_leaks, "data-protection", **LUNG_WARD)
    for key, label in (("new-psychiatry", Label.PSYCHIATRY), ("new-genome", Label.NATIONAL_GENOME)):
        sent = await own_leaks.send(
            own_leaks.token("hospital-system"), "POST", "/Condition", json=labelled(condition(key), label)
        )
        assert sent.status == 201, sent.body
    after = [await ask(own_leaks, who) for who in ("gp", "nurse", "emergency")]
    assert [said(answer) for answer in after] == [said(answer) for answer in before]
    assert said(await ask(own_leaks, "data-protection", **LUNG_WARD)) == said(officer)


async def test_the_citizen_is_told_which_consent_of_hers_decides(own_leaks: LeakWorld) -> None:
    answer = await ask(own_leaks, "citizen", **GP)
    assert {"L1", "L5"} <= rules(answer)
    found = {}
    for part in answer.json["parameter"]:
        if part["name"] == "record":
            said_of = {one["name"]: one for one in part["part"]}
            reference = said_of["reference"]["valueReference"]["reference"]
            decided = said_of.get("directive", {}).get("valueReference", {}).get("reference")
            found[reference.partition("/")[2]] = (said_of["outcome"]["valueCode"], decided)
    ids, consents = own_leaks.ids, own_leaks.consents
    for key in ("person", "unit", "category", "period", "label", "instance"):
        assert found[ids[key]] == ("no", f"Consent/{consents[key]}"), key
    assert found[ids["open"]] == ("yes", None)
    assert found[ids["social"]] == ("no", None)
    # What is kept from the citizen herself is not told of here either.
    assert ids["genome"] not in found
    assert ids["refused"] in found


async def test_a_revoked_token_is_told_nothing_and_neither_is_another_citizen(leaks: LeakWorld) -> None:
    assert (await ask(leaks, "revoked")).status == 401
    other, nobody = await ask(leaks, "other-citizen", **GP), await ask(leaks, "other-citizen", UNKNOWN, **GP)
    assert other.status == 403
    assert told(other) == told(nobody)
