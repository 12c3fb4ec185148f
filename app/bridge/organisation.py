"""The organisations that a message names as sender, receiver or provider."""

import re
from dataclasses import dataclass

from app.bridge.element import children, text
from app.bridge.entry import Entry
from schemas.fault import Fault
from schemas.terminology.systems import GLN, SOR, canonical

_SOR = re.compile(r"[0-9]{6,20}")
_GLN = re.compile(r"[0-9]{13}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """An organisation as a message names it: SOR id, GLN (Danish: lokationsnummer), name."""

    sor: str
    gln: str = ""
    name: str = ""


def _named(organisation: Entry) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in children(organisation.resource, "identifier"):
        system, value = text(each, "system"), text(each, "value")
        if system is not None and value is not None:
            found.setdefault(canonical(system), value)
    return found


def party_of(organisation: Entry | None) -> Party | None:
    """Return the organisation as a party, when it is one and has a SOR id."""
    if organisation is None or organisation.type != "Organization":
        return None
    named = _named(organisation)
    sor, gln = named.get(SOR, ""), named.get(GLN, "")
    if not _SOR.fullmatch(sor):
        return None
    return Party(
        sor=sor,
        gln=gln if _GLN.fullmatch(gln) else "",
        name=(text(organisation.resource, "name") or "")[:200],
    )


def party_faults(path: str, organisation: Entry | None) -> list[Fault]:
    """Return what keeps the organisation that `path` refers to from being a party: SOR and GLN are asked of both."""
    if organisation is None or organisation.type != "Organization":
        return [Fault(path, "not-found", "it refers to an Organization in the message")]
    named = _named(organisation)
    faults = []
    if not _SOR.fullmatch(named.get(SOR, "")):
        faults.append(Fault(f"{organisation.path}.identifier", "required", "the organisation has a SOR identifier"))
    if not _GLN.fullmatch(named.get(GLN, "")):
        faults.append(Fault(f"{organisation.path}.identifier", "required", "the organisation has a GLN of 13 digits"))
    return faults
