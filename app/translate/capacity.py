"""A judgement of capacity: a ClinicalImpression with one of our codes, by the very person who is logged in.

The law wants a health professional's own judgement of this citizen in this situation, documented (Sundhedsloven § 17,
stk. 2, and § 18); who may make one is the rule W3. It says until when it counts, and, of a situation, may name the
nearest relative who then acts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from app.translate.elements import codings_at, objects, text
from app.translate.source import Source, actor_of
from app.translate.times import OPEN_END, OPEN_START, as_period, period
from consent.model import Judgement
from consent.policy import LONGEST_JUDGEMENT
from consent.vocabulary import JudgementKind
from schemas.fault import Fault
from schemas.terminology import systems


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was judged, and a reference to who is named as the nearest relative."""

    judgement: Judgement
    relative: Mapping[str, Any] | None


def is_judgement(resource: Mapping[str, Any]) -> bool:
    """Tell whether a resource judges somebody's capacity; total on any JSON object."""
    return resource.get("resourceType") == "ClinicalImpression" and any(
        code.system == systems.CAPACITY for code in codings_at(resource, "code")
    )


def judgement_of(resource: Mapping[str, Any], *, source: Source) -> Judged | list[Fault] | None:
    """Return what a judgement says, None when it says nothing (any more), or every reason why it cannot count."""
    if not is_judgement(resource) or text(resource.get("status")) != "completed":
        return None
    faults: list[Fault] = []
    kinds = [_KINDS.get(code.code) for code in codings_at(resource, "code") if code.system == systems.CAPACITY]
    kind = kinds[0] if len(kinds) == 1 else None
    if kind is None:
        faults.append(_fault("code", "code-invalid", "a judgement of capacity has one code of its list"))
    assessor = actor_of(resource.get("assessor"), resource=resource, source=source).person
    if not assessor or assessor != source.author:
        faults.append(_fault("assessor", "business-rule", "the assessor is the person who is logged in"))
    stated = period(resource.get("effectivePeriod"))
    if stated is None or stated[0] <= OPEN_START or stated[1] >= OPEN_END:
        faults.append(_fault("effectivePeriod", "required", "the judgement says from when and until when it counts"))
    elif stated[0] > source.received_us:
        faults.append(_fault("effectivePeriod.start", "business-rule", "what has not begun cannot be judged yet"))
    elif kind is not None and stated[1] - stated[0] > LONGEST_JUDGEMENT[kind] // timedelta(microseconds=1):
        days = LONGEST_JUDGEMENT[kind].days
        faults.append(_fault("effectivePeriod.end", "business-rule", f"this counts for {days} days at most"))
    relative = relative_in(resource)
    names_one = any(one.get("url") == systems.NEAREST_RELATIVE_EXTENSION for one in objects(resource.get("extension")))
    if names_one and (relative is None or kind is not JudgementKind.INCAPABLE):
        words = "one nearest relative is named, where somebody lacks the capacity in one situation"
        faults.append(_fault("extension", "business-rule", words))
    if faults or kind is None or stated is None:
        return faults
    return Judged(judgement=Judgement(kind=kind, period=as_period(stated)), relative=relative)


def relative_in(resource: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the reference to the nearest relative whom a judgement names."""
    if not is_judgement(resource):
        return None
    stated = [one for one in objects(resource.get("extension")) if one.get("url") == systems.NEAREST_RELATIVE_EXTENSION]
    reference = stated[0].get("valueReference") if len(stated) == 1 else None
    return reference if isinstance(reference, Mapping) else None


def _fault(element: str, code: str, words: str) -> Fault:
    return Fault(f"ClinicalImpression.{element}", code, words)


_KINDS: Final = {kind.value: kind for kind in JudgementKind}
