"""What a record is about, by `schemas.pointing`, and what else it names; in it and in what it holds inside."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.translate.elements import every_object, objects, text, type_of, values
from schemas.pointing import ABOUT, UNTOUCHED


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


def named(resource: Mapping[str, Any], references: Iterable[str], is_about: frozenset[str]) -> frozenset[str]:
    """Return those of a record's literal references that name what it is not about.

    Patients are left out: every record names one, and must; so are consents, whose references are the citizen's words.
    """
    if type_of(resource) in UNTOUCHED:
        return frozenset()
    return frozenset(one for one in references if one not in is_about and "Patient/" not in one)


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
