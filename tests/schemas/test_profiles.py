"""Profiles that we hold content to, and the numbers that name a citizen."""

from typing import Any

import pytest
from gate_builders import concept, document, narrative, observation, paths, patient, without, words

from schemas.profiles import PROFILES
from schemas.structure import resource_types
from schemas.terminology import systems

HABITUAL, NOTE = systems.HABITUAL_VALUE_PROFILE, systems.STATUS_NOTE_PROFILE
CPR = "urn:oid:1.2.208.176.1.2"
X_ECPR = "urn:oid:1.2.208.176.1.6.1.1"
D_ECPR = "urn:oid:1.2.208.176.1.6.1.3"


def habitual(**more: Any) -> dict[str, Any]:
    return without(observation(), "effectiveDateTime") | {
        "meta": {"profile": [HABITUAL]},
        "effectivePeriod": {"start": "2025-01-01", "end": "2025-06-01"},
        "performer": [{"reference": "Practitioner/1"}],
    } | more  # fmt: skip


def note(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Communication",
        "meta": {"profile": [NOTE]},
        "extension": [{"url": systems.STATUS_NOTE_EXPIRY_EXTENSION, "valueDateTime": "2026-02-01T00:00:00Z"}],
        "status": "completed",
        "subject": {"reference": "Patient/1"},
        "sender": {"reference": "Organization/1"},
        "sent": "2026-01-01T00:00:00Z",
        "payload": [{"contentString": "dårligere gangfunktion siden i går"}],
    } | more


def numbered(system: str, value: str) -> dict[str, Any]:
    return patient(identifier=[{"system": system, "value": value}])


BAD: dict[str, tuple[Any, list[str]]] = {
    "habitual without window": (without(habitual(), "effectivePeriod"), ["Observation.effective"]),
    "habitual at a moment": (
        without(habitual(effectiveDateTime="2025"), "effectivePeriod"),
        ["Observation.effective"],
    ),
    "habitual with an open window": (
        habitual(effectivePeriod={"start": "2025"}),
        ["Observation.effective.end"],
    ),
    "habitual of nobody": (without(habitual(), "subject"), ["Observation.subject"]),
    "habitual declared by nobody": (without(habitual(), "performer"), ["Observation.performer"]),
    "habitual without a level": (without(habitual(), "valueQuantity"), ["Observation.value"]),
    "habitual without a unit": (habitual(valueQuantity={"value": 1}), ["Observation.value"]),
    "habitual range without a unit": (
        without(habitual(valueRange={"low": {"value": 1}, "high": {"value": 2, "unit": "kg"}}), "valueQuantity"),
        ["Observation.value.low"],
    ),
    "habitual component without a unit": (
        without(habitual(component=[{"code": {"text": "x"}, "valueQuantity": {"value": 1}}]), "valueQuantity"),
        ["Observation.component[0].value"],
    ),
    "habitual without a code": (habitual(code={"text": "puls"}), ["Observation.code"]),
    "habitual and preliminary": (habitual(status="preliminary"), ["Observation.status"]),
    "habitual patient": (patient(meta={"profile": [HABITUAL]}), ["Patient.meta.profile[0]"]),
    "note without author": (without(note(), "sender"), ["Communication.sender"]),
    "note without expiry": (without(note(), "extension"), ["Communication"]),
    "note with an odd expiry": (
        note(extension=[{"url": systems.STATUS_NOTE_EXPIRY_EXTENSION, "valueString": "snart"}]),
        ["Communication.extension[0].value"],
    ),
    "note without words": (without(note(), "payload"), ["Communication"]),
    "note without time": (without(note(), "sent"), ["Communication.sent"]),
    "note about nobody": (without(note(), "subject"), ["Communication.subject"]),
    "note as observation without author": (
        habitual(meta={"profile": [NOTE]}) | {"performer": [{"display": "x"}], "code": {"text": "x"}, "extension": []},
        ["Observation.extension"],
    ),
    "context that is no document": (
        {"resourceType": "Bundle", "type": "collection", "meta": {"profile": [systems.ADMISSION_CONTEXT_PROFILE]}},
        ["Bundle.type"],
    ),
    "dk-core-patient without identifier": (
        without(patient(meta={"profile": [systems.DK_CORE + "dk-core-patient"]}), "identifier"),
        ["Patient.identifier"],
    ),
    "dk-core-patient with two numbers": (
        patient(
            meta={"profile": [systems.DK_CORE + "dk-core-patient"]},
            identifier=[{"system": CPR, "value": "2509479989"}, {"system": CPR, "value": "0107729995"}],
        ),
        ["Patient.identifier[1]"],
    ),
    "dk-core-observation of nobody": (
        without(observation(meta={"profile": [systems.DK_CORE + "dk-core-observation"]}), "subject"),
        ["Observation.subject"],
    ),
    "dk-core-observation without unit": (
        observation(meta={"profile": [systems.DK_CORE + "dk-core-observation|3.7.0"]}, valueQuantity={"value": 1}),
        ["Observation.value"],
    ),
    "dk-core-basic-observation without LOINC": (
        observation(
            meta={"profile": [systems.DK_CORE + "dk-core-basic-observation"]},
            code=concept("http://npu-terminology.org", "NPU21692"),
        ),
        ["Observation.code"],
    ),
}

GOOD: dict[str, Any] = {
    "habitual value": habitual(),
    "habitual range": without(habitual(valueRange={"low": {"value": 1, "unit": "kg"}}), "valueQuantity"),
    "habitual concept": without(habitual(valueCodeableConcept={"text": "orienteret"}), "valueQuantity"),
    "habitual value that was computed": without(habitual(method={"text": "computed"}), "performer"),
    "habitual blood pressure": without(
        habitual(
            component=[
                {"code": concept("http://loinc.org", "8480-6"), "valueQuantity": {"value": 120, "unit": "mm[Hg]"}}
            ]
        ),
        "valueQuantity",
    ),
    "status note": note(),
    "status note as observation": habitual(meta={"profile": [NOTE]}, valueString="x") | {"valueQuantity": None},
    "status note as flag": {
        "resourceType": "Flag",
        "meta": {"profile": [NOTE]},
        "status": "active",
        "code": {"text": "x"},
        "subject": {"reference": "Patient/1"},
        "author": {"reference": "Organization/1"},
        "period": {"start": "2026-01-01", "end": "2026-01-08"},
    },
    "admission context": document(meta={"profile": [systems.ADMISSION_CONTEXT_PROFILE]}),
    "an unknown profile": patient(meta={"profile": ["http://example.org/StructureDefinition/x"]}),
}
GOOD["status note as observation"].pop("valueQuantity")


@pytest.mark.parametrize("name", BAD)
def test_what_breaks_a_profile_is_refused_at_its_place(name: str) -> None:
    content, expected = BAD[name]

    assert paths(content) == expected


@pytest.mark.parametrize("name", GOOD)
def test_what_keeps_its_profile_is_admitted(name: str) -> None:
    assert words(GOOD[name]) == ""


def test_profile_faults_of_entries_stand_at_the_entry() -> None:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": without(habitual(), "subject")}]}

    assert paths(bundle) == ["Bundle.entry[0].resource.subject"]


def test_profile_and_structure_faults_are_told_together() -> None:
    assert paths(without(habitual(gender="x"), "subject")) == ["Observation.gender", "Observation.subject"]


@pytest.mark.parametrize("stated", ["http://x", [1], [None], [{}], {}])
def test_an_odd_profile_element_never_stops_the_walk(stated: Any) -> None:
    assert "Patient.foo" in paths(patient(meta={"profile": stated}, foo=1))


def test_a_document_with_bare_sections_breaks_the_admission_context() -> None:
    bundle = document(meta={"profile": [systems.ADMISSION_CONTEXT_PROFILE]})
    bundle["entry"][0]["resource"]["section"] = [{"text": narrative("x")}]
    bundle["entry"][0]["resource"]["type"] = {"text": "x"}

    place = "Bundle.entry[0].resource"
    assert paths(bundle) == [f"{place}.type", f"{place}.section[0].title", f"{place}.section[0].code"]


@pytest.mark.parametrize(
    ("system", "value"),
    [
        (CPR, "2509479989"),  # fails modulus 11, as all official test numbers do
        (CPR, "2902230000"),  # 29 February is always possible
        (CPR, "0101000000"),
        (X_ECPR, "0703921VJ4"),
        (D_ECPR, "1206550VK9"),
        (D_ECPR + ".187", "1206555VK9"),
        ("http://rn.dk", "anything"),
    ],
)
def test_numbers_that_name_a_citizen_are_admitted(system: str, value: str) -> None:
    assert paths(numbered(system, value)) == []


@pytest.mark.parametrize(
    ("system", "value"),
    [
        (CPR, "250947-9989"),
        (CPR, "250947998"),
        (CPR, "25094799890"),
        (CPR, "3209479989"),
        (CPR, "0013479989"),
        (CPR, "3002479989"),
        (CPR, "3104479989"),
        (CPR, "250947998A"),
        (CPR, "٢٥٠٩٤٧٩٩٨٩"),
        (X_ECPR, "0703922VJ4"),
        (X_ECPR, "0703921vj4"),
        (X_ECPR, "2509479989"),
        (D_ECPR, "1206551VK9"),
        (D_ECPR + ".187", "1206551VK9"),
    ],
)
def test_numbers_of_the_wrong_form_are_refused_without_being_repeated(system: str, value: str) -> None:
    assert paths(numbered(system, value)) == ["Patient.identifier[0].value"]
    assert value not in words(numbered(system, value))


def test_a_number_is_checked_wherever_it_names_a_citizen() -> None:
    subject = {"identifier": {"system": CPR, "value": "1"}}

    assert paths(observation(subject=subject)) == ["Observation.subject.identifier.value"]


def test_profiles_are_for_types_that_exist() -> None:
    assert all(profile.types and profile.types <= resource_types() for profile in PROFILES.values())
