"""Resources as the three sectors write them, and a document of them: valid by default, different in what a test names."""

import html
import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.summary import times
from app.summary.compose import compose
from app.summary.lines import bare, line_of, origin_of, read
from app.summary.model import Entry, Row, Summary
from consent.model import OrganisationKey, PersonKey, Signature
from consent.vocabulary import Category, Regime
from schemas.terminology import systems

JSON = dict[str, Any]

CORPUS = Path(os.environ.get("OVERGANG_CORPUS", Path(__file__).parents[3].parent / "shared" / "corpus"))
PROFILES = CORPUS.parent / "profiles"
BASE = "https://overgang.test/fhir"

AT = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)  # 03:00 in Denmark
HOSPITAL, OTHER_HOSPITAL, MUNICIPALITY, PRACTICE = "265161000016000", "399841000016000", "953741000016009", "55511"
NAMES = {
    HOSPITAL: "Nordkyst Hospital",
    OTHER_HOSPITAL: "Vestkyst Hospital",
    MUNICIPALITY: "Hillerød Kommune",
    PRACTICE: "Lægerne Søengen",
}
MASTER: JSON = {
    "resourceType": "Patient",
    "id": "master",
    "identifier": [{"system": systems.X_ECPR, "value": "0703921VJ4"}],
    "name": [{"family": "Prøve", "given": ["Åse"]}],
    "gender": "female",
    "birthDate": "1940-05-01",
}


def ago(**given: float) -> str:
    """A FHIR dateTime before AT."""
    return (AT - timedelta(**given)).isoformat().replace("+00:00", "Z")


def ahead(**given: float) -> str:
    return (AT + timedelta(**given)).isoformat().replace("+00:00", "Z")


def concept(text: str = "", *codings: tuple[str, str]) -> JSON:
    made: JSON = {"text": text} if text else {}
    if codings:
        made["coding"] = [{"system": system, "code": code} for system, code in codings]
    return made


def entry(
    resource: JSON,
    category: Category,
    *,
    of: str = MUNICIPALITY,
    received: datetime = AT,
    line: bytes | None = None,
    body: bytes | None = None,
) -> Entry:
    """A stored, permitted resource; its id is the resource's."""
    signature = Signature(
        category, frozenset(), OrganisationKey(of), OrganisationKey(of), PersonKey("someone"), Regime.HEALTH_CARE
    )
    return Entry(
        resource["resourceType"],
        resource["id"],
        times.to_us(received),
        signature,
        line_of(resource, category=category) if line is None else line,
        json.dumps(resource, ensure_ascii=False).encode() if body is None else body,
    )


def patient(resource: JSON = MASTER) -> Entry:
    return entry(resource, Category.MASTER_DATA, of=HOSPITAL)


def document(*entries: Entry, view: str = "admission-context", at: datetime = AT, **changed: Any) -> Summary:
    master = changed.pop("patient", None) or patient()
    given: JSON = {
        "view": view,
        "patient": (rows(master) or [bare(f"Patient/{master.id}", master.body)])[0],
        "entries": rows(*entries),
        "at": at,
        "base_url": BASE,
        "bundle_id": "b-1",
    }
    return compose(**(given | changed))


def rows(*entries: Entry) -> list[Row]:
    """What the sections take of entries, those that have a line."""
    return [row for each in entries if (row := read(each, origin_of(each.signature, NAMES))) is not None]


def sections(made: Summary) -> dict[str, JSON]:
    """Sections by the code of the section table."""
    return {each["code"]["coding"][0]["code"]: each for each in composition(made)["section"]}


def composition(made: Summary) -> JSON:
    found: JSON = json.loads(made.body)["entry"][0]["resource"]
    return found


def words(section: JSON) -> str:
    """A narrative as a reader sees it: one line a block, tags gone."""
    broken = re.sub(r"</?(p|li|ul|br|div)\b[^>]*>", "\n", section["text"]["div"])
    plain = html.unescape(re.sub(r"<[^>]+>", "", broken))
    return "\n".join(line.strip() for line in plain.split("\n") if line.strip())


def told(*entries: Entry, section: str, **changed: Any) -> str:
    """The words of one section of a document of these entries."""
    return words(sections(document(*entries, **changed))[section])


def refs(section: JSON) -> list[str]:
    return [each["reference"].removeprefix(f"{BASE}/") for each in section.get("entry", ())]


# Resources


def allergy(id: str = "a1", text: str = "Penicillin", *codes: tuple[str, str], **changed: Any) -> JSON:
    return {
        "resourceType": "AllergyIntolerance",
        "id": id,
        "clinicalStatus": concept("", (systems.ALLERGY_CLINICAL, "active")),
        "verificationStatus": concept("", (systems.ALLERGY_VERIFICATION, "confirmed")),
        "code": concept(text, *codes),
        "patient": {"reference": "Patient/master"},
        "recordedDate": "2025-02-03",
    } | changed


def condition(id: str = "c1", text: str = "KOL", *codes: tuple[str, str], **changed: Any) -> JSON:
    return {
        "resourceType": "Condition",
        "id": id,
        "clinicalStatus": concept("", (systems.CONDITION_CLINICAL, "active")),
        "code": concept(text, *(codes or ((systems.SKS_DIAGNOSIS, "DJ449"),))),
        "subject": {"reference": "Patient/master"},
        "recordedDate": "2025-06-01",
    } | changed


def level(code: str, severity: str, recorded: str, id: str = "f1", text: str = "Gå") -> JSON:
    """An FSIII condition with its level, `severity` B1 to B6."""
    return {
        "resourceType": "Condition",
        "id": id,
        "code": concept(text, (systems.FSIII, code)),
        "severity": concept("", (systems.FSIII, severity)),
        "subject": {"reference": "Patient/master"},
        "recordedDate": recorded,
    }


def quantity(value: float, unit: str) -> JSON:
    return {"value": value, "unit": unit, "system": systems.UCUM, "code": unit}


def observation(id: str, code: tuple[str, str], when: str, text: str = "", **changed: Any) -> JSON:
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": concept(text, code),
        "subject": {"reference": "Patient/master"},
        "effectiveDateTime": when,
    } | changed


def habitual(id: str, code: tuple[str, str], end: str = "2026-02-28", **changed: Any) -> JSON:
    made = observation(id, code, "", **changed)
    del made["effectiveDateTime"]
    return made | {
        "meta": {"profile": [systems.HABITUAL_VALUE_PROFILE]},
        "category": [concept("", (systems.CODES, "habitual-value"))],
        "effectivePeriod": {"start": "2025-09-01", "end": end},
        "performer": [{"display": "Sygeplejerske Mette Holm"}],
        "method": concept("", (systems.CODES, "declared")),
    }


def supply(code: str) -> JSON:
    return {
        "code": concept("", (systems.CODES, "oxygen-supply")),
        "valueCodeableConcept": concept("", (systems.CODES, code)),
    }


def drug(id: str = "m1", text: str = "Warfarin 2,5 mg", atc: str = "B01AA03", **changed: Any) -> JSON:
    return {
        "resourceType": "MedicationStatement",
        "id": id,
        "status": "active",
        "medicationCodeableConcept": concept(text, (systems.ATC, atc)),
        "subject": {"reference": "Patient/master"},
        "effectivePeriod": {"start": "2025-01-01"},
        "dateAsserted": "2026-03-01",
        "dosage": [{"text": "1 tablet kl. 18"}],
    } | changed


def stay(id: str, start: str, end: str | None = None, *, code: str = "IMP", status: str = "", **changed: Any) -> JSON:
    return {
        "resourceType": "Encounter",
        "id": id,
        "status": status or ("finished" if end else "in-progress"),
        "class": {"system": systems.ACT_CODE, "code": code},
        "subject": {"reference": "Patient/master"},
        "period": {"start": start} | ({"end": end} if end else {}),
    } | changed


def appointment(id: str, start: str, end: str, **changed: Any) -> JSON:
    return {
        "resourceType": "Appointment",
        "id": id,
        "status": "booked",
        "description": "Kontrol i lungeambulatoriet",
        "start": start,
        "end": end,
        "created": "2026-01-01T00:00:00Z",
        "participant": [{"actor": {"reference": "Patient/master"}, "status": "accepted"}],
    } | changed


def status_note(id: str = "n1", *, until: str, text: str = "Mere forvirret end vanligt.", **changed: Any) -> JSON:
    made = observation(id, (systems.CODES, "status-note"), ago(days=2), valueString=text, **changed)
    return made | {
        "performer": [{"display": "Hjemmesygeplejerske Karin"}],
        "extension": [{"url": systems.STATUS_NOTE_EXPIRY_EXTENSION, "valueDateTime": until}],
        "component": [
            {"code": concept("", (systems.CODES, "why-now")), "valueString": "Faldet i nat"},
            {"code": concept("", (systems.CODES, "since")), "valueDateTime": "2026-03-08"},
            {"code": concept("", (systems.CODES, "need-for-help")), "valueCodeableConcept": concept("Større")},
        ],
    }


def flag(id: str, text: str, *codes: tuple[str, str], **changed: Any) -> JSON:
    return {
        "resourceType": "Flag",
        "id": id,
        "status": "active",
        "code": concept(text, *codes),
        "subject": {"reference": "Patient/master"},
        "period": {"start": "2026-01-05"},
    } | changed


def will(id: str = "w1", **changed: Any) -> JSON:
    return {
        "resourceType": "Consent",
        "id": id,
        "status": "active",
        "scope": concept("", (systems.CONSENT_SCOPE, "adr")),
        "category": [concept("Fravalg af genoplivning ved hjertestop")],
        "patient": {"reference": "Patient/master"},
        "dateTime": "2025-11-04",
        "performer": [{"display": "Åse Prøve"}],
    } | changed
