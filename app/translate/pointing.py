"""What a record is about: the references that `schemas.pointing` names, in it and in what it holds inside."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.translate.elements import every_object, objects, text, type_of, values
from schemas.pointing import ABOUT


def about(resource: Mapping[str, Any]) -> frozenset[str]:
    """Return the literal references (as they stand) to what the record is about.

    Contained resources and the entries of a document speak for the record that holds them.
    """
    return frozenset(
        reference
        for held in _with_all_inside(resource)
        for element in ABOUT.get(type_of(held), ())
        for value in _values(held, element)
        if isinstance(value, dict) and (reference := text(value.get("reference")))
    )


def _values(resource: Mapping[str, Any], element: str) -> list[Any]:
    top, _, last = element.partition(".**.")
    if not last:
        return values(resource, element)
    return [value for held in every_object(values(resource, top)) for value in values(held, last)]


def _with_all_inside(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield resource
    yield from objects(resource.get("contained"))
    for entry in objects(resource.get("entry")):
        for inner in objects(entry.get("resource")):
            yield inner
            yield from objects(inner.get("contained"))
