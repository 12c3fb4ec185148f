"""What the general practice writes: its diagnoses, medication list, allergies, plan, vaccinations, checks."""

from datetime import date

from app.demo.chart import Chart, Submission
from app.demo.codes import VACCINES, coding, concept
from app.demo.drugs import DRUGS
from app.demo.life import DAY, Life, allergies, onset, taken_since
from app.demo.moments import at_hour, day, local
from app.demo.organisations import ORGANISATIONS
from app.demo.personas import PERSONAS, Persona
from app.demo.resources import (
    allergy,
    appointment,
    diagnosis,
    measurements,
    medication,
    no_known_allergy,
    vaccination,
)
from schemas.terminology import systems

DOCTORS: dict[str, tuple[str, str]] = {
    "gp-1": ("gp", "gp-system"),
    "gp-2": ("other-gp", "gp-system-2"),
    "gp-3": ("gp-3-doctor", "gp-system-3"),
    "gp-4": ("gp-4-doctor", "gp-system-4"),
}
"""Practice -> its doctor and its system."""

_PAST = ("appendicitis", "back-pain", "urinary-infection", "pneumonia")


def write(life: Life) -> Submission | None:
    """Return what the own GP writes, or None for a citizen without a practice in the cluster."""
    if life.citizen.practice is None:
        return None
    doctor_key, system = DOCTORS[life.citizen.practice]
    doctor = PERSONAS[doctor_key]
    chart = Chart(life, PERSONAS[system])
    _diagnoses(chart, doctor)
    _medication(chart)
    _allergies(chart, doctor)
    _checks(chart, doctor)
    _vaccinations(chart)
    _plan(chart, doctor)
    _wishes(chart, doctor)
    return chart.submission()


def _diagnoses(chart: Chart, doctor: Persona) -> None:
    life, rng = chart.life, chart.rng
    for key in life.archetype.diagnoses:
        began, recorded = onset(life, key)
        diagnosis(chart, key, system=systems.ICPC2, recorded=recorded, onset=began, author=doctor)
    if rng.random() < (0.5 if life.adult else 0.2):
        key = rng.choice(_PAST) if life.adult else "otitis"
        start = life.at - DAY * rng.randrange(200, 700)
        diagnosis(
            chart,
            key,
            system=systems.ICPC2,
            recorded=start,
            onset=day(start),
            resolved=day(start + DAY * 14),
            author=doctor,
        )


def _medication(chart: Chart) -> None:
    """Write the whole list: in use, paused, as needed; one stopped drug now and then."""
    life, rng = chart.life, chart.rng
    asserted = life.at - DAY * rng.randrange(3, 60)
    dispensed = {"G1.20": "Hjemmesygeplejen", "G1.21": "Hjemmesygeplejen doserer i æsker"}
    by = next((words for code, words in dispensed.items() if code in life.archetype.nursing), "Borgeren selv")
    for listed in life.archetype.drugs:
        if listed == "paracetamol-prn" and len(life.archetype.drugs) == 1 and rng.random() < 0.6:
            continue
        key, paused = listed.rstrip("?"), listed.endswith("?")
        medication(
            chart,
            key,
            since=taken_since(life, key),
            asserted=asserted,
            status="on-hold" if paused else "active",
            reason="Pauseret af lægen indtil næste kontrol" if paused else None,
            administered_by=by if DRUGS[key].daily else "Borgeren selv",
        )
    if life.archetype.drugs and rng.random() < 0.4:
        ended = life.at - DAY * rng.randrange(90, 500)
        since = ended - DAY * 90
        medication(chart, "pantoprazole", since=since, asserted=ended, until=ended, status="stopped")


def _allergies(chart: Chart, doctor: Persona) -> None:
    """Write what the citizen cannot take; else, for about half, that no allergy is known."""
    life = chart.life
    recorded = life.at - DAY * chart.rng.randrange(100, 1500)
    found = allergies(life)
    for key in found:
        allergy(chart, key, recorded=recorded, author=doctor)
    if not found and chart.rng.random() < 0.5:
        no_known_allergy(chart, recorded=recorded, author=doctor)


def _checks(chart: Chart, doctor: Persona) -> None:
    """Write blood pressure, pulse and weight at the checks, and the next appointment."""
    life, rng = chart.life, chart.rng
    every = 185 if life.archetype.plan else 400
    names = ("systolic", "pulse", "weight") if life.adult else ("pulse", "respiration", "temperature")
    for moment in life.days(rng, every, hour=10):
        measurements(chart, names, at=moment, author=doctor)
    if life.archetype.plan or rng.random() < 0.15:
        start = at_hour(life.at + DAY * rng.randrange(3, 60), rng.randrange(8, 15), 40)
        place = ORGANISATIONS[life.citizen.practice or "gp-1"]
        what = "Årskontrol" if life.archetype.plan else "Konsultation"
        appointment(chart, start=start, minutes=20, what=what, where=place, booked=life.at - DAY * 12)


def _vaccinations(chart: Chart) -> None:
    """Write vaccinations by age: the childhood programme, influenza and covid-19 every autumn from 65, tetanus."""
    life, rng = chart.life, chart.rng
    place = ORGANISATIONS[life.citizen.practice or "gp-1"]
    today = local(life.at).date()
    given: list[tuple[str, date]] = []
    born = life.citizen.born
    if not life.adult:
        for months, name in ((3, "child"), (5, "child"), (12, "child"), (15, "mmr"), (48, "mmr")):
            given.append((name, born + DAY * int(months * 30.5)))
    elif life.citizen.age(life.at) >= 65:
        for year in (today.year - 2, today.year - 1, today.year):
            if rng.random() < 0.8:
                moment = date(year, 10, rng.randrange(2, 29))
                given += [("influenza", moment), ("covid", moment)]
        if rng.random() < 0.6:
            given.append(("pneumococcal", date(today.year - 3, 11, 9)))
    elif rng.random() < 0.4:
        given.append(("tetanus", today - DAY * rng.randrange(200, 3000)))
    for name, moment in given:
        if moment < today:
            code, text = VACCINES[name]
            vaccination(chart, code, text, given=moment.isoformat(), place=place)


def _plan(chart: Chart, doctor: Persona) -> None:
    life = chart.life
    if not life.archetype.plan:
        return
    start = life.at - DAY * chart.rng.randrange(60, 360)
    chart.add(
        {
            "resourceType": "CarePlan",
            "status": "active",
            "intent": "plan",
            "category": [concept("Kronikerplan i almen praksis", coding(systems.LOINC, "18776-5"))],
            "title": "Forløbsplan hos egen læge",
            "description": life.archetype.plan,
            "period": {"start": day(start)},
            "created": chart.when(start),
            "author": doctor.reference(),
            "activity": [{"detail": {"status": "in-progress", "description": life.archetype.plan}}],
        }
    )


_WILLS = (
    ("Fravalg af genoplivning ved hjertestop", coding(systems.SNOMED, "304253006")),
    ("Behandlingstestamente: ingen livsforlængende behandling ved uafvendelig død", None),
)


def _wishes(chart: Chart, doctor: Persona) -> None:
    """Write the citizen's own will about treatment, now and then from 75."""
    life, rng = chart.life, chart.rng
    chosen = rng.random() < 0.15 and life.citizen.age(life.at) >= 75
    if not chosen and life.citizen.value != "2512489996":
        return
    text, code = _WILLS[0] if life.citizen.hero else rng.choice(_WILLS)
    moment = life.at - DAY * rng.randrange(60, 700)
    chart.add(
        {
            "resourceType": "Consent",
            "status": "active",
            "scope": concept("Forhåndstilkendegivelse", coding(systems.CONSENT_SCOPE, "adr")),
            "category": [concept(text, coding(systems.LOINC, "42348-3"))],
            "dateTime": chart.when(moment),
            "performer": [{"reference": chart.patient}],
            "organization": [doctor.home.reference()],
            "policyRule": {"text": "Sundhedslovens kapitel 6: fravalg af behandling"},
            "provision": {
                "type": "deny",
                "period": {"start": day(moment)},
                "code": [concept(text, code) if code else concept(text)],
            },
            "verification": [{"verified": True, "verificationDate": chart.when(moment)}],
        },
        about="patient",
    )
