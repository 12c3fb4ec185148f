"""Who answers for what a unit writes (Danish: dataansvarlig): the legal organisation above it."""

from app.store.directory import Directory
from consent.model import OrganisationKey

LEGAL_KINDS = frozenset(
    {"hospital", "municipality", "general-practice", "specialist-practice", "laboratory", "authority", "register"}
)
"""Kinds of organisation that are controllers; a region is one only for what it writes itself."""


def controller_of(registry: Directory, unit: str) -> str:
    """Return the nearest controller at or above a unit; the unit itself when the directory knows none."""
    for above in registry.tree.path(OrganisationKey(unit)):
        known = registry.organisations.get(above)
        if known is not None and known.kind in LEGAL_KINDS:
            return above
    return unit


def kind_of(registry: Directory, sor: str) -> str:
    """Return the kind of an organisation, '' for one that the directory does not know."""
    known = registry.organisations.get(sor)
    return known.kind if known is not None else ""
