"""What was decided, composed or tagged before a dated fact began or ended is not answered after it.

The clock of the service is moved; nothing else happens in between. Everything is asked before, so that decisions,
documents and tags are kept, and each case is asked just before the moment and just after it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from leak_sweep import Way, check_shown, ways
from leak_world import (
    ANNA,
    BO,
    CALLER_OF,
    HIDDEN,
    Identifier,
    LeakWorld,
    about,
    block,
    condition,
    home_nursing,
    mark,
    parameters,
    patient_resource,
    role_at,
    sor,
    stay,
    transaction_of,
)

from app.demo.organisations import ORGANISATIONS
from app.demo.personas import PERSONAS
from app.demo.personas import client_rows as clients_of_the_demo
from app.demo.run import persona_token
from app.runtime import from_us, now_us
from app.sharing import DirectoryFile, RegisterFact, feed_registers, load_directory
from consent.model import Period
from consent.vocabulary import Effect, Purpose, RelationKind, RepresentationKind
from schemas.terminology import systems

JSON = dict[str, Any]
SECOND, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "hours", "days"))
YOUNG: Identifier = (systems.X_ECPR, "0101901YQ7")


@dataclass(slots=True)
class Clock:
    """The clock of the service: it stands still, and is moved. `moved` counts from when it was made."""

    started_us: int = field(default_factory=now_us)
    moved: timedelta = field(default_factory=timedelta)

    def now_us(self) -> int:
        """Return the time."""
        return self.started_us + int(self.moved / timedelta(microseconds=1))

    @property
    def now(self) -> datetime:
        """The time."""
        return from_us(self.now_us())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock by which the service answers from now on."""
    made = Clock()
    monkeypatch.setattr("app.fhir.dispatch.now_us", made.now_us)
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads, and whom. `persona`, `citizen` and `purposes` make the token, at the time of the clock."""

    persona: str
    about: Identifier
    keys: tuple[str, ...]
    purposes: frozenset[str] = frozenset()
    citizen: Identifier | None = None

    def token(self, leaks: LeakWorld, clock: Clock) -> str:
        """Return a fresh token: that tokens end is another matter."""
        who = PERSONAS[self.persona]
        who = who if self.citizen is None else replace(who, citizen=self.citizen)
        return persona_token(who, leaks.world.issuer, at_us=clock.now_us(), purposes=self.purposes)

    def ways(self, leaks: LeakWorld) -> dict[str, Way]:
        """Return every way of reading the records."""
        return ways(leaks.patients[self.about], self.about, [leaks.ids[key] for key in self.keys])


@dataclass(slots=True)
class Kept:
    """What a reader has got: tags and page links."""

    tags: dict[str, str]
    page: str


async def read(leaks: LeakWorld, clock: Clock, reader: Reader) -> Kept:
    """Check that the reader reads, in every way, and keep what it got."""
    token = reader.token(leaks, clock)
    await check_shown(leaks, token, reader.ways(leaks), [leaks.ids[key] for key in reader.keys])
    paths = [f"/Condition/{leaks.ids[reader.keys[0]]}", f"/Patient/{leaks.patients[reader.about]}/$summary"]
    tags = {}
    for path in paths:
        tags[path] = dict((await leaks.send(token, "GET", path)).headers)["etag"]
        assert (await leaks.send(token, "GET", path, headers={"If-None-Match": tags[path]})).status == 304
    page = await leaks.send(token, "GET", f"/Condition?patient={leaks.patients[reader.about]}&_count=1")
    (link,) = (link["url"] for link in page.json["link"] if link["relation"] == "self")
    return Kept(tags, link)


async def is_closed(leaks: LeakWorld, clock: Clock, reader: Reader, kept: Kept | None = None) -> None:
    """Check that the reader is shown nothing, in no way, whatever tag or page it has."""
    token = reader.token(leaks, clock)
    for path, tag in (kept.tags if kept else {}).items():
        answer = await leaks.send(token, "GET", path, headers={"If-None-Match": tag})
        assert (answer.status, "etag" in dict(answer.headers)) == (404, False), path
    if kept is not None:
        assert (await leaks.send(token, "GET", kept.page)).status == 403
    await check_shown(leaks, token, reader.ways(leaks), [], basis=False)


HEART = Reader(persona="heart-doctor", about=BO, keys=("other",))
ANNAS = tuple(one.key for one in HIDDEN if one.citizen == ANNA and one.type == "Condition")
NURSE = Reader(
    persona="home-nurse",
    about=ANNA,
    keys=tuple(key for key in ANNAS if CALLER_OF["nurse"].sees(next(one for one in HIDDEN if one.key == key))),
)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


async def _declared(leaks: LeakWorld, clock: Clock, reader: Reader, door: str) -> None:
    answer = await leaks.send(
        reader.token(leaks, clock),
        "POST",
        f"/Patient/{door}",
        json=parameters(
            identifier=reader.about,
            reason="vurdering på stedet",
            **({"code": "life-in-danger"} if door == "$emergency-access" else {}),
        ),
    )
    assert answer.status == 201, answer.body


DOORS = {
    "$emergency-access": (replace(HEART, purposes=frozenset({"ETREAT"})), 4 * HOUR),
    "$treating-now": (HEART, 24 * HOUR),
    "$consent-now": (HEART, 24 * HOUR),
}


@pytest.mark.parametrize("door", DOORS)
async def test_a_door_closes_when_its_time_is_over(own_leaks: LeakWorld, clock: Clock, door: str) -> None:
    leaks = own_leaks
    reader, longest = DOORS[door]
    await is_closed(leaks, clock, reader)
    await _declared(leaks, clock, reader, door)
    kept = await read(leaks, clock, reader)
    clock.moved = longest - SECOND
    kept = await read(leaks, clock, reader)
    clock.moved = longest + SECOND
    await is_closed(leaks, clock, reader, kept)


async def test_a_consent_to_a_look_up_lifts_a_block_for_its_time_alone(own_leaks: LeakWorld, clock: Clock) -> None:
    leaks = own_leaks
    reader = Reader(persona="lung-doctor", about=ANNA, keys=NURSE.keys)
    await is_closed(leaks, clock, reader)
    await _declared(leaks, clock, reader, "$consent-now")
    kept = await read(leaks, clock, reader)
    clock.moved = 24 * HOUR + SECOND
    await is_closed(leaks, clock, reader, kept)


async def test_a_consent_counts_from_its_beginning_to_its_end(own_leaks: LeakWorld, clock: Clock) -> None:
    leaks = own_leaks
    at = clock.now
    body = block(BO, actors=[sor("heart-ward")], purposes=[Purpose.TREATMENT], effect=Effect.PERMIT)
    body["provision"]["period"] = {"start": _text(at + HOUR), "end": _text(at + 2 * HOUR)}
    made = await leaks.ask(CALLER_OF["other-citizen"], "POST", "/Consent", json=body)
    assert made.status == 201, made.body
    await is_closed(leaks, clock, HEART)
    clock.moved = HOUR - SECOND
    await is_closed(leaks, clock, HEART)
    clock.moved = HOUR + SECOND
    kept = await read(leaks, clock, HEART)
    clock.moved = 2 * HOUR - SECOND
    kept = await read(leaks, clock, HEART)
    clock.moved = 2 * HOUR + SECOND
    await is_closed(leaks, clock, HEART, kept)


async def test_a_block_counts_from_its_beginning_to_its_end(own_leaks: LeakWorld, clock: Clock) -> None:
    leaks = own_leaks
    at = clock.now
    body = block(ANNA, actors=[sor("municipality-a")])
    body["provision"]["period"] = {"start": _text(at + HOUR), "end": _text(at + 2 * HOUR)}
    assert (await leaks.ask(CALLER_OF["citizen"], "POST", "/Consent", json=body)).status == 201
    kept = await read(leaks, clock, NURSE)
    clock.moved = HOUR + SECOND
    await is_closed(leaks, clock, NURSE, kept)
    clock.moved = 2 * HOUR + SECOND
    await read(leaks, clock, NURSE)


async def _young(leaks: LeakWorld, clock: Clock) -> None:
    """A child whose fifteenth birthday is in two days, with a parent and a record."""
    at = clock.now + 2 * DAY
    fact = RegisterFact(
        citizen=YOUNG, kind=RepresentationKind.CUSTODY, period=Period(), source="register", representative=ANNA
    )
    own_gp = RegisterFact(
        citizen=YOUNG,
        kind=RelationKind.OWN_GP,
        period=Period(),
        source="register",
        organisation=ORGANISATIONS["gp-1"].sor,
    )
    await feed_registers(leaks.world.service, [fact, own_gp], at_us=clock.now_us())
    bundle = transaction_of(YOUNG, condition("young", citizen=YOUNG))
    bundle["entry"][0]["resource"] = {
        **patient_resource(YOUNG),
        "birthDate": f"{at.year - 15}-{at.month:02d}-{at.day:02d}",
    }
    answer = await leaks.send(leaks.token("gp-system"), "POST", "", json=bundle)
    assert answer.status == 200, answer.body
    places = [entry["response"]["location"].split("/fhir/")[1].split("/") for entry in answer.json["entry"]]
    leaks.patients[YOUNG], leaks.ids["young"] = places[0][1], places[1][1]


async def test_the_fifteenth_birthday_closes_the_parents_access_and_opens_the_childs(
    own_leaks: LeakWorld, clock: Clock
) -> None:
    leaks = own_leaks
    await _young(leaks, clock)
    parent = Reader(persona="parent", about=YOUNG, keys=("young",), citizen=ANNA)
    child = Reader(persona="citizen", about=YOUNG, keys=("young",), citizen=YOUNG)
    gp = Reader(persona="gp", about=YOUNG, keys=("young",))
    kept = await read(leaks, clock, parent)
    await is_closed(leaks, clock, child)
    await read(leaks, clock, gp)
    log = f"/AuditEvent?patient={leaks.patients[YOUNG]}"
    assert (await leaks.send(parent.token(leaks, clock), "GET", log)).status == 200
    clock.moved = 3 * DAY
    await is_closed(leaks, clock, parent, kept)
    assert (await leaks.send(parent.token(leaks, clock), "GET", log)).status == 403
    await read(leaks, clock, child)
    await read(leaks, clock, gp)


async def _appointment(leaks: LeakWorld, clock: Clock) -> str:
    at = clock.now + 20 * DAY
    resource = {
        "resourceType": "Appointment",
        "status": "booked",
        "description": "kontrol-xq-kontrol",
        "start": _text(at),
        "end": _text(at + HOUR),
        "participant": [
            {"actor": about(BO), "status": "accepted"},
            {"actor": role_at("heart-ward"), "status": "accepted"},
        ],
    }
    made = await leaks.send(HEART.token(leaks, clock), "POST", "/Appointment", json=resource)
    assert made.status == 201, made.body
    return str(made.json["id"])


async def test_an_appointment_is_evidence_around_its_time_alone(own_leaks: LeakWorld, clock: Clock) -> None:
    """Two weeks ahead, and three days after."""
    leaks = own_leaks
    await _appointment(leaks, clock)
    await is_closed(leaks, clock, HEART)
    clock.moved = 7 * DAY
    kept = await read(leaks, clock, HEART)
    clock.moved = 22 * DAY
    kept = await read(leaks, clock, HEART)
    clock.moved = 24 * DAY
    await is_closed(leaks, clock, HEART, kept)


async def test_a_document_is_another_one_once_an_appointment_has_passed(own_leaks: LeakWorld, clock: Clock) -> None:
    """Nobody lost a right: but a document that was kept says what was true, and a tag confirms it no more."""
    leaks = own_leaks
    id_ = await _appointment(leaks, clock)
    bo = Reader(persona="citizen", about=BO, keys=("other",), citizen=BO)
    path = f"/Patient/{leaks.patients[BO]}/$summary?profile={quote(systems.ADMISSION_CONTEXT_PROFILE)}"
    before = await leaks.send(bo.token(leaks, clock), "GET", path)
    assert id_ in before.ids()
    tagged = {"If-None-Match": dict(before.headers)["etag"]}
    clock.moved = 20 * DAY - SECOND
    assert (await leaks.send(bo.token(leaks, clock), "GET", path, headers=tagged)).status == 304
    clock.moved = 21 * DAY
    after = await leaks.send(bo.token(leaks, clock), "GET", path, headers=tagged)
    assert after.status == 200
    assert id_ not in after.ids()


async def _staff_until(leaks: LeakWorld, until: datetime) -> None:
    nurse = PERSONAS["home-nurse"]
    row = {
        "person": nurse.person,
        "name": nurse.name,
        "authorisation": nurse.authorisation,
        "profession": nurse.profession,
        "functions": ["home-nursing"],
        "organisations": [nurse.organisation],
        "valid_to": _text(until),
    }
    await load_directory(leaks.world.service.database, DirectoryFile.model_validate({"staff": [row]}))


async def _client_until(leaks: LeakWorld, until: datetime) -> None:
    (row,) = (row for row in clients_of_the_demo() if row["id"] == PERSONAS["home-nurse"].client)
    changed = {
        "id": row["id"],
        "organisation": row["organisation"],
        "functions": row["functions"].split(","),
        "purposes": row["purposes"].split(","),
        "types": [],
        "revoked": _text(until),
    }
    await load_directory(leaks.world.service.database, DirectoryFile.model_validate({"clients": [changed]}))


async def test_whoever_leaves_at_a_date_reads_until_then(own_leaks: LeakWorld, clock: Clock) -> None:
    leaks = own_leaks
    await _staff_until(leaks, clock.now + HOUR)
    kept = await read(leaks, clock, NURSE)
    clock.moved = HOUR + SECOND
    await is_closed(leaks, clock, NURSE, kept)


async def test_a_client_that_ends_at_a_date_is_nobody_from_then_on(own_leaks: LeakWorld, clock: Clock) -> None:
    leaks = own_leaks
    await _client_until(leaks, clock.now + HOUR)
    await read(leaks, clock, NURSE)
    clock.moved = HOUR + SECOND
    for way in NURSE.ways(leaks).values():
        answer = await leaks.send(NURSE.token(leaks, clock), way.method, way.path, json=way.json, form=way.form)
        assert answer.status == 401


async def test_a_delegation_that_ends_at_a_date_opens_nothing_from_then_on(own_leaks: LeakWorld, clock: Clock) -> None:
    leaks = own_leaks
    secretary = PERSONAS["gp-secretary"]
    row = {
        "person": secretary.person,
        "organisation": secretary.organisation,
        "responsible": secretary.on_behalf_of,
        "valid_to": _text(clock.now + HOUR),
    }
    await load_directory(leaks.world.service.database, DirectoryFile.model_validate({"delegations": [row]}))
    reader = Reader(persona="gp-secretary", about=ANNA, keys=("open",))
    kept = await read(leaks, clock, reader)
    clock.moved = HOUR + SECOND
    await is_closed(leaks, clock, reader, kept)


async def test_a_practice_that_is_the_own_one_no_more_reads_no_more(own_leaks: LeakWorld, clock: Clock) -> None:
    leaks = own_leaks
    fact = RegisterFact(
        citizen=BO,
        kind=RelationKind.OWN_GP,
        period=Period(end=clock.now + HOUR),
        source="register",
        organisation=ORGANISATIONS["gp-3"].sor,
    )
    await feed_registers(leaks.world.service, [fact], at_us=clock.now_us())
    reader = Reader(persona="gp-3-doctor", about=BO, keys=("other",))
    kept = await read(leaks, clock, reader)
    clock.moved = HOUR + SECOND
    await is_closed(leaks, clock, reader, kept)


async def _stay_that_ended(leaks: LeakWorld, clock: Clock) -> None:
    ended = _text(clock.now - HOUR)
    body = {**stay(BO, "heart-ward"), "status": "finished", "period": {"start": "2026-11-01", "end": ended}}
    assert (await leaks.ask(CALLER_OF["unrelated"], "POST", "/Encounter", json=body)).status == 201


async def _service_that_ends(leaks: LeakWorld, clock: Clock) -> None:
    """Home nursing in municipality B, until in three days."""
    body = home_nursing(BO)
    body["period"] = {"start": "2026-01-01", "end": _text(clock.now + 3 * DAY - HOUR)}
    answer = await leaks.send(leaks.token("municipality-system-b"), "POST", "/CarePlan", json=body)
    assert answer.status == 201, answer.body


ENDING: Mapping[str, tuple[Callable[[LeakWorld, Clock], Awaitable[None]], Reader]] = {
    "72 hours after a stay": (_stay_that_ended, HEART),
    "a service with an end": (_service_that_ends, Reader(persona="home-nurse-b", about=BO, keys=("other",))),
}


@pytest.mark.parametrize("what", ENDING)
async def test_evidence_ends_at_its_moment(own_leaks: LeakWorld, clock: Clock, what: str) -> None:
    leaks = own_leaks
    write, reader = ENDING[what]
    await is_closed(leaks, clock, reader)
    await write(leaks, clock)
    await read(leaks, clock, reader)
    clock.moved = 3 * DAY - 2 * HOUR
    kept = await read(leaks, clock, reader)
    clock.moved = 3 * DAY + HOUR
    await is_closed(leaks, clock, reader, kept)


async def test_a_token_that_was_believed_ends_at_its_moment(leaks: LeakWorld, clock: Clock) -> None:
    token = leaks.token("home-nurse", at_us=clock.now_us(), life_seconds=3600)
    path = f"/Condition/{leaks.ids['open']}"
    clock.moved = HOUR - SECOND
    assert (await leaks.send(token, "GET", path)).status == 200
    clock.moved = HOUR + SECOND
    answer = await leaks.send(token, "GET", path, headers={"If-None-Match": "*"})
    assert answer.status == 401
    assert mark("open").encode() not in answer.body


async def test_a_clock_that_goes_back_answers_from_what_is_true_then(own_leaks: LeakWorld, clock: Clock) -> None:
    """What was decided later is not answered earlier."""
    leaks = own_leaks
    at = clock.now
    body = block(ANNA, actors=[sor("municipality-a")])
    body["provision"]["period"] = {"start": _text(at - 2 * HOUR), "end": _text(at - HOUR)}
    assert (await leaks.ask(CALLER_OF["citizen"], "POST", "/Consent", json=body)).status == 201
    kept = await read(leaks, clock, NURSE)
    clock.moved = -90 * timedelta(minutes=1)
    await is_closed(leaks, clock, NURSE, kept)
