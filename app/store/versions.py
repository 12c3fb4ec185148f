"""Versions of shared facts: re-read at every request, so that nothing remembered is older than the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, CompoundSelect, Text, bindparam, cast, literal_column, null, select, union_all

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
    counters, of_all = _UNKNOWN, []
    for name, number, facts, classified in await snapshot.rows(_LOAD_WITH_COUNTERS, {"pid": pid}):
        if name == _CITIZEN:
            counters = Counters(number, facts, classified)
        else:
            of_all.append((name, number))
    return _shared(tuple(of_all)), counters


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


_UNKNOWN = Counters(0, 0, 0)
_CITIZEN = "~"
"""The name under which the citizen's row is told from the others."""


def _load_with_counters() -> CompoundSelect[Any]:
    none = cast(null(), BigInteger)
    of_citizen = select(
        literal_column(f"'{_CITIZEN}'", Text), citizen.c.change, citizen.c.facts, citizen.c.classified
    ).where(citizen.c.pid == bindparam("pid"))
    return union_all(select(state.c.name, state.c.version, none, none), of_citizen)


_LOAD = Query("versions.load", lambda: select(state.c.name, state.c.version))
_LOAD_WITH_COUNTERS = Query("versions.load_with_counters", _load_with_counters)
