"""FHIR Consent to directive and back; what cannot be enforced is refused with its path."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from translate_builders import RECEIVED_US, concept

from app.translate import Named, consent_of, directive_of, is_directive, provision_of
from app.translate.times import bounds
from consent.model import CitizenKey, DataScope, Directive, OrganisationKey, PersonKey
from consent.related import marks_in, with_records
from consent.vocabulary import Action, Category, Effect, Function, Label, Purpose, Regime, Sector
from schemas.terminology import systems

KNOWN = {
    "Practitioner/anna": Named(persons=frozenset({PersonKey("ANNA1")})),
    "Practitioner/bent": Named(persons=frozenset({PersonKey("BENT1")})),
    "Organization/hospital": Named(organisations=frozenset({OrganisationKey("110")})),
    "Organization/gp": Named(organisations=frozenset({OrganisationKey("300")})),
    "PractitionerRole/anna": Named(
        persons=frozenset({PersonKey("ANNA1")}), organisations=frozenset({OrganisationKey("110")})
    ),
    "Group/duty": Named(persons=frozenset({PersonKey("ANNA1"), PersonKey("BENT1")})),
    "RelatedPerson/mother": Named(citizens=frozenset({CitizenKey(7)})),
}


_ROLE = {"coding": [{"system": systems.PARTICIPATION, "code": "IRCP"}]}


def resolve(reference):
    return KNOWN.get(reference.get("reference"))


def consent(provision, **elements):
    return {**consent_of(patient="Patient/p", at_us=RECEIVED_US, provision=provision), **elements}


def read(provision, **elements):
    return directive_of(consent(provision, **elements), id="Consent/c", version=3, resolve=resolve)


def root(provision, **changes):
    directive = read(provision, **changes)
    assert isinstance(directive, Directive), directive
    return directive.root


def faults(provision, **elements):
    found = read(provision, **elements)
    assert isinstance(found, list)
    return {fault.path for fault in found}


def test_a_block_of_one_hospital_denies_its_readers():
    block = root(provision_of(Effect.DENY, actors=["Organization/hospital"]))
    assert block.effect is Effect.DENY
    assert block.actors.organisations == {"110"}
    assert block.actors.with_subunits


def test_a_block_may_spare_the_units_below():
    block = root(provision_of(Effect.DENY, actors=["Organization/hospital"], actors_with_subunits=False))
    assert not block.actors.with_subunits


def test_a_block_of_data_from_a_place_names_its_origin():
    block = root(provision_of(Effect.DENY, authored_by=["Organization/hospital"], authors_with_subunits=False))
    assert block.data.origins == {"110"}
    assert not block.data.with_subunits
    assert block.actors.organisations is None


def test_a_role_is_a_person_in_a_unit():
    actors = root(provision_of(Effect.DENY, actors=["PractitionerRole/anna"])).actors
    assert (actors.persons, actors.organisations) == ({"ANNA1"}, {"110"})


def test_several_persons_are_any_of_them_and_a_group_is_its_members():
    both = root(provision_of(Effect.DENY, actors=["Practitioner/anna", "Practitioner/bent"])).actors.persons
    assert both == root(provision_of(Effect.DENY, actors=["Group/duty"])).actors.persons == {"ANNA1", "BENT1"}


def test_a_mixture_of_persons_and_units_is_refused_outside_and_split_inside():
    mixed = provision_of(Effect.DENY, actors=["Practitioner/anna", "Organization/gp"])
    assert faults(mixed) == {"Consent.provision.actor"}
    nested = root(provision_of(Effect.PERMIT, nested=[mixed])).exceptions
    assert [(each.actors.persons, each.actors.organisations) for each in nested] == [({"ANNA1"}, None), (None, {"300"})]


def test_a_sector_is_everybody_who_works_in_it():
    block = root(provision_of(Effect.DENY, sectors=[Sector.HOSPITAL, Sector.REGION], functions=[Function.ASSISTANT]))
    assert block.actors.sectors == {Sector.HOSPITAL, Sector.REGION}
    assert block.actors.functions == {Function.ASSISTANT}
    assert (block.actors.persons, block.actors.organisations) == (None, None)


def test_records_of_a_sector_are_named_like_those_of_a_unit():
    block = root(provision_of(Effect.DENY, authored_in=[Sector.MUNICIPALITY], categories=[Category.PLAN]))
    assert block.data == DataScope(sectors=frozenset({Sector.MUNICIPALITY}), categories=frozenset({Category.PLAN}))


def test_a_sector_and_a_unit_are_a_mixture_refused_outside_and_split_inside():
    mixed = provision_of(Effect.DENY, actors=["Organization/gp"], sectors=[Sector.HOSPITAL])
    assert faults(mixed) == {"Consent.provision.actor"}
    nested = root(provision_of(Effect.PERMIT, nested=[mixed])).exceptions
    assert [(each.actors.organisations, each.actors.sectors) for each in nested] == [
        ({"300"}, None),
        (None, {Sector.HOSPITAL}),
    ]
    data = provision_of(Effect.DENY, authored_by=["Organization/gp"], authored_in=[Sector.HOSPITAL])
    assert faults(data) == {"Consent.provision.data"}


@pytest.mark.parametrize(
    "reference",
    [
        {"identifier": {"system": systems.SECTOR, "value": "hospitals"}},
        {"identifier": {"system": systems.SECTOR}},
        {"identifier": {"system": systems.SECTOR, "value": ["hospital"]}},
        {"reference": "Organization/gp", "identifier": {"system": systems.SECTOR, "value": "hospital"}},
    ],
)
def test_a_sector_that_is_none_or_something_else_besides_is_refused(reference):
    actor = {"role": _ROLE, "reference": reference}
    assert faults({"type": "deny", "actor": [actor]}) == {"Consent.provision.actor[0].reference"}
    data = {"meaning": "authoredby", "reference": reference}
    assert faults({"type": "deny", "data": [data]}) == {"Consent.provision.data[0].reference"}


def test_who_acts_for_the_citizen_is_no_author():
    data = provision_of(Effect.DENY, authored_by=["RelatedPerson/mother"])
    assert faults(data) == {"Consent.provision.data[0].reference"}


def test_a_representative_may_be_named():
    assert root(provision_of(Effect.DENY, actors=["RelatedPerson/mother"])).actors.citizens == {7}


def test_an_unknown_actor_is_a_fault_and_never_everybody():
    assert faults(provision_of(Effect.DENY, actors=["Practitioner/nobody"])) == {"Consent.provision.actor[0].reference"}


def test_categories_labels_purposes_and_period_of_data_are_read():
    start, stop = bounds("2022-01-01")[0], bounds("2022-12-31")[1]
    permit = root(
        provision_of(
            Effect.PERMIT,
            purposes=[Purpose.TREATMENT, Purpose.BREAK_GLASS],
            categories=[Category.MEDICATION],
            labels=[Label.NORMAL_ONLY, Label.PSYCHIATRY, Label.AUTHOR_PROTECTED],
            data_start_us=start,
            data_stop_us=stop,
        )
    )
    assert permit.purposes == {Purpose.TREATMENT, Purpose.BREAK_GLASS}
    assert permit.data.categories == {Category.MEDICATION}
    assert permit.data.labels == {Label.NORMAL_ONLY, Label.PSYCHIATRY, Label.AUTHOR_PROTECTED}
    assert permit.data.period is not None
    assert permit.data.period.start == datetime(2021, 12, 31, 23, tzinfo=UTC)


def test_the_period_of_the_provision_is_when_it_counts():
    directive = read(provision_of(Effect.DENY, start_us=RECEIVED_US))
    assert isinstance(directive, Directive)
    assert directive.period.start == datetime(2026, 1, 1, tzinfo=UTC)
    assert directive.period.end is None


def test_functions_and_regimes_are_read_from_our_extensions():
    block = root(provision_of(Effect.DENY, functions=[Function.HOME_CARE], regimes=[Regime.SOCIAL_CASE]))
    assert block.actors.functions == {Function.HOME_CARE}
    assert block.data.regimes == {Regime.SOCIAL_CASE}


def test_actions_are_read_from_fhirs_words_and_ours():
    action = [concept(systems.CONSENT_ACTION, "access"), concept(systems.ACTION, "disclose")]
    assert root({"type": "deny", "action": action}).actions == {Action.LOOK_UP, Action.DISCLOSE}


def test_single_records_and_authors_are_read():
    assert root(provision_of(Effect.DENY, instances=["Observation/1", "Observation/2"])).data.instances == {
        "Observation/1",
        "Observation/2",
    }
    assert root(provision_of(Effect.DENY, authored_by=["Practitioner/anna"])).data.authors == {"ANNA1"}


def test_a_record_named_by_an_absolute_address_is_the_same_record():
    block = root(provision_of(Effect.DENY, instances=["https://x.test/fhir/Observation/1/_history/2"]))
    assert block.data.instances == {"Observation/1"}


def test_records_and_authors_in_one_provision_are_refused():
    mixed = provision_of(Effect.DENY, instances=["Observation/1"], authored_by=["Practitioner/anna"])
    assert faults(mixed) == {"Consent.provision.data"}


@pytest.mark.parametrize("meaning", ["related", "dependents"])
def test_what_belongs_to_a_record_is_marked_until_somebody_looks_it_up(meaning):
    mark = f"{meaning}:Encounter/1"
    provision = {"type": "deny", "data": [{"meaning": meaning, "reference": {"reference": "Encounter/1"}}]}
    directive = read(provision)
    assert isinstance(directive, Directive)
    assert marks_in(directive) == {mark}
    spelt_out = with_records(directive, {mark: frozenset({"Encounter/1", "Observation/1"})})
    assert spelt_out.root.data.instances == {"Encounter/1", "Observation/1"}


def test_a_meaning_of_data_that_is_none_is_refused():
    provision = {"type": "deny", "data": [{"meaning": "whatever", "reference": {"reference": "Encounter/1"}}]}
    assert faults(provision) == {"Consent.provision.data[0].meaning"}


@pytest.mark.parametrize(
    "role", [{}, {"coding": [{"system": systems.PARTICIPATION, "code": "CST"}]}, {"text": "modtager"}]
)
def test_an_actor_who_is_not_the_recipient_is_refused(role):
    actor = {"role": role, "reference": {"reference": "Practitioner/anna"}}
    assert faults({"type": "deny", "actor": [actor]}) == {"Consent.provision.actor[0].role"}


def test_nested_provisions_keep_their_own_effect():
    nested = [
        provision_of(Effect.DENY, labels=[Label.RESTRICTED]),
        provision_of(Effect.PERMIT, labels=[Label.PSYCHIATRY], actors=["Practitioner/anna"]),
    ]
    permit = root(provision_of(Effect.PERMIT, labels=[Label.NORMAL_ONLY], nested=nested))
    assert [each.effect for each in permit.exceptions] == [Effect.DENY, Effect.PERMIT]


def test_provisions_nest_one_level_deep():
    deep = provision_of(Effect.DENY, nested=[provision_of(Effect.PERMIT, nested=[provision_of(Effect.DENY)])])
    assert faults(deep) == {"Consent.provision.provision[0].provision"}


@pytest.mark.parametrize(
    ("provision", "path"),
    [
        ({}, "Consent.provision.type"),
        ({"type": "maybe"}, "Consent.provision.type"),
        ({"type": "deny", "modifierExtension": [{"url": "x"}]}, "Consent.provision.modifierExtension"),
        (
            {"type": "deny", "purpose": [{"system": systems.ACT_REASON, "code": "FooBar"}]},
            "Consent.provision.purpose[0]",
        ),
        ({"type": "deny", "code": [concept(systems.LOINC, "74013-4")]}, "Consent.provision.code[0]"),
        (
            {"type": "deny", "class": [{"system": "urn:ietf:bcp:13", "code": "application/pdf"}]},
            "Consent.provision.class[0]",
        ),
        (
            {"type": "deny", "securityLabel": [{"system": systems.ACT_CODE, "code": "CEL"}]},
            "Consent.provision.securityLabel[0]",
        ),
        ({"type": "deny", "action": [concept(systems.CONSENT_ACTION, "correct")]}, "Consent.provision.action[0]"),
        ({"type": "deny", "dataPeriod": {"start": "nonsense"}}, "Consent.provision.dataPeriod"),
        ({"type": "deny", "dataPeriod": {"start": "2022", "end": "nonsense"}}, "Consent.provision.dataPeriod"),
        ({"type": "deny", "period": {}}, "Consent.provision.period"),
        (
            {"type": "deny", "actor": [{"role": _ROLE, "reference": {"display": "my doctor"}}]},
            "Consent.provision.actor[0].reference",
        ),
        ({"type": "deny", "data": [{"meaning": "dependents"}]}, "Consent.provision.data[0].reference"),
        ({"type": "deny", "data": [{"meaning": "instance"}]}, "Consent.provision.data[0].reference"),
        (
            {"type": "deny", "extension": [{"url": systems.FUNCTION_EXTENSION, "valueCode": "x"}]},
            "Consent.provision.extension",
        ),
    ],
)
def test_what_cannot_be_enforced_is_refused_with_its_path(provision, path):
    assert faults(provision) == {path}


@pytest.mark.parametrize("element", ["modifierExtension", "implicitRules", "except"])
def test_an_element_of_the_consent_that_is_not_read_is_refused(element):
    assert faults({"type": "deny"}, **{element: "x"}) == {f"Consent.{element}"}


def test_a_consent_without_a_provision_directs_nothing_and_says_so():
    assert faults(None) == {"Consent.provision"}


@pytest.mark.parametrize(
    ("status", "active"),
    [
        ("draft", False),
        ("proposed", False),
        ("active", True),
        ("rejected", False),
        ("inactive", False),
        ("entered-in-error", False),
    ],
)
def test_only_an_active_consent_counts(status, active):
    directive = read({"type": "deny"}, status=status)
    assert isinstance(directive, Directive)
    assert directive.active is active


def test_an_unknown_status_is_refused():
    assert faults({"type": "deny"}, status="paused") == {"Consent.status"}


def test_an_advance_directive_is_a_record_and_no_directive():
    will = consent({"type": "deny"}, scope=concept(systems.CONSENT_SCOPE, "adr"))
    assert not is_directive(will)
    assert faults({"type": "deny"}, scope=will["scope"]) == {"Consent.scope"}


def test_the_built_consent_is_one_by_the_citizen_of_our_profile():
    built = consent_of(patient="Patient/p", at_us=RECEIVED_US, provision={"type": "deny"}, words="ikke min nabo")
    assert built["performer"] == [{"reference": "Patient/p"}]
    assert built["dateTime"] == "2026-01-01T00:00:00.000Z"
    assert built["meta"]["profile"] == [systems.BLOCK_PROFILE]
    assert is_directive(built)


def _subsets(values):
    return st.lists(st.sampled_from(sorted(values)), unique=True, max_size=3)


@given(
    effect=st.sampled_from(Effect),
    actors=st.one_of(
        _subsets({"Practitioner/anna", "Practitioner/bent", "Group/duty"}),
        _subsets({"Organization/hospital", "Organization/gp"}),
    ),
    functions=_subsets(Function),
    purposes=_subsets(Purpose),
    categories=_subsets(Category),
    labels=_subsets(Label),
    instances=_subsets({"Observation/1", "Condition/2"}),
    subunits=st.booleans(),
    times=st.lists(st.integers(0, 4_000_000_000), min_size=2, max_size=2).map(sorted),
)
def test_what_is_built_reads_back_as_it_was_meant(
    effect, actors, functions, purposes, categories, labels, instances, subunits, times
):
    start, stop = (seconds * 1_000_000 for seconds in times)
    read_back = root(
        provision_of(
            effect,
            actors=actors,
            functions=functions,
            actors_with_subunits=subunits,
            purposes=purposes,
            categories=categories,
            labels=labels,
            instances=instances,
            data_start_us=start,
            data_stop_us=stop,
        )
    )
    named = [KNOWN[actor] for actor in actors]
    assert read_back.effect is effect
    assert read_back.actors.persons == (frozenset().union(*(each.persons for each in named)) or None)
    assert read_back.actors.organisations == (frozenset().union(*(each.organisations for each in named)) or None)
    assert read_back.actors.functions == (frozenset(functions) or None)
    assert read_back.actors.with_subunits is (subunits or not actors)
    assert read_back.purposes == (frozenset(purposes) or None)
    assert read_back.data.categories == (frozenset(categories) or None)
    assert read_back.data.labels == (frozenset(labels) or None)
    assert read_back.data.instances == (frozenset(instances) or None)
