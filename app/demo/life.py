"""What happened to one citizen in two years: the one truth that the three sectors then write about."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.demo.archetypes import ARCHETYPES, Archetype, Stop
from app.demo.habits import ACUTE, BASE, CHILD, Habit, of_person
from app.demo.heroes import HERO_ALLERGIES, HERO_ARCHETYPES, HERO_STAYS
from app.demo.moments import at_hour, day
from app.demo.people import Citizen

YEARS = timedelta(days=730)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One stay in hospital, emergency contact included: `start` is the door of the emergency department.

    `end` None is a stay that runs. `leave` is (start, end); its end None is a leave that runs.
    """

    reason: str
    ward: str
    start: datetime
    admitted: datetime
    end: datetime | None
    leave: tuple[datetime, datetime | None] | None = None
    episode: str = ""

    def covers(self, moment: datetime) -> bool:
        """Tell whether the citizen was in hospital at `moment`; leave counts as in hospital."""
        return self.start <= moment and (self.end is None or moment <= self.end)

    def shift(self, name: str, moment: datetime) -> float:
        """Return the acute part of a measurement in this stay; it halves in about a day and a half."""
        days = (moment - self.start) / DAY
        return ACUTE.get(self.reason, {}).get(name, 0.0) * math.exp(-days / 2.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One citizen with archetype, stays (oldest first), true habits and blood levels."""

    citizen: Citizen
    archetype: Archetype
    habits: dict[str, Habit]
    stays: tuple[Stay, ...]
    at: datetime
    seed: str

    def draws(self, part: str) -> random.Random:
        """Return the randomness of one part of this life, independent of all other parts."""
        return random.Random(f"{self.seed}:{part}")

    @property
    def adult(self) -> bool:
        """Whether the citizen is 18 or more."""
        return self.citizen.age(self.at) >= 18

    @property
    def current(self) -> Stay | None:
        """The stay that runs at `at`."""
        return self.stays[-1] if self.stays and self.stays[-1].end is None else None

    @property
    def last_discharge(self) -> Stay | None:
        """The newest stay that has ended."""
        return next((stay for stay in reversed(self.stays) if stay.end is not None), None)

    def at_home(self, moment: datetime) -> bool:
        """Tell whether no stay covers `moment`."""
        return not any(stay.covers(moment) for stay in self.stays)

    def days(self, rng: random.Random, every: float, *, hour: int) -> Iterator[datetime]:
        """Yield moments over the two years, about `every` days apart, at home, near a wall-clock hour, oldest first."""
        moment = self.at - YEARS + DAY * rng.uniform(0, every)
        while moment < self.at - DAY / 2:
            visit = at_hour(moment, hour) + timedelta(minutes=rng.randrange(-50, 51))
            if visit < self.at and self.at_home(visit):
                yield visit
            moment += DAY * every * rng.uniform(0.8, 1.2)


def _episode(rng: random.Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


def _stay(rng: random.Random, stop: Stop, start: datetime, *, days: float | None = None) -> Stay:
    admitted = start + timedelta(hours=rng.randrange(3, 9), minutes=rng.randrange(60))
    length = days if days is not None else max(0.6, stop.days * rng.uniform(0.6, 1.5))
    end = at_hour(start + DAY * length, rng.randrange(11, 16), rng.randrange(60))
    return Stay(
        reason=stop.reason,
        ward=stop.ward,
        start=start,
        admitted=admitted,
        end=max(end, admitted + timedelta(hours=4)),
        episode=_episode(rng),
    )


def _stays(rng: random.Random, archetype: Archetype, at: datetime) -> tuple[Stay, ...]:
    """Return the ended stays of two years, and now and then one that runs or is on leave."""
    found: list[Stay] = []
    for stop in archetype.stops:
        count = int(stop.often) + (rng.random() < stop.often % 1)
        for _ in range(count):
            start = at_hour(at - DAY * rng.uniform(25, 700), rng.randrange(24), rng.randrange(60))
            stay = _stay(rng, stop, start)
            if all(abs((stay.start - other.start) / DAY) > 25 for other in found):
                found.append(stay)
    if archetype.stops and rng.random() < 0.08:
        start = at - DAY * rng.uniform(0.6, 3.5)
        running = replace(_stay(rng, archetype.stops[0], start), end=None)
        if rng.random() < 0.3:
            running = replace(running, leave=(max(running.admitted, at - timedelta(hours=5)), None))
        found.append(replace(running, admitted=min(running.admitted, at - timedelta(hours=2))))
    return tuple(sorted(found, key=lambda stay: stay.start))


def live(citizen: Citizen, *, seed: int, at: datetime) -> Life:
    """Return the two years of `citizen` that end at `at`."""
    key = f"{seed}:{citizen.value}"
    rng = random.Random(f"{key}:life")
    archetype = HERO_ARCHETYPES.get(citizen.value) or ARCHETYPES[citizen.archetype]
    base = BASE if citizen.age(at) >= 18 else CHILD
    changes = dict(archetype.habits)
    if base is BASE and "oxygen" in archetype.devices:
        base = base | {"saturation-oxygen": replace(BASE["saturation"], mean=93.0)}
    else:
        changes.pop("saturation-oxygen", None)
    habits = of_person(rng, changes, base=base)
    stays = () if citizen.deceased else _stays(rng, archetype, at)
    if citizen.value in HERO_STAYS:
        stays = tuple(
            _planned(rng, archetype.stops[which], at, since, days, leave)
            for which, since, days, leave in HERO_STAYS[citizen.value]
        )
    return Life(citizen=citizen, archetype=archetype, habits=habits, stays=stays, at=at, seed=key)


def _planned(rng: random.Random, stop: Stop, at: datetime, since: int, days: int, leave: int) -> Stay:
    """Return a hero's stay: begun `since` days ago, `days` long; `leave` is the day a night's leave began, or 0."""
    stay = _stay(rng, stop, at_hour(at - DAY * since, 2, 40), days=days)
    if leave:
        start = at_hour(stay.start + DAY * leave, 14)
        stay = replace(stay, leave=(start, start + timedelta(hours=28)))
    return stay


def allergies(life: Life) -> tuple[str, ...]:
    """Return what the citizen cannot take; hospital and practice agree on it."""
    if life.citizen.hero:
        return HERO_ALLERGIES.get(life.citizen.value, ())
    rng = life.draws("allergy")
    if rng.random() < 0.22:
        return (rng.choice(("penicillin", "penicillin", "morphine", "nsaid", "latex", "sulfonamide")),)
    return ()


def onset(life: Life, key: str) -> tuple[str, datetime]:
    """Return when an illness began, as a FHIR date, and from when on its GP knew; all three sectors agree on it.

    A stroke or a fracture began with its stay; what is chronic, in some year.
    """
    begun = next((stay.start for stay in life.stays if stay.reason == key and key in _SUDDEN), None)
    if begun is not None:
        return day(begun), min(begun + DAY * 12, life.at)
    age = life.citizen.age(life.at)
    year = life.at.year - life.draws(f"onset:{key}").randrange(2, max(3, min(14, age - 10)))
    return str(year), max(datetime(year, 6, 12, 8, tzinfo=life.at.tzinfo), life.at - DAY * 3650)


_SUDDEN = frozenset({"stroke", "hip-fracture"})


def taken_since(life: Life, key: str) -> datetime:
    """Return when a drug of the list was begun; all three sectors agree on it."""
    return life.at - DAY * life.draws(f"since:{key}").randrange(200, 1500)
