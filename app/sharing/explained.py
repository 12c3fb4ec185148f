"""An explanation as FHIR Parameters, in Danish and English; described in docs/explain.md. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from consent.explain import NAMES, NOTES, Guidance, sentences
from consent.model import AccessRequest, PersonKey, Reason
from consent.prospect import CHOICES, Outcome, Prospect, Verdict
from consent.vocabulary import Category
from schemas.terminology import systems

Part = dict[str, Any]

_OUTCOMES: dict[Outcome, Guidance] = {
    Outcome.YES: Guidance(da="Der er adgang.", en="Access is given."),
    Outcome.PARTLY: Guidance(da="Der er adgang til en del.", en="Access is given to a part."),
    Outcome.NO: Guidance(da="Der er ikke adgang.", en="Access is not given."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """The answer about one record."""

    instance: str
    category: Category
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """All that an explanation says. `organisation` is a name; `notes` are keys of `consent.explain.NOTES`."""

    request: AccessRequest
    person: PersonKey | None
    prospects: tuple[Prospect, ...]
    records: tuple[Told, ...]
    notes: tuple[str, ...]
    organisation: str
    advice: Guidance | None = None


def rendered(told: Explained) -> bytes:
    """Return the Parameters of `$explain-access`."""
    return msgspec.json.encode({"resourceType": "Parameters", "parameter": list(_parameters(told))})


def _parameters(told: Explained) -> Iterable[Part]:
    outcome = _whole(told.prospects)
    yield {"name": "outcome", "valueCode": outcome.value}
    yield _texts("text", _OUTCOMES[outcome])
    yield from _asked(told)
    for prospect in told.prospects:
        yield {
            "name": "category",
            "part": [
                {
                    "name": "code",
                    "valueCoding": {
                        "system": systems.CATEGORY,
                        "code": prospect.category.value,
                        "display": NAMES[prospect.category].da,
                    },
                },
                {"name": "outcome", "valueCode": prospect.outcome.value},
                *_because(prospect.reasons),
            ],
        }
    for record in told.records:
        yield {
            "name": "record",
            "part": [
                {"name": "reference", "valueReference": {"reference": record.instance}},
                {"name": "category", "valueCode": record.category.value},
                {"name": "outcome", "valueCode": (Outcome.YES if record.verdict.permitted else Outcome.NO).value},
                *_because(record.verdict.reasons),
            ],
        }
    protected = sorted({reason.rule for prospect in told.prospects for reason in prospect.protected})
    yield from ({"name": "protected", "valueCode": rule} for rule in protected)
    for reason in _rules(told):
        yield _rule(reason)
    for key in told.notes:
        yield {"name": "note", "part": [{"name": "code", "valueCode": key}, *_both(NOTES[key])]}
    if told.advice is not None:
        yield _texts("asking-for-consent", told.advice)


def _whole(found: tuple[Prospect, ...]) -> Outcome:
    outcomes = {one.outcome for one in found}
    return outcomes.pop() if len(outcomes) == 1 else Outcome.PARTLY


def _asked(told: Explained) -> Iterable[Part]:
    who = told.request.requester
    yield {"name": "function", "valueCode": who.function.value}
    yield {
        "name": "organisation",
        "valueReference": {
            "identifier": {"system": systems.SOR, "value": who.organisation or ""},
            "display": told.organisation,
        },
    }
    if told.person is not None:
        yield {"name": "person", "valueString": told.person}
    yield from ({"name": "purpose", "valueCode": purpose.value} for purpose in sorted(told.request.purposes))
    at = told.request.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    yield {"name": "at", "valueInstant": at}
    yield from (
        {"name": "policy", "valueString": policy} for policy in sorted({one.decision.policy for one in told.prospects})
    )


def _because(reasons: Iterable[Reason]) -> Iterable[Part]:
    reasons = list(reasons)
    yield from ({"name": "rule", "valueCode": rule} for rule in dict.fromkeys(reason.rule for reason in reasons))
    for reason in reasons:
        if reason.directive and reason.rule in CHOICES:
            yield {"name": "directive", "valueReference": {"reference": reason.directive}}
        elif reason.directive:
            yield {"name": "agreement", "valueString": reason.directive}


def _rules(told: Explained) -> Iterable[Reason]:
    """Return every reason once, whatever directive stands behind it."""
    reasons = [reason for prospect in told.prospects for reason in (*prospect.reasons, *prospect.protected)]
    reasons += [reason for record in told.records for reason in record.verdict.reasons]
    once = {(reason.effect, reason.rule, reason.evidence or ""): reason for reason in reasons}
    return [once[key] for key in sorted(once)]


def _rule(reason: Reason) -> Part:
    parts: list[Part] = [
        {"name": "code", "valueCode": reason.rule},
        {"name": "effect", "valueCode": reason.effect.value},
        {"name": "paragraph", "valueString": reason.paragraph},
        {"name": "mark", "valueString": reason.mark},
    ]
    if reason.evidence is not None:
        parts.append({"name": "evidence", "valueCode": reason.evidence.value})
    (da,), (en,) = sentences([reason], "da"), sentences([reason], "en")
    return {"name": "rule", "part": [*parts, *_both(Guidance(da=da, en=en))]}


def _texts(name: str, text: Guidance) -> Part:
    return {"name": name, "part": _both(text)}


def _both(text: Guidance) -> list[Part]:
    return [{"name": "da", "valueString": text.da}, {"name": "en", "valueString": text.en}]
