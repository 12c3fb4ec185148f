"""IHE PCF's examples under PCF's own policy, and under Danish law in a column of its own."""

import ast
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.translate import Named, directive_of
from app.translate.times import bounds, moment
from consent import Denial, Permit, decide, may_disclose
from consent.model import (
    AccessRequest,
    CitizenKey,
    Declaration,
    Directive,
    Facts,
    Item,
    OrganisationKey,
    Period,
    PersonKey,
    Relation,
    Requester,
    Signature,
    Standing,
)
from consent.pcf import Implicit, pcf_rules
from consent.policy import POLICY_VERSION
from consent.related import marks_in, with_records
from consent.rule import Rule
from consent.rules import RULES
from consent.vocabulary import (
    Action,
    Category,
    DeclarationKind,
    Evidence,
    Function,
    Label,
    Purpose,
    Regime,
    RelationKind,
)
from schemas.fault import Fault
from schemas.terminology import systems

FOLDER = Path(__file__).parent / "pcf"
TABLE = yaml.safe_load((FOLDER / "truth.yaml").read_text("utf-8"))
LIFE_CYCLE = yaml.safe_load((FOLDER / "life_cycle.yaml").read_text("utf-8"))
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
PATIENT = CitizenKey(1)
PLACE, ELSEWHERE = OrganisationKey("ex-organization"), OrganisationKey("ex-org-researcher")
COLUMNS: Mapping[str, tuple[Rule, ...]] = {
    "pcf": pcf_rules(Implicit.DENY),
    "normal": pcf_rules(Implicit.BASIC_NORMAL),
    "danish": RULES,
}
KNOWN = {
    "Practitioner/ex-practitioner": Named(persons=frozenset({PersonKey("ex-practitioner")})),
    "Practitioner/clinician": Named(persons=frozenset({PersonKey("clinician")})),
    "Group/ex-privilegedUsers": Named(persons=frozenset({PersonKey("privileged")})),
    "Organization/ex-org-researcher": Named(organisations=frozenset({ELSEWHERE})),
}


def _record(name: str, row: Mapping[str, Any]) -> Item:
    first, last = bounds(row["when"].isoformat())
    labels = frozenset(map(Label, row.get("labels", ())))
    return Item(
        citizen=PATIENT,
        instance=f"Observation/{name}",
        signature=Signature(Category.MEASUREMENT, labels, PLACE, PLACE, PersonKey("ex-author"), Regime.HEALTH_CARE),
        period=Period(start=moment(first), end=moment(last)),
    )


RECORDS = {name: _record(name, row) for name, row in TABLE["records"].items()}
EVERY = frozenset(RECORDS)
ALCOHOL = frozenset({"ex-alcoholUse"})
ANSWERS = {"all": EVERY, "normal-only": EVERY - ALCOHOL, "alcohol-only": ALCOHOL, "none": frozenset(), False: None}
RELATED = {
    "related:Encounter/ex-encounter": frozenset({"Encounter/ex-encounter"}).union(
        one.instance for one in RECORDS.values()
    )
}


def fhir_provision(short: Mapping[str, Any]) -> dict[str, Any]:
    """The table's short form in the shape of IHE's profiles."""
    recipient = {"coding": [{"system": systems.PARTICIPATION, "code": "IRCP"}]}
    label_system = {"N": systems.CONFIDENTIALITY, "R": systems.CONFIDENTIALITY}
    full: dict[str, Any] = {"type": short["type"]}
    full |= {name: short[name] for name in ("period", "dataPeriod") if name in short}
    if "purpose" in short:
        full["purpose"] = [{"system": systems.ACT_REASON, "code": code} for code in short["purpose"]]
    if "actor" in short:
        full["actor"] = [{"role": recipient, "reference": {"reference": name}} for name in short["actor"]]
    if "securityLabel" in short:
        labels = short["securityLabel"]
        full["securityLabel"] = [{"system": label_system.get(one, systems.ACT_CODE), "code": one} for one in labels]
    data = [
        {"meaning": meaning, "reference": {"reference": name}}
        for meaning in ("instance", "related", "authoredby")
        for name in short.get(meaning, ())
    ]
    if data:
        full["data"] = data
    if "provision" in short:
        full["provision"] = [fhir_provision(nested) for nested in short["provision"]]
    return full


def fhir_consent(row: Mapping[str, Any], *, status: str = "active") -> dict[str, Any]:
    return {
        "resourceType": "Consent",
        "status": status,
        "scope": {"coding": [{"system": systems.CONSENT_SCOPE, "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": systems.LOINC, "code": "59284-0"}]}],
        "patient": {"reference": "Patient/ex-patient"},
        "dateTime": "2022-06-13",
        "performer": [{"reference": row.get("performer", "Patient/ex-patient")}],
        "organization": [{"reference": "Organization/ex-organization"}],
        "sourceReference": {"reference": row.get("source", "DocumentReference/ex-documentreference")},
        "policy": [{"uri": "http://example.org/policies/basePrivacyConsentPolicy.txt"}],
        "provision": fhir_provision(row["provision"]),
    }


def read(consent: Mapping[str, Any]) -> Directive | list[Fault]:
    return directive_of(
        consent,
        id="Consent/ex",
        version=1,
        resolve=lambda reference: KNOWN.get(reference.get("reference", "")),
    )


def directive(consent: Mapping[str, Any]) -> Directive:
    found = read(consent)
    assert isinstance(found, Directive), found
    return with_records(found, RELATED)


@cache
def standings() -> tuple[Standing, ...]:
    return tuple(
        Standing(
            person=PersonKey(name),
            authorised=True,
            functions=frozenset({Function(row["function"])}),
            organisations=frozenset({OrganisationKey(row["at"])}),
        )
        for name, row in TABLE["readers"].items()
    )


def ask(by: str, purposes: frozenset[Purpose], at: datetime) -> AccessRequest:
    reader = TABLE["readers"][by]
    return AccessRequest(
        requester=Requester(
            function=Function(reader["function"]), organisation=OrganisationKey(reader["at"]), person=PersonKey(by)
        ),
        citizen=PATIENT,
        purposes=purposes,
        action=Action.LOOK_UP,
        categories=frozenset({Category.MEASUREMENT}),
        at=at,
    )


def seen(request: AccessRequest, facts: Facts, rules: tuple[Rule, ...]) -> frozenset[str] | None:
    decision = decide(request, facts, rules)
    assert "D1" not in {reason.rule for reason in decision.reasons}
    if isinstance(decision, Denial):
        return None
    return frozenset(name for name, item in RECORDS.items() if may_disclose(decision, item))


ASKED = [
    pytest.param(row, asked, column, id=f"{row['consent']} - {asked['by']} {asked['for']} - {column}")
    for row in TABLE["consents"]
    for asked in row["asked"]
    for column in COLUMNS
]


@pytest.mark.parametrize(("row", "asked", "column"), ASKED)
def test_an_example_of_ihe_gives_each_reader_what_the_table_says(
    row: Mapping[str, Any], asked: Mapping[str, Any], column: str
) -> None:
    expected = asked[column]
    consent = fhir_consent(row)
    purposes = asked["for"] if isinstance(asked["for"], list) else [asked["for"]]
    request = ask(asked["by"], frozenset(map(Purpose, purposes)), asked.get("at", NOON))
    emergency = Declaration(
        kind=DeclarationKind.EMERGENCY,
        person=PersonKey(asked["by"]),
        organisation=PLACE,
        purpose=Purpose.BREAK_GLASS,
        period=Period(start=request.at),
    )
    facts = Facts(
        relations=(Relation(kind=RelationKind.STAY, organisation=PLACE, evidence=Evidence.NOTIFICATION),),
        declarations=(emergency,) if "emergency" in asked else (),
        directives=(directive(consent),),
        standings=standings(),
    )
    assert seen(request, facts, COLUMNS[column]) == ANSWERS[expected]


def test_the_table_has_every_example_of_ihe() -> None:
    names = [row["consent"] for row in TABLE["consents"]]
    assert len(names) == len(set(names)) == 23
    assert len(RECORDS) == 5


def _about(provision: Mapping[str, Any], status: str, *, treats: bool) -> Facts:
    stay = Relation(kind=RelationKind.STAY, organisation=PLACE, evidence=Evidence.NOTIFICATION)
    consent = fhir_consent({"provision": provision}, status=status)
    return Facts(relations=(stay,) if treats else (), directives=(directive(consent),), standings=standings())


@pytest.mark.parametrize("row", LIFE_CYCLE, ids=lambda row: row["state"])
def test_a_consent_counts_in_some_states_of_its_life_alone(row: Mapping[str, Any]) -> None:
    request = ask("clinician", frozenset({Purpose.TREATMENT}), NOON)
    period = {"period": row["period"]} if "period" in row else {}
    consent = {"type": row.get("type", "permit"), "purpose": ["TREAT"], "actor": ["Practitioner/clinician"], **period}
    facts = _about(consent, row["status"], treats=False)
    assert (seen(request, facts, pcf_rules()) is not None) is row["pcf"]
    assert (seen(request, facts, RULES) is not None) is row["danish"]
    dissenting = _about({**consent, "type": "deny"}, row["status"], treats=True)
    assert (seen(request, dissenting, RULES) is not None) is row["dissent"]


@pytest.mark.parametrize(
    ("implicit", "by", "purpose", "is_open"),
    [
        (Implicit.BASIC_NORMAL, "clinician", Purpose.TREATMENT, True),
        (Implicit.BASIC_NORMAL, "clinician", Purpose.RESEARCH, False),
        (Implicit.BASIC_NORMAL, "researcher", Purpose.TREATMENT, False),
        (Implicit.ALL_NORMAL, "researcher", Purpose.RESEARCH, True),
        (Implicit.ALL_NORMAL, "clinician", Purpose.TREATMENT, True),
        (Implicit.BREAK_GLASS_ONLY, "clinician", Purpose.BREAK_GLASS, True),
        (Implicit.BREAK_GLASS_ONLY, "clinician", Purpose.TREATMENT, False),
        (Implicit.BREAK_GLASS_ONLY, "researcher", Purpose.BREAK_GLASS, False),
        (Implicit.DENY, "clinician", Purpose.TREATMENT, False),
        (Implicit.DENY, "clinician", Purpose.BREAK_GLASS, False),
    ],
)
def test_an_implicit_policy_stands_in_for_a_missing_consent(
    implicit: Implicit, by: str, purpose: Purpose, is_open: bool
) -> None:
    request = ask(by, frozenset({purpose}), NOON)
    decision = decide(request, Facts(standings=standings()), pcf_rules(implicit), policy=implicit)
    assert isinstance(decision, Denial) is not is_open
    assert decision.policy == implicit
    assert isinstance(decide(request, Facts(), pcf_rules(implicit)), Denial)


def test_of_several_consents_a_denial_overrides_whatever_their_order() -> None:
    permit = directive(fhir_consent({"provision": {"type": "permit", "purpose": ["TREAT"]}}))
    deny = directive(fhir_consent({"provision": {"type": "deny", "securityLabel": ["R"]}}))
    request = ask("clinician", frozenset({Purpose.TREATMENT}), NOON)
    for several in ((permit, deny), (deny, permit)):
        assert seen(request, Facts(directives=several, standings=standings()), pcf_rules()) == EVERY - ALCOHOL


def test_a_denial_permits_nothing_of_what_it_leaves_out() -> None:
    deny = directive(fhir_consent({"provision": {"type": "deny", "purpose": ["TREAT"], "securityLabel": ["R"]}}))
    request = ask("clinician", frozenset({Purpose.TREATMENT}), NOON)
    assert seen(request, Facts(directives=(deny,), standings=standings()), pcf_rules()) is None


def test_an_exception_for_a_purpose_of_its_own_speaks_for_that_purpose_and_no_other() -> None:
    glass = {"type": "permit", "purpose": ["BTG"], "securityLabel": ["R"], "actor": ["Practitioner/clinician"]}
    always = {"type": "permit", "securityLabel": ["PSY"], "actor": ["Practitioner/clinician"]}
    narrow = {"type": "permit", "purpose": ["TREAT"], "securityLabel": ["N"], "provision": [glass, always]}
    wide = {"type": "permit", "purpose": ["HRESCH"]}
    given = tuple(directive(fhir_consent({"provision": one})) for one in (narrow, wide))
    normal = next(one for one in RECORDS.values() if not one.signature.labels)
    labelled = {
        label: replace(normal, signature=replace(normal.signature, labels=frozenset({label})))
        for label in (Label.RESTRICTED, Label.PSYCHIATRY, Label.HIV)
    }

    def shown(purpose: Purpose) -> set[Label]:
        request = ask("clinician", frozenset({purpose}), NOON)
        decision = decide(request, Facts(directives=given, standings=standings()), pcf_rules())
        assert isinstance(decision, Permit)
        return {label for label, item in labelled.items() if may_disclose(decision, item)}

    assert shown(Purpose.TREATMENT) == {Label.PSYCHIATRY}
    assert shown(Purpose.BREAK_GLASS) == {Label.RESTRICTED, Label.PSYCHIATRY}
    assert shown(Purpose.RESEARCH) == labelled.keys()


def test_a_purpose_that_is_not_known_is_refused_with_its_path() -> None:
    consent = fhir_consent({"provision": {"type": "permit"}})
    consent["provision"]["purpose"] = [{"system": "http://example.org/policies/purposeOfUse", "code": "FooBar"}]
    assert [fault.path for fault in read(consent)] == ["Consent.provision.purpose[0]"]


def test_related_records_of_unknown_extent_are_never_judged() -> None:
    found = read(fhir_consent({"provision": {"type": "deny", "related": ["Encounter/ex-encounter"]}}))
    assert isinstance(found, Directive)
    assert marks_in(found) == {"related:Encounter/ex-encounter"}
    with pytest.raises(ValueError, match="not known"):
        with_records(found, {})
    alone = with_records(found, {"related:Encounter/ex-encounter": frozenset({"Encounter/ex-encounter"})})
    assert alone.root.data.instances == {"Encounter/ex-encounter"}


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    names = {alias.name for alias in node.names}
    return names if isinstance(node, ast.Import) else {node.module or "", *(f"{node.module}.{name}" for name in names)}


def test_the_service_never_selects_the_policy_of_ihe() -> None:
    root = Path(__file__).parents[2]
    importers = {
        path.relative_to(root).as_posix()
        for package in ("app", "consent", "schemas", "migrations")
        for path in (root / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom) and "consent.pcf" in _imported(node)
    }
    assert importers == set()
    assert decide(ask("clinician", frozenset({Purpose.TREATMENT}), NOON), Facts()).policy == POLICY_VERSION


def test_the_last_day_of_a_consent_ends_at_midnight_in_denmark() -> None:
    row = next(row for row in TABLE["consents"] if row["consent"] == "expired-treat")
    last = datetime(2022, 12, 31, 22, 59, 59, 999999, tzinfo=UTC)
    assert directive(fhir_consent(row)).period.end == last
