"""References that a transaction itself resolves: from what the client called a resource to what we call it."""

from collections.abc import Mapping
from typing import Any

from schemas.splice import URI_KEYS


def names_of(full_url: str, type_: str) -> tuple[str, ...]:
    """Return the strings by which other entries may refer to an entry: its fullUrl, and `Type/id` when that ends it.

    Source: https://hl7.org/fhir/R4/bundle.html#references
    """
    if not full_url:
        return ()
    tail = "/".join(full_url.rsplit("/", 2)[-2:])
    return (full_url, tail) if tail.startswith(f"{type_}/") and tail != full_url else (full_url,)


def rewritten(value: Any, references: Mapping[str, str]) -> Any:
    """Return the parsed resource with the same references replaced as `schemas.splice` replaces in its bytes."""
    if isinstance(value, dict):
        return {
            key: (references[inner] if inner in references and _is_link(key, inner) else inner)
            if isinstance(inner, str)
            else rewritten(inner, references)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [rewritten(inner, references) for inner in value]
    return value


def _is_link(key: str, text: str) -> bool:
    return key == "reference" or (key in URI_KEYS and text.startswith("urn:"))


def references_in(value: Any) -> list[str]:
    """Return every literal reference in a parsed resource, and every address at which an attachment may lie."""
    found: list[str] = []
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            found.extend(text for key in ("reference", "url") if isinstance(text := item.get(key), str))
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
    return found


def local_of(reference: str, *, base_url: str) -> str:
    """Return 'Type/id' of a relative or absolute reference to here, without the version that it may name."""
    return reference.removeprefix(f"{base_url}/").partition("/_history/")[0]
