"""The true habitual level of each measured quantity, from which every measurement is drawn.

Whoever reads or computes habitual values can compare with this: a measurement taken outside a stay is the level of
that day (drift, season) plus the hour's part plus the day's noise; a stay adds an acute shift that fades.
"""

import math
import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

YEAR = timedelta(days=365.25)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What is normal for one person. `mean` is the level at the end of the period, without season.

    `day_sd` is the spread from day to day, `circadian` the half-range over the day (highest at 15), `seasonal` the
    half-range over the year (highest in mid January), `drift` the change per year. `top` bounds the value from above.
    """

    mean: float
    day_sd: float
    circadian: float = 0.0
    seasonal: float = 0.0
    drift: float = 0.0
    top: float = math.inf

    def level(self, moment: datetime, *, at: datetime) -> float:
        """Return the expected value on the day of `moment`, averaged over the day."""
        years = (moment - at) / YEAR
        season = self.seasonal * math.cos(2 * math.pi * (moment.timetuple().tm_yday - 15) / 365.25)
        return self.mean + self.drift * years + season

    def draw(self, rng: random.Random, moment: datetime, *, at: datetime, shift: float = 0.0) -> float:
        """Return one measured value; `shift` is the acute part."""
        hour = self.circadian * math.cos(2 * math.pi * (moment.hour + moment.minute / 60 - 15) / 24)
        value = self.level(moment, at=at) + hour + rng.gauss(0.0, self.day_sd) + shift
        return min(value, self.top)


BASE: dict[str, Habit] = {
    "systolic": Habit(mean=132, day_sd=7, circadian=3, seasonal=3),
    "diastolic": Habit(mean=78, day_sd=5, circadian=2, seasonal=1.5),
    "pulse": Habit(mean=72, day_sd=5, circadian=2),
    "saturation": Habit(mean=97, day_sd=0.7, top=100),
    "respiration": Habit(mean=15, day_sd=1.2),
    "temperature": Habit(mean=36.7, day_sd=0.15, circadian=0.2),
    "weight": Habit(mean=74, day_sd=0.5, seasonal=0.4),
}
"""A healthy adult; archetypes and persons change the numbers."""

CHILD: dict[str, Habit] = {
    "pulse": Habit(mean=95, day_sd=8, circadian=4),
    "respiration": Habit(mean=22, day_sd=2),
    "temperature": Habit(mean=36.9, day_sd=0.2, circadian=0.2),
}

ACUTE: dict[str, dict[str, float]] = {
    "copd": {"saturation": -7, "saturation-oxygen": -4, "respiration": 9, "pulse": 22, "temperature": 0.7},
    "pneumonia": {"saturation": -5, "saturation-oxygen": -4, "respiration": 8, "pulse": 20, "temperature": 1.8},
    "heart-failure": {"saturation": -5, "saturation-oxygen": -3, "respiration": 7, "pulse": 18, "weight": 3.2},
    "hip-fracture": {"pulse": 14, "systolic": 15, "temperature": 0.3},
    "stroke": {"systolic": 35, "diastolic": 14, "pulse": 8},
    "urinary-infection": {"pulse": 16, "temperature": 1.5, "systolic": -12},
    "dehydration": {"pulse": 18, "systolic": -20, "weight": -1.8, "temperature": 0.6},
    "hypoglycaemia": {"pulse": 20, "systolic": 10},
    "alcohol-withdrawal": {"pulse": 28, "systolic": 25, "temperature": 0.5},
    "schizophrenia": {"pulse": 10},
    "depression": {"pulse": 6},
    "appendicitis": {"pulse": 18, "temperature": 1.2},
    "otitis": {"temperature": 2.0, "pulse": 25},
    "asthma": {"saturation": -4, "respiration": 10, "pulse": 25},
}
"""Reason of a stay -> shift of each quantity at its beginning."""


def of_person(
    rng: random.Random, changes: dict[str, tuple[float, float]], *, base: dict[str, Habit]
) -> dict[str, Habit]:
    """Return one person's habits: the base, an archetype's (mean, drift), and a person's own deviation."""
    habits = {}
    for name, habit in base.items():
        mean, drift = changes.get(name, (habit.mean, habit.drift))
        spread = {"weight": 9.0, "temperature": 0.1, "saturation": 0.8}.get(name, habit.day_sd * 0.7)
        habits[name] = replace(habit, mean=round(mean + rng.uniform(-spread, spread), 1), drift=drift)
    return habits
