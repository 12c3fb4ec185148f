"""A batch some of whose entries are invalid, taken apart: each entry is admitted by itself.

Source: https://hl7.org/fhir/R4/http.html#trules ("the success or failure of one change SHOULD not alter the others")
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from schemas.admit import Admitted, Rejected, admit
from schemas.fault import Fault


class _Batch(msgspec.Struct):
    type: str
    entry: list[msgspec.Raw] = []


_BATCH: Final = msgspec.json.Decoder(_Batch)
_AS_BATCH: Final = b'{"resourceType":"Bundle","type":"batch","entry":[%s]}'
_INSIDE: Final = "Bundle.entry["


def apart(raw: bytes, faults: Sequence[Fault]) -> list[Admitted | Rejected] | None:
    """Return the entries of an invalid batch, each as a batch of one; None when it is no batch, or its frame is wrong.

    `raw` is a Bundle that `admit` rejected as invalid for `faults`. All paths begin at `Bundle.entry[0]`.
    """
    if any(fault.severity == "error" and not fault.path.startswith(_INSIDE) for fault in faults):
        return None
    try:
        frame = _BATCH.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if frame.type != "batch":
        return None
    return [admit(_AS_BATCH % bytes(part), expect="Bundle") for part in frame.entry]
