import copy
import json

import pytest
from bridge_builders import CITIZEN, EXAMPLES, JSON, SOR
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bridge.delivery_report import PlannedEntry, Report, read
from app.bridge.message import Refusal
from app.bridge.report_shapes import SHAPES, shape_of
from schemas.admit import Admitted, admit

FSIII = "urn:oid:1.2.208.176.2.21"


def example(name: str = "first") -> JSON:
    found: JSON = json.loads((EXAMPLES / f"delivery-report-{name}.json").read_text())
    return found


def report(bundle: JSON) -> Report:
    found = read(bundle)
    assert isinstance(found, Report), found
    return found


def planned(found: Report, shape: str) -> list[PlannedEntry]:
    return [entry for entry in found.entries if entry.shape == shape]


def faults_of(bundle: object) -> list[tuple[str, str]]:
    found = read(bundle)
    assert isinstance(found, Refusal), "it was read"
    assert not any(CITIZEN in fault.path + fault.text for fault in found.faults)
    return [(fault.path, fault.code) for fault in found.faults]


@pytest.mark.parametrize("name", ["first", "change"])
def test_the_examples_are_valid_fhir(name):
    raw = (EXAMPLES / f"delivery-report-{name}.json").read_bytes()
    assert isinstance(admit(raw, expect="Bundle"), Admitted)
    assert Bundle.model_validate_json(raw).type == "collection"


def test_a_report_is_read_by_kind():
    found = report(example())
    assert {entry.shape for entry in found.entries} == set(SHAPES) - {"citizen", "follow-up-observation"}
    assert (found.citizen.value, found.municipality, found.deceased) == (CITIZEN, "953741000016009", False)
    assert found.made.isoformat() == "2026-02-10T11:14:09+01:00"


def test_the_citizen_is_never_among_what_is_to_be_stored():
    found = report(example())
    assert found.citizen_url.startswith("Patient/")
    assert all(entry.resource["resourceType"] != "Patient" for entry in found.entries)
    assert all(entry.references[entry.resource["subject"]["reference"]] == found.citizen_url for entry in found.entries)


def test_resources_are_planned_as_received_with_their_places():
    bundle = example()
    for entry in report(bundle).entries:
        assert entry.resource is bundle["entry"][entry.index]["resource"]
        assert entry.full_url == bundle["entry"][entry.index]["fullUrl"]


def test_references_within_the_report_are_resolved_and_others_named():
    assert report(example()).dangling == ()
    ((source, target),) = report(example("change")).dangling
    assert source.startswith("Observation/")
    assert target == "CarePlan/0b9a1f6e-1f63-4c0e-8a77-6d2f0f1b0a31"


def test_a_change_names_the_same_thing_by_the_same_full_url():
    (before, *_), (after,) = (planned(report(example(name)), "condition") for name in ("first", "change"))
    assert before.full_url == after.full_url


def test_absolute_and_relative_names_of_one_entry_are_the_same():
    bundle = example("change")
    for entry in bundle["entry"]:
        entry["fullUrl"] = f"https://care.example/fhir/{entry['fullUrl']}"
    found = report(bundle)
    assert found.entries[0].references == {
        found.entries[0].resource["subject"]["reference"]: bundle["entry"][0]["fullUrl"]
    }


def test_the_number_alone_is_no_demographics():
    for element in SHAPES["citizen"].forbidden:
        bundle = example()
        bundle["entry"][0]["resource"][element] = "x"
        assert (f"Bundle.entry[0].resource.{element}", "business-rule") in faults_of(bundle)


def condition(code: str | list[str], severity: str | None) -> JSON:
    """Return a report with one condition of this code and severity."""
    bundle = example("change")
    del bundle["entry"][2]
    resource = bundle["entry"][1]["resource"]
    codes = [code] if isinstance(code, str) else code
    resource["code"] = {"coding": [{"system": FSIII, "code": each} for each in codes]}
    resource.pop("severity")
    if severity is not None:
        resource["severity"] = {"coding": [{"system": FSIII, "code": severity}]}
    return bundle


HOME_CARE = ["J1.1", "4d46bd94-9518-431c-82e8-ebb91bca307a", ["J1.1", "4d46bd94-9518-431c-82e8-ebb91bca307a"]]
NURSING = ["I4.2", "I4"]


@pytest.mark.parametrize("code", HOME_CARE)
@pytest.mark.parametrize("severity", ["B1", "B6", "d984ad21-48fe-4619-845e-2aa0303048e7"])
def test_a_home_care_condition_has_a_level_in_either_code_form(code, severity):
    assert report(condition(code, severity))


@pytest.mark.parametrize("code", HOME_CARE)
def test_a_home_care_condition_without_a_level_is_refused(code):
    assert faults_of(condition(code, None)) == [("Bundle.entry[1].resource.severity", "required")]


@pytest.mark.parametrize("severity", ["C1", "J1.1", "3"])
def test_a_level_outside_the_scale_is_refused(severity):
    assert faults_of(condition("J1.1", severity)) == [("Bundle.entry[1].resource.severity", "code-invalid")]


@pytest.mark.parametrize("code", NURSING)
def test_a_nursing_condition_has_no_level(code):
    assert report(condition(code, None))
    assert faults_of(condition(code, "B3")) == [("Bundle.entry[1].resource.severity", "business-rule")]


@pytest.mark.parametrize("code", ["H1.1", "G1.39", "nonsense", ["J1.1", "I4.2"]])
def test_a_condition_of_another_family_is_refused(code):
    assert faults_of(condition(code, "B3")) == [("Bundle.entry[1].resource.code", "code-invalid")]


UNKNOWN = "c2c2c2c2-0000-4000-8000-000000000000"


@pytest.mark.parametrize("severity", [None, "B3"])
def test_a_condition_whose_new_code_nobody_here_knows_is_taken(severity):
    assert report(condition(UNKNOWN, severity))


def test_an_intervention_whose_new_code_nobody_here_knows_is_taken():
    bundle, _ = changed("Procedure", code={"coding": [{"system": FSIII, "code": UNKNOWN}]})
    assert report(bundle)


@pytest.mark.parametrize(("code", "shape"), [(UNKNOWN, "matter-of-interest"), ("nonsense", None)])
def test_an_observation_whose_new_code_nobody_here_knows_is_taken(code, shape):
    coded = {"resourceType": "Observation", "code": {"coding": [{"system": FSIII, "code": code}]}}
    assert shape_of(coded) == (None if shape is None else f"{shape}-observation")
    assert shape_of(coded | {"focus": [{}]}) == (None if shape is None else "citizens-own-observation")


def test_two_code_forms_must_name_one_condition():
    bundle = condition(["J1.1", "51697715-965a-40f3-b4a5-819103bf9d49"], "B3")
    assert faults_of(bundle) == [("Bundle.entry[1].resource.code", "business-rule")]


@pytest.mark.parametrize("element", SHAPES["condition"].forbidden)
def test_a_condition_carries_no_more_than_its_profile(element):
    bundle = example("change")
    bundle["entry"][1]["resource"][element] = "2026-02-24"
    assert faults_of(bundle) == [(f"Bundle.entry[1].resource.{element}", "business-rule")]


@pytest.mark.parametrize("element", SHAPES["condition"].required)
def test_a_condition_carries_no_less_than_its_profile(element):
    bundle = example("change")
    del bundle["entry"][1]["resource"][element]
    assert (f"Bundle.entry[1].resource.{element}", "required") in faults_of(bundle)


def index_of(bundle: JSON, type_: str) -> int:
    return next(i for i, each in enumerate(bundle["entry"]) if each["resource"]["resourceType"] == type_)


def changed(type_: str, **values: object) -> tuple[JSON, str]:
    bundle = example()
    index = index_of(bundle, type_)
    bundle["entry"][index]["resource"] |= values
    return bundle, f"Bundle.entry[{index}].resource"


def test_a_goal_is_about_a_home_care_condition():
    skin = next(each["fullUrl"] for each in example()["entry"] if "I4.2" in json.dumps(each))
    bundle, path = changed("Goal", addresses=[{"reference": skin}])
    assert faults_of(bundle) == [(f"{path}.addresses[0]", "business-rule")]


def test_a_goal_has_one_level_as_target():
    bundle, path = changed("Goal", target=[])
    assert faults_of(bundle) == [(f"{path}.target", "code-invalid")]


def test_an_intervention_is_coded_as_nursing_or_home_care():
    activity = [{"detail": {"status": "in-progress", "code": {"coding": [{"system": FSIII, "code": "J1.1"}]}}}]
    bundle, path = changed("CarePlan", activity=activity, period={})
    assert faults_of(bundle) == [(f"{path}.period.start", "required"), (f"{path}.activity", "code-invalid")]


def test_a_completed_intervention_is_coded_as_nursing_or_home_care():
    bundle, path = changed("Procedure", code={"text": "sårpleje"})
    assert faults_of(bundle) == [(f"{path}.code", "code-invalid")]


def test_an_observation_of_another_kind_is_refused():
    bundle, path = changed("Observation", code={"coding": [{"system": "http://loinc.org", "code": "8867-4"}]})
    assert faults_of(bundle) == [(path, "not-supported")]


def test_a_resource_of_another_kind_is_refused():
    bundle = example()
    bundle["entry"].append({"fullUrl": "Flag/1", "resource": {"resourceType": "Flag", "id": "1"}})
    assert faults_of(bundle) == [(f"Bundle.entry[{len(bundle['entry']) - 1}].resource", "not-supported")]


@pytest.mark.parametrize("subject", [{"reference": "Patient/else"}, {"display": "x"}, None])
def test_everything_is_about_the_citizen_of_the_report(subject):
    bundle, path = changed("Encounter", subject=subject)
    assert faults_of(bundle) == [(f"{path}.subject", "business-rule")]


def another_citizen(bundle: JSON) -> None:
    entry = copy.deepcopy(bundle["entry"][0])
    entry["fullUrl"] = "Patient/else"
    bundle["entry"].append(entry)


BROKEN = {
    "another type": (lambda b: b.update(type="transaction"), "Bundle.type", "value"),
    "no timestamp": (lambda b: b.pop("timestamp"), "Bundle.timestamp", "required"),
    "a total": (lambda b: b.update(total=3), "Bundle.total", "business-rule"),
    "a signature": (lambda b: b.update(signature={}), "Bundle.signature", "business-rule"),
    "no citizen": (lambda b: b["entry"].pop(0), "Bundle.entry", "structure"),
    "two citizens": (another_citizen, "Bundle.entry", "structure"),
    "an empty entry": (lambda b: b["entry"].append({}), "Bundle.entry[3].resource", "structure"),
    "one fullUrl twice": (lambda b: b["entry"].append(b["entry"][2]), "Bundle.entry[3].fullUrl", "duplicate"),
    "a fullUrl of another type": (
        lambda b: b["entry"][1].update(fullUrl="Goal/1"),
        "Bundle.entry[1].fullUrl",
        "value",
    ),
    "neither fullUrl nor id": (
        lambda b: b["entry"][1].pop("fullUrl") and b["entry"][1]["resource"].pop("id"),
        "Bundle.entry[1].fullUrl",
        "required",
    ),
    "a number that cannot be": (
        lambda b: b["entry"][0]["resource"]["identifier"][0].update(value="4413479989"),
        "Bundle.entry[0].resource.identifier[0]",
        "value",
    ),
    "two identifiers": (
        lambda b: b["entry"][0]["resource"]["identifier"].append({}),
        "Bundle.entry[0].resource.identifier",
        "required",
    ),
    "no organisation": (
        lambda b: b["entry"][0]["resource"]["managingOrganization"].pop("identifier"),
        "Bundle.entry[0].resource.managingOrganization.identifier",
        "required",
    ),
    "too many entries": (lambda b: b["entry"].extend([b["entry"][1]] * 5000), "Bundle.entry", "too-costly"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_report_is_refused_with_the_place_of_the_fault(name):
    change, path, code = BROKEN[name]
    bundle = example("change")
    change(bundle)
    assert (path, code) in faults_of(bundle)


def test_an_organisation_of_another_system_is_refused():
    bundle = example()
    identifier = bundle["entry"][0]["resource"]["managingOrganization"]["identifier"]
    assert identifier["system"] == SOR
    identifier["system"] = "http://cvr.dk"
    assert faults_of(bundle) == [("Bundle.entry[0].resource.managingOrganization.identifier", "required")]


@pytest.mark.parametrize("sent", [None, 1, [], {}, {"resourceType": "Parameters"}, {"resourceType": "Bundle"}])
def test_what_is_no_report_is_refused(sent):
    assert faults_of(sent)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_change_of_a_report_raises_anything(data):
    bundle = example(data.draw(st.sampled_from(["first", "change"])))
    values = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just([]) | st.just({}) | st.just([{}])
    for _ in range(data.draw(st.integers(1, 4))):
        holder: object = bundle
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if not isinstance(holder[key], dict | list) or data.draw(st.integers(0, 5)) == 0:
                holder[key] = data.draw(values)
                break
            holder = holder[key]
    assert isinstance(read(bundle), Report | Refusal)
