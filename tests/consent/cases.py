"""Decision cases that a lawyer can read, as values: the same cases run through the engine, SQL and HTTP.

`world.yaml` names the places, people and records. Every other file of `decisions/` is a list of cases:

    - case: what it shows, as a sentence
      rule: the rule that it is about (an id of consent/README.md)
      who: a person of the world
      to: what is asked (an `Action`; look-up if left out)
      for: a purpose or a list (`TREAT` if left out)
      receiver: to whom it would be disclosed, a person of the world (or `unit-of`: that person's unit as such)
      sent: when that was disclosed which is opened now
      wants: categories (all if left out)
      at: when (the world's time if left out)
      expect: yes | no
      because: [rule ids that the reasons must contain; for a no, exactly these]
      not-because: [rule ids that the reasons must not contain]
      sees: [records, exactly these of the world's]   # or `also-sees` / `not`: at least, at least not
      duties: [obligations, exactly these]
      until: when the decision ends at the latest

and any of the facts, each a list: `relations` {kind, at, evidence, from, to}, `declarations` {kind, by, at, for, from,
to}, `directives` {id, does: permit | deny, active, from, to, people, places, sub-units, sectors, functions, citizens, for,
acts, data: {categories, labels, sectors, places, sub-units, authors, regimes, from, to, records}, except: [provisions]},
`representations` {kind, by, from, to, categories}, `delegations` {of, at, responsible, from, to}, `agreements` {id,
functions, categories, parties, social-case, pilot, from, to}, `participations` {by, evidence, from, to}, `assignments`
{kind, of, at, from, to}, `judgements` {kind, from, to}; and `born`, `died`, `address-protected`. Unknown words are errors.
Dates without a time mean midnight UTC as a start and the end of that day as an end.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, TypeVar

import yaml

from consent.model import (
    AccessRequest,
    ActorScope,
    Agreement,
    Assignment,
    CitizenKey,
    DataScope,
    Declaration,
    Delegation,
    Directive,
    Facts,
    Item,
    Judgement,
    OrganisationKey,
    Organisations,
    Participation,
    Period,
    PersonKey,
    Provision,
    Relation,
    Representation,
    Requester,
    Signature,
    Standing,
)
from consent.vocabulary import (
    Action,
    AssignmentKind,
    Category,
    DeclarationKind,
    Effect,
    Evidence,
    Function,
    JudgementKind,
    Label,
    Obligation,
    Purpose,
    Regime,
    RelationKind,
    RepresentationKind,
    Sector,
)

FOLDER = Path(__file__).parent / "decisions"
CITIZENS = {
    name: CitizenKey(number)
    for number, name in enumerate(("citizen", "stranger", "mother", "guardian", "proxy", "relative"), 101)
}
THE_CITIZEN = CITIZENS["citizen"]

Row = dict[str, Any]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionCase:
    """One case. `sees` is exact; `also_sees` and `unseen` are parts; record names are keys of `World.records`."""

    file: str
    name: str
    rule: str
    request: AccessRequest
    facts: Facts
    permitted: bool
    because: frozenset[str]
    not_because: frozenset[str]
    sees: frozenset[str] | None
    also_sees: frozenset[str]
    unseen: frozenset[str]
    duties: frozenset[Obligation] | None
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What all cases share. `requesters` and `standings` by the name of the person."""

    at: datetime
    born: datetime
    organisations: Organisations
    requesters: Mapping[str, Requester]
    standings: Mapping[str, Standing]
    records: Mapping[str, Item]


def load_world() -> World:
    """Read `world.yaml`."""
    raw = _Reader(yaml.safe_load((FOLDER / "world.yaml").read_text("utf-8")), "world")
    parents = {
        OrganisationKey(unit): OrganisationKey(above)
        for unit, above in raw.take("organisations", dict, {}).items()
        if above is not None
    }
    requesters: dict[str, Requester] = {}
    standings: dict[str, Standing] = {}
    for name, row in raw.take("people", dict, {}).items():
        person = _Reader(row, name)
        function = person.take("function", Function)
        place = person.take("at", OrganisationKey, None)
        client = person.take("client", str, None)
        citizen = person.take("is", lambda key: CITIZENS[key], None)
        requesters[name] = Requester(
            function=function,
            organisation=place,
            person=None if client else PersonKey(name),
            on_behalf_of=person.take("on-behalf-of", PersonKey, None),
            citizen=citizen,
            client=client or "",
            profession=person.take("profession", str, None),
            controller=person.take("controller", OrganisationKey, None),
        )
        functions = frozenset({function}) | person.many("works-as", Function)
        authorised = person.take("authorised", bool, False)
        if person.take("registered", bool, True) and place is not None:
            standings[name] = Standing(
                person=PersonKey(client or name),
                authorised=authorised,
                functions=functions,
                organisations=frozenset({place}),
            )
        person.done()
    records = {name: _record(name, row) for name, row in raw.take("records", dict, {}).items()}
    world = World(
        at=raw.take("at", _start),
        born=raw.take("born", _start),
        organisations=Organisations(parents=parents, sectors=raw.take("sectors", _sectors, {})),
        requesters=requesters,
        standings=standings,
        records=records,
    )
    raw.done()
    return world


def _sectors(rows: Row) -> dict[OrganisationKey, Sector]:
    return {OrganisationKey(place): Sector(sector) for place, sector in rows.items()}


def load_cases() -> list[DecisionCase]:
    """Read every case of every file, in the order of their names."""
    world = load_world()
    return [
        _case(row, path.stem, world)
        for path in sorted(FOLDER.glob("*.yaml"))
        if path.stem != "world"
        for row in yaml.safe_load(path.read_text("utf-8"))
    ]


def _case(row: Row, file: str, world: World) -> DecisionCase:
    raw = _Reader(row, f"{file}: {row.get('case')}")
    who = raw.take("who", str)
    receiver = raw.take("receiver", str, None)
    unit_of = raw.take("unit-of", str, None)
    recipient = world.requesters[receiver] if receiver else None
    if unit_of is not None:
        recipient = replace(world.requesters[unit_of], person=None)
    request = AccessRequest(
        recipient=recipient,
        requester=world.requesters[who],
        citizen=THE_CITIZEN,
        purposes=raw.many("for", Purpose) or frozenset({Purpose.TREATMENT}),
        action=raw.take("to", Action, Action.LOOK_UP),
        categories=raw.many("wants", Category) or frozenset(Category),
        at=raw.take("at", _start, world.at),
        sent=raw.take("sent", _start, None),
    )
    known = (who, request.requester.on_behalf_of, receiver)
    facts = Facts(
        relations=raw.rows("relations", _relation),
        declarations=raw.rows("declarations", _declaration),
        directives=raw.rows("directives", _directive),
        representations=raw.rows("representations", _representation),
        delegations=raw.rows("delegations", _delegation),
        agreements=raw.rows("agreements", _agreement),
        participations=raw.rows("participations", _participation),
        assignments=raw.rows("assignments", _assignment),
        judgements=raw.rows("judgements", _judgement),
        standings=tuple(world.standings[name] for name in known if name in world.standings),
        organisations=world.organisations,
        citizen_born=raw.take("born", _start_or_unknown, world.born),
        citizen_died=raw.take("died", _start, None),
        address_protected=raw.take("address-protected", bool, False),
    )
    sees = raw.optional_many("sees", str)
    case = DecisionCase(
        file=file,
        name=raw.take("case", str),
        rule=raw.take("rule", str),
        request=request,
        facts=facts,
        permitted=raw.take("expect", _yes_or_no),
        because=raw.many("because", str),
        not_because=raw.many("not-because", str),
        sees=sees,
        also_sees=raw.many("also-sees", str),
        unseen=raw.many("not", str),
        duties=raw.optional_many("duties", Obligation),
        until=raw.take("until", _start, None),
    )
    raw.done()
    unknown = ((sees or frozenset()) | case.also_sees | case.unseen) - world.records.keys()
    if unknown:
        raise ValueError(f"{raw.where}: unknown records {sorted(unknown)}")
    return case


def _record(name: str, row: Row) -> Item:
    raw = _Reader(row, name)
    place = raw.take("at", OrganisationKey)
    item = Item(
        citizen=THE_CITIZEN,
        instance=f"Basic/{name}",
        signature=Signature(
            raw.take("category", Category),
            raw.many("labels", Label),
            place,
            raw.take("origin", OrganisationKey, place),
            raw.take("author", PersonKey),
            raw.take("regime", Regime, Regime.HEALTH_CARE),
        ),
        period=raw.period(),
    )
    raw.done()
    return item


def _relation(raw: "_Reader") -> Relation:
    return Relation(
        kind=raw.take("kind", RelationKind),
        organisation=raw.take("at", OrganisationKey),
        evidence=raw.take("evidence", Evidence),
        period=raw.period(),
    )


def _declaration(raw: "_Reader") -> Declaration:
    return Declaration(
        kind=raw.take("kind", DeclarationKind),
        person=raw.take("by", PersonKey),
        organisation=raw.take("at", OrganisationKey),
        purpose=raw.take("for", Purpose),
        period=raw.period(),
    )


def _directive(raw: "_Reader") -> Directive:
    return Directive(
        id=raw.take("id", str, "directive"),
        version=1,
        active=raw.take("active", bool, True),
        period=raw.period(),
        root=_provision(raw),
    )


def _provision(raw: "_Reader") -> Provision:
    data = _Reader(raw.take("data", dict, {}), raw.where)
    scope = DataScope(
        categories=data.optional_many("categories", Category),
        labels=data.optional_many("labels", Label),
        sectors=data.optional_many("sectors", Sector),
        origins=data.optional_many("places", OrganisationKey),
        with_subunits=data.take("sub-units", bool, True),
        authors=data.optional_many("authors", PersonKey),
        regimes=data.optional_many("regimes", Regime),
        period=data.period() if {"from", "to"} & data.row.keys() else None,
        instances=data.optional_many("records", lambda name: f"Basic/{name}"),
    )
    data.done()
    return Provision(
        effect=raw.take("does", Effect),
        actors=ActorScope(
            persons=raw.optional_many("people", PersonKey),
            organisations=raw.optional_many("places", OrganisationKey),
            with_subunits=raw.take("sub-units", bool, True),
            sectors=raw.optional_many("sectors", Sector),
            functions=raw.optional_many("functions", Function),
            citizens=raw.optional_many("citizens", lambda name: CITIZENS[name]),
        ),
        purposes=raw.optional_many("for", Purpose),
        actions=raw.optional_many("acts", Action),
        data=scope,
        period=raw.period(),
        exceptions=raw.rows("except", _provision),
    )


def _representation(raw: "_Reader") -> Representation:
    return Representation(
        kind=raw.take("kind", RepresentationKind),
        representative=raw.take("by", lambda name: CITIZENS[name]),
        period=raw.period(),
        categories=raw.optional_many("categories", Category),
    )


def _delegation(raw: "_Reader") -> Delegation:
    return Delegation(
        person=raw.take("of", PersonKey),
        organisation=raw.take("at", OrganisationKey),
        responsible=raw.take("responsible", PersonKey),
        period=raw.period(),
    )


def _agreement(raw: "_Reader") -> Agreement:
    return Agreement(
        id=raw.take("id", str, "agreement"),
        version=1,
        period=raw.period(),
        functions=raw.many("functions", Function),
        categories=raw.many("categories", Category),
        organisations=raw.many("parties", OrganisationKey),
        enables_social_case=raw.take("social-case", bool, False),
        pilot=raw.many("pilot", OrganisationKey) or None,
    )


def _participation(raw: "_Reader") -> Participation:
    return Participation(
        person=raw.take("by", PersonKey),
        evidence=raw.take("evidence", Evidence, Evidence.SELF_ASSERTED),
        period=raw.period(),
    )


def _assignment(raw: "_Reader") -> Assignment:
    return Assignment(
        kind=raw.take("kind", AssignmentKind),
        person=raw.take("of", PersonKey),
        organisation=raw.take("at", OrganisationKey),
        period=raw.period(),
    )


def _judgement(raw: "_Reader") -> Judgement:
    return Judgement(kind=raw.take("kind", JudgementKind), period=raw.period())


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("expect: yes or no")
    return value


def _start(value: Any) -> datetime:
    return _moment(value, time.min)


def _start_or_unknown(value: Any) -> datetime | None:
    return None if value is None else _start(value)


def _moment(value: Any, of_day: time) -> datetime:
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ValueError("a time without zone")
        return value.astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, of_day, UTC)
    raise TypeError("not a time")


class _Reader:
    """Reads one mapping, every word once; `done` refuses what is left."""

    def __init__(self, row: Row, where: str) -> None:
        self.row = dict(row)
        self.where = where

    def take(self, key: str, read: Callable[[Any], _T], *default: Any) -> _T:
        if key not in self.row:
            if default:
                return default[0]  # type: ignore[no-any-return]  # the caller's own value
            raise ValueError(f"{self.where}: `{key}` is missing")
        value = self.row.pop(key)
        return read(value)

    def optional_many(self, key: str, read: Callable[[Any], _T]) -> frozenset[_T] | None:
        if key not in self.row:
            return None
        value = self.row.pop(key)
        return frozenset(read(one) for one in (value if isinstance(value, list) else [value]))

    def many(self, key: str, read: Callable[[Any], _T]) -> frozenset[_T]:
        return self.optional_many(key, read) or frozenset()

    def rows(self, key: str, read: "Callable[[_Reader], _T]") -> tuple[_T, ...]:
        found: list[_T] = []
        for row in self.row.pop(key, []):
            raw = _Reader(row, self.where)
            found.append(read(raw))
            raw.done()
        return tuple(found)

    def period(self) -> Period:
        return Period(
            start=self.take("from", _start, None), end=self.take("to", lambda value: _moment(value, time.max), None)
        )

    def done(self) -> None:
        if self.row:
            raise ValueError(f"{self.where}: unknown words {sorted(self.row)}")
