"""Stays, appointments, plans, services, goals."""

from app.summary import catalogue, elements, times
from app.summary.catalogue import CONTACT_CLASSES, STAY_CLASSES
from app.summary.distil.common import author, called, make, notes, word
from app.summary.distil.problems import GONE, encounter_of
from app.summary.elements import JSON, extension, first_date, node, nodes, string
from app.summary.markup import bold, joined, labelled, safe
from app.summary.model import Kind, Line, Mark
from consent.vocabulary import Category
from schemas.terminology import fsiii, systems

_OPEN = frozenset({"in-progress", "onleave", "arrived", "triaged"})
_OVER = frozenset({"finished", "completed", "revoked", "cancelled", "ended"})


def _provider(resource: JSON, element: str) -> str:
    return safe(elements.name_of(resource.get(element), elements.contained_of(resource)))


def responsibility(resource: JSON) -> int | None:
    """Return until when the discharging unit says that it is responsible for treatment (the 72 hours)."""
    known = times.span(extension(resource, systems.RESPONSIBILITY_EXTENSION).get("valueDateTime"))
    return known[1] if known else None


def stay(resource: JSON, category: Category) -> Line | None:
    """Distil an Encounter: a stay at a hospital, or another contact; a municipal service where it is one."""
    state = string(resource.get("status"))
    if state in GONE:
        return None
    if category is Category.CARE_SERVICE:
        return service(resource, category)
    code = elements.status(resource.get("class"))
    start, stop = elements.period(resource.get("period"))
    marks = 0
    if state in _OPEN:
        marks |= Mark.OPEN
    leave = node(extension(resource, systems.LEAVE_PERIOD_EXTENSION).get("valuePeriod"))
    if state == "onleave":
        marks |= Mark.LEAVE
    if state == "planned":
        marks |= Mark.PLANNED
    if code == "EMER":
        marks |= Mark.EMERGENCY
    class_text = STAY_CLASSES.get(code) or CONTACT_CLASSES.get(code)
    reasons = [elements.words(each) for each in nodes(resource.get("reasonCode"))]
    window = node(resource.get("period"))
    html = joined(
        bold(class_text.da if class_text else elements.words(resource.get("class")) or code),
        joined(*map(safe, reasons)),
        f"{times.text_of(window.get('start'))}\N{EN DASH}{times.text_of(window.get('end'))}" if window else "",
        _provider(resource, "serviceProvider"),
        labelled("orlov", f"{times.text_of(leave.get('start'))}\N{EN DASH}{times.text_of(leave.get('end'))}")
        if leave
        else "",
        safe(elements.words(node(resource.get("hospitalization")).get("dischargeDisposition"))),
    )
    return make(
        Kind.STAY,
        resource,
        html,
        *("period.end", "period.start"),
        marks=marks,
        topic=code,
        start=start,
        stop=stop,
        moment=responsibility(resource),
    )


def appointment(resource: JSON, _category: Category) -> Line | None:
    """Distil an Appointment; cancelled ones and those not kept are not shown."""
    state = string(resource.get("status"))
    if state in GONE or state == "noshow":
        return None
    start, end = times.span(resource.get("start")), times.span(resource.get("end"))
    inside = elements.contained_of(resource)
    who = [
        found
        for each in nodes(resource.get("participant"))
        if not elements.reference(each.get("actor")).startswith("Patient/")
        and (found := elements.name_of(each.get("actor"), inside))
    ]
    html = joined(
        bold(times.text_of(resource.get("start"))),
        safe(string(resource.get("description"))),
        joined(*(safe(elements.words(each)) for each in nodes(resource.get("serviceType")))),
        joined(*(safe(elements.words(each)) for each in nodes(resource.get("reasonCode")))),
        joined(*map(safe, who)),
        "" if state in ("booked", "arrived", "checked-in", "fulfilled") else word(state),
        safe(string(resource.get("patientInstruction"))),
    )
    return make(
        Kind.APPOINTMENT,
        resource,
        html,
        "created",
        start=start[0] if start else None,
        stop=(end or start or (0, None))[1],
    )


def plan(resource: JSON, category: Category) -> Line | None:
    """Distil a CarePlan or ServiceRequest: a plan, a municipal service, or a treatment limit."""
    state = string(resource.get("status"))
    if state in GONE or state == "draft":
        return None
    if category is Category.CARE_SERVICE:
        return service(resource, category)
    if category is Category.TREATMENT_LIMIT:
        marks = Mark.INACTIVE if state in _OVER else 0
        html = joined(called(resource.get("code")), notes(resource), author(resource, "requester", "author"))
        return make(Kind.LIMIT, resource, html, "authoredOn", marks=marks, links=encounter_of(resource))
    start, stop = elements.period(resource.get("period") or resource.get("occurrencePeriod"))
    activities = [
        joined(called(detail.get("code")), safe(string(detail.get("description"))), by=" ")
        for each in nodes(resource.get("activity"))
        if (detail := node(each.get("detail")))
    ]
    html = joined(
        bold(string(resource.get("title"))) or joined(*(called(each) for each in nodes(resource.get("category"))[:1])),
        called(resource.get("code")),
        safe(string(resource.get("description"))),
        joined(*activities, by="; "),
        "" if state == "completed" else word(state),
        notes(resource),
        author(resource, "author", "contributor", "requester"),
    )
    discharge = elements.has_code(resource.get("category"), systems.CODES, "discharge-plan") or (
        systems.DISCHARGE_PLAN_PROFILE in _profiles(resource)
    )
    return make(
        Kind.PLAN,
        resource,
        html,
        *("created", "authoredOn", "period.start"),
        marks=Mark.INACTIVE if state in _OVER else 0,
        topic="discharge" if discharge else "",
        start=start,
        stop=stop,
        moment=responsibility(resource),
        links=tuple(
            found for each in nodes(resource.get("activity")) if (found := elements.reference(each.get("reference")))
        ),
    )


def _profiles(resource: JSON) -> list[object]:
    found = node(resource.get("meta")).get("profile")
    return found if isinstance(found, list) else []


def _round_the_clock(resource: JSON) -> str:
    found = extension(resource, systems.DAY_AND_NIGHT_PHONE_EXTENSION)
    number = string(found.get("valueString")) or string(node(found.get("valueContactPoint")).get("value"))
    return labelled(f"<b>{catalogue.ROUND_THE_CLOCK.da}</b>", bold(number))


def service(resource: JSON, category: Category) -> Line | None:
    """Distil a municipal service: CarePlan, EpisodeOfCare, ServiceRequest, Encounter, or the team that gives it."""
    if category not in (Category.CARE_SERVICE, Category.CARE_TEAM):
        return None
    state = string(resource.get("status"))
    if state in GONE or state in ("draft", "proposed"):
        return None
    start, stop = elements.period(resource.get("period") or resource.get("occurrencePeriod"))
    inside = elements.contained_of(resource)
    what = [
        *(called(node(each.get("detail")).get("code")) for each in nodes(resource.get("activity"))),
        *(called(each) for each in nodes(resource.get("type"))),
        called(resource.get("code")),
    ]
    members = [
        joined(
            safe(elements.name_of(each.get("member"), inside)),
            labelled("", safe(elements.words(next(iter(nodes(each.get("role"))), {})))).removeprefix(": "),
            by=" ",
        )
        for each in nodes(resource.get("participant"))
    ]
    providers = [_provider(resource, name) for name in ("managingOrganization", "serviceProvider")]
    phone = elements.phone_of(resource.get("telecom"))
    html = joined(
        bold(string(resource.get("title")) or string(resource.get("name"))),
        *what,
        safe(string(resource.get("description"))),
        joined(*members),
        *providers,
        _round_the_clock(resource) or labelled(catalogue.PHONE.da, bold(phone)),
        "" if state in _OVER else word(state),
        notes(resource),
    )
    marks = Mark.INACTIVE if state in _OVER or state == "inactive" else 0
    dates = ("created", "authoredOn", "period.start")
    return make(Kind.SERVICE, resource, html, *dates, marks=marks, start=start, stop=stop)


def goal(resource: JSON, _category: Category) -> Line | None:
    """Distil a Goal; an expected FSIII level is said as one."""
    state = string(resource.get("lifecycleStatus"))
    if state in GONE or state in ("rejected", "proposed"):
        return None
    levels = [
        (level, found)
        for target in nodes(resource.get("target"))
        if (found := target.get("detailCodeableConcept"))
        and (level := fsiii.level_of(elements.code_in(found, systems.FSIII))) is not None
    ]
    expected = joined(*(f"{catalogue.LEVEL.da} {level} ({catalogue.LEVELS[level].da})" for level, _ in levels))
    html = joined(
        called(resource.get("description")), labelled(catalogue.EXPECTED.da, expected), word(state), notes(resource)
    )
    marks = Mark.INACTIVE if state in ("completed", "cancelled") else 0
    return make(
        Kind.GOAL, resource, html, "statusDate", "startDate", marks=marks, name=first_date(resource, "startDate")
    )
