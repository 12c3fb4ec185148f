"""An entry of a submission with its place among the citizen's records."""

from dataclasses import dataclass

from app.sharing.entries import Entry
from app.store.resources import Stored
from app.translate.homes import HomeRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An entry with its number and public name. `current` is what it replaces; `is_kept`: what is there stands."""

    entry: Entry
    home: HomeRef
    n: int
    reference: str
    current: Stored | None = None
    is_kept: bool = False
