"""transaction and batch over HTTP. Source: https://hl7.org/fhir/R4/http.html#transaction"""

import json
from typing import Any

import pytest
from rest_builders import JSON_HEADERS, bundle, condition, created, entry, observation, statuses, subject
from served import BASE, NANCY, World, issues

OTHER = ("urn:oid:1.2.208.176.1.2", "0201609995")
URN = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"
URN_2 = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0b"
ABSENT = "aaaaaaaaaaaaaaaaaaaaaaaaaa"


def seen(**more: Any) -> dict[str, Any]:
    return dict(json.loads(observation(**more)))


async def test_an_empty_transaction_and_batch_are_answered_empty(world: World) -> None:
    gp = world.as_("gp")
    for kind in ("transaction", "batch"):
        answer = await gp.post("", json=bundle(kind=kind))
        assert (answer.status_code, answer.json()["type"]) == (200, f"{kind}-response")
        assert "entry" not in answer.json()


@pytest.mark.parametrize("address", ["", "/"])
async def test_a_transaction_is_posted_to_the_base_with_or_without_a_slash(world: World, address: str) -> None:
    answer = await world.as_("gp").post(address, json=bundle(entry(condition())))
    assert statuses(answer) == ["201"]


async def test_references_by_urn_are_resolved_to_what_was_stored(world: World) -> None:
    gp = world.as_("gp")
    answer = await gp.post(
        "",
        json=bundle(
            entry(seen(focus=[{"reference": URN}], derivedFrom=[]) | {"derivedFrom": [{"reference": URN_2}]}),
            entry(condition(evidence=[{"detail": [{"reference": URN_2}]}]), full_url=URN),
            entry(seen(note=[{"text": f"not a reference: {URN}"}]), full_url=URN_2),
        ),
    )
    first, second, third = [part["resource"] for part in answer.json()["entry"]]
    assert first["focus"] == [{"reference": f"Condition/{second['id']}"}]
    assert first["derivedFrom"] == [{"reference": f"Observation/{third['id']}"}]
    assert second["evidence"] == [{"detail": [{"reference": f"Observation/{third['id']}"}]}]
    assert third["note"] == [{"text": f"not a reference: {URN}"}]
    assert (await gp.get(f"/Observation/{first['id']}")).json() == first


async def test_relative_references_are_resolved_against_the_full_urls(world: World) -> None:
    answer = await world.as_("gp").post(
        "",
        json=bundle(
            entry(condition(), full_url="https://eoj.example.org/fhir/Condition/c1"),
            entry(seen(focus=[{"reference": "Condition/c1"}]), full_url="https://eoj.example.org/fhir/Observation/o1"),
            entry(seen(focus=[{"reference": "Condition/c2"}]), full_url="https://eoj.example.org/fhir/Observation/o2"),
        ),
    )
    first, second, third = [part["resource"] for part in answer.json()["entry"]]
    assert second["focus"] == [{"reference": f"Condition/{first['id']}"}]
    assert third["focus"] == [{"reference": "Condition/c2"}], "a dangling reference stays as it is"


async def test_the_answer_keeps_the_order_and_says_where_each_one_is(world: World) -> None:
    answer = await world.as_("gp").post("", json=bundle(entry(seen()), entry(condition()), entry(seen(code="8310-5"))))
    body = answer.json()
    assert body["type"] == "transaction-response"
    assert [part["resource"]["resourceType"] for part in body["entry"]] == ["Observation", "Condition", "Observation"]
    for part in body["entry"]:
        resource = part["resource"]
        address = f"{BASE}/{resource['resourceType']}/{resource['id']}"
        assert part["fullUrl"] == address
        assert part["response"]["location"] == f"{address}/_history/1"
        assert part["response"]["etag"] == 'W/"1"'
        assert part["response"]["lastModified"] == resource["meta"]["lastUpdated"]


async def test_prefer_minimal_leaves_the_resources_out(world: World) -> None:
    answer = await world.as_("gp").post("", json=bundle(entry(seen())), headers={"Prefer": "return=minimal"})
    assert "resource" not in answer.json()["entry"][0]
    assert answer.json()["entry"][0]["response"]["location"]


async def test_put_delete_and_get_entries_do_what_the_interactions_do(world: World) -> None:
    gp = world.as_("gp")
    kept, changed, gone = [(await created(world)).json()["id"] for _ in range(3)]
    answer = await gp.post(
        "",
        json=bundle(
            entry(None, "GET", f"Observation/{kept}"),
            entry(seen(id=changed, status="amended"), "PUT", f"Observation/{changed}", ifMatch='W/"1"'),
            entry(None, "DELETE", f"Observation/{gone}"),
            entry(None, "GET", f"Observation/{changed}"),
            entry(None, "GET", f"Condition?patient.identifier={'|'.join(NANCY)}&_count=1"),
        ),
    )
    assert statuses(answer) == ["200", "200", "204", "200", "200"]
    parts = answer.json()["entry"]
    assert parts[0]["resource"]["id"] == kept
    assert parts[3]["resource"]["status"] == "amended", "reading comes after writing"
    assert parts[4]["resource"]["type"] == "searchset"
    assert (await gp.get(f"/Observation/{gone}")).status_code == 410


async def test_one_wrong_if_match_undoes_the_whole_transaction(world: World) -> None:
    id_, before = (await created(world)).json()["id"], await world.row_counts()
    answer = await world.as_("gp").post(
        "",
        json=bundle(entry(condition()), entry(seen(id=id_), "PUT", f"Observation/{id_}", ifMatch='W/"7"')),
    )
    assert answer.status_code == 412
    assert issues(answer)[0]["code"] == "conflict"
    assert await world.row_counts() == before


@pytest.mark.parametrize(
    "bad",
    [
        entry(None, "DELETE", f"Observation/{ABSENT}"),
        entry(None, "GET", f"Observation/{ABSENT}"),
        entry(None, "GET", "Observation?unknown=1"),
        entry(None, "GET", "Spaceship/1"),
        entry(None, "GET", "Observation/a/b/c/d"),
        entry(seen(id=ABSENT), "PUT", f"Observation/{ABSENT}"),
        entry(condition(), "POST", "Observation"),
        entry(condition(), "PATCH", "Condition/1"),
        entry(condition(), "POST", "Condition/1"),
        entry(condition(), "PUT", "Condition"),
        entry(condition(), "PUT", "Condition?identifier=a|b"),
        entry(None, "POST", "Condition"),
        entry({"resourceType": "Spaceship"}, "POST", "Spaceship"),
        entry({"resourceType": "Account", "status": "active"}, "POST", "Account"),
        entry(condition(), ifMatch="nonsense"),
        entry(condition(), ifNoneExist="code=1"),
        entry(condition(), ifNoneExist="identifer=a|b"),
        {"resource": condition()},
        entry(condition(code={"coding": []})),
        entry(condition(subject={"reference": "Patient/unknown"})),
        entry(condition(OTHER)),
    ],
    ids=str,
)
async def test_one_bad_entry_means_that_nothing_is_stored(world: World, bad: dict[str, Any]) -> None:
    before = await world.row_counts()
    answer = await world.as_("gp").post("", json=bundle(entry(condition()), bad, entry(seen())))
    assert 400 <= answer.status_code < 500 or answer.status_code == 501
    assert issues(answer)
    assert await world.row_counts() == before


async def test_every_fault_of_every_entry_is_named_where_it_stands(world: World) -> None:
    answer = await world.as_("gp").post(
        "",
        json=bundle(
            entry(seen(status="finished")),
            entry(condition(recordedDate="2026-02-30")),
            entry(condition(), ifMatch="nonsense"),
        ),
    )
    assert answer.status_code == 422
    paths = [path for issue in issues(answer) for path in issue.get("expression", [])]
    assert "Bundle.entry[0].resource.status" in paths
    assert "Bundle.entry[1].resource.recordedDate" in paths


async def test_request_faults_are_named_together(world: World) -> None:
    answer = await world.as_("gp").post(
        "", json=bundle(entry(condition(), ifMatch="nonsense"), entry(condition(), "POST", "Observation"))
    )
    assert answer.status_code == 422
    assert [issue["expression"][0] for issue in issues(answer)] == [
        "Bundle.entry[0].request.ifMatch",
        "Bundle.entry[1].resource",
    ]


async def test_a_transaction_about_two_citizens_is_refused_with_each_stray_entry_named(world: World) -> None:
    before = await world.row_counts()
    answer = await world.as_("gp").post(
        "", json=bundle(entry(seen()), entry(seen(citizen=OTHER)), entry(condition()), entry(condition(OTHER)))
    )
    assert answer.status_code == 422
    assert [issue["expression"][0] for issue in issues(answer)] == [
        "Bundle.entry[1].resource",
        "Bundle.entry[3].resource",
    ]
    assert NANCY[1] not in answer.text
    assert OTHER[1] not in answer.text
    assert await world.row_counts() == before


async def test_the_same_resource_or_full_url_twice_is_refused(world: World) -> None:
    id_ = (await created(world)).json()["id"]
    for parts in (
        [entry(seen(), full_url=URN), entry(condition(), full_url=URN)],
        [entry(None, "DELETE", f"Observation/{id_}"), entry(seen(id=id_), "PUT", f"Observation/{id_}")],
    ):
        before = await world.change()
        answer = await world.as_("gp").post("", json=bundle(*parts))
        assert answer.status_code == 422
        assert await world.change() == before


async def test_if_none_exist_in_a_transaction_finds_what_is_there_and_references_follow(world: World) -> None:
    identifier = {"system": "https://example.org/conditions", "value": "tx-once"}
    gp, condition_url = world.as_("gp"), "identifier=https://example.org/conditions|tx-once"
    first = await gp.post("", json=bundle(entry(condition(identifier=[identifier]), ifNoneExist=condition_url)))
    again = await gp.post(
        "",
        json=bundle(
            entry(condition(identifier=[identifier]), full_url=URN, ifNoneExist=condition_url),
            entry(seen(focus=[{"reference": URN}])),
        ),
    )
    assert statuses(first) == ["201"]
    assert statuses(again) == ["200", "201"]
    id_ = first.json()["entry"][0]["resource"]["id"]
    assert again.json()["entry"][1]["resource"]["focus"] == [{"reference": f"Condition/{id_}"}]


async def test_directory_entries_travel_with_the_citizens_and_are_found_again(world: World) -> None:
    organisation = {
        "resourceType": "Organization",
        "identifier": [{"system": "https://example.org/units", "value": "u-1"}],
        "name": "Enhed (syntetisk)",
    }
    performed = [{"reference": URN}]
    parts = bundle(entry(seen(performer=performed)), entry(organisation, full_url=URN))
    system = world.as_("gp-system")
    first, again = await system.post("", json=parts), await system.post("", json=parts)
    assert statuses(first) == ["201", "201"]
    assert statuses(again) == ["201", "200"]
    one = first.json()["entry"][1]["resource"]["id"]
    assert again.json()["entry"][1]["resource"]["id"] == one
    assert again.json()["entry"][0]["resource"]["performer"] == [{"reference": f"Organization/{one}"}]


async def test_a_patients_links_that_lead_nowhere_stay_as_they_are_and_to_another_citizen_are_refused(
    world: World,
) -> None:
    def linked(other: dict[str, Any]) -> dict[str, Any]:
        return {
            "resourceType": "Patient",
            "identifier": [{"system": NANCY[0], "value": NANCY[1]}],
            "name": [{"family": "Berggren", "given": ["Nancy"]}],
            "link": [{"type": "seealso", "other": other}],
        }

    system = world.as_("gp-system")
    dangling = await system.post("/Patient", json=linked({"reference": "Patient/Lonni"}))
    assert dangling.status_code in {200, 201}, dangling.text
    assert dangling.json()["link"][0]["other"] == {"reference": "Patient/Lonni"}
    other = await system.post("/Patient", json=linked({"identifier": {"system": OTHER[0], "value": OTHER[1]}}))
    assert other.status_code == 422
    assert issues(other)[0]["expression"] == ["Patient.link[0].other"]


async def test_units_that_share_a_company_number_stay_apart(world: World) -> None:
    company = {"system": "http://cvr.dk", "value": "29190623"}

    def unit(sor: str | None) -> dict[str, Any]:
        own = [{"system": "urn:oid:1.2.208.176.1.1", "value": sor}] if sor else []
        return {"resourceType": "Organization", "identifier": [company, *own], "name": f"Enhed {sor} (syntetisk)"}

    system = world.as_("gp-system")
    answers = [await system.post("/Organization", json=unit(sor)) for sor in ("900001", "900002", None, "900001", None)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 200, 200]
    first, second, company_itself, first_again, company_again = [answer.json()["id"] for answer in answers]
    assert len({first, second, company_itself}) == 3
    assert (first_again, company_again) == (first, company_itself)


async def test_a_new_citizen_comes_with_her_first_transaction(world: World) -> None:
    number = ("urn:oid:1.2.208.176.1.6.1.3", "0101900AB5")
    system = world.as_("gp-system")
    patient = {
        "resourceType": "Patient",
        "identifier": [{"system": number[0], "value": number[1]}],
        "name": [{"family": "Ny", "given": ["Syntetisk"]}],
        "birthDate": "1990-01-01",
    }
    answer = await system.post(
        "", json=bundle(entry(patient, full_url=URN), entry(condition() | {"subject": {"reference": URN}}))
    )
    assert statuses(answer) == ["201", "201"]
    assert answer.json()["entry"][1]["resource"]["subject"] == {
        "reference": f"Patient/{answer.json()['entry'][0]['resource']['id']}"
    }
    assert await world.change(number) > 0


# batch


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        (entry(None, "GET", f"Observation/{ABSENT}"), "404"),
        (entry(None, "GET", "Observation?unknown=1"), "400"),
        (entry(None, "GET", "Spaceship/1"), "404"),
        (entry(None, "GET", "Observation/a/b/c/d"), "501"),
        (entry(None, "DELETE", f"Observation/{ABSENT}"), "404"),
        (entry(seen(id=ABSENT), "PUT", f"Observation/{ABSENT}"), "404"),
        (entry(condition(), "POST", "Observation"), "4"),
        (entry(condition(), "PATCH", "Condition/1"), "4"),
        (entry(condition(), "POST", "Condition/1"), "4"),
        (entry(condition(), "PUT", "Condition?identifier=a|b"), "4"),
        (entry(None, "POST", "Condition"), "4"),
        (entry({"resourceType": "Account", "status": "active"}, "POST", "Account"), "4"),
        (entry(condition(), ifMatch="nonsense"), "4"),
        (entry(condition(), ifNoneExist="code=1"), "400"),
        ({"resource": condition()}, "4"),
        (entry(condition(subject={"reference": "Patient/unknown"})), "422"),
        (entry(condition(recordedDate="2026-02-30")), "422"),
        (entry(seen(status="finished")), "422"),
        (entry(seen(nonsense=1)), "422"),
    ],
    ids=str,
)
async def test_one_bad_entry_never_fails_the_rest_of_a_batch(world: World, bad: dict[str, Any], status: str) -> None:
    answer = await world.as_("gp").post("", json=bundle(entry(condition()), bad, entry(seen()), kind="batch"))
    found = statuses(answer)
    assert (found[0], found[2], len(found)) == ("201", "201", 3)
    assert found[1].startswith(status), answer.text
    outcome = answer.json()["entry"][1]["response"]["outcome"]
    assert outcome["resourceType"] == "OperationOutcome"
    paths = [path for issue in outcome["issue"] for path in issue.get("expression", [])]
    assert all(path.startswith("Bundle.entry[1]") for path in paths if path.startswith("Bundle")), paths


async def test_a_batch_is_not_bound_to_one_citizen(world: World) -> None:
    answer = await world.as_("gp-system").post("", json=bundle(entry(seen()), entry(seen(citizen=OTHER)), kind="batch"))
    assert statuses(answer) == ["201", "201"]


async def test_a_batch_answers_a_refused_citizen_like_one_it_does_not_know(world: World) -> None:
    def about(citizen: tuple[str, str]) -> dict[str, Any]:
        return entry(None, "GET", f"Condition?patient.identifier={'|'.join(citizen)}")

    answer = await world.as_("surgeon").post(
        "", json=bundle(about(NANCY), about((NANCY[0], "0101010000")), kind="batch")
    )
    assert statuses(answer) == ["403", "403"]
    first, second = answer.json()["entry"]
    assert first == second


@pytest.mark.parametrize("kind", ["document", "message", "collection", "searchset", "history", "transaction-response"])
async def test_other_bundles_are_not_taken_at_the_base(world: World, kind: str) -> None:
    answer = await world.as_("gp").post("", json={"resourceType": "Bundle", "type": kind})
    assert answer.status_code == 422
    assert issues(answer)


async def test_no_bundle_at_the_base_is_refused(world: World) -> None:
    answer = await world.as_("gp").post("", content=observation(), headers=JSON_HEADERS)
    assert answer.status_code in {400, 422}
    assert issues(answer)


async def test_a_transaction_with_too_many_entries_is_refused(world: World) -> None:
    before = await world.change()
    answer = await world.as_("gp").post("", json=bundle(*[entry(seen())] * 2001))
    assert answer.status_code in {413, 422}
    assert issues(answer)[0]["code"] == "too-costly"
    assert await world.change() == before


async def test_a_subject_by_absolute_address_of_ours_is_the_citizen(world: World) -> None:
    gp = world.as_("gp")
    found = (await gp.get("/Patient", params={"identifier": "|".join(NANCY)})).json()["entry"][0]["resource"]["id"]
    for reference in (f"Patient/{found}", f"{BASE}/Patient/{found}"):
        answer = await gp.post("", json=bundle(entry(condition(subject={"reference": reference}))))
        assert statuses(answer) == ["201"]
    assert subject()["identifier"]["value"] == NANCY[1]
