"""Versions of shared facts: re-read at every request, so that nothing remembered is older than the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from sqlalchemy import CompoundSelect, Text, bindparam, literal_column, select, union_all

from app.store.database import Query, Snapshot
from app.store.job import Bump
from app.store.tables import citizen, state

DIRECTORY_CHANGED = Bump("directory")
POLICY_CHANGED = Bump("policy")
REVOCATION_CHANGED = Bump("revocation")
AGREEMENT_CHANGED = Bump("agreement")
TERMINOLOGY_CHANGED = Bump("terminology")


@dataclass(frozen=True, kw_only=True)
class Shared:
    """How often each shared fact has changed."""

    directory: int
    policy: int
    revocation: int
    agreement: int
    terminology: int
    throttle: int = 0

    @cached_property
    def key(self) -> tuple[int, int, int, int, int]:
        """All that decisions rest on."""
        return (self.directory, self.policy, self.revocation, self.agreement, self.terminology)


async def load(snapshot: Snapshot) -> Shared:
    """Return the versions as the snapshot sees them."""
    return shared(dict(await snapshot.rows(_LOAD, {})))


class Counters(NamedTuple):
    """Of a citizen: how many writes there were, after which facts were touched last, the tables classified by.

    All are 0 for one who is not known.
    """

    change: int
    facts: int
    classified: int


async def load_with_counters(snapshot: Snapshot, pid: int) -> tuple[Shared, Counters]:
    """Return the versions and the citizen's counters: in one statement, since every request asks for all."""
    found: dict[str, int] = dict(await snapshot.rows(_LOAD_WITH_COUNTERS, {"pid": pid}))
    counters = Counters(*[found.pop(name, 0) for name in _COUNTERS])
    return shared(found), counters


def shared(versions: Mapping[str, int]) -> Shared:
    """Return versions by name as one value; a fact that nobody ever changed has version 0."""
    return _shared(tuple(versions.items()))


@lru_cache(maxsize=64)
def _shared(rows: tuple[tuple[str, int], ...]) -> Shared:
    versions = dict(rows)
    return Shared(
        directory=versions.get("directory", 0),
        policy=versions.get("policy", 0),
        revocation=versions.get("revocation", 0),
        agreement=versions.get("agreement", 0),
        terminology=versions.get("terminology", 0),
        throttle=versions.get("throttle", 0),
    )


_COUNTERS = {"~change": citizen.c.change, "~facts": citizen.c.facts, "~classified": citizen.c.classified}
"""The names under which the citizen's counters are told from the others."""


def _load_with_counters() -> CompoundSelect[tuple[str, int]]:
    counters = [
        select(literal_column(f"'{name}'", Text), column).where(citizen.c.pid == bindparam("pid"))
        for name, column in _COUNTERS.items()
    ]
    return union_all(select(state.c.name, state.c.version), *counters)


_LOAD = Query("versions.load", lambda: select(state.c.name, state.c.version))
_LOAD_WITH_COUNTERS = Query("versions.load_with_counters", _load_with_counters)
