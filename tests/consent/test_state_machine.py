"""Grants, blocks, revocations, relations, doors and time in any order: the engine against a model of a page.

The model knows no rules, grants or scopes; it keeps lists of what happened and asks plain questions of them.
"""

import os
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from consent import Denial, decide, may_disclose, residual
from consent.condition import holds
from consent.model import (
    AccessRequest,
    ActorScope,
    CitizenKey,
    DataScope,
    Declaration,
    Directive,
    Facts,
    Item,
    OrganisationKey,
    Organisations,
    Period,
    PersonKey,
    Provision,
    Relation,
    Requester,
    Signature,
    Standing,
)
from consent.vocabulary import (
    Action,
    Category,
    DeclarationKind,
    Effect,
    Evidence,
    Function,
    Label,
    Purpose,
    Regime,
    RelationKind,
)
from tests.consent.strategies import NOON

CITIZEN = CitizenKey(1)
READERS = {
    PersonKey("doctor"): (Function.HOSPITAL_TREATMENT, OrganisationKey("ward"), RelationKind.STAY),
    PersonKey("nurse"): (Function.HOME_NURSING, OrganisationKey("nursing"), RelationKind.HEALTH_SERVICE),
}
TREE = Organisations(parents={OrganisationKey("ward"): OrganisationKey("hospital")})
HOURS = {DeclarationKind.TREATING_NOW: 24, DeclarationKind.CONSENT_NOW: 24, DeclarationKind.EMERGENCY: 4}


def _record(category: Category, *labels: Label) -> Item:
    place = OrganisationKey("practice")
    return Item(
        citizen=CITIZEN,
        instance=f"Basic/{category.value}{''.join(labels)}",
        signature=Signature(category, frozenset(labels), place, place, PersonKey("gp"), Regime.HEALTH_CARE),
        period=Period(start=NOON, end=NOON),
    )


RECORDS = (
    _record(Category.DIAGNOSIS),
    _record(Category.MEDICATION),
    _record(Category.DIAGNOSIS, Label.PSYCHIATRY),
    _record(Category.DIAGNOSIS, Label.NATIONAL_GENOME),
    _record(Category.MEDICATION, Label.SHARING_REFUSED),
)
people = st.sampled_from(sorted(READERS))
scopes = st.builds(
    lambda categories, labels: DataScope(categories=categories, labels=labels),
    st.none() | st.frozensets(st.sampled_from([Category.DIAGNOSIS, Category.MEDICATION]), min_size=1),
    st.none() | st.just(frozenset({Label.PSYCHIATRY})),
)


@dataclass(slots=True)
class Choice:
    """What the citizen wrote: about whom (None: everybody), about what, since when, and when it was revoked."""

    effect: Effect
    reader: PersonKey | None
    scope: DataScope
    begun: int
    revoked: bool = False

    def covers(self, item: Item) -> bool:
        categories, labels = self.scope.categories, self.scope.labels
        return (categories is None or item.signature.category in categories) and (
            labels is None or bool(labels & item.signature.labels)
        )


@dataclass(slots=True)
class Life:
    choices: list[Choice] = field(default_factory=list)
    relations: list[tuple[PersonKey, int, int | None]] = field(default_factory=list)
    doors: list[tuple[DeclarationKind, PersonKey, int]] = field(default_factory=list)
    hour: int = 0


class TheLifeOfARecord(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.life = Life()

    @rule(reader=st.none() | people, scope=scopes)
    def block(self, reader: PersonKey | None, scope: DataScope) -> None:
        self.life.choices.append(Choice(Effect.DENY, reader, scope, self.life.hour))

    @rule(reader=people, scope=scopes)
    def consent(self, reader: PersonKey, scope: DataScope) -> None:
        self.life.choices.append(Choice(Effect.PERMIT, reader, scope, self.life.hour))

    @precondition(lambda self: self.life.choices)
    @rule(which=st.integers(0))
    def revoke(self, which: int) -> None:
        self.life.choices[which % len(self.life.choices)].revoked = True

    @rule(reader=people)
    def begin_to_treat(self, reader: PersonKey) -> None:
        self.life.relations.append((reader, self.life.hour, None))

    @precondition(lambda self: self.life.relations)
    @rule(which=st.integers(0))
    def stop_treating(self, which: int) -> None:
        index = which % len(self.life.relations)
        reader, begun, _ = self.life.relations[index]
        self.life.relations[index] = (reader, begun, self.life.hour)

    @rule(kind=st.sampled_from(DeclarationKind), reader=people)
    def declare(self, kind: DeclarationKind, reader: PersonKey) -> None:
        self.life.doors.append((kind, reader, self.life.hour))

    @rule(hours=st.sampled_from([1, 3, 4, 5, 23, 24, 25]))
    def wait(self, hours: int) -> None:
        self.life.hour += hours

    @invariant()
    def the_engine_says_what_happened(self) -> None:
        facts = self._facts()
        for reader in READERS:
            for purpose in (Purpose.TREATMENT, Purpose.EMERGENCY):
                decision = decide(self._request(reader, purpose), facts)
                assert not {"D1"} & {reason.rule for reason in decision.reasons}
                for item in RECORDS:
                    expected = self._expected(reader, purpose, item)
                    shown = not isinstance(decision, Denial) and may_disclose(decision, item)
                    assert shown == expected, (reader, purpose, item.instance, self.life)
                    if not isinstance(decision, Denial):
                        condition = residual(decision, item.signature)
                        assert holds(condition, instance=item.instance, period=item.period) == shown

    @invariant()
    def nobody_else_ever_sees_anything(self) -> None:
        request = self._request(PersonKey("doctor"), Purpose.TREATMENT)
        stranger = Requester(function=Function.HOSPITAL_TREATMENT, organisation=OrganisationKey("other"))
        assert isinstance(decide(_asked_by(request, stranger), self._facts()), Denial)

    def _expected(self, reader: PersonKey, purpose: Purpose, item: Item) -> bool:
        if item.signature.labels & {Label.NATIONAL_GENOME, Label.SHARING_REFUSED}:
            return False
        if purpose is Purpose.EMERGENCY:
            return self._since(DeclarationKind.EMERGENCY, reader) is not None
        choices = [choice for choice in self.life.choices if not choice.revoked and choice.reader in {None, reader}]
        consented = self._since(DeclarationKind.CONSENT_NOW, reader)
        basis = (
            consented is not None
            or self._since(DeclarationKind.TREATING_NOW, reader) is not None
            or any(
                who == reader and begun <= self.life.hour and (ended is None or self.life.hour <= ended)
                for who, begun, ended in self.life.relations
            )
            or any(choice.effect is Effect.PERMIT for choice in choices)
        )
        closing = [choice for choice in choices if choice.covers(item) is (choice.effect is Effect.DENY)]
        return basis and all(consented is not None and choice.begun <= consented for choice in closing)

    def _since(self, kind: DeclarationKind, reader: PersonKey) -> int | None:
        """The hour at which the latest door of this kind was opened that is still open."""
        opened = [
            hour
            for one, who, hour in self.life.doors
            if one is kind and who == reader and hour <= self.life.hour <= hour + HOURS[kind]
        ]
        return max(opened, default=None)

    def _facts(self) -> Facts:
        return Facts(
            relations=tuple(
                Relation(
                    kind=READERS[who][2],
                    organisation=READERS[who][1],
                    evidence=Evidence.REGISTER,
                    period=Period(start=_at(begun), end=None if ended is None else _at(ended)),
                )
                for who, begun, ended in self.life.relations
            ),
            declarations=tuple(
                Declaration(
                    kind=kind,
                    person=who,
                    organisation=READERS[who][1],
                    purpose=Purpose.EMERGENCY if kind is DeclarationKind.EMERGENCY else Purpose.TREATMENT,
                    period=Period(start=_at(hour)),
                )
                for kind, who, hour in self.life.doors
            ),
            directives=tuple(
                Directive(
                    id=f"Consent/{number}",
                    version=1,
                    active=not choice.revoked,
                    period=Period(start=_at(choice.begun)),
                    root=Provision(
                        effect=choice.effect,
                        actors=ActorScope(persons=None if choice.reader is None else frozenset({choice.reader})),
                        purposes=frozenset({Purpose.TREATMENT}),
                        data=choice.scope,
                    ),
                )
                for number, choice in enumerate(self.life.choices)
            ),
            standings=tuple(
                Standing(
                    person=person,
                    authorised=True,
                    functions=frozenset({function}),
                    organisations=frozenset({place}),
                )
                for person, (function, place, _) in READERS.items()
            ),
            organisations=TREE,
        )

    def _request(self, reader: PersonKey, purpose: Purpose) -> AccessRequest:
        function, place, _ = READERS[reader]
        return AccessRequest(
            requester=Requester(function=function, organisation=place, person=reader),
            citizen=CITIZEN,
            purposes=frozenset({purpose}),
            action=Action.LOOK_UP,
            categories=frozenset({Category.DIAGNOSIS, Category.MEDICATION}),
            at=_at(self.life.hour),
        )


def _at(hour: int):
    return NOON + timedelta(hours=hour)


def _asked_by(request: AccessRequest, requester: Requester) -> AccessRequest:
    return AccessRequest(
        requester=requester,
        citizen=request.citizen,
        purposes=request.purposes,
        action=request.action,
        categories=request.categories,
        at=request.at,
    )


TestTheLifeOfARecord = TheLifeOfARecord.TestCase
TestTheLifeOfARecord.settings = settings(
    max_examples=2000 if os.environ.get("OVERGANG_SOAK") else 40, stateful_step_count=25, deadline=None
)
