"""Which kind of information a resource is: one ordered table, the first row that fits decides.

A row fits when the resource is of one of its types and one of its conditions holds; a row without conditions always
fits and ends its type. Categories are the values of `consent.Category`, as strings, because the two packages do not
know each other; a test keeps them equal. Where the sender's profile names a category, it is believed only for the types
of that row.
"""

from dataclasses import dataclass, field
from typing import Final

from schemas.terminology import systems
from schemas.terminology.fsiii import Family

CODES = systems.CODES


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRow:
    """`codes` are 'system|code', looked for in `elements`; FSIII families are looked for in the same elements."""

    types: frozenset[str]
    category: str
    profiles: frozenset[str] = field(default_factory=frozenset)
    codes: frozenset[str] = field(default_factory=frozenset)
    prefixes: tuple[str, ...] = ()  # 'system|prefix'
    families: frozenset[Family] = field(default_factory=frozenset)
    elements: tuple[str, ...] = ("code", "category", "type", "class", "scope", "activity.detail.code", "topic")

    @property
    def is_last(self) -> bool:
        """Tell whether the row fits every resource of its types."""
        return not (self.profiles or self.codes or self.prefixes or self.families)


def _types(names: str) -> frozenset[str]:
    return frozenset(names.split())


def _codes(system: str, codes: str) -> frozenset[str]:
    return frozenset(f"{system}|{code}" for code in codes.split())


_DOCUMENTS = _types("DocumentReference Composition Bundle")
_NOTES = _types("Observation Communication ClinicalImpression Flag DocumentReference Composition Bundle")

_VITAL = (
    _codes(systems.OBSERVATION_CATEGORY, "vital-signs")
    | _codes(
        systems.LOINC,
        "85354-9 8480-6 8462-4 8867-4 2708-6 59408-5 9279-1 8310-5 29463-7 3141-9 8302-2 39156-5 85353-1 9269-2"
        " 3151-8 3150-6",
    )
    | _codes(systems.NPU, "DNK05472 DNK05473 NPU21692 NPU03011 NPU27280 NPU08676 NPU03804 NPU03794 NPU27281")
    | _codes(systems.SNOMED, "75367002 364075005 78564009 86290005 276885007 386725007 27113001")
)
_RESUSCITATION = (
    _codes(systems.SNOMED, "304252001 304253006 450475007 450476008")
    | _codes(systems.LOINC, "75320-2 42348-3")
    | _codes(CODES, "treatment-limit resuscitation advance-directive living-will")
    | _codes(systems.FLAG_CATEGORY, "advance-directive")
    | _codes(systems.CONSENT_SCOPE, "adr")
)

CATEGORIES: Final[tuple[CategoryRow, ...]] = (
    CategoryRow(
        types=_NOTES,
        category="status-note",
        profiles=frozenset({systems.STATUS_NOTE_PROFILE}),
        codes=_codes(CODES, "status-note"),
    ),
    CategoryRow(
        types=_types("Observation Condition Flag DocumentReference Composition Bundle ServiceRequest Consent"),
        category="treatment-limit",
        codes=_RESUSCITATION,
    ),
    CategoryRow(types=_types("Patient"), category="master-data"),
    CategoryRow(types=_types("RelatedPerson"), category="relative"),
    CategoryRow(types=_types("AllergyIntolerance"), category="allergy"),
    CategoryRow(types=_types("Flag"), category="alert"),
    # Condition
    CategoryRow(
        types=_types("Condition"),
        category="functional-level",
        profiles=frozenset({systems.FUNCTIONAL_LEVEL_PROFILE}),
        families=frozenset(
            {Family.CARE_CONDITION, Family.REHABILITATION_CONDITION, Family.AID_CONDITION, Family.GENERAL}
        ),
    ),
    CategoryRow(types=_types("Condition"), category="diagnosis"),
    # Observation
    CategoryRow(
        types=_types("Observation"),
        category="habitual-value",
        profiles=frozenset({systems.HABITUAL_VALUE_PROFILE}),
        codes=_codes(CODES, "habitual-value"),
    ),
    CategoryRow(
        types=_types("Observation"),
        category="functional-level",
        profiles=frozenset(
            {
                systems.FUNCTIONAL_LEVEL_PROFILE,
                f"{systems.KL_GATEWAY}klgateway-care-citizens-own-observation",
                f"{systems.KL_GATEWAY}klgateway-care-matter-of-interest-observation",
                f"{systems.KL_GATEWAY}klgateway-care-follow-up-observation",
            }
        ),
        codes=_codes(systems.SNOMED, "712744002"),
        families=frozenset(Family) - {Family.NURSING_CONDITION},
    ),
    CategoryRow(
        types=_types("Observation DiagnosticReport"),
        category="measurement",
        codes=_VITAL | _codes(systems.LOINC, "11506-3"),
        prefixes=(f"{systems.MEDCOM_OBSERVATION}|", f"{systems.IEEE}|"),
    ),
    CategoryRow(
        types=_types("Observation"),
        category="lab-result",
        codes=_codes(systems.OBSERVATION_CATEGORY, "laboratory imaging"),
        prefixes=(f"{systems.NPU}|",),
    ),
    CategoryRow(
        types=_types("Observation"),
        category="diagnosis",  # pregnancy: status, expected date, outcome
        codes=_codes(systems.LOINC, "82810-3 11778-8 11779-6 11780-4 11636-8 11637-6 11638-4 11639-2 11640-0 11612-9"),
    ),
    CategoryRow(
        types=_types("Observation"),
        category="other",
        codes=_codes(systems.OBSERVATION_CATEGORY, "social-history")
        | _codes(systems.LOINC, "72166-2 74013-4 11331-6 11367-0"),
    ),
    CategoryRow(types=_types("Observation"), category="measurement"),
    CategoryRow(types=_types("DiagnosticReport Specimen ImagingStudy"), category="lab-result"),
    CategoryRow(types=_types("QuestionnaireResponse"), category="measurement"),
    CategoryRow(
        types=_types("ClinicalImpression"),
        category="treatment-limit",
        codes=_codes(systems.CAPACITY, "incapable permanently-incapable cannot-foresee"),
    ),
    CategoryRow(types=_types("ClinicalImpression"), category="functional-level"),
    CategoryRow(types=_types("Media"), category="other"),
    CategoryRow(types=_types("Immunization ImmunizationRecommendation"), category="vaccination"),
    CategoryRow(
        types=_types("MedicationStatement MedicationRequest MedicationAdministration MedicationDispense Medication"),
        category="medication",
    ),
    # Services of a municipality, wherever they are written
    CategoryRow(
        types=_types("Procedure CarePlan ServiceRequest EpisodeOfCare Encounter"),
        category="care-service",
        profiles=frozenset(
            {
                f"{systems.KL_GATEWAY}klgateway-care-planned-intervention",
                f"{systems.KL_GATEWAY}klgateway-care-completed-intervention",
                f"{systems.KL_GATEWAY}klgateway-care-encounter",
            }
        ),
        codes=_codes(systems.SNOMED, "658161000005107")
        | _codes(systems.ACT_CODE, "HH"),  # hjemmesygepleje, home health
        prefixes=(f"{systems.KL_CARE_SOCIAL}|", f"{systems.KL_LOCAL_INTERVENTION}|"),
        families=frozenset(
            {
                Family.NURSING_SERVICE,
                Family.CARE_SERVICE,
                Family.REHABILITATION_SERVICE,
                Family.PREVENTION_SERVICE,
                Family.AID_SERVICE,
            }
        ),
    ),
    CategoryRow(
        types=_types("Goal"),
        category="functional-level",
        profiles=frozenset({f"{systems.KL_GATEWAY}klgateway-care-goal"}),
        families=frozenset(Family),
        elements=("description", "category", "target.measure", "target.detailCodeableConcept"),
    ),
    CategoryRow(types=_types("Procedure"), category="procedure"),
    CategoryRow(types=_types("Device DeviceUseStatement"), category="device"),
    CategoryRow(types=_types("Encounter EpisodeOfCare"), category="admission"),
    CategoryRow(types=_types("Appointment"), category="appointment"),
    CategoryRow(types=_types("CarePlan Goal ServiceRequest"), category="plan"),
    CategoryRow(types=_types("CareTeam"), category="care-team"),
    CategoryRow(types=_types("Task"), category="task"),
    # Documents and letters, by what they are about
    CategoryRow(
        types=_DOCUMENTS,
        category="plan",
        profiles=frozenset({systems.DISCHARGE_PLAN_PROFILE}),
        codes=_codes(CODES, "discharge-plan") | _codes(systems.LOINC, "81215-6 18776-5"),
    ),
    CategoryRow(
        types=_DOCUMENTS,
        category="letter",
        profiles=frozenset({systems.DISCHARGE_LETTER_PROFILE}),
        codes=_codes(CODES, "discharge-letter") | _codes(systems.LOINC, "18842-5"),
    ),
    CategoryRow(types=_DOCUMENTS, category="lab-result", codes=_codes(systems.LOINC, "11502-2")),
    CategoryRow(types=_DOCUMENTS, category="appointment", codes=_codes(systems.LOINC, "39289-4 56446-8")),
    CategoryRow(types=_DOCUMENTS, category="diagnosis", codes=_codes(systems.LOINC, "11450-4")),
    CategoryRow(types=_DOCUMENTS, category="measurement", codes=_codes(systems.LOINC, "53576-5 74465-6")),
    CategoryRow(types=_types("DocumentReference Composition Bundle Communication Binary"), category="letter"),
    CategoryRow(types=_types("Consent"), category="consent"),
    CategoryRow(types=_types("Provenance"), category="provenance"),
    CategoryRow(types=_types("AuditEvent"), category="access-log"),
    CategoryRow(
        types=_types("Organization Practitioner PractitionerRole Location HealthcareService"), category="other"
    ),
)

OTHERWISE: Final = "other"
"""The category of a type that the table does not know."""
