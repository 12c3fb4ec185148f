"""Allergies, conditions, flags, limits and wills, procedures, vaccinations, devices."""

from app.summary import catalogue, elements, times, topics
from app.summary.distil.common import author, called, codes_text, group_codes, make, notes, word
from app.summary.elements import JSON, extension, node, nodes, status, string
from app.summary.markup import bold, joined, labelled, safe
from app.summary.model import Kind, Line, Mark
from consent.vocabulary import Category
from schemas.terminology import fsiii, systems

GONE = frozenset({"entered-in-error", "cancelled"})
"""Statuses that never reach the summary."""

_INACTIVE = frozenset({"inactive", "resolved", "remission"})


def is_absence(concept: object) -> bool:
    """Tell whether an author states that there is none."""
    return any((system, code) in topics.ABSENCES for system, code, _ in elements.codings(concept))


def allergy(resource: JSON, _category: Category) -> Line | None:
    """Distil an AllergyIntolerance (Danish: CAVE)."""
    verification = status(resource.get("verificationStatus"))
    if verification in GONE:
        return None
    clinical = status(resource.get("clinicalStatus"))
    marks = 0
    if clinical in _INACTIVE or verification == "refuted":
        marks |= Mark.INACTIVE
    if is_absence(resource.get("code")):
        marks |= Mark.ABSENCE
    high = resource.get("criticality") == "high"
    if high:
        marks |= Mark.HIGH
    reactions = [
        joined(
            *(safe(elements.words(found)) for found in nodes(each.get("manifestation"))),
            word(string(each.get("severity"))),
        )
        for each in nodes(resource.get("reaction"))
    ]
    substance = next((each.get("substance") for each in nodes(resource.get("reaction")) if each.get("substance")), None)
    html = joined(
        called(resource.get("code")) or called(substance),
        joined(*reactions, by="; "),
        f"<b>{catalogue.HIGH_CRITICALITY.da}</b>" if high else "",
        word(clinical),
        word(verification),
        notes(resource),
        author(resource, "asserter", "recorder"),
    )
    dates = ("recordedDate", "lastOccurrence", "onsetDateTime", "onsetPeriod.start")
    return make(Kind.ALLERGY, resource, html, *dates, marks=marks)


def condition(resource: JSON, category: Category) -> Line | None:
    """Distil a Condition: diagnosis, wound, nursing problem, or functional level."""
    verification = status(resource.get("verificationStatus"))
    if verification in GONE:
        return None
    concept = resource.get("code")
    clinical = status(resource.get("clinicalStatus"))
    codes = group_codes(concept)
    abated = elements.first_date(resource, "abatementDateTime", "abatementPeriod.end")
    unfollowed = string(extension(resource, systems.NOT_FOLLOWED_EXTENSION).get("valueDateTime"))
    asserted = string(extension(resource, systems.LAST_ASSERTED_EXTENSION).get("valueDateTime"))
    marks = 0
    resolved = elements.has_code(resource.get("category"), *topics.RESOLVED_CATEGORY)
    if clinical in _INACTIVE or verification == "refuted" or (not clinical and (abated or resolved)):
        marks |= Mark.INACTIVE
    if is_absence(concept):
        marks |= Mark.ABSENCE
    dated = {**resource, "asserted": asserted}
    dates = ("asserted", "recordedDate", "onsetDateTime", "onsetPeriod.start")
    code = elements.code_in(concept, systems.FSIII)
    if category is Category.TREATMENT_LIMIT:
        html = joined(called(concept), notes(resource), author(resource, "asserter", "recorder"))
        return make(Kind.LIMIT, dated, html, *dates, marks=marks, links=encounter_of(resource))
    if category is Category.FUNCTIONAL_LEVEL and fsiii.family_of(code) is not fsiii.Family.NURSING_CONDITION:
        return functional_level(dated, dates, code, marks)
    html = joined(
        called(concept) + codes_text(codes),
        labelled(
            catalogue.SINCE.da, times.text_of(elements.first_date(resource, "onsetDateTime", "onsetPeriod.start"))
        ),
        labelled(catalogue.ENDED.da, times.text_of(abated)),
        joined(*(safe(elements.words(site)) for site in nodes(resource.get("bodySite")))),
        word(clinical),
        word(verification),
        labelled("følges ikke længere fra", times.text_of(unfollowed)),
        notes(resource),
    )
    topic = next((found for known in codes if (found := topics.TOPIC_OF.get((systems.FSIII, known[6:])))), "")
    kind = Kind.WOUND if is_wound(codes) else Kind.DIAGNOSIS
    return make(kind, dated, html, *dates, marks=marks, codes=codes, topic=topic, name=elements.words(concept))


def is_wound(codes: tuple[str, ...]) -> bool:
    """Tell whether group codes name a wound."""
    return any(
        (system == "FSIII" and code in topics.WOUND_FSIII)
        or (system in ("SKS", "ICD-10") and code.startswith((*topics.WOUND_SKS, *(c[1:] for c in topics.WOUND_SKS))))
        or (system == "ICPC-2" and code in topics.WOUND_ICPC2)
        for system, _, code in (known.partition("|") for known in codes)
    )


def functional_level(resource: JSON, dates: tuple[str, ...], code: str, marks: int) -> Line:
    """Distil an FSIII condition with its level: severity B1 to B6 in either code form."""
    level = fsiii.level_of(elements.code_in(resource.get("severity"), systems.FSIII))
    topic = fsiii.legacy_of(code) or code or elements.words(resource.get("code"))
    return make(
        Kind.FUNCTIONAL,
        resource,
        called(resource.get("code")),
        *dates,
        marks=marks,
        topic=topic,
        level=-1 if level is None else level,
        detail="" if level is not None else safe(elements.words(resource.get("severity"))),
    )


def encounter_of(resource: JSON) -> tuple[str, ...]:
    """Return the stay in which it was decided."""
    return elements.references(resource.get("encounter"))


def flag(resource: JSON, category: Category) -> Line | None:
    """Distil a Flag: alert, isolation, treatment limit, or status note."""
    state = string(resource.get("status"))
    if state in GONE:
        return None
    start, stop = elements.period(resource.get("period"))
    marks = Mark.INACTIVE if state == "inactive" else 0
    concepts = [*nodes(resource.get("code")), *nodes(resource.get("category"))]
    if any((system, code) in topics.ISOLATION for system, code, _ in elements.codings(concepts)):
        marks |= Mark.ISOLATION
    kinds = {Category.TREATMENT_LIMIT: Kind.LIMIT, Category.STATUS_NOTE: Kind.STATUS_NOTE}
    kind = kinds.get(category, Kind.ALERT)
    if kind == Kind.STATUS_NOTE:
        stop = expiry(resource) or stop
    html = joined(called(resource.get("code")), author(resource, "author"))
    return make(kind, resource, html, "period.start", marks=marks, start=start, stop=stop, links=encounter_of(resource))


def expiry(resource: JSON) -> int | None:
    """Return when a status note expires, as its author stated it."""
    found = extension(resource, systems.STATUS_NOTE_EXPIRY_EXTENSION)
    known = times.span(found.get("valueDateTime") or found.get("valueDate") or found.get("valueInstant"))
    return known[1] if known else None


def directive(resource: JSON, category: Category) -> Line | None:
    """Distil a Consent of scope `adr`: a will or a refusal of treatment. Privacy directives never enter the summary."""
    advance = elements.has_code(resource.get("scope"), systems.CONSENT_SCOPE, "adr")
    state = string(resource.get("status"))
    if not advance or category is not Category.TREATMENT_LIMIT or state in GONE or state in ("draft", "proposed"):
        return None
    provision = node(resource.get("provision"))
    start, stop = elements.period(provision.get("period"))
    said = [*nodes(provision.get("code")), *nodes(resource.get("category"))]
    html = joined(
        joined(*(called(each) for each in said)) or called(resource.get("scope")),
        safe(string(node(resource.get("sourceAttachment")).get("title"))),
        word(state),
        author(resource, "performer", "organization"),
    )
    marks = Mark.INACTIVE if state in ("inactive", "rejected") else 0
    return make(Kind.LIMIT, resource, html, "dateTime", marks=marks, start=start, stop=stop)


def procedure(resource: JSON, category: Category) -> Line | None:
    """Distil a Procedure."""
    state = string(resource.get("status"))
    if state in GONE:
        return None
    dates = ("performedDateTime", "performedPeriod.end", "performedPeriod.start")
    codes = group_codes(resource.get("code"))
    html = joined(
        called(resource.get("code")) + codes_text(codes),
        joined(*(safe(elements.words(site)) for site in nodes(resource.get("bodySite")))),
        "" if state == "completed" else word(state),
        joined(*(safe(elements.words(each)) for each in nodes(resource.get("outcome")))),
        notes(resource),
        author(resource, "performer", "recorder"),
    )
    marks = Mark.ABSENCE if is_absence(resource.get("code")) else 0
    kind = Kind.SERVICE if category is Category.CARE_SERVICE else Kind.PROCEDURE
    return make(kind, resource, html, *dates, marks=marks, name=elements.words(resource.get("code")))


def vaccination(resource: JSON, _category: Category) -> Line | None:
    """Distil an Immunization."""
    state = string(resource.get("status"))
    if state in GONE:
        return None
    protocols = nodes(resource.get("protocolApplied"))
    html = joined(
        called(resource.get("vaccineCode")),
        labelled("mod", joined(*(safe(elements.words(d)) for p in protocols for d in nodes(p.get("targetDisease"))))),
        labelled("dosis", joined(*map(_dose, protocols))),
        "<b>IKKE GIVET</b>" if state == "not-done" else "",
        notes(resource),
    )  # fmt: skip
    marks = Mark.ABSENCE if is_absence(resource.get("vaccineCode")) else 0
    name = elements.words(resource.get("vaccineCode"))
    return make(Kind.VACCINATION, resource, html, "occurrenceDateTime", "recorded", marks=marks, name=name)


def _dose(protocol: JSON) -> str:
    return safe(str(protocol.get("doseNumberPositiveInt") or protocol.get("doseNumberString") or ""))


def device_use(resource: JSON, _category: Category) -> Line | None:
    """Distil a DeviceUseStatement: implant, catheter, oxygen at home, aid."""
    state = string(resource.get("status"))
    if state in GONE:
        return None
    device = node(resource.get("device"))
    inside = elements.contained_of(resource)
    start, stop = elements.period(resource.get("timingPeriod"))
    shown = bold(elements.name_of(device, inside) or device_name(node(inside.get(elements.reference(device)))))
    html = joined(
        joined(*(safe(elements.words(each)) for each in nodes(resource.get("reasonCode")))),
        safe(elements.words(resource.get("bodySite"))),
        word(state),
        notes(resource),
    )
    concept = node(node(inside.get(elements.reference(device))).get("type"))
    marks = Mark.INACTIVE if state in ("completed", "stopped") else 0
    if is_absence(concept):
        marks |= Mark.ABSENCE
    return make(
        Kind.DEVICE_USE,
        resource,
        shown,
        *("recordedOn", "timingDateTime", "timingPeriod.start"),
        marks=marks,
        start=start,
        stop=stop,
        detail=html,
        links=elements.references(device),
        name=elements.string(device.get("display")),
    )


def device_name(resource: JSON) -> str:
    """Return what a Device is called."""
    names = nodes(resource.get("deviceName"))
    return next((string(each.get("name")) for each in names if string(each.get("name"))), "") or elements.words(
        resource.get("type")
    )


def device(resource: JSON, _category: Category) -> Line | None:
    """Distil a Device: a row of its own when it belongs to a citizen, else a name for those who point to it."""
    state = string(resource.get("status"))
    if state in GONE:
        return None
    kind = Kind.DEVICE if elements.reference(resource.get("patient")) else Kind.SUPPORT
    told = joined(bold(device_name(resource)), safe(string(resource.get("manufacturer"))), notes(resource))
    marks = Mark.INACTIVE if state == "inactive" else 0
    stop = times.span(resource.get("expirationDate"))
    return make(
        kind,
        resource,
        told,
        "manufactureDate",
        marks=marks,
        stop=stop[1] if stop else None,
        name=device_name(resource),
    )
