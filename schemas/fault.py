"""One fault in content: where, what kind, in words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """`path` is FHIRPath (`Bundle.entry[2].resource.status`), `code` a FHIR issue type.

    `text` is one sentence in lower case without personal data.
    """

    path: str
    code: str
    text: str
    severity: str = "error"
