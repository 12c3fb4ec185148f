"""Addresses that two readers could read in two ways lead nowhere."""

import pytest
from leak_sweep import batch_of
from leak_world import ANNA, BO, CALLER_OF, LeakWorld, mark, told

NURSE, GP, CITIZEN = (CALLER_OF[key] for key in ("nurse", "gp", "citizen"))


@pytest.mark.parametrize(
    "slash", ["%2F", "%2f", "%252F", "%5C", "%c0%af", "/./", "/../Condition/", "//", ";/", "%3F", "%23"]
)
async def test_an_encoded_slash_is_no_slash(leaks: LeakWorld, slash: str) -> None:
    """Whoever guards or records addresses in front of the service reads them as they were sent."""
    id_ = leaks.ids["open"]
    for path in (
        f"/Condition{slash}{id_}",
        f"/Condition/{id_}{slash}_history",
        f"/Patient/{leaks.patients[ANNA]}{slash}$summary",
    ):
        for method in ("GET", "HEAD", "DELETE", "PUT", "POST"):
            answer = await leaks.ask(NURSE, method, path, json={} if method in {"PUT", "POST"} else None)
            assert answer.status in {400, 404, 405, 422}, (method, path, answer.status)
            assert mark("open").encode() not in answer.body
    for path in (f"/Condition{slash}{id_}", f"/Condition/{id_}{slash}"):
        answer = await leaks.ask(NURSE, "POST", "", json=batch_of(path, path.removeprefix("/")))
        assert mark("open").encode() not in answer.body or slash in {"//", "/./"}, answer.body
    control = await leaks.ask(NURSE, "GET", f"/Condition/{id_}")
    assert control.status == 200


@pytest.mark.parametrize(
    "path", ["%2fCondition/{id}", "/%2e%2e/fhir/Condition/{id}", "/Condition/{id}%00", "/Condition/{id}%20"]
)
async def test_no_address_reaches_a_record_by_another_name(leaks: LeakWorld, path: str) -> None:
    base = "http://127.0.0.1:8000/fhir"
    answer = await leaks.ask(NURSE, "GET", base + path.format(id=leaks.ids["open"]))
    assert answer.status == 404
    hidden = await leaks.ask(GP, "GET", base + path.format(id=leaks.ids["label"]))
    absent = await leaks.ask(GP, "GET", base + path.format(id=leaks.never[ANNA]))
    assert told(hidden) == told(absent)


async def test_a_record_of_the_log_is_named_by_no_address(leaks: LeakWorld) -> None:
    """It is read as a part of the log, and by nobody by itself."""
    answer = await leaks.ask(CITIZEN, "GET", f"/AuditEvent?patient={leaks.patients[ANNA]}&_count=3")
    names = [entry["fullUrl"] for entry in answer.json["entry"]]
    assert len(set(names)) == 3
    assert all(name.startswith("urn:uuid:") for name in names)
    for entry in answer.json["entry"]:
        for who in CALLER_OF.values():
            if who.enters:
                path = f"/AuditEvent/{entry['resource']['id']}"
                assert (await leaks.ask(who, "GET", path)).status == 404


@pytest.mark.parametrize("id_", [ANNA[1], f"{ANNA[1][:6]}-{ANNA[1][6:]}", f"x-{BO[1]}", f"{BO[1]}.1", "010190-1XX7"])
async def test_a_request_is_not_named_by_a_persons_number(leaks: LeakWorld, id_: str) -> None:
    """What a caller calls its request stands in the log of the service and in the record: never a number."""
    answer = await leaks.ask(NURSE, "GET", f"/Condition/{leaks.ids['open']}", headers={"X-Request-Id": id_})
    assert answer.status == 200
    assert dict(answer.headers)["x-request-id"] != id_
    for given in ("7c9e6679-7425-40de-944b-e07fc1f90ae7", "req-1", "20261122.101500.12"):
        answer = await leaks.ask(NURSE, "GET", f"/Condition/{leaks.ids['open']}", headers={"X-Request-Id": given})
        assert dict(answer.headers)["x-request-id"] == given
