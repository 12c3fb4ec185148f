"""What a record takes over from what it derives from, hangs on or is part of."""

from hypothesis import given
from hypothesis import strategies as st
from translate_builders import concept, corpus, resource

from app.translate.classification import category_of
from app.translate.inheritance import inherited_in
from app.translate.labels import labels_of
from consent.vocabulary import Category, Label
from schemas.terminology import systems

HIV = concept(systems.SKS_DIAGNOSIS, "DB24")


def inherited(*submission):
    return inherited_in(
        [((name,), content) for name, content in submission], [labels_of(each) for _, each in submission], category_of
    )


def test_measurements_of_a_report_whose_sharing_was_refused_are_refused_too():
    message = corpus("medcom-homecareobservation", "Bundle-faa0c104-0ebf-49cb-bad1-9e0f59436e18.json")
    entries = [entry["resource"] for entry in message["entry"]]
    found = inherited(*((f"{content['resourceType']}/{content['id']}", content) for content in entries))
    for content, taken in zip(entries, found, strict=True):
        if content["resourceType"] == "Observation":
            assert Label.SHARING_REFUSED in taken.labels
        if content["resourceType"] == "Patient":
            assert taken.labels == frozenset()


def test_a_report_is_as_sensitive_as_its_results_and_so_is_every_result():
    report = resource("DiagnosticReport", result=[{"reference": "Observation/1"}, {"reference": "Observation/2"}])
    found = inherited(
        ("DiagnosticReport/1", report),
        ("Observation/1", resource("Observation", code=HIV)),
        ("Observation/2", resource("Observation")),
    )
    assert [taken.labels for taken in found] == [
        {Label.HIV, Label.RESTRICTED},
        frozenset(),
        {Label.HIV, Label.RESTRICTED},
    ]


def test_a_drug_is_as_sensitive_as_why_it_is_given():
    found = inherited(
        ("Condition/1", resource("Condition", code=HIV)),
        ("MedicationRequest/1", resource("MedicationRequest", reasonReference=[{"reference": "Condition/1"}])),
    )
    assert Label.HIV in found[1].labels
    assert found[0].labels == frozenset()


def test_a_binary_takes_category_and_labels_of_the_document_that_points_to_it():
    document = resource(
        "DocumentReference",
        type=concept(systems.LOINC, "81215-6"),
        securityLabel=[concept(systems.CONFIDENTIALITY, "R")],
        content=[{"attachment": {"url": "Binary/1"}}],
    )
    found = inherited(("DocumentReference/1", document), ("Binary/1", {"resourceType": "Binary"}))
    assert found[1].category is Category.PLAN
    assert found[1].labels == {Label.RESTRICTED, Label.AUTHOR_PROTECTED}


def test_a_binary_of_a_social_case_is_of_the_social_case():
    document = resource(
        "DocumentReference",
        category=[concept(systems.FSIII, "H1.1")],
        content=[{"attachment": {"url": "Binary/1"}}],
    )
    assert inherited(("DocumentReference/1", document), ("Binary/1", {"resourceType": "Binary"}))[1].social_case


def test_references_in_a_circle_come_to_an_end():
    ring = [
        (f"Observation/{n}", resource("Observation", derivedFrom=[{"reference": f"Observation/{(n + 1) % 5}"}]))
        for n in range(5)
    ]
    ring[3][1]["code"] = HIV
    assert all(
        Label.HIV in labels_of(content) | taken.labels
        for (_, content), taken in zip(ring, inherited(*ring), strict=True)
    )


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12),
    st.sets(st.integers(0, 5)),
)
def test_labels_spread_exactly_to_what_derives_from_a_labelled_record(edges, labelled):
    records = [resource("Observation", **({"code": HIV} if n in labelled else {}), derivedFrom=[]) for n in range(6)]
    for giver, taker in edges:
        records[taker]["derivedFrom"].append({"reference": f"Observation/{giver}"})
    reached, growing = set(labelled), True
    while growing:
        more = {taker for giver, taker in edges if giver in reached} - reached
        reached |= more
        growing = bool(more)
    found = inherited(*((f"Observation/{n}", content) for n, content in enumerate(records)))
    assert {n for n, taken in enumerate(found) if taken.labels} == reached - labelled
