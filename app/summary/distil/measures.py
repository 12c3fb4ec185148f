"""Observations and reports: habitual values, measurements, blood tests, status notes."""

from collections.abc import Sequence

from app.summary import catalogue, elements, times, topics
from app.summary.distil.common import author, called, make, notes, quantity_text, range_words, word
from app.summary.distil.problems import GONE, encounter_of, expiry
from app.summary.elements import JSON, node, nodes, number, string
from app.summary.markup import bold, joined, labelled, safe
from app.summary.model import Kind, Line, Mark
from consent.vocabulary import Category
from schemas.terminology import systems

_ABNORMAL = frozenset({"H", "HH", "L", "LL", "A", "AA", "HU", "LU", ">", "<", "POS", "DET", "R"})
_EFFECTIVE = ("effectiveDateTime", "effectiveInstant", "effectivePeriod.end", "effectivePeriod.start", "issued")


def topic_of(codings: Sequence[tuple[str, str, str]]) -> str:
    """Return what codes say is measured, or the empty string for what has no habitual level."""
    for system, code, _ in codings:
        if known := topics.TOPIC_OF.get((system, code)):
            return known
    return ""


def value_text(resource: JSON) -> str:  # noqa: PLR0911 - one way of writing each data type
    """Write a value[x], or why it is absent."""
    name, value = elements.value_of(resource)
    match name:
        case "quantity":
            return quantity_text(value)
        case "range":
            return range_words(value)
        case "codeableconcept":
            return safe(elements.words(value))
        case "string" | "time":
            return safe(string(value))
        case "datetime":
            return safe(times.text_of(value))
        case "boolean":
            return "ja" if value is True else "nej"
        case "integer":
            return safe(str(value))
        case "ratio":
            halves = node(value)
            return f"{quantity_text(halves.get('numerator'))}/{quantity_text(halves.get('denominator'))}"
        case "period":
            bounds = node(value)
            return f"{times.text_of(bounds.get('start'))}\N{EN DASH}{times.text_of(bounds.get('end'))}"
        case _:
            return safe(elements.words(resource.get("dataAbsentReason")))


def bounds(resource: JSON) -> tuple[float | None, float | None]:
    """Return low and high of a value: the same number twice for a quantity."""
    name, value = elements.value_of(resource)
    known = node(value)
    if name == "quantity":
        amount = number(known.get("value"))
        return amount, amount
    if name == "range":
        return number(node(known.get("low")).get("value")), number(node(known.get("high")).get("value"))
    return None, None


def unit_of(resource: JSON) -> str:
    """Return the unit of a value."""
    _, value = elements.value_of(resource)
    known = node(value)
    known = node(known.get("low") or known.get("high")) or known
    return string(known.get("code")) or string(known.get("unit"))


def oxygen_of(resource: JSON) -> int:
    """Return whether a saturation is on oxygen or on room air; neither when it is not stated."""
    for part in nodes(resource.get("component")):
        keys = {(system, code) for system, code, _ in elements.codings(part.get("code"))}
        if topics.OXYGEN_SUPPLY in keys:
            said = elements.code_in(part.get("valueCodeableConcept"), systems.CODES)
            return {"oxygen": Mark.OXYGEN, "room-air": Mark.ROOM_AIR}.get(said, 0)
        amount = number(node(part.get("valueQuantity")).get("value"))
        if keys & topics.OXYGEN_FLOW and amount is not None:
            limit = topics.ROOM_AIR_PERCENT if (systems.LOINC, "3150-6") in keys else 0
            return Mark.OXYGEN if amount > limit else Mark.ROOM_AIR
    return 0


def component_of(resource: JSON, codes: frozenset[tuple[str, str]]) -> JSON:
    """Return the component with one of these codes."""
    for part in nodes(resource.get("component")):
        if any((system, code) in codes for system, code, _ in elements.codings(part.get("code"))):
            return part
    return {}


def _shown_value(resource: JSON, topic: str) -> str:
    if topic == "blood-pressure":
        upper = value_text(component_of(resource, topics.SYSTOLIC)).partition(" ")[0]
        lower = value_text(component_of(resource, topics.DIASTOLIC))
        if upper or lower:
            return f"{upper or '?'}/{lower or '?'}"
    told = value_text(resource)
    if topic == "saturation":
        flow = component_of(resource, topics.OXYGEN_FLOW)
        return joined(told, labelled("ilt", value_text(flow)) if flow else "")
    if not told:
        parts = [
            labelled(safe(elements.words(part.get("code"))), value_text(part))
            for part in nodes(resource.get("component"))
        ]
        return joined(*parts, by="; ")
    return told


def observation(resource: JSON, category: Category) -> Line | None:
    """Distil an Observation."""
    state = string(resource.get("status"))
    if state in GONE:
        return None
    if category is Category.STATUS_NOTE:
        return note(resource, category)
    if category is Category.TREATMENT_LIMIT:
        html = joined(called(resource.get("code")), _shown_value(resource, ""), author(resource, "performer"))
        return make(Kind.LIMIT, resource, html, *_EFFECTIVE, links=encounter_of(resource))
    concept = resource.get("code")
    codings = elements.codings(concept)
    topic = topic_of(codings)
    shown = _shown_value(resource, topic)
    marks = oxygen_of(resource) if topic == "saturation" else 0
    interpretation = {code for _, code, _ in elements.codings(resource.get("interpretation"))}
    if interpretation & _ABNORMAL:
        marks |= Mark.HIGH
    low, high = bounds(resource)
    second_low, second_high = None, None
    if topic == "blood-pressure":
        low, high = bounds(component_of(resource, topics.SYSTOLIC))
        second_low, second_high = bounds(component_of(resource, topics.DIASTOLIC))
    value = f"<b>{shown}</b>" if shown else ""
    extra = joined(
        f"<b>{catalogue.ABNORMAL.da}</b>" if interpretation & _ABNORMAL else "",
        _reference_range(resource),
        word(state),
        notes(resource),
    )
    kind = _kind(resource, category, codings)
    more = {"low": low, "high": high, "second_low": second_low, "second_high": second_high}
    name = elements.words(concept)
    own = next((f"{system}|{code}" for system, code, _ in codings if code), name)
    if kind == Kind.HABITUAL:
        return _habitual(resource, topic or own, value, marks, more)
    detail = joined(value, extra, author(resource, "performer") if kind == Kind.MEASUREMENT else "")
    return make(
        kind,
        resource,
        safe(name),
        *_EFFECTIVE,
        marks=marks,
        topic=topic or own,
        unit=unit_of(resource),
        detail=detail,
        **more,
    )


def _kind(resource: JSON, category: Category, codings: Sequence[tuple[str, str, str]]) -> int:
    if category is Category.HABITUAL_VALUE:
        return Kind.HABITUAL
    if any((system, code) in topics.PREGNANCY for system, code, _ in codings):
        return Kind.PREGNANCY
    if elements.has_code(resource.get("category"), systems.OBSERVATION_CATEGORY, "social-history"):
        return Kind.SOCIAL_HISTORY
    return Kind.LAB if category is Category.LAB_RESULT else Kind.MEASUREMENT


def _habitual(
    resource: JSON,
    topic: str,
    value: str,
    marks: int,
    more: dict[str, float | None],
) -> Line:
    """Distil a declared or computed habitual value; its window ends at `stop`."""
    start, stop = elements.period(resource.get("effectivePeriod"))
    computed = elements.has_code(resource.get("method"), *topics.COMPUTED)
    window = node(resource.get("effectivePeriod"))
    span = f"{times.text_of(window.get('start'))}\N{EN DASH}{times.text_of(window.get('end'))}"
    detail = joined(
        value,
        f"{catalogue.HABITUAL_COMPUTED.da if computed else catalogue.DECLARED.da}",
        labelled(catalogue.WINDOW.da, safe(span)) if window else "",
        notes(resource),
        author(resource, "performer"),
    )
    return make(
        Kind.HABITUAL,
        resource,
        safe(elements.words(resource.get("code"))),
        "issued",
        *_EFFECTIVE,
        marks=marks | (Mark.COMPUTED if computed else 0),
        topic=topic,
        start=start,
        stop=stop,
        unit=unit_of(resource),
        detail=detail,
        **more,
    )


def _reference_range(resource: JSON) -> str:
    for each in nodes(resource.get("referenceRange")):
        if shown := string(each.get("text")):
            return labelled("ref.", safe(shown))
        if shown := range_words(each):
            return labelled("ref.", shown)
    return ""


def note(resource: JSON, category: Category) -> Line | None:
    """Distil a status note (Danish: statusrubrik) from an Observation, Communication or ClinicalImpression."""
    state = string(resource.get("status"))
    if category is not Category.STATUS_NOTE or state in GONE or state == "not-done":
        return None
    texts = [
        string(resource.get("valueString")),
        *(string(part.get("contentString")) for part in nodes(resource.get("payload"))),
        string(resource.get("summary")) or string(resource.get("description")),
    ]
    parts = {
        code: value_text(part)
        for part in nodes(resource.get("component"))
        if (code := elements.code_in(part.get("code"), systems.CODES))
    }
    told = joined(*(safe(text) for text in texts), by="<br/>") or notes(resource)
    html = joined(
        f"<b>{told}</b>" if told else bold(elements.words(resource.get("code"))),
        labelled(catalogue.WHY_NOW.da, parts.get("why-now", "")),
        labelled(catalogue.SINCE_WHEN.da, parts.get("since", "")),
        labelled(catalogue.HELP_CHANGED.da, parts.get("need-for-help", "")),
        author(resource, "performer", "sender", "assessor"),
        by="<br/>",
    )
    _, ends = elements.period(resource.get("effectivePeriod"))
    dates = ("effectiveDateTime", "effectivePeriod.start", "sent", "date", "issued", "received")
    return make(Kind.STATUS_NOTE, resource, html, *dates, stop=expiry(resource) or ends)


def impression(resource: JSON, category: Category) -> Line | None:
    """Distil a ClinicalImpression: a status note, or an assessment of function."""
    if category is Category.STATUS_NOTE:
        return note(resource, category)
    if string(resource.get("status")) in GONE:
        return None
    html = joined(
        called(resource.get("code")),
        safe(string(resource.get("description"))),
        safe(string(resource.get("summary"))),
        author(resource, "assessor"),
    )
    return make(Kind.FUNCTIONAL, resource, html, "date", "effectiveDateTime", "effectivePeriod.end")


def report(resource: JSON, _category: Category) -> Line | None:
    """Distil a DiagnosticReport; its results are lines of their own."""
    state = string(resource.get("status"))
    if state in GONE:
        return None
    said = joined(
        safe(string(resource.get("conclusion"))),
        *(safe(elements.words(each)) for each in nodes(resource.get("conclusionCode"))),
        word(state),
    )
    html = joined(called(resource.get("code")), said, author(resource, "performer"))
    links = elements.references(resource.get("result"))
    dates = ("effectiveDateTime", "effectivePeriod.end", "issued")
    return make(Kind.REPORT, resource, html, *dates, links=links, name="said" if said else "")
