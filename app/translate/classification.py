"""What a record is to the engine: category, labels, controller, origin, author, regime and clinical period."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from app.translate.elements import Coding, codings_at, objects, profiles, type_of, values
from app.translate.labels import Codes, codes_in, specialty_labels
from app.translate.source import NOTHING_INHERITED, Actor, Inherited, Source, actor_of
from app.translate.survey import survey
from app.translate.times import OPEN_END, OPEN_START, Bounds, bounds, period
from consent.model import OrganisationKey, PersonKey, Signature
from consent.vocabulary import Category, Regime
from schemas.terminology import fsiii, systems
from schemas.terminology.categories import CATEGORIES, OTHERWISE, CategoryRow

VERSION: Final = 3
"""Grows with every change of these tables or of `LINE_VERSION`; a citizen classified under an older one is classified
anew, and the lines of her records are made anew with it."""


_OF_IMPORTS: Final = 32
"""Bits for the version of what was imported."""


def current_version() -> int:
    """Return the version of all tables in use, those of this software first, then those that were imported."""
    return VERSION << _OF_IMPORTS | fsiii.in_use().version


class Classified(msgspec.Struct, frozen=True, gc=False):
    """`period_us`: first and last µs, never open at both ends; see app/translate/times.py for open ends."""

    signature: Signature
    period_us: Bounds


def classify(
    resource: Mapping[str, Any],
    source: Source,
    *,
    inherited: Inherited = NOTHING_INHERITED,
    codes: Codes | None = None,
) -> Classified:
    """Return the signature and clinical period of a resource that one source submits. Total on any JSON object.

    `inherited` is what the record derives from or hangs on: its labels are added, its category counts for a Binary.
    `codes` is given by who has surveyed the resource already.
    """
    said = codes or codes_in(survey(resource).parts)
    subject = _subject(resource)
    authors = _named(subject, _AUTHOR_ELEMENTS, source)
    units = _named(subject, _ORIGIN_ELEMENTS, source)
    origin = next(
        (unit.organisation for unit in units if unit.organisation and source.is_within_controller(unit.organisation)),
        source.controller,
    )
    specialties = _acting(source.specialties.get(origin, _NONE), source.function)
    for actor in (*authors, *units):
        if not actor.specialties <= specialties:
            specialties |= actor.specialties
    labels = said.labels | specialty_labels(specialties) | inherited.labels
    category = category_of(resource)
    if type_of(resource) == "Binary" and inherited.category is not None:
        category = inherited.category
    signature = Signature(
        category=category,
        labels=labels,
        controller=OrganisationKey(source.controller),
        origin=OrganisationKey(origin),
        author=PersonKey(next((actor.person for actor in authors if actor.person), source.author)),
        regime=regime_of(resource, inherited=inherited, may_be_service=said.may_be_service),
    )
    return Classified(signature, clinical_period(subject, received_us=source.received_us))


@lru_cache(maxsize=1024)
def _acting(specialties: frozenset[str], function: str) -> frozenset[str]:
    """Return the specialties of who acts in a unit; remembered, as most records have no others."""
    return specialties | {f"{systems.FUNCTION}|{function}"}


def category_of(resource: Mapping[str, Any]) -> Category:
    """Return the kind of information by the table of categories; a document Bundle is what its Composition is."""
    subject = _subject(resource)
    claimed = profiles(resource) if subject is resource else profiles(resource) | profiles(subject)
    stated: dict[tuple[str, ...], _Stated] = {}
    for row, category, is_last in _ROWS_BY_TYPE.get(type_of(resource), ()):
        if is_last or not row.profiles.isdisjoint(claimed):
            return category
        if row.elements not in stated:
            stated[row.elements] = _stated(subject, row.elements)
        if _has_code(stated[row.elements], row):
            return category
    return _OTHERWISE


def regime_of(
    resource: Mapping[str, Any], *, inherited: Inherited = NOTHING_INHERITED, may_be_service: bool = True
) -> Regime:
    """Return the body of law: a social case where a service under Serviceloven or Ældreloven is decided or given.

    FSIII H and aids (§§ 112-116), codes of the disability area, and what the sender itself marks as a social case;
    health care otherwise. An FSIII code that nobody here knows counts as a social case: it may be one. That functional
    levels (FSIII J) count as health care is to be confirmed by a lawyer.
    `may_be_service` is false when a survey has found no code of such a system.
    """
    marks = (*codings_at(resource, "meta.tag"), *codings_at(resource, "meta.security")) if "meta" in resource else ()
    if inherited.social_case or any(mark.key == _SOCIAL_CASE for mark in marks):
        return Regime.SOCIAL_CASE
    if not may_be_service:
        return Regime.HEALTH_CARE
    parts = [_subject(resource), *objects(resource.get("contained"))]
    if type_of(resource) == "Bundle":
        parts += [part for part in values(resource, "entry.resource") if isinstance(part, dict)]
    social = any(_is_social(code) for part in parts for path in _SERVICE_ELEMENTS for code in codings_at(part, path))
    return Regime.SOCIAL_CASE if social else Regime.HEALTH_CARE


def clinical_period(resource: Mapping[str, Any], *, received_us: int) -> Bounds:
    """Return when the content was true, by the first of the type's elements that states it, else when it was received.

    A single time stands for its own precision. A start without an end stays open to the right only where the element is
    a period that may still run.
    """
    for element in _PERIOD_ELEMENTS.get(type_of(resource), _ANY_PERIOD):
        for value in values(resource, element):
            found = period(value) if isinstance(value, dict) else bounds(value)
            if found is not None and found != (OPEN_START, OPEN_END):
                return _with_end(resource, element, found)
    return received_us, received_us


def _with_end(resource: Mapping[str, Any], element: str, found: Bounds) -> Bounds:
    """Return the period from a start element to the end element that belongs to it, where there is one."""
    end_element = _END_ELEMENTS.get((type_of(resource), element))
    if end_element is None:
        return found
    ends = [end for value in values(resource, end_element) if (end := bounds(value)) is not None]
    high = ends[0][1] if ends else OPEN_END
    return (found[0], high) if found[0] <= high else (found[0], found[1])


def _subject(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the resource, or the Composition of a document Bundle."""
    if type_of(resource) != "Bundle":
        return resource
    inner = [part for part in values(resource, "entry.resource") if isinstance(part, dict)]
    return inner[0] if inner and type_of(inner[0]) == "Composition" else resource


class _Stated(NamedTuple):
    """The codes that some elements state: as 'system|code', and the FSIII families of those that have one."""

    keys: frozenset[str]
    families: frozenset[fsiii.Family | None]


def _stated(resource: Mapping[str, Any], elements: tuple[str, ...]) -> _Stated:
    codes = [code for element in elements for code in codings_at(resource, element)]
    families = frozenset([fsiii.family_of(code.code) for code in codes if code.system == systems.FSIII])
    return _Stated(frozenset([code.key for code in codes]), families)


def _has_code(stated: _Stated, row: CategoryRow) -> bool:
    if not row.codes.isdisjoint(stated.keys) or not row.families.isdisjoint(stated.families):
        return True
    return bool(row.prefixes) and any(key.startswith(row.prefixes) for key in stated.keys)


def _is_social(code: Coding) -> bool:
    return code.system == systems.FFB or (code.system == systems.FSIII and fsiii.is_social(code.code))


def _named(resource: Mapping[str, Any], elements: Mapping[str, tuple[str, ...]], source: Source) -> list[Actor]:
    """Return whom the elements of the type name, in their order."""
    return [
        actor_of(reference, resource=resource, source=source)
        for element in elements.get(type_of(resource), ())
        for reference in values(resource, element)
    ]


_NONE: Final = frozenset[str]()
_SOCIAL_CASE: Final = f"{systems.REGIME_SYSTEM}|{Regime.SOCIAL_CASE}"
_SERVICE_ELEMENTS: Final = (
    "code",
    "category",
    "type",
    "activity.detail.code",
    "addresses.code",
    "serviceType",
    "reasonCode",
    "topic",
)
_OTHERWISE: Final = Category(OTHERWISE)
_ROWS_BY_TYPE: Final[dict[str, tuple[tuple[CategoryRow, Category, bool], ...]]] = {
    kind: tuple((row, Category(row.category), row.is_last) for row in CATEGORIES if kind in row.types)
    for kind in {kind for row in CATEGORIES for kind in row.types}
}

_AUTHOR_ELEMENTS: Final[dict[str, tuple[str, ...]]] = {
    "RelatedPerson": (),
    "AllergyIntolerance": ("asserter", "recorder"),
    "Condition": ("asserter", "recorder"),
    "Observation": ("performer",),
    "DiagnosticReport": ("resultsInterpreter", "performer"),
    "Specimen": ("collection.collector",),
    "Immunization": ("performer.actor",),
    "MedicationStatement": ("informationSource",),
    "MedicationRequest": ("requester", "recorder"),
    "MedicationAdministration": ("performer.actor",),
    "MedicationDispense": ("performer.actor",),
    "Procedure": ("asserter", "recorder", "performer.actor"),
    "DeviceUseStatement": ("source",),
    "Encounter": ("participant.individual",),
    "EpisodeOfCare": ("careManager",),
    "Appointment": ("participant.actor",),
    "CarePlan": ("author", "contributor"),
    "Goal": ("expressedBy",),
    "ServiceRequest": ("requester",),
    "DocumentReference": ("author", "authenticator"),
    "Composition": ("author", "attester.party"),
    "Flag": ("author",),
    "Communication": ("sender",),
    "Consent": (),
    "Provenance": ("agent.who",),
    "Task": ("requester",),
    "QuestionnaireResponse": ("author",),
    "ClinicalImpression": ("assessor",),
    "Media": ("operator",),
    "ImagingStudy": ("interpreter", "referrer"),
}
"""Where a type names the professional responsible for the content, most telling first. The author is the first person
named there, else the person of the token. Every unit and person named there or below adds its labels."""

_ORIGIN_ELEMENTS: Final[dict[str, tuple[str, ...]]] = {
    "Patient": ("managingOrganization",),
    "Encounter": ("serviceProvider", "extension.valueReference"),
    "EpisodeOfCare": ("managingOrganization",),
    "CareTeam": ("managingOrganization",),
    "DocumentReference": ("custodian", "author"),
    "Composition": ("custodian", "author"),
    "Consent": ("organization",),
    "Provenance": ("agent.onBehalfOf", "agent.who"),
    "Procedure": ("performer.onBehalfOf", "performer.actor", "recorder"),
    "Device": ("owner",),
    **{
        kind: elements
        for kind, elements in _AUTHOR_ELEMENTS.items()
        if kind
        not in {"Encounter", "EpisodeOfCare", "DocumentReference", "Composition", "Consent", "Provenance", "Procedure"}
    },
}
"""Where a type names the unit in which the content arose; the first one within the controller is the origin."""

_ANY_PERIOD: Final = ("period", "effectiveDateTime", "effectivePeriod", "date", "recorded", "issued")
_PERIOD_ELEMENTS: Final[dict[str, tuple[str, ...]]] = {
    "Patient": (),
    "RelatedPerson": ("period",),
    "AllergyIntolerance": ("onsetDateTime", "onsetPeriod", "recordedDate", "lastOccurrence"),
    "Condition": ("onsetDateTime", "onsetPeriod", "recordedDate", "abatementDateTime", "abatementPeriod"),
    "Observation": ("effectivePeriod", "effectiveDateTime", "effectiveInstant", "effectiveTiming.event", "issued"),
    "DiagnosticReport": ("effectivePeriod", "effectiveDateTime", "issued"),
    "Specimen": ("collection.collectedDateTime", "collection.collectedPeriod", "receivedTime"),
    "Immunization": ("occurrenceDateTime", "recorded"),
    "ImmunizationRecommendation": ("date",),
    "MedicationStatement": ("effectivePeriod", "effectiveDateTime", "dateAsserted"),
    "MedicationRequest": ("dispenseRequest.validityPeriod", "authoredOn"),
    "MedicationAdministration": ("effectivePeriod", "effectiveDateTime"),
    "MedicationDispense": ("whenHandedOver", "whenPrepared"),
    "Procedure": ("performedPeriod", "performedDateTime"),
    "Device": ("manufactureDate",),
    "DeviceUseStatement": ("timingPeriod", "timingDateTime", "recordedOn"),
    "Encounter": ("period",),
    "EpisodeOfCare": ("period",),
    "Appointment": ("start", "requestedPeriod", "created"),
    "CarePlan": ("period", "created"),
    "Goal": ("startDate", "target.dueDate", "statusDate"),
    "CareTeam": ("period",),
    "ServiceRequest": ("occurrencePeriod", "occurrenceDateTime", "authoredOn"),
    "DocumentReference": ("context.period", "date"),
    "Composition": ("event.period", "date"),
    "Flag": ("period",),
    "Communication": ("sent", "received"),
    "Consent": ("dateTime",),
    "Provenance": ("occurredPeriod", "occurredDateTime", "recorded"),
    "AuditEvent": ("period", "recorded"),
    "Task": ("executionPeriod", "authoredOn", "lastModified"),
    "QuestionnaireResponse": ("authored",),
    "ClinicalImpression": ("effectivePeriod", "effectiveDateTime", "date"),
    "Media": ("createdPeriod", "createdDateTime", "issued"),
    "ImagingStudy": ("started",),
}
"""Where a type says when its content was true, most telling first."""

_END_ELEMENTS: Final[dict[tuple[str, str], str]] = {
    ("Condition", "onsetDateTime"): "abatementDateTime",
    ("Condition", "recordedDate"): "abatementDateTime",
    ("AllergyIntolerance", "onsetDateTime"): "",
    ("AllergyIntolerance", "recordedDate"): "",
    ("Appointment", "start"): "end",
}
"""(type, start element) -> the element that ends what began there; '' or absent: it still runs."""
