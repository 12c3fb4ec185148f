"""Records as they are shown to a reader who may not know of some that they name (docs/adr/0025-named-in-passing.md)."""

from collections.abc import Iterable, Mapping

import msgspec

from app.store.resources import Stored
from app.summary.lines import line_of
from app.summary.model import Stamp
from schemas.cutting import cut

_parse = msgspec.json.Decoder().decode


def unnaming(released: Iterable[Stored], unnamed: Mapping[str, frozenset[str]]) -> list[Stored]:
    """Return the records without what they name of withheld ones: by record ('Type/id'), those that it names.

    The line of the summary is made again from what is left. What cannot be without the name is left out.
    """
    by_id = {name.partition("/")[2]: names for name, names in unnamed.items()}
    found: list[Stored] = []
    for one in released:
        names = by_id.get(one.id) if one.body else None
        if names is None:
            found.append(one)
        elif (body := cut(one.body, [name.partition("/")[2].encode() for name in names])) is not None:
            line = b""
            if one.line:
                stamp = Stamp(one.n, one.version, one.updated_us)
                line = line_of(_parse(body), category=one.signature.category, body=body, stamp=stamp)
            found.append(one._replace(line=line, body=body))
    return found
