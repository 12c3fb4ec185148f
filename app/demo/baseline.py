"""Habitual values and the status note, as a home nurse declares them (docs/habitual-values.md)."""

from datetime import datetime, timedelta

from app.demo.chart import JSON, Chart
from app.demo.codes import BLOOD_PRESSURE, VITALS, concept, own
from app.demo.life import DAY
from app.demo.moments import day
from app.demo.personas import Persona
from app.demo.resources import oxygen_components
from schemas.terminology import systems

FUNCTIONS: tuple[tuple[str, str], ...] = (
    ("habitual-cognition", "Kognition"),
    ("habitual-mobility", "Mobilitet"),
    ("habitual-communication", "Kommunikation"),
    ("habitual-swallowing", "Synkefunktion"),
    ("habitual-continence", "Kontinens"),
)
"""Code and Danish word, in the order of `Archetype.functions`."""

_NEED: dict[str, str] = {
    "more": "Behovet for hjælp er større end sædvanligt",
    "same": "Behovet for hjælp er uændret",
}


def declared(code: JSON, *, issued: str, start: str, end: str, by: Persona) -> JSON:
    """Return a declared habitual value without its value."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [concept("Habituel værdi", own("habitual-value"))],
        "code": code,
        "effectivePeriod": {"start": start, "end": end},
        "issued": issued,
        "performer": [by.reference()],
        "method": concept("Erklæret af fagperson", own("declared")),
    }


def _range(name: str, level: float, spread: float) -> JSON:
    vital = VITALS[name]
    return {
        "low": vital.quantity(level - spread),
        "high": vital.quantity(min(level + spread, 100.0 if "satur" in name else 999.0)),
    }


def habitual_values(chart: Chart, nurse: Persona, *, names: tuple[str, ...] | None = None) -> None:
    """Add the declared habitual values and functions; one citizen in five has only old ones."""
    life = chart.life
    stale = not life.citizen.hero and life.draws("stale").random() < 0.2
    end = life.at - DAY * (260 if stale else 24)
    declare(chart, nurse, end=end, names=names)


def declare(chart: Chart, nurse: Persona, *, end: datetime, names: tuple[str, ...] | None = None) -> None:
    """Add habitual values for the half year that ends at `end`, declared the day after, from the true levels."""
    life = chart.life
    start, issued = day(end - DAY * 182), chart.when(end + DAY * 0.4)

    def value(code: JSON) -> JSON:
        return declared(code, issued=issued, start=start, end=day(end), by=nurse)

    for name, habit in life.habits.items():
        if name == "diastolic" or (names is not None and name not in names):
            continue
        level = habit.level(end - DAY * 91, at=life.at)
        resource = value(VITALS[name].code())
        if name == "systolic":
            low = life.habits["diastolic"].level(end - DAY * 91, at=life.at)
            resource["code"] = BLOOD_PRESSURE
            resource["component"] = [
                {"code": VITALS["systolic"].code(), "valueQuantity": VITALS["systolic"].quantity(level)},
                {"code": VITALS["diastolic"].code(), "valueQuantity": VITALS["diastolic"].quantity(low)},
            ]
        elif name == "weight":
            resource["valueQuantity"] = VITALS["weight"].quantity(level)
        else:
            resource["valueRange"] = _range(name, level, habit.day_sd * 1.3)
            if name.startswith("saturation"):
                resource["component"] = oxygen_components(name, 1.5)
        chart.add(resource, profile=systems.HABITUAL_VALUE_PROFILE)
    for (code, word), text in zip(FUNCTIONS, life.archetype.functions or (), strict=False):
        resource = value(concept(word, own(code)))
        resource["valueString"] = text
        chart.add(resource, profile=systems.HABITUAL_VALUE_PROFILE)


def status_note(chart: Chart, nurse: Persona) -> None:
    """Add a status note (Danish: statusrubrik) in force, an expired one, or none; heroes have both."""
    life, rng = chart.life, chart.rng
    if life.archetype.status is None:
        return
    text, why, need = life.archetype.status
    dice = rng.random()
    if dice < 0.35 or life.citizen.hero:
        moment = life.at - timedelta(hours=rng.randrange(20, 70))
        note(chart, text=text, why=why, need=need, moment=moment, days=14, by=nurse)
    if dice > 0.7 or life.citizen.hero:
        old = life.at - DAY * rng.randrange(55, 120)
        text = "Er i vanlig tilstand. Ingen ændringer i behovet for hjælp."
        note(chart, text=text, why="Opfølgning", need="same", moment=old, days=14, by=nurse)


def note(chart: Chart, *, text: str, why: str, need: str, moment: datetime, days: int, by: Persona) -> str:
    """Add one status note that expires `days` after it was written."""
    resource: JSON = {
        "resourceType": "Observation",
        "extension": [
            {"url": systems.STATUS_NOTE_EXPIRY_EXTENSION, "valueDateTime": chart.when(moment + DAY * days)},
        ],
        "status": "final",
        "code": concept("Status", own("status-note")),
        "effectiveDateTime": chart.when(moment),
        "performer": [by.reference()],
        "valueString": text,
        "component": [
            {"code": concept("Hvorfor nu", own("why-now")), "valueString": why},
            {"code": concept("Siden", own("since")), "valueDateTime": day(moment - DAY * 3)},
            {
                "code": concept("Behov for hjælp", own("need-for-help")),
                "valueCodeableConcept": concept(_NEED[need], own(f"need-{need}")),
            },
        ],
    }
    return chart.add(resource, profile=systems.STATUS_NOTE_PROFILE)
