"""Every URI once: identifier systems, code systems, extensions, profiles of others, and our own under `OVERGANG`.

Sources: the Danish core guide (http://hl7.dk/fhir/core), MedCom (http://medcomfhir.dk/ig), KL (http://fhir.kl.dk),
HL7 terminology (https://terminology.hl7.org). Where the world uses two names for one thing, the first is what we
write and `ALIASES` maps the others to it.
"""

from typing import Final

# Identifiers of citizens
CPR: Final = "urn:oid:1.2.208.176.1.2"
X_ECPR: Final = "urn:oid:1.2.208.176.1.6.1.1"  # national replacement number (Danish: erstatnings-cpr)
D_ECPR: Final = "urn:oid:1.2.208.176.1.6.1.3"  # regional replacement number, unnamed region
D_ECPR_SJAELLAND: Final = "urn:oid:1.2.208.176.1.6.1.3.177"
D_ECPR_NORDJYLLAND: Final = "urn:oid:1.2.208.176.1.6.1.3.179"
D_ECPR_MIDTJYLLAND: Final = "urn:oid:1.2.208.176.1.6.1.3.181"
D_ECPR_SYDDANMARK: Final = "urn:oid:1.2.208.176.1.6.1.3.183"
D_ECPR_HOVEDSTADEN: Final = "urn:oid:1.2.208.176.1.6.1.3.187"

# Identifiers of organisations, persons, courses
SOR: Final = "urn:oid:1.2.208.176.1.1"
CVR: Final = "http://cvr.dk"
PROVIDER_NUMBER: Final = "urn:oid:1.2.208.176.1.4"  # ydernummer
GLN: Final = "http://www.gs1.org/gln"
KOMBIT_ORGANISATION: Final = "https://kombit.dk/sts/organisation"
PRODUCER: Final = "http://medcomfhir.dk/ig/terminology/CodeSystem/MedComProducentID"
AUTHORISATION: Final = "https://autregweb.sst.dk"  # autorisations-id
EPISODE: Final = "https://www.esundhed.dk/Registre/Landspatientregisteret"  # LPR3 episode of care
URI: Final = "urn:ietf:rfc:3986"

# Clinical code systems
SKS: Final = "urn:oid:1.2.208.176.2.4"
SKS_DIAGNOSIS: Final = "urn:oid:1.2.208.176.2.4.12"
FSIII: Final = "urn:oid:1.2.208.176.2.21"  # Fælles Sprog III
FFB: Final = "urn:oid:1.2.208.176.2.22"  # Fælles Faglige Begreber: social and disability
ICPC2: Final = "urn:oid:1.2.208.176.2.31"
ICD10: Final = "http://hl7.org/fhir/sid/icd-10"
NPU: Final = "http://npu-terminology.org"
SNOMED: Final = "http://snomed.info/sct"
LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
IEEE: Final = "urn:iso:std:iso:11073:10101"
ATC: Final = "http://www.whocc.no/atc"
CVX: Final = "http://hl7.org/fhir/sid/cvx"
DRUG_ID: Final = "urn:oid:1.2.208.176.3.1"  # FMK DrugID
DRUG_PACKAGE: Final = "urn:oid:1.2.208.176.3.2"  # varenummer
MEDCOM_OBSERVATION: Final = "http://medcomfhir.dk/ig/terminology/CodeSystem/medcom-observation-codes"
MEDCOM_REPORT: Final = "http://medcomfhir.dk/ig/terminology/CodeSystem/MedComDiagnosticReportCodes"
MEDCOM_INTERPRETATION: Final = "http://medcomfhir.dk/ig/terminology/CodeSystem/medcom-core-interpretation-codes"
MEDCOM_ROLE: Final = "http://medcomfhir.dk/ig/terminology/CodeSystem/medcom-core-PractitionerRolesSKSadministrativ"
CARE_COMMUNICATION_CATEGORY: Final = (
    "http://medcomfhir.dk/ig/terminology/CodeSystem/medcom-careCommunication-categoryCodes"
)
KL_CARE_SOCIAL: Final = "http://fhir.kl.dk/term/CodeSystem/CareSocialCodes"
KL_LOCAL_INTERVENTION: Final = "http://fhir.kl.dk/gateway/CodeSystem/LocallyDefinedInterventions"
XDS_CLASS: Final = "urn:oid:1.2.208.184.100.9"
XDS_FORMAT: Final = "urn:oid:1.2.208.184.100.10"

# Administrative code systems
MUNICIPALITY: Final = "http://hl7.dk/fhir/core/CodeSystem/dk-core-municipality-codes"
REGION: Final = "urn:iso:std:iso:3166:-2"
PROFESSION: Final = "http://hl7.dk/fhir/core/CodeSystem/DkCoreProfessionGroupCodes"
RELATIONSHIP_DK: Final = "http://hl7.dk/fhir/core/CodeSystem/dk-relatedperson-relationshipcodes"
ROLE_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
ROLE_CLASS: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ACT_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
OBSERVATION_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
OBSERVATION_INTERPRETATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
DIAGNOSTIC_SERVICE: Final = "http://terminology.hl7.org/CodeSystem/v2-0074"
CONDITION_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/condition-category"
CONDITION_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
CONDITION_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
ALLERGY_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
ALLERGY_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
FLAG_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/flag-category"
CONSENT_ACTION: Final = "http://terminology.hl7.org/CodeSystem/consentaction"
CONSENT_SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
CONSENT_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/consentcategorycodes"
PROVENANCE_PARTICIPANT: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
DATA_OPERATION: Final = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
AUDIT_EVENT_TYPE: Final = "http://terminology.hl7.org/CodeSystem/audit-event-type"
DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
RESTFUL_INTERACTION: Final = "http://hl7.org/fhir/restful-interaction"
LIST_EMPTY_REASON: Final = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
DATA_ABSENT_REASON: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
DATA_ABSENT_REASON_EXTENSION: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
IPS_ABSENT_UNKNOWN: Final = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
RESOURCE_TYPES: Final = "http://hl7.org/fhir/resource-types"
LANGUAGE: Final = "urn:ietf:bcp:47"

# MedCom messaging
MEDCOM_EVENT: Final = "http://medcomfhir.dk/ig/terminology/CodeSystem/medcom-messaging-eventCodes"
MEDCOM_ACTIVITY: Final = "http://medcomfhir.dk/ig/terminology/CodeSystem/medcom-messaging-activityCodes"
MEDCOM_DESTINATION_USE: Final = "http://medcomfhir.dk/ig/terminology/CodeSystem/medcom-messaging-destinationUse"
MEDCOM_ACKNOWLEDGEMENT_ERROR: Final = (
    "http://medcomfhir.dk/ig/terminology/CodeSystem/medcom-acknowledgement-error-codes"
)
DESTINATION_USE_EXTENSION: Final = (
    "http://medcomfhir.dk/ig/messaging/StructureDefinition/medcom-messaging-destinationUseExtension"
)
LEAVE_PERIOD_EXTENSION: Final = (  # spelt so by its publisher
    "http://medcomfhir.dk/ig/hospitalnotification/StructureDefinition/medcom-hospitalnotifiation-leave-period-extension"
)
REPORT_OF_ADMISSION_EXTENSION: Final = (
    "http://medcomfhir.dk/ig/hospitalnotification/StructureDefinition/medcom-messaging-reportOfAdmissionExtension"
)
REPORT_OF_ADMISSION_RECIPIENT_EXTENSION: Final = "http://medcomfhir.dk/ig/hospitalnotification/StructureDefinition/medcom-messaging-reportOfAdmissionRecipientExtension"

# Extensions of the Danish core guide
MUNICIPALITY_EXTENSION: Final = "http://hl7.dk/fhir/core/StructureDefinition/dk-core-municipalityCodes"
REGION_EXTENSION: Final = "http://hl7.dk/fhir/core/StructureDefinition/dk-core-RegionalSubDivisionCodes"
CARE_PROVIDER_EXTENSION: Final = "http://hl7.dk/fhir/core/StructureDefinition/dk-core-care-provider"  # plejeansvarlig
PLANNED_START_EXTENSION: Final = "http://hl7.dk/fhir/core/StructureDefinition/dk-core-planned-start-date"
PLANNED_END_EXTENSION: Final = "http://hl7.dk/fhir/core/StructureDefinition/dk-core-planned-end-date"
LAST_ASSERTED_EXTENSION: Final = "http://hl7.dk/fhir/core/StructureDefinition/ConditionLastAssertedDate"
NOT_FOLLOWED_EXTENSION: Final = "http://hl7.dk/fhir/core/StructureDefinition/NotFollowedAnymore"

# Profiles of others that we name
DK_CORE: Final = "http://hl7.dk/fhir/core/StructureDefinition/"  # prefix
MEDCOM: Final = "http://medcomfhir.dk/ig/"  # prefix
KL_GATEWAY: Final = "http://fhir.kl.dk/gateway/StructureDefinition/"  # prefix
IPS: Final = "http://hl7.org/fhir/uv/ips/StructureDefinition/"  # prefix
BALP: Final = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/"  # prefix
HOME_CARE_REPORT_PROFILES: Final = frozenset(
    {
        "http://medcomfhir.dk/ig/homecareobservation/StructureDefinition/medcom-homecareobservation-diagnosticreport",
        "http://medcomfhir.dk/ig/homecareobservation/StructureDefinition/medcom-homecare-diagnosticreport",
    }
)

# Our own
OVERGANG: Final = "https://overgang.dk/fhir"
CATEGORY: Final = f"{OVERGANG}/CodeSystem/category"  # values of consent.Category
LABEL: Final = f"{OVERGANG}/CodeSystem/label"  # labels that HL7 has no code for
FUNCTION: Final = f"{OVERGANG}/CodeSystem/function"  # values of consent.Function
REGIME_SYSTEM: Final = f"{OVERGANG}/CodeSystem/regime"  # values of consent.Regime
ACTION: Final = f"{OVERGANG}/CodeSystem/action"  # values of consent.Action
DOOR_REASON: Final = f"{OVERGANG}/CodeSystem/door-reason"  # values of consent.DoorReason
REVIEW: Final = f"{OVERGANG}/CodeSystem/review"  # kinds of review, and the parts of one
DECLARATION_KEY: Final = f"{OVERGANG}/sid/declaration"
DECLARATION_SYSTEM: Final = f"{OVERGANG}/CodeSystem/declaration"
SECTION_SYSTEM: Final = f"{OVERGANG}/CodeSystem/section"  # summary sections without a LOINC code
CODES: Final = f"{OVERGANG}/CodeSystem/clinical"  # status-note, habitual-value, discharge-plan …
PERSON_KEY: Final = f"{OVERGANG}/sid/person"  # the directory's key of a member of staff
SECTOR: Final = f"{OVERGANG}/sid/sector"  # values of consent.Sector: the group of all who work in one
CAPACITY: Final = f"{OVERGANG}/CodeSystem/capacity"  # values of consent.JudgementKind
REPRESENTATION: Final = f"{OVERGANG}/CodeSystem/representation"  # values of consent.RepresentationKind
CASE_KEY: Final = f"{OVERGANG}/sid/case"
PAGE_TOKEN: Final = f"{OVERGANG}/sid/page"

HABITUAL_VALUE_PROFILE: Final = f"{OVERGANG}/StructureDefinition/habitual-value"
STATUS_NOTE_PROFILE: Final = f"{OVERGANG}/StructureDefinition/status-note"
FUNCTIONAL_LEVEL_PROFILE: Final = f"{OVERGANG}/StructureDefinition/functional-level"
DISCHARGE_PLAN_PROFILE: Final = f"{OVERGANG}/StructureDefinition/discharge-plan"
DISCHARGE_LETTER_PROFILE: Final = f"{OVERGANG}/StructureDefinition/discharge-letter"
APPOINTMENT_PROFILE: Final = f"{OVERGANG}/StructureDefinition/appointment"
ADMISSION_CONTEXT_PROFILE: Final = f"{OVERGANG}/StructureDefinition/admission-context"
DISCHARGE_CONTEXT_PROFILE: Final = f"{OVERGANG}/StructureDefinition/discharge-context"
BLOCK_PROFILE: Final = f"{OVERGANG}/StructureDefinition/block"

NEAREST_RELATIVE_EXTENSION: Final = f"{OVERGANG}/StructureDefinition/nearest-relative"  # on a judgement of capacity
STATUS_NOTE_EXPIRY_EXTENSION: Final = f"{OVERGANG}/StructureDefinition/status-note-expiry"
LAST_DOSE_EXTENSION: Final = f"{OVERGANG}/StructureDefinition/last-dose"
ADMINISTERED_BY_EXTENSION: Final = f"{OVERGANG}/StructureDefinition/administered-by"
INFORMED_EXTENSION: Final = f"{OVERGANG}/StructureDefinition/relative-informed"
SUBUNITS_EXTENSION: Final = f"{OVERGANG}/StructureDefinition/with-subunits"  # on Consent.provision.actor and .data
FUNCTION_EXTENSION: Final = f"{OVERGANG}/StructureDefinition/actor-function"
REGIME_EXTENSION: Final = f"{OVERGANG}/StructureDefinition/regime"
DAY_AND_NIGHT_PHONE_EXTENSION: Final = f"{OVERGANG}/StructureDefinition/day-and-night-phone"
RESPONSIBILITY_EXTENSION: Final = f"{OVERGANG}/StructureDefinition/responsibility-until"  # behandlingsansvar, 72 hours
VIEW_EXTENSION: Final = f"{OVERGANG}/StructureDefinition/view"
INTERPRETER_EXTENSION: Final = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
TRANSLATION_EXTENSION: Final = "http://hl7.org/fhir/StructureDefinition/translation"

DEFAULT_POLICY: Final = f"{OVERGANG}/policy/danish-health-care"

ALIASES: Final[dict[str, str]] = {
    "https://www.gs1.org/gln": GLN,
    "urn:oid:1.3.88": GLN,
    "urn:oid:2.16.840.1.113883.2.24.1.1": CVR,
    "https://www.esundhed.dk/Registre/Landspatientsregisteret": EPISODE,
    "urn:oid:1.2.208.176.2.1": NPU,
    "http://snomed.info/sct/554471000005108": SNOMED,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "urn:oid:2.16.840.1.113883.6.1": LOINC,
    "urn:oid:2.16.840.1.113883.6.73": ATC,
    "urn:oid:2.16.840.1.113883.6.8": UCUM,
    "urn:oid:2.16.840.1.113883.6.3": ICD10,
    "urn:oid:2.16.840.1.113883.5.25": CONFIDENTIALITY,
    "urn:oid:2.16.840.1.113883.5.4": ACT_CODE,
    "urn:oid:1.2.208.176.1.3": AUTHORISATION,
}
"""Other names of systems -> the name that we write; lookups go through `canonical`."""


def canonical(system: str) -> str:
    """Return the one name of `system`; an unknown system is its own name."""
    return ALIASES.get(system, system)
