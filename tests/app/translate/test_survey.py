"""One walk finds what several simple ones would, and what it counts lets the bytes be changed without a search."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.translate.survey import survey
from schemas.splice import URI_KEYS, with_identity

REFERENCES = {
    "urn:uuid:1": "Patient/one",
    "urn:uuid:12": "Observation/twelve",
    "Patient/p": "Patient/one",
    "Patient/one": "Patient/other",  # what we call one thing, the client called another
    "urn:a\\b": "Binary/backslash",
}
TEXTS = [
    *REFERENCES,
    "urn:uuid:3",
    "http://example.org/Patient/p",
    'say "urn:uuid:1"',
    '<a href="urn:uuid:1">x</a>',
    "#p",
]
KEYS = [
    "reference",
    "url",
    "valueUri",
    "value",
    "identifier",
    "code",
    "system",
    "contained",
    "text",
    "meta",
    "div",
    "x",
]
values = st.recursive(
    st.sampled_from(TEXTS) | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
resources = st.dictionaries(st.sampled_from(KEYS), values, max_size=5).map(
    lambda rest: {"resourceType": "Basic", **rest}
)


def spelt(value: Any, seed: int) -> bytes:
    """Write JSON as somebody might who escapes now and then what needs no escape."""
    text = json.dumps(value)
    rng = random.Random(seed)  # noqa: S311  # nothing secret
    if rng.random() < 0.5:
        text = "".join("\\/" if char == "/" and rng.random() < 0.3 else char for char in text)
    if rng.random() < 0.5:
        text = "".join("\\u0072" if char == "r" and rng.random() < 0.1 else char for char in text)
    return text.encode()


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects_in(inner)


def replaced(value: Any) -> Any:
    """Replace references the plain way."""
    if isinstance(value, dict):
        return {
            key: REFERENCES.get(inner, inner)
            if isinstance(inner, str) and (key == "reference" or (key in URI_KEYS and inner.startswith("urn:")))
            else replaced(inner)
            for key, inner in value.items()
        }
    return [replaced(inner) for inner in value] if isinstance(value, list) else value


@given(resources)
def test_references_are_replaced_as_a_plain_walk_replaces_them_and_nothing_that_was_received_changes(content) -> None:
    before = json.dumps(content)
    resolved = survey(content).resolved(REFERENCES)
    assert resolved.resource == replaced(content)
    assert json.dumps(content) == before


@given(resources)
def test_every_reference_and_everything_that_may_name_a_citizen_is_found(content) -> None:
    found = survey(content)
    stated = [
        text for item in objects_in(content) for key in ("reference", "url") if isinstance(text := item.get(key), str)
    ]
    assert sorted(found.references()) == sorted(stated)
    resolved = found.resolved(REFERENCES)
    named = [item for item in objects_in(resolved.resource) if "reference" in item or "identifier" in item]
    assert sorted(map(repr, resolved.naming)) == sorted(repr(item) for item in named if "resourceType" not in item)


@given(resources, st.integers())
def test_bytes_that_are_changed_by_count_are_those_that_are_changed_by_search(content, seed) -> None:
    raw, counted = spelt(content, seed), survey(content).resolved(REFERENCES).replaced
    searched = with_identity(raw, id="x", meta=b"{}", references=REFERENCES)
    assert with_identity(raw, id="x", meta=b"{}", references=REFERENCES, replaced=counted) == searched


@pytest.mark.parametrize(
    "raw",
    [
        rb'{"resourceType":"Basic","subject":{"reference":"urn:uuid:1"},"identifier":[{"value":"urn:uuid:1"}]}',
        rb'{"resourceType":"Basic","subject":{"reference":"\u0075rn:uuid:1"},"identifier":[{"value":"urn:uuid:1"}]}',
        rb'{"resourceType":"Basic","subject":{"reference":"Patient\/p"},"identifier":[{"value":"Patient/p"}]}',
        rb'{"resourceType":"Basic","subject":{"reference":"urn:uuid:1"},"x":"say \"urn:uuid:1"}',
        rb'{"resourceType":"Basic","meta":{"x":{"reference":"urn:uuid:1"}},"identifier":[{"value":"urn:uuid:1"}]}',
        rb'{"resourceType":"Basic","_id":{"x":{"reference":"urn:uuid:1"}},"identifier":[{"value":"urn:uuid:1"}]}',
        rb'{"resourceType":"Basic","a":{"reference":"Patient/p"},"b":{"reference":"Patient/one"}}',
        rb'{"resourceType":"Basic","text":{"div":"<a href=\"urn:uuid:12\">x<\/a>"},"a":{"reference":"urn:uuid:1"}}',
        rb'{"resourceType":"Basic","text":{"div":"<a href=\"urn:uuid:12\">x</a>"},"a":{"reference":"urn:uuid:1"}}',
        rb'{"resourceType":"Basic","a":{"reference":"urn:uuid:1"},"urn:uuid:1":{"url":"x"}}',
        b"""{"resourceType":"Basic","text":{"div":"<a href = 'urn:uuid:12'>x</a>"},"a":{"reference":"urn:uuid:1"}}""",
        rb'{"resourceType":"Basic","text":{"div":"<img src= \"urn:uuid:12\"/>"},"a":{"reference":"urn:uuid:1"}}',
        rb'{"resourceType":"Basic","text":{"div":"<a href=\u0022urn:uuid:12\u0022/>"},"a":{"reference":"urn:uuid:1"}}',
    ],
)
def test_a_text_that_is_no_reference_stays_though_it_is_the_same(raw) -> None:
    counted = survey(json.loads(raw)).resolved(REFERENCES).replaced
    changed = with_identity(raw, id="x", meta=b"{}", references=REFERENCES, replaced=counted)
    assert changed == with_identity(raw, id="x", meta=b"{}", references=REFERENCES)
    expected = replaced({k: v for k, v in json.loads(raw).items() if k not in {"meta", "_id", "text"}})
    assert {k: v for k, v in json.loads(changed).items() if k in expected} == expected


def test_the_parts_of_a_document_state_their_own_codes() -> None:
    coded = {"coding": [{"system": "s", "code": "inner"}]}
    document = {
        "resourceType": "Bundle",
        "entry": [
            {"resource": {"resourceType": "Condition", "code": coded, "contained": [{"id": "c", "code": "held"}]}}
        ],
    }
    assert [[item["code"] for item in part.codings] for part in survey(document).parts] == [[], ["inner"], ["held"]]


def test_depth_is_no_matter() -> None:
    deep: Any = {"reference": "urn:uuid:1"}
    for _ in range(5_000):
        deep = {"x": [[deep]]}
    found = survey(deep)
    assert found.references() == ["urn:uuid:1"]
    assert found.resolved(REFERENCES).references == ["Patient/one"]
