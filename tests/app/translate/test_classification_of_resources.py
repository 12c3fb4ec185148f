"""Category, labels, origin, author, regime and clinical period of what comes in."""

import json

import pytest
from translate_builders import (
    CORPUS,
    DAY_US,
    GP,
    HOSPITAL,
    MUNICIPALITY,
    NURSES,
    PSYCHIATRY,
    RECEIVED_US,
    WARD,
    concept,
    condition,
    corpus,
    corpus_files,
    resource,
    security,
    source,
)

from app.translate import Inherited, category_of, classify, merge_labels
from app.translate.times import OPEN_END, OPEN_START, as_bounds, as_period, bounds
from consent.vocabulary import Category, Label, Regime
from schemas.homes import HOMES
from schemas.terminology import systems
from schemas.terminology.systems import CODES

R = Label.RESTRICTED


def labels(content, **changes):
    return classify(content, source(**changes)).signature.labels


@pytest.mark.parametrize(
    ("folder", "name", "category"),
    [
        ("dk-core", "Patient-283", Category.MASTER_DATA),
        ("dk-core", "RelatedPerson-TwoRelations", Category.RELATIVE),
        ("dk-core", "Condition-JohnDiabetes", Category.DIAGNOSIS),
        ("dk-core", "Condition-ConditionPressureUlcer", Category.DIAGNOSIS),  # FSIII I: a nursing problem
        ("dk-core", "Observation-MaxBloodPressure", Category.MEASUREMENT),
        ("dk-core", "Observation-MaxSaturation", Category.MEASUREMENT),
        ("dk-core", "Observation-ElsesTOBSscore", Category.MEASUREMENT),
        ("dk-core", "Observation-Weight.Poul.230221", Category.MEASUREMENT),
        ("dk-core", "Observation-ElseKalium", Category.LAB_RESULT),
        ("dk-core", "Observation-ElseINR", Category.LAB_RESULT),
        ("dk-core", "DiagnosticReport-ElseLaboratoryReport", Category.LAB_RESULT),
        ("dk-core", "DiagnosticReport-ElseHomeNursingMeasurements", Category.MEASUREMENT),
        ("dk-core", "DocumentReference-94e65db8-2f0c-4a2c-a7c9-06a160d59a12", Category.APPOINTMENT),
        ("dk-core", "Encounter-0c5e4905-5c2e-4254-8837-770c3724cd13", Category.ADMISSION),
        ("dk-core", "ServiceRequest-HenvisningFraLageTilSygehus", Category.PLAN),
        ("dk-core", "ServiceRequest-MaxServiceRequest", Category.CARE_SERVICE),
        ("ips-1.1-examples", "AllergyIntolerance-eumfh-39-07-1", Category.ALLERGY),
        ("ips-1.1-examples", "MedicationStatement-eumfh-39-07-1", Category.MEDICATION),
        ("ips-1.1-examples", "Immunization-75680", Category.VACCINATION),
        ("ips-1.1-examples", "Procedure-eumfh-39-07-1", Category.PROCEDURE),
        ("ips-1.1-examples", "DeviceUseStatement-eumfh-70-275-1", Category.DEVICE),
        ("ips-1.1-examples", "Observation-hemoglobin", Category.LAB_RESULT),
        ("ips-1.1-examples", "Observation-pregnancy-status-example", Category.DIAGNOSIS),
        ("ips-1.1-examples", "Observation-tobacco-use-example", Category.OTHER),
        ("ips-1.1-examples", "ImagingStudy-TII-ImagingStudy-5-1", Category.LAB_RESULT),
        ("medcom-conditionlist", "Bundle-23d8ece4-7cff-47c1-9680-571377c6ea74", Category.DIAGNOSIS),
    ],
)
def test_a_published_example_has_its_category(folder, name, category):
    assert category_of(corpus(folder, f"{name}.json")) is category


@pytest.mark.parametrize(
    ("content", "category"),
    [
        (condition(systems.FSIII, "J3.8"), Category.FUNCTIONAL_LEVEL),
        (condition(systems.FSIII, "51697715-965a-40f3-b4a5-819103bf9d49"), Category.FUNCTIONAL_LEVEL),
        (resource("Observation", category=[concept(CODES, "habitual-value")]), Category.HABITUAL_VALUE),
        (resource("Observation", code=concept(CODES, "status-note")), Category.STATUS_NOTE),
        (resource("Communication", meta={"profile": [systems.STATUS_NOTE_PROFILE]}), Category.STATUS_NOTE),
        (resource("Flag", code=concept(CODES, "isolation")), Category.ALERT),
        (resource("Flag", code=concept(systems.SNOMED, "304253006")), Category.TREATMENT_LIMIT),
        (resource("Consent", scope=concept(systems.CONSENT_SCOPE, "adr")), Category.TREATMENT_LIMIT),
        (resource("Consent", scope=concept(systems.CONSENT_SCOPE, "patient-privacy")), Category.CONSENT),
        (resource("CarePlan", activity=[{"detail": {"code": concept(systems.FSIII, "G1.39")}}]), Category.CARE_SERVICE),
        (resource("CarePlan", category=[concept(CODES, "discharge-plan")]), Category.PLAN),
        (resource("Encounter", **{"class": {"system": systems.ACT_CODE, "code": "HH"}}), Category.CARE_SERVICE),
        (resource("DocumentReference", type=concept(systems.LOINC, "18842-5")), Category.LETTER),
        (resource("DocumentReference", type=concept(systems.LOINC, "81215-6")), Category.PLAN),
        (resource("CareTeam"), Category.CARE_TEAM),
        (resource("Task"), Category.TASK),
        (resource("Provenance"), Category.PROVENANCE),
        (resource("AuditEvent"), Category.ACCESS_LOG),
        (resource("Patient", meta={"profile": [systems.STATUS_NOTE_PROFILE]}), Category.MASTER_DATA),
        (resource("Basic"), Category.OTHER),
        ({}, Category.OTHER),
    ],
)
def test_a_resource_has_the_category_of_the_first_row_that_fits(content, category):
    assert category_of(content) is category


def test_npu_is_read_in_both_its_systems():
    for system in (systems.NPU, "urn:oid:1.2.208.176.2.1"):
        assert category_of(resource("Observation", code=concept(system, "NPU18016"))) is Category.LAB_RESULT
        assert category_of(resource("Observation", code=concept(system, "NPU21692"))) is Category.MEASUREMENT


@pytest.mark.parametrize("row", HOMES, ids=lambda row: row.type)
def test_an_empty_resource_of_every_kept_type_is_classified(row):
    classified = classify({"resourceType": row.type}, source())
    assert classified.signature.controller == classified.signature.origin == HOSPITAL
    assert classified.period_us == (RECEIVED_US, RECEIVED_US)


def test_r_on_a_patient_is_protection_of_the_address():
    assert labels(corpus("dk-core", "Patient-Confidential.json")) == {Label.ADDRESS_PROTECTED}


def test_r_on_the_report_of_municipal_measurements_is_refused_sharing():
    message = corpus("medcom-homecareobservation", "Bundle-faa0c104-0ebf-49cb-bad1-9e0f59436e18.json")
    report = next(e["resource"] for e in message["entry"] if e["resource"]["resourceType"] == "DiagnosticReport")
    assert labels(report) == {Label.SHARING_REFUSED}


def test_r_elsewhere_is_the_authors_own_restriction():
    marked = condition(meta=security((systems.CONFIDENTIALITY, "R")))
    assert labels(marked) == {R, Label.AUTHOR_PROTECTED}


def test_v_elsewhere_restricts_more():
    marked = condition(meta=security((systems.CONFIDENTIALITY, "V")))
    assert labels(marked) == {R, Label.VERY_RESTRICTED, Label.AUTHOR_PROTECTED}


@pytest.mark.parametrize("code", ["N", "U", "L", "M"])
def test_open_confidentiality_adds_nothing(code):
    assert labels(condition(meta=security((systems.CONFIDENTIALITY, code)))) == frozenset()


def test_test_data_and_purposes_in_security_add_nothing():
    assert labels(condition(meta=security((systems.ACT_REASON, "HTEST"), (systems.ACT_REASON, "TREAT")))) == frozenset()


@pytest.mark.parametrize("raw", [("urn:local", "secret"), (systems.ACT_CODE, "NEWCODE"), (systems.LABEL, "typo")])
def test_a_raw_label_that_cannot_be_read_counts_as_restricted(raw):
    assert labels(condition(meta=security(raw))) == {R}


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (systems.SKS_DIAGNOSIS, "DF329", {Label.PSYCHIATRY}),
        (systems.SKS, "DF329", {Label.PSYCHIATRY}),
        (systems.ICD10, "F32.9", {Label.PSYCHIATRY}),
        (systems.SKS_DIAGNOSIS, "DF102", {Label.ALCOHOL}),
        (systems.SKS_DIAGNOSIS, "DF112", {Label.OPIOID, Label.SUBSTANCE}),
        (systems.SKS_DIAGNOSIS, "DF172", set()),
        (systems.SKS_DIAGNOSIS, "DB240", {Label.HIV}),
        (systems.SKS_DIAGNOSIS, "DF024", {Label.HIV, Label.PSYCHIATRY}),
        (systems.SKS_DIAGNOSIS, "DS721+DF329", {Label.PSYCHIATRY}),
        (systems.SKS_DIAGNOSIS, "DS721+TUL1", set()),
        (systems.SKS_DIAGNOSIS, "DO049", {Label.SEXUALITY}),
        (systems.SKS_DIAGNOSIS, "DT742", {Label.SEXUAL_VIOLENCE}),
        (systems.SKS_DIAGNOSIS, "DE119", set()),
        (systems.ICPC2, "P76", {Label.PSYCHIATRY}),
        (systems.ICPC2, "P15", {Label.ALCOHOL}),
        (systems.ICPC2, "B90", {Label.HIV}),
        (systems.ICPC2, "T90", set()),
        (systems.FSIII, "I6.3", {Label.SUBSTANCE, Label.ALCOHOL}),
        (systems.FSIII, "f7710e83-a2d3-4c17-bcf6-bd084aec2efb", {Label.SUBSTANCE, Label.ALCOHOL}),
        (systems.FSIII, "I6.2", {Label.PSYCHIATRY}),
        (systems.FSIII, "I11.1", set()),
        (systems.SKS_DIAGNOSIS, "DG309", {Label.PSYCHIATRY}),  # one disease, one label, in whatever chapter it stands
        (systems.SKS_DIAGNOSIS, "DF009", {Label.PSYCHIATRY}),
        (systems.ICD10, "G30.9", {Label.PSYCHIATRY}),
        (systems.ICPC2, "P70", {Label.PSYCHIATRY}),
        (systems.SNOMED, "26929004", {Label.PSYCHIATRY}),
        (systems.SKS_DIAGNOSIS, "DG312", {Label.ALCOHOL}),
        (systems.SKS_DIAGNOSIS, "DG319", set()),
        (systems.FSIII, "I8.1", {Label.SEXUALITY}),
        (systems.FSIII, "I4.4", set()),
    ],
)
def test_a_diagnosis_code_brings_its_labels(system, code, expected):
    assert labels(condition(system, code)) == (expected | {R} if expected else frozenset())


@pytest.mark.parametrize(
    ("atc", "expected"),
    [
        ("N07BC02", {Label.OPIOID, Label.SUBSTANCE}),
        ("N07BB01", {Label.ALCOHOL}),
        ("J05AR20", {Label.HIV}),
        ("J05AF10", set()),
        ("J05AE30", set()),
        ("N05AH03", {Label.PSYCHIATRY}),
        ("N06DA02", {Label.PSYCHIATRY}),
        ("B01AF02", set()),
    ],
)
def test_a_drug_brings_its_labels(atc, expected):
    content = resource("MedicationStatement", medicationCodeableConcept=concept(systems.ATC, atc))
    assert labels(content) == (expected | {R} if expected else frozenset())


def test_a_laboratory_code_brings_its_label_by_the_component_that_it_names():
    coded = concept("urn:oid:1.2.208.176.2.1", "NPU99999", "P—HIV 1+2-antistof; arb.k.(proc.) = ?")
    assert labels(resource("Observation", code=coded)) == {Label.HIV, R}
    assert labels(resource("Observation", code=concept(systems.NPU, "NPU19649"))) == {Label.HIV, R}


def test_a_sensitive_code_counts_wherever_it_stands():
    wanted = {Label.HIV, R}
    hiv = concept(systems.SKS_DIAGNOSIS, "DB24")
    inner = {"resourceType": "Condition", "id": "c", "code": hiv}
    assert labels(resource("MedicationRequest", reasonCode=[hiv])) == wanted
    assert labels(resource("Encounter", contained=[inner])) == wanted
    assert labels({"resourceType": "Bundle", "type": "document", "entry": [{"resource": inner}]}) == wanted


def test_a_consent_about_psychiatry_is_not_itself_psychiatric():
    provision = {"type": "deny", "securityLabel": [{"system": systems.ACT_CODE, "code": "PSY"}]}
    coded = {**provision, "code": [concept(systems.SKS_DIAGNOSIS, "DF20")]}
    assert labels(resource("Consent", provision=coded)) == frozenset()


def test_what_a_psychiatric_ward_or_an_addiction_centre_writes_bears_its_label():
    by_ward = resource("Observation", performer=[{"reference": "Organization/psychiatry"}])
    assert labels(by_ward) == {Label.PSYCHIATRY, R}
    by_centre = resource("Observation", performer=[{"reference": "PractitionerRole/addiction"}])
    assert labels(by_centre, controller=MUNICIPALITY) == {Label.SUBSTANCE, Label.ALCOHOL, R}


def test_what_an_addiction_centres_staff_write_bears_its_label_whatever_the_body_names():
    assert labels(condition(), function="addiction-treatment") == {Label.SUBSTANCE, Label.ALCOHOL, R}
    assert labels(condition(), function="home-nursing") == frozenset()


def test_a_contained_unit_that_says_its_specialty_gives_its_label():
    inner = {
        "resourceType": "Organization",
        "id": "o",
        "identifier": [{"system": systems.SOR, "value": WARD}],
        "type": [concept(systems.SNOMED, "394580004")],
    }
    by_genetics = condition(recorder={"reference": "#o"}, contained=[inner])
    assert labels(by_genetics) == {Label.GENETIC, R}


def test_what_a_record_derives_from_adds_its_labels():
    inherited = Inherited(labels=frozenset({Label.GENETIC}))
    assert classify(condition(), source(), inherited=inherited).signature.labels == {Label.GENETIC}


def test_a_binary_is_of_the_category_of_what_points_to_it():
    inherited = Inherited(category=Category.PLAN)
    assert classify({"resourceType": "Binary"}, source(), inherited=inherited).signature.category is Category.PLAN
    assert classify(condition(), source(), inherited=inherited).signature.category is Category.DIAGNOSIS


def test_labels_only_rise_on_an_update():
    assert merge_labels(frozenset({Label.HIV, R}), frozenset()) == {Label.HIV, R}
    assert merge_labels(frozenset({R}), frozenset({Label.GENETIC})) == {R, Label.GENETIC}


def test_the_origin_is_the_bodys_unit_within_the_controllers_subtree():
    encounter = resource("Encounter", serviceProvider={"reference": "Organization/ward"})
    assert classify(encounter, source(HOSPITAL)).signature.origin == WARD
    assert classify(encounter, source(MUNICIPALITY)).signature.origin == MUNICIPALITY


def test_the_origin_may_be_named_by_a_sor_identifier_or_a_contained_unit():
    sor = {"system": systems.SOR, "value": PSYCHIATRY}
    by_number = resource("Encounter", serviceProvider={"identifier": sor})
    inner = {"resourceType": "Organization", "id": "o", "identifier": [sor]}
    by_content = resource("Encounter", serviceProvider={"reference": "#o"}, contained=[inner])
    for content in (by_number, by_content):
        signature = classify(content, source()).signature
        assert signature.origin == PSYCHIATRY
        assert Label.PSYCHIATRY in signature.labels


def test_the_author_is_the_person_whom_the_body_names_else_the_person_of_the_token():
    named = condition(recorder={"reference": "PractitionerRole/anna-at-ward"})
    assert classify(named, source(author="BENT1")).signature.author == "ANNA1"
    assert classify(named, source()).signature.origin == WARD
    assert classify(condition(), source(author="BENT1")).signature.author == "BENT1"
    assert classify(condition(), source()).signature.author == ""


def test_a_contained_role_names_person_and_unit():
    role = {
        "resourceType": "PractitionerRole",
        "id": "r",
        "practitioner": {"identifier": {"system": systems.AUTHORISATION, "value": "K4FG7"}},
        "organization": {"reference": "Organization/ward"},
        "specialty": [concept("http://snomed.info/sct/554471000005108", "394587001")],
    }
    content = condition(recorder={"reference": "#r"}, contained=[role])
    signature = classify(content, source()).signature
    assert (signature.author, signature.origin) == ("K4FG7", WARD)
    assert Label.PSYCHIATRY in signature.labels


@pytest.mark.parametrize(
    ("content", "regime"),
    [
        (resource("CarePlan", activity=[{"detail": {"code": concept(systems.FSIII, "H1.1")}}]), Regime.SOCIAL_CASE),
        (resource("CarePlan", activity=[{"detail": {"code": concept(systems.FSIII, "G1.39")}}]), Regime.HEALTH_CARE),
        (condition(systems.FSIII, "J3.8"), Regime.HEALTH_CARE),
        (condition(systems.FSIII, "51697715-965a-40f3-b4a5-819103bf9d49"), Regime.HEALTH_CARE),
        (condition(systems.FSIII, "c2c2c2c2-0000-4000-8000-000000000000"), Regime.SOCIAL_CASE),  # nobody here knows it
        (resource("CarePlan", activity=[{"detail": {"code": concept(systems.FSIII, "Ny_kode")}}]), Regime.SOCIAL_CASE),
        (condition(systems.FFB, "1"), Regime.SOCIAL_CASE),
        (condition(), Regime.HEALTH_CARE),
        (
            condition(meta={"tag": [{"system": systems.REGIME_SYSTEM, "code": "social-case"}]}),
            Regime.SOCIAL_CASE,
        ),
        (
            resource("Procedure", code=concept(systems.FSIII, "17312894-b23f-43d9-9723-b725ac25d872")),
            Regime.SOCIAL_CASE,
        ),
    ],
)
def test_a_social_service_stands_under_its_own_law(content, regime):
    assert classify(content, source(NURSES)).signature.regime is regime


def test_the_clinical_period_is_the_first_that_the_type_states():
    begin, end = bounds("2025-01-01")[0], bounds("2025-03-31")[1]
    assert classify(resource("Encounter", period={"start": "2025-01-01", "end": "2025-03-31"}), source()).period_us == (
        begin,
        end,
    )
    measured = resource("Observation", effectiveDateTime="2025-03-31T10:00:00Z", issued="2026-01-01T00:00:00Z")
    assert classify(measured, source()).period_us == bounds("2025-03-31T10:00:00Z")


def test_a_running_stay_is_open_to_the_right_and_a_condition_runs_from_its_onset_to_its_abatement():
    assert classify(resource("Encounter", period={"start": "2025-01-01"}), source()).period_us[1] == OPEN_END
    onset = {"onsetDateTime": "2024-05"}
    assert classify(condition(**onset), source()).period_us == (bounds("2024-05")[0], OPEN_END)
    ended = condition(**onset, abatementDateTime="2024-09")
    assert classify(ended, source()).period_us == (bounds("2024-05")[0], bounds("2024-09")[1])


def test_a_period_without_ends_falls_back_to_when_it_was_received():
    assert classify(resource("Encounter", period={}), source()).period_us == (RECEIVED_US, RECEIVED_US)
    assert classify(resource("Encounter", period={"start": "nonsense"}), source()).period_us == (
        RECEIVED_US,
        RECEIVED_US,
    )


def test_stored_bounds_become_open_ends_and_back():
    assert as_period((OPEN_START, OPEN_END)).start is None
    for pair in [(OPEN_START, 0), (0, OPEN_END), (RECEIVED_US, RECEIVED_US + DAY_US)]:
        assert as_bounds(as_period(pair)) == pair


def test_every_published_resource_is_classified_with_a_period_that_has_an_end():
    for path in (
        corpus_files(*(folder.name for folder in CORPUS.iterdir() if folder.is_dir())) if CORPUS.is_dir() else []
    ):
        content = json.loads(path.read_text())
        for inner in [content, *(entry["resource"] for entry in content.get("entry", []))]:
            low, high = classify(inner, source(GP)).period_us
            assert low <= high
            assert (low, high) != (OPEN_START, OPEN_END)
