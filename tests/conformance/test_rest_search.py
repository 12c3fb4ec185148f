"""Search within a citizen over HTTP. Source: https://hl7.org/fhir/R4/search.html"""

from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from rest_builders import created, observation
from served import BASE, NANCY, World, issues, resources_in

NUMBER = "|".join(NANCY)
FOUND = {"patient.identifier": NUMBER}


async def pages(client: httpx2.AsyncClient, answer: httpx2.Response) -> list[dict[str, Any]]:
    """Return the resources of a search to its end, by its next links."""
    found = resources_in(answer)
    while following := link(answer, "next"):
        assert following.startswith(f"{BASE}/")
        answer = await client.get(following)
        found += resources_in(answer)
    return found


def link(answer: httpx2.Response, relation: str) -> str | None:
    links = answer.json().get("link", [])
    return next((one["url"] for one in links if one["relation"] == relation), None)


async def nancy(world: World) -> str:
    """Return the id of her Patient."""
    return str(resources_in(await world.as_("gp").get("/Patient", params={"identifier": NUMBER}))[0]["id"])


async def test_get_post_and_compartment_find_the_same(world: World) -> None:
    gp, id_ = world.as_("gp"), await nancy(world)
    same = {"code": "http://loinc.org|8480-6,http://loinc.org|8867-4", "_sort": "-date", "_count": "5"}
    answers = [
        await gp.get("/Observation", params={**FOUND, **same}),
        await gp.post("/Observation/_search", data={**FOUND, **same}),
        await gp.post("/Observation/_search", params=FOUND, data=same),
        await gp.get("/Observation", params={"patient": id_, **same}),
        await gp.get("/Observation", params={"patient": f"Patient/{id_}", **same}),
        await gp.get("/Observation", params={"patient": f"{BASE}/Patient/{id_}", **same}),
        await gp.get("/Observation", params={"subject": f"Patient/{id_}", **same}),
        await gp.get("/Observation", params={"patient:identifier": NUMBER, **same}),
        await gp.get(f"/Patient/{id_}/Observation", params=same),
        await gp.post(f"/Patient/{id_}/Observation/_search", data=same),
    ]
    first, *others = [resources_in(answer) for answer in answers]
    assert len(first) == 5
    for found in others:
        assert found == first
    for answer in answers:
        assert {part["search"]["mode"] for part in answer.json()["entry"]} == {"match"}
        assert all(part["fullUrl"].startswith(f"{BASE}/Observation/") for part in answer.json()["entry"])


async def test_no_link_and_no_address_of_ours_holds_an_identifier(world: World) -> None:
    gp = world.as_("gp")
    answer = await gp.post("/Observation/_search", data={**FOUND, "_count": "1"})
    for relation in ("self", "next"):
        url = link(answer, relation)
        assert url is not None
        assert url.startswith(f"{BASE}/Observation?")
        assert NANCY[1] not in url
    again = await gp.get(str(link(answer, "self")))
    assert resources_in(again) == resources_in(answer)


async def test_paging_shows_each_resource_once_to_the_end(world: World) -> None:
    gp = world.as_("gp")
    whole = resources_in(await gp.post("/Observation/_search", data={**FOUND, "_count": "500"}))
    paged = await pages(gp, await gp.post("/Observation/_search", data={**FOUND, "_count": "37"}))
    assert len(whole) > 37
    assert Counter(one["id"] for one in paged) == Counter(one["id"] for one in whole)


@pytest.mark.parametrize("sort", ["date", "-date", "_lastUpdated", "-_lastUpdated"])
async def test_sorted_paging_is_in_order_and_complete(world: World, sort: str) -> None:
    gp = world.as_("gp")
    total = resources_in(await gp.post("/Observation/_search", data={**FOUND, "_count": "500"}))
    found = await pages(gp, await gp.post("/Observation/_search", data={**FOUND, "_sort": sort, "_count": "41"}))
    assert {one["id"] for one in found} == {one["id"] for one in total}
    assert len(found) == len(total)
    if "Updated" in sort:
        keys = [one["meta"]["lastUpdated"] for one in found]
        assert keys == sorted(keys, reverse=sort.startswith("-"))


async def test_what_does_not_change_during_paging_appears_exactly_once(world: World) -> None:
    gp, data = world.as_("gp"), {**FOUND, "_count": "20"}
    before = {one["id"] for one in resources_in(await gp.post("/Observation/_search", data={**FOUND, "_count": "500"}))}
    answer = await gp.post("/Observation/_search", data=data)
    seen, added, removed = [one["id"] for one in resources_in(answer)], [], set()
    while following := link(answer, "next"):
        added.append((await created(world)).json()["id"])
        if len(added) > 1:
            removed.add(added[-2])
            assert (await gp.delete(f"/Observation/{added[-2]}")).status_code == 204
        answer = await gp.get(following)
        seen += [one["id"] for one in resources_in(answer)]
        assert len(added) < 60
    counted = Counter(seen)
    assert {id_: counted[id_] for id_ in before} == dict.fromkeys(before, 1)
    assert all(counted[id_] <= 1 for id_ in added)


async def test_total_is_given_when_asked_for_and_true(world: World) -> None:
    gp = world.as_("gp")
    asked = (await gp.post("/Observation/_search", data={**FOUND, "_total": "accurate", "_count": "3"})).json()
    everything = resources_in(await gp.post("/Observation/_search", data={**FOUND, "_count": "500"}))
    assert asked["total"] == len(everything)
    assert len(asked["entry"]) == 3
    assert (await gp.post("/Observation/_search", data={**FOUND, "_total": "maybe"})).status_code == 400


@pytest.mark.parametrize("how", [{"_count": "0"}, {"_summary": "count"}, {"_count": "0", "_totalMethod": "count"}])
async def test_counting_alone_answers_a_total_without_entries(world: World, how: dict[str, str]) -> None:
    body = (await world.as_("gp").post("/Observation/_search", data={**FOUND, **how})).json()
    assert body["total"] > 0
    assert "entry" not in body


@pytest.mark.parametrize(
    "bad",
    [
        {"nonsense": "1"},
        {"code:nonsense": "1"},
        {"_sort": "nonsense"},
        {"_sort": "code"},
        {"_sort": ""},
        {"_count": "x"},
        {"_count": "-1"},
        {"_include": "Observation:subject"},
        {"_revinclude": "Provenance:target"},
        {"_has:Observation:patient:code": "1"},
        {"date": "2026-13"},
        {"date": "zz2026"},
        {"date": ""},
        {"_lastUpdated": "yesterday"},
        {"value-quantity": "x"},
        {"subject.name": "Nancy"},
        {"_elements": "code"},
        {"_summary": "true"},
        {"_cursor": "AAAA"},
        {"_filter": "code eq 1"},
        {"_query": "x"},
        {"code": "a" * 3000},
        {"code": "\x00"},
    ],
    ids=str,
)
async def test_what_is_not_understood_is_refused_and_never_ignored(world: World, bad: dict[str, str]) -> None:
    answer = await world.as_("gp").post("/Observation/_search", data={**FOUND, **bad})
    assert answer.status_code == 400
    assert NANCY[1] not in answer.text
    assert issues(answer)[0]["code"] in {"not-supported", "value", "invalid", "required", "too-costly"}


async def test_every_fault_of_a_search_is_named_at_once(world: World) -> None:
    answer = await world.as_("gp").post("/Observation/_search", data={**FOUND, "a": "1", "b": "2", "date": "x"})
    assert len(issues(answer)) == 3


async def test_a_lenient_search_says_what_it_ignored(world: World) -> None:
    gp = world.as_("gp")
    answer = await gp.post(
        "/Observation/_search",
        data={**FOUND, "_count": "2", "nonsense": "1"},
        headers={"Prefer": "handling=lenient"},
    )
    outcomes = [part for part in answer.json()["entry"] if part["search"]["mode"] == "outcome"]
    assert len(resources_in(answer, "Observation")) == 2
    assert "`nonsense`" in outcomes[0]["resource"]["issue"][0]["diagnostics"]
    assert outcomes[0]["resource"]["issue"][0]["severity"] == "warning"
    assert [part["search"]["mode"] for part in (await gp.get(str(link(answer, "self")))).json()["entry"]][:2] == [
        "match"
    ] * 2
    strict = await gp.post("/Observation/_search", data={**FOUND, "x": "1"}, headers={"Prefer": "handling=strict"})
    assert strict.status_code == 400


async def test_a_search_names_its_citizen(world: World) -> None:
    gp, id_ = world.as_("gp"), await nancy(world)
    for data in (
        {},
        {"code": "8867-4"},
        {"patient": ""},
        {"patient": id_, "subject": id_},
        {"patient": f"{id_},{id_}"},
    ):
        answer = await gp.post("/Observation/_search", data=data)
        assert answer.status_code == 400, answer.text
        assert issues(answer)
    twice = await gp.get(f"/Patient/{id_}/Observation", params={"patient": id_})
    assert twice.status_code == 400


async def test_unknown_unrelated_and_impossible_citizens_are_refused_alike(world: World) -> None:
    surgeon, id_ = world.as_("surgeon"), await nancy(world)
    answers = [
        await surgeon.post("/Observation/_search", data=data)
        for data in (
            FOUND,
            {"patient.identifier": f"{NANCY[0]}|0101010000"},
            {"patient": id_},
            {"patient": "aaaaaaaaaaaaaaaaaaaaaaaaaa"},
            {"patient": "no-id-of-ours"},
        )
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1
    by_id = [
        await surgeon.post("/Observation/_search", data={"_id": each})
        for each in ((await created(world)).json()["id"], "aaaaaaaaaaaaaaaaaaaaaaaaaa", "no-id-of-ours")
    ]
    assert [resources_in(answer) for answer in by_id] == [[], [], []]


async def test_an_identifier_finds_one_master_and_no_other_patient(world: World) -> None:
    gp = world.as_("gp")
    for answer in (
        await gp.get("/Patient", params={"identifier": NUMBER}),
        await gp.post("/Patient/_search", data={"identifier": NUMBER}),
    ):
        (patient,) = resources_in(answer)
        assert (patient["resourceType"], patient["identifier"][0]["value"]) == ("Patient", NANCY[1])
        assert answer.json().get("total", 1) == 1
    assert (await gp.get(f"/Patient/{patient['id']}")).status_code == 200


@pytest.mark.parametrize(
    ("asked", "hits"),
    [
        ({"date": "2019-05-17"}, 1),
        ({"date": "eq2019-05"}, 1),
        ({"date": "ge2019-05-17T08:00:00Z", "_lastUpdated": "ge2000"}, 1),
        ({"date": "gt2019-05-17T08:30:00Z"}, 0),
        ({"date": "lt2019-05-17T10:30:00+02:00"}, 0),
        ({"date": "le2019-05-17T10:30:00+02:00"}, 1),
        ({"date": "sa2019-05-16"}, 1),
        ({"date": "eb2019-05-17"}, 0),
        ({"date": "ne2019-05-17"}, 0),
        ({"date": ["ge2019-05-01", "lt2019-06-01"]}, 1),
        ({"code": "http://loinc.org|99999-9"}, 1),
        ({"code": "99999-9"}, 1),
        ({"code": "http://loinc.org|"}, 1),
        ({"code": "|99999-9"}, 0),
        ({"code": "urn:other|99999-9"}, 0),
        ({"code": "a,99999-9"}, 1),
        ({"code": ["a", "99999-9"]}, 0),
        ({"code:not": "99999-9"}, 0),
        ({"code:missing": "true"}, 0),
        ({"value-quantity": "61"}, 1),
        ({"value-quantity": "61|http://unitsofmeasure.org|/min"}, 1),
        ({"value-quantity": "gt61"}, 0),
        ({"status": "final"}, 1),
        ({"status": "preliminary"}, 0),
        ({"identifier": "https://example.org/o|search-1"}, 1),
        ({"identifier": "search-1"}, 1),
        ({"code": "99999\\-9"}, 0),
    ],
    ids=str,
)
async def test_each_kind_of_parameter_finds_what_it_should(world: World, asked: dict[str, Any], hits: int) -> None:
    own = {"code": "99999-9", "identifier": [{"system": "https://example.org/o", "value": "search-1"}]}
    gp, marked = world.as_("gp"), {"identifier": "https://example.org/o|search-1"}
    if not resources_in(await gp.post("/Observation/_search", data={**FOUND, **marked})):
        await created(world, observation(value="61", effectiveDateTime="2019-05-17T10:30:00+02:00", **own))
    data: dict[str, Any] = {**FOUND, **asked}
    if "date" in asked:
        data.setdefault("code", "99999-9")
    answer = await gp.post("/Observation/_search", data={**data, "_total": "accurate", "_count": "500"})
    found = [one for one in resources_in(answer) if one.get("identifier", [{}])[0].get("value") == "search-1"]
    assert len(found) == hits, answer.text[:500]


async def test_several_ids_find_several_resources_of_one_citizen(world: World) -> None:
    gp = world.as_("gp")
    ids = [(await created(world)).json()["id"] for _ in range(2)]
    asked = {"_id": ",".join([*ids, "aaaaaaaaaaaaaaaaaaaaaaaaaa"])}
    for more in ({}, {"patient": await nancy(world)}):
        answer = await gp.get("/Observation", params=asked | more)
        assert {one["id"] for one in resources_in(answer)} == set(ids)


async def test_the_log_is_searched_by_patient_and_date(world: World) -> None:
    citizen = world.as_("citizen")
    await world.as_("gp").get(f"/Patient/{await nancy(world)}")
    found = resources_in(await citizen.post("/AuditEvent/_search", data={**FOUND, "_count": "2"}))
    assert [one["resourceType"] for one in found] == ["AuditEvent"] * 2
    assert [one["recorded"] for one in found] == sorted((one["recorded"] for one in found), reverse=True)
    assert resources_in(await citizen.post("/AuditEvent/_search", data={**FOUND, "date": "lt2000"})) == []
    assert (await citizen.post("/AuditEvent/_search", data={**FOUND, "agent": "x"})).status_code == 400
    assert (await world.as_("gp").post("/AuditEvent/_search", data=FOUND)).status_code == 403


async def test_the_directory_is_searched_without_a_citizen(world: World) -> None:
    gp = world.as_("gp")
    system = world.as_("gp-system")
    unit = {
        "resourceType": "Organization",
        "identifier": [{"system": "https://example.org/units", "value": "found-me"}],
        "name": "Æblehaven (syntetisk)",
    }
    await system.post("/Organization", json=unit)
    for asked in (
        {"identifier": "https://example.org/units|found-me"},
        {"name": "æble"},
        {"name:exact": "Æblehaven (syntetisk)"},
        {"name:contains": "haven"},
    ):
        found = resources_in(await gp.get("/Organization", params=asked))
        assert [one["name"] for one in found] == ["Æblehaven (syntetisk)"], asked


async def test_a_cursor_is_bound_to_its_caller_and_its_type(world: World) -> None:
    answer = await world.as_("gp").post("/Observation/_search", data={**FOUND, "_count": "1"})
    following = str(link(answer, "next"))
    stranger = await world.as_("surgeon").get(following)
    assert stranger.status_code in {400, 403}
    query = urlsplit(following).query
    assert (await world.as_("gp").get(f"/Condition?{query}")).status_code == 400
    assert (await world.as_("gp").get(f"/Observation?{query[:-3]}AAA")).status_code == 400
    assert (await world.as_("gp").get(f"/Observation?{query}&code=1")).status_code == 400
