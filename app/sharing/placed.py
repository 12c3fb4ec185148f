"""An entry of a submission with its place among the citizen's records."""

import msgspec

from app.sharing.entries import Entry
from app.store.resources import Stored
from app.translate.homes import HomeRef


class Placed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry with its number and public name. `current` is what it replaces; `is_kept`: what is there stands."""

    entry: Entry
    home: HomeRef
    n: int
    reference: str
    current: Stored | None = None
    is_kept: bool = False
