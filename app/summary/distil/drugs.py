"""Medication: what is taken, the drug it points to, the last dose."""

from app.summary import catalogue, elements, times, topics
from app.summary.distil.common import called, make, notes, quantity_text, word
from app.summary.distil.problems import GONE, is_absence
from app.summary.elements import JSON, extension, node, nodes, string
from app.summary.markup import bold, joined, labelled, safe
from app.summary.model import Kind, Line, Mark
from consent.vocabulary import Category
from schemas.terminology import medication, systems

_MARKS = {
    medication.ANTICOAGULANT: Mark.ANTICOAGULANT,
    medication.INSULIN: Mark.INSULIN,
    medication.OPIOID: Mark.OPIOID,
}
_ENDED = frozenset({"completed", "stopped", "not-taken", "ended"})


def marks_of(concept: object) -> int:
    """Return the marks of a drug by its ATC codes: anticoagulant, insulin, opioid."""
    found = 0
    for system, code, _ in elements.codings(concept):
        if system == systems.ATC:
            for mark in medication.marks_of(code):
                found |= _MARKS.get(mark, 0)
    return found


def drug_text(drug: JSON) -> str:
    """Write a Medication: name, form, strength."""
    strengths = [
        strength_text(part.get("strength"), elements.words(part.get("itemCodeableConcept")))
        for part in nodes(drug.get("ingredient"))
    ]
    return joined(called(drug.get("code")), safe(elements.words(drug.get("form"))), *strengths)


def strength_text(ratio: object, ingredient: str) -> str:
    """Write an ingredient with its strength."""
    known = node(ratio)
    upper, lower = quantity_text(known.get("numerator")), quantity_text(known.get("denominator"))
    amount = f"{upper}/{lower.removeprefix('1 ')}" if upper and lower and lower != "1" else upper
    return joined(safe(ingredient), amount, by=" ")


def support(resource: JSON, _category: Category) -> Line | None:
    """Distil a Medication: a name and marks for those who point to it."""
    if string(resource.get("status")) == "entered-in-error":
        return None
    atc = elements.code_in(resource.get("code"), systems.ATC)
    return make(
        Kind.SUPPORT,
        resource,
        drug_text(resource),
        marks=marks_of(resource.get("code")),
        topic=atc,
        name=elements.words(resource.get("code")),
    )


def dosage_text(dosages: list[JSON]) -> str:
    """Write dosages: their text, else dose and timing in short."""
    shown = []
    for each in dosages:
        text = string(each.get("text")) or string(each.get("patientInstruction"))
        if text:
            shown.append(safe(text))
            continue
        rate = next(iter(nodes(each.get("doseAndRate"))), {})
        repeat = node(node(each.get("timing")).get("repeat"))
        times_ = repeat.get("frequency")
        per = f"{safe(str(times_))} x pr. {safe(string(repeat.get('periodUnit')))}" if times_ else ""
        timing = safe(elements.words(node(each.get("timing")).get("code"))) or per
        shown.append(joined(quantity_text(rate.get("doseQuantity")), timing, by=" "))
    return joined(*shown, by="; ")


def _route(dosages: list[JSON]) -> str:
    return safe(next((found for each in dosages if (found := elements.words(each.get("route")))), ""))


def _as_needed(dosages: list[JSON]) -> bool:
    return any(each.get("asNeededBoolean") is True or each.get("asNeededCodeableConcept") for each in dosages)


def _who_gives(resource: JSON) -> str:
    found = extension(resource, systems.ADMINISTERED_BY_EXTENSION)
    return safe(string(found.get("valueString")) or elements.words(found.get("valueCodeableConcept")))


def identity(resource: JSON, drug: JSON, concept: object, dosages: list[JSON], period: tuple[int | None, ...]) -> str:
    """Return what must agree for two sources to share a line: substance, strength, form, route, dosage, status, period.

    Without a coded substance or a dosage the line stands alone (empty key).
    """
    substance = sorted({f"{system}|{code}" for system, code, _ in elements.codings(concept) if system and code})
    dosage = dosage_text(dosages)
    if not substance or not dosage:
        return ""
    strengths = [strength_text(part.get("strength"), "") for part in nodes(drug.get("ingredient"))]
    parts = [
        ",".join(substance),
        elements.words(concept).casefold(),
        ",".join(strengths),
        elements.words(drug.get("form")).casefold(),
        _route(dosages).casefold(),
        dosage.casefold(),
        str(_as_needed(dosages)),
        string(resource.get("status")),
        *map(str, period),
    ]
    return "\x1f".join(parts)


def drug_line(resource: JSON, _category: Category) -> Line | None:
    """Distil a MedicationStatement or MedicationRequest."""
    state = string(resource.get("status"))
    if state in GONE or state == "draft":
        return None
    pointed = elements.reference(resource.get("medicationReference"))
    inside = node(elements.contained_of(resource).get(pointed))
    concept = resource.get("medicationCodeableConcept") or inside.get("code")
    dosages = [*nodes(resource.get("dosage")), *nodes(resource.get("dosageInstruction"))]
    start, stop = elements.period(
        resource.get("effectivePeriod") or node(resource.get("dispenseRequest")).get("validityPeriod")
    )
    marks = marks_of(concept)
    if state in _ENDED:
        marks |= Mark.INACTIVE
    if state == "on-hold":
        marks |= Mark.PAUSED
    if state == "intended":
        marks |= Mark.PLANNED
    if _as_needed(dosages):
        marks |= Mark.AS_NEEDED
    if is_absence(concept):
        marks |= Mark.ABSENCE
    if any(each.get("system") in topics.NATIONAL_CARD for each in nodes(resource.get("identifier"))):
        marks |= Mark.NATIONAL_CARD
    display = string(node(resource.get("medicationReference")).get("display"))
    name = elements.words(concept) or display
    reason = next(
        (
            found
            for each in nodes(resource.get("dosage"))
            if (found := elements.words(each.get("asNeededCodeableConcept")))
        ),
        "",
    )
    last = extension(resource, systems.LAST_DOSE_EXTENSION).get("valueDateTime")
    reasons = joined(*(safe(elements.words(each)) for each in nodes(resource.get("reasonCode"))))
    since = elements.first_date(resource, "effectivePeriod.start", "effectiveDateTime")
    given = times.span(last)
    detail = joined(
        dosage_text(dosages),
        _route(dosages),
        safe(reason),
        labelled(catalogue.INDICATION.da, reasons),
        "<b>MÅ IKKE GIVES</b>" if resource.get("doNotPerform") is True else "",
        word("" if state == "on-hold" else state),
        labelled(catalogue.SINCE.da, times.text_of(since)),
        labelled(catalogue.UNTIL.da, times.text_of(elements.first_date(resource, "effectivePeriod.end"))),
        labelled(f"<b>{catalogue.LAST_DOSE.da}</b>", times.text_of(last)),
        labelled(catalogue.ADMINISTERED_BY.da, _who_gives(resource)),
        notes(resource),
    )  # fmt: skip
    shown = drug_text({**inside, "code": concept}) if concept or inside else ""
    return make(
        Kind.DRUG,
        resource,
        shown or bold(display),
        *("dateAsserted", "authoredOn", "effectiveDateTime", "effectivePeriod.start"),
        marks=marks,
        topic=elements.code_in(concept, systems.ATC),
        start=start,
        stop=stop,
        key=identity(resource, inside, concept, dosages, (start, stop)),
        name=name.casefold(),
        links=() if inside else tuple(filter(None, (pointed,))),
        detail=detail,
        moment=given[0] if given else None,
    )


def administration(resource: JSON, _category: Category) -> Line | None:
    """Distil a MedicationAdministration: a dose given, and by whom."""
    if string(resource.get("status")) not in ("completed", "in-progress"):
        return None
    pointed = elements.reference(resource.get("medicationReference"))
    inside = node(elements.contained_of(resource).get(pointed))
    concept = resource.get("medicationCodeableConcept") or inside.get("code")
    names = elements.contained_of(resource)
    by = next(
        (found for each in nodes(resource.get("performer")) if (found := elements.name_of(each.get("actor"), names))),
        "",
    )
    dose = quantity_text(node(resource.get("dosage")).get("dose"))
    when = elements.first_date(resource, "effectiveDateTime", "effectivePeriod.end", "effectivePeriod.start")
    detail = joined(times.text_of(when), dose, labelled(catalogue.ADMINISTERED_BY.da, safe(by)))
    links = tuple(filter(None, (elements.reference(resource.get("request")), "" if inside else pointed)))
    return make(
        Kind.ADMINISTRATION,
        resource,
        called(concept) or bold(elements.name_of(resource.get("medicationReference"), names)),
        *("effectiveDateTime", "effectivePeriod.end", "effectivePeriod.start"),
        topic=elements.code_in(concept, systems.ATC),
        name=elements.words(concept).casefold(),
        links=links,
        detail=detail,
    )
