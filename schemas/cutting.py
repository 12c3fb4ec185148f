"""Takes references out of admitted JSON, for a reader who may not know of what they name; the rest stays as it came.

Why: docs/adr/0025-named-in-passing.md.

What names it goes with the smallest part that FHIR lets be absent: a reference, an entry of a list, a backbone element
that must have the reference, an extension that has no other value. Numbers, texts and order stay; between the parts of
an object that lost one, white space may not. Narrative that was generated from the elements would say what they said,
and goes with them; narrative in an author's own words stays, as notes do.
"""

from collections.abc import Collection
from typing import Any, Final

import msgspec

from schemas.structure import NOTHING, Node, node_of

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_ENCODER: Final = msgspec.json.Encoder()
_GENERATED: Final = frozenset({"generated", "extensions"})


class _Type(msgspec.Struct):
    resourceType: str = ""  # noqa: N815  # the standard's name


class _Narrative(msgspec.Struct):
    status: str = ""


_TYPE: Final = msgspec.json.Decoder(_Type)
_NARRATIVE: Final = msgspec.json.Decoder(_Narrative)


def cut(raw: bytes, ids: Collection[bytes]) -> bytes | None:
    """Return the resource without what names one of `ids`; `None` when it must not be without it.

    `ids` are logical ids, long and random: wherever one stands, it is that one.
    """
    return _without(raw, ids, NOTHING)


def _without(raw: bytes, ids: Collection[bytes], node: Node) -> bytes | None:
    """Return a value that names one of `ids` without that, or `None`."""
    first = raw.lstrip()[:1]
    if first == b"{":
        return _object(raw, ids, node)
    return _list(raw, ids, node) if first == b"[" else None


def _object(raw: bytes, ids: Collection[bytes], node: Node) -> bytes | None:
    members = {key: bytes(value) for key, value in _OBJECT.decode(raw).items()}
    is_resource = "resourceType" in members
    if is_resource:
        node = node_of(_TYPE.decode(raw).resourceType) or NOTHING
    elif node.name == "Reference":
        return None
    kept: dict[str, bytes] = {}
    lost: set[str] = set()
    for key, value in members.items():
        if not _names(value, ids):
            kept[key] = value
            continue
        element = node.elements.get(key)
        left = _without(value, ids, NOTHING if element is None else element.node)
        if left is None:
            lost.add(node.choices.get(key, key))
        else:
            kept[key] = left
    if lost & {*node.required, "resource"} or (node.name == "Extension" and lost):
        return None
    if is_resource and "text" in kept and _NARRATIVE.decode(kept["text"]).status in _GENERATED:
        del kept["text"]
    if not kept.keys() - {"id"}:
        return None
    return b"{%s}" % b",".join(_ENCODER.encode(key) + b":" + value for key, value in kept.items())


def _list(raw: bytes, ids: Collection[bytes], node: Node) -> bytes | None:
    items: list[bytes] = []
    for item in _LIST.decode(raw):
        value = bytes(item)
        left: Any = _without(value, ids, node) if _names(value, ids) else value
        if left is not None:
            items.append(left)
    return b"[%s]" % b",".join(items) if items else None


def _names(value: bytes, ids: Collection[bytes]) -> bool:
    return any(id_ in value for id_ in ids)
