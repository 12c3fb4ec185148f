"""What the municipality writes: conditions and levels (FSIII), services, measurements at home, relatives, medicine."""

from datetime import datetime, timedelta

from app.demo.baseline import habitual_values, status_note
from app.demo.chart import JSON, Chart, Submission
from app.demo.codes import AIDS, DEVICES, FSIII_DISPLAY, LEVELS, coding, concept, fsiii, own
from app.demo.drugs import DRUGS
from app.demo.life import DAY, Life, taken_since
from app.demo.moments import at_hour, day
from app.demo.organisations import A, Organisation, unit
from app.demo.people import Citizen
from app.demo.personas import PERSONAS, Persona
from app.demo.resources import (
    ACTIVE,
    CONFIRMED,
    PROBLEM,
    administration,
    aid,
    appointment,
    device,
    measurements,
    medication,
)
from schemas.terminology import systems
from schemas.terminology.medication import marks_of

_ROUTINE = ("systolic", "pulse")
_TURNS = ("saturation", "weight", "respiration", "saturation-oxygen", "temperature")


def serves(life: Life) -> bool:
    """Tell whether one of the two municipalities gives this citizen a service."""
    if not life.citizen.local or not (life.archetype.nursing or life.archetype.care):
        return False
    chance = 0.9 if life.citizen.age(life.at) >= 65 else 0.5
    return life.citizen.hero or life.draws("served").random() < chance


def sender_of(citizen: Citizen) -> Persona:
    """Return the system that writes for the citizen's municipality."""
    return PERSONAS["municipality-system" if citizen.municipality == A else "municipality-system-b"]


def nurse_of(citizen: Citizen) -> Persona:
    """Return the home nurse of the citizen's municipality."""
    return PERSONAS["home-nurse" if citizen.municipality == A else "home-nurse-b"]


def write(life: Life, relatives: tuple[tuple[str, Citizen], ...]) -> Submission | None:
    """Return what the municipality writes, or None for a citizen without services; `relatives` are (role, person)."""
    if not serves(life):
        return None
    chart = Chart(life, sender_of(life.citizen))
    nurse = nurse_of(life.citizen)
    _conditions(chart, nurse)
    levels(chart, nurse)
    _services(chart, nurse)
    _visits(chart, nurse)
    habitual_values(chart, nurse)
    status_note(chart, nurse)
    _medicine(chart, nurse)
    _aids(chart, nurse)
    _relatives(chart, relatives)
    _team(chart, nurse)
    return chart.submission()


def severity(level: int, municipality: str | None) -> JSON:
    """Return a level 0 to 4 as FSIII severity: municipality A writes the old codes, B the new ones."""
    old, new, words = LEVELS[level]
    return concept(words, coding(systems.FSIII, old if municipality == A else new, str(level)))


def fsiii_condition(chart: Chart, code: str, *, recorded: datetime, by: Persona, level: int | None = None) -> str:
    """Add one FSIII condition: with a level for care (J), without for nursing (I)."""
    resource: JSON = {
        "resourceType": "Condition",
        "clinicalStatus": ACTIVE,
        "verificationStatus": CONFIRMED,
        "category": [{"coding": [{"system": systems.CONDITION_CATEGORY, "code": PROBLEM}]}],
        "code": concept(FSIII_DISPLAY[code], fsiii(code)),
        "recordedDate": chart.when(recorded),
        "asserter": by.reference(),
    }
    if level is None:
        return chart.add(resource)
    resource["severity"] = severity(level, chart.life.citizen.municipality)
    return chart.add(resource, profile=systems.FUNCTIONAL_LEVEL_PROFILE)


def _conditions(chart: Chart, nurse: Persona) -> None:
    for code in chart.life.archetype.conditions:
        recorded = chart.life.at - DAY * chart.rng.randrange(40, 500)
        fsiii_condition(chart, code, recorded=recorded, by=nurse)


def levels(chart: Chart, nurse: Persona) -> None:
    """Add three rounds of levels: a year ago a little better, before the last stay, and what the stay made worse."""
    life, rng = chart.life, chart.rng
    today = life.archetype.levels
    discharged = life.last_discharge
    before = life.at - DAY * 150
    if discharged is not None and discharged.start < before + DAY * 10:
        before = discharged.start - DAY * 12
    for code, level in today.items():
        if rng.random() < 0.6:
            fsiii_condition(chart, code, recorded=before - DAY * 270, by=nurse, level=max(0, level - rng.randrange(2)))
    for code, level in today.items():
        fsiii_condition(chart, code, recorded=before, by=nurse, level=level)
    if discharged is None or discharged.end is None:
        return
    after = discharged.end + DAY * 4
    if after < life.at:
        for code in rng.sample(sorted(today), min(3, len(today))):
            fsiii_condition(chart, code, recorded=after, by=nurse, level=min(4, today[code] + 1))


_OFTEN: dict[str, str] = {
    "G1.20": "Hver dag kl. 8 og kl. 18",
    "G1.21": "Hver 14. dag",
    "G1.15": "Ved hvert besøg",
    "G1.39": "Mandag og torsdag",
    "G1.41": "En gang om ugen",
    "H1.1": "Hver morgen og aften",
    "H1.8": "Hver 2. uge",
    "H1.11": "Hver dag",
}


def service(chart: Chart, code: str, *, since: datetime, where: Organisation, until: datetime | None = None) -> str:
    """Add one municipal service (FSIII G or H); an ended one has an end."""
    nursing = code.startswith("G")
    period = {"start": day(since)} | ({"end": day(until)} if until else {})
    resource: JSON = {
        "resourceType": "CarePlan",
        "status": "active" if until is None else "completed",
        "intent": "plan",
        "title": f"{'Hjemmesygepleje' if nursing else 'Hjemmehjælp'}: {FSIII_DISPLAY[code]}",
        "period": period,
        "created": chart.when(since),
        "author": where.reference(),
        "activity": [
            {
                "detail": {
                    "code": concept(FSIII_DISPLAY[code], fsiii(code)),
                    "status": "in-progress" if until is None else "completed",
                    "scheduledString": _OFTEN.get(code, "Efter aftale"),
                    "performer": [where.reference()],
                }
            }
        ],
    }
    if where.always:
        phone = {"system": "phone", "value": where.phone, "use": "work"}
        resource["extension"] = [{"url": systems.DAY_AND_NIGHT_PHONE_EXTENSION, "valueContactPoint": phone}]
    return chart.add(resource)


def _services(chart: Chart, nurse: Persona) -> None:
    life, rng = chart.life, chart.rng
    municipality = life.citizen.municipality or A
    for code in (*life.archetype.nursing, *life.archetype.care):
        where = nurse.home if code.startswith("G") else unit("home-care", municipality)
        service(chart, code, since=life.at - DAY * rng.randrange(60, 700), where=where)
    if life.archetype.diagnoses[0] == "alcohol":
        where = unit("addiction", municipality)
        service(chart, "G1.27", since=life.at - DAY * 200, where=where)
    if life.citizen.hero:
        service(chart, "G1.41", since=life.at - DAY * 6, where=unit("acute", municipality))
    if rng.random() < 0.4:
        ended = life.at - DAY * rng.randrange(60, 300)
        service(chart, "G1.39", since=ended - DAY * 70, where=nurse.home, until=ended)


def _visits(chart: Chart, nurse: Persona) -> None:
    """Write measurements at home over two years, and the coming visits."""
    life = chart.life
    for turn, moment in enumerate(life.days(chart.rng, life.archetype.sessions, hour=9)):
        names = (*_ROUTINE, _TURNS[turn % len(_TURNS)])
        measurements(chart, names, at=moment, author=nurse)
    coming = at_hour(life.at + DAY * chart.rng.randrange(1, 6), 9)
    what = "Besøg af hjemmesygeplejerske"
    appointment(chart, start=coming, minutes=30, what=what, where=nurse.home, booked=life.at - DAY * 7)


def latest(moment: datetime, hour: int) -> datetime:
    """Return the last time that the wall clock showed `hour` before `moment`."""
    found = at_hour(moment, hour)
    return found if found <= moment else at_hour(moment - DAY, hour)


_HOURS: dict[str, int] = {"warfarin": 18, "glargine": 22, "morphine": 21}
"""Drug -> hour of its last dose; others are given in the morning."""


def _medicine(chart: Chart, nurse: Persona) -> None:
    """Write the doses that the home nurse gave last, and who gives the drugs that can harm most."""
    life = chart.life
    if "G1.20" not in life.archetype.nursing:
        return
    home_until = life.current.start if life.current else life.at
    in_use = [key for key in life.archetype.drugs if not key.endswith("?")]
    listed = [key for key in in_use if DRUGS[key].daily or marks_of(DRUGS[key].atc)]
    for place, key in enumerate(listed):
        hour = _HOURS.get(key, 8)
        given = latest(home_until, hour) + timedelta(minutes=place)
        given = given if given <= home_until else given - DAY
        statement = None
        if marks_of(DRUGS[key].atc):
            statement = medication(
                chart,
                key,
                since=taken_since(life, key),
                asserted=home_until - DAY * 3,
                administered_by="Hjemmesygeplejen",
                last_dose=given,
            )
        if statement is not None or place < 4:
            administration(chart, key, given=given, by=nurse, statement=statement)


def _aids(chart: Chart, nurse: Persona) -> None:
    life = chart.life
    for key in life.archetype.devices:
        if key in AIDS:
            aid(chart, DEVICES[key][1])
        elif key not in {"pacemaker", "hip-prosthesis"}:
            code, name = DEVICES[key]
            since = day(life.at - DAY * chart.rng.randrange(30, 600))
            why = {"oxygen": "KOL, 1,5 liter i minuttet mindst 16 timer i døgnet", "catheter": "Urinretention"}
            device(chart, code, name, since=since, why=why[key], recorded=life.at - DAY * 25)
    if life.archetype.levels.get("J3.8", 0) >= 2:
        chart.add(
            {
                "resourceType": "Flag",
                "status": "active",
                "category": [concept("Sikkerhed", coding(systems.FLAG_CATEGORY, "safety"))],
                "code": concept("Faldrisiko: er faldet hjemme inden for et år", coding(systems.SNOMED, "129839007")),
                "period": {"start": day(life.at - DAY * 80)},
                "author": nurse.reference(),
            }
        )


_ROLES: dict[str, str] = {
    "SPS": "Ægtefælle",
    "CHILD": "Barn",
    "MTH": "Mor",
    "FTH": "Far",
    "SIB": "Søskende",
    "DAUC": "Datter",
}


def _relatives(chart: Chart, relatives: tuple[tuple[str, Citizen], ...]) -> None:
    """Write the relatives, and whether they know of the last stay."""
    life, rng = chart.life, chart.rng
    people = [(role, person.name, person.gender) for role, person in relatives]
    if not people:
        people = [("DAUC", f"Lone Demo {life.citizen.family}", "female")]
    for place, (role, name, gender) in enumerate(people):
        *given, family = name.split()
        resource: JSON = {
            "resourceType": "RelatedPerson",
            "active": True,
            "relationship": [concept(_ROLES[role], coding(systems.ROLE_CODE, role))],
            "name": [{"use": "official", "family": family, "given": given}],
            "telecom": [{"system": "phone", "value": f"+45 00 01 {rng.randrange(100):02d} {rng.randrange(100):02d}"}],
            "gender": gender,
        }
        if place == 0 or rng.random() < 0.5:
            discharged = life.last_discharge
            known = discharged.start + timedelta(hours=10) if discharged else None
            value = {"valueDateTime": chart.when(known)} if known else {"valueBoolean": rng.random() < 0.5}
            resource["extension"] = [{"url": systems.INFORMED_EXTENSION, **value}]
        chart.add(resource, about="patient")


def _team(chart: Chart, nurse: Persona) -> None:
    phone = {"system": "phone", "value": nurse.home.phone, "use": "work"}
    chart.add(
        {
            "resourceType": "CareTeam",
            "status": "active",
            "name": f"Team om borgeren, {nurse.home.name}",
            "period": {"start": day(chart.life.at - DAY * 300)},
            "participant": [
                {"role": [{"text": "Kontaktsygeplejerske"}], "member": nurse.reference()},
                {"role": [concept("Hjemmesygepleje", own("home-nursing"))], "member": nurse.home.reference()},
            ],
            "managingOrganization": [nurse.home.reference()],
            "telecom": [phone],
        }
    )
