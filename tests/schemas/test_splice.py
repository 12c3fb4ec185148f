"""Byte surgery: our id and meta in, resolved references in, everything else as it came."""

import json
from decimal import Decimal
from typing import Any

import pytest
from gate_builders import CORPUS, observation, patient, transaction
from hypothesis import given
from hypothesis import strategies as st

from schemas.admit import Admitted, admit
from schemas.splice import entry_slices, received_meta, with_identity

HTEST = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST", "display": "test"}
RESTRICTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
META = b'{"versionId":"1"}'


def test_id_and_meta_stand_right_after_the_type_and_nothing_else_changes() -> None:
    raw = b'{"resourceType":"Patient","id":"old","meta":{"source":"x"},"active":true,"birthDate":"1947"}'

    assert with_identity(raw, id="new", meta=META) == (
        b'{"resourceType":"Patient","id":"new","meta":{"versionId":"1"},"active":true,"birthDate":"1947"}'
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            b' {\n "active" : true , "resourceType":"Patient" ,\n\t"x": 1.10 }\n',
            b' {\n "resourceType":"Patient","id":"n","meta":{"versionId":"1"},"active" : true ,\n\t"x": 1.10 }\n',
        ),
        (b'{"id":"o","resourceType":"Patient"}', b'{"resourceType":"Patient","id":"n","meta":{"versionId":"1"}}'),
        (b'{"resourceType":"Patient"}', b'{"resourceType":"Patient","id":"n","meta":{"versionId":"1"}}'),
        (
            b'{"a":1,"i\\u0064":"o","resourceType":"Patient","met\\u0061":{"a":{"b":[1]}},"z":2}',
            b'{"resourceType":"Patient","id":"n","meta":{"versionId":"1"},"a":1,"z":2}',
        ),
    ],
)
def test_order_and_white_space_survive(raw: bytes, expected: bytes) -> None:
    assert with_identity(raw, id="n", meta=META) == expected


def test_decimals_escapes_and_long_numbers_survive() -> None:
    rest = b',"valueQuantity":{"value":1.10},"a":1.2345678901234567890123456789,"b":"\\u00e6\\/\\ud83d\\ude00","c":1E-9,"d":-0'

    assert with_identity(b'{"resourceType":"Observation"' + rest + b"}", id="n", meta=META).endswith(rest + b"}")


def test_references_are_replaced_wherever_they_stand_and_only_there() -> None:
    raw = (
        b'{"resourceType":"Observation","subject":{"reference":"urn:uuid:1"},"performer":[{"reference" : "Practitioner\\/9"},'
        b'{"reference":"Practitioner/99"}],"note":[{"text":"urn:uuid:1"},{"text":"\\"reference\\":\\"urn:uuid:1\\""}],'
        b'"identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:uuid:1"}],"content":[{"attachment":{"url":"urn:uuid:1"}}],'
        b'"extension":[{"url":"x","valueUri":"urn:uuid:1"},{"url":"Practitioner/9","valueCanonical":"urn:uuid:1"}],'
        b'"text":{"div":"<a href=\\"urn:uuid:1\\">\\u00e6</a><a href=\'urn:uuid:1\'>urn:uuid:1</a>"}}'
    )

    out = with_identity(
        raw, id="n", meta=META, references={"urn:uuid:1": "Patient/p", "Practitioner/9": "Practitioner/q"}
    )

    assert out == (
        b'{"resourceType":"Observation","id":"n","meta":{"versionId":"1"},"subject":{"reference":"Patient/p"},'
        b'"performer":[{"reference" : "Practitioner/q"},{"reference":"Practitioner/99"}],'
        b'"note":[{"text":"urn:uuid:1"},{"text":"\\"reference\\":\\"urn:uuid:1\\""}],'
        b'"identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:uuid:1"}],"content":[{"attachment":{"url":"Patient/p"}}],'
        b'"extension":[{"url":"x","valueUri":"Patient/p"},{"url":"Practitioner/9","valueCanonical":"urn:uuid:1"}],'
        b'"text":{"div":"<a href=\\"Patient/p\\">\\u00e6</a><a href=\'Patient/p\'>urn:uuid:1</a>"}}'
    )


def test_references_are_found_under_escaped_keys_too() -> None:
    raw = b'{"resourceType":"Observation","subject":{"refer\\u0065nce":"urn:uuid:1"},"note":[{"text":"reference"}]}'

    out = with_identity(raw, id="n", meta=META, references={"urn:uuid:1": "Patient/p"})

    assert b'{"refer\\u0065nce":"Patient/p"},"note":[{"text":"reference"}]' in out


def test_links_written_with_escaped_quotes_are_resolved() -> None:
    raw = b'{"resourceType":"Patient","text":{"div":"\\u003Ca href=\\u0022urn:uuid:1\\u0022\\u003E"}}'

    assert b"href=\\u0022Patient/p\\u0022" in with_identity(
        raw, id="n", meta=META, references={"urn:uuid:1": "Patient/p"}
    )


def test_conditional_references_are_replaced_as_written() -> None:
    raw = b'{"resourceType":"Observation","subject":{"reference":"Patient?identifier=x|1&b=\\u00e6"}}'

    out = with_identity(raw, id="n", meta=META, references={"Patient?identifier=x|1&b=æ": "Patient/p"})

    assert b'{"reference":"Patient/p"}' in out


def test_contained_resources_keep_their_ids() -> None:
    raw = json.dumps(observation(contained=[patient(id="p")], subject={"reference": "#p"})).encode()

    assert json.loads(with_identity(raw, id="n", meta=META))["contained"][0]["id"] == "p"


def test_served_meta_has_our_version_and_time_and_the_senders_rest() -> None:
    resource = {
        "meta": {
            "versionId": "77",
            "lastUpdated": "2001-01-01T00:00:00Z",
            "source": "urn:x",
            "profile": ["http://x"],
            "tag": [{"code": "t"}],
            "security": [RESTRICTED, HTEST],
            "extension": [{"url": "x", "valueDecimal": Decimal("1.10")}],
        }
    }

    meta = received_meta(resource, version=3, updated_us=1_700_000_000_123_999)

    assert b"1.10" in meta
    assert json.loads(meta) == {
        "versionId": "3",
        "lastUpdated": "2023-11-14T22:13:20.123Z",
        "source": "urn:x",
        "profile": ["http://x"],
        "tag": [{"code": "t"}],
        "extension": [{"url": "x", "valueDecimal": 1.1}],
        "security": [HTEST],
    }


def test_no_label_but_htest_is_served() -> None:
    assert b"security" not in received_meta({"meta": {"security": [RESTRICTED]}}, version=1, updated_us=0)
    assert received_meta({}, version=1, updated_us=0) == b'{"versionId":"1","lastUpdated":"1970-01-01T00:00:00.000Z"}'


def test_entries_are_cut_out_byte_by_byte() -> None:
    raw = b'{"resourceType":"Bundle","entry":[ {"resource": {"a":1.10 , "b":"\\u00e6"} },{"fullUrl":"x"}, {"resource":{}}]}'

    assert entry_slices(raw) == [b'{"a":1.10 , "b":"\\u00e6"}', None, b"{}"]
    assert entry_slices(b'{"resourceType":"Bundle"}') == []


def test_every_entry_of_a_transaction_becomes_a_resource_of_its_own() -> None:
    raw = json.dumps(transaction(patient(), observation())).encode()

    stored = [with_identity(each or b"", id=f"n{i}", meta=META) for i, each in enumerate(entry_slices(raw))]

    assert all(isinstance(admit(each), Admitted) for each in stored)


# Any JSON.

_TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=8)
_NUMBER = st.sampled_from(["1.10", "0.000001", "1E-9", "-0", "12345678901234567890.12345678", "1.5e3", "7"])
_SPACE = st.sampled_from(["", " ", "\n\t", "\r\n  "])


@st.composite
def _json(draw: st.DrawFn, depth: int = 2) -> str:
    """Draw JSON text with odd white space, escapes and numbers."""
    kind = draw(st.integers(0, 4 if depth else 2))
    if kind == 0:
        return draw(_NUMBER)
    if kind == 1:
        return json.dumps(draw(_TEXT), ensure_ascii=draw(st.booleans()))
    if kind == 2:
        return draw(st.sampled_from(["true", "false", "null"]))
    space = draw(_SPACE)
    parts = draw(st.lists(_json(depth - 1), max_size=3))
    if kind == 3:
        return f"[{space}" + f"{space},{space}".join(parts) + f"{space}]"
    keys = draw(st.lists(_TEXT, min_size=len(parts), max_size=len(parts), unique=True))
    pairs = [f"{json.dumps(key)}{space}:{space}{part}" for key, part in zip(keys, parts, strict=True)]
    return f"{{{space}" + f"{space},{space}".join(pairs) + f"{space}}}"


@st.composite
def _resources(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    """Draw the text of a resource, and its members other than type, id and meta as texts."""
    rest = [(f"k{index}", draw(_json())) for index in range(draw(st.integers(0, 4)))]
    members = [*rest, ("resourceType", '"Patient"')]
    members += draw(st.sampled_from([[], [("id", '"old"')], [("meta", '{"a":1}')], [("id", '"o"'), ("meta", "{ }")]]))
    members = draw(st.permutations(members))
    space, after = draw(_SPACE), draw(_SPACE)
    body = f"{space},{after}".join(f'"{key}"{after}:{space}{value}' for key, value in members)
    return f"{space}{{{after}{body}{space}}}{after}", [member for member in members if member[0].startswith("k")]


def _exact(raw: bytes | str) -> Any:
    return json.loads(raw, parse_float=str, parse_int=str, object_pairs_hook=list)


@given(_resources())
def test_splicing_loses_nothing(drawn: tuple[str, list[tuple[str, str]]]) -> None:
    text, rest = drawn

    out = with_identity(text.encode(), id="n", meta=META, references={"urn:uuid:none": "x"})

    assert _exact(out) == [
        ("resourceType", "Patient"),
        ("id", "n"),
        ("meta", [("versionId", "1")]),
        *((key, _exact(value)) for key, value in rest),
    ]
    assert all(value.encode() in out for _, value in rest)


@given(_resources())
def test_splicing_twice_is_splicing_once(drawn: tuple[str, list[tuple[str, str]]]) -> None:
    once = with_identity(drawn[0].encode(), id="n", meta=META)

    assert with_identity(once, id="n", meta=META) == once


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not there")
def test_what_others_published_survives_but_for_id_and_meta() -> None:
    for file in sorted(CORPUS.glob("*/*.json")):
        raw = file.read_bytes()
        before, after = dict(_exact(raw)), dict(_exact(with_identity(raw, id="n", meta=META)))

        assert {k: v for k, v in before.items() if k not in {"id", "meta"}} == {
            k: v for k, v in after.items() if k not in {"id", "meta"}
        }
