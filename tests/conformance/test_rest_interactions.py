"""read, vread, history, create, update and delete over HTTP. Source: https://hl7.org/fhir/R4/http.html"""

import re
from email.utils import parsedate_to_datetime

import pytest
from rest_builders import JSON_HEADERS, created, members, observation, with_id
from served import BASE, FHIR_JSON, World, issues

ABSENT = "aaaaaaaaaaaaaaaaaaaaaaaaaa"


async def test_create_answers_201_with_location_etag_and_the_stored_resource(world: World) -> None:
    answer = await created(world)
    body = answer.json()
    assert answer.headers["location"] == f"{BASE}/Observation/{body['id']}/_history/1"
    assert answer.headers["etag"] == 'W/"1"'
    assert parsedate_to_datetime(answer.headers["last-modified"]).tzinfo is not None
    assert body["meta"]["versionId"] == "1"
    assert body["meta"]["lastUpdated"].endswith("Z")
    assert answer.headers["content-type"] == f"{FHIR_JSON}; charset=utf-8"


async def test_what_was_created_is_read_back_byte_for_byte_with_its_decimals(world: World) -> None:
    odd = b' , "note" :[{"text":"\\u00e6 \xc3\xb8 \\/"}],\n "component":[{"code":{"text":"x"},"valueQuantity":{"value":1.0e2}}] }'
    sent = observation(value="1.10")[:-1] + odd
    answer = await created(world, sent)
    read = await world.as_("gp").get(f"/Observation/{answer.json()['id']}")
    assert read.content == answer.content
    assert members(read.content) == members(sent)
    assert list(members(read.content)) == list(members(sent))
    assert b'"value": 1.10' in read.content


async def test_a_clients_own_id_and_version_are_not_kept(world: World) -> None:
    answer = await created(world, with_id(observation(meta={"versionId": "7"}), "mine"))
    assert answer.json()["id"] != "mine"
    assert answer.json()["meta"]["versionId"] == "1"


async def test_read_carries_etag_and_last_modified_and_answers_304_to_a_known_one(world: World) -> None:
    id_ = (await created(world)).json()["id"]
    gp = world.as_("gp")
    read = await gp.get(f"/Observation/{id_}")
    tag = read.headers["etag"]
    assert read.status_code == 200
    assert re.fullmatch(r'W/"1-[0-9a-f]{16}"', tag)
    assert "last-modified" in read.headers
    for known in (tag, tag.removeprefix("W/"), f'W/"9", {tag}', "*"):
        again = await gp.get(f"/Observation/{id_}", headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b""), known
        assert again.headers["etag"] == tag
    # A version alone does not say in which form it was shown.
    for other in ('W/"2"', 'W/"1"', tag.replace("1-", "2-")):
        assert (await gp.get(f"/Observation/{id_}", headers={"If-None-Match": other})).status_code == 200
    vread = await gp.get(f"/Observation/{id_}/_history/1", headers={"If-None-Match": tag})
    assert (vread.status_code, vread.headers["etag"]) == (304, tag)


async def test_the_tag_of_a_read_names_the_version_that_is_changed(world: World) -> None:
    id_ = (await created(world)).json()["id"]
    gp = world.as_("gp")
    for version in (1, 2):
        tag = (await gp.get(f"/Observation/{id_}")).headers["etag"]
        headers = JSON_HEADERS | {"If-Match": tag}
        changed = await gp.put(f"/Observation/{id_}", content=with_id(observation(), id_), headers=headers)
        assert (changed.status_code, changed.headers["etag"]) == (200, f'W/"{version + 1}"')
        stale = await gp.put(f"/Observation/{id_}", content=with_id(observation(), id_), headers=headers)
        assert stale.status_code == 412
    tag = (await gp.get(f"/Observation/{id_}")).headers["etag"]
    entry = {"request": {"method": "DELETE", "url": f"Observation/{id_}", "ifMatch": tag}}
    answer = await gp.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    assert answer.status_code == 200, answer.text


async def test_head_has_the_headers_of_get_and_no_body(world: World) -> None:
    id_ = (await created(world)).json()["id"]
    gp = world.as_("gp")
    get, head = await gp.get(f"/Observation/{id_}"), await gp.head(f"/Observation/{id_}")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "last-modified", "content-length", "content-type"):
        assert head.headers[name] == get.headers[name]
    assert (await gp.head(f"/Observation/{ABSENT}")).status_code == 404
    assert (await world.anonymous().head("/metadata")).status_code == 200


async def test_update_makes_the_next_version_and_keeps_the_old_one(world: World) -> None:
    first = await created(world)
    id_, gp = first.json()["id"], world.as_("gp")
    changed = await gp.put(
        f"/Observation/{id_}",
        content=with_id(observation(value="80.0"), id_),
        headers=JSON_HEADERS | {"If-Match": 'W/"1"'},
    )
    assert (changed.status_code, changed.headers["etag"]) == (200, 'W/"2"')
    assert b"80.0" in (await gp.get(f"/Observation/{id_}")).content
    old = await gp.get(f"/Observation/{id_}/_history/1")
    assert (old.status_code, old.headers["etag"][:5]) == (200, 'W/"1-')
    assert old.content == first.content
    assert (await gp.get(f"/Observation/{id_}/_history/2")).content == changed.content


@pytest.mark.parametrize("version", ["3", "0", "x", "1234567890123", "-1"])
async def test_a_version_that_is_not_there_is_404(world: World, version: str) -> None:
    id_ = (await created(world)).json()["id"]
    answer = await world.as_("gp").get(f"/Observation/{id_}/_history/{version}")
    assert answer.status_code == 404
    assert issues(answer)[0]["code"] == "not-found"


@pytest.mark.parametrize("tag", ['W/"2"', '"2"', "nonsense", 'W/""', "", 'W/"1", W/"2"', "*x"])
async def test_update_and_delete_with_another_or_a_malformed_if_match_change_nothing(world: World, tag: str) -> None:
    id_ = (await created(world)).json()["id"]
    gp, before = world.as_("gp"), await world.change()
    headers = JSON_HEADERS | {"If-Match": tag}
    put = await gp.put(f"/Observation/{id_}", content=with_id(observation(), id_), headers=headers)
    delete = await gp.delete(f"/Observation/{id_}", headers={"If-Match": tag})
    for answer in (put, delete):
        assert answer.status_code in {400, 412}, tag
        assert issues(answer)[0]["code"] in {"conflict", "value"}
    assert await world.change() == before
    assert (await gp.get(f"/Observation/{id_}")).json()["meta"]["versionId"] == "1"


async def test_update_as_create_is_refused(world: World) -> None:
    for id_ in (ABSENT, "my-own-id"):
        answer = await world.as_("gp").put(
            f"/Observation/{id_}", content=with_id(observation(), id_), headers=JSON_HEADERS
        )
        assert answer.status_code == 404
        assert issues(answer)[0]["code"] == "not-found"


async def test_an_id_in_the_body_must_be_the_one_in_the_address(world: World) -> None:
    id_ = (await created(world)).json()["id"]
    for body in (observation(), with_id(observation(), "other")):
        answer = await world.as_("gp").put(f"/Observation/{id_}", content=body, headers=JSON_HEADERS)
        assert answer.status_code == 400
        assert issues(answer)[0]["expression"] == ["Observation.id"]


async def test_a_body_of_another_type_than_the_address_is_refused(world: World) -> None:
    answer = await world.as_("gp").post("/Condition", content=observation(), headers=JSON_HEADERS)
    assert answer.status_code in {400, 422}
    assert issues(answer)[0]["code"] == "invalid"


async def test_deletion_is_gone_idempotent_and_stands_in_history(world: World) -> None:
    id_ = (await created(world)).json()["id"]
    gp = world.as_("gp")
    deleted = await gp.delete(f"/Observation/{id_}", headers={"If-Match": 'W/"1"'})
    assert (deleted.status_code, deleted.content) == (204, b"")
    read = await gp.get(f"/Observation/{id_}")
    assert read.status_code == 410
    assert issues(read)[0]["code"] == "deleted"
    assert (await gp.get(f"/Observation/{id_}/_history/2")).status_code == 410
    assert (await gp.get(f"/Observation/{id_}/_history/1")).status_code == 200
    again = await gp.delete(f"/Observation/{id_}")
    assert again.status_code in {200, 204}
    history = (await gp.get(f"/Observation/{id_}/_history")).json()
    assert [part["request"]["method"] for part in history["entry"]] == ["DELETE", "POST"]
    put = await gp.put(f"/Observation/{id_}", content=with_id(observation(), id_), headers=JSON_HEADERS)
    assert put.status_code in {404, 410}


async def test_a_deletion_is_told_only_to_who_could_see_the_last_version(world: World) -> None:
    id_ = (await created(world)).json()["id"]
    await world.as_("gp").delete(f"/Observation/{id_}")
    assert (await world.as_("home-nurse-b").get(f"/Observation/{id_}")).status_code == 404


async def test_history_is_newest_first_and_a_valid_history_bundle(world: World) -> None:
    id_ = (await created(world)).json()["id"]
    gp = world.as_("gp")
    for value in ("73", "74"):
        await gp.put(f"/Observation/{id_}", content=with_id(observation(value=value), id_), headers=JSON_HEADERS)
    answer = await gp.get(f"/Observation/{id_}/_history")
    bundle = answer.json()
    assert (answer.status_code, bundle["type"], bundle["total"]) == (200, "history", 3)
    assert [part["resource"]["meta"]["versionId"] for part in bundle["entry"]] == ["3", "2", "1"]
    assert [part["request"]["method"] for part in bundle["entry"]] == ["PUT", "PUT", "POST"]
    assert {part["fullUrl"] for part in bundle["entry"]} == {f"{BASE}/Observation/{id_}"}
    assert (await gp.get(f"/Observation/{id_}/_history?_at=2020")).status_code == 400


async def test_only_the_controller_changes_or_withdraws_a_resource(world: World) -> None:
    id_ = (await created(world)).json()["id"]
    before = await world.change()
    for other in ("home-nurse", "hospital-system", "gp-system-2"):
        put = await world.as_(other).put(
            f"/Observation/{id_}", content=with_id(observation(), id_), headers=JSON_HEADERS
        )
        assert put.status_code in {403, 404}, (other, put.text)
        assert (await world.as_(other).delete(f"/Observation/{id_}")).status_code in {403, 404}
    assert await world.change() == before


async def test_absent_and_withheld_ids_get_the_same_404(world: World) -> None:
    id_ = (await created(world)).json()["id"]
    stranger = world.as_("surgeon")
    answers = [await stranger.get(f"/Observation/{one}") for one in (id_, ABSENT, "no.id-of-ours", "1")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


async def test_a_resource_is_not_found_under_another_type(world: World) -> None:
    id_ = (await created(world)).json()["id"]
    assert (await world.as_("gp").get(f"/Condition/{id_}")).status_code == 404


@pytest.mark.parametrize(
    ("prefer", "status", "kind"),
    [
        ("return=minimal", 201, None),
        ("return=representation", 201, "Observation"),
        ("return=OperationOutcome", 201, "OperationOutcome"),
        ("return=presentation", 201, "Observation"),
        ("handling=strict; return=minimal", 201, None),
        ('return="minimal"', 201, None),
    ],
)
async def test_prefer_return_chooses_what_comes_back(world: World, prefer: str, status: int, kind: str | None) -> None:
    answer = await world.as_("gp").post(
        "/Observation", content=observation(), headers=JSON_HEADERS | {"Prefer": prefer}
    )
    assert answer.status_code == status
    assert "location" in answer.headers
    assert (answer.json()["resourceType"] if answer.content else None) == kind


async def test_a_conditional_create_with_a_known_identifier_answers_what_is_there(world: World) -> None:
    identifier = {"system": "https://example.org/observations", "value": "once"}
    raw = observation(identifier=[identifier])
    headers = JSON_HEADERS | {"If-None-Exist": "identifier=https://example.org/observations|once"}
    gp = world.as_("gp")
    first = await gp.post("/Observation", content=raw, headers=headers)
    again = await gp.post("/Observation", content=raw, headers=headers)
    by_query = await gp.post(
        "/Observation",
        params={"identifier": "https://example.org/observations|once"},
        content=raw,
        headers=JSON_HEADERS,
    )
    assert (first.status_code, again.status_code, by_query.status_code) == (201, 200, 200)
    assert again.content == by_query.content == b"", "who may write need not be one who may read"
    assert first.headers["location"] == again.headers["location"] == by_query.headers["location"]
    await created(world, raw)
    several = await gp.post("/Observation", content=raw, headers=headers)
    assert several.status_code == 412
    assert issues(several)[0]["code"] == "duplicate"


@pytest.mark.parametrize("condition", ["identifer=a|b", "code=8867-4", "_id=x", "garbage", "identifier=a|b&_count=1"])
async def test_a_condition_that_is_not_understood_creates_nothing(world: World, condition: str) -> None:
    before = await world.change()
    answer = await world.as_("gp").post(
        "/Observation", content=observation(), headers=JSON_HEADERS | {"If-None-Exist": condition}
    )
    assert answer.status_code == 400
    assert issues(answer)
    assert await world.change() == before


async def test_every_answer_names_its_request(world: World) -> None:
    gp = world.as_("gp")
    given = await gp.get(f"/Observation/{ABSENT}", headers={"X-Request-Id": "our-trace.1"})
    assert given.headers["x-request-id"] == "our-trace.1"
    forged = await gp.get(f"/Observation/{ABSENT}", headers={"X-Request-Id": "a b\x7f"})
    assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", forged.headers["x-request-id"])
    assert forged.headers["cache-control"] == "private, no-cache"
