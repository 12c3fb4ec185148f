"""Journey 2: the municipality pushes habitual status, by transaction and as the report that it already builds."""

import json

from journey import admit, log_of, messages, pull, user_of
from served import NANCY, World, issues, resources_in

from app.demo.personas import PERSONAS

SENDER = "municipality-system"


async def test_the_next_pull_shows_what_was_pushed_in_one_transaction(own_world: World) -> None:
    await admit(own_world.as_("hospital-system"), own_world.cluster)
    doctor, push = own_world.as_("hospital-doctor"), messages(own_world.cluster).habitual_status.bundle
    before = await pull(doctor)
    answer = await own_world.as_(SENDER).post("", json=push)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["entry"]) == len(push["entry"])
    after = await pull(doctor)
    assert "saturation 85 % uden ilt i morges" not in before["status-note"].text
    assert "saturation 85 % uden ilt i morges" in after["status-note"].text
    assert "Behovet for hjælp er større end sædvanligt" in after["status-note"].text
    pushed = [part["resource"] for part in answer.json()["entry"] if "resource" in part]
    declared = [one for one in pushed if one["resourceType"] == "Observation" and "category" in one]
    named = {reference.rpartition("/")[2] for section in after.sections for reference in section.entries}
    assert declared
    assert {one["id"] for one in declared} <= named
    for one in declared:
        if "valueRange" in one:
            low, high = one["valueRange"]["low"]["value"], one["valueRange"]["high"]["value"]
            said = f"{low:g}\N{EN DASH}{high:g}".replace(".", ",")
            assert said in after["8716-3"].text, said
    assert "niveau 3" in after["47420-5"].text
    assert "ÆNDRET inden for 14 dage før" in after["47420-5"].text


async def test_an_expired_status_note_stays_visible_and_is_marked(own_world: World) -> None:
    await admit(own_world.as_("hospital-system"), own_world.cluster)
    await own_world.as_(SENDER).post("", json=messages(own_world.cluster).habitual_status.bundle)
    note = (await pull(own_world.as_("hospital-doctor")))["status-note"].text
    assert "UDLØBET" in note
    assert note.index("saturation 85 %") < note.index("UDLØBET")


async def test_the_same_push_twice_is_refused_nowhere_and_keeps_one_patient(own_world: World) -> None:
    push = messages(own_world.cluster).habitual_status.bundle
    system = own_world.as_(SENDER)
    first, again = await system.post("", json=push), await system.post("", json=push)
    assert (first.status_code, again.status_code) == (200, 200)
    one, same = (answer.json()["entry"][0]["response"] for answer in (first, again))
    assert one["location"] == same["location"]
    assert "/Patient/" in one["location"]


async def test_the_delivery_report_is_taken_unchanged_and_the_next_pull_shows_it(own_world: World) -> None:
    await admit(own_world.as_("hospital-system"), own_world.cluster)
    report = messages(own_world.cluster).delivery_report
    assert {entry["fullUrl"].count("/") for entry in report["entry"]} == {1}, "relative addresses, as it is built"
    answer = await own_world.as_(SENDER).post("/$submit-report", json=report)
    assert answer.status_code == 200, answer.text
    assert {part["response"]["status"][:3] for part in answer.json()["entry"]} <= {"200", "201"}
    summary = await pull(own_world.as_("hospital-doctor"))
    ids = {part["response"]["location"].split("/")[-3] for part in answer.json()["entry"]}
    named = {reference.rpartition("/")[2] for section in summary.sections for reference in section.entries}
    assert len(ids & named) >= 6
    assert "forventet: niveau 2" in summary["goals"].text
    assert "niveau 3" in summary["47420-5"].text


async def test_the_reports_references_become_ours(own_world: World) -> None:
    answer = await own_world.as_(SENDER).post("/$submit-report", json=messages(own_world.cluster).delivery_report)
    goal = next(
        part["response"]["location"] for part in answer.json()["entry"] if "/Goal/" in part["response"]["location"]
    )
    nurse = own_world.as_("home-nurse")
    stored = (await nurse.get(goal)).json()
    addressed = stored["addresses"][0]["reference"]
    assert (await nurse.get(f"/{addressed}")).json()["code"]["coding"][0]["code"] == "J3.8"
    patient = stored["subject"]["reference"]
    assert (await nurse.get(f"/{patient}")).json()["identifier"][0]["value"] == NANCY[1]


async def test_a_later_report_makes_new_versions_of_what_it_names_again(own_world: World) -> None:
    system, report = own_world.as_(SENDER), messages(own_world.cluster).delivery_report
    first = await system.post("/$submit-report", json=report)
    changed = json.loads(json.dumps(report).replace('"active"', '"resolved"', 1))
    again = await system.post("/$submit-report", json=changed)
    assert again.status_code == 200, again.text

    def places(answer: object) -> list[str]:
        return [part["response"]["location"].partition("/_history")[0] for part in answer.json()["entry"]]  # type: ignore[attr-defined]

    assert places(first) == places(again)
    assert '"2"' in again.json()["entry"][1]["response"]["etag"]


async def test_a_report_that_breaks_a_rule_of_the_gateway_is_refused_whole(own_world: World) -> None:
    report = messages(own_world.cluster).delivery_report
    named = json.loads(json.dumps(report))
    named["entry"][0]["resource"]["name"] = [{"family": "Berggren"}]
    before = await own_world.row_counts()
    for bad in (named, {**report, "type": "batch"}, {**report, "entry": report["entry"][1:]}, {**report, "entry": []}):
        answer = await own_world.as_(SENDER).post("/$submit-report", json=bad)
        assert 400 <= answer.status_code < 500, answer.text
        assert issues(answer)
    assert await own_world.row_counts() == before


async def test_no_other_municipality_writes_into_what_this_one_wrote(own_world: World) -> None:
    answer = await own_world.as_(SENDER).post("/$submit-report", json=messages(own_world.cluster).delivery_report)
    condition = next(
        part["response"]["location"] for part in answer.json()["entry"] if "/Condition/" in part["response"]["location"]
    )
    refused = await own_world.as_("municipality-system-b").delete(condition.partition("/_history")[0])
    assert refused.status_code in {403, 404}


# Notices.


async def test_the_municipality_with_an_active_health_service_is_told_of_the_admission(own_world: World) -> None:
    system = own_world.as_(SENDER)
    assert resources_in(await system.get("/$notices")) == []
    answer = await admit(own_world.as_("hospital-system"), own_world.cluster)
    assert answer.status_code == 200
    told = resources_in(await system.get("/$notices"))
    topics = {part["valueCode"] for one in told for part in one["parameter"] if part["name"] == "topic"}
    assert topics == {"admitted", "report-of-admission-wanted"}
    assert NANCY[1] not in json.dumps(told), "ids only"
    assert resources_in(await own_world.as_("municipality-system-b").get("/$notices")) == []
    assert resources_in(await own_world.as_("gp-system").get("/$notices")) == []
    focus = next(part["valueReference"]["reference"] for part in told[0]["parameter"] if part["name"] == "focus")
    assert (await own_world.as_("home-nurse").get(focus)).json()["status"] == "in-progress"


async def test_no_municipality_is_told_where_no_health_service_is_active(own_world: World) -> None:
    cluster = own_world.cluster
    healthy = next(
        one for one in cluster.citizens if one.archetype == "healthy" and one.local and one.age(cluster.at) >= 18
    )
    number = (healthy.system, healthy.value)
    answer = await admit(own_world.as_("hospital-system"), cluster, number)
    assert answer.status_code == 200, answer.text
    for system in (SENDER, "municipality-system-b"):
        assert resources_in(await own_world.as_(system).get("/$notices")) == []
    for nurse in ("home-nurse", "home-nurse-b"):
        found = await own_world.as_(nurse).get("/Encounter", params={"patient.identifier": "|".join(number)})
        assert found.status_code == 403, "a notification makes no municipal relation"
    await pull(own_world.as_("hospital-doctor"), number)


async def test_the_citizen_sees_what_was_written_and_told_about_her(own_world: World) -> None:
    await admit(own_world.as_("hospital-system"), own_world.cluster)
    await own_world.as_(SENDER).post("", json=messages(own_world.cluster).habitual_status.bundle)
    await own_world.as_(SENDER).get("/$notices")
    log = await log_of(own_world.as_("citizen"))
    written = [event for event in log if event["action"] in {"C", "U"} or event["type"]["code"] == "rest"]
    clients = {
        agent["who"]["identifier"]["value"]
        for event in written
        for agent in event["agent"]
        if agent.get("type", {}).get("coding", [{}])[0].get("code") == "110152" and "identifier" in agent["who"]
    } | {
        agent["who"]["identifier"]["value"]
        for event in written
        for agent in event["agent"]
        if agent.get("type", {}).get("coding", [{}])[0].get("code") == "110153" and "identifier" in agent["who"]
    }
    assert {PERSONAS[SENDER].client, PERSONAS["hospital-system"].client} <= clients
    assert all(user_of(event) for event in log)
