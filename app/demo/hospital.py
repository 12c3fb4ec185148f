"""What the hospital writes about a citizen: her stays, and what it knows beyond them."""

from datetime import datetime, timedelta

from app.demo.chart import Chart, Submission
from app.demo.codes import DEVICES, DIAGNOSES, coding, concept, own
from app.demo.heroes import BRUNO
from app.demo.life import DAY, Life, allergies, onset
from app.demo.moments import at_hour, day, local
from app.demo.organisations import ORGANISATIONS
from app.demo.personas import PERSONAS
from app.demo.resources import (
    allergy,
    appointment,
    device,
    diagnosis,
    measurements,
)
from app.demo.stays import DOCTORS, procedure, stay_of
from schemas.terminology import systems


def write(life: Life) -> Submission | None:
    """Return what the hospital writes, or None for a citizen whom it has never met."""
    visitor = life.citizen.practice is None
    clinic = life.adult and life.archetype.plan and life.draws("clinic").random() < 0.5
    if not (life.stays or visitor or clinic or life.citizen.hero):
        return None
    chart = Chart(life, PERSONAS["hospital-system"])
    lasting: dict[str, str] = {}
    for place, stay in enumerate(life.stays):
        stay_of(chart, stay, lasting, newest=place >= len(life.stays) - 2)
    if visitor:
        _visit(chart)
    if life.stays or life.citizen.hero:
        _background(chart)
    _appointments(chart)
    return chart.submission()


def _background(chart: Chart) -> None:
    """Write chronic diagnoses, old operations, implants, allergy, isolation."""
    life, rng = chart.life, chart.rng
    doctor = PERSONAS[DOCTORS[life.stays[-1].ward if life.stays else "medicine"]]
    recorded = life.stays[-1].admitted if life.stays else life.at - DAY * 90
    for key in life.archetype.diagnoses[:3]:
        if all(stay.reason != key for stay in life.stays):
            diagnosis(
                chart,
                key,
                system=systems.SKS_DIAGNOSIS,
                recorded=recorded,
                onset=onset(life, key)[0],
                author=doctor,
            )
    for key in life.archetype.procedures:
        if key != "hip-prosthesis":
            done = at_hour(life.at - DAY * rng.randrange(900, 3000), 11)
            procedure(chart, key, done=done, by=doctor)
    for key in life.archetype.devices:
        if key in {"pacemaker", "hip-prosthesis"}:
            code, name = DEVICES[key]
            since = local(life.at - DAY * rng.randrange(60, 1500)).date().isoformat()
            device(chart, code, name, since=since, why="Implantat", recorded=recorded)
    for key in allergies(life):
        allergy(chart, key, recorded=recorded, author=doctor)
    if life.draws("mrsa").random() < 0.05 or life.citizen.value == BRUNO:
        chart.add(
            {
                "resourceType": "Flag",
                "status": "active",
                "category": [concept("Isolation", own("isolation"))],
                "code": concept("MRSA-bærer: isolation på enestue", coding(systems.SNOMED, "432415000")),
                "period": {"start": day(recorded)},
                "author": doctor.reference(),
            }
        )


def _visit(chart: Chart) -> None:
    """Write the one visit of a citizen from elsewhere."""
    life, rng = chart.life, chart.rng
    if life.citizen.deceased:
        return
    if life.citizen.municipality is None:
        _birth(chart)
        return
    start = at_hour(life.at - DAY * rng.randrange(40, 600), rng.randrange(9, 22))
    doctor = PERSONAS["hospital-doctor"]
    encounter = chart.add(
        {
            "resourceType": "Encounter",
            "status": "finished",
            "class": coding(systems.ACT_CODE, "EMER"),
            "type": [{"text": "Akut ambulant kontakt"}],
            "period": {"start": chart.when(start), "end": chart.when(start + timedelta(hours=3))},
            "reasonCode": [{"text": "Forstuvet ankel"}],
            "serviceProvider": ORGANISATIONS["emergency-clinic"].reference(),
        }
    )
    names = ("systolic", "pulse", "temperature")
    measurements(chart, names, at=start + timedelta(minutes=20), author=doctor, encounter=encounter)


def _birth(chart: Chart) -> None:
    born = chart.life.citizen.born
    start = at_hour(datetime(born.year, born.month, born.day, 12, tzinfo=chart.life.at.tzinfo), 4, 12)
    chart.add(
        {
            "resourceType": "Encounter",
            "status": "finished",
            "class": coding(systems.ACT_CODE, "IMP"),
            "type": [{"text": "Fødsel"}],
            "period": {"start": chart.when(start), "end": chart.when(start + DAY * 2)},
            "serviceProvider": ORGANISATIONS["paediatrics"].reference(),
        }
    )


def _appointments(chart: Chart) -> None:
    """Write a past and a coming visit to the clinic, and a coming scan for heroes."""
    life, rng = chart.life, chart.rng
    if not life.archetype.plan:
        return
    clinic = ORGANISATIONS[life.archetype.clinic]
    what = f"Ambulant kontrol: {DIAGNOSES[life.archetype.diagnoses[0]].text.lower()}"
    past = at_hour(life.at - DAY * rng.randrange(50, 200), rng.randrange(9, 14))
    coming = at_hour(life.at + DAY * rng.randrange(4, 90), rng.randrange(9, 14), 15)
    appointment(chart, start=past, minutes=30, what=what, where=clinic, booked=past - DAY * 40)
    appointment(chart, start=coming, minutes=30, what=what, where=clinic, booked=life.at - DAY * 20)
    if life.citizen.hero:
        scan = at_hour(life.at + DAY * 9, 10, 30)
        appointment(
            chart,
            start=scan,
            minutes=45,
            what="CT-scanning af brystkassen, faste 2 timer før",
            where=clinic,
            booked=life.at - DAY * 10,
        )
