"""A search by a reader who may not know of some records: as if nothing named them."""

from app.search.index import index
from app.search.parse import parse
from app.search.query import Missing, References, unnaming
from app.search.registry import PARAMETERS
from app.search.values import hash_reference, identifier_hashes

HIDDEN = "Encounter/abcdefghijklmnopqrstuvwxya"
OTHER = "Encounter/abcdefghijklmnopqrstuvwxyb"
HASHES = {hash_reference(HIDDEN)}


def query(*pairs):
    return parse("Observation", [("patient", "abcdefghijklmnopqrstuvwxyc"), *pairs])


def test_a_search_by_what_must_not_be_named_finds_nothing():
    assert unnaming(query(("encounter", HIDDEN)), HASHES) is None


def test_of_several_values_the_others_are_left():
    narrower = unnaming(query(("encounter", f"{HIDDEN},{OTHER}"), ("code", "x")), HASHES)
    references = [clause for clause in narrower.clauses if isinstance(clause, References)]
    assert [hash_reference(OTHER) in one.values for one in references] == [True]
    assert HASHES.isdisjoint(references[0].values)
    assert len(narrower.clauses) == 2


def test_a_reference_to_it_counts_as_missing_and_other_kinds_of_missing_stay():
    asked = query(("encounter:missing", "true"), ("date:missing", "true"))
    narrower = unnaming(asked, HASHES)
    missing = {clause.kind: clause.unless for clause in narrower.clauses if isinstance(clause, Missing)}
    assert missing == {"reference": tuple(HASHES), "date": ()}
    assert narrower.key != asked.key


def test_a_number_beside_the_name_of_a_record_is_not_indexed():
    row = PARAMETERS["Observation"]["encounter"]
    named = {"reference": HIDDEN, "identifier": {"system": "s", "value": "v"}}
    alone = {"identifier": {"system": "s", "value": "v"}}
    ward = {"reference": "Organization/x", "identifier": {"system": "s", "value": "v"}}

    def found(element, value):
        rows = index({"resourceType": "Observation", element: value}).references
        return {hashed for number, hashed in rows if number in PARAMETERS["Observation"][element].numbers}

    assert row.numbers
    assert found("encounter", named) == {hash_reference(HIDDEN)}
    assert found("encounter", alone) == set(identifier_hashes("s", "v"))
    assert found("performer", [ward]) == {hash_reference("Organization/x"), *identifier_hashes("s", "v")}
