"""What is about something withheld is withheld too: one step in a chain or many, in a circle or not.

A Provenance of a Task about a blocked Condition says that the Condition exists. So the permit that a reader is given
leaves out whatever is about what it does not cover; `consent.engine.without` writes that into the permit.
"""

from collections.abc import Hashable, Iterable
from typing import TypeVar

Record = TypeVar("Record", bound=Hashable)


def reached(pointers: Iterable[tuple[Record, Record]], withheld: Iterable[Record]) -> frozenset[Record]:
    """Return the records that are about one of `withheld`, directly or over others.

    A pointer is (record, what it is about). One of `withheld` itself is among them only when it points at another or,
    over others, at itself.
    """
    pointing: dict[Record, list[Record]] = {}
    for record, target in pointers:
        pointing.setdefault(target, []).append(record)
    found: set[Record] = set()
    pending = list(withheld)
    while pending:
        for record in pointing.pop(pending.pop(), ()):
            if record not in found:
                found.add(record)
                pending.append(record)
    return frozenset(found)
