"""What would somebody see, and why: a decision explained without looking at what it is about.

To the citizen, record by record, with her own consents by reference. To staff about themselves and to the data
protection officer about the own organisation, kind by kind, and by law and agreements alone: what the citizen has
closed must not be told by the explanation of a door that it closes
(docs/adr/0019-explanations-tell-of-no-block.md). Who gets no access gets no explanation either, in the same words for
an unknown, an unrelated and a withheld citizen.
"""

from dataclasses import dataclass, replace

from app import audit, gate, records
from app.context import Call, Service
from app.errors import AccessRefusedError, InvalidContentError, NotFoundError
from app.gate import Access
from app.runtime import from_us
from app.sharing.explained import Explained, Told, rendered
from app.sharing.look_up import UNKNOWN_PID
from app.sharing.numbers import citizen_named
from app.store import citizens, directory, facts, outlines, pointers, versions
from app.store.database import Snapshot
from app.store.directory import Directory
from app.store.job import Job
from app.store.resources import Stored
from app.store.tables import DIRECTORY
from consent import decide
from consent.explain import guidance
from consent.guiding import ASKING_FOR_CONSENT
from consent.model import AccessRequest, CitizenKey, Facts, OrganisationKey, Permit, PersonKey, Requester
from consent.pointing import reached
from consent.policy import CITIZENS, EMERGENCIES, TREATING
from consent.prospect import (
    Prospect,
    about_withheld,
    kinds_open,
    opens_nothing,
    prospects,
    prospects_by_law,
    suppose,
    verdict,
)
from consent.vocabulary import Action, Category, Function, Purpose
from schemas.fault import Fault
from schemas.homes import TYPE_NUMBER

_PATIENT = TYPE_NUMBER["Patient"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whose access is asked about, as far as the caller said it; staff may leave out what their token says."""

    function: Function | None = None
    organisation: OrganisationKey | None = None
    person: PersonKey | None = None
    purpose: Purpose | None = None
    at_us: int | None = None

    @property
    def words(self) -> str:
        """The question as the record of it says it."""
        asked = " ".join(part for part in (self.function, self.organisation, self.purpose) if part)
        return " ".join(("explain", asked or "own access", "a named person" if self.person else "")).strip()


async def explain_access(
    service: Service, call: Call, *, id: str | None, identifier: tuple[str, str] | None, question: Question
) -> bytes:
    """Return what the one asked about would see of the citizen, as Parameters; recorded like every access.

    Raises:
        InvalidContentError: the question is incomplete, or about an organisation that the directory does not know.
        NotFoundError: at instance level, nothing to explain to this caller, or no such Patient.
        AccessRefusedError: at type level, the same for unknown, unrelated and withheld.
    """
    asker = call.caller.requester.function
    async with service.database.snapshot() as snapshot:
        registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
        _check(asker, question, registry)
        pid = await _citizen(service, snapshot, call, id, identifier)
        asking = _Asking(service, snapshot, call, registry, question)
        try:
            if asker is Function.DATA_PROTECTION:
                access, told = await _to_officer(asking, pid, id)
            elif asker in CITIZENS:
                access, told = await _to_citizen(asking, pid, id)
            else:
                access, told = await _to_staff(asking, pid, id)
        except AccessRefusedError:
            if id is not None:
                raise NotFoundError("there is no such resource for you") from None
            raise AccessRefusedError(
                guidance(asker, min(call.caller.purposes), Action.EXPLAIN), recorded=True
            ) from None
    record = records.entry(
        call, pid=access.pid, operation=audit.Operation.EXPLAIN, permit=access.permit, query=question.words
    )
    await service.database.commit(Job(pid=access.pid, audit=(record,)))
    return rendered(told)


@dataclass(frozen=True, slots=True)
class _Asking:
    service: Service
    snapshot: Snapshot
    call: Call
    registry: Directory
    question: Question

    @property
    def at_us(self) -> int:
        return self.call.at_us if self.question.at_us is None else self.question.at_us

    @property
    def notes(self) -> tuple[str, ...]:
        return () if self.question.at_us is None else ("another-time",)

    async def authorize(self, pid: int | None, action: Action, about: Requester | None = None) -> Access:
        return await gate.authorize(
            self.service,
            self.snapshot,
            self.call,
            pid=pid,
            action=action,
            operation=audit.Operation.EXPLAIN,
            query=self.question.words,
            recipient=about,
        )

    async def refuse(self, pid: int | None) -> AccessRefusedError:
        await records.record_refused(
            self.service, self.call, pid=pid, operation=audit.Operation.EXPLAIN, query=self.question.words
        )
        return AccessRefusedError(recorded=True)

    async def facts(self, pid: int, about: Requester) -> tuple[Requester, Facts]:
        """Return the facts about the one asked about; a named assistant acts for one who may look."""
        known = await facts.load(self.snapshot, pid=pid, requester=about, at_us=self.at_us)
        if about.function is not Function.ASSISTANT or about.on_behalf_of is not None:
            return about, known
        path = self.registry.tree.path(about.organisation or OrganisationKey(""))
        for responsible in sorted({one.responsible for one in known.delegations if one.organisation in path}):
            acting = replace(about, on_behalf_of=responsible)
            known = await facts.load(self.snapshot, pid=pid, requester=acting, at_us=self.at_us)
            bare = replace(known, directives=())
            if isinstance(decide(self.request(pid, acting, _purposes(self.question)), bare), Permit):
                return acting, known
        return about, known

    async def described(self) -> Requester:
        """Return the one asked about as the directory knows her; nothing is taken from the asker."""
        question = self.question
        known = None if question.person is None else await directory.staff_of(self.snapshot, question.person)
        return Requester(
            function=question.function or Function.CITIZEN,
            organisation=question.organisation,
            person=question.person,
            profession=None if known is None else known.profession,
        )

    def request(self, pid: int, about: Requester, purposes: frozenset[Purpose]) -> AccessRequest:
        return AccessRequest(
            requester=about,
            citizen=CitizenKey(pid),
            purposes=purposes,
            action=Action.LOOK_UP,
            categories=frozenset(Category),
            at=from_us(self.at_us),
        )

    def explained(
        self, request: AccessRequest, found: tuple[Prospect, ...], *notes: str, records: tuple[Told, ...] = ()
    ) -> Explained:
        return Explained(
            request=request,
            person=self.question.person,
            prospects=found,
            records=records,
            notes=(*notes, "protected", *self.notes),
            organisation=self.registry.name_of(request.requester.organisation or ""),
        )


async def _to_staff(asking: _Asking, pid: int | None, id_: str | None) -> tuple[Access, Explained]:
    """Explain to a member of staff what law and agreements open to her; only where she may look now."""
    looking = await asking.authorize(pid, Action.LOOK_UP)
    own, question = looking.permit.request.requester, asking.question
    about = replace(
        own,
        function=question.function or own.function,
        organisation=question.organisation or own.organisation,
        person=question.person or own.person,
    )
    access = await asking.authorize(pid, Action.EXPLAIN, about)
    purposes = asking.call.caller.purposes if question.purpose is None else frozenset({question.purpose})
    if not purposes <= asking.call.caller.purposes:
        raise await asking.refuse(pid)
    await _check_patient(asking, looking, id_)
    _, known = await asking.facts(access.pid, own)
    request = asking.request(access.pid, own, purposes)
    told = asking.explained(request, prospects_by_law(request, known), "law-alone")
    advice = own.function in TREATING and purposes == {Purpose.TREATMENT}
    return access, replace(told, advice=ASKING_FOR_CONSENT) if advice else told


async def _to_officer(asking: _Asking, pid: int | None, id_: str | None) -> tuple[Access, Explained]:
    """Explain what law and agreements open to somebody of the own organisation; where they open nothing, refuse."""
    about = await asking.described()
    access = await asking.authorize(pid, Action.EXPLAIN, about)
    place = None if id_ is None else asking.service.database.ids.decode(id_)
    if place is not None and place[1] != 0:
        citizen = await citizens.load(asking.snapshot, access.pid)
        if citizen is None or citizen.master != place[1]:
            raise await asking.refuse(pid)
    about, known = await asking.facts(access.pid, about)
    request, known = suppose(asking.request(access.pid, about, _purposes(asking.question)), known, with_emergency=False)
    found = prospects_by_law(request, known)
    if opens_nothing(found):
        raise await asking.refuse(pid)
    return access, asking.explained(request, found, "law-alone", *_supposed(asking.question))


async def _to_citizen(asking: _Asking, pid: int | None, id_: str | None) -> tuple[Access, Explained]:
    """Explain the very decision, with the consents that the asker may read; record by record to the citizen alone."""
    looking = await asking.authorize(pid, Action.LOOK_UP)
    about = await asking.described()
    access = await asking.authorize(pid, Action.EXPLAIN, about)
    records = await _check_patient(asking, looking, id_)
    about, known = await asking.facts(access.pid, about)
    # INVARIANT: nobody is explained a directive that she may not read.
    readable = {stored.item.instance for stored in records if stored.type == "Consent"}
    known = replace(known, directives=tuple(one for one in known.directives if one.id in readable))
    request = asking.request(access.pid, about, _purposes(asking.question))
    # Whoever acts for the citizen is told of the kinds that she may see herself.
    request, known = suppose(replace(request, categories=kinds_open(looking.permit)), known, with_emergency=True)
    found = prospects(request, known)
    is_own = asking.call.caller.requester.function is Function.CITIZEN
    of_category = {one.category: one for one in found}
    verdicts = [
        (stored, verdict(of_category[stored.signature.category], stored.item))
        for stored in records
        if is_own and stored.signature.category in of_category
    ]
    withheld = [stored.n for stored, found_so in verdicts if not found_so.permitted]
    pointing = reached(await pointers.of_citizen(asking.snapshot, access.pid), withheld)
    told = tuple(
        Told(
            stored.item.instance,
            stored.signature.category,
            about_withheld(found_so) if stored.n in pointing else found_so,
        )
        for stored, found_so in verdicts
    )
    notes = ("own-choices", "doors", *_supposed(asking.question))
    if asking.question.person is None and not EMERGENCIES.isdisjoint(request.purposes):
        notes = (*notes, "emergency-assumed")
    return access, asking.explained(request, found, *notes, records=told)


def _purposes(question: Question) -> frozenset[Purpose]:
    return frozenset({question.purpose or Purpose.TREATMENT})


def _supposed(question: Question) -> tuple[str, ...]:
    return ("somebody",) if question.person is None else ()


async def _check_patient(asking: _Asking, looking: Access, id_: str | None) -> list[Stored]:
    """Return what the asker sees, in outline; whoever asks by the id of a Patient must see that Patient."""
    records = gate.release(looking.permit, await outlines.current(asking.snapshot, looking.permit, looking.signatures))
    place = None if id_ is None else asking.service.database.ids.decode(id_)
    n = 0 if place is None else place[1]
    if n != 0 and not any(one.type_number == _PATIENT and one.n == n for one in records):
        raise await asking.refuse(looking.pid)
    return records


async def _citizen(
    service: Service, snapshot: Snapshot, call: Call, id_: str | None, identifier: tuple[str, str] | None
) -> int | None:
    if identifier is not None:
        return await citizen_named(snapshot, call, identifier)
    place = service.database.ids.decode(id_ or "")
    return None if place is None or place[0] in {DIRECTORY, UNKNOWN_PID} else place[0]


def _check(asker: Function, question: Question, registry: Directory) -> None:
    """Check what can be said of the question without the citizen."""
    faults: list[Fault] = []
    if asker in CITIZENS or asker is Function.DATA_PROTECTION:
        faults += [
            Fault(path_of(name), "required", f"say whose access is asked about: `{name}`")
            for name, value in (
                ("function", question.function),
                ("organisation", question.organisation),
                ("purpose", question.purpose),
            )
            if value is None
        ]
    if question.organisation is not None and question.organisation not in registry.organisations:
        faults.append(Fault(path_of("organisation"), "value", "the directory knows no such organisation"))
    if faults:
        raise InvalidContentError(faults[0].text, faults=tuple(faults))


def path_of(name: str) -> str:
    """Return where a parameter stands."""
    return f"Parameters.parameter.where(name='{name}')"
