"""The whole synthetic cluster, from a seed and a moment: same arguments, same bytes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.demo import hospital, laboratory, municipality, practice
from app.demo.chart import Submission
from app.demo.habits import Habit
from app.demo.life import Life, live
from app.demo.messages import DemoMessages, messages_of
from app.demo.organisations import ORGANISATIONS
from app.demo.people import Citizen, population
from app.demo.personas import NANCY, PERSONAS, client_rows, delegation_rows, staff_rows
from app.demo.registers import RegisterRow, rows

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Directory, register feed and citizens of one synthetic cluster at one moment.

    `organisations`, `staff`, `delegations` and `clients` are rows of the tables of those names; `resources` are the
    organisations as FHIR. `register` is what the official registers feed. `lives` are by identifier value.
    """

    at: datetime
    organisations: tuple[JSON, ...]
    staff: tuple[JSON, ...]
    delegations: tuple[JSON, ...]
    clients: tuple[JSON, ...]
    resources: tuple[JSON, ...]
    register: tuple[RegisterRow, ...]
    citizens: tuple[Citizen, ...]
    lives: Mapping[str, Life]

    @property
    def truth(self) -> Mapping[str, Mapping[str, Habit]]:
        """The true habitual levels: identifier value -> name of the measurement -> habit."""
        return {value: life.habits for value, life in self.lives.items()}

    @property
    def submissions(self) -> Iterator[Submission]:
        """One transaction per source and citizen, oldest news first; every call makes the same ones anew."""
        return iter(sorted(self._all(), key=lambda row: (row.at, row.sender, row.identifier)))

    def _all(self) -> Iterator[Submission]:
        known = {citizen.value: citizen for citizen in self.citizens}
        for life in self.lives.values():
            relatives = tuple((role, known[value]) for role, value in life.citizen.relatives)
            for found in (
                hospital.write(life),
                municipality.write(life, relatives),
                practice.write(life),
                laboratory.write(life),
            ):
                if found is not None:
                    yield found


def generate(*, citizens: int = 220, seed: int = 1, at: datetime) -> Cluster:
    """Return the cluster as of `at`; two years of history end there.

    `at` is timezone-aware. Of fewer than 38 citizens only the first official test citizens exist.
    """
    moment = at.astimezone(UTC).replace(microsecond=0)
    people = population(citizens=citizens, seed=seed, at=moment)
    return Cluster(
        at=moment,
        organisations=tuple(row.row() for row in ORGANISATIONS.values()),
        staff=tuple(staff_rows()),
        delegations=tuple(delegation_rows()),
        clients=tuple(client_rows()),
        resources=tuple(row.resource() for row in ORGANISATIONS.values()),
        register=rows(people, at=moment),
        citizens=people,
        lives={citizen.value: live(citizen, seed=seed, at=moment) for citizen in people},
    )


def demo_messages(cluster: Cluster, citizen: str = NANCY[1]) -> DemoMessages:
    """Return what the journeys send about one citizen of municipality A or B, by default Nancy Ann Berggren."""
    return messages_of(cluster.lives[citizen])


__all__ = ["PERSONAS", "Cluster", "DemoMessages", "Submission", "demo_messages", "generate"]
