"""What every use case is given: the running service, and the one call that is being answered."""

from dataclasses import dataclass, field

from app.config import Settings
from app.decisions import Decisions
from app.identity import Caller, TokenVerifier
from app.store.database import Database
from app.summary.kept import SummaryCache


@dataclass(slots=True, kw_only=True)
class Service:
    """The running service. `secret` keys every digest that leaves (ETags, cursors, stay keys)."""

    settings: Settings
    database: Database
    verifier: TokenVerifier
    secret: bytes
    is_demo: bool
    decisions: Decisions = field(default_factory=Decisions)
    summaries: SummaryCache = field(default_factory=SummaryCache)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request by one caller. `at_us` is read once from the clock and is the time of everything in it."""

    caller: Caller
    request_id: str
    at_us: int
