"""Each rule between elements: once broken, once held; words from the definitions; FHIRPath as a second opinion."""

from typing import Any

import fhirpathpy
import pytest
from fhirpathpy.models import models
from gate_builders import (
    allergy,
    appointment,
    concept,
    condition,
    document,
    medication_request,
    observation,
    paths,
    patient,
    transaction,
    without,
    words,
)

from schemas.admit import review
from schemas.invariants import ELSEWHERE, RULES
from schemas.structure import constraints_of, node_of, type_names

ERROR_AIT = concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", "entered-in-error")
ERROR_CON = concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "entered-in-error")
PROBLEM = concept("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item")
UCUM = "http://unitsofmeasure.org"
YEARS = {"value": 3, "unit": "a", "system": UCUM, "code": "a"}


def quantity(value: Any = 1, **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": "mg"} | more


def extended(key: str, value: Any) -> dict[str, Any]:
    return patient(extension=[{"url": "http://x.dk/e", key: value}])


def repeat(**more: Any) -> dict[str, Any]:
    return medication_request(dosageInstruction=[{"timing": {"repeat": more}}])


def bundle(kind: str, *entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, **({"entry": list(entries)} if entries else {}), **more}


def consent(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"code": "treatment"}]},
        "category": [{"text": "x"}],
        "patient": {"reference": "Patient/1"},
        "policyRule": {"text": "x"},
    } | more


def list_(**more: Any) -> dict[str, Any]:
    return {"resourceType": "List", "status": "current", "mode": "working"} | more


def group(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Group", "type": "person", "actual": True} | more


def audit_event(**entity: Any) -> dict[str, Any]:
    return {
        "resourceType": "AuditEvent",
        "type": {"code": "rest"},
        "recorded": "2026-01-01T00:00:00Z",
        "agent": [{"requestor": True}],
        "source": {"observer": {"display": "x"}},
        "entity": [entity],
    }


def composition(**section: Any) -> dict[str, Any]:
    return {
        "resourceType": "Composition",
        "status": "final",
        "type": {"text": "x"},
        "date": "2026",
        "author": [{"display": "x"}],
        "title": "x",
        "section": [{"title": "x"} | section],
    }


def goal(**target: Any) -> dict[str, Any]:
    return {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "x"},
        "subject": {"reference": "Patient/1"},
        "target": [{"dueDate": "2026"} | target],
    }


def immunization(**education: Any) -> dict[str, Any]:
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"text": "x"},
        "patient": {"reference": "Patient/1"},
        "occurrenceDateTime": "2026",
        "education": [{"publicationDate": "2020"} | education],
    }


def recommendation(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ImmunizationRecommendation",
        "patient": {"reference": "Patient/1"},
        "date": "2026",
        "recommendation": [{"forecastStatus": {"text": "due"}} | more],
    }


def administration(**dosage: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "medicationCodeableConcept": {"text": "x"},
        "subject": {"reference": "Patient/1"},
        "effectiveDateTime": "2026",
        "dosage": {"text": "x"} | dosage,
    }


def dispense(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationDispense",
        "status": "completed",
        "medicationCodeableConcept": {"text": "x"},
    } | more


def answers(**item: Any) -> dict[str, Any]:
    return {"resourceType": "QuestionnaireResponse", "status": "completed", "item": [{"linkId": "1"} | item]}


def care_plan(**activity: Any) -> dict[str, Any]:
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "subject": {"reference": "Patient/1"},
        "activity": [activity],
    }


def risk(**prediction: Any) -> dict[str, Any]:
    return {
        "resourceType": "RiskAssessment",
        "status": "final",
        "subject": {"reference": "Patient/1"},
        "prediction": [prediction],
    }


def family(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "FamilyMemberHistory",
        "status": "completed",
        "patient": {"reference": "Patient/1"},
        "relationship": {"text": "mor"},
    } | more


def order(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/1"},
    } | more


def nutrition(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "NutritionOrder",
        "status": "active",
        "intent": "order",
        "patient": {"reference": "Patient/1"},
        "dateTime": "2026",
    } | more


def actions(**action: Any) -> dict[str, Any]:
    return {"resourceType": "RequestGroup", "status": "active", "intent": "plan", "action": [{"title": "x"} | action]}


def trigger(**more: Any) -> dict[str, Any]:
    return extended("valueTriggerDefinition", more)


ENTRY = {"resource": {"resourceType": "Basic", "code": {"text": "x"}}}
REQUEST = {"request": {"method": "GET", "url": "Patient/1"}}
RESPONSE = {"response": {"status": "200"}}
LINE_DATA = {"type": "Patient"}

# key: broken (with the place), held
CASES: dict[str, tuple[Any, str, Any]] = {
    "qty-3": (observation(valueQuantity=quantity(code="mg")), "Observation.value", observation()),
    "age-1": (
        condition(onsetAge={"value": 3}),
        "Condition.onset",
        condition(onsetAge=YEARS),
    ),
    "cnt-3": (
        extended("valueCount", {"value": 1, "system": UCUM, "code": "2"}),
        "Patient.extension[0].value",
        extended("valueCount", {"value": 1, "system": UCUM, "code": "1"}),
    ),
    "dis-1": (extended("valueDistance", {"value": 1}), "Patient.extension[0].value", extended("valueDistance", YEARS)),
    "drt-1": (
        extended("valueDuration", {"value": 1, "code": "h", "system": "http://x"}),
        "Patient.extension[0].value",
        extended("valueDuration", {"value": 1, "code": "h", "system": UCUM}),
    ),
    "ext-1": (extended("id", "a"), "Patient.extension[0]", extended("valueString", "a")),
    "cpt-2": (patient(telecom=[{"value": "1"}]), "Patient.telecom[0]", patient(telecom=[{"system": "phone", "value": "1"}])),
    "att-1": (
        patient(photo=[{"data": "YWJj"}]),
        "Patient.photo[0]",
        patient(photo=[{"contentType": "image/png", "data": "YWJj"}]),
    ),
    "per-1": (
        patient(name=[{"family": "x", "period": {"start": "2023-02", "end": "2022-12-31"}}]),
        "Patient.name[0].period",
        patient(name=[{"family": "x", "period": {"start": "2022", "end": "2022-12-31"}}]),
    ),
    "rng-2": (
        without(observation(valueRange={"low": quantity(3), "high": quantity(2)}), "valueQuantity"),
        "Observation.value",
        without(observation(valueRange={"low": quantity(2), "high": quantity(2)}), "valueQuantity"),
    ),
    "rat-1": (
        without(observation(valueRatio={"numerator": quantity()}), "valueQuantity"),
        "Observation.value",
        without(observation(valueRatio={"numerator": quantity(), "denominator": quantity()}), "valueQuantity"),
    ),
    "exp-1": (
        trigger(type="data-added", data=[LINE_DATA], condition={"language": "text/fhirpath"}),
        "Patient.extension[0].value.condition",
        trigger(type="data-added", data=[LINE_DATA], condition={"language": "text/fhirpath", "expression": "true"}),
    ),
    "drq-1": (
        extended("valueDataRequirement", {"type": "Patient", "codeFilter": [{"valueSet": "http://x"}]}),
        "Patient.extension[0].value.codeFilter[0]",
        extended("valueDataRequirement", {"type": "Patient", "codeFilter": [{"path": "code"}]}),
    ),
    "drq-2": (
        extended("valueDataRequirement", {"type": "Patient", "dateFilter": [{"path": "x", "searchParam": "y"}]}),
        "Patient.extension[0].value.dateFilter[0]",
        extended("valueDataRequirement", {"type": "Patient", "dateFilter": [{"path": "x"}]}),
    ),
    "tim-1": (repeat(duration=1), "repeat", repeat(duration=1, durationUnit="h")),
    "tim-2": (repeat(period=1), "repeat", repeat(period=1, periodUnit="d", frequency=1)),
    "tim-4": (repeat(duration=-1, durationUnit="h"), "repeat", repeat(duration=0, durationUnit="h")),
    "tim-5": (repeat(period=-1, periodUnit="h"), "repeat", repeat(period=2, periodUnit="h")),
    "tim-6": (repeat(periodMax=1), "repeat", repeat(period=1, periodMax=2, periodUnit="d")),
    "tim-7": (repeat(durationMax=1), "repeat", repeat(duration=1, durationMax=2, durationUnit="h")),
    "tim-8": (repeat(countMax=1), "repeat", repeat(count=1, countMax=2)),
    "tim-9": (repeat(offset=30, when=["C"]), "repeat", repeat(offset=30, when=["AC"])),
    "tim-10": (repeat(timeOfDay=["08:00:00"], when=["MORN"]), "repeat", repeat(timeOfDay=["08:00:00"])),
    "trd-1": (
        trigger(type="data-added", data=[LINE_DATA], timingDate="2026"),
        "Patient.extension[0].value",
        trigger(type="periodic", timingDate="2026"),
    ),
    "trd-2": (
        trigger(type="named-event", name="x", condition={"language": "text/fhirpath", "expression": "true"}),
        "Patient.extension[0].value",
        trigger(type="data-added", data=[LINE_DATA], condition={"language": "x", "expression": "true"}),
    ),
    "trd-3": (trigger(type="named-event"), "Patient.extension[0].value", trigger(type="named-event", name="x")),
    "ait-1": (
        without(allergy(), "clinicalStatus"),
        "AllergyIntolerance",
        without(allergy(verificationStatus=ERROR_AIT), "clinicalStatus"),
    ),
    "ait-2": (allergy(verificationStatus=ERROR_AIT), "AllergyIntolerance", allergy()),
    "app-1": (
        appointment(participant=[{"status": "accepted"}]),
        "Appointment.participant[0]",
        appointment(participant=[{"status": "accepted", "type": [{"text": "x"}]}]),
    ),
    "app-2": (without(appointment(status="proposed"), "end"), "Appointment", appointment()),
    "app-3": (without(appointment(), "start", "end"), "Appointment", without(appointment(status="waitlist"), "start", "end")),
    "app-4": (
        appointment(cancelationReason={"text": "x"}),
        "Appointment",
        appointment(status="noshow", cancelationReason={"text": "x"}),
    ),
    "apr-1": (
        {"resourceType": "AppointmentResponse", "appointment": {"reference": "Appointment/1"}, "participantStatus": "accepted"},
        "AppointmentResponse",
        {
            "resourceType": "AppointmentResponse",
            "appointment": {"reference": "Appointment/1"},
            "participantStatus": "accepted",
            "actor": {"reference": "Patient/1"},
        },
    ),
    "sev-1": (audit_event(name="x", query="eA=="), "AuditEvent.entity[0]", audit_event(name="x")),
    "bdl-1": (transaction(patient(), total=1), "Bundle", bundle("searchset", total=1)),
    "bdl-2": (
        bundle("collection", ENTRY | {"search": {"mode": "match"}}),
        "Bundle.entry[0].search",
        bundle("searchset", ENTRY | {"search": {"mode": "match"}}),
    ),
    "bdl-3": (bundle("transaction", ENTRY), "Bundle.entry[0].request", transaction(patient())),
    "bdl-4": (bundle("batch-response", ENTRY), "Bundle.entry[0].response", bundle("batch-response", RESPONSE)),
    "bdl-5": (
        bundle("collection", {"fullUrl": "http://x"}),
        "Bundle.entry[0]",
        bundle("collection", ENTRY),
    ),
    "bdl-7": (
        bundle("collection", ENTRY | {"fullUrl": "http://x/1"}, ENTRY, ENTRY | {"fullUrl": "http://x/1"}),
        "Bundle.entry[2].fullUrl",
        bundle("collection", ENTRY | {"fullUrl": "http://x/1"}, ENTRY | {"fullUrl": "http://x/2"}),
    ),
    "bdl-8": (
        bundle("collection", ENTRY | {"fullUrl": "http://x/Patient/1/_history/2"}),
        "Bundle.entry[0].fullUrl",
        bundle("collection", ENTRY | {"fullUrl": "http://x/Patient/1"}),
    ),
    "bdl-9": (without(document(), "identifier"), "Bundle", document()),
    "bdl-10": (without(document(), "timestamp"), "Bundle", document()),
    "bdl-11": (document(entry=[ENTRY]), "Bundle", document()),
    "bdl-12": (bundle("message", ENTRY), "Bundle", bundle("collection", ENTRY)),
    "cpl-3": (
        care_plan(reference={"reference": "Task/1"}, detail={"status": "completed"}),
        "CarePlan.activity[0]",
        care_plan(detail={"status": "completed"}),
    ),
    "ctm-1": (
        {
            "resourceType": "CareTeam",
            "participant": [{"member": {"reference": "Patient/1"}, "onBehalfOf": {"reference": "Organization/1"}}],
        },
        "CareTeam.participant[0]",
        {
            "resourceType": "CareTeam",
            "participant": [{"member": {"reference": "Practitioner/1"}, "onBehalfOf": {"reference": "Organization/1"}}],
        },
    ),
    "cmp-1": (composition(), "Composition.section[0]", composition(entry=[{"reference": "Patient/1"}])),
    "cmp-2": (
        composition(entry=[{"reference": "Patient/1"}], emptyReason={"text": "x"}),
        "Composition.section[0]",
        composition(entry=[{"reference": "Patient/1"}]),
    ),
    "con-1": (
        condition(stage=[{"type": {"text": "x"}}]),
        "Condition.stage[0]",
        condition(stage=[{"summary": {"text": "x"}}]),
    ),
    "con-2": (
        condition(evidence=[{"extension": [{"url": "x", "valueString": "y"}]}]),
        "Condition.evidence[0]",
        condition(evidence=[{"code": [{"text": "x"}]}]),
    ),
    "con-3": (without(condition(category=[PROBLEM]), "clinicalStatus"), "Condition", condition(category=[PROBLEM])),
    "con-4": (
        condition(abatementDateTime="2026"),
        "Condition",
        condition(
            abatementDateTime="2026",
            clinicalStatus=concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "resolved"),
        ),
    ),
    "con-5": (
        condition(verificationStatus=ERROR_CON),
        "Condition",
        without(condition(verificationStatus=ERROR_CON), "clinicalStatus"),
    ),
    "ppc-1": (without(consent(), "policyRule"), "Consent", consent()),
    "ppc-2": (without(consent(scope={"coding": [{"code": "patient-privacy"}]}), "patient"), "Consent", consent()),
    "ppc-3": (without(consent(scope={"coding": [{"code": "research"}]}), "patient"), "Consent", consent()),
    "ppc-4": (without(consent(scope={"coding": [{"code": "adr"}]}), "patient"), "Consent", consent()),
    "ppc-5": (without(consent(), "patient"), "Consent", consent()),
    "fhs-1": (family(ageString="3", bornDate="2020"), "FamilyMemberHistory", family(ageString="3")),
    "fhs-2": (family(estimatedAge=True), "FamilyMemberHistory", family(ageString="3", estimatedAge=True)),
    "gol-1": (
        goal(detailString="x"),
        "Goal.target[0]",
        goal(detailString="x", measure={"text": "x"}),
    ),
    "grp-1": (
        group(actual=False, member=[{"entity": {"reference": "Patient/1"}}]),
        "Group",
        group(member=[{"entity": {"reference": "Patient/1"}}]),
    ),
    "imm-1": (immunization(), "Immunization.education[0]", immunization(documentType="x")),
    "imr-1": (
        recommendation(),
        "ImmunizationRecommendation.recommendation[0]",
        recommendation(targetDisease={"text": "x"}),
    ),
    "lst-1": (
        list_(entry=[{"item": {"display": "x"}}], emptyReason={"text": "x"}),
        "List",
        list_(emptyReason={"text": "x"}),
    ),
    "lst-2": (
        list_(entry=[{"item": {"display": "x"}}, {"item": {"display": "x"}, "deleted": True}]),
        "List.entry[1]",
        list_(mode="changes", entry=[{"item": {"display": "x"}, "deleted": True}]),
    ),
    "lst-3": (
        list_(mode="changes", entry=[{"item": {"display": "x"}, "date": "2026"}]),
        "List.entry[0]",
        list_(entry=[{"item": {"display": "x"}, "date": "2026"}]),
    ),
    "mad-1": (administration(), "MedicationAdministration.dosage", administration(rateQuantity=quantity())),
    "mdd-1": (
        dispense(whenPrepared="2026-01-02T10:00:00Z", whenHandedOver="2026-01-02T10:30:00+01:00"),
        "MedicationDispense",
        dispense(whenPrepared="2026-01-02T10:00:00Z", whenHandedOver="2026-01-02T11:30:00+01:00"),
    ),
    "nor-1": (nutrition(), "NutritionOrder", nutrition(oralDiet={"instruction": "x"})),
    "obs-3": (
        observation(referenceRange=[{"type": {"text": "x"}}]),
        "Observation.referenceRange[0]",
        observation(referenceRange=[{"text": "x"}]),
    ),
    "obs-6": (
        observation(dataAbsentReason={"text": "x"}),
        "Observation",
        without(observation(dataAbsentReason={"text": "x"}), "valueQuantity"),
    ),
    "obs-7": (
        observation(component=[{"code": concept("http://loinc.org", "8867-4")}]),
        "Observation",
        observation(component=[{"code": concept("http://loinc.org", "8480-6")}]),
    ),
    "org-1": ({"resourceType": "Organization", "active": True}, "Organization", {"resourceType": "Organization", "name": "x"}),
    "org-2": (
        {"resourceType": "Organization", "name": "x", "address": [{"city": "x"}, {"use": "home"}]},
        "Organization.address[1]",
        {"resourceType": "Organization", "name": "x", "address": [{"use": "work"}]},
    ),
    "org-3": (
        {"resourceType": "Organization", "name": "x", "telecom": [{"use": "home"}]},
        "Organization.telecom[0]",
        {"resourceType": "Organization", "name": "x", "telecom": [{"use": "work"}]},
    ),
    "inv-1": (
        {"resourceType": "Parameters", "parameter": [{"name": "x"}]},
        "Parameters.parameter[0]",
        {"resourceType": "Parameters", "parameter": [{"name": "x", "part": [{"name": "y", "valueString": "z"}]}]},
    ),
    "pat-1": (
        patient(contact=[{"gender": "male"}]),
        "Patient.contact[0]",
        patient(contact=[{"name": {"text": "x"}}]),
    ),
    "qrs-1": (
        answers(item=[{"linkId": "2"}], answer=[{"valueString": "x"}]),
        "QuestionnaireResponse.item[0]",
        answers(answer=[{"valueString": "x"}]),
    ),
    "rqg-1": (actions(), "RequestGroup.action[0]", actions(resource={"reference": "Task/1"})),
    "ras-1": (
        risk(probabilityRange={"low": quantity(1)}),
        "RiskAssessment.prediction[0]",
        risk(probabilityRange={"low": {"value": 1, "system": UCUM, "code": "%"}}),
    ),
    "ras-2": (risk(probabilityDecimal=101), "RiskAssessment.prediction[0]", risk(probabilityDecimal=100)),
    "prr-1": (order(orderDetail=[{"text": "x"}]), "ServiceRequest", order(code={"text": "x"}, orderDetail=[{"text": "x"}])),
}  # fmt: skip


@pytest.mark.parametrize("key", sorted(CASES))
def test_a_broken_rule_is_found_at_its_place(key: str) -> None:
    broken, place, _ = CASES[key]

    found = [(fault.path, fault.text) for fault in review(broken) if f"({key})" in fault.text]

    assert found, paths(broken)
    assert all(path == place or (place == "repeat" and path.endswith(".timing.repeat")) for path, _ in found)


@pytest.mark.parametrize("key", sorted(CASES))
def test_what_keeps_a_rule_is_admitted(key: str) -> None:
    assert words(CASES[key][2]) == ""


def test_every_rule_has_a_case_and_every_case_a_rule() -> None:
    assert {rule.key for rules in RULES.values() for rule in rules} == set(CASES)


def test_every_constraint_of_the_definitions_is_checked_somewhere() -> None:
    checked = {rule.key for rules in RULES.values() for rule in rules} | ELSEWHERE
    stated = {key for name in type_names() for _, key, _, _, _ in constraints_of(name)}

    assert stated <= checked
    assert checked - stated == {"ele-1", "dom-2", "dom-3", "dom-4", "dom-5"}  # stated once, for all types


def test_every_rule_stands_at_a_type_that_exists() -> None:
    assert [name for name in RULES if node_of(name) is None] == []


def test_a_period_is_judged_only_where_it_is_certain() -> None:
    def period(start: str, end: str) -> list[str]:
        return paths(patient(name=[{"family": "x", "period": {"start": start, "end": end}}]))

    assert period("2023-05-01", "2023-05-01") == []
    assert period("2023-05-02", "2023-05") == []
    assert period("2023-05-02", "2023-05-01T23:00:00-12:00") == []  # the same moment somewhere on earth
    assert period("2023-05-01T10:00:00+02:00", "2023-05-01T08:30:00Z") == []
    assert period("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z") == []
    assert period("9999-12-31", "9999") == []
    assert period("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00-14:00") == []
    assert period("2023-05-01T10:00:00+02:00", "2023-05-01T07:59:59Z") == ["Patient.name[0].period"]
    assert period("2024", "2023-12-31") == ["Patient.name[0].period"]


# FHIRPath as a second opinion. What it cannot say, or says otherwise than the standard means, with the reason.
_OTHERWISE = {
    "app-4": "the published expression says `no-show`, which is no code",
    "ppc-2": "the published expression compares with the system 'something'",
    "ppc-3": "the same",
    "ppc-4": "the same",
    "ppc-5": "the same",
    "con-3": "the published expression compares a concept with a text, so that it never fails",
    "cnt-3": "%ucum and toString() of a number",
    "ras-1": "stated on a choice element",
    "ctm-1": "resolve()",
    "per-1": "partial dates give empty",
    "rng-2": "the library does not compare quantities",
    "age-1": "the library has no hasValue()",
    "bdl-10": "the library has no hasValue()",
    "mdd-1": "the library compares times without their zones",
    "obs-7": "intersect() of objects is not supported by the library",
}


@pytest.mark.parametrize("key", sorted(set(CASES) - set(_OTHERWISE)))
@pytest.mark.parametrize("which", ["broken", "held"])
def test_fhirpath_agrees(key: str, which: str) -> None:
    resource = CASES[key][0 if which == "broken" else 2]
    path, expression = next(
        (path, expression) for name in RULES for path, k, _, _, expression in constraints_of_any(name) if k == key
    )
    context = (
        f"{path}.all({expression})" if path[0].isupper() and path.split(".")[0] == resource["resourceType"] else None
    )
    if context is None:  # a datatype: wherever it stands
        context = _DATATYPE_PLACES[path.split(".")[0]] + ".all(" + expression + ")"

    env = {"resource": resource, "rootResource": resource, "ucum": UCUM}
    assert fhirpathpy.evaluate(resource, context, env, models["r4"]) == [which == "held"]


def constraints_of_any(name: str) -> list[tuple[str, str, str, str, str]]:
    node = node_of(name)
    return constraints_of(name.split(".", maxsplit=1)[0]) if node else []


_DATATYPE_PLACES = {
    "Quantity": "Observation.value",
    "Age": "Condition.onset",
    "Distance": "Patient.extension.value",
    "Duration": "Patient.extension.value",
    "Extension": "Patient.extension",
    "ContactPoint": "Patient.telecom",
    "Attachment": "Patient.photo",
    "Range": "Observation.value",
    "Ratio": "Observation.value",
    "Expression": "Patient.extension.value.condition",
    "DataRequirement": "Patient.extension.value.descendants().where(path.exists() or searchParam.exists() or valueSet.exists())",
    "Timing": "MedicationRequest.dosageInstruction.timing.repeat",
    "TriggerDefinition": "Patient.extension.value",
}
