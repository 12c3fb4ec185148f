"""The parts of a message: its entries, and the organisations that it names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.bridge.element import JSON, children, identifier, text
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One Bundle entry. `path` is its resource's FHIRPath."""

    path: str
    full_url: str
    resource: JSON

    @property
    def type(self) -> str:
        """The resource type, '' when there is none."""
        return text(self.resource, "resourceType") or ""

    @property
    def id(self) -> str:
        """The resource's id, '' when there is none."""
        return identifier(self.resource) or ""


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


def resolve(entries: Sequence[Entry], reference: JSON) -> Entry | None:
    """Find by fullUrl, as FHIR says, then by 'Type/id': examples mix absolute fullUrls and relative references."""
    value = text(reference, "reference")
    if value is None:
        return None
    for entry in entries:
        if entry.full_url == value:
            return entry
    parts = value.split("/")
    if len(parts) < 2:  # noqa: PLR2004 - type and id
        return None
    for entry in entries:
        if entry.type == parts[-2] and entry.id == parts[-1]:
            return entry
    return None


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
