"""A hospital notification becomes a stay: `$process-message`. Every message gets an acknowledgement, whatever it says.

A notification is evidence for the hospital that sent it, and for nobody else. A municipality is told where it has an
active health service for the citizen (Retssikkerhedsloven § 12 c); no municipal relation comes of it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import msgspec

from app import audit, gate, records
from app.bridge import stays as course
from app.bridge.acknowledgement import BUSY, CITIZEN_REFUSED, Answer, Ids, acknowledge
from app.bridge.hospital_notification import Notification, read
from app.bridge.message import Envelope, Refusal, envelope
from app.bridge.organisation import Party
from app.bridge.parties import check_parties, check_times
from app.bridge.stays import RelationEvidence, Stay, Step
from app.context import Call, Service
from app.errors import (
    AccessRefusedError,
    InvalidContentError,
    MalformedContentError,
    NotFoundError,
    StaleError,
    TooCostlyError,
)
from app.runtime import from_us, random_id
from app.sharing.entries import Entry
from app.sharing.submit import TRIES, Submission, submit
from app.sharing.values import Acknowledged, Written
from app.store import (
    answers,
    bookkeeping,
    citizens,
    directory,
    disclosures,
    facts,
    outbox,
    relations,
    stays,
    versions,
)
from app.store.controller import controller_of, kind_of
from app.store.database import Snapshot
from app.store.directory import Directory
from app.store.disclosures import Disclosure
from app.store.job import Job, Write
from app.store.outbox import Notice
from app.store.stays import StayRow
from app.store.tables import NO_CITIZEN
from consent import decide
from consent.model import (
    NOBODY,
    AccessRequest,
    CitizenKey,
    Facts,
    OrganisationKey,
    Period,
    Permit,
    Relation,
    Requester,
)
from consent.vocabulary import Action, Category, Evidence, Function, Purpose, RelationKind
from schemas.admit import Admitted, admit
from schemas.fault import Fault
from schemas.homes import HOME_OF

_PATIENT, _ENCOUNTER = "urn:uuid:00000000-0000-4000-8000-000000000001", "urn:uuid:00000000-0000-4000-8000-000000000002"
_HAVE_STAYS = frozenset({"hospital"})
"""Kinds of organisation whose notifications count: nobody else's stay makes a municipality stop its help."""
_STATUS = {Answer.OK: 200, Answer.FATAL: 422, Answer.TRANSIENT: 503}
OWN = Party(sor="999999999999999", gln="", name="Overgang")
"""How the service names itself in acknowledgements; synthetic until an operator is registered."""


async def receive_message(service: Service, call: Call, *, raw: bytes) -> Acknowledged:
    """Process one message and return its acknowledgement.

    Raises:
        MalformedContentError, TooCostlyError: not JSON or no resource, so there is nobody to acknowledge to.
        NotAuthenticatedError: the client is not registered.
    """
    content = admit(raw, expect=None, max_bytes=service.settings.max_body_bytes)
    if not isinstance(content, Admitted):
        return await _refused_by_gate(service, call, raw, content.kind, content.faults)
    to, notification = envelope(content.resource), read(content.resource)
    if isinstance(notification, Refusal):
        return await _fatal(service, call, to, notification.faults)
    if faults := await _party_faults(service, call, notification):
        return await _fatal(service, call, to, faults)
    return await _advanced(service, call, to, notification, _patient_of(content))


async def _advanced(
    service: Service, call: Call, to: Envelope, notification: Notification, patient: Entry
) -> Acknowledged:
    """Process a sound notification, again and again while others write about the citizen."""
    for _ in range(TRIES):
        try:
            return await _processed(service, call, to, notification, patient)
        except StaleError:
            continue
        except AccessRefusedError:  # the refusal is recorded already
            refused = _made(call, to, Answer.FATAL, (CITIZEN_REFUSED,))
        except NotFoundError:  # the Encounter of this stay is another unit's
            refused = await _acknowledged(service, call, to, Answer.FATAL, (CITIZEN_REFUSED,))
        except InvalidContentError as error:
            refused = await _fatal(service, call, to, error.faults)
        return replace(refused, rests_on_records=True)
    return await _acknowledged(service, call, to, Answer.TRANSIENT, (BUSY,))


async def _refused_by_gate(
    service: Service, call: Call, raw: bytes, kind: str, faults: tuple[Fault, ...]
) -> Acknowledged:
    if kind == "too-large":
        raise TooCostlyError("the message was refused", faults=faults)
    try:
        parsed = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedContentError("the message was refused", faults=faults) from None
    if not isinstance(parsed, dict) or parsed.get("resourceType") != "Bundle":
        raise MalformedContentError("the message was refused", faults=faults)
    return await _fatal(service, call, envelope(parsed), faults)


async def _party_faults(service: Service, call: Call, notification: Notification) -> tuple[Fault, ...]:
    """Sender, service provider and authenticated client must agree, and nothing may have happened in the future."""
    async with service.database.snapshot() as snapshot:
        await gate.identify(snapshot, call)
        registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)

    def is_within(unit: str, ancestor: str) -> bool:
        return registry.tree.is_within(OrganisationKey(unit), OrganisationKey(ancestor))

    client = call.caller.requester.organisation or ""
    parties = check_parties(notification, client_organisation=client, is_within=is_within)
    if kind_of(registry, controller_of(registry, notification.provider.sor)) not in _HAVE_STAYS:
        path = "Bundle.entry.resource.ofType(Encounter).serviceProvider"
        parties += (Fault(path, "forbidden", "the directory knows no hospital here; others have no stays"),)
    return (*parties, *check_times(notification, at=from_us(call.at_us)))


def _patient_of(content: Admitted) -> Entry:
    """Return the message's Patient as an entry; the received bytes are kept."""
    from schemas.splice import entry_slices  # noqa: PLC0415

    raws = entry_slices(content.raw)
    for index, part in enumerate(content.resource["entry"]):
        resource, raw = part["resource"], raws[index]
        if resource["resourceType"] == "Patient" and raw is not None:
            return Entry(
                path=f"Bundle.entry[{index}].resource",
                method="POST",
                type="Patient",
                raw=raw,
                resource=resource,
                full_url=_PATIENT,
                yields=True,
            )
    raise InvalidContentError("the notification has no Patient")


async def _processed(
    service: Service, call: Call, to: Envelope, notification: Notification, patient: Entry
) -> Acknowledged:
    """Advance the stay by one notification on one snapshot.

    Raises:
        StaleError: somebody else wrote about the citizen meanwhile.
    """
    at = from_us(call.at_us)
    async with service.database.snapshot() as snapshot:
        pid = await _pid(snapshot, notification, at_us=call.at_us)
        change = 0 if pid is None else await citizens.change(snapshot, pid)
        key = _digest(service, call.caller.client, to.bundle_id or "", notification.fingerprint)
        if pid is not None:
            known = await answers.find(snapshot, pid=pid, key=key)
            if known is not None:
                return Acknowledged(known.body, known.status)
        rows = () if pid is None else await stays.load(snapshot, pid)
        # An Encounter that the hospital has withdrawn since is not changed: what is told now becomes another.
        live = {} if pid is None else await bookkeeping.signature_numbers(snapshot, pid, [row.n for row in rows])
        served_now = await _served_now(snapshot, call, pid)
    before = {row.key: course.decode(row.state) for row in rows}
    stay = course.find(before.values(), notification)
    n = next((row.n for row in rows if row.n in live and stay is not None and before[row.key] is stay), None)
    # The master is not asked for: the message's own Patient carries the reference.
    step = course.advance(stay, notification, at=at, subject=_PATIENT, encounter=_ENCOUNTER)
    answer = _made(call, to, Answer.OK, ())
    if step.encounter is None:
        return await _repeated(service, call, pid, key, answer)
    row_key = _digest(service, step.stay.key)
    after = {**before, row_key: step.stay}
    entries = [patient, _encounter_entry(service, step, pid, n), _provenance_entry(step)]

    def extra(citizen: int, written: Sequence[Written]) -> Sequence[Write]:
        encounter = f"Encounter/{written[1].id}"
        place = service.database.ids.decode(written[1].id)
        number = place[1] if place is not None else 0
        rows_written: list[Write] = [
            stays.put(citizen, StayRow(row_key, course.encode(step.stay), number)),
            answers.put(citizen, key, answers.Answer(answer.body, answer.status, call.at_us)),
            *_evidence(service, citizen, after, {row.key: row.n for row in rows} | {row_key: number}),
        ]
        told = _told(call, citizen, served_now, after)
        notices = list(_notices(citizen, step, told, encounter, call))
        stay_told = (HOME_OF["Encounter"].number, number, written[1].version)
        made = [
            Disclosure(
                pid=citizen,
                id=notice.id,
                at_us=notice.at_us,
                sender=served_now[0],
                recipient=None,
                purposes=frozenset({Purpose.PATIENT_ADMINISTRATION}),
                shown=(stay_told,),
                by_law=True,
            )
            for notice in notices
        ]
        return (*rows_written, outbox.put(notices), disclosures.put(made)) if notices else rows_written

    submission = Submission(
        entries=entries,
        operation=audit.Operation.MESSAGE,
        query=f"hospital-notification {step.code} {step.outcome}",
        extra=extra,
        base_change=change,
        proves=False,
    )
    await submit(service, call, submission)
    return answer


async def _pid(snapshot: Snapshot, notification: Notification, *, at_us: int) -> int | None:
    for identifier in notification.citizen:
        found = await citizens.find_pid(snapshot, identifier.system, identifier.value, at_us=at_us)
        if found is not None:
            return found
    return None


async def _served_now(snapshot: Snapshot, call: Call, pid: int | None) -> tuple[Requester, Facts, Directory]:
    """Return the sender as the directory knows it, and all facts about the citizen, those of the past too."""
    requester, _ = await gate.identify(snapshot, call)
    registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
    known = await facts.load(snapshot, pid=NOBODY if pid is None else pid, requester=requester, at_us=0)
    return requester, known, registry


def _told(
    call: Call, pid: int, served_now: tuple[Requester, Facts, Directory], after: Mapping[str, Stay]
) -> frozenset[str]:
    """Return the municipalities to which the hospital's disclosure of this stay is permitted, each decided (rule A1).

    What the message itself proves counts; a stay that it takes back was told, and its end is told too.
    """
    requester, known, registry = served_now
    proven = course.relations(list(after.values())).values()
    known = replace(known, relations=(*known.relations, *(_relation(one) for one in proven)))
    return frozenset(
        unit
        for unit in served(registry, known.relations, call.at_us)
        if isinstance(
            decide(
                AccessRequest(
                    requester=requester,
                    recipient=Requester(function=Function.HOME_NURSING, organisation=OrganisationKey(unit)),
                    citizen=CitizenKey(pid),
                    purposes=frozenset({Purpose.PATIENT_ADMINISTRATION}),
                    action=Action.DISCLOSE,
                    categories=frozenset({Category.ADMISSION}),
                    at=from_us(call.at_us),
                ),
                known,
            ),
            Permit,
        )
    )


def served(registry: Directory, known: Iterable[Relation], at_us: int) -> frozenset[str]:
    """Return the controllers behind the health services that are active at a time."""
    at = from_us(at_us)
    return frozenset(
        controller_of(registry, relation.organisation)
        for relation in known
        if relation.kind is RelationKind.HEALTH_SERVICE and relation.period.covers(at)
    )


def _encounter_entry(service: Service, step: Step, pid: int | None, n: int | None) -> Entry:
    resource = dict(step.encounter or {})
    if pid is None or n is None:
        resource.pop("id", None)
        return Entry(
            path="Encounter",
            method="POST",
            type="Encounter",
            raw=_bytes(resource),
            resource=resource,
            full_url=_ENCOUNTER,
        )
    id_ = service.database.ids.encode(pid, n)
    resource["id"] = id_
    return Entry(
        path="Encounter",
        method="PUT",
        type="Encounter",
        raw=_bytes(resource),
        resource=resource,
        id=id_,
        full_url=_ENCOUNTER,
    )


def _provenance_entry(step: Step) -> Entry:
    resource = step.provenance or {}
    return Entry(path="Provenance", method="POST", type="Provenance", raw=_bytes(resource), resource=resource)


def _bytes(resource: object) -> bytes:
    return msgspec.json.encode(resource)


def _evidence(service: Service, pid: int, after: Mapping[str, Stay], encounters: Mapping[str, int]) -> Iterable[Write]:
    """Let the evidence be exactly what all stays of the citizen amount to, each resting on its own Encounter."""
    evidence = course.relations(list(after.values()))
    yield relations.remove(pid, [f"stay:{key}" for key, stay in after.items() if stay.key not in evidence])
    yield relations.put(
        pid,
        [
            (f"stay:{key}", _relation(one, source=f"Encounter/{service.database.ids.encode(pid, encounters[key])}"))
            for key, stay in after.items()
            if (one := evidence.get(stay.key)) is not None
        ],
    )


def _relation(one: RelationEvidence, *, source: str = "") -> Relation:
    return Relation(
        kind=RelationKind.STAY,
        organisation=OrganisationKey(one.organisation),
        evidence=Evidence.NOTIFICATION,
        period=Period(start=one.start, end=one.end),
        source=source,
    )


def _notices(pid: int, step: Step, told: frozenset[str], focus: str, call: Call) -> Iterable[Notice]:
    for recipient in sorted(told):
        for topic in step.topics:
            yield Notice(pid=pid, id=random_id(), recipient=recipient, topic=topic.value, focus=focus, at_us=call.at_us)


async def _repeated(service: Service, call: Call, pid: int | None, key: str, answer: Acknowledged) -> Acknowledged:
    """Acknowledge what was told before in another envelope: recorded, nothing changes."""
    about = NO_CITIZEN if pid is None else pid
    record = records.plain_entry(
        call, pid=about, operation=audit.Operation.MESSAGE, policy="", query="hospital-notification repeat"
    )
    await service.database.commit(
        Job(
            pid=about,
            audit=(record,),
            writes=(answers.put(about, key, answers.Answer(answer.body, answer.status, call.at_us)),),
        )
    )
    return answer


async def _fatal(service: Service, call: Call, to: Envelope, faults: tuple[Fault, ...]) -> Acknowledged:
    return await _acknowledged(service, call, to, Answer.FATAL, faults)


async def _acknowledged(
    service: Service, call: Call, to: Envelope, answer: Answer, faults: tuple[Fault, ...]
) -> Acknowledged:
    """Record a refusal, then acknowledge it; no citizen's log is touched by what may be forged."""
    record = records.plain_entry(
        call,
        pid=NO_CITIZEN,
        operation=audit.Operation.MESSAGE,
        policy="",
        query=f"message {answer.value}",
        is_refused=True,
    )
    await service.database.commit(Job(pid=NO_CITIZEN, audit=(record,)))
    return _made(call, to, answer, faults)


def _made(call: Call, to: Envelope, answer: Answer, faults: tuple[Fault, ...]) -> Acknowledged:
    client = Party(sor=call.caller.requester.organisation or "", gln="", name="")
    ids = Ids(*(random_id() for _ in range(6)))
    message = acknowledge(answer, to=to, own=OWN, client=client, ids=ids, at=from_us(call.at_us), faults=faults)
    return Acknowledged(msgspec.json.encode(message), _STATUS[answer])


def _digest(service: Service, *parts: str) -> str:
    return hashlib.blake2b("\x00".join(parts).encode(), key=service.secret, digest_size=16).hexdigest()
