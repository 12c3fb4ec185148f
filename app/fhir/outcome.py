"""Errors as OperationOutcome: the only place that makes one for an error."""

from typing import Any

from app.errors import (
    AccessRefusedError,
    ContentionError,
    MethodNotAllowedError,
    NotAuthenticatedError,
    OvergangError,
    TooManyRequestsError,
)
from app.fhir.wire import Answer, to_json
from schemas.fault import Fault


def outcome_of_faults(faults: tuple[Fault, ...] | list[Fault]) -> dict[str, Any]:
    """Return an OperationOutcome with one issue a fault."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(fault) for fault in faults]}


def _issue(fault: Fault) -> dict[str, Any]:
    issue: dict[str, Any] = {"severity": fault.severity, "code": fault.code, "diagnostics": fault.text}
    if fault.path:
        issue["expression"] = [fault.path]
    return issue


def success(text: str) -> dict[str, Any]:
    """Return the OperationOutcome that says all is well."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "information", "code": "informational", "diagnostics": text}],
    }


def outcome(error: OvergangError) -> dict[str, Any]:
    """Return the OperationOutcome of an error: every fault, or the one text."""
    if isinstance(error, AccessRefusedError | TooManyRequestsError) and error.guidance is not None:
        return {
            "resourceType": "OperationOutcome",
            "issue": [
                {
                    "severity": "error",
                    "code": error.issue,
                    "details": {"text": error.guidance.da},
                    "diagnostics": error.guidance.en,
                }
            ],
        }
    faults = error.faults or (Fault("", error.issue, error.text),)
    return outcome_of_faults(faults)


def answer(error: OvergangError) -> Answer:
    """Render an error as an answer."""
    headers: list[tuple[bytes, bytes]] = []
    match error:
        case NotAuthenticatedError():
            headers.append((b"www-authenticate", b'Bearer realm="overgang"'))
        case MethodNotAllowedError():
            headers.append((b"allow", ", ".join(error.allow).encode()))
        case ContentionError():
            headers.append((b"retry-after", b"1"))
        case TooManyRequestsError():
            headers.append((b"retry-after", b"%d" % error.retry_after))
        case _:
            pass
    return Answer(error.status, to_json(outcome(error)), tuple(headers), waits=error.rests_on_records)
