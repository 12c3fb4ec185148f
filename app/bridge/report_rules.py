"""The rules of a KL DeliveryReport that need more than a list of elements: levels, areas, who a goal is about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.bridge.element import JSON, child, children, codings, text
from app.bridge.report_shapes import SHAPES
from schemas.fault import Fault
from schemas.terminology.fsiii import Family, family_of, is_unknown, legacy_of, level_of
from schemas.terminology.systems import FSIII, canonical

_CONDITIONS = frozenset({Family.CARE_CONDITION, Family.NURSING_CONDITION})
_SERVICES = frozenset({Family.CARE_SERVICE, Family.NURSING_SERVICE})


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """One entry of a report; `path` is the resource's FHIRPath."""

    index: int
    path: str
    full_url: str
    type: str
    resource: JSON


def shape_faults(entry: ReportEntry, shape: str) -> list[Fault]:
    """Return what is missing and what is too much, by the table of shapes."""
    rows = SHAPES[shape]
    missing = [
        Fault(f"{entry.path}.{element}", "required", "the profile of the delivery report asks for it")
        for element in rows.required
        if element not in entry.resource
    ]
    return missing + [
        Fault(f"{entry.path}.{element}", "business-rule", "the profile of the delivery report forbids it")
        for element in rows.forbidden
        if element in entry.resource
    ]


def subject_faults(entry: ReportEntry, places: Mapping[str, str], *, citizen_url: str) -> list[Fault]:
    """Return a fault unless the resource is about the citizen of the report."""
    reference = text(child(entry.resource, "subject"), "reference")
    if reference is not None and places.get(reference) == citizen_url:
        return []
    return [Fault(f"{entry.path}.subject", "business-rule", "the subject is the citizen of the report")]


def rule_faults(
    entry: ReportEntry, shape: str, by_url: Mapping[str, ReportEntry], places: Mapping[str, str]
) -> list[Fault]:
    """Return the faults against the rules of this shape; `places` maps every reference to a fullUrl of the report."""
    rule = _RULES.get(shape)
    return [] if rule is None else rule(entry, by_url, places)


def _condition(entry: ReportEntry, _by_url: Mapping[str, ReportEntry], _places: Mapping[str, str]) -> list[Fault]:
    """Hold the code to FSIII in either form, and the severity to the area: home care (J) has one, nursing (I) none."""
    path = f"{entry.path}.code"
    codes = _fsiii(entry.resource, "code")
    known = _known(codes)
    if codes and not known:
        return []
    families = {family_of(code) for code in known}
    if len(families) != 1 or not families <= _CONDITIONS:
        return [Fault(path, "code-invalid", "the code is one FSIII condition of home care (J) or nursing (I)")]
    faults = []
    if len({legacy_of(code) or code for code in known}) > 1:
        faults.append(Fault(path, "business-rule", "the two code forms name different conditions"))
    path = f"{entry.path}.severity"
    if families == {Family.NURSING_CONDITION}:
        if "severity" in entry.resource:
            faults.append(Fault(path, "business-rule", "a nursing condition (I) has no severity"))
    elif "severity" not in entry.resource:
        faults.append(Fault(path, "required", "a home care condition (J) has a severity: the level of functioning"))
    elif not _is_level(_fsiii(entry.resource, "severity")):
        faults.append(Fault(path, "code-invalid", "the severity is one level of the FSIII scale, B1 to B6"))
    return faults


def _goal(entry: ReportEntry, by_url: Mapping[str, ReportEntry], places: Mapping[str, str]) -> list[Fault]:
    """Hold the expected level to the scale, and what it is expected of to home care."""
    faults = []
    targets = children(entry.resource, "target")
    if len(targets) != 1 or not _is_level(_fsiii(targets[0], "detailCodeableConcept")):
        path = f"{entry.path}.target"
        faults.append(Fault(path, "code-invalid", "a goal has one target: a level of the FSIII scale, B1 to B6"))
    for index, each in enumerate(children(entry.resource, "addresses")):
        condition = by_url.get(places.get(text(each, "reference") or "", ""))
        if condition is None:
            continue
        codes = _fsiii(condition.resource, "code")
        families = {family_of(code) for code in _known(codes)}
        is_about_function = families == {Family.CARE_CONDITION} or (bool(codes) and not families)
        if condition.type != "Condition" or not is_about_function:
            path = f"{entry.path}.addresses[{index}]"
            faults.append(Fault(path, "business-rule", "a goal is about a home care condition (J)"))
    return faults


def _planned(entry: ReportEntry, _by_url: Mapping[str, ReportEntry], _places: Mapping[str, str]) -> list[Fault]:
    """Ask for one activity, coded at level two of FSIII: nursing (G) is treatment, home care (H) never."""
    faults = []
    if text(child(entry.resource, "period"), "start") is None:
        faults.append(Fault(f"{entry.path}.period.start", "required", "an intervention says when it was granted"))
    activities = children(entry.resource, "activity")
    codes = _fsiii(child(activities[0], "detail"), "code") if len(activities) == 1 else []
    if not _is_service(codes):
        words = "the one activity has one FSIII intervention of nursing (G) or home care (H)"
        faults.append(Fault(f"{entry.path}.activity", "code-invalid", words))
    return faults


def _completed(entry: ReportEntry, _by_url: Mapping[str, ReportEntry], _places: Mapping[str, str]) -> list[Fault]:
    if _is_service(_fsiii(entry.resource, "code")):
        return []
    words = "the code is one FSIII intervention of nursing (G) or home care (H)"
    return [Fault(f"{entry.path}.code", "code-invalid", words)]


_RULES: dict[str, Callable[[ReportEntry, Mapping[str, ReportEntry], Mapping[str, str]], list[Fault]]] = {
    "condition": _condition,
    "goal": _goal,
    "planned-intervention": _planned,
    "completed-intervention": _completed,
}


def _fsiii(parent: JSON, key: str) -> list[str]:
    return [code for system, code in codings(parent, key) if canonical(system) == FSIII]


def _is_level(codes: Sequence[str]) -> bool:
    levels = {level_of(code) for code in codes}
    return len(levels) == 1 and None not in levels


def _is_service(codes: Sequence[str]) -> bool:
    families = {family_of(code) for code in _known(codes)}
    return (len(families) == 1 and families <= _SERVICES) or (bool(codes) and not families)


def _known(codes: Sequence[str]) -> list[str]:
    """Leave out UUIDs that are in no table of ours: the report is not refused for them, and they open nothing."""
    return [code for code in codes if not is_unknown(code)]
