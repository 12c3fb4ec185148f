"""One table a concept, and nothing forgotten in it."""

from pathlib import Path

import pytest

from app import audit, errors
from app.audit.render import _SHAPE
from app.fhir.capability import statement
from app.fhir.dispatch import _LITERALS, INTERACTIONS
from app.fhir.outcome import outcome
from app.search.registry import capability_rows
from app.summary.sections import VIEWS
from consent.policy import READS, WRITES
from consent.vocabulary import Category, Function
from schemas.homes import HOME_OF, HOMES
from schemas.terminology import categories

ISSUE_TYPES = {
    "invalid",
    "structure",
    "required",
    "value",
    "invariant",
    "security",
    "login",
    "unknown",
    "expired",
    "forbidden",
    "suppressed",
    "processing",
    "not-supported",
    "duplicate",
    "multiple-matches",
    "not-found",
    "deleted",
    "too-long",
    "code-invalid",
    "extension",
    "too-costly",
    "business-rule",
    "conflict",
    "transient",
    "lock-error",
    "no-store",
    "exception",
    "timeout",
    "incomplete",
    "throttled",
    "informational",
}


def all_errors(top: type[errors.OvergangError] = errors.OvergangError) -> list[type[errors.OvergangError]]:
    return [top, *(one for sub in top.__subclasses__() for one in all_errors(sub))]


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_an_issue_type_and_stands_in_the_tree(kind: type[errors.OvergangError]) -> None:
    assert 400 <= kind.status < 600
    assert kind.issue in ISSUE_TYPES
    assert kind.__name__ in (errors.__doc__ or "")


def test_every_error_becomes_an_operation_outcome() -> None:
    made = outcome(errors.NotFoundError("there is none"))
    assert made["resourceType"] == "OperationOutcome"
    assert made["issue"][0]["code"] == "not-found"


def test_every_type_has_one_number_for_ever() -> None:
    assert len({row.number for row in HOMES}) == len(HOMES)
    assert [row.number for row in HOMES] == list(range(1, len(HOMES) + 1)), "numbers are stored: append only"


def test_every_function_has_a_row_for_reading_and_for_writing() -> None:
    assert set(READS) == set(Function)
    assert set(WRITES) == set(Function)


def test_every_category_can_be_read_by_somebody_and_classified_from_something() -> None:
    read = frozenset().union(*READS.values())
    assert read == frozenset(Category)
    classified = {row.category for row in categories.CATEGORIES} | {categories.OTHERWISE}
    assert classified <= {category.value for category in Category}


def test_every_operation_of_the_audit_has_a_shape() -> None:
    assert set(_SHAPE) == set(audit.Operation)


def test_the_capability_statement_names_every_type_and_every_search_parameter() -> None:
    resources = {row["type"]: row for row in statement("http://x/fhir")["rest"][0]["resource"]}
    assert set(resources) == set(HOME_OF)
    for type_, row in resources.items():
        if type_ != "AuditEvent":
            assert row["searchParam"] == capability_rows(type_)


def test_the_log_promises_the_parameters_that_it_takes_and_no_others() -> None:
    resources = {row["type"]: row for row in statement("http://x/fhir")["rest"][0]["resource"]}
    assert [row["name"] for row in resources["AuditEvent"]["searchParam"]] == ["date", "patient"]


def test_every_operation_that_is_served_is_declared() -> None:
    rest = statement("http://x/fhir")["rest"][0]
    declared = {row["name"] for row in rest["operation"]}
    declared |= {operation["name"] for row in rest["resource"] for operation in row["operation"]}
    served = {part[1:] for row in INTERACTIONS for part in row.shape if part.startswith("$")}
    assert served == declared


def test_no_two_interactions_have_the_same_address() -> None:
    addresses = [(row.method, row.shape) for row in INTERACTIONS]
    assert len(set(addresses)) == len(addresses)
    assert all(part in _LITERALS or part[0] in "{$" for _, shape in addresses for part in shape)


def test_every_view_has_a_profile_of_its_own() -> None:
    assert len({view.profile for view in VIEWS.values()}) == len(VIEWS)


def test_modules_are_short() -> None:
    """Size is a smell: tables excepted, nobody reads a module of more than 450 lines from top to bottom."""
    root = Path(__file__).resolve().parents[2]
    tables = {"app/store/tables.py", "app/summary/sections.py", "app/summary/catalogue.py"}
    long = {
        str(path.relative_to(root)): count
        for top in ("app", "consent", "schemas")
        for path in (root / top).rglob("*.py")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 450
        and str(path.relative_to(root)) not in tables
        and "terminology" not in path.parts
        and "demo" not in path.parts
    }
    assert not long
