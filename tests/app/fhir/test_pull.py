"""The short way of reading what a summary is asked for with, against the write gate."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fhir import pull
from app.fhir.parameters import from_resource
from schemas.admit import Admitted, admit

CPR = "urn:oid:1.2.208.176.1.2"
PROFILE = "https://overgang.dk/fhir/StructureDefinition/admission-context"
ALLOWED = frozenset({"identifier", "profile"})
IDENTIFIER = {"name": "identifier", "valueIdentifier": {"system": CPR, "value": "0905640000"}}
CANONICAL = {"name": "profile", "valueCanonical": PROFILE}


def asked(*parts: object, **more: object) -> bytes:
    return json.dumps({"resourceType": "Parameters", "parameter": list(parts), **more}).encode()


@pytest.mark.parametrize("raw", [asked(IDENTIFIER, CANONICAL), asked(CANONICAL, IDENTIFIER), asked(IDENTIFIER)])
def test_the_usual_form_is_read_at_once(raw):
    found = pull.read(raw)

    assert found is not None
    assert found.identifier() == (CPR, "0905640000")


def _identifier(**parts: object) -> dict[str, object]:
    return {"name": "identifier", "valueIdentifier": {"system": CPR, "value": "0905640000", **parts}}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        asked(),
        asked(IDENTIFIER, IDENTIFIER),
        asked(IDENTIFIER, CANONICAL, CANONICAL),
        asked(IDENTIFIER, id="a"),
        asked(IDENTIFIER, {"name": "profile", "valueUri": PROFILE}),
        asked(IDENTIFIER, {"name": "other", "valueString": "a"}),
        asked({"name": "identifier"}),
        asked({**IDENTIFIER, "valueString": "a"}),
        asked(_identifier(use="official")),
        asked(_identifier(system="")),
        asked(_identifier(value="")),
        asked(_identifier(value=" 0905640000")),
        asked(_identifier(value="0905640000\n")),
        asked(_identifier(value=None)),
        asked(_identifier(system="urn:oid:1.2.208.176.1.2\n")),
        asked({"name": "profile", "valueCanonical": "http://a b"}),
        asked(IDENTIFIER).replace(b'"value": "', b'"value": "1", "value": "'),
        asked(IDENTIFIER).replace(b"Parameters", b"Bundle"),
        asked(IDENTIFIER) + b"{}",
    ],
)
def test_everything_else_goes_the_long_way(raw):
    assert pull.read(raw) is None


texts = st.sampled_from(
    [
        "",
        " ",
        "a",
        "0905640000",
        CPR,
        PROFILE,
        "urn:oid:01.2",
        "urn:oid:1.02",
        "urn:oid:3.1",
        "http://",
        "urn:oid:1",
        "-",
    ]
) | st.text(max_size=6)
identifiers = st.fixed_dictionaries({"system": texts, "value": texts}, optional={"use": texts, "type": texts})
parts = st.one_of(
    st.fixed_dictionaries({"name": st.just("identifier"), "valueIdentifier": identifiers}),
    st.fixed_dictionaries({"name": st.just("profile"), "valueCanonical": texts}),
    st.fixed_dictionaries({"name": texts}, optional={"valueString": texts}),
)


@given(st.lists(parts, max_size=3), st.booleans())
def test_what_is_read_at_once_the_gate_admits_with_the_same_meaning(given_parts, wide):
    raw = json.dumps(
        {"resourceType": "Parameters", "parameter": given_parts}, indent=2 if wide else None, ensure_ascii=wide
    ).encode()

    found = pull.read(raw)

    if found is not None:
        content = admit(raw, expect="Parameters")
        assert isinstance(content, Admitted)
        assert from_resource(content.resource, allowed=ALLOWED) == found
