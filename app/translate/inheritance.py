"""Which labels a record takes over from the others of its submission (DESIGN: what derives inherits the highest label).

Labels flow along references. Both ways between a report and its results, because either tells of the other; towards
what only exists for another (Binary, Medication); and from what a record says that it is made of.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from app.translate.classification import regime_of
from app.translate.elements import text, type_of, values
from app.translate.source import Inherited
from consent.vocabulary import Category, Label, Regime

_FORWARD: Final[dict[str, tuple[str, ...]]] = {
    "DiagnosticReport": ("result", "media.link", "presentedForm.url"),
    "DocumentReference": ("content.attachment",),
    "Media": ("content",),
    "MedicationStatement": ("medicationReference",),
    "MedicationRequest": ("medicationReference",),
    "MedicationAdministration": ("medicationReference",),
    "MedicationDispense": ("medicationReference",),
    "Observation": ("hasMember",),
    "Communication": ("payload.contentAttachment", "payload.contentReference"),
    "Composition": ("section.entry",),
}
"""type -> elements whose targets take over its labels: parts of a whole that was labelled as a whole."""

_BACKWARD: Final[dict[str, tuple[str, ...]]] = {
    "DiagnosticReport": ("result",),
    "Observation": ("derivedFrom", "hasMember"),
    "Composition": ("section.entry",),
    "DocumentReference": ("context.related",),
    "Condition": ("evidence.detail",),
    "MedicationRequest": ("reasonReference", "medicationReference"),
    "MedicationStatement": ("reasonReference", "derivedFrom", "medicationReference"),
    "MedicationAdministration": ("reasonReference", "request", "medicationReference"),
    "MedicationDispense": ("authorizingPrescription", "medicationReference"),
    "Procedure": ("reasonReference", "report"),
    "ServiceRequest": ("reasonReference", "supportingInfo"),
    "Encounter": ("diagnosis.condition", "reasonReference"),
    "CarePlan": ("addresses", "goal"),
    "Goal": ("addresses",),
    "ClinicalImpression": ("problem", "finding.itemReference"),
    "Provenance": ("target",),
    "Task": ("focus", "reasonReference"),
    "Appointment": ("reasonReference",),
    "ImmunizationRecommendation": ("recommendation.supportingPatientInformation",),
}
"""type -> elements whose targets give it their labels: what it derives from, rests on or tells of."""


def links_of(resource: Mapping[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the references (as they stand) that take over this record's labels, and those that give it theirs."""
    kind = type_of(resource)
    return _addresses(resource, _FORWARD.get(kind, ())), _addresses(resource, _BACKWARD.get(kind, ()))


def inherited_in(
    submission: Sequence[tuple[Iterable[str], Mapping[str, Any]]],
    labels: Sequence[frozenset[Label]],
    category_of: Callable[[Mapping[str, Any]], Category],
) -> list[Inherited]:
    """Return what each record of a submission takes over from the others, in their order.

    Each record comes with the names by which references in the submission call it (fullUrl, 'Type/id'); `labels` are
    those that it earns by itself. They spread until nothing changes, which is soon: there are few of them.
    """
    place = {name: index for index, (names, _) in enumerate(submission) for name in names}
    edges: set[tuple[int, int]] = set()  # giver, taker
    holder: dict[int, int] = {}
    for index, (_, resource) in enumerate(submission):
        takers, givers = links_of(resource)
        for target in (place[name] for name in takers if name in place):
            edges.add((index, target))
            holder.setdefault(target, index)
        edges.update((place[name], index) for name in givers if name in place)
    return [
        Inherited(
            labels=flown - own,
            category=category_of(submission[holder[index]][1]) if index in holder else None,
            social_case=index in holder and regime_of(submission[holder[index]][1]) is Regime.SOCIAL_CASE,
        )
        for index, (own, flown) in enumerate(zip(labels, spread(labels, edges), strict=True))
    ]


def spread(labels: Sequence[frozenset[Label]], edges: Iterable[tuple[int, int]]) -> list[frozenset[Label]]:
    """Return the labels of records after they have flown along all edges (giver, taker)."""
    following: dict[int, list[int]] = {}
    for giver, taker in edges:
        following.setdefault(giver, []).append(taker)
    spread = list(labels)
    pending = [index for index, own in enumerate(spread) if own]
    while pending:
        giver = pending.pop()
        for taker in following.get(giver, ()):
            if not spread[giver] <= spread[taker]:
                spread[taker] |= spread[giver]
                pending.append(taker)
    return spread


def _addresses(resource: Mapping[str, Any], elements: Iterable[str]) -> frozenset[str]:
    """Return what the elements point to: by `reference`, or by `url` where an attachment lies elsewhere."""
    found: set[str] = set()
    for element in elements:
        for value in values(resource, element):
            if isinstance(value, dict):
                found.update(filter(None, (text(value.get("reference")), text(value.get("url")))))
            elif isinstance(value, str):
                found.add(value)
    return frozenset(found)
