"""A resource distilled to the line that the summary needs, once, when it is written; read back at every summary."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from app.summary import catalogue, times
from app.summary.distil import courses, documents, drugs, measures, persons, problems
from app.summary.elements import JSON, string
from app.summary.markup import safe
from app.summary.model import LINE_VERSION, Kind, Line, Origin, Record, Row, Stamp, age_of
from app.summary.splicing import patients_named
from consent.model import Signature
from consent.vocabulary import Category
from schemas.homes import TYPE_NUMBER

Distil = Callable[[JSON, Category], Line | None]

DISTILLERS: Final[dict[str, Distil]] = {
    "Patient": persons.patient,
    "RelatedPerson": persons.relative,
    "AllergyIntolerance": problems.allergy,
    "Condition": problems.condition,
    "Flag": problems.flag,
    "Consent": problems.directive,
    "Procedure": problems.procedure,
    "Immunization": problems.vaccination,
    "DeviceUseStatement": problems.device_use,
    "Device": problems.device,
    "Observation": measures.observation,
    "ClinicalImpression": measures.impression,
    "DiagnosticReport": measures.report,
    "MedicationStatement": drugs.drug_line,
    "MedicationRequest": drugs.drug_line,
    "MedicationAdministration": drugs.administration,
    "Medication": drugs.support,
    "Encounter": courses.stay,
    "EpisodeOfCare": courses.service,
    "CareTeam": courses.service,
    "Appointment": courses.appointment,
    "CarePlan": courses.plan,
    "ServiceRequest": courses.plan,
    "Goal": courses.goal,
    "DocumentReference": documents.document,
    "Composition": documents.document,
    "Bundle": documents.document_bundle,
    "Communication": documents.message,
    "Specimen": documents.bare,
}
"""Type -> how it is distilled; a type without a row is never in the summary."""

_DEFAULTS: Final = tuple(field.default for field in msgspec.structs.fields(Line))
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Row).decode
_decode_all = msgspec.msgpack.Decoder(list[Row]).decode
_parse = msgspec.json.Decoder(dict[str, Any]).decode


def line_of(
    resource: dict[str, Any], *, category: Category, body: bytes | None = None, stamp: Stamp | None = None
) -> bytes:
    """Distil a resource, with its references already resolved; empty when it is never in the summary.

    `body` are the bytes that are stored beside the line; with them the line says where they name Patients. With
    `stamp` it says which version of which record it is of, and a summary need not ask the record.
    Never raises, whatever the resource holds: what is not as FHIR says it should be is taken as not said.
    """
    type_ = string(resource.get("resourceType"))
    distil = DISTILLERS.get(type_)
    line = distil(resource, category) if distil is not None else None
    if line is None:
        return b""
    if body is not None:
        line.patients = patients_named(body)
    id_ = string(resource.get("id"))
    if stamp is not None and id_:
        _stamp(line, f"{type_}/{id_}", stamp)
    values = list(msgspec.structs.astuple(line))
    while values[-1] == _DEFAULTS[len(values) - 1]:
        values.pop()
    return _encode(values)


def _stamp(line: Line, ref: str, stamp: Stamp) -> None:
    line.ref = ref
    line.type_number = TYPE_NUMBER[ref.partition("/")[0]]
    line.n, line.revision, line.updated_us = stamp
    line.age = age_of(line.as_of, line.updated_us, ref)
    if line.updated_us and times.day_of(line.updated_us) != times.day_of(line.as_of):
        line.received = f", {catalogue.RECEIVED.da} {times.day_text(line.updated_us)}"


def origin_of(signature: Signature, names: Mapping[str, str]) -> Origin:
    """Return where records of a signature come from; `names` are those of organisations."""
    named = names.get(signature.origin) or names.get(signature.controller) or ""
    return Origin(signature, signature.controller, _escaped(named) or catalogue.SOURCE_UNKNOWN.da)


_escaped = lru_cache(maxsize=1024)(safe)


def read_all(stored: Sequence[tuple[int, bytes, bytes]], origins: Mapping[int, Origin]) -> list[Row] | None:
    """Return rows from what is stored: (key of its origin, line, body); what has no line is never in the summary.

    One call decodes all lines, in half the time of one by one. None when a line is not one of this version that says
    which record it is of: then each record has to be asked, see `read`.
    """
    lined = [one for one in stored if one[1]]
    try:
        rows = _decode_all(b"\xdd" + len(lined).to_bytes(4) + b"".join([one[1] for one in lined]))  # array 32
    except msgspec.DecodeError:
        return None
    for row, (origin, _, body) in zip(rows, lined, strict=True):
        if row.version != LINE_VERSION or not row.ref:
            return None
        row.origin = origins[origin]
        row.body = body
    return rows


def read(record: Record, origin: Origin) -> Row | None:
    """Return the row of a record; a line that another version of the service made is distilled anew from the body."""
    row = _read(record)
    if row is not None:
        if not row.ref:
            _stamp(row, f"{record.type}/{record.id}", Stamp(record.n, record.version, record.updated_us))
        row.origin, row.body = origin, record.body
    return row


def bare(ref: str, body: bytes) -> Row:
    """Return a row that says nothing, of no stored record: for what must stand in the document all the same."""
    row = Row(LINE_VERSION, Kind.SUPPORT, "", 0, "", body=body)
    _stamp(row, ref, Stamp(0, 0, 0))
    return row


def _read(record: Record) -> Row | None:
    if not record.line:
        return None
    try:
        row = _decode(record.line)
        if row.version == LINE_VERSION:
            return row
    except msgspec.DecodeError:
        pass
    try:
        parsed = _parse(record.body)
    except msgspec.DecodeError:
        return None
    fresh = line_of(parsed, category=record.signature.category, body=record.body)
    return _decode(fresh) if fresh else None
