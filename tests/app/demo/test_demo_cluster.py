"""The synthetic cluster: the same every time, valid, coherent, and in every part recognisably synthetic."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from app.demo.chart import Submission
from app.demo.cluster import generate
from app.demo.organisations import NOTICE
from app.demo.people import HEROES
from app.demo.personas import NANCY, PERSONAS
from app.translate.classification import category_of
from consent.vocabulary import Category
from schemas.admit import Admitted, admit
from schemas.homes import HOME_OF
from schemas.terminology import systems
from schemas.terminology.identifiers import citizen_number

AT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
JSON = dict[str, Any]


def written(submissions: Iterable[Submission]) -> list[bytes]:
    return [json.dumps(row.bundle, ensure_ascii=False).encode() for row in submissions]


@pytest.fixture(scope="module")
def resources(submissions: list[Submission]) -> list[JSON]:
    return [entry["resource"] for row in submissions for entry in row.bundle["entry"]]


def of(resources: list[JSON], type_: str) -> list[JSON]:
    return [resource for resource in resources if resource["resourceType"] == type_]


def test_the_same_seed_and_moment_give_the_same_bytes(cluster, submissions):
    again = generate(at=AT)
    assert written(submissions) == written(again.submissions)
    assert cluster.register == again.register


def test_submissions_may_be_read_twice():
    cluster = generate(citizens=40, at=AT)
    assert written(cluster.submissions) == written(cluster.submissions)


def test_another_seed_gives_other_people():
    one, two = (generate(citizens=50, seed=seed, at=AT) for seed in (1, 2))
    assert one.citizens[:38] == two.citizens[:38]
    assert one.citizens[38:] != two.citizens[38:]


def test_more_citizens_leave_what_is_written_about_the_first_as_it_was():
    few, more = (generate(citizens=count, at=AT) for count in (50, 60))
    told = {(row.sender, row.identifier): row.bundle for row in more.submissions}
    shared = [
        row for row in few.submissions if row.identifier[1] not in {few.citizens[-1].value, few.citizens[-2].value}
    ]
    assert all(told[row.sender, row.identifier] == row.bundle for row in shared)


def test_there_are_two_hundred_citizens_and_the_official_ones_come_first(cluster):
    assert len(cluster.citizens) == 220
    assert len({citizen.value for citizen in cluster.citizens}) == 220
    assert [citizen.system for citizen in cluster.citizens[:38]] == [systems.CPR] * 38


def test_no_generated_citizen_has_a_number_that_could_be_somebodys(cluster):
    for citizen in cluster.citizens[38:]:
        assert citizen.system == systems.X_ECPR
        assert any(letter.isalpha() for letter in citizen.value)
        assert citizen_number(citizen.system, citizen.value) is not None
        assert citizen.value.startswith(f"{citizen.born:%d%m%y}")


def test_every_transaction_passes_the_write_gate(submissions):
    for raw in written(submissions):
        admitted = admit(raw, expect="Bundle")
        assert isinstance(admitted, Admitted), admitted


def test_the_organisations_pass_the_write_gate(cluster):
    for resource in cluster.resources:
        assert isinstance(admit(json.dumps(resource).encode(), expect="Organization"), Admitted)


def test_a_second_validator_agrees_about_the_heroes(submissions):
    for row in submissions:
        if row.identifier[1] in HEROES:
            for entry in row.bundle["entry"]:
                resource = entry["resource"]
                get_fhir_model_class(resource["resourceType"]).model_validate(resource)


def test_every_type_has_a_home_and_may_be_written(resources):
    assert all(HOME_OF[resource["resourceType"]].writable for resource in resources)


def test_everything_is_marked_as_test_data(cluster, resources):
    for resource in [*resources, *cluster.resources]:
        assert [coding["code"] for coding in resource["meta"]["security"]] == ["HTEST"]


def test_what_a_person_reads_says_that_it_is_synthetic(cluster, resources):
    assert all(NOTICE in resource["text"]["div"] for resource in of(resources, "Patient"))
    assert all("syntetisk" in persona.name for persona in PERSONAS.values() if persona.citizen is None)
    assert all("Test" in citizen.name or "Demo" in citizen.name for citizen in cluster.citizens)


def test_every_reference_within_a_transaction_has_its_target(submissions):
    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            own = [value["reference"]] if isinstance(value.get("reference"), str) else []
            return own + [found for inner in value.values() for found in references(inner)]
        return [found for inner in value for found in references(inner)] if isinstance(value, list) else []

    for row in submissions:
        addresses = [entry["fullUrl"] for entry in row.bundle["entry"]]
        assert len(set(addresses)) == len(addresses)
        assert set(references(row.bundle)) <= set(addresses)


def test_the_patient_comes_first_with_the_identifier_of_the_submission(submissions):
    for row in submissions:
        types = [entry["resource"]["resourceType"] for entry in row.bundle["entry"]]
        assert types.count("Patient") == 1
        patient = row.bundle["entry"][0]["resource"]
        assert [(one["system"], one["value"]) for one in patient["identifier"]] == [row.identifier]


def test_sources_agree_on_who_the_citizen_is(submissions):
    told: dict[str, set[str]] = {}
    for row in submissions:
        patient = row.bundle["entry"][0]["resource"]
        said = json.dumps([patient["name"], patient["gender"], patient["birthDate"]])
        told.setdefault(row.identifier[1], set()).add(said)
    assert all(len(said) == 1 for said in told.values())


def test_submissions_come_in_time_order_and_none_from_the_future(submissions):
    moments = [row.at for row in submissions]
    assert moments == sorted(moments)
    assert moments[-1] <= AT


def test_nothing_but_appointments_plans_and_expiries_lies_in_the_future(resources):
    for resource in resources:
        for element in ("effectiveDateTime", "recordedDate", "issued", "date", "dateAsserted", "occurrenceDateTime"):
            if element in resource and resource["resourceType"] not in {"Appointment", "CarePlan"}:
                text = resource[element]
                moment = datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00+00:00")
                assert moment <= AT, (resource["resourceType"], element, text)


def test_no_measurement_at_home_was_taken_in_hospital(cluster, submissions):
    for row in submissions:
        if PERSONAS[row.sender].home.kind != "municipality":
            continue
        life = cluster.lives[row.identifier[1]]
        for entry in row.bundle["entry"]:
            resource = entry["resource"]
            if resource["resourceType"] == "Observation" and category_of(resource) is Category.MEASUREMENT:
                assert life.at_home(datetime.fromisoformat(resource["effectiveDateTime"]))


def test_three_sectors_and_the_laboratory_write_about_each_hero(submissions):
    for hero in HEROES:
        kinds = {PERSONAS[row.sender].home.kind for row in submissions if row.identifier[1] == hero}
        assert kinds >= {"hospital", "municipality", "general-practice", "unit"}


def test_a_practice_a_hospital_and_both_municipalities_know_many(submissions):
    known = Counter(row.sender for row in submissions)
    systems_ = {key for key, persona in PERSONAS.items() if persona.person is None and key != "register-feed"}
    assert set(known) == systems_
    assert min(known.values()) >= 15


def test_adults_with_a_history_have_about_a_hundred_resources(cluster, submissions):
    counted: Counter[str] = Counter()
    for row in submissions:
        counted[row.identifier[1]] += len(row.bundle["entry"])
    ill = [counted[life.citizen.value] for life in cluster.lives.values() if life.archetype.plan and life.citizen.local]
    assert 60 <= sum(ill) / len(ill) <= 170
    assert 150 <= counted[NANCY[1]] <= 320


def test_the_cluster_has_every_kind_of_information_that_the_summary_shows(resources):
    found = {category_of(resource) for resource in resources}
    administrative = {Category.TASK, Category.CONSENT, Category.PROVENANCE, Category.ACCESS_LOG, Category.OTHER}
    assert found >= set(Category) - administrative


def test_the_main_citizen_takes_warfarin_given_by_the_home_nurse(submissions):
    given = [
        entry["resource"]
        for row in submissions
        if row.identifier == NANCY
        for entry in row.bundle["entry"]
        if entry["resource"]["resourceType"] == "MedicationAdministration"
    ]
    warfarin = [one for one in given if one["medicationCodeableConcept"]["coding"][0]["code"] == "B01AA03"]
    assert [one["effectiveDateTime"] for one in warfarin] == ["2026-11-21T18:00:00+01:00"]


def test_the_main_citizen_has_a_discharge_plan_in_force_and_a_letter(submissions):
    mine = [
        entry["resource"]
        for row in submissions
        if row.identifier == NANCY and row.sender == "hospital-system"
        for entry in row.bundle["entry"]
    ]
    plans = [plan for plan in of(mine, "CarePlan") if plan["status"] == "active"]
    assert [plan["title"] for plan in plans] == ["Udskrivningsplan 19.10.2026"]
    assert len(of(mine, "DocumentReference")) == 2
    assert len(of(mine, "Binary")) == 1


def test_one_status_note_of_a_hero_is_in_force_and_one_has_expired(submissions):
    ends = sorted(
        extension["valueDateTime"]
        for row in submissions
        if row.identifier == NANCY
        for entry in row.bundle["entry"]
        for extension in entry["resource"].get("extension", [])
        if extension["url"] == systems.STATUS_NOTE_EXPIRY_EXTENSION
    )
    assert [datetime.fromisoformat(end) > AT for end in ends] == [False, True]


def test_one_municipality_writes_levels_in_the_old_codes_and_one_in_the_new(submissions):
    forms: dict[str, set[bool]] = {}
    for row in submissions:
        for entry in row.bundle["entry"]:
            severity = entry["resource"].get("severity")
            if severity:
                forms.setdefault(row.sender, set()).add(len(severity["coding"][0]["code"]) == 2)
    assert forms == {"municipality-system": {True}, "municipality-system-b": {False}}


def test_some_have_an_authored_statement_of_no_allergy_and_some_say_nothing(submissions):
    stated, silent = 0, 0
    for row in submissions:
        if row.sender.startswith("gp-system"):
            allergies = [
                e["resource"] for e in row.bundle["entry"] if e["resource"]["resourceType"] == "AllergyIntolerance"
            ]
            stated += any(one["code"]["coding"][0]["code"] == "716186003" for one in allergies)
            silent += not allergies
            if len(allergies) > 1:
                assert all(one["code"]["coding"][0]["code"] != "716186003" for one in allergies)
    assert stated > 20
    assert silent > 20


def test_a_few_citizens_exist_when_only_a_few_are_asked_for():
    cluster = generate(citizens=5, at=AT)
    assert len(cluster.citizens) == 5
    assert len(list(cluster.submissions)) > 5


@pytest.mark.parametrize(
    "moment", [datetime(2024, 2, 29, 23, 59, tzinfo=UTC), datetime(2027, 3, 28, 0, 30, tzinfo=UTC)]
)
def test_any_moment_will_do(moment):
    for row in generate(citizens=45, at=moment).submissions:
        assert isinstance(admit(json.dumps(row.bundle).encode()), Admitted)


def test_a_moment_in_another_zone_is_the_same_moment():
    zone = AT.astimezone(tz=None) + timedelta(0)
    assert generate(citizens=3, at=zone).at == AT
