"""What is left of a resource when a reader may not know what it refers to."""

import json

import pytest

from schemas.cutting import cut

ID = b"abcdefghijklmnopqrstuvwxyz"
HIDDEN = f"Encounter/{ID.decode()}"
OTHER = "Encounter/zzzzzzzzzzzzzzzzzzzzzzzzzz"


def left(resource):
    found = cut(json.dumps(resource).encode(), [ID])
    return None if found is None else json.loads(found)


def observation(**more):
    return {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "puls"}, **more}


def test_an_optional_reference_goes_and_the_rest_stays_byte_for_byte():
    raw = (
        b'{"resourceType":"Observation","id":"o","status":"final","encounter":{"reference":"Encounter/%s","display":"x"},'
        b'"valueQuantity":{"value":1.10,"unit":"\\u00b5g"},"code":{ "text" : "puls" }}' % ID
    )
    assert cut(raw, [ID]) == (
        b'{"resourceType":"Observation","id":"o","status":"final",'
        b'"valueQuantity":{"value":1.10,"unit":"\\u00b5g"},"code":{ "text" : "puls" }}'
    )


@pytest.mark.parametrize("said", [HIDDEN, f"{HIDDEN}/_history/2", f"https://here.example/fhir/{HIDDEN}"])
def test_it_is_found_however_it_is_said(said):
    assert left(observation(encounter={"reference": said, "type": "Encounter"})) == observation()


def test_of_a_list_only_what_names_it_goes_and_an_empty_list_goes_whole():
    both = [{"reference": HIDDEN}, {"reference": OTHER}]
    assert left(observation(partOf=both)) == observation(partOf=both[1:])
    assert left(observation(partOf=both[:1])) == observation()


def test_a_backbone_element_goes_with_the_reference_that_it_must_have():
    stay = {"resourceType": "Encounter", "status": "finished", "class": {"code": "IMP"}}
    diagnosis = [{"condition": {"reference": HIDDEN}, "rank": 1}, {"condition": {"reference": OTHER}, "rank": 2}]
    assert left({**stay, "diagnosis": diagnosis}) == {**stay, "diagnosis": diagnosis[1:]}
    assert left({**stay, "diagnosis": diagnosis[:1]}) == stay


def test_an_object_that_held_nothing_else_goes_with_it():
    document = {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": {"title": "x"}}]}
    assert left({**document, "context": {"encounter": [{"reference": HIDDEN}]}}) == document
    assert left({**document, "context": {"encounter": [{"reference": HIDDEN}], "id": "c"}}) == document
    kept = {**document, "context": {"encounter": [{"reference": HIDDEN}], "period": {"start": "2026"}}}
    assert left(kept) == {**document, "context": {"period": {"start": "2026"}}}


def test_an_extension_goes_with_its_value():
    extension = {"url": "https://example.org/e", "valueReference": {"reference": HIDDEN}}
    assert left(observation(extension=[extension])) == observation()
    nested = {"url": "https://example.org/n", "extension": [extension, {"url": "f", "valueBoolean": True}]}
    assert left(observation(extension=[nested])) == observation(
        extension=[{**nested, "extension": nested["extension"][1:]}]
    )


def test_an_address_and_a_text_that_names_it_go_too():
    attachment = {"contentType": "text/plain", "url": f"Binary/{ID.decode()}"}
    document = {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": attachment}]}
    assert left(document)["content"] == [{"attachment": {"contentType": "text/plain"}}]
    assert left(observation(note=[{"text": f"se {HIDDEN}"}, {"text": "ellers"}])) == observation(
        note=[{"text": "ellers"}]
    )


@pytest.mark.parametrize(("status", "stays"), [("generated", False), ("extensions", False), ("additional", True)])
def test_generated_narrative_goes_with_what_it_was_generated_from(status, stays):
    text = {"status": status, "div": "<div>puls under indlæggelsen</div>"}
    found = left(observation(text=text, encounter={"reference": HIDDEN}))
    assert found == (observation(text=text) if stays else observation())
    naming = {"status": "additional", "div": f'<div><a href=\\"{HIDDEN}\\">x</a></div>'}
    assert left(observation(text=naming)) == observation()


def test_contained_resources_are_cut_where_they_lie():
    inside = observation(id="i", encounter={"reference": HIDDEN})
    assert left(observation(contained=[inside]))["contained"] == [observation(id="i")]


def test_what_must_name_it_cannot_be_without_it():
    given = {"resourceType": "MedicationStatement", "status": "active", "subject": {"reference": "Patient/p"}}
    assert left({**given, "medicationReference": {"reference": HIDDEN}}) is None
    assert left({"resourceType": "Provenance", "target": [{"reference": HIDDEN}], "recorded": "2026"}) is None


def test_an_unknown_type_keeps_what_it_can():
    assert left({"resourceType": "Nothing", "a": {"b": [HIDDEN, "c"]}}) == {
        "resourceType": "Nothing",
        "a": {"b": ["c"]},
    }
    assert left({"resourceType": "Nothing", "a": HIDDEN}) == {"resourceType": "Nothing"}
