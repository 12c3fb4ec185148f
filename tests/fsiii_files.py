"""A small publication of FSIII in KL's form, for tests."""

from typing import Any

from schemas.terminology import fsiii, systems
from schemas.terminology.fsiii import Family

WOUND = "76878386-b3d2-4320-828a-a700e8a66234"
"""The new form of G1.39."""
NURSING = fsiii.ROOTS[Family.NURSING_SERVICE][1]


def concept(code: str, display: str, *below: dict[str, Any]) -> dict[str, Any]:
    """Return a concept; what lies below it, lies in it."""
    made: dict[str, Any] = {"code": code, "display": display, "definition": f"Det er {display}"}
    return made | {"concept": list(below)} if below else made


def code_system(**changed: Any) -> dict[str, Any]:
    """Return a CodeSystem with one service in both forms, and the scale."""
    scale = fsiii.NAMED[Family.SCALE]
    levels = [concept(old, f"niveau {number}") for number, old in enumerate(scale)]
    new_levels = [concept(new, f"niveau {number}") for number, new in enumerate(scale.values())]
    return {
        "resourceType": "CodeSystem",
        "url": systems.FSIII,
        "version": "20990101",
        "status": "active",
        "content": "complete",
        "concept": [
            concept("G", "Sygeplejeindsatser", concept("G1.39", "Sårbehandling")),
            concept(NURSING, "Kommunale sygeplejeindsatser", concept(WOUND, "Sårbehandling")),
            concept("B", "Skala", *levels, *new_levels),
        ],
    } | changed
