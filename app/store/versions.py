"""Versions of shared facts: re-read at every request, so that nothing remembered is older than the database."""

from dataclasses import dataclass

from sqlalchemy import select

from app.store.database import Query, Snapshot
from app.store.job import Bump
from app.store.tables import state

DIRECTORY_CHANGED = Bump("directory")
POLICY_CHANGED = Bump("policy")
REVOCATION_CHANGED = Bump("revocation")
AGREEMENT_CHANGED = Bump("agreement")
TERMINOLOGY_CHANGED = Bump("terminology")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """How often each shared fact has changed."""

    directory: int
    policy: int
    revocation: int
    agreement: int
    terminology: int

    @property
    def key(self) -> tuple[int, int, int, int, int]:
        """All of them, for what rests on all of them."""
        return (self.directory, self.policy, self.revocation, self.agreement, self.terminology)


async def load(snapshot: Snapshot) -> Shared:
    """Return the versions as the snapshot sees them."""
    return shared(dict(await snapshot.rows(_LOAD, {})))


def shared(versions: dict[str, int]) -> Shared:
    """Return versions by name as one value; a fact that nobody ever changed has version 0."""
    return Shared(
        directory=versions.get("directory", 0),
        policy=versions.get("policy", 0),
        revocation=versions.get("revocation", 0),
        agreement=versions.get("agreement", 0),
        terminology=versions.get("terminology", 0),
    )


_LOAD = Query("versions.load", lambda: select(state.c.name, state.c.version))
