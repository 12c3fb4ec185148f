"""The KL gateway's DeliveryReport: the Bundle that municipal care systems already build, taken as it stands.

Type `collection`, one citizen, relative fullUrls, only what the changes since the last report are. The citizen comes as
a number and the municipality that keeps the record, and says nothing else about her: it never becomes a Patient here.
Source: https://build.fhir.org/ig/hl7dk/kl-gateway (1.2.0), restated in rules; shapes stand in `report_shapes`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.bridge.element import JSON, child, children, flag, instant, text
from app.bridge.message import Refusal
from app.bridge.report_rules import ReportEntry, rule_faults, shape_faults, subject_faults
from app.bridge.report_shapes import shape_of
from schemas.fault import Fault
from schemas.terminology.identifiers import CitizenNumber, citizen_number
from schemas.terminology.systems import SOR

MAX_ENTRIES = 5000
_FORBIDDEN_IN_BUNDLE = ("identifier", "total", "link", "signature")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEntry:
    """One resource to store. `index` is its place in `Bundle.entry`, `full_url` as sent: the system's own name for it.

    A later report names the same thing by the same fullUrl: it is a new version of it, not another one.
    `resource` is as received; `references` says which of its references point to which fullUrl of the report.
    """

    index: int
    full_url: str
    shape: str
    resource: JSON
    references: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A DeliveryReport, read. The Patient entry is not among `entries`; `citizen_url` is its fullUrl.

    `dangling` are (fullUrl, reference) of what points out of the report, to what an earlier one told.
    """

    citizen: CitizenNumber
    citizen_url: str
    municipality: str  # SOR of the organisation that keeps the record (Danish: journalførende)
    deceased: bool | None
    made: datetime
    entries: tuple[PlannedEntry, ...]
    dangling: tuple[tuple[str, str], ...]


def read(bundle: object) -> Report | Refusal:
    """Read a DeliveryReport out of parsed JSON, or say every fault."""
    if text(bundle, "resourceType") != "Bundle":
        return Refusal(faults=(Fault("Bundle", "structure", "a delivery report is a Bundle"),))
    faults: list[Fault] = []
    made = _made(bundle, faults)
    entries = _entries(bundle, faults)
    citizens = [entry for entry in entries if entry.type == "Patient"]
    if len(citizens) != 1:
        faults.append(Fault("Bundle.entry", "structure", "a delivery report is about exactly one citizen"))
        return Refusal(faults=tuple(faults))
    citizen, municipality = _citizen(citizens[0], faults)
    places = _places(entries)
    by_url = {each.full_url: each for each in entries}
    planned = []
    for entry in entries:
        if entry is citizens[0]:
            continue
        shape = shape_of(entry.resource)
        if shape is None:
            words = "the resource is not of a kind that a delivery report holds"
            faults.append(Fault(entry.path, "not-supported", words))
            continue
        faults += shape_faults(entry, shape)
        faults += subject_faults(entry, places, citizen_url=citizens[0].full_url)
        faults += rule_faults(entry, shape, by_url, places)
        planned.append(_planned(entry, shape, places))
    if faults or made is None or citizen is None or municipality is None:
        return Refusal(faults=tuple(faults))
    return Report(
        citizen=citizen,
        citizen_url=citizens[0].full_url,
        municipality=municipality,
        deceased=flag(citizens[0].resource, "deceasedBoolean"),
        made=made,
        entries=tuple(planned),
        dangling=tuple(
            (entry.full_url, each)
            for entry in planned
            for each in _references(entry.resource)
            if each not in entry.references
        ),
    )


def _made(bundle: object, faults: list[Fault]) -> datetime | None:
    if text(bundle, "type") != "collection":
        faults.append(Fault("Bundle.type", "value", "the type of a delivery report is `collection`"))
    made = instant(text(bundle, "timestamp"))
    if made is None:
        faults.append(Fault("Bundle.timestamp", "required", "a delivery report has a timestamp with time and zone"))
    faults += [
        Fault(f"Bundle.{element}", "business-rule", "a delivery report does not have it")
        for element in _FORBIDDEN_IN_BUNDLE
        if isinstance(bundle, dict) and element in bundle
    ]
    return made


def _planned(entry: ReportEntry, shape: str, places: Mapping[str, str]) -> PlannedEntry:
    return PlannedEntry(
        index=entry.index,
        full_url=entry.full_url,
        shape=shape,
        resource=entry.resource,
        references={each: places[each] for each in _references(entry.resource) if each in places},
    )


def _entries(bundle: object, faults: list[Fault]) -> list[ReportEntry]:
    found: list[ReportEntry] = []
    seen: set[str] = set()
    sent = children(bundle, "entry")
    if len(sent) > MAX_ENTRIES:
        faults.append(Fault("Bundle.entry", "too-costly", f"a delivery report has at most {MAX_ENTRIES} entries"))
    for index, each in enumerate(sent[:MAX_ENTRIES]):
        resource = child(each, "resource")
        path = f"Bundle.entry[{index}].resource"
        type_ = text(resource, "resourceType") or ""
        if not type_:
            faults.append(Fault(path, "structure", "an entry holds a resource"))
            continue
        id_ = text(resource, "id")
        full_url = text(each, "fullUrl") or (f"{type_}/{id_}" if id_ else "")
        if not full_url:
            faults.append(
                Fault(f"Bundle.entry[{index}].fullUrl", "required", "an entry has a fullUrl, relative or not")
            )
        elif full_url in seen:
            faults.append(Fault(f"Bundle.entry[{index}].fullUrl", "duplicate", "two entries share the fullUrl"))
        elif not full_url.startswith("urn:") and f"/{type_}/" not in f"/{full_url}":
            faults.append(Fault(f"Bundle.entry[{index}].fullUrl", "value", "the fullUrl names another resource type"))
        seen.add(full_url)
        found.append(ReportEntry(index, path, full_url, type_, resource))
    return found


def _places(entries: Sequence[ReportEntry]) -> dict[str, str]:
    """Map every way to refer to an entry to its fullUrl: the fullUrl itself, and 'Type/id' of an absolute one."""
    places: dict[str, str] = {}
    for entry in entries:
        if not entry.full_url:
            continue
        places.setdefault(entry.full_url, entry.full_url)
        id_ = text(entry.resource, "id")
        last = entry.full_url.rsplit("/", 1)[-1]
        for each in filter(None, (id_, None if entry.full_url.startswith("urn:") else last)):
            places.setdefault(f"{entry.type}/{each}", entry.full_url)
    return places


def _citizen(patient: ReportEntry, faults: list[Fault]) -> tuple[CitizenNumber | None, str | None]:
    faults += shape_faults(patient, "citizen")
    path = f"{patient.path}.identifier"
    identifiers = children(patient.resource, "identifier")
    number = None
    if len(identifiers) != 1:
        faults.append(Fault(path, "required", "the citizen has one identifier"))
    else:
        number = citizen_number(text(identifiers[0], "system"), text(identifiers[0], "value"))
        if number is None:
            words = "the identifier of the citizen is no well-formed CPR number or replacement number"
            faults.append(Fault(f"{path}[0]", "value", words))
    managing = child(child(patient.resource, "managingOrganization"), "identifier")
    municipality = text(managing, "value")
    if (
        text(managing, "system") != SOR
        or municipality is None
        or not municipality.isascii()
        or not municipality.isdigit()
    ):
        path = f"{patient.path}.managingOrganization.identifier"
        faults.append(Fault(path, "required", "the organisation that keeps the record is named by its SOR identifier"))
        return number, None
    return number, municipality


def _references(resource: JSON) -> list[str]:
    """Return every literal reference in a resource, in document order, each once."""
    found: dict[str, None] = {}
    pending: list[Any] = [resource]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            reference = text(each, "reference")
            if reference is not None and not reference.startswith("#"):
                found[reference] = None
            pending.extend(reversed(each.values()))
        elif isinstance(each, list):
            pending.extend(reversed(each))
    return list(found)
