"""Which references are of what a record is about."""

from app.translate.pointing import about, named
from schemas.homes import HOME_OF
from schemas.pointing import ABOUT
from schemas.structure import node_of


def test_every_element_of_the_table_is_a_reference_of_a_type_that_is_kept():
    for type_, elements in ABOUT.items():
        assert type_ in HOME_OF
        assert len(set(elements)) == len(elements)
        for element in elements:
            node = node_of(type_)
            for step in element.replace(".**.", ".answer." if type_ == "QuestionnaireResponse" else ".").split("."):
                assert node is not None
                found = node.elements[step]
                node = found.node
            assert found.refers, (type_, element)


def test_a_record_is_about_what_the_table_names_and_nothing_else():
    observation = {
        "resourceType": "Observation",
        "subject": {"reference": "Patient/p"},
        "encounter": {"reference": "Encounter/e"},
        "derivedFrom": [{"reference": "Observation/a"}, {"reference": "Observation/b"}, {"display": "c"}],
        "hasMember": [{"identifier": {"value": "x"}}],
    }
    assert about(observation) == {"Observation/a", "Observation/b"}


def test_sections_and_items_are_read_however_deep_they_lie():
    section = {"entry": [{"reference": "Condition/deep"}]}
    note = {"resourceType": "Composition", "section": [{"section": [{"section": [section]}]}, {"entry": [{}]}]}
    assert about(note) == {"Condition/deep"}
    answer = {"valueReference": {"reference": "Condition/answer"}}
    form = {"resourceType": "QuestionnaireResponse", "item": [{"answer": [{"item": [{"answer": [answer]}]}]}]}
    assert about(form) == {"Condition/answer"}


def test_what_lies_inside_speaks_for_what_holds_it():
    task = {"resourceType": "Task", "id": "t", "focus": {"reference": "Condition/inside"}}
    assert about({"resourceType": "Flag", "contained": [task]}) == {"Condition/inside"}
    entry = {"resource": {"resourceType": "Condition", "contained": [task]}}
    assert about({"resourceType": "Bundle", "entry": [entry, {"resource": task}, {}]}) == {"Condition/inside"}


def test_anything_else_is_about_nothing():
    for resource in ({}, {"resourceType": "Task", "focus": "Condition/x"}, {"resourceType": "Task", "focus": [None]}):
        assert about(resource) == frozenset()


def test_a_record_names_what_it_is_not_about_patients_and_the_citizens_own_words_apart():
    references = ["Patient/p", "https://here.example/fhir/Patient/p", "Encounter/e", "Condition/c"]
    task = {"resourceType": "Task"}
    assert named(task, references, frozenset({"Condition/c"})) == {"Encounter/e"}
    assert named({"resourceType": "Consent"}, references, frozenset()) == frozenset()
