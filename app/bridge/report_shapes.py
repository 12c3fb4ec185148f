"""What each kind of resource in a KL DeliveryReport must and may not have: one table.

Restated from the profiles of the KL gateway (klgateway-care-*, 1.2.0): a report is coded, without free text and names.
"""

from dataclasses import dataclass

from app.bridge.element import JSON, codings, text
from schemas.terminology.fsiii import Family, family_of, is_unknown
from schemas.terminology.systems import FSIII, SNOMED, canonical

FOLLOW_UP = "712744002"
"""SNOMED CT code of the follow-up observation (Danish: opfølgning)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One profile: the resource type, the elements that must be there, those that may not."""

    type: str
    required: tuple[str, ...]
    forbidden: tuple[str, ...]


def _words(text_: str) -> tuple[str, ...]:
    return tuple(text_.split())


_OBSERVATION = _words(
    "identifier basedOn partOf category encounter effectivePeriod effectiveTiming effectiveInstant issued performer "
    "valueQuantity valueString valueBoolean valueInteger valueRange valueRatio valueSampledData valueTime "
    "valueDateTime valuePeriod dataAbsentReason interpretation note bodySite method specimen device referenceRange "
    "hasMember derivedFrom component"
)

SHAPES: dict[str, Shape] = {
    "citizen": Shape(
        "Patient",
        _words("identifier managingOrganization"),
        _words(
            "name telecom gender birthDate deceasedDateTime address maritalStatus multipleBirthBoolean "
            "multipleBirthInteger photo contact communication generalPractitioner link"
        ),
    ),
    "condition": Shape(
        "Condition",
        _words("clinicalStatus code subject recordedDate"),
        _words(
            "identifier bodySite encounter onsetDateTime onsetAge onsetPeriod onsetRange onsetString abatementDateTime "
            "abatementAge abatementPeriod abatementRange abatementString recorder asserter stage evidence note"
        ),
    ),
    "goal": Shape(
        "Goal",
        _words("lifecycleStatus category description subject startDate target addresses"),
        _words(
            "identifier achievementStatus priority startCodeableConcept statusDate statusReason expressedBy note "
            "outcomeCode outcomeReference"
        ),
    ),
    "planned-intervention": Shape(
        "CarePlan",
        _words("status intent subject period activity"),
        _words(
            "identifier instantiatesCanonical instantiatesUri basedOn replaces partOf category title description "
            "encounter created author contributor careTeam addresses supportingInfo goal note"
        ),
    ),
    "completed-intervention": Shape(
        "Procedure",
        _words("status code subject performedDateTime"),
        _words(
            "identifier instantiatesCanonical instantiatesUri basedOn partOf statusReason category performedPeriod "
            "performedString performedAge performedRange recorder asserter performer location reasonCode bodySite "
            "outcome report complication complicationDetail followUp note focalDevice usedReference usedCode"
        ),
    ),
    "encounter": Shape(
        "Encounter",
        _words("status class subject period"),
        _words(
            "identifier statusHistory classHistory serviceType priority episodeOfCare basedOn participant appointment "
            "length reasonCode reasonReference diagnosis account hospitalization location serviceProvider partOf"
        ),
    ),
    "citizens-own-observation": Shape(
        "Observation", _words("status code subject focus effectiveDateTime valueCodeableConcept"), _OBSERVATION
    ),
    "follow-up-observation": Shape(
        "Observation", _words("status code subject focus effectiveDateTime valueCodeableConcept"), _OBSERVATION
    ),
    "matter-of-interest-observation": Shape(
        "Observation", _words("status code subject effectiveDateTime"), ("focus", *_OBSERVATION)
    ),
}

_BY_TYPE = {shape.type: name for name, shape in SHAPES.items() if shape.type not in {"Observation", "Patient"}}
_OWN = frozenset({Family.PERFORMANCE, Family.IMPORTANCE})
_AREAS = frozenset({Family.GENERAL, Family.NURSING_CONDITION, Family.CARE_CONDITION})


def shape_of(resource: JSON) -> str | None:
    """Return the kind of a resource in a report, an Observation by its code; None when reports hold no such thing."""
    type_ = text(resource, "resourceType") or ""
    if type_ != "Observation":
        return _BY_TYPE.get(type_)
    for system, code in codings(resource, "code"):
        if canonical(system) == SNOMED and code == FOLLOW_UP:
            return "follow-up-observation"
        if canonical(system) != FSIII:
            continue
        family = family_of(code)
        if family in _OWN or (is_unknown(code) and "focus" in resource):
            return "citizens-own-observation"
        if family in _AREAS or is_unknown(code):
            return "matter-of-interest-observation"
    return None
