"""Which references say what a record is *about*: one row a type (docs/adr/0020-about-a-hidden-record.md).

A record that is about another one sums it up, plans for it, acts on it or vouches for it, so it says something of it in
every line: whoever may not see the one is not shown the other. Any other reference only places a record (the stay in
which it was made, the order that it answers) or gives a reason for what stands by itself (a drug, a stay, a procedure):
those are not listed, and are cut out for whoever may not see what they name (`schemas.cutting`). Those that a record
cannot be without are.

Elements of FHIR R4, dotted, without indexes; `**` stands for any elements, where a type holds itself. Change a row,
raise `VERSION`: what is stored was read by the rows.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

VERSION: Final = 3
"""Of these rows; a database that was filled by other rows is filled again, see `app.sharing.pointing`."""

UNTOUCHED: Final = frozenset({"Consent"})
"""Types whose references are what the citizen herself says of her records."""

ABOUT: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "CarePlan": (
            "goal",
            "supportingInfo",
            "replaces",
            "activity.reference",
            "activity.outcomeReference",
            "activity.detail.goal",
        ),
        "ClinicalImpression": (
            "finding.itemReference",
            "investigation.item",
            "previous",
            "problem",
            "prognosisReference",
            "supportingInfo",
        ),
        "Communication": ("about", "inResponseTo", "payload.contentReference", "reasonReference"),
        "Composition": ("event.detail", "relatesTo.targetReference", "section.**.entry"),
        "DeviceUseStatement": ("device",),
        "DiagnosticReport": ("imagingStudy", "media.link", "result"),
        "DocumentReference": ("context.related", "relatesTo.target"),
        "Goal": ("addresses", "outcomeReference"),
        "ImmunizationRecommendation": (
            "recommendation.supportingImmunization",
            "recommendation.supportingPatientInformation",
        ),
        "MedicationAdministration": ("medicationReference",),
        "MedicationDispense": ("medicationReference",),
        "MedicationRequest": ("medicationReference",),
        "MedicationStatement": ("medicationReference",),
        "Observation": ("derivedFrom", "focus", "hasMember"),
        "Provenance": ("entity.what", "target"),
        "QuestionnaireResponse": ("item.**.valueReference",),
        "Task": (
            "basedOn",
            "focus",
            "input.valueReference",
            "output.valueReference",
            "partOf",
            "reasonReference",
        ),
    }
)
