"""What the laboratory writes: blood tests with trends, around checks and during stays."""

from datetime import datetime, timedelta

from app.demo.chart import JSON, Chart, Submission
from app.demo.codes import TESTS, coding, concept
from app.demo.life import DAY, Life, Stay
from app.demo.organisations import ORGANISATIONS
from app.demo.personas import PERSONAS
from schemas.terminology import systems

_SPREAD: dict[str, float] = {"creatinine": 4, "haemoglobin": 0.2, "crp": 1.5, "hba1c": 2, "inr": 0.3}

_ACUTE: dict[str, dict[str, float]] = {
    "copd": {"crp": 46},
    "pneumonia": {"crp": 148},
    "urinary-infection": {"crp": 92, "creatinine": 24},
    "dehydration": {"creatinine": 58},
    "heart-failure": {"creatinine": 28, "haemoglobin": -0.3},
    "hip-fracture": {"crp": 74, "haemoglobin": -1.6},
    "appendicitis": {"crp": 110},
}
"""Reason of a stay -> shift of a blood test at its beginning."""


def write(life: Life) -> Submission | None:
    """Return what the laboratory writes, or None for a citizen who has no blood tests here."""
    if not life.archetype.blood or not life.citizen.local or life.citizen.deceased:
        return None
    chart = Chart(life, PERSONAS["lab-system"])
    every = 170 if life.archetype.plan else 420
    for moment in life.days(chart.rng, every, hour=8):
        report(chart, moment, tuple(life.archetype.blood))
    if "inr" in life.archetype.blood:
        for moment in life.days(chart.rng, 75, hour=9):
            report(chart, moment, ("inr",))
    for stay in life.stays[-2:]:
        _stay(chart, stay)
    return chart.submission() if len(chart.entries) > 1 else None


def _stay(chart: Chart, stay: Stay) -> None:
    end = stay.end or chart.life.at
    names = tuple(name for name in ("creatinine", "haemoglobin", "crp") if name in chart.life.archetype.blood)
    shifts = _ACUTE.get(stay.reason, {})
    for moment, part in ((stay.start + timedelta(hours=1), 1.0), (end - timedelta(hours=5), 0.25)):
        if names and stay.start < moment <= chart.life.at:
            report(chart, moment, names, {name: shift * part for name, shift in shifts.items()})


def report(chart: Chart, moment: datetime, names: tuple[str, ...], shifts: dict[str, float] | None = None) -> None:
    """Add one report with its results."""
    life, rng = chart.life, chart.rng
    place = ORGANISATIONS["laboratory"].reference()
    taken, issued = chart.when(moment), chart.when(min(moment + timedelta(hours=3), life.at))
    results = []
    for name in names:
        test = TESTS[name]
        mean, drift = life.archetype.blood[name]
        level = mean + drift * ((moment - life.at) / DAY / 365.25) + rng.gauss(0, _SPREAD[name])
        value = max(level + (shifts or {}).get(name, 0.0), 0.6)
        value = round(value, test.decimals) if test.decimals else round(value)
        quantity = {"value": value, "unit": test.unit, "system": systems.UCUM, "code": test.ucum}
        resource: JSON = {
            "resourceType": "Observation",
            "status": "final",
            "category": [{"coding": [{"system": systems.OBSERVATION_CATEGORY, "code": "laboratory"}]}],
            "code": concept(test.text, coding(systems.NPU, test.npu)),
            "effectiveDateTime": taken,
            "issued": issued,
            "performer": [place],
            "valueQuantity": quantity,
        }
        bounds = {
            side: {"value": bound, "unit": test.unit, "system": systems.UCUM, "code": test.ucum}
            for side, bound in (("low", test.low), ("high", test.high))
            if bound is not None
        }
        resource["referenceRange"] = [bounds]
        flag = "H" if test.high is not None and value > test.high else None
        flag = "L" if test.low is not None and value < test.low else flag
        resource["interpretation"] = [{"coding": [coding(systems.OBSERVATION_INTERPRETATION, flag or "N")]}]
        results.append(chart.add(resource))
    chart.add(
        {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "category": [{"coding": [coding(systems.DIAGNOSTIC_SERVICE, "CH")]}],
            "code": concept("Laboratoriesvar", coding(systems.LOINC, "11502-2", "Laboratory report")),
            "effectiveDateTime": taken,
            "issued": issued,
            "performer": [place],
            "result": [{"reference": address} for address in results],
        }
    )
