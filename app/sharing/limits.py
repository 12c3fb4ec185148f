"""How often doors are opened: counted from the database, so that processes agree and a restart forgets nothing.

INVARIANT: nothing here asks whether the citizen is known; a limit says the same of both.
"""

from collections.abc import Sequence
from hashlib import blake2b

from app.config import Settings
from app.store import attempts
from app.store.database import Snapshot
from consent.vocabulary import DeclarationKind

_SECOND_US = 1_000_000
_HOUR_US = 3600 * _SECOND_US
_DAY_US = 24 * _HOUR_US
_PERSONALISED = b"overgang door"


def subject_of(secret: bytes, identifier: tuple[str, str]) -> bytes:
    """Return the keyed digest under which openings about one identifier are counted."""
    system, value = identifier
    text = f"{len(system)}|{system}|{value}".encode()
    return blake2b(text, digest_size=16, key=secret[:64], person=_PERSONALISED).digest()


async def wait_of(
    snapshot: Snapshot,
    settings: Settings,
    *,
    kind: DeclarationKind,
    person: str,
    controller: str,
    client: str,
    subject: bytes,
    at_us: int,
) -> int:
    """Return after how many seconds this person may open such a door; 0 is now."""
    since_us = at_us - _DAY_US
    own = await attempts.of_person(snapshot, person, since_us=since_us)
    free_us = max(
        _free([at for at, _, about in own if about == subject], settings.doors_per_citizen),
        _free([at for at, _, _ in own], settings.doors_per_person),
        _free([at for at, of, _ in own if of == kind.value], settings.emergencies_per_person)
        if kind is DeclarationKind.EMERGENCY
        else 0,
    )
    free_us = free_us + _DAY_US if free_us else 0
    for newest, key, most in (
        (attempts.newest_of_controller, controller, settings.doors_per_organisation),
        (attempts.newest_of_client, client, settings.doors_per_client),
    ):
        found, oldest = await newest(snapshot, key, since_us=at_us - _HOUR_US, most=most)
        if found >= most:
            free_us = max(free_us, oldest + _HOUR_US)
    return max(-(-(free_us - at_us) // _SECOND_US), 1) if free_us else 0


def _free(newest_first: Sequence[int], most: int) -> int:
    """Return the time of the opening that must grow old before there is room, 0 when there is."""
    return newest_first[most - 1] if len(newest_first) >= most else 0
