"""One stay in hospital as the hospital writes it: contacts, diagnosis, measurements, letter, plan, medication."""

import base64
from datetime import datetime, timedelta

from app.demo.chart import JSON, Chart
from app.demo.codes import DIAGNOSES, PROCEDURES, coding, concept, own
from app.demo.letters import discharge_letter, discharge_plan
from app.demo.life import DAY, Stay, onset, taken_since
from app.demo.moments import day, spoken, written
from app.demo.organisations import NOTICE, ORGANISATIONS
from app.demo.personas import PERSONAS, Persona
from app.demo.resources import (
    diagnosis,
    measurements,
    medication,
    text_attachment,
)
from schemas.terminology import systems

DOCTORS: dict[str, str] = {
    "lung-ward": "lung-doctor",
    "heart-ward": "heart-doctor",
    "geriatric-ward": "geriatric-doctor",
    "fracture-ward": "surgeon",
    "stroke-ward": "stroke-doctor",
    "psychiatry": "psychiatrist",
    "psychiatric-clinic": "psychiatrist",
    "paediatrics": "paediatrician",
    "diabetes-clinic": "diabetes-doctor",
    "orthopaedics": "surgeon",
    "neurology": "stroke-doctor",
    "medicine": "lung-doctor",
    "emergency-ward": "hospital-doctor",
}
"""Ward -> key of its doctor."""

RESPONSIBILITY = f"{systems.OVERGANG}/StructureDefinition/responsibility-until"
_ALL = ("systolic", "pulse", "saturation", "saturation-oxygen", "respiration", "temperature", "weight")
_LIMITS = (
    ("Ingen genoplivning ved hjertestop", coding(systems.SNOMED, "304253006")),
    ("Ikke respiratorbehandling; BiPAP kan gives", own("treatment-limit")),
)


def stay_of(chart: Chart, stay: Stay, known: dict[str, str], *, newest: bool) -> None:
    """Write one stay: emergency contact, admission, and, when it is one of the two newest, what was done in it.

    `known` keeps the addresses of lasting diagnoses from stay to stay.
    """
    life = chart.life
    doctor = PERSONAS[DOCTORS[stay.ward]]
    _encounter(chart, stay, emergency=True, diagnosis_of=None)
    reason = _reason(chart, stay, known, doctor)
    encounter = _encounter(chart, stay, emergency=False, diagnosis_of=reason)
    _during(chart, stay, encounter, doctor, rounds=2 if newest else 1)
    if life.archetype.nursing and chart.rng.random() < 0.25:
        _limit(chart, stay, encounter, doctor)
    if stay.end is None:
        return
    _letter(chart, stay, encounter, doctor)
    _plan(chart, stay, encounter, reason, doctor, running=stay is life.last_discharge)
    if stay.reason == "hip-fracture":
        procedure(chart, "hip-prosthesis", done=stay.admitted + timedelta(hours=14), encounter=encounter, by=doctor)
    if newest:
        _discharge_medication(chart, stay)


_LASTING = frozenset({"copd", "heart-failure", "stroke", "schizophrenia", "asthma"})


def _reason(chart: Chart, stay: Stay, known: dict[str, str], doctor: Persona) -> str:
    """Add the diagnosis of a stay; a lasting illness is one diagnosis, however many stays it brings."""
    if stay.reason in known:
        return known[stay.reason]
    lasting = stay.reason in _LASTING
    address = diagnosis(
        chart,
        stay.reason,
        system=systems.SKS_DIAGNOSIS,
        recorded=stay.admitted,
        onset=onset(chart.life, stay.reason)[0] if lasting else day(stay.start),
        resolved=day(stay.end) if stay.end and not lasting else None,
        author=doctor,
    )
    if lasting:
        known[stay.reason] = address
    return address


def _encounter(chart: Chart, stay: Stay, *, emergency: bool, diagnosis_of: str | None) -> str:
    ward = ORGANISATIONS["emergency-clinic" if emergency else stay.ward]
    start, end = (stay.start, stay.admitted) if emergency else (stay.admitted, stay.end)
    on_leave = not emergency and stay.leave is not None and stay.leave[1] is None
    status = "finished" if end is not None else "onleave" if on_leave else "in-progress"
    period: JSON = {"start": chart.when(start)}
    if end is not None:
        period["end"] = chart.when(end)
    code, words = ("EMER", "Akut ambulant kontakt") if emergency else ("IMP", "Indlæggelse")
    resource: JSON = {
        "resourceType": "Encounter",
        "status": status,
        "class": coding(systems.ACT_CODE, code),
        "type": [{"text": words}],
        "episodeOfCare": [
            {"identifier": {"system": systems.EPISODE, "value": f"urn:uuid:{stay.episode}"}},
        ],
        "period": period,
        "reasonCode": [{"text": DIAGNOSES[stay.reason].text}],
        "serviceProvider": ward.reference(),
    }
    extensions: list[JSON] = []
    if not emergency and stay.leave is not None:
        leave = {"start": written(stay.leave[0])} | ({"end": written(stay.leave[1])} if stay.leave[1] else {})
        extensions.append({"url": systems.LEAVE_PERIOD_EXTENSION, "valuePeriod": leave})
    if not emergency and stay.end is not None:
        extensions.append({"url": RESPONSIBILITY, "valueDateTime": written(stay.end + timedelta(hours=72))})
        resource["hospitalization"] = {"dischargeDisposition": {"text": "Udskrevet til eget hjem"}}
    if extensions:
        resource["extension"] = extensions
    if diagnosis_of is not None:
        resource["diagnosis"] = [{"condition": {"reference": diagnosis_of}, "rank": 1}]
    return chart.add(resource)


def _during(chart: Chart, stay: Stay, encounter: str, doctor: Persona, *, rounds: int) -> None:
    life = chart.life
    end = stay.end or life.at
    moments = [stay.start + timedelta(minutes=25)]
    if rounds > 1:
        moments.append(end - timedelta(hours=3))
    for moment in moments:
        if stay.start <= moment <= min(end, life.at):
            shifts = {name: stay.shift(name, moment) for name in (*_ALL, "diastolic")}
            names = _ALL if moment == moments[0] else _ALL[:5]
            measurements(chart, names, at=moment, author=doctor, encounter=encounter, shifts=shifts, flow=2)


def _limit(chart: Chart, stay: Stay, encounter: str, doctor: Persona) -> None:
    text, code = chart.rng.choice(_LIMITS)
    period = {"start": written(stay.admitted)} | ({"end": written(stay.end)} if stay.end else {})
    chart.add(
        {
            "resourceType": "Flag",
            "status": "inactive" if stay.end else "active",
            "category": [concept("Behandlingsniveau", own("treatment-limit"))],
            "code": concept(text, code),
            "period": period,
            "encounter": {"reference": encounter},
            "author": doctor.reference(),
        }
    )


def _letter(chart: Chart, stay: Stay, encounter: str, doctor: Persona) -> None:
    life, ward = chart.life, ORGANISATIONS[stay.ward]
    end = stay.end or life.at
    moment = min(end + timedelta(hours=2), life.at)
    title = f"Epikrise {ward.name} {spoken(end)}"
    text = discharge_letter(life, stay, ward=ward.name, doctor=doctor.name)
    attachment = text_attachment(text, title=title, created=written(moment))
    if life.citizen.hero and stay is life.last_discharge:
        data = base64.b64encode(f"{text}\n\n{NOTICE}\n".encode()).decode()
        binary: JSON = {"resourceType": "Binary", "contentType": attachment["contentType"], "data": data}
        binary["securityContext"] = {"reference": chart.patient}
        del attachment["data"]
        attachment["url"] = chart.add(binary, about="")
    chart.add(
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "docStatus": "final",
            "type": concept("Epikrise", coding(systems.LOINC, "18842-5", "Discharge summary")),
            "category": [concept("Epikrise", own("discharge-letter"))],
            "date": chart.when(moment),
            "author": [doctor.reference()],
            "custodian": ORGANISATIONS["hospital"].reference(),
            "description": title,
            "content": [{"attachment": attachment}],
            "context": {
                "encounter": [{"reference": encounter}],
                "period": {"start": written(stay.start), "end": written(end)},
            },
        },
        profile=systems.DISCHARGE_LETTER_PROFILE,
    )


def _plan(chart: Chart, stay: Stay, encounter: str, reason: str, doctor: Persona, *, running: bool) -> None:
    life = chart.life
    end = stay.end or life.at
    status = "active" if running else "completed"
    activities = [life.archetype.follow_up or "Ingen opfølgning fra sygehuset."]
    if life.archetype.nursing:
        activities.append("Hjemmesygeplejen: måling af værdier dagligt i 5 dage, derefter som hidtil.")
    chart.add(
        {
            "resourceType": "CarePlan",
            "status": status,
            "intent": "plan",
            "category": [
                concept(
                    "Udskrivningsplan", own("discharge-plan"), coding(systems.LOINC, "18776-5", "Plan of care note")
                )
            ],
            "title": f"Udskrivningsplan {spoken(end)}",
            "description": discharge_plan(life, stay),
            "encounter": {"reference": encounter},
            "period": {"start": written(end), "end": written(end + DAY * 60)},
            "created": chart.when(end),
            "author": doctor.reference(),
            "addresses": [{"reference": reason}],
            "activity": [
                {
                    "detail": {
                        "status": "completed" if not running else "scheduled",
                        "description": text,
                        "scheduledPeriod": {"start": day(end), "end": day(end + DAY * 21)},
                    }
                }
                for text in activities
            ],
        },
        profile=systems.DISCHARGE_PLAN_PROFILE,
    )


_STARTED: dict[str, tuple[str, int]] = {
    "copd": ("prednisolone", 5),
    "pneumonia": ("penicillin", 7),
    "asthma": ("prednisolone", 5),
    "urinary-infection": ("pivmecillinam", 3),
    "otitis": ("penicillin", 7),
    "hip-fracture": ("morphine", 21),
    "alcohol-withdrawal": ("chlordiazepoxide", 4),
}
"""Reason of a stay -> drug started in it, and for how many days."""


def _discharge_medication(chart: Chart, stay: Stay) -> None:
    """Write what the hospital started, and at the last discharge the first three of the list as it left them."""
    life = chart.life
    end = stay.end or life.at
    if stay.reason in _STARTED:
        key, days = _STARTED[stay.reason]
        until = stay.admitted + DAY * days
        status = "completed" if until < life.at else "active"
        medication(chart, key, since=stay.admitted, asserted=end, until=until, status=status)
    if stay is life.last_discharge:
        for key in [key for key in life.archetype.drugs if not key.endswith("?")][:3]:
            medication(chart, key, since=taken_since(life, key), asserted=end)


def procedure(chart: Chart, key: str, *, done: datetime, by: Persona, encounter: str | None = None) -> None:
    """Add one operation."""
    code, text = PROCEDURES[key]
    resource: JSON = {
        "resourceType": "Procedure",
        "status": "completed",
        "code": concept(text, coding(systems.SKS, code, text)),
        "performedDateTime": chart.when(done),
        "performer": [{"actor": by.reference()}],
    }
    if encounter is not None:
        resource["encounter"] = {"reference": encounter}
    chart.add(resource)
