"""Byte surgery on admitted JSON: our id and meta in, resolved references in, every other byte as it came.

All functions take JSON that `admit` has let in (well-formed, no key twice); on anything else they may raise
`ValueError`. Nothing is parsed into numbers and written again, so decimals, escapes, order and white space survive.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import msgspec

JSON = dict[str, Any]

_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_KEY = re.compile(rb'[ \t\r\n]*+,?[ \t\r\n]*+("[^"\\]*+(?:\\.[^"\\]*+)*+"[ \t\r\n]*+:[ \t\r\n]*+)')
OURS: Final = frozenset({"id", "_id", "meta"})
"""Elements of a resource in whose place ours stand."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _Entry(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw(b"")


class _Bundle(msgspec.Struct):
    entry: list[_Entry] = []


_BUNDLE: Final = msgspec.json.Decoder(_Bundle)


def entry_slices(raw: bytes) -> list[bytes | None]:
    """Return the received bytes of each `Bundle.entry[i].resource`, `None` where an entry has none."""
    return [bytes(entry.resource) or None for entry in _BUNDLE.decode(raw).entry]


def with_identity(
    raw: bytes,
    *,
    id: str,
    meta: bytes,
    references: Mapping[str, str] | None = None,
    replaced: Mapping[str, int] | None = None,
) -> bytes:
    """Return `raw` with our `id` and `meta` in place of the received ones, and with `references` resolved.

    Both stand right after `resourceType`. `meta` is JSON. `references` maps a received reference, exactly as written
    in the decoded JSON, to the new one. It is looked up for the value of every `reference`; what begins with `urn:`
    also for addresses (`url`, `endpoint`, `valueUri` and its kin) and for links in narrative, as transactions demand.
    Other texts that happen to be the same, identifiers above all, stay. `replaced`, when it is known, says which of
    them stand in the content where they are looked up, and how often; it saves the search.

    Source: https://hl7.org/fhir/R4/http.html#trules
    """
    members = _MEMBERS.decode(raw)
    pending = {"resourceType", *OURS} & members.keys()
    lead, type_, end = b"", b"", raw.index(b"{") + 1
    kept: list[bytes] = []
    for key, value in members.items():
        match = _KEY.match(raw, end)
        if match is None:
            raise ValueError("the text is not what was admitted")
        before, start, end = end, match.start(1), match.end() + len(memoryview(value))
        lead = lead or raw[:start]
        if key == "resourceType":
            type_ = raw[start:end]
        elif key not in OURS:
            between = raw[before:start]
            kept.append(between if b"," in between else b",")
            kept.append(raw[start:end])
        pending.discard(key)
        if not pending:  # all that is left stays as it is
            break
    rest = b"".join(kept) + raw[end:]
    own = b',"id":' + _ENCODER.encode(id) + b',"meta":' + meta
    if references:
        quick = _exchanged(rest, references, replaced) if replaced is not None else None
        rest = _resolved(rest, references) if quick is None else quick
    return lead + type_ + own + rest


def _exchanged(body: bytes, references: Mapping[str, str], replaced: Mapping[str, int]) -> bytes | None:
    """Return the rest of an object with references replaced; None when it must be searched for them.

    INVARIANT: a text is exchanged only when it stands exactly as often as it is to be replaced. Without escapes no JSON
    string has a second spelling, so all that are to be replaced are among those that are counted, and are all of them.
    """
    if _may_hide_links(body):
        return None
    for text, times in replaced.items():
        literal = b'"%s"' % text.encode()
        if not text.isprintable() or "\\" in text or '"' in text or body.count(literal) != times:
            return None
        if references[text] in replaced:  # it would be exchanged once more
            return None
        body = body.replace(literal, _ENCODER.encode(references[text]))
    return body


def _may_hide_links(body: bytes) -> bool:
    """Tell whether text may be written in two ways, or a narrative has links; sometimes true when neither is so."""
    pieces = body.split(b"\\")
    if any(piece.startswith((b"u", b"/")) for piece in pieces[1:]):
        return True
    if any(piece.rstrip(b" \t").endswith(b"=") and piece.rstrip(b" \t=").endswith(_LINKING) for piece in pieces[:-1]):
        return True
    return b"'" in body and any(name in body for name in _LINKING)


_LINKING: Final = (b"href", b"src")
_BACKSLASH: Final = ord("\\")
_STRING: Final = rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
URI_KEYS: Final = ("url", "valueUri", "valueUrl", "valueUuid", "valueOid", "endpoint")
_KEYS: Final = "|".join(("reference", "div", *URI_KEYS)).encode()
_PLAIN = re.compile(rb'("(' + _KEYS + rb')"[ \t\r\n]*+:[ \t\r\n]*+)' + _STRING)
_ANY = re.compile(rb"(" + _STRING + rb"[ \t\r\n]*+:[ \t\r\n]*+)" + _STRING + rb"|" + _STRING)
_ESCAPED_LETTER = re.compile(rb"\\u00[4-7]")
_LINK = re.compile(rb"""(\b(?:href|src)[ \t]*=[ \t]*(\\"|'|\\u002[27]))(urn:[^"'\\]*)(?=\2)""")


def _resolved(body: bytes, references: Mapping[str, str]) -> bytes:
    """Return the rest of an object with every reference that is in `references` replaced."""

    def replace(match: re.Match[bytes]) -> bytes:
        if match[1] is None or body[match.start() - 1] == _BACKSLASH:
            return match[0]  # a value, or the end of a longer key
        key = _text(match[2])
        if key == "div":
            return match[1] + b'"' + _LINK.sub(relink, match[3]) + b'"'
        value = _text(match[3])
        if value in references and (key == "reference" or (key in URI_KEYS and value.startswith("urn:"))):
            return match[1] + _ENCODER.encode(references[value])
        return match[0]

    def relink(link: re.Match[bytes]) -> bytes:
        address = link[3].decode()
        return link[1] + references.get(address, address).encode()

    # A key may be written with escapes, though nobody does; only then every string must be looked at.
    return (_ANY if _ESCAPED_LETTER.search(body) else _PLAIN).sub(replace, body)


def _text(literal: bytes) -> str:
    """Decode what stands between the quotes of a JSON string."""
    return literal.decode() if b"\\" not in literal else str(json.loads(b'"' + literal + b'"'))


_TEST_DATA: Final = ("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST")
_SERVED: Final = frozenset({"versionId", "lastUpdated", "security", "_versionId", "_lastUpdated"})


@lru_cache(maxsize=64)  # a transaction has one time
def _instant(ms: int) -> str:
    moment = _EPOCH + timedelta(milliseconds=ms)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def received_meta(resource: JSON, *, version: int, updated_us: int) -> bytes:
    """Return the meta that we serve: our version and time; the sender's profile, tag, source and extensions; HTEST.

    No other security label is kept: labels are classified at intake and added for those who may see them.
    `updated_us` is microseconds since 1970 UTC; it is written in whole milliseconds, rounded down.
    """
    received = resource.get("meta")
    kept = received if type(received) is dict else {}
    meta: JSON = {"versionId": str(version), "lastUpdated": _instant(updated_us // 1000)}
    meta |= {key: value for key, value in kept.items() if key not in _SERVED}
    labels = kept.get("security")
    test = [
        label
        for label in (labels if type(labels) is list else ())
        if (label.get("system"), label.get("code")) == _TEST_DATA
    ]
    if test:
        meta["security"] = test
    return _ENCODER.encode(meta)
