"""The rules of Bundles."""

from typing import Any, Final

from schemas.invariants.looking import has, object_of, objects
from schemas.invariants.rule import HERE, HOLDS, Broken, Check, Rule, one_of

JSON = dict[str, Any]

_REQUESTS: Final = frozenset({"batch", "transaction", "history"})
_RESPONSES: Final = frozenset({"batch-response", "transaction-response", "history"})


def _bdl_1(value: JSON) -> Broken:
    return HERE if "total" in value and value.get("type") not in ("searchset", "history") else HOLDS


def _bdl_2(value: JSON) -> Broken:
    return (
        HOLDS
        if value.get("type") == "searchset"
        else tuple(f".entry[{i}].search" for i, entry in objects(value, "entry") if "search" in entry)
    )


def _exactly_when(name: str, kinds: frozenset[str]) -> Check:
    """Make a rule: every entry has the element exactly when the Bundle is of one of these types."""

    def check(value: JSON) -> Broken:
        kind = value.get("type")
        if type(kind) is not str:
            return HOLDS
        wanted = kind in kinds
        return tuple(f".entry[{i}].{name}" for i, entry in objects(value, "entry") if (name in entry) != wanted)

    return check


def _bdl_7(value: JSON) -> Broken:
    if value.get("type") == "history":
        return HOLDS
    seen: set[tuple[str, Any]] = set()
    broken = []
    for index, entry in objects(value, "entry"):
        url = entry.get("fullUrl")
        if type(url) is not str:
            continue
        version = object_of(object_of(entry, "resource"), "meta").get("versionId")
        key = (url, version if type(version) is str else None)
        if key in seen:
            broken.append(f".entry[{index}].fullUrl")
        seen.add(key)
    return tuple(broken)


def _bdl_8(value: JSON) -> Broken:
    url = value.get("fullUrl")
    return (".fullUrl",) if type(url) is str and "/_history/" in url else HOLDS


def _bdl_9(value: JSON) -> Broken:
    identifier = object_of(value, "identifier")
    return (
        HERE
        if value.get("type") == "document" and not (has(identifier, "system") and has(identifier, "value"))
        else HOLDS
    )


def _bdl_10(value: JSON) -> Broken:
    return HERE if value.get("type") == "document" and "timestamp" not in value else HOLDS


def _first_is(kind: str, type_: str) -> Check:
    def check(value: JSON) -> Broken:
        if value.get("type") != kind:
            return HOLDS
        first = next(objects(value, "entry"), (0, {}))
        return HOLDS if first[0] == 0 and object_of(first[1], "resource").get("resourceType") == type_ else HERE

    return check


BUNDLES: Final[dict[str, tuple[Rule, ...]]] = {
    "Bundle": (
        Rule("bdl-1", _bdl_1),
        Rule("bdl-2", _bdl_2),
        Rule("bdl-3", _exactly_when("request", _REQUESTS)),
        Rule("bdl-4", _exactly_when("response", _RESPONSES)),
        Rule("bdl-7", _bdl_7),
        Rule("bdl-9", _bdl_9),
        Rule("bdl-10", _bdl_10),
        Rule("bdl-11", _first_is("document", "Composition")),
        Rule("bdl-12", _first_is("message", "MessageHeader")),
    ),
    "Bundle.entry": (Rule("bdl-5", one_of("resource", "request", "response")), Rule("bdl-8", _bdl_8)),
}
