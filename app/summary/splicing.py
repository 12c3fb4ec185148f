"""Stored bodies as entries of the document, as they stand but for references to the citizen's other source Patients."""

import re
from collections.abc import Collection, Iterable
from typing import Final

_NAMED: Final = re.compile(rb'"reference"[ \t\r\n]*+:[ \t\r\n]*+"Patient/')


def patients_named(body: bytes) -> tuple[int, ...]:
    """Return where in a body an id begins that stands in a `reference` to a Patient.

    Looked for once, when the body is stored: to search 270 kB takes longer than all else that is done with them.
    """
    return tuple([match.end() for match in _NAMED.finditer(body)])


def spliced(
    shown: Iterable[tuple[str, bytes, tuple[int, ...] | None]], base: bytes, others: Collection[str], master: str
) -> list[bytes]:
    """Return the pieces of the entries, a comma before each; INVARIANT: no body is parsed or written anew.

    Args:
        shown: 'Type/id', body, and where it names Patients; `None` is not known.
        base: of the FHIR service, escaped for JSON.
        others: ids of the citizen's further source Patients.
        master: the id that stands in their place.
    """
    opening = b',{"fullUrl":"' + base + b"/"
    replaced = {each.encode() for each in others if each != master}
    own = master.encode()
    pieces: list[bytes] = []
    for ref, body, named in shown:
        pieces += (opening, ref.encode(), b'","resource":')
        if replaced:
            done = 0
            for at in patients_named(body) if named is None else named:
                end = body.find(b'"', at)
                if body[at:end] in replaced:
                    pieces += (body[done:at], own)
                    done = end
            pieces.append(body[done:] if done else body)
        else:
            pieces.append(body)
        pieces.append(b"}")
    return pieces
