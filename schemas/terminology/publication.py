"""Read KL's publication of FSIII: a FHIR CodeSystem in JSON, its concepts nested below the branches.

The publication holds every concept twice, once with a legacy code and once with a UUID, in two trees. Two concepts of
one branch are the same when display and definition are; where several could be meant none is paired, and each stays
what its branch says. Branches are known by the codes of `fsiii.ROOTS`; what stands below another one is left out, so
that it counts as unknown.

Source: KL, Fælles Sprog III, CodeSystem `urn:oid:1.2.208.176.2.21` (versions 20230622 and 20240530 were looked at).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.fault import Fault
from schemas.terminology import fsiii, systems
from schemas.terminology.fsiii import Family

_MOST_CODES: Final = 50_000
_DEEPEST: Final = 16
_LONGEST: Final = 200

PublishedRow = tuple[str, Family, str | None]
"""Code as published, family, legacy form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What a file says. `unknown_branches` are the codes of branches that we do not know, `left_out` what they held."""

    version: str
    rows: tuple[PublishedRow, ...]
    paired: int
    unknown_branches: tuple[str, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class _Concept:
    code: str
    words: tuple[str, str]
    family: Family | None


def read_fsiii(resource: object) -> Publication | tuple[Fault, ...]:
    """Return the publication, or every fault with its place."""
    if not isinstance(resource, Mapping) or resource.get("resourceType") != "CodeSystem":
        return (Fault("CodeSystem", "structure", "the file is no FHIR CodeSystem"),)
    faults = list(_head_faults(resource))
    concepts: list[_Concept] = []
    branches: list[str] = []
    if isinstance(given := resource.get("concept"), list) and given:
        for index, root in enumerate(given):
            code = root.get("code") if isinstance(root, Mapping) else None
            family = _BRANCHES.get(code.casefold()) if isinstance(code, str) else None
            if isinstance(code, str) and family is None:
                branches.append(code)
            faults += _walk(root, family, f"CodeSystem.concept[{index}]", concepts, depth=1)
    else:
        faults.append(Fault("CodeSystem.concept", "required", "the code system lists no concepts"))
    faults += _table_faults(concepts)
    if faults:
        return tuple(faults[:100])
    kept = [concept for concept in concepts if concept.family is not None]
    pairs = _pairs(kept)
    return Publication(
        version=str(resource.get("version") or resource.get("date") or "without version"),
        rows=tuple((concept.code, concept.family, pairs.get(concept.code)) for concept in kept if concept.family),
        paired=sum(1 for concept in kept if fsiii.is_uuid(concept.code) and concept.code in pairs),
        unknown_branches=tuple(branches),
        left_out=len(concepts) - len(kept),
    )


def _head_faults(resource: Mapping[str, Any]) -> Iterator[Fault]:
    if systems.canonical(str(resource.get("url"))) != systems.FSIII:
        yield Fault("CodeSystem.url", "value", f"the code system is not FSIII, `{systems.FSIII}`")
    if resource.get("content") != "complete":
        yield Fault("CodeSystem.content", "value", "the code system is not complete; a fragment is not taken")


def _walk(node: object, family: Family | None, path: str, found: list[_Concept], *, depth: int) -> Iterator[Fault]:
    """Collect a concept and what lies below it."""
    if not isinstance(node, Mapping):
        yield Fault(path, "structure", "a concept is an object")
        return
    code = node.get("code")
    if not isinstance(code, str) or not 0 < len(code) <= _LONGEST or code != "".join(code.split()) or "\x00" in code:
        yield Fault(f"{path}.code", "value", "a concept has a code without spaces")
        return
    if len(found) >= _MOST_CODES or depth > _DEEPEST:
        yield Fault(path, "too-long", "the code system has more concepts, or lies deeper, than FSIII can")
        return
    found.append(_Concept(code, (_words(node, "display"), _words(node, "definition")), family))
    below = node.get("concept", [])
    if not isinstance(below, list):
        yield Fault(f"{path}.concept", "structure", "what lies below a concept is a list")
        return
    for index, each in enumerate(below):
        yield from _walk(each, family, f"{path}.concept[{index}]", found, depth=depth + 1)


def _words(node: Mapping[str, Any], key: str) -> str:
    return " ".join(str(node.get(key) or "").split())


def _table_faults(concepts: list[_Concept]) -> Iterator[Fault]:
    """Hold the list to itself and to the single codes that are written into this software."""
    for code, times in Counter(concept.code.casefold() for concept in concepts).items():
        if times > 1:
            yield Fault("CodeSystem.concept", "duplicate", f"the code `{code}` stands there {times} times")
    families = {concept.code.casefold(): concept.family for concept in concepts}
    for code, family in fsiii.SINGLE_CODES.families.items():
        if code in families and families[code] is not family:
            yield Fault("CodeSystem.concept", "business-rule", f"the code `{code}` is known in another branch")
    if concepts and not any({old.casefold(), new} & families.keys() for old, new in fsiii.ROOTS.values()):
        yield Fault("CodeSystem.concept", "business-rule", "none of the branches of FSIII is there")
    scale = {legacy for code in families if (legacy := fsiii.SINGLE_CODES.legacy.get(code)) in fsiii.SCALE_LEVELS}
    if concepts and len(scale) < len(fsiii.SCALE_LEVELS):
        yield Fault("CodeSystem.concept", "incomplete", "the scale of levels, B1 to B6, is not whole")


def _pairs(concepts: list[_Concept]) -> dict[str, str]:
    """Return 'code -> legacy form' for legacy codes and for the UUIDs that certainly mean the same."""
    legacy = [concept for concept in concepts if not fsiii.is_uuid(concept.code)]
    pairs = {concept.code: concept.code for concept in legacy}
    by_uuid = {concept.code.replace("_", "-").casefold(): concept.code for concept in legacy if "_" in concept.code}
    same: dict[tuple[Family | None, str, str], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for concept in concepts:
        same[concept.family, *concept.words][fsiii.is_uuid(concept.code)].append(concept.code)
    for old, new in same.values():
        if len(old) == len(new) == 1:
            pairs[new[0]] = old[0]
    for concept in concepts:
        if fsiii.is_uuid(concept.code) and concept.code.casefold() in by_uuid:
            pairs[concept.code] = by_uuid[concept.code.casefold()]
    return pairs


_BRANCHES: Final = {code.casefold(): family for family, pair in fsiii.ROOTS.items() for code in pair}
