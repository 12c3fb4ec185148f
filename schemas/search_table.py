"""The search parameters of FHIR R4 for the types that the service stores, as compiled by `schemas/compile_search.py`.

Source: https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

import msgspec

Kind = Literal["token", "reference", "date", "string", "quantity", "uri"]

_FILE = Path(__file__).parent / "definitions" / "search-parameters.json"


@dataclass(frozen=True, slots=True)
class ElementPath:
    """Where a value stands: JSON keys from the resource, the data type found there, and the condition on it.

    `condition` is empty, `resolve=Patient` (the reference names such a resource), `system=email` (of a ContactPoint),
    or `exists` (being there is the value).
    """

    keys: tuple[str, ...]
    type: str
    condition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchParameter:
    """One HL7 search parameter of one type (`Resource`: of all).

    A parameter with a `number` is indexed under it. One without is found by `reads` (other parameters of the same type
    that together find the same), or `selects` the citizen. `systems` are the code systems of plain codes. `repeats`: a
    resource may hold several.
    """

    type: str
    name: str
    kind: Kind
    number: int | None
    reads: tuple[str, ...]
    selects: bool
    repeats: bool
    paths: tuple[ElementPath, ...]
    targets: tuple[str, ...]
    systems: tuple[str, ...]
    url: str
    text: str


class _Row(msgspec.Struct, frozen=True):
    type: str
    name: str
    kind: str
    url: str
    text: str
    number: int | None = None
    reads: tuple[str, ...] = ()
    selects: bool = False
    repeats: bool = False
    paths: tuple[tuple[str, ...], ...] = ()
    targets: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True):
    parameters: tuple[_Row, ...]


def _path(keys: str, type_: str, condition: str = "") -> ElementPath:
    return ElementPath(tuple(keys.split(".")), type_, condition)


@cache
def search_parameters() -> tuple[SearchParameter, ...]:
    """Return every compiled parameter in the order of the file."""
    return tuple(
        SearchParameter(
            type=row.type,
            name=row.name,
            kind=cast("Kind", row.kind),  # the compile script knows no others
            number=row.number,
            reads=row.reads,
            selects=row.selects,
            repeats=row.repeats,
            paths=tuple(_path(*path) for path in row.paths),
            targets=row.targets,
            systems=row.systems,
            url=row.url,
            text=row.text,
        )
        for row in msgspec.json.decode(_FILE.read_bytes(), type=_File).parameters
    )
