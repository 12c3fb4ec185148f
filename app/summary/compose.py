"""Compose a document Bundle for one reader from what that reader may see: pure, deterministic, bodies spliced."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from uuid import NAMESPACE_URL

import msgspec

from app.summary import narrative, splicing, stays, times
from app.summary.model import Mark, Row, Summary
from app.summary.scene import NOTHING, TOLD_ONLY, Scene, by_age
from app.summary.sections import VIEWS, View
from schemas.terminology import systems

_json = msgspec.json.Encoder().encode


def compose(
    *,
    view: str,
    patient: Row,
    entries: Sequence[Row],
    at: datetime,
    base_url: str,
    other_patients: Collection[str] = (),
    reader_can_emergency: bool = False,
    bundle_id: str,
    organisation_phones: Mapping[str, str] = MappingProxyType({}),
    operator: str = "Overgang",
    computing: bool = False,
) -> Summary:
    """Compose the document of a view from permitted entries; the same inputs give the same bytes.

    Args:
        view: a key of `sections.VIEWS`.
        patient: the master Patient.
        entries: what the reader may see, in any order; second copies of an id are passed over.
        at: now, aware.
        base_url: of the FHIR service, without a slash at the end.
        other_patients: 'Patient/id' of the citizen's further source Patients; references to them are rewritten to the
            master, all other bytes of a body stand as they were stored.
        reader_can_emergency: whether the standing notice speaks to one who can declare emergency access.
        bundle_id: a FHIR id.
        organisation_phones: SOR id to 24-hour phone.
        operator: name of the organisation that runs the service, the custodian.
        computing: also compute habitual values; off in production until it is settled as a medical-device question.

    Raises:
        KeyError: the view is unknown.
    """
    chosen = VIEWS[view]
    master = patient.ref
    scene = _scene(patient, entries, at, organisation_phones, computing=computing)
    notice = narrative.notice(can_emergency=reader_can_emergency)
    prefix = f'{{"reference":{_json(base_url).decode()[:-1]}/'
    written: list[str] = []
    shown: set[Row] = set()
    for section in chosen.sections:
        block = NOTHING if scene.rows.keys().isdisjoint(section.kinds) else section.arrange(scene, section)
        if block.parts or section.key in chosen.required:
            written.append(narrative.section(section, block, prefix, master, notice))
            shown.update(block.rows)
    _follow_links(scene, shown)
    shown.discard(patient)
    stood = [row for row in scene.by_ref.values() if row in shown]
    composition = _composition(chosen, scene, written, notice, master, base_url, bundle_id, operator)
    bodies = [(row.ref, row.body, row.patients) for row in stood if row.type_number not in TOLD_ONLY]
    base = _json(base_url)[1:-1]
    others = [each.removeprefix("Patient/") for each in other_patients]
    spliced = splicing.spliced([(master, patient.body, ()), *bodies], base, others, patient.id)
    body = b"".join((*composition, *spliced, b"]}"))
    until = times.from_us(scene.deadline) if scene.deadline is not None else None
    return Summary(body=body, valid_until=until, records=(patient, *stood))


def _scene(patient: Row, entries: Sequence[Row], at: datetime, phones: Mapping[str, str], *, computing: bool) -> Scene:
    """Sort the rows once, newest first, and part them by kind."""
    scene = Scene(at=times.to_us(at), phones=phones, computing=computing)
    by_ref = scene.by_ref
    by_ref[patient.ref] = patient
    for row in entries:
        by_ref.setdefault(row.ref, row)
    rows = scene.rows
    for row in sorted(by_ref.values(), key=by_age):
        found = rows.get(row.kind)
        if found is None:
            rows[row.kind] = [row]
        else:
            found.append(row)
    scene.chains = stays.chains(scene)
    scene.chain = stays.present(scene.chains)
    return scene


def _follow_links(scene: Scene, shown: set[Row]) -> None:
    """Add what shown lines point to, so that the document holds it (one step)."""
    pointed = [scene.by_ref.get(link) for row in shown for link in row.links]
    shown.update(row for row in pointed if row is not None and row.type_number not in TOLD_ONLY)


@lru_cache(maxsize=16)
def _makers(base_url: str, operator: str) -> tuple[str, str, bytes]:
    """Return fullUrl of the software and of the operator, and their two entries."""
    device, organisation = (_name_of(f"{base_url}/{name}/{operator}") for name in ("device", "operator"))
    software = {
        "resourceType": "Device",
        "id": device,
        "deviceName": [{"name": "Overgang", "type": "user-friendly-name"}],
        "type": {"text": "Software, samler patientoverblikket (software-assembled)"},
        "owner": {"reference": f"urn:uuid:{organisation}"},
    }
    owner = {"resourceType": "Organization", "id": organisation, "name": operator}
    entries = b"".join(
        b',{"fullUrl":"urn:uuid:' + each["id"].encode() + b'","resource":' + _json(each) + b"}"  # type: ignore[attr-defined]  # ids are str
        for each in (software, owner)
    )
    return f"urn:uuid:{device}", f"urn:uuid:{organisation}", entries


def _name_of(url: str) -> str:
    """Return what `str(uuid5(NAMESPACE_URL, url))` returns, in a fifth of its time."""
    digest = hashlib.sha1(NAMESPACE_URL.bytes + url.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


def _composition(
    view: View,
    scene: Scene,
    written: list[str],
    notice: str,
    master: str,
    base_url: str,
    bundle_id: str,
    operator: str,
) -> tuple[bytes, ...]:
    """Write the Bundle up to the end of the Composition, and the entries of software and operator, in pieces."""
    software, custodian, makers = _makers(base_url, operator)
    base = _json(base_url).decode()[1:-1]
    identity = f'"identifier":{{"system":"{systems.OVERGANG}/sid/document","value":{_json(bundle_id).decode()}}}'
    composition = _name_of(f"{base_url}/Composition/{bundle_id}")
    now = times.instant(scene.at)
    person = scene.by_ref.get(master)
    test = _TEST if person is not None and person.has(Mark.TEST_DATA) else ""
    title = f"{view.title.da}, {times.moment_text(scene.at)}"
    profiles = _json(list(dict.fromkeys((f"{systems.IPS}Bundle-uv-ips", view.profile)))).decode()
    head = (
        f'{{"resourceType":"Bundle","id":{_json(bundle_id).decode()},"meta":{{"profile":{profiles}{test}}},'
        f'{identity},"type":"document","timestamp":"{now}","entry":['
        f'{{"fullUrl":"urn:uuid:{composition}","resource":{{"resourceType":"Composition","id":"{composition}",'
        f'"meta":{{"profile":["{systems.IPS}Composition-uv-ips"]}},"language":"da",'
        f'"text":{narrative.document(scene, person, title, notice)},{identity},"status":"final",'
        f'"type":{{"coding":[{{"system":"{systems.LOINC}","code":"60591-5","display":"Patient summary Document"}}]}},'
        f'"subject":{{"reference":"{base}/{master}"}},"date":"{now}","author":[{{"reference":"{software}"}}],'
        f'"title":{_json(title).decode()},"custodian":{{"reference":"{custodian}"}},{_EVENT}{now}"}}}}],'
        f'"section":['
    )
    return head.encode(), ",".join(written).encode(), b"]}}", makers


_EVENT: Final = (
    '"event":[{"code":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActClass","code":"PCPR"}]}],'
    '"period":{"end":"'
)
_TEST: Final = f',"security":[{{"system":"{systems.ACT_REASON}","code":"HTEST"}}]'
