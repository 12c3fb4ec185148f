"""What every use case is given: the running service, and the one call that is being answered."""

from collections import OrderedDict
from dataclasses import dataclass, field

from app.config import Settings
from app.identity import Caller, TokenVerifier
from app.store.database import Database
from app.store.signatures import SignatureRow
from app.summary.kept import SummaryCache
from consent.model import Permit


@dataclass(frozen=True, slots=True)
class Decision:
    """A permit as it is remembered, with the signatures that were read beside it.

    Both rest on the citizen's counter of changes, which is in the key. It holds from `since_us` until before
    `until_us`. `keys` are digests that summaries make of the two, by view;
    `patients` the counters of those Patients that were found to be readable.
    """

    permit: Permit
    signatures: tuple[SignatureRow, ...]
    since_us: int
    until_us: int | None
    keys: dict[str, bytes] = field(default_factory=dict)
    patients: set[int] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Service:
    """The running service. `secret` keys every digest that leaves (ETags, cursors, stay keys)."""

    settings: Settings
    database: Database
    verifier: TokenVerifier
    secret: bytes
    is_demo: bool
    decisions: "OrderedDict[tuple[object, ...], Decision]" = field(default_factory=OrderedDict)
    summaries: SummaryCache = field(default_factory=SummaryCache)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request by one caller. `at_us` is read once from the clock and is the time of everything in it."""

    caller: Caller
    request_id: str
    at_us: int
