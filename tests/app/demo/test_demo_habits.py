"""What is measured at home follows the true habitual level; stays do not."""

from datetime import UTC, datetime
from statistics import mean

import pytest

from app.demo.chart import Submission
from app.demo.codes import VITALS
from app.demo.personas import NANCY
from schemas.terminology import systems

AT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
TOLERANCE = {"pulse": 3.0, "weight": 0.6, "saturation": 0.8, "respiration": 1.2, "temperature": 0.25}


def measured(submissions: list[Submission], value: str, name: str) -> list[tuple[datetime, float]]:
    """Every single value of one measurement, from all sources."""
    code = VITALS[name].loinc[0]
    supply = "room-air" if name == "saturation" else None
    found = []
    for row in submissions:
        if row.identifier[1] != value:
            continue
        for entry in row.bundle["entry"]:
            resource = entry["resource"]
            if resource["resourceType"] != "Observation" or "effectiveDateTime" not in resource:
                continue
            if (
                code not in {one["code"] for one in resource["code"].get("coding", [])}
                or "valueQuantity" not in resource
            ):
                continue
            said = {
                c["valueCodeableConcept"]["coding"][0]["code"]
                for c in resource.get("component", [])
                if "valueCodeableConcept" in c
            }
            if supply is not None and supply not in said:
                continue
            found.append((datetime.fromisoformat(resource["effectiveDateTime"]), resource["valueQuantity"]["value"]))
    return found


@pytest.mark.parametrize("name", sorted(TOLERANCE))
def test_the_mean_of_measurements_at_home_is_the_true_level(cluster, submissions, name):
    life = cluster.lives[NANCY[1]]
    habit = cluster.truth[NANCY[1]][name]
    home = [(moment, value) for moment, value in measured(submissions, NANCY[1], name) if life.at_home(moment)]
    assert len(home) >= 3
    expected = mean(habit.level(moment, at=AT) for moment, _ in home)
    assert mean(value for _, value in home) == pytest.approx(expected, abs=TOLERANCE[name])


def test_a_stay_moves_the_values_away_from_the_habitual_ones(cluster, submissions):
    life = cluster.lives[NANCY[1]]
    habit = cluster.truth[NANCY[1]]["saturation"]
    inside = [value for moment, value in measured(submissions, NANCY[1], "saturation") if not life.at_home(moment)]
    assert min(inside) < habit.mean - 3


def test_the_habitual_weight_of_a_citizen_who_loses_weight_falls(cluster):
    habit = cluster.truth[NANCY[1]]["weight"]
    assert habit.drift < 0
    assert habit.level(AT.replace(year=2024), at=AT) > habit.level(AT, at=AT)


def test_saturation_with_oxygen_and_on_room_air_are_two_habits(cluster):
    habits = cluster.truth[NANCY[1]]
    assert habits["saturation-oxygen"].mean > habits["saturation"].mean + 1


def test_declared_values_lie_at_the_true_level(cluster, submissions):
    habits = cluster.truth[NANCY[1]]
    for row in submissions:
        if row.identifier != NANCY or row.sender != "municipality-system":
            continue
        for entry in row.bundle["entry"]:
            resource = entry["resource"]
            if systems.HABITUAL_VALUE_PROFILE in resource["meta"].get("profile", []) and "valueRange" in resource:
                codes = {one["code"] for one in resource["code"]["coding"]}
                if "8867-4" in codes:
                    low, high = (resource["valueRange"][end]["value"] for end in ("low", "high"))
                    assert low < habits["pulse"].mean < high
                    return
    pytest.fail("no declared pulse")
