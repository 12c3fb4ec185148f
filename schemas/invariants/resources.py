"""The rules of resources other than Bundles."""

from decimal import Decimal
from typing import Any, Final

from schemas.invariants.datatypes import UCUM
from schemas.invariants.looking import codings, has, has_choice, is_after, is_coded, number_of, object_of, objects
from schemas.invariants.rule import HERE, HOLDS, Broken, Check, Rule, either, needs, not_both, one_of

JSON = dict[str, Any]

_AIT_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
_CON_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_CON_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_ERROR: Final = frozenset({"entered-in-error"})
_ABATED: Final = frozenset({"resolved", "remission", "inactive"})
_PROVISION_SCOPES: Final = {"ppc-2": "patient-privacy", "ppc-3": "research", "ppc-4": "adr", "ppc-5": "treatment"}


def _ait_1(value: JSON) -> Broken:
    return (
        HOLDS if "clinicalStatus" in value or is_coded(value, "verificationStatus", _AIT_VERIFICATION, _ERROR) else HERE
    )


def _ait_2(value: JSON) -> Broken:
    return (
        HERE
        if "clinicalStatus" in value and is_coded(value, "verificationStatus", _AIT_VERIFICATION, _ERROR)
        else HOLDS
    )


def _con_3(value: JSON) -> Broken:
    if "clinicalStatus" in value or is_coded(value, "verificationStatus", _CON_VERIFICATION, _ERROR):
        return HOLDS
    listed = any(
        coding.get("code") == "problem-list-item"
        for _, category in objects(value, "category")
        for _, coding in objects(category, "coding")
    )
    return HERE if listed else HOLDS


def _con_4(value: JSON) -> Broken:
    return (
        HERE
        if has_choice(value, "abatement") and not is_coded(value, "clinicalStatus", _CON_CLINICAL, _ABATED)
        else HOLDS
    )


def _con_5(value: JSON) -> Broken:
    return (
        HERE
        if "clinicalStatus" in value and is_coded(value, "verificationStatus", _CON_VERIFICATION, _ERROR)
        else HOLDS
    )


def _app_2(value: JSON) -> Broken:
    return HERE if has(value, "start") != has(value, "end") else HOLDS


def _app_3(value: JSON) -> Broken:
    return (
        HOLDS
        if (has(value, "start") and has(value, "end")) or value.get("status") in ("proposed", "cancelled", "waitlist")
        else HERE
    )


def _app_4(value: JSON) -> Broken:
    # The published expression says `no-show`, which is no code of the value set; R4B corrected it to `noshow`.
    return HERE if "cancelationReason" in value and value.get("status") not in ("cancelled", "noshow") else HOLDS


def _has_codes(coding: JSON) -> set[tuple[Any, Any]]:
    pairs = ((c.get("system"), c.get("code")) for _, c in objects(coding, "coding"))
    return {(s, c) for s, c in pairs if type(c) is str and (s is None or type(s) is str)}


def _obs_6(value: JSON) -> Broken:
    return HERE if "dataAbsentReason" in value and has_choice(value, "value") else HOLDS


def _obs_7(value: JSON) -> Broken:
    if "component" not in value or not has_choice(value, "value"):
        return HOLDS
    own = _has_codes(object_of(value, "code"))
    return (
        HERE
        if any(own & _has_codes(object_of(component, "code")) for _, component in objects(value, "component"))
        else HOLDS
    )


def _never_home(name: str) -> Check:
    def check(value: JSON) -> Broken:
        return tuple(f".{name}[{index}]" for index, item in objects(value, name) if item.get("use") == "home")

    return check


def _ctm_1(value: JSON) -> Broken:
    reference = object_of(value, "member").get("reference")
    if "onBehalfOf" not in value or type(reference) is not str or "/" not in reference:
        return HOLDS
    type_ = reference.split("/_history/", maxsplit=1)[0].split("/")[-2]
    return HERE if type_.isalpha() and type_[:1].isupper() and type_ != "Practitioner" else HOLDS


def _scope_needs_patient(scope: str) -> Check:
    # The published expression compares the system with 'something', an editing accident; R4B names the code system.
    def check(value: JSON) -> Broken:
        return HERE if "patient" not in value and any(code == scope for _, code in codings(value, "scope")) else HOLDS

    return check


def _grp_1(value: JSON) -> Broken:
    return HERE if "member" in value and value.get("actual") is not True else HOLDS


def _gol_1(value: JSON) -> Broken:
    return HERE if has_choice(value, "detail") and "measure" not in value else HOLDS


def _lst_2(value: JSON) -> Broken:
    return (
        HOLDS
        if value.get("mode") == "changes"
        else tuple(f".entry[{i}]" for i, entry in objects(value, "entry") if "deleted" in entry)
    )


def _lst_3(value: JSON) -> Broken:
    return (
        HOLDS
        if value.get("mode") == "working"
        else tuple(f".entry[{i}]" for i, entry in objects(value, "entry") if "date" in entry)
    )


def _mdd_1(value: JSON) -> Broken:
    return HERE if is_after(value.get("whenPrepared"), value.get("whenHandedOver")) else HOLDS


def _inv_1(value: JSON) -> Broken:
    held = ("part" in value) + ("resource" in value) + has_choice(value, "value")
    return HOLDS if held == 1 else HERE


def _ras_1(value: JSON) -> Broken:
    ends = [object_of(object_of(value, "probabilityRange"), end) for end in ("low", "high")]
    return HOLDS if all(not end or (end.get("code") == "%" and end.get("system") == UCUM) for end in ends) else HERE


def _ras_2(value: JSON) -> Broken:
    number = number_of(value.get("probabilityDecimal"))
    return HERE if number is not None and number > Decimal(100) else HOLDS


def _never_two_choices(first: str, second: str) -> Check:
    def check(value: JSON) -> Broken:
        return HERE if has_choice(value, first) and has_choice(value, second) else HOLDS

    return check


def _fhs_2(value: JSON) -> Broken:
    return HERE if has(value, "estimatedAge") and not has_choice(value, "age") else HOLDS


RESOURCES: Final[dict[str, tuple[Rule, ...]]] = {
    "AllergyIntolerance": (Rule("ait-1", _ait_1), Rule("ait-2", _ait_2)),
    "Appointment": (Rule("app-2", _app_2), Rule("app-3", _app_3), Rule("app-4", _app_4)),
    "Appointment.participant": (Rule("app-1", one_of("type", "actor")),),
    "AppointmentResponse": (Rule("apr-1", one_of("participantType", "actor")),),
    "AuditEvent.entity": (Rule("sev-1", not_both("name", "query")),),
    "CarePlan.activity": (Rule("cpl-3", not_both("detail", "reference")),),
    "CareTeam.participant": (Rule("ctm-1", _ctm_1),),
    "Composition.section": (
        Rule("cmp-1", one_of("text", "entry", "section")),
        Rule("cmp-2", not_both("emptyReason", "entry")),
    ),
    "Condition": (Rule("con-3", _con_3), Rule("con-4", _con_4), Rule("con-5", _con_5)),
    "Condition.stage": (Rule("con-1", one_of("summary", "assessment")),),
    "Condition.evidence": (Rule("con-2", one_of("code", "detail")),),
    "Consent": (
        Rule("ppc-1", one_of("policy", "policyRule")),
        *(Rule(k, _scope_needs_patient(s)) for k, s in _PROVISION_SCOPES.items()),
    ),
    "FamilyMemberHistory": (Rule("fhs-1", _never_two_choices("age", "born")), Rule("fhs-2", _fhs_2)),
    "Goal.target": (Rule("gol-1", _gol_1),),
    "Group": (Rule("grp-1", _grp_1),),
    "Immunization.education": (Rule("imm-1", one_of("documentType", "reference")),),
    "ImmunizationRecommendation.recommendation": (Rule("imr-1", one_of("vaccineCode", "targetDisease")),),
    "List": (Rule("lst-1", not_both("emptyReason", "entry")), Rule("lst-2", _lst_2), Rule("lst-3", _lst_3)),
    "MedicationAdministration.dosage": (Rule("mad-1", one_of("dose", "rate")),),
    "MedicationDispense": (Rule("mdd-1", _mdd_1),),
    "NutritionOrder": (Rule("nor-1", one_of("oralDiet", "supplement", "enteralFormula")),),
    "Observation": (Rule("obs-6", _obs_6), Rule("obs-7", _obs_7)),
    "Observation.referenceRange": (Rule("obs-3", one_of("low", "high", "text")),),
    "Organization": (
        Rule("org-1", one_of("identifier", "name")),
        Rule("org-2", _never_home("address")),
        Rule("org-3", _never_home("telecom")),
    ),
    "Parameters.parameter": (Rule("inv-1", _inv_1),),
    "Patient.contact": (Rule("pat-1", one_of("name", "telecom", "address", "organization")),),
    "QuestionnaireResponse.item": (Rule("qrs-1", not_both("answer", "item")),),
    "RequestGroup.action": (Rule("rqg-1", either("resource", "action")),),
    "RiskAssessment.prediction": (Rule("ras-1", _ras_1), Rule("ras-2", _ras_2)),
    "ServiceRequest": (Rule("prr-1", needs("orderDetail", "code")),),
}
