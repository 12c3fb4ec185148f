"""A small world in which everything that can be hidden is hidden from somebody, and somebody sees it.

Anna lives in municipality A, which nurses her at home; her own GP is `gp-1`; she lies in the lung ward. She has blocked
the whole department of medicine from looking (so her own ward's doctor sees nothing), and her GP from a few things, one
for each way of saying it. Bo lives elsewhere. Eva and Dora are written about and declared about, and nothing else.
Every record carries a mark that occurs nowhere else, so that its text is found wherever it goes.
"""

import base64
import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import msgspec
from served import BASE, World, serving

from app.demo.cluster import generate
from app.demo.organisations import ORGANISATIONS
from app.demo.personas import PERSONAS, Persona
from app.demo.run import mark_as_demo, persona_token, seed_directory
from app.runtime import now, now_us
from app.sharing import RegisterFact, feed_registers
from app.store import citizens, clients
from app.store.database import open_database
from app.store.job import Job
from app.store.migrate import migrate
from app.store.tables import DIRECTORY
from app.translate.consents import consent_of, provision_of
from consent.model import Period
from consent.vocabulary import Category, Effect, Label, RelationKind, RepresentationKind
from schemas.terminology import systems

Identifier = tuple[str, str]
JSON = dict[str, Any]

ANNA: Identifier = (systems.CPR, "2512489996")
BO: Identifier = (systems.CPR, "3103979995")
EVA: Identifier = (systems.CPR, "1502799995")
DORA: Identifier = (systems.CPR, "1502829995")
CHILD: Identifier = (systems.CPR, "0505159995")
PARENT: Identifier = (systems.CPR, "2911829996")
UNKNOWN: Identifier = (systems.X_ECPR, "0101901XX7")
NAMES: Mapping[Identifier, tuple[str, str, str]] = {
    ANNA: ("Lindekrans", "Anna Test", "1948-12-25"),
    BO: ("Bregnerod", "Bo Test", "1997-03-31"),
    EVA: ("Evensen-Skov", "Eva Test", "1979-02-15"),
    DORA: ("Doverborg", "Dora Test", "1982-02-15"),
    CHILD: ("Barnekow", "Lasse Test", "2015-05-05"),
}
"""Family name, given names, birth date; the family names occur nowhere else."""

OTHER_PARENT: Identifier = (systems.CPR, "0107729995")
SID = "https://sundhed.example/sid/journal"
"""System of the local numbers by which the sources know their records."""
JOURNAL: Identifier = ("https://hospital.example/journal", "J-4711")
"""The hospital's own number of Anna: nobody else finds her by it."""


def sor(key: str) -> JSON:
    """Return a logical reference to an organisation of the cluster."""
    return {"type": "Organization", "identifier": {"system": systems.SOR, "value": ORGANISATIONS[key].sor}}


def role_at(key: str) -> JSON:
    """Return a logical reference to whoever works at an organisation."""
    return {"type": "PractitionerRole", "identifier": {"system": systems.SOR, "value": ORGANISATIONS[key].sor}}


def person(key: str) -> JSON:
    """Return a logical reference to a persona by its authorisation."""
    return PERSONAS[key].reference()


def patient_resource(citizen: Identifier) -> JSON:
    """Return a Patient as a source writes it."""
    family, given, born = NAMES.get(citizen, ("Ukendt-Navn", "Uno Test", "1990-01-01"))
    return {
        "resourceType": "Patient",
        "identifier": [{"system": citizen[0], "value": citizen[1]}],
        "name": [{"use": "official", "family": family, "given": given.split()}],
        "birthDate": born,
    }


def about(citizen: Identifier) -> JSON:
    """Return a reference to a citizen by number."""
    return {"type": "Patient", "identifier": {"system": citizen[0], "value": citizen[1]}}


def condition(key: str, *, citizen: Identifier = ANNA, code: str = "DZ039", **more: Any) -> JSON:
    """Return a diagnosis with a mark in its text."""
    return {
        "resourceType": "Condition",
        "identifier": [{"system": SID, "value": f"no-{key}"}],
        "clinicalStatus": {"coding": [{"system": systems.CONDITION_CLINICAL, "code": "active"}]},
        "verificationStatus": {"coding": [{"system": systems.CONDITION_VERIFICATION, "code": "confirmed"}]},
        "code": {"coding": [{"system": systems.SKS_DIAGNOSIS, "code": code}], "text": mark(key)},
        "subject": about(citizen),
        "onsetDateTime": "2024-02-01",
        "recordedDate": "2024-02-02",
        **more,
    }


def allergy(key: str, *, citizen: Identifier = ANNA) -> JSON:
    """Return an allergy with a mark in its text."""
    return {
        "resourceType": "AllergyIntolerance",
        "identifier": [{"system": SID, "value": f"no-{key}"}],
        "clinicalStatus": {"coding": [{"system": systems.ALLERGY_CLINICAL, "code": "active"}]},
        "verificationStatus": {"coding": [{"system": systems.ALLERGY_VERIFICATION, "code": "confirmed"}]},
        "code": {"text": mark(key)},
        "patient": about(citizen),
        "onsetDateTime": "2024-02-01",
        "recordedDate": "2024-02-02",
    }


def labelled(resource: JSON, label: Label) -> JSON:
    """Return the resource with a label of ours."""
    return {**resource, "meta": {"security": [{"system": systems.LABEL, "code": label.value}]}}


def mark(key: str) -> str:
    """Return the text by which a record is found wherever it goes."""
    return f"maerke-{key}-xq"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """One record. `sender` wrote it; `seen_by` are the callers of the matrix who see it; nobody else does."""

    key: str
    resource: JSON
    sender: str
    seen_by: frozenset[str]
    citizen: Identifier = ANNA

    @property
    def type(self) -> str:
        """Type of the resource."""
        return str(self.resource["resourceType"])

    @property
    def local(self) -> str:
        """Its local number as a search takes it."""
        return f"{SID}|no-{self.key}"


_ALL = frozenset({"citizen", "nurse", "emergency"})
_WITH_GP = _ALL | {"gp", "delegated-secretary"}
HOSPITAL, MUNICIPALITY, GP = "hospital-system", "municipality-system", "gp-system"

HIDDEN: tuple[Hidden, ...] = (
    Hidden(key="open", resource=condition("open"), sender=HOSPITAL, seen_by=_WITH_GP),
    Hidden(
        key="person",
        resource=condition("person", code="DI109", asserter=person("surgeon")),
        sender=HOSPITAL,
        seen_by=_ALL,
    ),
    Hidden(
        key="unit",
        resource=condition("unit", code="DJ449", recorder=role_at("lung-ward")),
        sender=HOSPITAL,
        seen_by=_ALL,
    ),
    Hidden(key="category", resource=allergy("category"), sender=HOSPITAL, seen_by=_ALL),
    Hidden(
        key="period",
        resource=condition(
            "period",
            code="DK359",
            onsetDateTime="2015-03-01",
            abatementDateTime="2015-06-01",
            clinicalStatus={"coding": [{"system": systems.CONDITION_CLINICAL, "code": "resolved"}]},
        ),
        sender=HOSPITAL,
        seen_by=_ALL,
    ),
    Hidden(key="instance", resource=condition("instance", code="DM819"), sender=HOSPITAL, seen_by=_ALL),
    Hidden(key="label", resource=condition("label", code="DF329"), sender=HOSPITAL, seen_by=_ALL),
    Hidden(
        key="genome",
        resource=labelled(condition("genome", code="DE780"), Label.NATIONAL_GENOME),
        sender=HOSPITAL,
        seen_by=frozenset(),
    ),
    Hidden(
        key="refused",
        resource=labelled(condition("refused", code="DG439"), Label.SHARING_REFUSED),
        sender=HOSPITAL,
        seen_by=frozenset({"citizen"}),
    ),
    Hidden(
        key="anonymous",
        resource=labelled(condition("anonymous", code="DN390"), Label.ANONYMOUS_TREATMENT),
        sender=HOSPITAL,
        seen_by=frozenset({"citizen"}),
    ),
    Hidden(
        key="social",
        resource={
            **condition("social", code="DR549"),
            "meta": {"tag": [{"system": systems.REGIME_SYSTEM, "code": "social-case"}]},
        },
        sender=MUNICIPALITY,
        seen_by=frozenset({"citizen"}),
    ),
    Hidden(
        key="other",
        resource=condition("other", citizen=BO, code="DL209"),
        sender="gp-system-3",
        citizen=BO,
        seen_by=frozenset({"other-citizen", "other-gp"}),
    ),
)
OPEN = HIDDEN[0]
BY_KEY: Mapping[str, Hidden] = {one.key: one for one in HIDDEN}
MARKS: Mapping[str, str] = {one.key: mark(one.key) for one in HIDDEN}

GP_BLOCKS: Mapping[str, JSON] = {
    "person": {"authored_by": (person("surgeon"),)},
    "unit": {"authored_by": (sor("medicine"),)},
    "category": {"categories": (Category.ALLERGY,)},
    "period": {"data_start_us": 1_420_070_400_000_000, "data_stop_us": 1_451_606_399_000_000},  # 2015
    "label": {"labels": (Label.PSYCHIATRY,)},
}
"""What Anna has blocked her GP from, by the key of the record that it hides; the one by instance is made with its id."""


def block(
    citizen: Identifier,
    *,
    actors: Iterable[JSON] = (),
    status: str = "active",
    effect: Effect = Effect.DENY,
    **scope: Any,
) -> JSON:
    """Return a Consent in which the citizen denies; references may be logical ones."""
    logical: dict[str, JSON] = {}

    def named(references: Iterable[JSON]) -> list[str]:
        for reference in references:
            logical[f"logical/{len(logical)}"] = reference
        return list(logical)[-len(list(references)) :] if references else []

    actors_named = named(list(actors))
    if "authored_by" in scope:
        scope["authored_by"] = named(list(scope["authored_by"]))
    provision = provision_of(effect, actors=actors_named, **scope)
    consent = consent_of(patient="patient", at_us=now_us(), provision=provision, status=status)
    consent["patient"] = about(citizen)
    consent["performer"] = [about(citizen)]
    consent["verification"] = [{"verified": True, "verificationDate": consent["dateTime"]}]
    for part in (*provision.get("actor", ()), *provision.get("data", ())):
        address = part["reference"].get("reference", "")
        if address in logical:
            part["reference"] = logical[address]
    return consent


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One column of the matrix. `enters` is false for whoever is nobody: 401 whatever is asked.

    `declares` are the doors that it may open. `submits`: it may write at all; `writes`: it may write Conditions about
    anybody, because it speaks for the controller itself; `changes` are the systems whose records it may change.
    """

    key: str
    persona: str
    purposes: tuple[str, ...] = ()
    citizen: Identifier | None = None
    on_behalf_of: str | None = None
    enters: bool = True
    declares: frozenset[str] = frozenset()
    submits: bool = False
    writes: bool = False
    changes: frozenset[str] = frozenset()

    @property
    def knows_journal(self) -> bool:
        """Tell whether this caller speaks for the organisation whose local number `JOURNAL` is."""
        return self.key in {"emergency", "unrelated", "blocked", "system"}

    def sees(self, what: Hidden) -> bool:
        """Tell whether the record is shown to this caller."""
        return self.key in what.seen_by

    def has_basis(self, citizen: Identifier) -> bool:
        """Tell whether this caller may look the citizen up at all."""
        return any(self.sees(one) for one in HIDDEN if one.citizen == citizen)


_DOORS = frozenset({"$treating-now", "$consent-now", "$emergency-access"})
CALLERS: tuple[Caller, ...] = (
    Caller(key="citizen", persona="citizen", citizen=ANNA),
    Caller(
        key="nurse",
        persona="home-nurse",
        declares=_DOORS,
        submits=True,
        writes=True,
        changes=frozenset({MUNICIPALITY}),
    ),
    Caller(key="gp", persona="gp", declares=_DOORS, submits=True, writes=True),
    Caller(key="delegated-secretary", persona="gp-secretary", submits=True, writes=True),
    Caller(
        key="emergency",
        persona="hospital-doctor",
        purposes=("ETREAT",),
        declares=frozenset({"$emergency-access"}),
    ),
    Caller(
        key="other-gp",
        persona="gp-3-doctor",
        declares=_DOORS,
        submits=True,
        writes=True,
        changes=frozenset({"gp-system-3"}),
    ),
    Caller(key="other-citizen", persona="citizen", citizen=BO),
    Caller(
        key="unrelated",
        persona="heart-doctor",
        declares=_DOORS,
        submits=True,
        writes=True,
        changes=frozenset({HOSPITAL}),
    ),
    Caller(
        key="blocked",
        persona="lung-doctor",
        declares=_DOORS,
        submits=True,
        writes=True,
        changes=frozenset({HOSPITAL}),
    ),
    Caller(key="other-municipality", persona="home-nurse-b", declares=_DOORS, submits=True, writes=True),
    Caller(key="home-carer", persona="home-carer", submits=True),
    Caller(key="secretary", persona="gp-secretary", on_behalf_of="hospital-doctor", submits=True, writes=True),
    Caller(key="system", persona=HOSPITAL, changes=frozenset({HOSPITAL}), submits=True, writes=True),
    Caller(key="municipality", persona=MUNICIPALITY, changes=frozenset({MUNICIPALITY}), submits=True, writes=True),
    Caller(key="data-protection", persona="dpo"),
    Caller(key="no-token", persona="gp", enters=False),
    Caller(key="expired", persona="gp", enters=False),
    Caller(key="revoked", persona="gp", enters=False),
    Caller(key="unregistered", persona="gp", enters=False),
)
CALLER_OF: Mapping[str, Caller] = {one.key: one for one in CALLERS}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` is as sent; `headers` are lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    def ids(self) -> set[str]:
        """Return the ids of the resources of an answered Bundle."""
        return {entry["resource"]["id"] for entry in self.json.get("entry", ()) if "id" in entry.get("resource", {})}


_UNSTEADY = {"x-request-id", "date"}
_TOKEN = re.compile(rb"_cursor=[A-Za-z0-9_\-]+")
_SESSION = re.compile(rb"ogs1\.[A-Za-z0-9_\-]+")
_INSTANT = re.compile(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")
_NUMBER = re.compile(
    rb"\b\d{6}[0-9A-Z]{4}\b|" + b"|".join(re.escape(name.encode()) for name in (systems.X_ECPR, systems.CPR))
)
_OURS = re.compile(rb"\b[a-z2-7]{26}\b")


def told(answer: Answer, *, made: bool = False) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    """Return all that an answer tells: ids and page tokens blanked, so that two answers can be compared.

    With `made` the answer is about something that was made by the request: its times, random keys and the number
    of the citizen whom it names are blanked too.
    """

    def blank(text: bytes) -> bytes:
        text = _OURS.sub(b"<id>", _TOKEN.sub(b"_cursor=<token>", text))
        if made:
            text = _SESSION.sub(b"<session>", text)
            text = _NUMBER.sub(b"<number>", _UUID.sub(b"<uuid>", _INSTANT.sub(b"<instant>", text)))
        return text

    unsteady = _UNSTEADY | ({"content-length"} if b"_cursor=" in answer.body else set())
    if made:
        unsteady |= {"last-modified", "content-length"}
    headers = tuple(
        sorted((name, blank(value.encode()).decode()) for name, value in answer.headers if name not in unsteady)
    )
    return answer.status, headers, blank(answer.body)


@dataclass(slots=True, kw_only=True)
class LeakWorld:
    """The running service with the records in it. `ids` are the public ids of the records by key, `patients` those of
    the citizens' Patients, `consents` those of Anna's blocks; `never` are ids of a citizen's that nothing has, `alien` is
    one that is not ours.
    """

    world: World
    ids: dict[str, str]
    patients: dict[Identifier, str]
    never: dict[Identifier, str]
    consents: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    alien: str = "abcdefghijklmnopqrstuvwxya"

    async def ask(
        self,
        who: Caller,
        method: str,
        path: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request as a caller of the matrix; `path` is below the FHIR base, or absolute with `http`."""
        return await self.send(self.tokens.get(who.key), method, path, json=json, form=form, headers=headers)

    async def send(
        self,
        token: str | None,
        method: str,
        path: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request with a token, or without one: straight to the ASGI application, a hundred thousand times."""
        sent = {"host": "127.0.0.1:8000", "accept": "*/*"} | {
            name.lower(): value for name, value in (headers or {}).items()
        }
        if token:
            sent["authorization"] = f"Bearer {token}"
        body = b""
        if form is not None:
            body, sent["content-type"] = urlencode(form).encode(), "application/x-www-form-urlencoded"
        elif json is not None:
            body, sent["content-type"] = msgspec.json.encode(json), "application/fhir+json"
        sent["content-length"] = str(len(body))
        url = urlsplit(path if path.startswith("http") else f"{BASE}{path}")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(url.path),
            "raw_path": url.path.encode(),
            "query_string": url.query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 40000),
            "server": ("127.0.0.1", 8000),
        }
        messages: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def take(message: MutableMapping[str, Any]) -> None:
            messages.append(message)

        await self.world.app(scope, receive, take)
        start, *parts = messages
        return Answer(
            start["status"],
            tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start["headers"]),
            b"".join(part.get("body", b"") for part in parts),
        )

    def token(self, persona: str, **how: Any) -> str:
        """Return a token of a persona."""
        return self.world.token(persona, **how)

    async def pid(self, citizen: Identifier) -> int:
        """Return the internal key of a citizen."""
        async with self.world.service.database.snapshot() as snapshot:
            found = await citizens.find_pid(snapshot, *citizen, at_us=now_us())
        assert found is not None
        return found


def token_of(caller: Caller, issuer: dict[str, str]) -> str:
    """Return the caller's token."""
    persona: Persona = PERSONAS[caller.persona]
    if caller.citizen is not None:
        persona = replace(persona, citizen=caller.citizen)
    if caller.on_behalf_of is not None:
        persona = replace(persona, on_behalf_of=PERSONAS[caller.on_behalf_of].person)
    if caller.key == "unregistered":
        persona = replace(persona, client="nobody-knows-it")
    issued = now_us() - (9 * 3600 * 1_000_000 if caller.key == "expired" else 0)
    return persona_token(persona, issuer, at_us=issued, purposes=frozenset(caller.purposes))


def claims_of(token: str) -> JSON:
    """Return the claims of a token, unverified."""
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def transaction_of(citizen: Identifier, *resources: JSON) -> JSON:
    """Return a transaction with a source's Patient and records about that citizen."""
    everything = (patient_resource(citizen), *resources)
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
                "resource": resource,
                "request": {"method": "POST", "url": resource["resourceType"]},
            }
            for number, resource in enumerate(everything)
        ],
    }


def home_nursing(citizen: Identifier) -> JSON:
    """Return a municipality's plan with home nursing in it (FSIII G): evidence of treatment."""
    code = {"system": systems.FSIII, "code": "G1.32", "display": "Sygepleje"}
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "subject": about(citizen),
        "period": {"start": "2024-01-01"},
        "activity": [{"detail": {"status": "in-progress", "code": {"coding": [code]}}}],
    }


def stay(citizen: Identifier, ward: str, *, start: str = "2026-11-01") -> JSON:
    """Return an admission that runs, in a ward."""
    return {
        "resourceType": "Encounter",
        "status": "in-progress",
        "class": {"system": systems.ACT_CODE, "code": "IMP"},
        "subject": about(citizen),
        "period": {"start": start},
        "serviceProvider": sor(ward),
    }


async def populate(world: World, *, known: Iterable[Identifier] = ()) -> LeakWorld:
    """Write everything through the front door, as those who may; of the citizens `known` only registers have told."""
    made = LeakWorld(world=world, ids={}, patients={}, never={})
    long_ago = Period()
    facts = [
        RegisterFact(
            citizen=citizen,
            kind=RelationKind.OWN_GP,
            period=long_ago,
            source="register",
            organisation=ORGANISATIONS[practice].sor,
        )
        for citizen, practice in (
            (ANNA, "gp-1"),
            (BO, "gp-3"),
            (CHILD, "gp-1"),
            *((citizen, "gp-4") for citizen in known),
        )
    ] + [
        RegisterFact(
            citizen=CHILD, kind=RepresentationKind.CUSTODY, period=long_ago, source="register", representative=parent
        )
        for parent in (PARENT, OTHER_PARENT)
    ]
    await feed_registers(world.service, facts, at_us=now_us())
    for citizen, sender, more in (
        (ANNA, HOSPITAL, [stay(ANNA, "lung-ward")]),
        (ANNA, MUNICIPALITY, [home_nursing(ANNA)]),
        (BO, "gp-system-3", []),
        (EVA, HOSPITAL, []),
        (DORA, HOSPITAL, []),
        (CHILD, "gp-system", [condition("child", citizen=CHILD)]),
    ):
        records = [one for one in HIDDEN if one.citizen == citizen and one.sender == sender]
        sent = transaction_of(citizen, *more, *(one.resource for one in records))
        if (citizen, sender) == (ANNA, HOSPITAL):
            sent["entry"][0]["resource"]["identifier"].append({"system": JOURNAL[0], "value": JOURNAL[1]})
        answer = await made.send(made.token(sender), "POST", "", json=sent)
        assert answer.status == 200, answer.body
        entries = [entry["response"]["location"].split("/fhir/")[1].split("/") for entry in answer.json["entry"]]
        made.patients.setdefault(citizen, entries[0][1])
        for one, place in zip(records, entries[1 + len(more) :], strict=True):
            made.ids[one.key] = place[1]
        if citizen == CHILD:
            made.ids["child"] = entries[1][1]
    for citizen in made.patients:
        made.never[citizen] = world.service.database.ids.encode(await made.pid(citizen), 4_000_000)
    await _blocks(made)
    await _tokens(made)
    declared = await made.ask(
        CALLER_OF["emergency"],
        "POST",
        "/Patient/$emergency-access",
        json=parameters(identifier=ANNA, code="cannot-consent", reason="bevidstløs, ingen pårørende"),
    )
    assert declared.status == 201, declared.body
    return made


async def _blocks(made: LeakWorld) -> None:
    gp = [sor("gp-1")]
    consents = {key: block(ANNA, actors=gp, **scope) for key, scope in GP_BLOCKS.items()}
    consents["instance"] = block(ANNA, actors=gp, instances=[f"Condition/{made.ids['instance']}"])
    consents["department"] = block(ANNA, actors=[sor("medicine")])
    for key, consent in consents.items():
        answer = await made.send(made.token("citizen", citizen=ANNA), "POST", "/Consent", json=consent)
        assert answer.status == 201, answer.body
        made.consents[key] = answer.json["id"]


async def _tokens(made: LeakWorld) -> None:
    for caller in CALLERS:
        if caller.key != "no-token":
            made.tokens[caller.key] = token_of(caller, made.world.issuer)
    revoked = claims_of(made.tokens["revoked"])
    writes = clients.revoke_token(revoked["jti"], until=revoked["exp"] * 1_000_000)
    await made.world.service.database.commit(Job(pid=DIRECTORY, writes=writes))


def parameters(**values: Any) -> JSON:
    """Return Parameters; a pair is an Identifier."""
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": name, "valueIdentifier": {"system": value[0], "value": value[1]}}
            if isinstance(value, tuple)
            else {"name": name, "valueString": value}
            for name, value in values.items()
        ],
    }


async def prepare(url: str) -> None:
    """Migrate a database and write directory and clients of the synthetic cluster into it."""
    await migrate(url)
    database = await open_database(url)
    try:
        await mark_as_demo(database)
        await seed_directory(database, generate(citizens=1, at=now()))
    finally:
        await database.close()


@asynccontextmanager
async def serving_at(url: str, **settings: Any) -> AsyncIterator[World]:
    """Serve a prepared database."""
    async with serving(url, generate(citizens=1, at=now()), **settings) as world:
        yield world
