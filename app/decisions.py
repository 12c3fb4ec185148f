"""Decisions as the process remembers them, so that the same question about the same facts is decided once.

A decision is kept under a key that holds the versions of everything shared that it rests on. That of the citizen's own
facts, and the moment at which a dated one changes, are compared whenever it is looked for (DESIGN § 3).
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field

from app.store.signatures import SignatureRow
from consent.model import Permit

_MOST = 4096


@dataclass(frozen=True, slots=True)
class Decision:
    """A permit as it is remembered, with the signatures that were read beside it.

    `decided` is what the engine said. It rests on facts and stands until one of them is touched, at the citizen's
    change `facts` or later; it holds from `since_us` until before `until_us`. `permit` is that without what is about
    withheld records; it and `signatures` rest on the records, and are of `change`. `keys` are digests that summaries
    make of the two, by view; `patients` the counters of those Patients that were found to be readable.
    """

    decided: Permit
    facts: int
    since_us: int
    until_us: int | None
    rests_on_records: bool
    permit: Permit
    signatures: tuple[SignatureRow, ...]
    change: int
    keys: dict[str, bytes] = field(default_factory=dict)
    patients: set[int] = field(default_factory=set)


class Decisions:
    """The decisions that were asked for last."""

    def __init__(self) -> None:
        self._made: OrderedDict[Hashable, Decision] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._made)

    def find(self, key: Hashable, *, facts: int, change: int, at_us: int) -> Decision | None:
        """Return the decision if it stands at the citizen's versions `facts` and `change` and at this time.

        What it shows may be of another change than this one.
        """
        made = self._made.get(key)
        if made is None:
            return None
        # INVARIANT: a remembered decision holds from when it was made until the next dated fact changes, and only while
        # no fact is touched; one that rests on records too, only while no record is.
        is_old = made.facts != facts or (made.rests_on_records and made.change != change)
        if is_old or at_us < made.since_us or (made.until_us is not None and at_us >= made.until_us):
            del self._made[key]
            return None
        self._made.move_to_end(key)
        return made

    def keep(self, key: Hashable, made: Decision) -> None:
        """Remember a decision, and forget the one asked for longest ago when there are too many."""
        self._made[key] = made
        if len(self._made) > _MOST:
            self._made.popitem(last=False)

    def clear(self) -> None:
        """Forget all."""
        self._made.clear()
