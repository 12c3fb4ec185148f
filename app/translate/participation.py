"""Who took part in the citizen's treatment in person, by what somebody else wrote (Danish: egen indsats, § 42 d).

Weak and dated: the word of the place of treatment, or of another organisation. What a professional, or the assistant of
one, wrote about the own part proves nothing: whoever may write about anybody would otherwise open any record.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.translate.elements import objects, text, type_of, values
from app.translate.source import Actor, Source, actor_of
from app.translate.times import OPEN_START, Bounds, as_period, period
from consent.model import OrganisationKey, Participation, PersonKey
from consent.vocabulary import Evidence


def participations_of(resource: Mapping[str, Any], held: Bounds, *, source: Source) -> tuple[Participation, ...]:
    """Return one participation for each person whom the record names; `held` is the record's clinical period.

    A part that has not begun is none, and one that nobody ended is known to have lasted until it was written of last.
    Total on any JSON object.
    """
    if text(resource.get("status")) not in _HAPPENED.get(type_of(resource), frozenset()):
        return ()
    found: dict[PersonKey, Participation] = {}
    for actor, stated in _named(resource, source):
        start, stop = stated or held
        if actor.person in {"", source.author, source.on_behalf_of} or start > source.received_us:
            continue
        seen = max(start, source.received_us)
        bounds = (start if start > OPEN_START else source.received_us, min(stop, seen))
        if bounds[0] > bounds[1]:
            continue
        person = PersonKey(actor.person)
        found[person] = Participation(person=person, evidence=_evidence(actor, source), period=as_period(bounds))
    return tuple(found.values())


def _named(resource: Mapping[str, Any], source: Source) -> Iterator[tuple[Actor, Bounds | None]]:
    kind = type_of(resource)
    if kind == "Encounter":
        for participant in objects(resource.get("participant")):
            actor = actor_of(participant.get("individual"), resource=resource, source=source)
            yield actor, period(participant.get("period"))
        return
    for element in _AUTHORS.get(kind, ()):
        for reference in values(resource, element):
            yield actor_of(reference, resource=resource, source=source), None


def _evidence(actor: Actor, source: Source) -> Evidence:
    """Return whose word it is: of the own place, or of an organisation that has no part in the person's."""
    if not actor.organisation:
        return Evidence.SELF_ASSERTED
    tree, own, other = source.organisations, OrganisationKey(source.controller), OrganisationKey(actor.organisation)
    return Evidence.SELF_ASSERTED if tree.is_within(other, own) or tree.is_within(own, other) else Evidence.INDEPENDENT


_HAPPENED: Final[dict[str, frozenset[str]]] = {
    "Encounter": frozenset({"arrived", "triaged", "in-progress", "onleave", "finished"}),
    "Procedure": frozenset({"in-progress", "on-hold", "stopped", "completed"}),
    "Composition": frozenset({"final", "amended"}),
    "DocumentReference": frozenset({"current", "superseded"}),
    "ClinicalImpression": frozenset({"completed"}),
}
"""Types that tell of a part in the treatment, and in which status they do."""

_AUTHORS: Final[dict[str, tuple[str, ...]]] = {
    "Procedure": ("performer.actor",),
    "Composition": ("author",),
    "DocumentReference": ("author",),
    "ClinicalImpression": ("assessor",),
}
"""Where a type names who did it, beside the participants of an Encounter."""

TYPES: Final = frozenset(_HAPPENED)
