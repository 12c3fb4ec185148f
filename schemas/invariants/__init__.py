"""The rules between elements that FHIR R4 states (its constraints), as plain functions, by type.

A function takes the object and returns where the rule is broken: FHIRPath steps below the object (`""` for the object
itself), nothing when it holds. Objects may be malformed in any way; the walker reports that, the rules look past it.
Words and severities come from the compiled definitions; `ELSEWHERE` names the constraints that the walker checks
itself (a test holds both against the definitions).

Source: the constraints of the StructureDefinitions, https://hl7.org/fhir/R4/.
"""

from typing import Final

from schemas.invariants.bundles import BUNDLES
from schemas.invariants.datatypes import DATATYPES
from schemas.invariants.resources import RESOURCES
from schemas.invariants.rule import Rule

__all__ = ["ELSEWHERE", "RULES", "Rule"]

RULES: Final[dict[str, tuple[Rule, ...]]] = DATATYPES | RESOURCES | BUNDLES

ELSEWHERE: Final = frozenset(
    {"ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "ref-1", "txt-1", "txt-2", "sqty-1"}
)
