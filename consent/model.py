"""The values that cross the seam: frozen, comparable, free of FHIR, clock and I/O.

All times are timezone-aware UTC. `None` as a bound of a period means open. Organisations are SOR ids,
persons are opaque keys (authorisation id or the directory's person key), citizens are `CitizenKey`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NewType

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

if TYPE_CHECKING:
    from consent.condition import Condition

CitizenKey = NewType("CitizenKey", int)
OrganisationKey = NewType("OrganisationKey", str)
PersonKey = NewType("PersonKey", str)

NOBODY = CitizenKey(-1)
"""Stands for a citizen whom the service does not know; has no facts, hence no access."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Both ends inclusive; `None` is open. See https://hl7.org/fhir/R4/datatypes.html#Period ."""

    start: datetime | None = None
    end: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Tell whether `at` lies in the period."""
        return (self.start is None or self.start <= at) and (self.end is None or at <= self.end)

    def overlaps(self, other: "Period") -> bool:
        """Tell whether the two share an instant."""
        starts_before = other.end is None or self.start is None or self.start <= other.end
        ends_after = other.start is None or self.end is None or other.start <= self.end
        return starts_before and ends_after


ALWAYS = Period()


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisations:
    """The organisation tree as of the request (SOR): child -> parent, and the sectors of those that make up one."""

    parents: Mapping[OrganisationKey, OrganisationKey] = field(default_factory=dict[OrganisationKey, OrganisationKey])
    sectors: Mapping[OrganisationKey, Sector] = field(default_factory=dict[OrganisationKey, Sector])

    def path(self, unit: OrganisationKey) -> tuple[OrganisationKey, ...]:
        """Return the unit and all above it, nearest first; a cycle ends the path."""
        seen = [unit]
        while (above := self.parents.get(seen[-1])) is not None and above not in seen:
            seen.append(above)
        return tuple(seen)

    def is_within(self, unit: OrganisationKey, ancestor: OrganisationKey) -> bool:
        """Tell whether `unit` is `ancestor` or lies below it."""
        return ancestor in self.path(unit)

    def sector_of(self, unit: OrganisationKey) -> Sector:
        """Return the sector of the nearest organisation at or above `unit` that has one; everybody is in one."""
        return next((self.sectors[above] for above in self.path(unit) if above in self.sectors), Sector.OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who asks: person, function, organisation, on whose behalf."""

    function: Function
    organisation: OrganisationKey | None = None
    person: PersonKey | None = None
    authorisation: str | None = None  # health authorisation id (Danish: autorisations-id)
    profession: str | None = None  # dk-core profession group code, e.g. 7170 doctor
    on_behalf_of: PersonKey | None = None  # responsible professional, § 42 a stk. 4
    citizen: CitizenKey | None = None  # the asker's own key when the asker is a citizen
    client: str = ""
    controller: OrganisationKey | None = None  # who answers for what the unit writes, None: the unit itself


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """One question to the engine. `categories` is what the view or search wants, never empty.

    To disclose, the requester is who holds the records, and `recipient` who would get them; `sent` is when that was
    disclosed which is opened `at` now, None: it is disclosed now. To explain, `recipient` is
    whose access is asked about, None: the requester's own.
    """

    requester: Requester
    citizen: CitizenKey
    purposes: frozenset[Purpose]
    action: Action
    categories: frozenset[Category]
    at: datetime
    recipient: Requester | None = None
    sent: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Evidence that an organisation treats a citizen (Danish: behandlingsrelation)."""

    kind: RelationKind
    organisation: OrganisationKey
    evidence: Evidence
    period: Period = ALWAYS
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A door that a named professional opened for one citizen."""

    kind: DeclarationKind
    person: PersonKey
    organisation: OrganisationKey
    purpose: Purpose
    period: Period
    reason: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """A person who may act for the citizen; `representative` is that person's own citizen key."""

    kind: RepresentationKind
    representative: CitizenKey
    period: Period = ALWAYS
    categories: frozenset[Category] | None = None  # None: all


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """The management of a treatment place authorised a person (§ 42 a stk. 4)."""

    person: PersonKey
    organisation: OrganisationKey
    responsible: PersonKey
    period: Period = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """A professional took part in the citizen's treatment in person; the period is that of the own part.

    What the professional wrote about herself is none: somebody else must have written it.
    """

    person: PersonKey
    period: Period
    evidence: Evidence = Evidence.SELF_ASSERTED  # of the own place; independent: of another organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The management of a place gave a person a task other than treatment (§ 42 d, stk. 2)."""

    kind: AssignmentKind
    person: PersonKey
    organisation: OrganisationKey
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A health professional judged the citizen's capacity, and documented it; never without an end (see the policy)."""

    kind: JudgementKind
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the directory knows of the requester, verified by somebody else than the requester.

    A system or register feed has one too: `person` is then its client id.
    """

    person: PersonKey
    authorised: bool  # holds a health authorisation in force
    functions: frozenset[Function] = frozenset()
    organisations: frozenset[OrganisationKey] = frozenset()
    period: Period = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class DataScope:
    """Which records a provision is about: every given element must match, `None` is no constraint."""

    categories: frozenset[Category] | None = None
    labels: frozenset[Label] | None = None  # matches when the record bears one of them
    sectors: frozenset[Sector] | None = None  # of its controller, which is who answered for it when it was written
    origins: frozenset[OrganisationKey] | None = None  # controller or origin, see with_subunits
    with_subunits: bool = True
    authors: frozenset[PersonKey] | None = None
    regimes: frozenset[Regime] | None = None
    period: Period | None = None  # matches when the record's clinical period overlaps
    instances: frozenset[str] | None = None  # 'Type/id'


ALL_DATA = DataScope()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorScope:
    """Which readers a provision is about: every given element must match, `None` is no constraint."""

    persons: frozenset[PersonKey] | None = None
    organisations: frozenset[OrganisationKey] | None = None
    with_subunits: bool = True
    sectors: frozenset[Sector] | None = None  # of the reader's unit as it is at the request
    functions: frozenset[Function] | None = None
    citizens: frozenset[CitizenKey] | None = None  # representatives


ANYONE = ActorScope()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """One provision of a directive.

    Of the nested ones in `exceptions`, those of the opposite effect are exceptions, those of the same effect additions.
    """

    effect: Effect
    actors: ActorScope = ANYONE
    purposes: frozenset[Purpose] | None = None
    actions: frozenset[Action] | None = None
    data: DataScope = ALL_DATA
    period: Period = ALWAYS
    exceptions: tuple["Provision", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """What the citizen has decided (Danish: samtykke, spærring); only an active one in force counts."""

    id: str
    version: int
    active: bool
    period: Period
    root: Provision


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What parties agreed to share; narrows, never widens, but for `enables_social_case` (rule X2).

    A piloted one binds the readers of the pilot's organisations alone. Of several in force each counts.
    """

    id: str
    version: int
    period: Period
    functions: frozenset[Function]
    categories: frozenset[Category]
    organisations: frozenset[OrganisationKey]  # parties, with all below them
    enables_social_case: bool = False
    pilot: frozenset[OrganisationKey] | None = None  # whose readers it binds, with all below; None: of every party


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known at `AccessRequest.at`; empty means nothing is known, hence nothing allowed."""

    relations: tuple[Relation, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    directives: tuple[Directive, ...] = ()
    representations: tuple[Representation, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    standings: tuple[Standing, ...] = ()  # of the requester, of whom it acts for, of the recipient
    participations: tuple[Participation, ...] = ()  # of the requester and of the recipient
    assignments: tuple[Assignment, ...] = ()  # of the requester
    judgements: tuple[Judgement, ...] = ()
    organisations: Organisations = field(default_factory=Organisations)
    citizen_born: datetime | None = None
    citizen_died: datetime | None = None
    address_protected: bool = False  # a Patient of hers bears the protection of name and address


@dataclass(frozen=True, slots=True)
class Signature:
    """The few things that a decision about a stored record rests on."""

    category: Category
    labels: frozenset[Label]
    controller: OrganisationKey
    origin: OrganisationKey
    author: PersonKey
    regime: Regime


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A stored record in the engine's words. `period` is never open at both ends for stored records."""

    citizen: CitizenKey
    instance: str  # 'Type/id'
    signature: Signature
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one rule opens: categories under regimes, without the labels it never opens.

    `controllers` narrows to records that one of these, or a unit below it, is responsible for; `None` is no constraint.
    """

    categories: frozenset[Category]
    regimes: frozenset[Regime]
    never: frozenset[Label]
    rule: str
    controllers: frozenset[OrganisationKey] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A set of records: those that match `data`, less those that belong to an exception."""

    data: DataScope
    exceptions: tuple["Part", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """What one directive or rule closes: those that match `data`, less those that belong to an exception."""

    data: DataScope
    exceptions: tuple[Part, ...] = ()
    rule: str
    directive: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One rule's part in a decision; texts come from `consent.explain`."""

    rule: str
    effect: Effect
    paragraph: str
    mark: str
    directive: str = ""
    evidence: Evidence | None = None  # of the relation that the rule rests on


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Proof of a decision; made by `consent.engine` alone, never stored.

    The same question gets the same answer from `request.at` until just before `valid_until`, as long as the facts stay.
    """

    request: AccessRequest
    grants: tuple[Grant, ...]
    withheld: tuple[Withheld, ...]
    organisations: Organisations
    obligations: frozenset[Obligation]
    reasons: tuple[Reason, ...]
    policy: str
    valid_until: datetime | None = None  # next moment at which a dated fact changes
    unnamed: "Mapping[str, frozenset[str]]" = field(default_factory=dict[str, frozenset[str]])
    """By record ('Type/id') the withheld ones that it names without being about them: whoever sees it is not told."""

    judged: "dict[int, tuple[Signature, Condition]]" = field(
        default_factory=dict[int, "tuple[Signature, Condition]"], compare=False, repr=False
    )
    """What `consent.disclosure.residual` found so far, by identity of the signature; it follows from the permit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """A refusal: a value, so that it can be recorded and explained."""

    request: AccessRequest
    reasons: tuple[Reason, ...]
    policy: str
