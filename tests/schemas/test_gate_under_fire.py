"""Nothing that anyone sends makes the gate raise, and what it admits is what it says."""

import json
from typing import Any

import pytest
from gate_builders import (
    CORPUS,
    allergy,
    appointment,
    condition,
    document,
    medication_request,
    narrative,
    observation,
    patient,
    transaction,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.admit import Admitted, Rejected, admit, review
from schemas.invariants import RULES
from schemas.profiles import PROFILES
from schemas.splice import entry_slices, received_meta, with_identity
from schemas.structure import node_of, type_names

SEEDS: list[dict[str, Any]] = [
    patient(
        text=narrative("<p>x</p>"),
        contact=[{"name": {"family": "x"}}],
        contained=[{"resourceType": "Organization", "id": "o", "name": "x"}],
        managingOrganization={"reference": "#o"},
    ),
    observation(component=[{"code": {"text": "x"}, "valueQuantity": {"value": 1}}], referenceRange=[{"text": "x"}]),
    condition(),
    allergy(),
    appointment(),
    medication_request(dosageInstruction=[{"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}}]),
    transaction(patient(), observation()),
    document(patient()),
]
_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["", " ", "#", "#p", "/", "Patient/", "Patient/1/_history", "urn:uuid:1", "http://", "2023-02-30", "9999-12-31",
                     "\ud800", "\x00", "<div", "0001-01-01T00:00:00+14:00"]),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just([[]]),
    st.just({"resourceType": "Patient"}),
    st.just({"coding": "x", "system": [], "code": {}}),
    st.just([{"coding": [{"system": {}, "code": []}, 1]}]),
    st.just({"reference": ["x"]}),
)  # fmt: skip
_KEYS = ["id", "extension", "url", "value", "valueString", "_birthDate", "_given", "resourceType", "reference", "contained", "meta", "profile",
         "entry", "resource", "fullUrl", "type", "identifier", "system", "component", "start", "end", "div", "coding", "\ud800", ""]  # fmt: skip


def _places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(each for key, item in below for each in _places(item, (*place, key)))]


def _put(value: Any, place: tuple[Any, ...], item: Any) -> Any:
    if not place:
        return item
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = _put(copy[place[0]], place[1:], item)
    return copy


@st.composite
def mutants(draw: st.DrawFn) -> Any:
    value: Any = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.sampled_from(_places(value)))
        target = value
        for step in place:
            target = target[step]
        if isinstance(target, dict) and draw(st.booleans()):
            target = dict(target) | {draw(st.sampled_from(_KEYS)): draw(_ODD)}
            value = _put(value, place, target)
        else:
            value = _put(value, place, draw(_ODD))
    return value


@settings(max_examples=300, deadline=None)
@given(mutants())
def test_a_mutated_resource_is_answered_and_never_raises(mutant: Any) -> None:
    answer = admit(json.dumps(mutant).encode())

    assert isinstance(answer, Admitted) or (answer.faults and all(fault.text for fault in answer.faults))
    if isinstance(mutant, dict):
        review(mutant)


@settings(max_examples=200, deadline=None)
@given(mutants())
def test_what_is_admitted_can_be_stored(mutant: Any) -> None:
    raw = json.dumps(mutant).encode()
    answer = admit(raw)
    if isinstance(answer, Rejected):
        return
    meta = received_meta(answer.resource, version=1, updated_us=0)
    stored = with_identity(raw, id="n", meta=meta, references={"Patient/bruno": "Patient/x"})

    assert isinstance(admit(stored), Admitted)
    if answer.resource["resourceType"] == "Bundle":
        assert len(entry_slices(raw)) == len(answer.resource.get("entry", []))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_answered(raw: bytes) -> None:
    assert isinstance(admit(raw), Rejected)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(SEEDS),
    st.integers(0, 5000),
    st.sampled_from([b"", b'"', b"\\", b"{", b"}", b"\x00", b"\xff", b",", b":", b"1", b"\\u"]),
)
def test_damaged_text_is_answered(seed: dict[str, Any], at: int, damage: bytes) -> None:
    raw = json.dumps(seed).encode()
    at %= len(raw)

    admit(raw[:at] + damage + raw[at + 1 :])
    admit(raw[:at])


_PARTS = st.recursive(
    _ODD,
    lambda inner: st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4) | st.lists(inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_rules_look_past_whatever_shape_they_meet(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(RULES)))
    node = node_of(name)
    keys = sorted(node.elements) if node else _KEYS
    value = data.draw(st.dictionaries(st.sampled_from(keys), _PARTS, max_size=6))
    for rule in RULES[name]:
        assert isinstance(rule.check(value), tuple)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_profiles_look_past_whatever_shape_they_meet(data: st.DataObject) -> None:
    profile = data.draw(st.sampled_from(list(PROFILES.values())))
    name = data.draw(st.sampled_from(sorted(profile.types)))
    keys = sorted(getattr(node_of(name), "elements", {}))
    value = data.draw(st.dictionaries(st.sampled_from(keys), _PARTS, max_size=6)) | {"resourceType": name}
    for check in profile.checks:
        list(check(value))


@pytest.mark.parametrize("name", [name for name in type_names() if "." not in name and name[0].isupper()])
def test_every_type_can_be_walked(name: str) -> None:
    assert node_of(name) is not None
    assert isinstance(admit(json.dumps({"resourceType": name, "foo": 1}).encode()), Rejected)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not there")
def test_the_fast_and_the_slow_reader_agree_on_the_corpus() -> None:
    for file in sorted(CORPUS.glob("dk-core/*.json")):
        raw = file.read_bytes()
        spaced = raw.replace(b'":', b'"  :')  # makes the fast reader unsure about keys
        one, other = admit(raw), admit(spaced)
        assert type(one) is type(other)
        assert isinstance(one, Rejected) or (isinstance(other, Admitted) and one.resource == other.resource)
