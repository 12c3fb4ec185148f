"""A review as a FHIR R4 Task: what was declared, by whom, why; nothing of the citizen but an opaque id."""

from collections.abc import Mapping
from typing import Any

from app.runtime import from_us
from app.store.reviews import Review
from app.summary import catalogue
from schemas.terminology import systems


def task_of(one: Review, *, patient: str | None, names: Mapping[str, str]) -> dict[str, Any]:
    """Render a review. `patient` is `Patient/id`, None for a citizen who is not known."""
    last = one.due if one.reviewed is None else one.reviewed
    title = catalogue.REVIEW_TASK[one.kind]
    task: dict[str, Any] = {
        "resourceType": "Task",
        "id": one.id,
        "meta": {"versionId": "1" if one.reviewed is None else "2", "lastUpdated": _instant(last)},
        "status": "requested" if one.reviewed is None else "completed",
        "intent": "order",
        "code": {
            "coding": [{"system": systems.REVIEW, "code": f"review-{one.kind}", "display": title.da}],
            "text": title.da,
        },
        "description": title.en,
        "focus": {"identifier": {"system": systems.DECLARATION_KEY, "value": one.id}},
        "authoredOn": _instant(one.due),
        "lastModified": _instant(last),
        "requester": _organisation(one.organisation, names),
        "owner": _organisation(one.controller, names),
        "reasonCode": _reason(one),
        "input": [
            _part("declared-by", valueReference={"type": "Practitioner", "identifier": _person(one.person)}),
            _part("function", valueCode=one.function),
            _part("period", valuePeriod={"start": _instant(one.start), "end": _instant(one.stop)}),
        ],
    }
    if patient is not None:
        task["for"] = {"reference": patient}
    if one.reviewed is not None:
        task["output"] = [
            _part("outcome", valueCode=one.outcome),
            _part("reviewer", valueReference={"type": "Practitioner", "identifier": _person(one.reviewer or "")}),
        ]
        if one.comment:
            task["note"] = [{"time": _instant(one.reviewed), "text": one.comment}]
    return task


def _reason(one: Review) -> dict[str, Any]:
    known = None if one.code is None else catalogue.DOOR_REASONS.get(one.code)
    coding = [] if known is None else [{"system": systems.DOOR_REASON, "code": one.code, "display": known.da}]
    return {"text": one.reason} | ({"coding": coding} if coding else {})


def _part(name: str, **value: Any) -> dict[str, Any]:
    return {"type": {"coding": [{"system": systems.REVIEW, "code": name}]}, **value}


def _person(key: str) -> dict[str, str]:
    return {"system": systems.PERSON_KEY, "value": key}


def _organisation(sor: str, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "Organization",
        "identifier": {"system": systems.SOR, "value": sor},
        "display": names.get(sor, sor),
    }


def _instant(us: int) -> str:
    return from_us(us).isoformat(timespec="milliseconds").replace("+00:00", "Z")
