"""The rules between elements that FHIR R4 states (its constraints), as plain functions, by type.

A function takes the object and the resource that it stands in, and returns where the rule is broken: FHIRPath steps
below the object (`""` for the object itself), nothing when it holds. Objects may be malformed in any way; the walker
reports that, the rules here look past it. Words and severities come from the compiled definitions; `ELSEWHERE` names
the constraints that the walker checks itself (a test holds both against the definitions).

Source: the constraints of the StructureDefinitions, https://hl7.org/fhir/R4/.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

JSON = dict[str, Any]
Broken = tuple[str, ...]
Check = Callable[[JSON, JSON], Broken]

HOLDS: Final[Broken] = ()
HERE: Final[Broken] = ("",)


@dataclass(frozen=True, slots=True)
class Rule:
    """One constraint: its key in the definitions and the function that looks for breaches."""

    key: str
    check: Check


# Looking into objects that may be malformed.


def _objects(value: JSON, name: str) -> Iterator[tuple[int, JSON]]:
    items = value.get(name)
    if type(items) is list:
        for index, item in enumerate(items):
            if type(item) is dict:
                yield index, item


def _object(value: JSON, name: str) -> JSON:
    item = value.get(name)
    return item if type(item) is dict else {}


def _has(value: JSON, *names: str) -> bool:
    """Tell whether one of the elements is there, if only as an extension in place of a primitive value."""
    return any(name in value or "_" + name in value for name in names)


def _has_choice(value: JSON, name: str) -> bool:
    return any(
        key.startswith(name) and key[len(name) : len(name) + 1].isupper()
        for key in (k.removeprefix("_") for k in value)
    )


def _codings(value: JSON, name: str) -> Iterator[tuple[Any, Any]]:
    for _, coding in _objects(_object(value, name), "coding"):
        yield coding.get("system"), coding.get("code")


def _is_coded(value: JSON, name: str, system: str, codes: frozenset[str]) -> bool:
    return any(s == system and type(code) is str and code in codes for s, code in _codings(value, name))


def _number(value: Any) -> Decimal | None:
    if type(value) is int:
        return Decimal(value)
    return value if type(value) is Decimal and value.is_finite() else None


_DAY: Final = len("2023-01-01")


def _span(value: Any) -> tuple[datetime, datetime] | None:
    """Return the first moment of a date or dateTime and the first moment after it; `None` if it is neither."""
    if type(value) is not str:
        return None
    try:
        if len(value) > _DAY:
            second = timedelta(seconds=1) if value[17:19] == "60" else timedelta()
            moment = datetime.fromisoformat(value[:17] + "59" + value[19:] if second else value) + second
            return (moment, moment) if moment.tzinfo else None
        year, month, day = ([int(part) for part in value.split("-")] + [0, 0])[:3]
        start = datetime(year, month or 1, day or 1, tzinfo=UTC)
        if day:
            return start, start + timedelta(days=1)
        return start, datetime(year + (month in {0, 12}), month % 12 + 1 if month else 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _is_after(first: Any, second: Any) -> bool:
    """Tell whether `first` certainly lies after `second`.

    With a mere date on one side only, a day of slack covers the time zones.
    """
    one, other = _span(first), _span(second)
    if one is None or other is None:
        return False
    comparable = (len(first) > _DAY) == (len(second) > _DAY)
    slack = timedelta() if comparable else timedelta(days=1)
    try:
        return one[0] - slack > other[0] and one[0] - slack >= other[1]
    except OverflowError:
        return False


# Datatypes.


def _qty_3(value: JSON, _: JSON) -> Broken:
    return HERE if "code" in value and not _has(value, "system") else HOLDS


def _cpt_2(value: JSON, _: JSON) -> Broken:
    return HERE if _has(value, "value") and not _has(value, "system") else HOLDS


def _ext_1(value: JSON, _: JSON) -> Broken:
    has_value = any(key.startswith(("value", "_value")) for key in value)
    return HERE if has_value == ("extension" in value) else HOLDS


def _att_1(value: JSON, _: JSON) -> Broken:
    return HERE if "data" in value and not _has(value, "contentType") else HOLDS


def _per_1(value: JSON, _: JSON) -> Broken:
    return HERE if "start" in value and "end" in value and _is_after(value["start"], value["end"]) else HOLDS


def _rng_2(value: JSON, _: JSON) -> Broken:
    low, high = _number(_object(value, "low").get("value")), _number(_object(value, "high").get("value"))
    same = _object(value, "low").get("code") == _object(value, "high").get("code")
    return HERE if same and low is not None and high is not None and low > high else HOLDS


def _rat_1(value: JSON, _: JSON) -> Broken:
    numerator, denominator = "numerator" in value, "denominator" in value
    return HERE if numerator != denominator or not (numerator or "extension" in value) else HOLDS


_UCUM: Final = "http://unitsofmeasure.org"


def _is_ucum(value: JSON) -> bool:
    return "system" not in value or value["system"] == _UCUM


def _age_1(value: JSON, _: JSON) -> Broken:
    number = _number(value.get("value"))
    good = ("code" in value or "value" not in value) and _is_ucum(value) and (number is None or number > 0)
    return HOLDS if good else HERE


def _cnt_3(value: JSON, _: JSON) -> Broken:
    number = value.get("value")
    whole = type(number) is not Decimal or "." not in str(number)
    good = ("code" in value or "value" not in value) and _is_ucum(value) and value.get("code", "1") == "1" and whole
    return HOLDS if good else HERE


def _dis_1(value: JSON, _: JSON) -> Broken:
    return HOLDS if ("code" in value or "value" not in value) and _is_ucum(value) else HERE


def _drt_1(value: JSON, _: JSON) -> Broken:
    return HERE if "code" in value and not (value.get("system") == _UCUM and _has(value, "value")) else HOLDS


def _mqty_1(value: JSON, _: JSON) -> Broken:
    good = ("code" in value or "value" not in value) and value.get(
        "system", "urn:iso:std:iso:4217"
    ) == "urn:iso:std:iso:4217"
    return HOLDS if good else HERE


def _exp_1(value: JSON, _: JSON) -> Broken:
    return HOLDS if _has(value, "expression", "reference") else HERE


def _one_of(*names: str) -> Check:
    """Make a rule: at least one of the elements is there."""

    def check(value: JSON, _: JSON) -> Broken:
        return HOLDS if _has(value, *names) or any(_has_choice(value, name) for name in names) else HERE

    return check


def _not_both(first: str, second: str) -> Check:
    """Make a rule: the two elements never stand together."""

    def check(value: JSON, _: JSON) -> Broken:
        return HERE if _has(value, first) and _has(value, second) else HOLDS

    return check


def _needs(first: str, second: str) -> Check:
    """Make a rule: where the first element is, the second is too."""

    def check(value: JSON, _: JSON) -> Broken:
        return HERE if _has(value, first) and not _has(value, second) else HOLDS

    return check


def _not_negative(name: str) -> Check:
    def check(value: JSON, _: JSON) -> Broken:
        number = _number(value.get(name))
        return HERE if number is not None and number < 0 else HOLDS

    return check


def _tim_9(value: JSON, _: JSON) -> Broken:
    when = value.get("when")
    if "offset" not in value:
        return HOLDS
    codes = when if type(when) is list else []
    return HERE if not codes or any(code in ("C", "CM", "CD", "CV") for code in codes) else HOLDS


def _trd_3(value: JSON, _: JSON) -> Broken:
    kind = value.get("type")
    if type(kind) is not str:
        return HOLDS
    named = kind != "named-event" or _has(value, "name")
    timed = kind != "periodic" or _has_choice(value, "timing")
    return HOLDS if named and timed and (not kind.startswith("data-") or "data" in value) else HERE


def _trd_1(value: JSON, _: JSON) -> Broken:
    return HERE if "data" in value and _has_choice(value, "timing") else HOLDS


# Resources.

_AIT_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
_CON_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_CON_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_ERROR: Final = frozenset({"entered-in-error"})
_ABATED: Final = frozenset({"resolved", "remission", "inactive"})


def _ait_1(value: JSON, _: JSON) -> Broken:
    return (
        HOLDS
        if "clinicalStatus" in value or _is_coded(value, "verificationStatus", _AIT_VERIFICATION, _ERROR)
        else HERE
    )


def _ait_2(value: JSON, _: JSON) -> Broken:
    return (
        HERE
        if "clinicalStatus" in value and _is_coded(value, "verificationStatus", _AIT_VERIFICATION, _ERROR)
        else HOLDS
    )


def _con_3(value: JSON, _: JSON) -> Broken:
    if "clinicalStatus" in value or _is_coded(value, "verificationStatus", _CON_VERIFICATION, _ERROR):
        return HOLDS
    listed = any(
        coding.get("code") == "problem-list-item"
        for _, category in _objects(value, "category")
        for _, coding in _objects(category, "coding")
    )
    return HERE if listed else HOLDS


def _con_4(value: JSON, _: JSON) -> Broken:
    return (
        HERE
        if _has_choice(value, "abatement") and not _is_coded(value, "clinicalStatus", _CON_CLINICAL, _ABATED)
        else HOLDS
    )


def _con_5(value: JSON, _: JSON) -> Broken:
    return (
        HERE
        if "clinicalStatus" in value and _is_coded(value, "verificationStatus", _CON_VERIFICATION, _ERROR)
        else HOLDS
    )


def _app_2(value: JSON, _: JSON) -> Broken:
    return HERE if _has(value, "start") != _has(value, "end") else HOLDS


def _app_3(value: JSON, _: JSON) -> Broken:
    return (
        HOLDS
        if (_has(value, "start") and _has(value, "end")) or value.get("status") in ("proposed", "cancelled", "waitlist")
        else HERE
    )


def _app_4(value: JSON, _: JSON) -> Broken:
    # The published expression says `no-show`, which is no code of the value set; R4B corrected it to `noshow`.
    return HERE if "cancelationReason" in value and value.get("status") not in ("cancelled", "noshow") else HOLDS


def _has_codes(coding: JSON) -> set[tuple[Any, Any]]:
    pairs = ((c.get("system"), c.get("code")) for _, c in _objects(coding, "coding"))
    return {(s, c) for s, c in pairs if type(c) is str and (s is None or type(s) is str)}


def _obs_6(value: JSON, _: JSON) -> Broken:
    return HERE if "dataAbsentReason" in value and _has_choice(value, "value") else HOLDS


def _obs_7(value: JSON, _: JSON) -> Broken:
    if "component" not in value or not _has_choice(value, "value"):
        return HOLDS
    own = _has_codes(_object(value, "code"))
    return (
        HERE
        if any(own & _has_codes(_object(component, "code")) for _, component in _objects(value, "component"))
        else HOLDS
    )


def _never_home(name: str) -> Check:
    def check(value: JSON, _: JSON) -> Broken:
        return tuple(f".{name}[{index}]" for index, item in _objects(value, name) if item.get("use") == "home")

    return check


def _ctm_1(value: JSON, _: JSON) -> Broken:
    reference = _object(value, "member").get("reference")
    if "onBehalfOf" not in value or type(reference) is not str or "/" not in reference:
        return HOLDS
    type_ = reference.split("/_history/", maxsplit=1)[0].split("/")[-2]
    return HERE if type_.isalpha() and type_[:1].isupper() and type_ != "Practitioner" else HOLDS


_PROVISION_SCOPES: Final = {"ppc-2": "patient-privacy", "ppc-3": "research", "ppc-4": "adr", "ppc-5": "treatment"}


def _scope_needs_patient(scope: str) -> Check:
    # The published expression compares the system with 'something', an editing accident; R4B names the code system.
    def check(value: JSON, _: JSON) -> Broken:
        return HERE if "patient" not in value and any(code == scope for _, code in _codings(value, "scope")) else HOLDS

    return check


def _grp_1(value: JSON, _: JSON) -> Broken:
    return HERE if "member" in value and value.get("actual") is not True else HOLDS


def _gol_1(value: JSON, _: JSON) -> Broken:
    return HERE if _has_choice(value, "detail") and "measure" not in value else HOLDS


def _lst_2(value: JSON, _: JSON) -> Broken:
    return (
        HOLDS
        if value.get("mode") == "changes"
        else tuple(f".entry[{i}]" for i, entry in _objects(value, "entry") if "deleted" in entry)
    )


def _lst_3(value: JSON, _: JSON) -> Broken:
    return (
        HOLDS
        if value.get("mode") == "working"
        else tuple(f".entry[{i}]" for i, entry in _objects(value, "entry") if "date" in entry)
    )


def _mdd_1(value: JSON, _: JSON) -> Broken:
    return HERE if _is_after(value.get("whenPrepared"), value.get("whenHandedOver")) else HOLDS


def _inv_1(value: JSON, _: JSON) -> Broken:
    held = ("part" in value) + ("resource" in value) + _has_choice(value, "value")
    return HOLDS if held == 1 else HERE


# Bundles.


def _bundle_entries(value: JSON) -> Iterator[tuple[int, JSON]]:
    return _objects(value, "entry")


def _bdl_1(value: JSON, _: JSON) -> Broken:
    return HERE if "total" in value and value.get("type") not in ("searchset", "history") else HOLDS


def _bdl_2(value: JSON, _: JSON) -> Broken:
    return (
        HOLDS
        if value.get("type") == "searchset"
        else tuple(f".entry[{i}].search" for i, entry in _bundle_entries(value) if "search" in entry)
    )


def _exactly_when(name: str, kinds: frozenset[str]) -> Check:
    """Make a rule: every entry has the element exactly when the Bundle is of one of these types."""

    def check(value: JSON, _: JSON) -> Broken:
        kind = value.get("type")
        if type(kind) is not str:
            return HOLDS
        wanted = kind in kinds
        return tuple(f".entry[{i}].{name}" for i, entry in _bundle_entries(value) if (name in entry) != wanted)

    return check


def _bdl_7(value: JSON, _: JSON) -> Broken:
    if value.get("type") == "history":
        return HOLDS
    seen: set[tuple[str, Any]] = set()
    broken = []
    for index, entry in _bundle_entries(value):
        url = entry.get("fullUrl")
        if type(url) is not str:
            continue
        version = _object(_object(entry, "resource"), "meta").get("versionId")
        key = (url, version if type(version) is str else None)
        if key in seen:
            broken.append(f".entry[{index}].fullUrl")
        seen.add(key)
    return tuple(broken)


def _bdl_8(value: JSON, _: JSON) -> Broken:
    url = value.get("fullUrl")
    return (".fullUrl",) if type(url) is str and "/_history/" in url else HOLDS


def _bdl_9(value: JSON, _: JSON) -> Broken:
    identifier = _object(value, "identifier")
    return (
        HERE
        if value.get("type") == "document" and not (_has(identifier, "system") and _has(identifier, "value"))
        else HOLDS
    )


def _bdl_10(value: JSON, _: JSON) -> Broken:
    return HERE if value.get("type") == "document" and "timestamp" not in value else HOLDS


def _first_is(kind: str, type_: str) -> Check:
    def check(value: JSON, _: JSON) -> Broken:
        if value.get("type") != kind:
            return HOLDS
        first = next(_bundle_entries(value), (0, {}))
        return HOLDS if first[0] == 0 and _object(first[1], "resource").get("resourceType") == type_ else HERE

    return check


def _ras_1(value: JSON, _: JSON) -> Broken:
    ends = [_object(_object(value, "probabilityRange"), end) for end in ("low", "high")]
    return HOLDS if all(not end or (end.get("code") == "%" and end.get("system") == _UCUM) for end in ends) else HERE


def _ras_2(value: JSON, _: JSON) -> Broken:
    number = _number(value.get("probabilityDecimal"))
    return HERE if number is not None and number > Decimal(100) else HOLDS


def _either(first: str, second: str) -> Check:
    """Make a rule: exactly one of the two elements is there."""

    def check(value: JSON, _: JSON) -> Broken:
        return HERE if _has(value, first) == _has(value, second) else HOLDS

    return check


def _never_two_choices(first: str, second: str) -> Check:
    def check(value: JSON, _: JSON) -> Broken:
        return HERE if _has_choice(value, first) and _has_choice(value, second) else HOLDS

    return check


def _fhs_2(value: JSON, _: JSON) -> Broken:
    return HERE if _has(value, "estimatedAge") and not _has_choice(value, "age") else HOLDS


_REQUESTS: Final = frozenset({"batch", "transaction", "history"})
_RESPONSES: Final = frozenset({"batch-response", "transaction-response", "history"})

RULES: Final[dict[str, tuple[Rule, ...]]] = {
    "Quantity": (Rule("qty-3", _qty_3),),
    "SimpleQuantity": (Rule("qty-3", _qty_3),),
    "MoneyQuantity": (Rule("qty-3", _qty_3), Rule("mqty-1", _mqty_1)),
    "Age": (Rule("qty-3", _qty_3), Rule("age-1", _age_1)),
    "Count": (Rule("qty-3", _qty_3), Rule("cnt-3", _cnt_3)),
    "Distance": (Rule("qty-3", _qty_3), Rule("dis-1", _dis_1)),
    "Duration": (Rule("qty-3", _qty_3), Rule("drt-1", _drt_1)),
    "Extension": (Rule("ext-1", _ext_1),),
    "ContactPoint": (Rule("cpt-2", _cpt_2),),
    "Attachment": (Rule("att-1", _att_1),),
    "Period": (Rule("per-1", _per_1),),
    "Range": (Rule("rng-2", _rng_2),),
    "Ratio": (Rule("rat-1", _rat_1),),
    "Expression": (Rule("exp-1", _exp_1),),
    "Timing.repeat": (
        Rule("tim-1", _needs("duration", "durationUnit")),
        Rule("tim-2", _needs("period", "periodUnit")),
        Rule("tim-4", _not_negative("duration")),
        Rule("tim-5", _not_negative("period")),
        Rule("tim-6", _needs("periodMax", "period")),
        Rule("tim-7", _needs("durationMax", "duration")),
        Rule("tim-8", _needs("countMax", "count")),
        Rule("tim-9", _tim_9),
        Rule("tim-10", _not_both("timeOfDay", "when")),
    ),
    "TriggerDefinition": (Rule("trd-1", _trd_1), Rule("trd-2", _needs("condition", "data")), Rule("trd-3", _trd_3)),
    "AllergyIntolerance": (Rule("ait-1", _ait_1), Rule("ait-2", _ait_2)),
    "Appointment": (Rule("app-2", _app_2), Rule("app-3", _app_3), Rule("app-4", _app_4)),
    "Appointment.participant": (Rule("app-1", _one_of("type", "actor")),),
    "AppointmentResponse": (Rule("apr-1", _one_of("participantType", "actor")),),
    "AuditEvent.entity": (Rule("sev-1", _not_both("name", "query")),),
    "Bundle": (
        Rule("bdl-1", _bdl_1),
        Rule("bdl-2", _bdl_2),
        Rule("bdl-3", _exactly_when("request", _REQUESTS)),
        Rule("bdl-4", _exactly_when("response", _RESPONSES)),
        Rule("bdl-7", _bdl_7),
        Rule("bdl-9", _bdl_9),
        Rule("bdl-10", _bdl_10),
        Rule("bdl-11", _first_is("document", "Composition")),
        Rule("bdl-12", _first_is("message", "MessageHeader")),
    ),
    "Bundle.entry": (Rule("bdl-5", _one_of("resource", "request", "response")), Rule("bdl-8", _bdl_8)),
    "CarePlan.activity": (Rule("cpl-3", _not_both("detail", "reference")),),
    "CareTeam.participant": (Rule("ctm-1", _ctm_1),),
    "Composition.section": (
        Rule("cmp-1", _one_of("text", "entry", "section")),
        Rule("cmp-2", _not_both("emptyReason", "entry")),
    ),
    "Condition": (Rule("con-3", _con_3), Rule("con-4", _con_4), Rule("con-5", _con_5)),
    "Condition.stage": (Rule("con-1", _one_of("summary", "assessment")),),
    "Condition.evidence": (Rule("con-2", _one_of("code", "detail")),),
    "Consent": (
        Rule("ppc-1", _one_of("policy", "policyRule")),
        *(Rule(k, _scope_needs_patient(s)) for k, s in _PROVISION_SCOPES.items()),
    ),
    "DataRequirement.codeFilter": (Rule("drq-1", _either("path", "searchParam")),),
    "DataRequirement.dateFilter": (Rule("drq-2", _either("path", "searchParam")),),
    "FamilyMemberHistory": (Rule("fhs-1", _never_two_choices("age", "born")), Rule("fhs-2", _fhs_2)),
    "Goal.target": (Rule("gol-1", _gol_1),),
    "Group": (Rule("grp-1", _grp_1),),
    "Immunization.education": (Rule("imm-1", _one_of("documentType", "reference")),),
    "ImmunizationRecommendation.recommendation": (Rule("imr-1", _one_of("vaccineCode", "targetDisease")),),
    "List": (Rule("lst-1", _not_both("emptyReason", "entry")), Rule("lst-2", _lst_2), Rule("lst-3", _lst_3)),
    "MedicationAdministration.dosage": (Rule("mad-1", _one_of("dose", "rate")),),
    "MedicationDispense": (Rule("mdd-1", _mdd_1),),
    "NutritionOrder": (Rule("nor-1", _one_of("oralDiet", "supplement", "enteralFormula")),),
    "Observation": (Rule("obs-6", _obs_6), Rule("obs-7", _obs_7)),
    "Observation.referenceRange": (Rule("obs-3", _one_of("low", "high", "text")),),
    "Organization": (
        Rule("org-1", _one_of("identifier", "name")),
        Rule("org-2", _never_home("address")),
        Rule("org-3", _never_home("telecom")),
    ),
    "Parameters.parameter": (Rule("inv-1", _inv_1),),
    "Patient.contact": (Rule("pat-1", _one_of("name", "telecom", "address", "organization")),),
    "QuestionnaireResponse.item": (Rule("qrs-1", _not_both("answer", "item")),),
    "RequestGroup.action": (Rule("rqg-1", _either("resource", "action")),),
    "RiskAssessment.prediction": (Rule("ras-1", _ras_1), Rule("ras-2", _ras_2)),
    "ServiceRequest": (Rule("prr-1", _needs("orderDetail", "code")),),
}

# Checked by the walker itself, or by the shape of the tables.
ELSEWHERE: Final = frozenset(
    {"ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "ref-1", "txt-1", "txt-2", "sqty-1"}
)
