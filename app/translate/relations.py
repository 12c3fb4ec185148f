"""What a record proves about who treats the citizen: rows of the table of relations (Danish: behandlingsrelation).

What a party writes about itself is the weak class, shown to the citizen. Only what another organisation wrote is
independent: a referral names its receiver, and the receiver has not written it. CareTeam, generalPractitioner and
everything else prove nothing here; own GP, custody and guardianship come from register feeds alone.

Every record has at most one relation row per organisation, under an id that follows from the record: a new version
replaces the rows of the old one, and a record that proves nothing any more has none (see `superseded`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.translate.classification import Classified
from app.translate.elements import codings_at, objects, text, type_of, values
from app.translate.source import Source, actor_of
from app.translate.times import OPEN_END, OPEN_START, Bounds, as_period, bounds, period
from consent.model import OrganisationKey, Relation
from consent.vocabulary import Category, Evidence, RelationKind
from schemas.terminology import fsiii, systems

DAY_US: Final = 86_400_000_000
STAY_TAIL_US: Final = 3 * DAY_US
"""How long a finished stay still is evidence: the discharging unit answers questions and writes its letter for 72 hours
(Danish: behandlingsansvar i 72 timer). Mark: to be confirmed by a lawyer."""
STAY_REVIEW_US: Final = 180 * DAY_US
"""A stay that nobody ended or wrote about lapses. Mark: to be confirmed by a lawyer."""
APPOINTMENT_LEAD_US: Final = 14 * DAY_US
APPOINTMENT_TAIL_US: Final = 3 * DAY_US
"""An appointment is evidence while it is prepared and written up. Mark: to be confirmed by a lawyer."""
REFERRAL_US: Final = 180 * DAY_US
"""A referral that nobody ended lapses. Mark: to be confirmed by a lawyer."""
SERVICE_REVIEW_US: Final = 400 * DAY_US
"""A running service without an end is to be seen to yearly; unseen it lapses. Mark: to be confirmed by a lawyer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidenced:
    """One row of the relation table; `key` distinguishes rows of one record. `ends` says why it ends when it does."""

    key: str
    kind: RelationKind
    organisation: str
    evidence: Evidence
    start_us: int
    stop_us: int
    ends: str

    def relation(self, *, source: str) -> Relation:
        """Return the engine's value; `source` is 'Type/id'."""
        return Relation(
            kind=self.kind,
            organisation=OrganisationKey(self.organisation),
            evidence=self.evidence,
            period=as_period((self.start_us, self.stop_us)),
            source=source,
        )


def relations_of(resource: Mapping[str, Any], classified: Classified, *, source: Source) -> tuple[Evidenced, ...]:
    """Return what the record proves now; nothing when it was cancelled, entered in error, or is of another type.

    Total on any JSON object. The caller replaces all rows of the record by these, and removes them on deletion.
    """
    prove = _PROOFS.get(type_of(resource))
    if prove is None:
        return ()
    rows = {row.key: row for row in prove(resource, classified, source) if row.start_us <= row.stop_us}
    return tuple(rows.values())


def answered_by(resource: Mapping[str, Any]) -> frozenset[str]:
    """Return the addresses of the referrals that a record answers when it is final, whoever wrote it."""
    if text(resource.get("status")) not in _FINAL.get(type_of(resource), frozenset()):
        return frozenset()
    stated = (text(one.get("reference")) for one in objects(resource.get("basedOn")))
    return frozenset(address for address in stated if "ServiceRequest/" in address)


def superseded(previous: Iterable[str], now: Iterable[Evidenced]) -> frozenset[str]:
    """Return the keys of rows that a new version no longer proves."""
    return frozenset(previous) - {row.key for row in now}


def _stay(resource: Mapping[str, Any], classified: Classified, source: Source) -> Iterable[Evidenced]:
    """A stay or contact that has begun, for the unit that has it; planned and cancelled ones prove nothing."""
    status = text(resource.get("status"))
    stated = period(resource.get("period"))
    at_home = classified.signature.category is not Category.ADMISSION  # a visit by home care is no treatment
    if status not in _BEGUN or at_home or stated is None or stated[0] <= OPEN_START:
        return
    if _speaks_of_another(resource, ("serviceProvider",), source):
        return
    start, stop = stated
    stop = min(stop, max(start, source.received_us) + STAY_REVIEW_US)
    if status == "finished":
        ends = [end for value in values(resource, "period.end") if (end := bounds(value)) is not None]
        stop = (ends[0][1] if ends else start) + STAY_TAIL_US
    yield _row(classified, RelationKind.STAY, (start, stop), ends="72 hours after discharge")


def _appointment(resource: Mapping[str, Any], classified: Classified, _: Source) -> Iterable[Evidenced]:
    """A booked appointment, around its time, for the organisation that wrote it."""
    start = bounds(resource.get("start"))
    if text(resource.get("status")) not in {"booked", "arrived", "checked-in", "fulfilled"} or start is None:
        return
    end = bounds(resource.get("end")) or start
    held = (start[0] - APPOINTMENT_LEAD_US, end[1] + APPOINTMENT_TAIL_US)
    # An appointment far ahead is no key to the record today, and one long gone none any more.
    yield _row(classified, RelationKind.APPOINTMENT, held, ends="3 days after the appointment")


def _request(resource: Mapping[str, Any], classified: Classified, source: Source) -> Iterable[Evidenced]:
    """A referral (Danish: henvisning) for its receiver, and a municipal service that is ordered."""
    status = text(resource.get("status"))
    if status not in {"active", "on-hold"} or resource.get("doNotPerform") is True:
        return
    start, stop = _running(resource, ("occurrencePeriod",), "authoredOn", source, REFERRAL_US)
    if text(resource.get("intent")) in _REFERS:
        for reference in values(resource, "performer"):
            receiver = actor_of(reference, resource=resource, source=source).organisation
            if receiver and _is_independent(receiver, source):
                yield Evidenced(
                    key=f"referral:{receiver}",
                    kind=RelationKind.REFERRAL,
                    organisation=receiver,
                    evidence=Evidence.INDEPENDENT,
                    start_us=start,
                    stop_us=stop,
                    ends="when completed or revoked, at most 180 days",
                )
    yield from _services(resource, ("code", "orderDetail"), classified, source, ("occurrencePeriod",), "authoredOn")


def _plan(resource: Mapping[str, Any], classified: Classified, source: Source) -> Iterable[Evidenced]:
    """An active plan with services of the municipality; a proposal or a template proves nothing."""
    if text(resource.get("status")) != "active" or text(resource.get("intent")) not in {"plan", "order"}:
        return
    if _speaks_of_another(resource, ("author",), source):
        return
    live = [
        activity
        for activity in objects(resource.get("activity"))
        if _ENDED_ACTIVITY.isdisjoint(filter(None, map(text, values(activity, "detail.status"))))
    ]
    running = {**resource, "activity": live}
    yield from _services(running, ("activity.detail.code", "category"), classified, source, ("period",), "created")


def _services(
    resource: Mapping[str, Any],
    elements: tuple[str, ...],
    classified: Classified,
    source: Source,
    periods: tuple[str, ...],
    fallback: str,
) -> Iterable[Evidenced]:
    families = {
        fsiii.family_of(code.code)
        for element in elements
        for code in codings_at(resource, element)
        if code.system == systems.FSIII
    }
    held = _running(resource, periods, fallback, source, SERVICE_REVIEW_US)
    if not fsiii.HEALTH_SERVICES.isdisjoint(families):
        yield _row(classified, RelationKind.HEALTH_SERVICE, held, ends="when the service ends, at most 400 days")
    if None in families or not fsiii.SOCIAL_SERVICES.isdisjoint(families):  # what is not known is never treatment
        yield _row(classified, RelationKind.SOCIAL_SERVICE, held, ends="when the service ends, at most 400 days")


def _row(classified: Classified, kind: RelationKind, held: Bounds, *, ends: str) -> Evidenced:
    """Return evidence that the record's own unit gives about itself."""
    return Evidenced(
        key=kind.value,
        kind=kind,
        organisation=classified.signature.origin,
        evidence=Evidence.SELF_ASSERTED,
        start_us=held[0],
        stop_us=held[1],
        ends=ends,
    )


def _speaks_of_another(resource: Mapping[str, Any], elements: tuple[str, ...], source: Source) -> bool:
    """Tell whether an element names a unit outside the controller: then the record proves nothing for its writer."""
    units = (
        actor_of(reference, resource=resource, source=source).organisation
        for element in elements
        for reference in values(resource, element)
    )
    return any(unit and not source.is_within_controller(unit) for unit in units)


def _is_independent(receiver: str, source: Source) -> bool:
    """Tell whether a receiver has no part in what the source writes: neither lies within the other."""
    tree, own, other = source.organisations, OrganisationKey(source.controller), OrganisationKey(receiver)
    return not tree.is_within(other, own) and not tree.is_within(own, other)


def _running(
    resource: Mapping[str, Any], periods: tuple[str, ...], fallback: str, source: Source, longest_us: int
) -> Bounds:
    """Return the stated period, else the time from the fallback element on; never longer than it is seen to."""
    stated = next((found for name in periods if (found := period(resource.get(name))) is not None), None)
    if stated is None:
        written = bounds(resource.get(fallback))
        stated = (written[0] if written else source.received_us, OPEN_END)
    start = stated[0] if stated[0] > OPEN_START else source.received_us
    seen = max(start, source.received_us)
    return start, min(stated[1], seen + longest_us)


_BEGUN: Final = frozenset({"arrived", "triaged", "in-progress", "onleave", "finished"})
_REFERS: Final = frozenset({"proposal", "order", "original-order", "reflex-order", "instance-order"})
_ENDED_ACTIVITY: Final = frozenset({"completed", "cancelled", "stopped", "entered-in-error", "unknown"})

_FINAL: Final[dict[str, frozenset[str]]] = {
    "DiagnosticReport": frozenset({"final", "amended", "corrected", "appended"}),
    "Procedure": frozenset({"completed"}),
    "Encounter": frozenset({"finished"}),
    "Task": frozenset({"completed"}),
}
"""Types that answer a referral, and in which status they do."""
ANSWER_TAIL_US: Final = 3 * DAY_US
"""How long the receiver of a referral still has a relation after the answer. Mark: to be confirmed by a lawyer."""

_PROOFS: Final[dict[str, Callable[[Mapping[str, Any], Classified, Source], Iterable[Evidenced]]]] = {
    "Encounter": _stay,
    "Appointment": _appointment,
    "ServiceRequest": _request,
    "CarePlan": _plan,
}
"""Types that can prove a relation; every other type proves none, CareTeam and Patient among them."""
