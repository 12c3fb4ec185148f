"""What lines said in the version of `LINE_VERSION`: a sample of resources with the line of each, kept beside this file.

Run as a program, it records the sample anew; do so when `LINE_VERSION` was raised, and only then.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from app.demo.cluster import generate
from app.summary.lines import line_of
from app.summary.model import LINE_VERSION, Stamp
from app.translate import classify
from app.translate.source import Source
from consent.vocabulary import Category

JSON = dict[str, Any]
SAMPLE = Path(__file__).parent / "lines.jsonl"
_STAMP = Stamp(7, 3, 1_772_355_600_000_000)
_TEXT = {"text": "Sårpleje"}
_SUBJECT = {"reference": "Patient/p1"}
_SPAN = {"start": "2026-01-02", "end": "2026-02-03"}
_ATTACHED = {"contentType": "application/pdf", "title": "Epikrise"}
RARE: tuple[JSON, ...] = (
    {"resourceType": "EpisodeOfCare", "status": "active", "type": [_TEXT], "patient": _SUBJECT, "period": _SPAN},
    {
        "resourceType": "Composition",
        "status": "final",
        "type": _TEXT,
        "subject": _SUBJECT,
        "date": "2026-01-02",
        "title": "Epikrise",
    },
    {
        "resourceType": "Bundle",
        "type": "document",
        "timestamp": "2026-01-02T03:04:05Z",
        "entry": [
            {"resource": {"resourceType": "Composition", "status": "final", "date": "2026-01-02", "title": "Epikrise"}}
        ],
    },
    {"resourceType": "Communication", "status": "completed", "subject": _SUBJECT, "sent": "2026-01-02T03:04:05Z",
     "payload": [{"contentString": "Ring til pårørende"}, {"contentAttachment": _ATTACHED}]},
    {"resourceType": "ClinicalImpression", "status": "completed", "subject": _SUBJECT, "code": _TEXT,
     "effectivePeriod": _SPAN, "summary": "Kan ikke give samtykke"},
    {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "subject": _SUBJECT, "code": _TEXT,
     "authoredOn": "2026-01-02", "occurrencePeriod": _SPAN},
    {"resourceType": "Specimen", "subject": _SUBJECT, "type": {"text": "Blod"}, "receivedTime": "2026-01-02"},
    {"resourceType": "Medication", "code": {"coding": [{"system": "http://www.whocc.no/atc", "code": "B01AA03"}],
                                            "text": "Warfarin 2,5 mg"}},
    {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": _SUBJECT,
     "medicationCodeableConcept": {"coding": [{"system": "http://www.whocc.no/atc", "code": "N02AA01"}],
                                   "text": "Morfin 10 mg"},
     "authoredOn": "2026-01-02", "dosageInstruction": [{"text": "1 tablet efter behov", "asNeededBoolean": True}]},
)  # fmt: skip
"""Types that the synthetic cluster does not write."""
_EXAMPLES = Path(__file__).parents[1] / "bridge" / "examples"


def said_of(resource: JSON, category: Category) -> Any:
    """Return the line of a resource as JSON."""
    named = {"id": "r1", **resource}
    line = line_of(named, category=category, body=json.dumps(named).encode(), stamp=_STAMP)
    return msgspec.to_builtins(msgspec.msgpack.decode(line)) if line else None


def resources() -> Iterator[JSON]:
    """Yield resources of a synthetic cluster, and of a report of a municipality."""
    for submission in generate(citizens=24, at=datetime(2026, 3, 1, 9, tzinfo=UTC)).submissions:
        yield from (part["resource"] for part in submission.bundle["entry"])
    for path in sorted(_EXAMPLES.glob("*.json")):
        yield from (part["resource"] for part in json.loads(path.read_text(encoding="utf-8"))["entry"])
    yield from RARE


def _category(resource: JSON) -> Category:
    if resource["resourceType"] == "EpisodeOfCare":  # lies under admissions, where its line is none
        return Category.CARE_SERVICE
    return classify(resource, Source(controller="1", received_us=0)).signature.category


def chosen() -> Iterator[tuple[JSON, Category, Any]]:
    """Yield one resource for each way to be distilled: its type, what is coded, and which parts of the line are filled."""
    seen: set[object] = set()
    for resource in resources():
        category = _category(resource)
        said = said_of(resource, category)
        codes = [each.get("code") for each in resource.get("code", {}).get("coding", ())] if said else []
        ways = tuple(bool(part) for part in said or ())
        key = (
            resource["resourceType"],
            category,
            tuple(codes) if resource["resourceType"] == "Observation" else (),
            ways,
        )
        if key not in seen:
            seen.add(key)
            yield resource, category, said


def recorded() -> tuple[int, list[tuple[JSON, Category, Any]]]:
    """Return the version that was recorded, and its sample."""
    first, *rows = map(json.loads, SAMPLE.read_text(encoding="utf-8").splitlines())
    return first, [(resource, Category(category), said) for resource, category, said in rows]


if __name__ == "__main__":
    rows = [[resource, category.value, said] for resource, category, said in chosen()]
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in (LINE_VERSION, *rows)]
    SAMPLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
