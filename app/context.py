"""What every use case is given: the running service, and the one call that is being answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.config import Settings
from app.identity import Caller, TokenVerifier
from app.store.database import Database
from app.store.ids import Ids


@dataclass(slots=True, kw_only=True)
class Service:
    """The running service. `secret` keys every digest that leaves (ETags, cursors, stay keys)."""

    settings: Settings
    database: Database
    ids: Ids
    verifier: TokenVerifier
    secret: bytes
    is_demo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request by one caller. `at_us` is read once from the clock and is the time of everything in it."""

    caller: Caller
    request_id: str
    at_us: int
    names: Mapping[str, str] = field(default_factory=dict)
