"""Under whom a resource lives, and who else may be named in it."""

import json

import pytest
from translate_builders import CPR, concept, condition, corpus, corpus_files, resource

from app.translate import home_of, other_citizens
from app.translate.homes import Citizen, Directory, Homeless, Inherits, same_citizen
from schemas.homes import HOMES
from schemas.terminology import systems
from schemas.terminology.identifiers import CitizenNumber

NUMBER = CitizenNumber(systems.CPR, CPR)
NAMED = {"identifier": {"system": systems.CPR, "value": CPR}}


def test_a_condition_lives_under_its_subject():
    assert home_of(condition()) == Citizen("Patient/p")


def test_a_subject_may_be_named_by_number_alone():
    assert home_of({**condition(), "subject": NAMED}) == Citizen("", (NUMBER,))


def test_reference_and_number_are_both_reported():
    subject = {"reference": "Patient/p", **NAMED}
    assert home_of({**condition(), "subject": subject}) == Citizen("Patient/p", (NUMBER,))


def test_a_contained_patient_counts_by_its_number():
    inner = {"resourceType": "Patient", "id": "x", "identifier": [{"system": systems.CPR, "value": CPR}]}
    assert home_of({**condition(), "subject": {"reference": "#x"}, "contained": [inner]}) == Citizen("", (NUMBER,))


def test_a_conditional_reference_counts_by_its_number():
    address = f"Patient?identifier={systems.CPR}%7C{CPR}"
    assert home_of({**condition(), "subject": {"reference": address}}) == Citizen("", (NUMBER,))


@pytest.mark.parametrize("address", ["Group/g", "Location/l", "#nowhere", "https://x.test/Device/1", "Group?name=a"])
def test_a_subject_that_is_no_patient_is_refused(address):
    home = home_of({**condition(), "subject": {"reference": address}})
    assert isinstance(home, Homeless)
    assert home.faults[0].path == "Condition.subject"


def test_a_missing_subject_is_refused_with_its_path():
    home = home_of({"resourceType": "Condition"})
    assert isinstance(home, Homeless)
    assert [(fault.path, fault.code) for fault in home.faults] == [("Condition.subject", "required")]


def test_a_malformed_number_is_refused_without_repeating_it():
    home = home_of({**condition(), "subject": {"identifier": {"system": systems.CPR, "value": "3113999999"}}})
    assert isinstance(home, Homeless)
    assert home.faults[0].path == "Condition.subject.identifier[0].value"
    assert "3113999999" not in repr(home)


def test_an_appointment_lives_under_its_only_patient():
    participants = [{"actor": {"reference": "Practitioner/a"}}, {"actor": {"reference": "Patient/p"}}]
    assert home_of({"resourceType": "Appointment", "participant": participants}) == Citizen("Patient/p")


def test_an_appointment_of_two_patients_is_refused():
    participants = [{"actor": {"reference": "Patient/q"}}, {"actor": {"reference": "Patient/p"}}]
    assert isinstance(home_of({"resourceType": "Appointment", "participant": participants}), Homeless)


def test_a_task_lives_under_whom_it_is_for():
    assert home_of({"resourceType": "Task", "for": {"reference": "Patient/p"}}) == Citizen("Patient/p")


def test_a_provenance_inherits_from_its_targets():
    targets = [{"reference": "Condition/1"}, {"reference": "Observation/2"}]
    assert home_of({"resourceType": "Provenance", "target": targets}) == Inherits(("Condition/1", "Observation/2"))


def test_a_device_with_a_patient_is_the_citizens_and_one_without_is_in_the_directory():
    assert home_of({"resourceType": "Device", "patient": {"reference": "Patient/p"}}) == Citizen("Patient/p")
    assert home_of({"resourceType": "Device"}) == Directory()


def test_a_patient_without_any_identifier_is_refused():
    assert isinstance(home_of({"resourceType": "Patient"}), Homeless)


def test_a_patient_with_two_numbers_in_use_is_refused():
    numbers = [{"system": systems.CPR, "value": value} for value in (CPR, "2512489996")]
    assert isinstance(home_of({"resourceType": "Patient", "identifier": numbers}), Homeless)
    numbers[1]["use"] = "old"
    assert home_of({"resourceType": "Patient", "identifier": numbers}) == Citizen("", (NUMBER,))


def test_a_message_has_no_home():
    assert isinstance(home_of({"resourceType": "Bundle", "type": "message"}), Homeless)


def test_an_unknown_type_has_no_home():
    assert isinstance(home_of({"resourceType": "Group"}), Homeless)


@pytest.mark.parametrize("row", HOMES, ids=lambda row: row.type)
def test_every_kept_type_gets_an_answer_of_its_kind_even_when_empty(row):
    home = home_of({"resourceType": row.type})
    expected = {"directory": Directory, "either": Directory, "inherited": Inherits, "citizen": Homeless}
    assert isinstance(home, expected[row.home])


@pytest.mark.parametrize("path", corpus_files("medcom-conditionlist"), ids=lambda path: path.stem)
def test_a_gps_condition_list_lives_under_the_patient_in_it_and_names_nobody_else(path):
    document = json.loads(path.read_text())
    home = home_of(document)
    assert isinstance(home, Citizen)
    assert len(home.numbers) == 1
    assert other_citizens(document).faults == ()


def test_every_dk_core_resource_of_a_kept_type_has_a_home_but_one_about_a_device():
    homeless = [
        path.stem
        for path in corpus_files("dk-core")
        if isinstance(home_of(content := json.loads(path.read_text())), Homeless)
        and content["resourceType"] not in {"Group", "Bundle"}
    ]
    assert set(homeless) <= {"Observation-CoincidentTimeStamp.0222"}


def test_naming_ones_own_citizen_twice_is_naming_nobody_else():
    observation = resource("Observation", performer=[{"reference": "Patient/p"}], subject={"reference": "Patient/p"})
    assert other_citizens(observation).faults == ()


def test_naming_another_citizen_is_a_fault_at_its_path():
    observation = resource("Observation", focus=[{"reference": "Patient/q"}])
    assert [fault.path for fault in other_citizens(observation).faults] == ["Observation.focus[0]"]


def test_naming_another_citizen_by_number_is_a_fault_even_behind_another_address():
    stated = {"reference": "Organization/x", **NAMED}
    assert other_citizens(resource("Observation", performer=[stated])).faults != ()


def test_another_number_behind_the_own_address_is_a_fault():
    observation = resource(
        "Observation",
        subject={"reference": "Patient/p", **NAMED},
        performer=[{"reference": "Patient/p", "identifier": {"system": systems.CPR, "value": "2512489996"}}],
    )
    assert [fault.path for fault in other_citizens(observation).faults] == ["Observation.performer[0]"]


def test_a_version_of_the_own_patient_is_the_own_patient():
    observation = resource("Observation", performer=[{"reference": "Patient/p/_history/3"}])
    assert other_citizens(observation).faults == ()


def document_about(patient, subject="Patient/p", base="https://x.test/fhir"):
    composition = {"resourceType": "Composition", "id": "c", "subject": {"reference": subject}}
    return {
        "resourceType": "Bundle",
        "type": "document",
        "entry": [
            {"fullUrl": f"{base}/Composition/c", "resource": composition},
            {"fullUrl": f"{base}/Patient/p", "resource": {"resourceType": "Patient", "id": "p", **patient}},
        ],
    }


@pytest.mark.parametrize("subject", ["Patient/p", "https://x.test/fhir/Patient/p"])
def test_a_document_lives_under_its_patient_by_relative_or_absolute_reference(subject):
    numbered = document_about({"identifier": [{"system": systems.CPR, "value": CPR}]}, subject)
    assert home_of(numbered) == Citizen("", (NUMBER,))
    assert other_citizens(numbered).faults == ()


def test_a_document_about_a_patient_without_identifier_is_refused():
    home = home_of(document_about({}))
    assert isinstance(home, Homeless)
    assert home.faults[0].path == "Bundle.entry[1].resource.identifier"


def test_a_document_about_a_patient_outside_it_lives_under_the_named_one():
    assert home_of(document_about({}, "Patient/elsewhere")) == Citizen("Patient/elsewhere")


def test_a_bundle_without_composition_or_subject_has_no_home():
    assert isinstance(home_of({"resourceType": "Bundle", "type": "document", "entry": []}), Homeless)
    nameless = document_about({})
    del nameless["entry"][0]["resource"]["subject"]
    assert isinstance(home_of(nameless), Homeless)


def test_a_second_patient_in_a_document_is_a_fault():
    document = corpus("medcom-conditionlist", "Bundle-23d8ece4-7cff-47c1-9680-571377c6ea74.json")
    stranger = {"resourceType": "Patient", "id": "s", "identifier": [{"system": systems.CPR, "value": "2512489996"}]}
    document["entry"].append({"fullUrl": "urn:uuid:s", "resource": stranger})
    paths = [fault.path for fault in other_citizens(document).faults]
    assert paths == [f"Bundle.entry[{len(document['entry']) - 1}].resource"]


def test_a_document_about_somebody_else_inside_is_refused():
    document = corpus("ips-connectathon", "DE_no_info_with_Advance_Directive.json")
    assert [fault.path for fault in other_citizens(document).faults] == ["Bundle.entry[6].resource.patient"]


def test_a_patient_may_link_to_its_successor_and_reading_then_needs_both():
    patient = {
        "resourceType": "Patient",
        "identifier": [{"system": systems.CPR, "value": CPR}],
        "link": [{"other": {"reference": "Patient/new"}, "type": "replaced-by"}],
    }
    others = other_citizens(patient)
    assert others.allowed == ("Patient/new",)
    assert others.faults == ()


def test_a_provenance_by_the_citizen_names_nobody_else_once_the_caller_says_who_she_is():
    provenance = {
        "resourceType": "Provenance",
        "target": [{"reference": "Observation/1"}],
        "agent": [{"who": {"reference": "Patient/p"}}],
    }
    assert other_citizens(provenance).faults != ()
    assert other_citizens(provenance, own={"Patient/p"}).faults == ()


def test_two_homes_are_one_citizen_by_reference_or_number():
    assert same_citizen(Citizen("Patient/p"), Citizen("Patient/p", (NUMBER,)))
    assert same_citizen(Citizen("", (NUMBER,)), Citizen("urn:uuid:1", (NUMBER,)))
    assert not same_citizen(Citizen("Patient/p"), Citizen("Patient/q"))
    assert not same_citizen(Citizen(), Citizen())


def test_a_homes_text_shows_no_number():
    assert CPR not in repr(home_of({**condition(), "subject": NAMED, "code": concept("x", "y")}))
