"""The entries of a message, and how one refers to another."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.bridge.element import JSON, identifier, text


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
