"""Which references say what a record is *about*: one row a type (docs/adr/0020-about-a-hidden-record.md).

A record that is about another one sums it up, plans for it, acts on it or vouches for it, so it says something of it in
every line: whoever may not see the one is not shown the other. Any other reference only places a record (the stay in
which it was made, the order that it answers): those are not named here.

Elements of FHIR R4, dotted, without indexes; `**` stands for any elements, where a type holds itself. Change a row,
raise `VERSION`: what is stored was read by the rows.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

VERSION: Final = 1
"""Of these rows; a database that was filled by other rows is filled again, see `app.sharing.pointing`."""

ABOUT: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Appointment": ("reasonReference", "supportingInformation"),
        "CarePlan": (
            "addresses",
            "goal",
            "supportingInfo",
            "replaces",
            "activity.reference",
            "activity.outcomeReference",
            "activity.detail.goal",
            "activity.detail.reasonReference",
        ),
        "CareTeam": ("reasonReference",),
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
        "Condition": ("evidence.detail", "stage.assessment"),
        "DeviceUseStatement": ("derivedFrom", "reasonReference"),
        "DiagnosticReport": ("imagingStudy", "media.link", "result"),
        "DocumentReference": ("context.related", "relatesTo.target"),
        "Encounter": ("diagnosis.condition", "reasonReference"),
        "EpisodeOfCare": ("diagnosis.condition",),
        "Goal": ("addresses", "outcomeReference"),
        "ImagingStudy": ("reasonReference",),
        "Immunization": ("reaction.detail", "reasonReference"),
        "ImmunizationRecommendation": (
            "recommendation.supportingImmunization",
            "recommendation.supportingPatientInformation",
        ),
        "MedicationAdministration": ("reasonReference",),
        "MedicationDispense": ("authorizingPrescription", "detectedIssue"),
        "MedicationRequest": ("detectedIssue", "reasonReference"),
        "MedicationStatement": ("derivedFrom", "reasonReference"),
        "Observation": ("derivedFrom", "focus", "hasMember"),
        "Procedure": ("complicationDetail", "reasonReference", "report"),
        "Provenance": ("entity.what", "target"),
        "QuestionnaireResponse": ("item.**.valueReference",),
        "ServiceRequest": ("reasonReference", "supportingInfo"),
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
