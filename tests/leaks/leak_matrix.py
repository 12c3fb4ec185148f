"""Every interaction of the service as a leak could use it: what is asked about a hidden record, and its twin about nothing.

One function a row of `app.fhir.dispatch.INTERACTIONS`. It yields cases; the matrix sends each as every caller. Where the
caller is told, the answer is checked exactly; where not, it must be the answer to the twin, word for word.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from leak_world import (
    ANNA,
    BY_KEY,
    CALLERS,
    DORA,
    EVA,
    HIDDEN,
    HOSPITAL,
    JOURNAL,
    MUNICIPALITY,
    OPEN,
    SID,
    Answer,
    Caller,
    Hidden,
    Identifier,
    LeakWorld,
    about,
    parameters,
    patient_resource,
)

from app.demo.cluster import demo_messages, generate
from app.demo.organisations import ORGANISATIONS
from app.demo.personas import NANCY
from app.fhir.dispatch import INTERACTIONS, Row
from app.runtime import now
from schemas.terminology import systems

JSON = dict[str, Any]
NOTHING = f"{SID}|no-such-thing"
NO_JOURNAL: Identifier = (JOURNAL[0], "J-0")
"""A local number that nobody has given."""
ONE_OF_EACH = (OPEN, BY_KEY["other"])
"""One record of each citizen: enough where the answer is about the citizen and not about the record."""
STALE = {"If-Match": 'W/"999"'}
"""Asks for a change that never happens: 412 for whoever may make it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request below the FHIR base."""

    method: str
    path: str
    json: Any = None
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None

    async def send(self, leaks: LeakWorld, who: Caller) -> Answer:
        """Send it as a caller of the matrix."""
        return await leaks.ask(who, self.method, self.path, json=self.json, form=self.form, headers=self.headers)


def _anything(_: Answer) -> None:
    """Check nothing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request about a hidden record. `twins` ask the same about what is not there.

    `shown`: this caller is told, with `status`, and `exactly` checks the answer. Otherwise the answer has the status
    `hidden`, passes `withheld`, and is that of every twin. `made`: the request makes something, so that times and random
    keys differ.
    """

    ask: Ask
    twins: tuple[Ask, ...]
    shown: bool
    status: int = 200
    hidden: int = 404
    exactly: Callable[[Answer], None] = _anything
    withheld: Callable[[Answer], None] = _anything
    made: bool = False


Probe = Callable[[LeakWorld, Caller, Hidden], Iterator[Case]]


def shows(*ids: str) -> Callable[[Answer], None]:
    """Return a check that a searchset or history holds exactly these resources, and says so in its total."""

    def check(answer: Answer) -> None:
        assert answer.ids() == set(ids), answer.body
        assert answer.json["total"] == len(ids), answer.body

    return check


def _absent_ids(leaks: LeakWorld, what: Hidden) -> tuple[str, str]:
    """Return ids of nothing: one of the same citizen, and one that the service never made."""
    return leaks.never[what.citizen], leaks.alien


# Reading by id


def _read(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    def is_it(answer: Answer) -> None:
        assert answer.json["id"] == leaks.ids[what.key]
        assert what.resource["code"]["text"] in answer.body.decode()

    paths = [f"/{what.type}/{id_}" for id_ in (leaks.ids[what.key], *_absent_ids(leaks, what))]
    for headers, status, exactly in (
        ({}, 200, is_it),
        ({"If-None-Match": "*"}, 304, _anything),
        ({"If-None-Match": 'W/"1"'}, 200, is_it),  # a version does not say in which form it was shown
    ):
        asks = [Ask(method="GET", path=path, headers=headers) for path in paths]
        yield Case(ask=asks[0], twins=tuple(asks[1:]), shown=who.sees(what), status=status, exactly=exactly)
    heads = [Ask(method="HEAD", path=path) for path in paths]
    yield Case(ask=heads[0], twins=tuple(heads[1:]), shown=who.sees(what))
    # Under the name of another type it is absent for everybody.
    other = "Observation"
    asks = [Ask(method="GET", path=path.replace(what.type, other)) for path in paths]
    yield Case(ask=asks[0], twins=tuple(asks[1:]), shown=False)


def _vread(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    for version, shown in (("1", who.sees(what)), ("2", False), ("0", False), ("x", False)):
        asks = [
            Ask(method="GET", path=f"/{what.type}/{id_}/_history/{version}")
            for id_ in (leaks.ids[what.key], *_absent_ids(leaks, what))
        ]
        yield Case(ask=asks[0], twins=tuple(asks[1:]), shown=shown)


def _history(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    id_ = leaks.ids[what.key]
    asks = [Ask(method="GET", path=f"/{what.type}/{one}/_history") for one in (id_, *_absent_ids(leaks, what))]
    yield Case(ask=asks[0], twins=tuple(asks[1:]), shown=who.sees(what), exactly=shows(id_))


# Searching


def _searches(
    leaks: LeakWorld, who: Caller, what: Hidden
) -> Iterator[tuple[dict[str, str], list[dict[str, str]], bool, bool]]:
    """Yield the pairs of a search for the record, those of its twins, whether the caller may look, and finds it."""
    sees = who.sees(what)
    patient, basis = leaks.patients[what.citizen], who.has_basis(what.citizen)
    named = "|".join(what.citizen)
    for selected, unknown in (
        ({"patient": patient}, {"patient": leaks.alien}),
        ({"patient": f"Patient/{patient}"}, {"patient": f"Patient/{leaks.alien}"}),
        ({"patient.identifier": named}, {"patient.identifier": f"{systems.X_ECPR}|0101901QQ1"}),
        ({"patient:identifier": named}, {"patient:identifier": f"{systems.X_ECPR}|0101901QQ1"}),
    ):
        if not basis and what not in ONE_OF_EACH:
            continue  # nothing of this citizen is told, whatever is asked for
        if basis:
            yield {**selected, "identifier": what.local}, [{**selected, "identifier": NOTHING}], basis, sees
        else:
            yield {**selected, "identifier": what.local}, [{**unknown, "identifier": what.local}], basis, sees
    id_ = leaks.ids[what.key]
    yield {"_id": id_}, [{"_id": absent} for absent in _absent_ids(leaks, what)], True, sees
    if basis:
        yield {"patient": patient, "_id": id_}, [{"patient": patient, "_id": leaks.alien}], True, sees
    if what.citizen == ANNA and what in (*ONE_OF_EACH, BY_KEY["refused"]):
        # By the hospital's own number of her: for all others it is a number that nobody has.
        known, nobodys = ({"patient.identifier": "|".join(number), "_id": id_} for number in (JOURNAL, NO_JOURNAL))
        may_look = who.knows_journal and basis
        twin = known | {"_id": leaks.alien} if may_look else nobodys
        yield known, [twin], may_look, sees and may_look


def _searching(leaks: LeakWorld, who: Caller, what: Hidden, asked: Callable[[dict[str, str]], Ask]) -> Iterator[Case]:
    counts: tuple[dict[str, str], ...] = ({}, {"_total": "accurate"}, {"_summary": "count"}, {"_count": "0"})
    for number, (pairs, twins, may_look, finds) in enumerate(_searches(leaks, who, what)):
        for counting in counts if number == 0 else counts[:1]:
            counted = "_summary" in counting or "_count" in counting
            found = [] if counted or not finds else [leaks.ids[what.key]]

            def exactly(answer: Answer, found: list[str] = found, *, counted: bool = counted) -> None:
                assert answer.ids() == set(found), answer.body
                assert answer.json["total"] == (1 if counted else len(found)), answer.body

            def empty(answer: Answer) -> None:
                assert "entry" not in answer.json
                assert answer.json["total"] == 0

            yield Case(
                ask=asked({**pairs, **counting}),
                twins=tuple(asked({**twin, **counting}) for twin in twins),
                shown=finds,
                hidden=200 if may_look else 403,
                exactly=exactly,
                withheld=empty if may_look else _anything,
            )


def _query(pairs: Mapping[str, str]) -> str:
    from urllib.parse import urlencode

    return urlencode(dict(pairs))


def _by_get(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    yield from _searching(leaks, who, what, lambda pairs: Ask(method="GET", path=f"/{what.type}?{_query(pairs)}"))
    # The whole of what there is: exactly what the caller sees, and nobody without basis learns of it.
    patient = leaks.patients[what.citizen]
    known = {one.key for one in HIDDEN if one.citizen == what.citizen and one.type == what.type}
    visible = [leaks.ids[one.key] for one in HIDDEN if one.key in known and who.sees(one)]
    for more in ("", "&_sort=-_lastUpdated", "&_sort=recorded-date" if what.type == "Condition" else "&_count=200"):
        yield Case(
            ask=Ask(method="GET", path=f"/{what.type}?patient={patient}&_total=accurate{more}"),
            twins=(Ask(method="GET", path=f"/{what.type}?patient={leaks.alien}&_total=accurate{more}"),),
            shown=who.has_basis(what.citizen),
            hidden=403,
            exactly=shows(*visible),
        )


def _by_post(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    yield from _searching(leaks, who, what, lambda pairs: Ask(method="POST", path=f"/{what.type}/_search", form=pairs))


def _compartment(leaks: LeakWorld, who: Caller, what: Hidden, method: str, tail: str) -> Iterator[Case]:
    patient, basis = leaks.patients[what.citizen], who.has_basis(what.citizen)

    def asked(id_: str, local: str) -> Ask:
        path = f"/Patient/{id_}/{what.type}{tail}"
        if method == "GET":
            return Ask(method="GET", path=f"{path}?{_query({'identifier': local, '_total': 'accurate'})}")
        return Ask(method="POST", path=path, form={"identifier": local, "_total": "accurate"})

    yield Case(
        ask=asked(patient, what.local),
        twins=(asked(patient, NOTHING),) if basis else (asked(leaks.alien, what.local),),
        shown=who.sees(what),
        hidden=200 if basis else 403,
        exactly=shows(leaks.ids[what.key]),
        withheld=shows() if basis else _anything,
    )


def _compartment_by_get(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    yield from _compartment(leaks, who, what, "GET", "")


def _compartment_by_post(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    yield from _compartment(leaks, who, what, "POST", "/_search")


# Writing


def _new(what: Hidden, id_: str | None = None) -> JSON:
    """Return a record about the citizen of the hidden one that says nothing of it."""
    new = {
        "resourceType": what.type,
        "clinicalStatus": what.resource["clinicalStatus"],
        "verificationStatus": what.resource["verificationStatus"],
        "code": {"text": "ny oplysning"},
        ("patient" if what.type == "AllergyIntolerance" else "subject"): about(what.citizen),
    }
    return new | ({} if id_ is None else {"id": id_})


def _refusal_of(who: Caller) -> int:
    """Return how a change is refused: 404 to whoever writes at all, 403 to whoever never does."""
    return 404 if who.submits else 403


def _update(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    asks = [
        Ask(method="PUT", path=f"/{what.type}/{id_}", json=_new(what, id_), headers=STALE)
        for id_ in (leaks.ids[what.key], *_absent_ids(leaks, what))
    ]
    yield Case(
        ask=asks[0],
        twins=tuple(asks[1:]),
        shown=what.sender in who.changes,
        status=412,
        hidden=_refusal_of(who),
    )
    # Naming another citizen in the body tells nothing of whose the record is.
    elsewhere = {"patient" if what.type == "AllergyIntolerance" else "subject": about(EVA)}
    asks = [
        Ask(method="PUT", path=f"/{what.type}/{id_}", json={**_new(what, id_), **elsewhere}, headers=STALE)
        for id_ in (leaks.ids[what.key], *_absent_ids(leaks, what))
    ]
    yield Case(
        ask=asks[0], twins=tuple(asks[1:]), shown=what.sender in who.changes, status=412, hidden=_refusal_of(who)
    )


def _delete(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    asks = [
        Ask(method="DELETE", path=f"/{what.type}/{id_}", headers=STALE)
        for id_ in (leaks.ids[what.key], *_absent_ids(leaks, what))
    ]
    yield Case(
        ask=asks[0], twins=tuple(asks[1:]), shown=what.sender in who.changes, status=412, hidden=_refusal_of(who)
    )


def _create(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    def nothing_is_told(answer: Answer) -> None:
        assert answer.body == b"", "who may write it need not be one who may read it"

    for said in ("header", "address"):
        asks = [
            Ask(
                method="POST",
                path=f"/{what.type}" if said == "header" else f"/{what.type}?{_query({'identifier': local})}",
                json=_new(what),
                headers={"If-None-Exist": f"identifier={local}"} if said == "header" else None,
            )
            for local in (what.local, NOTHING)
        ]
        yield Case(
            ask=asks[0],
            twins=tuple(asks[1:]),
            shown=what.sender in who.changes,
            exactly=nothing_is_told,
            hidden=201 if who.writes else 403,
            made=True,
        )
    # About a citizen whom the service knows and about one whom it does not.
    if what is OPEN:
        known, unknown = (
            {**_new(what), "subject": about(citizen)} for citizen in (_unknown(who, _RECORD), _unknown(who, 1))
        )
        yield Case(
            ask=Ask(method="POST", path="/Condition", json=known),
            twins=(Ask(method="POST", path="/Condition", json=unknown),),
            shown=False,
            hidden=201 if who.writes else 403,
            made=True,
        )


def _bundle(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    id_, patient = leaks.ids[what.key], leaks.patients[what.citizen]
    basis, sees, changes = who.has_basis(what.citizen), who.sees(what), what.sender in who.changes
    entries: list[tuple[Callable[[str, str], JSON], bool, str, str]] = [
        (lambda one, _: {"request": {"method": "GET", "url": f"{what.type}/{one}"}}, sees, "200 OK", "404"),
        (
            lambda _, local: {
                "request": {"method": "GET", "url": f"{what.type}?{_query({'patient': patient, 'identifier': local})}"}
            },
            sees,
            "200 OK",
            "200 OK" if basis else "403",
        ),
        (
            lambda one, _: {
                "resource": _new(what, one),
                "request": {"method": "PUT", "url": f"{what.type}/{one}", "ifMatch": 'W/"999"'},
            },
            changes,
            "412",
            str(_refusal_of(who)),
        ),
        (
            lambda one, _: {"request": {"method": "DELETE", "url": f"{what.type}/{one}", "ifMatch": 'W/"999"'}},
            changes,
            "412",
            str(_refusal_of(who)),
        ),
    ]
    for make, shown, status, hidden in entries:

        def exactly(answer: Answer, status: str = status) -> None:
            (part,) = answer.json["entry"]
            assert part["response"]["status"] == status, answer.body
            if part.get("resource", {}).get("resourceType") == "Bundle":
                assert [one["resource"]["id"] for one in part["resource"]["entry"]] == [id_]

        def withheld(answer: Answer, hidden: str = hidden) -> None:
            (part,) = answer.json["entry"]
            assert part["response"]["status"] == hidden, answer.body
            assert "entry" not in part.get("resource", {})

        def asked(kind: str, one: str, local: str, make: Callable[[str, str], JSON] = make) -> Ask:
            return Ask(
                method="POST", path="", json={"resourceType": "Bundle", "type": kind, "entry": [make(one, local)]}
            )

        absent = [(leaks.never[what.citizen], NOTHING), (leaks.alien, NOTHING)]
        yield Case(
            ask=asked("batch", id_, what.local),
            twins=tuple(asked("batch", *one) for one in absent),
            shown=shown,
            hidden=200,
            exactly=exactly,
            withheld=withheld,
        )
        whole = int(hidden.removesuffix(" OK"))
        yield Case(
            ask=asked("transaction", id_, what.local),
            twins=tuple(asked("transaction", *one) for one in absent),
            shown=shown,
            status=int(status.removesuffix(" OK")),
            hidden=whole,
            exactly=exactly if status == "200 OK" else _anything,
            withheld=withheld if whole == 200 else _anything,
        )


# Operations


def _validate(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    yield Case(
        ask=Ask(method="POST", path=f"/{what.type}/$validate", json=_new(what)),
        twins=(Ask(method="POST", path=f"/{what.type}/$validate", json=_new(what)),),
        shown=False,
        hidden=200,
    )


def _validate_instance(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    asks = [
        Ask(method="POST", path=f"/{what.type}/{id_}/$validate", json=_new(what, id_))
        for id_ in (leaks.ids[what.key], *_absent_ids(leaks, what))
    ]
    yield Case(ask=asks[0], twins=tuple(asks[1:]), shown=False, hidden=200)


PROFILES = (None, systems.ADMISSION_CONTEXT_PROFILE)


def _summary_shows(leaks: LeakWorld, who: Caller, what: Hidden) -> Callable[[Answer], None]:
    """Return a check that a document holds exactly the records that this caller sees, and no word of another."""

    def check(answer: Answer) -> None:
        document = answer.json
        assert document["type"] == "document"
        keys = {id_: key for key, id_ in leaks.ids.items()}
        held = {keys[id_] for id_ in answer.ids() if id_ in keys}
        assert held == {one.key for one in HIDDEN if one.citizen == what.citizen and who.sees(one)}
        words = answer.body.decode()
        for one in HIDDEN:
            assert (one.resource["code"]["text"] in words) == (one.key in held), one.key
            assert (leaks.ids[one.key] in words) == (one.key in held), one.key

    return check


def _summary_by_type(leaks: LeakWorld, who: Caller, what: Hidden, method: str) -> Iterator[Case]:
    def asked(citizen: Identifier, profile: str | None) -> Ask:
        if method == "POST":
            given: dict[str, Any] = {"identifier": citizen} | ({"profile": profile} if profile else {})
            return Ask(method="POST", path="/Patient/$summary", json=parameters(**given))
        pairs = {"identifier": "|".join(citizen)} | ({"profile": profile} if profile else {})
        return Ask(method="GET", path=f"/Patient/$summary?{_query(pairs)}")

    # One document shows all records of a citizen.
    for profile in PROFILES if what in ONE_OF_EACH else ():
        yield Case(
            ask=asked(what.citizen, profile),
            twins=(asked((systems.X_ECPR, "0101901QQ1"), profile),),
            shown=who.has_basis(what.citizen),
            hidden=403,
            exactly=_summary_shows(leaks, who, what),
        )
        if what is OPEN:
            yield Case(
                ask=asked(JOURNAL, profile),
                twins=(asked(NO_JOURNAL, profile),),
                shown=who.knows_journal and who.has_basis(ANNA),
                hidden=403,
                exactly=_summary_shows(leaks, who, what),
            )


def _summary_type_post(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    yield from _summary_by_type(leaks, who, what, "POST")


def _summary_type_get(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    yield from _summary_by_type(leaks, who, what, "GET")


def _summary_by_id(leaks: LeakWorld, who: Caller, what: Hidden, method: str) -> Iterator[Case]:
    def asked(id_: str, profile: str | None) -> Ask:
        path = f"/Patient/{id_}/$summary"
        if method == "POST":
            return Ask(method="POST", path=path, json=parameters(profile=profile) if profile else None)
        return Ask(method="GET", path=path + (f"?{_query({'profile': profile})}" if profile else ""))

    for profile in PROFILES if what in ONE_OF_EACH else ():
        yield Case(
            ask=asked(leaks.patients[what.citizen], profile),
            twins=(asked(leaks.alien, profile),),
            shown=who.has_basis(what.citizen),
            exactly=_summary_shows(leaks, who, what),
        )


def _summary_instance_post(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    yield from _summary_by_id(leaks, who, what, "POST")


def _summary_instance_get(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    yield from _summary_by_id(leaks, who, what, "GET")


def known_to_registers() -> list[Identifier]:
    """Return citizens of whom only the registers have told: three for each caller, to write about."""
    return [_unknown(who, number) for who in CALLERS for number in (_MESSAGE, _REPORT, _RECORD)]


_MESSAGE, _REPORT, _RECORD = 4, 5, 6


def _unknown(who: Caller, number: int) -> Identifier:
    """Return a number that no citizen has, another for each caller and use."""
    letters = "".join(chr(ord("A") + ord(letter) % 26) for letter in (who.key[0], who.key[-1]))
    return systems.X_ECPR, f"{1 + sum(map(ord, who.key)) % 28:02d}01901{letters}{number}"


@lru_cache(maxsize=1)
def _messages() -> tuple[str, str]:
    made = demo_messages(generate(citizens=15, at=now()))
    return json.dumps(made.notification), json.dumps(made.delivery_report)


_ANY_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _again(text: str, citizen: Identifier) -> JSON:
    """Return a message about another citizen, with keys of its own."""
    fresh: dict[str, str] = {}
    renewed = _ANY_UUID.sub(lambda found: fresh.setdefault(found[0], str(uuid.uuid4())), text)
    message: JSON = json.loads(renewed.replace(NANCY[1], citizen[1]).replace(NANCY[0], citizen[0]))
    for entry in message["entry"]:
        if "name" in entry["resource"] and entry["resource"]["resourceType"] == "Patient":
            entry["resource"]["name"] = patient_resource(citizen)["name"]
    return message


def notification(citizen: Identifier) -> JSON:
    """Return a HospitalNotification of an admission to the emergency ward."""
    return _again(_messages()[0], citizen)


def report(citizen: Identifier) -> JSON:
    """Return a DeliveryReport of municipality A."""
    return _again(_messages()[1], citizen)


def _process_message(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    if what is OPEN:
        yield Case(
            ask=Ask(method="POST", path="/$process-message", json=notification(_unknown(who, _MESSAGE))),
            twins=(Ask(method="POST", path="/$process-message", json=notification(_unknown(who, 2))),),
            shown=False,
            hidden=200 if who.persona == HOSPITAL else 422,
            made=True,
        )


def _submit_report(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    if what is OPEN:
        yield Case(
            ask=Ask(method="POST", path="/$submit-report", json=report(_unknown(who, _REPORT))),
            twins=(Ask(method="POST", path="/$submit-report", json=report(_unknown(who, 3))),),
            shown=False,
            # Only the organisation that keeps the record reports it.
            hidden=200 if who.persona == MUNICIPALITY else 403,
            made=True,
        )
        # Told of one citizen and then of another, whom it is about: the answer is that to what nobody was told of.
        first, second = _unknown(who, 7), _unknown(who, 8)
        told = report(first)
        again = json.loads(json.dumps(told).replace(first[1], second[1]))
        yield Case(
            ask=Ask(method="POST", path="/$submit-report", json=told),
            twins=(Ask(method="POST", path="/$submit-report", json=again),),
            shown=False,
            hidden=200 if who.persona == MUNICIPALITY else 403,
            made=True,
        )


def _notices(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    """Anna's admission was told to her municipality, which nurses her; the emergency about her to herself alone."""

    def her_own(answer: Answer) -> None:
        (entry,) = answer.json["entry"]
        values = {part["name"]: part for part in entry["resource"]["parameter"]}
        assert values["topic"]["valueCode"] == "declared-emergency"
        assert values["reason"]["valueString"] == "bevidstløs, ingen pårørende"

    def exactly(answer: Answer) -> None:
        told = []
        for entry in answer.json["entry"]:
            values = {part["name"]: part for part in entry["resource"]["parameter"]}
            assert values["patient"]["valueReference"]["reference"].endswith(f"/Patient/{leaks.patients[ANNA]}")
            told.append(values["topic"]["valueCode"])
        assert sorted(told) == ["admitted", "report-of-admission-wanted"]

    def empty(answer: Answer) -> None:
        assert "entry" not in answer.json

    if what is OPEN:
        yield Case(
            ask=Ask(method="GET", path="/$notices"),
            twins=(Ask(method="GET", path="/$notices?since=2200-01-01"),),
            shown=who.key in {"municipality", "nurse", "citizen"},
            hidden=200,
            exactly=her_own if who.key == "citizen" else exactly,
            withheld=empty,
        )


# The citizen and the officer say whose access they ask about; staff ask about themselves.
_QUESTIONS: Mapping[str, tuple[str, str]] = {
    "citizen": ("general-practice", "gp-1"),
    "other-citizen": ("general-practice", "gp-3"),
    "data-protection": ("hospital-treatment", "lung-ward"),
}


def _question(who: Caller) -> dict[str, str]:
    if who.key not in _QUESTIONS:
        return {}
    function, unit = _QUESTIONS[who.key]
    return {"function": function, "organisation": ORGANISATIONS[unit].sor, "purpose": "TREAT"}


def _is_told_why(who: Caller, citizen: Identifier) -> bool:
    """Tell whether there is something to explain: an access of one's own, or one of the officer's organisation."""
    return who.has_basis(citizen) or (who.key == "data-protection" and citizen == ANNA)


def _explains(leaks: LeakWorld, who: Caller, what: Hidden) -> Callable[[Answer], None]:
    """Return a check that the citizen is told of her records by id, and everybody else of none and of no block."""

    def check(answer: Answer) -> None:
        parts = answer.json["parameter"]
        told = {
            part["part"][0]["valueReference"]["reference"].partition("/")[2]
            for part in parts
            if part["name"] == "record"
        }
        words = answer.body.decode()
        keys = {one.key for one in HIDDEN if one.citizen == what.citizen and who.sees(one)} if what_own else set()
        assert {key for key, id_ in leaks.ids.items() if id_ in told} == keys
        assert {key for key, id_ in leaks.ids.items() if id_ in words} == keys
        if not what_own:
            assert not told
            assert "Consent/" not in words
            assert not {"L5", "L5-P"} & {part["part"][0]["valueCode"] for part in parts if part["name"] == "rule"}

    what_own = who.citizen == what.citizen
    return check


def _explain_by_type(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    def asked(citizen: Identifier, **more: str) -> Ask:
        given: dict[str, Any] = {"identifier": citizen, **_question(who), **more}
        return Ask(method="POST", path="/Patient/$explain-access", json=parameters(**given))

    if what in ONE_OF_EACH:
        nobody = (systems.X_ECPR, "0101901QQ1")
        yield Case(
            ask=asked(what.citizen),
            twins=(asked(nobody),),
            shown=_is_told_why(who, what.citizen),
            hidden=403,
            exactly=_explains(leaks, who, what),
        )
        if what is OPEN:
            yield Case(
                ask=asked(JOURNAL),
                twins=(asked(NO_JOURNAL),),
                shown=who.knows_journal and _is_told_why(who, ANNA),
                hidden=403,
                exactly=_explains(leaks, who, what),
            )
        if who.citizen is None:
            # What a colleague would see is nobody's to ask, and an officer's only of the own organisation.
            other = {"function": "home-nursing", "organisation": ORGANISATIONS["nursing-b"].sor}
            if who.persona != "home-nurse-b":
                yield Case(ask=asked(what.citizen, **other), twins=(asked(nobody, **other),), shown=False, hidden=403)


def _explain_by_id(leaks: LeakWorld, who: Caller, what: Hidden, method: str) -> Iterator[Case]:
    def asked(id_: str) -> Ask:
        path, question = f"/Patient/{id_}/$explain-access", _question(who)
        if method == "POST":
            return Ask(method="POST", path=path, json=parameters(**question) if question else None)
        return Ask(method="GET", path=path + (f"?{_query(question)}" if question else ""))

    if what in ONE_OF_EACH:
        yield Case(
            ask=asked(leaks.patients[what.citizen]),
            twins=(asked(leaks.alien), asked(leaks.never[what.citizen])),
            shown=_is_told_why(who, what.citizen),
            exactly=_explains(leaks, who, what),
        )
        # The id of a record is not the id of a Patient.
        yield Case(ask=asked(leaks.ids[what.key]), twins=(asked(leaks.alien),), shown=False)


def _explain_instance_post(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    yield from _explain_by_id(leaks, who, what, "POST")


def _explain_instance_get(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    yield from _explain_by_id(leaks, who, what, "GET")


def _unusual(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    """Counts by person, for the officer alone: no citizen is in them, by whatever name."""

    def names_nobody(answer: Answer) -> None:
        text = answer.body.decode()
        assert answer.json["resourceType"] == "Parameters"
        for citizen, patient in leaks.patients.items():
            assert citizen[1] not in text
            assert patient not in text

    if what is OPEN:
        yield Case(
            ask=Ask(method="GET", path="/$unusual-access"),
            twins=(Ask(method="GET", path="/$unusual-access?since=2200-01-01"),),
            shown=who.key == "data-protection",
            hidden=403,
            exactly=names_nobody,
        )


def _review(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    """The emergency about Anna was declared in a hospital of the officer's region: it is hers alone to review.

    A review that is not there and one of somebody else are the same (tests/app/sharing/test_reviews_and_notices.py); here
    the outcome is left out, so that the matrix finds the world as it was.
    """
    if what is OPEN:
        given = {"resourceType": "Parameters", "parameter": [{"name": "comment", "valueString": "set"}]}
        asks = [Ask(method="POST", path=f"/Task/{id_}/$review", json=given) for id_ in ("0" * 32, leaks.alien)]
        yield Case(ask=asks[0], twins=tuple(asks[1:]), shown=False, hidden=422)
        given = {"resourceType": "Parameters", "parameter": [{"name": "outcome", "valueCode": "justified"}]}
        asks = [
            Ask(method="POST", path=f"/Task/{id_}/$review", json=given)
            for id_ in ("0" * 32, leaks.patients[ANNA], leaks.ids[OPEN.key], leaks.alien)
        ]
        yield Case(
            ask=asks[0],
            twins=tuple(asks[1:]),
            shown=False,
            hidden=404 if who.key == "data-protection" else 403,
        )


def _disclose(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    """What is not the caller's to disclose is refused as what is not there, of citizens whom the service does not know too.

    Who declared the emergency may disclose the own hospital's records to anybody who treats, whatever is blocked (P5), and
    asks about one who does not; what those get who may disclose is in tests/app/representation/test_disclosing.py.
    """
    function = "assistant" if who.key == "emergency" else "general-practice"

    def asked(citizen: Identifier, **named: str) -> Ask:
        to = {"function": function, "organisation": f"{systems.SOR}|{ORGANISATIONS['gp-4'].sor}"}
        return Ask(method="POST", path="/Patient/$disclose", json=parameters(identifier=citizen, **to, **named))

    nobody = (systems.X_ECPR, "0101901QQ1")
    if what is not OPEN:
        record, never = (f"{what.type}/{id_}" for id_ in (leaks.ids[what.key], leaks.never[what.citizen]))
        yield Case(
            ask=asked(what.citizen, record=record),
            twins=(asked(what.citizen, record=never), asked(nobody, record=record)),
            shown=False,
            hidden=403,
        )
        yield Case(
            ask=asked(what.citizen, category="letter"),
            twins=(asked(nobody, category="letter"),),
            shown=False,
            hidden=403,
        )


def _received(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
    """Nothing was disclosed to any of the callers: no id of a citizen, a record or a notice opens anything."""

    def asked(patient: str, id_: str) -> Ask:
        return Ask(method="GET", path=f"/Patient/{patient}/$received?id={id_}")

    patient = leaks.patients[what.citizen]
    yield Case(
        ask=asked(patient, leaks.ids[what.key]),
        twins=(asked(leaks.alien, "0" * 32), asked(leaks.never[what.citizen], leaks.alien), asked(patient, "")),
        shown=False,
    )


def _declaring(operation: str) -> Probe:
    """Whoever may open a door is answered alike for a citizen who is known and one who is not."""
    code = {"code": "life-in-danger"} if operation == "$emergency-access" else {}

    def probe(leaks: LeakWorld, who: Caller, what: Hidden) -> Iterator[Case]:
        if what is OPEN:
            asks = [
                Ask(
                    method="POST",
                    path=f"/Patient/{operation}",
                    json=parameters(identifier=citizen, reason="vurdering på stedet", **code),
                )
                for citizen in (DORA, (systems.X_ECPR, "0101901QQ1"), NO_JOURNAL)
            ]
            yield Case(
                ask=asks[0],
                twins=tuple(asks[1:]),
                shown=False,
                hidden=201 if operation in who.declares else 403,
                made=True,
            )

    return probe


_T, _I = "{type}", "{id}"
PROBES: Mapping[tuple[str, tuple[str, ...]], Probe] = {
    ("POST", ()): _bundle,
    ("GET", (_T,)): _by_get,
    ("POST", (_T, "_search")): _by_post,
    ("POST", (_T,)): _create,
    ("GET", (_T, _I)): _read,
    ("PUT", (_T, _I)): _update,
    ("DELETE", (_T, _I)): _delete,
    ("GET", (_T, _I, "_history")): _history,
    ("GET", (_T, _I, "_history", _I)): _vread,
    ("GET", (_T, _I, _T)): _compartment_by_get,
    ("POST", (_T, _I, _T, "_search")): _compartment_by_post,
    ("POST", ("$process-message",)): _process_message,
    ("POST", ("$submit-report",)): _submit_report,
    ("GET", ("$notices",)): _notices,
    ("POST", (_T, "$validate")): _validate,
    ("POST", (_T, _I, "$validate")): _validate_instance,
    ("POST", (_T, "$summary")): _summary_type_post,
    ("GET", (_T, "$summary")): _summary_type_get,
    ("POST", (_T, _I, "$summary")): _summary_instance_post,
    ("GET", (_T, _I, "$summary")): _summary_instance_get,
    ("POST", (_T, "$explain-access")): _explain_by_type,
    ("POST", (_T, _I, "$explain-access")): _explain_instance_post,
    ("GET", (_T, _I, "$explain-access")): _explain_instance_get,
    ("GET", ("$unusual-access",)): _unusual,
    ("POST", (_T, _I, "$review")): _review,
    ("POST", (_T, "$disclose")): _disclose,
    ("GET", (_T, _I, "$received")): _received,
    ("POST", (_T, "$treating-now")): _declaring("$treating-now"),
    ("POST", (_T, "$consent-now")): _declaring("$consent-now"),
    ("POST", (_T, "$emergency-access")): _declaring("$emergency-access"),
}
"""What is asked of each row of the table of interactions. A row without a probe fails the test of the matrix."""

ROWS: tuple[Row, ...] = INTERACTIONS
OPEN_ROUTES = frozenset({"/health/live", "/health/ready"})
"""Routes beside the FHIR face; they say the same to everybody and nothing of anybody."""


def name_of(row: Row) -> str:
    """Return a row in words."""
    return f"{row.method} /{'/'.join(row.shape)}"
