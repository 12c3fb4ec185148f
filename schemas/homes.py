"""Where a resource lives: one row a type (docs/adr/0004-homes.md).

`citizen`: under the citizen whom the named element points to. `directory`: under no citizen.
`either`: under the citizen when the element is present, else in the directory.
`inherited`: under the citizen of what points to it in the same transaction, or of what it points to; else refused.
`number` is stored; never change or reuse one.
"""

from dataclasses import dataclass
from typing import Literal

Home = Literal["citizen", "directory", "either", "inherited"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeRow:
    """One supported resource type. `element` is the home reference; `self` means the resource is the citizen."""

    number: int
    type: str
    home: Home
    element: str = ""
    others: tuple[str, ...] = ()  # elements that may name another citizen
    writable: bool = True


def _row(
    number: int, type_: str, home: Home, element: str = "", *, others: tuple[str, ...] = (), writable: bool = True
) -> HomeRow:
    return HomeRow(number=number, type=type_, home=home, element=element, others=others, writable=writable)


HOMES: tuple[HomeRow, ...] = (
    _row(1, "Patient", "citizen", "self", others=("link.other",)),  # a changed or replaced number
    _row(2, "RelatedPerson", "citizen", "patient"),
    _row(3, "AllergyIntolerance", "citizen", "patient"),
    _row(4, "Condition", "citizen", "subject"),
    _row(5, "Observation", "citizen", "subject"),
    _row(6, "DiagnosticReport", "citizen", "subject"),
    _row(7, "Specimen", "citizen", "subject"),
    _row(8, "Immunization", "citizen", "patient"),
    _row(9, "ImmunizationRecommendation", "citizen", "patient"),
    _row(10, "MedicationStatement", "citizen", "subject"),
    _row(11, "MedicationRequest", "citizen", "subject"),
    _row(12, "MedicationAdministration", "citizen", "subject"),
    _row(13, "MedicationDispense", "citizen", "subject"),
    _row(14, "Medication", "inherited"),
    _row(15, "Procedure", "citizen", "subject"),
    _row(16, "Device", "either", "patient"),
    _row(17, "DeviceUseStatement", "citizen", "subject"),
    _row(18, "Encounter", "citizen", "subject"),
    _row(19, "EpisodeOfCare", "citizen", "patient"),
    _row(20, "Appointment", "citizen", "participant.actor"),
    _row(21, "CarePlan", "citizen", "subject"),
    _row(22, "Goal", "citizen", "subject"),
    _row(23, "CareTeam", "citizen", "subject"),
    _row(24, "ServiceRequest", "citizen", "subject"),
    _row(25, "DocumentReference", "citizen", "subject"),
    _row(26, "Binary", "inherited", "securityContext"),
    _row(27, "Composition", "citizen", "subject"),
    _row(28, "Bundle", "citizen", "entry.resource"),  # documents only
    _row(29, "Flag", "citizen", "subject"),
    _row(30, "Communication", "citizen", "subject"),
    _row(31, "Consent", "citizen", "patient"),
    _row(32, "Provenance", "inherited", "target"),
    _row(33, "AuditEvent", "citizen", "entity.what", writable=False),
    _row(34, "Task", "citizen", "for"),
    _row(35, "QuestionnaireResponse", "citizen", "subject"),
    _row(36, "ClinicalImpression", "citizen", "subject"),
    _row(37, "Media", "citizen", "subject"),
    _row(38, "ImagingStudy", "citizen", "subject"),
    _row(39, "Organization", "directory"),
    _row(40, "Practitioner", "directory"),
    _row(41, "PractitionerRole", "directory"),
    _row(42, "Location", "directory"),
    _row(43, "HealthcareService", "directory"),
)

HOME_OF: dict[str, HomeRow] = {row.type: row for row in HOMES}
TYPE_NUMBER: dict[str, int] = {row.type: row.number for row in HOMES}
TYPE_NAME: dict[int, str] = {row.number: row.type for row in HOMES}
