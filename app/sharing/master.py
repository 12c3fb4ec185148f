"""Which of a citizen's Patients answers for her to one reader: the best of those that this reader may see."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

import msgspec

from app.store.controller import kind_of
from app.store.directory import Directory
from app.translate.demographics import Candidate, demographics_of, master_of, rank_of
from consent.model import Signature

_parse = msgspec.json.Decoder().decode


class Patient(Protocol):
    """What is asked of a stored Patient; also a row of the summary is one."""

    @property
    def signature(self) -> Signature: ...  # noqa: D102
    @property
    def updated_us(self) -> int: ...  # noqa: D102
    @property
    def body(self) -> bytes: ...  # noqa: D102


_One = TypeVar("_One", bound=Patient)


def master_among(registry: Directory, patients: Sequence[_One]) -> _One | None:
    """Return the Patient that answers, None where there is none.

    INVARIANT: chosen among these alone, so that one which the reader may not see moves nothing.
    """
    if len(patients) < 2:  # noqa: PLR2004  # nothing to choose
        return patients[0] if patients else None
    kinds = [kind_of(registry, patient.signature.controller) for patient in patients]
    best = min(rank_of(kind) for kind in kinds)
    foremost = [place for place, kind in enumerate(kinds) if rank_of(kind) == best]
    if not all(_says_who(patient.body) for patient in patients):
        foremost = list(range(len(patients)))  # a bare Patient stands behind all others, whatever its source's rank
    if len(foremost) == 1:  # what the bodies say decides among sources of the same rank alone
        return patients[foremost[0]]
    chosen = master_of(
        [
            Candidate(
                key=place,
                source_kind=kinds[place],
                updated_us=patients[place].updated_us,
                demographics=demographics_of(_parse(patients[place].body)),
            )
            for place in foremost
        ]
    )
    return None if chosen is None else patients[chosen.key]


def _says_who(body: bytes) -> bool:
    """Tell whether a Patient can say more than numbers, without reading it: a name or a date of birth stands there."""
    return b'"family"' in body or b'"birthDate"' in body
