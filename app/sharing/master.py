"""Which of a citizen's Patients answers for her to one reader: the best of those that this reader may see."""

from collections.abc import Sequence

import msgspec

from app.store import directory, versions
from app.store.controller import kind_of
from app.store.database import Snapshot
from app.store.resources import Stored
from app.translate.demographics import Candidate, demographics_of, master_of

_parse = msgspec.json.Decoder().decode


async def master_among(snapshot: Snapshot, patients: Sequence[Stored]) -> Stored | None:
    """Return the Patient that answers, None where there is none.

    INVARIANT: chosen among these alone, so that one which the reader may not see moves nothing.
    """
    if len(patients) < 2:  # noqa: PLR2004  # nothing to choose
        return patients[0] if patients else None
    registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
    chosen = master_of(
        [
            Candidate(
                key=place,
                source_kind=kind_of(registry, patient.item.signature.controller),
                updated_us=patient.updated_us,
                demographics=demographics_of(_parse(patient.body)),
            )
            for place, patient in enumerate(patients)
        ]
    )
    return None if chosen is None else patients[chosen.key]
