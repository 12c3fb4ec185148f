"""FHIR resources that more than one sector writes, built in one place so that they look alike."""

import base64
from datetime import datetime, timedelta

from app.demo.chart import JSON, Chart
from app.demo.codes import (
    ALLERGENS,
    BLOOD_PRESSURE,
    DIAGNOSES,
    VITALS,
    coding,
    concept,
    fsiii,
    own,
)
from app.demo.drugs import DRUGS, Drug
from app.demo.moments import day
from app.demo.organisations import NOTICE, Organisation
from app.demo.personas import Persona
from schemas.terminology import systems

CONFIRMED = concept("Bekræftet", coding(systems.CONDITION_VERIFICATION, "confirmed"))
ACTIVE = concept("Aktiv", coding(systems.CONDITION_CLINICAL, "active"))
RESOLVED = concept("Afsluttet", coding(systems.CONDITION_CLINICAL, "resolved"))
VITAL_SIGNS = [concept("Målinger", coding(systems.OBSERVATION_CATEGORY, "vital-signs"))]

PROBLEM, ENCOUNTER_DIAGNOSIS = "problem-list-item", "encounter-diagnosis"


def diagnosis(
    chart: Chart,
    key: str,
    *,
    system: str,
    recorded: datetime,
    onset: str | None = None,
    resolved: str | None = None,
    encounter: str | None = None,
    author: Persona,
) -> str:
    """Add one diagnosis in the words of one sector: SKS, ICPC-2 or FSIII (a nursing condition, without severity)."""
    row = DIAGNOSES[key]
    code = {
        systems.SKS_DIAGNOSIS: coding(systems.SKS_DIAGNOSIS, row.sks, row.text),
        systems.ICPC2: coding(systems.ICPC2, row.icpc, row.text),
        systems.FSIII: fsiii(row.fsiii),
    }[system]
    category = ENCOUNTER_DIAGNOSIS if encounter else PROBLEM
    resource: JSON = {
        "resourceType": "Condition",
        "clinicalStatus": RESOLVED if resolved else ACTIVE,
        "verificationStatus": CONFIRMED,
        "category": [{"coding": [{"system": systems.CONDITION_CATEGORY, "code": category}]}],
        "code": concept(row.text, code),
        "recordedDate": chart.when(recorded),
        "recorder": author.reference(),
    }
    if onset:
        resource["onsetDateTime"] = onset
    if resolved:
        resource["abatementDateTime"] = resolved
    if encounter:
        resource["encounter"] = {"reference": encounter}
    return chart.add(resource)


def allergy(chart: Chart, key: str, *, recorded: datetime, author: Persona) -> str:
    """Add one allergy or intolerance (Danish: CAVE)."""
    code, text, reaction, criticality = ALLERGENS[key]
    return chart.add(
        {
            "resourceType": "AllergyIntolerance",
            "clinicalStatus": concept("Aktiv", coding(systems.ALLERGY_CLINICAL, "active")),
            "verificationStatus": concept("Bekræftet", coding(systems.ALLERGY_VERIFICATION, "confirmed")),
            "type": "allergy" if criticality == "high" else "intolerance",
            "category": ["medication" if key != "latex" else "environment"],
            "criticality": criticality,
            "code": concept(text, code),
            "recordedDate": chart.when(recorded),
            "recorder": author.reference(),
            "reaction": [{"manifestation": [{"text": reaction}]}],
        },
        about="patient",
    )


def no_known_allergy(chart: Chart, *, recorded: datetime, author: Persona) -> str:
    """Add the authored statement that no allergy is known."""
    return chart.add(
        {
            "resourceType": "AllergyIntolerance",
            "clinicalStatus": concept("Aktiv", coding(systems.ALLERGY_CLINICAL, "active")),
            "verificationStatus": concept("Bekræftet", coding(systems.ALLERGY_VERIFICATION, "confirmed")),
            "code": concept("Ingen kendt allergi", coding(systems.SNOMED, "716186003")),
            "recordedDate": chart.when(recorded),
            "recorder": author.reference(),
        },
        about="patient",
    )


def _timing(drug: Drug) -> JSON:
    period, unit = (3, "d") if "3. døgn" in drug.dosage else (1, "wk") if "om ugen" in drug.dosage else (1, "d")
    return {"repeat": {"frequency": drug.daily, "period": period, "periodUnit": unit}}


def drug_code(drug: Drug) -> JSON:
    """Return the drug as a CodeableConcept: ATC, and the product in words."""
    return concept(drug.product, coding(systems.ATC, drug.atc, drug.name))


def dose_of(drug: Drug) -> JSON:
    """Return one dose as a Quantity, in words because most doses are counted in tablets."""
    whole = int(drug.amount)
    return {"value": whole if whole == drug.amount else drug.amount, "unit": drug.unit}


def medication(
    chart: Chart,
    key: str,
    *,
    since: datetime,
    asserted: datetime,
    status: str = "active",
    until: datetime | None = None,
    administered_by: str | None = None,
    last_dose: datetime | None = None,
    reason: str | None = None,
) -> str:
    """Add one line of a medication list; `status` on-hold is paused. The list is a copy, FMK is the source."""
    drug = DRUGS[key]
    dosage: JSON = {
        "text": drug.dosage,
        "route": {"text": drug.route},
        "doseAndRate": [{"doseQuantity": dose_of(drug)}],
    }
    if drug.daily:
        dosage["timing"] = _timing(drug)
    else:
        dosage["asNeededBoolean"] = True
    period = {"start": day(since)}
    if until is not None:
        period["end"] = day(until)
    resource: JSON = {
        "resourceType": "MedicationStatement",
        "status": status,
        "medicationCodeableConcept": drug_code(drug),
        "effectivePeriod": period,
        "dateAsserted": chart.when(asserted),
        "informationSource": chart.sender.home.reference(),
        "reasonCode": [{"text": drug.indication}],
        "dosage": [dosage],
    }
    if reason is not None:
        resource["statusReason"] = [{"text": reason}]
    extensions: list[JSON] = []
    if administered_by is not None:
        extensions.append({"url": systems.ADMINISTERED_BY_EXTENSION, "valueString": administered_by})
    if last_dose is not None:
        extensions.append({"url": systems.LAST_DOSE_EXTENSION, "valueDateTime": chart.when(last_dose)})
    if extensions:
        resource["extension"] = extensions
    return chart.add(resource)


def administration(chart: Chart, key: str, *, given: datetime, by: Persona, statement: str | None = None) -> str:
    """Add one given dose."""
    drug = DRUGS[key]
    resource: JSON = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "medicationCodeableConcept": drug_code(drug),
        "effectiveDateTime": chart.when(given),
        "performer": [{"actor": by.reference()}],
        "dosage": {"text": drug.dosage, "dose": dose_of(drug)},
    }
    if statement is not None:
        resource["supportingInformation"] = [{"reference": statement}]
    return chart.add(resource)


_SUPPLY = concept("Ilttilførsel", own("oxygen-supply"))
ROOM_AIR = {"code": _SUPPLY, "valueCodeableConcept": concept("Uden ilt", own("room-air"))}
ON_OXYGEN = {"code": _SUPPLY, "valueCodeableConcept": concept("Med ilt", own("oxygen"))}


def oxygen_components(name: str, flow: float) -> list[JSON]:
    """Return what a saturation says about oxygen: room air, or oxygen with its flow."""
    if name == "saturation":
        return [ROOM_AIR]
    quantity = {"value": flow, "unit": "L/min", "system": systems.UCUM, "code": "L/min"}
    return [ON_OXYGEN, {"code": concept("Iltflow", coding(systems.LOINC, "3151-8")), "valueQuantity": quantity}]


def measurements(
    chart: Chart,
    names: tuple[str, ...],
    *,
    at: datetime,
    author: Persona,
    encounter: str | None = None,
    shifts: dict[str, float] | None = None,
    flow: float = 1.5,
) -> list[str]:
    """Add measurements taken together, drawn from the citizen's true habits plus an acute shift.

    Quantities that the citizen has no habit of are left out. `systolic` brings the diastolic pressure with it.
    """
    life = chart.life
    found = []
    for name in names:
        habit = life.habits.get(name)
        if habit is None:
            continue
        shift = (shifts or {}).get(name, 0.0)
        value = VITALS[name].quantity(habit.draw(chart.rng, at, at=life.at, shift=shift))
        resource: JSON = {
            "resourceType": "Observation",
            "status": "final",
            "category": VITAL_SIGNS,
            "code": VITALS[name].code(),
            "effectiveDateTime": chart.when(at),
            "performer": [author.reference()],
        }
        if name == "systolic":
            shift = (shifts or {}).get("diastolic", 0.0)
            low = life.habits["diastolic"].draw(chart.rng, at, at=life.at, shift=shift)
            resource["code"] = BLOOD_PRESSURE
            resource["component"] = [
                {"code": VITALS["systolic"].code(), "valueQuantity": value},
                {
                    "code": VITALS["diastolic"].code(),
                    "valueQuantity": VITALS["diastolic"].quantity(min(low, value["value"] - 20)),
                },
            ]
        else:
            resource["valueQuantity"] = value
            if name.startswith("saturation"):
                resource["component"] = oxygen_components(name, flow)
        if encounter is not None:
            resource["encounter"] = {"reference": encounter}
        found.append(chart.add(resource))
    return found


def appointment(
    chart: Chart,
    *,
    start: datetime,
    minutes: int,
    what: str,
    where: Organisation,
    booked: datetime,
) -> str:
    """Add one appointment: fulfilled when it lies before the end of the life, else booked."""
    past = start < chart.life.at
    return chart.add(
        {
            "resourceType": "Appointment",
            "status": "fulfilled" if past else "booked",
            "serviceType": [{"text": what}],
            "start": chart.when(start),
            "end": chart.when(start + timedelta(minutes=minutes)),
            "created": chart.when(min(booked, chart.life.at)),
            "participant": [
                {"actor": {"reference": chart.patient, "type": "Patient"}, "status": "accepted"},
                {
                    "actor": {
                        "type": "Location",
                        "identifier": {"system": systems.SOR, "value": where.sor},
                        "display": where.name,
                    },
                    "status": "accepted",
                },
            ],
        },
        about="",
        profile=systems.APPOINTMENT_PROFILE,
    )


def text_attachment(text: str, *, title: str, created: str) -> JSON:
    """Return a text as an attachment that carries it."""
    data = base64.b64encode(f"{text}\n\n{NOTICE}\n".encode()).decode()
    return {
        "contentType": "text/plain; charset=utf-8",
        "language": "da",
        "data": data,
        "title": title,
        "creation": created,
    }


def vaccination(chart: Chart, code: str, name: str, *, given: str, place: Organisation) -> str:
    """Add one vaccination."""
    return chart.add(
        {
            "resourceType": "Immunization",
            "status": "completed",
            "vaccineCode": concept(name, coding(systems.ATC, code, name)),
            "occurrenceDateTime": given,
            "primarySource": True,
            "performer": [{"actor": place.reference()}],
        },
        about="patient",
    )


def device(chart: Chart, code: str | None, name: str, *, since: str, why: str, recorded: datetime) -> str:
    """Add a device with its use: two resources, the use points to the device."""
    kind = concept(name, coding(systems.SNOMED, code)) if code else concept(name)
    thing = chart.add({"resourceType": "Device", "status": "active", "type": kind}, about="patient")
    return chart.add(
        {
            "resourceType": "DeviceUseStatement",
            "status": "active",
            "timingPeriod": {"start": since},
            "recordedOn": chart.when(recorded),
            "device": {"reference": thing, "display": name},
            "reasonCode": [{"text": why}],
        }
    )


def aid(chart: Chart, name: str) -> str:
    """Add an aid (Danish: hjælpemiddel) that the citizen has: a device of hers without a statement of use."""
    return chart.add({"resourceType": "Device", "status": "active", "type": concept(name)}, about="patient")
