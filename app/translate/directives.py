"""FHIR R4 Consent as IHE PCF profiles it (basic, intermediate, advanced) -> the engine's directive.

Whatever a consent says that cannot be enforced is a fault with its FHIRPath: it is refused, never silently ignored. The
elements of one provision are AND, the values of one element OR; nested provisions are read one level deep. Which faults
there are depends on the resource and the directory alone.

Source: https://profiles.ihe.net/ITI/PCF/content.html, https://hl7.org/fhir/R4/consent.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from app.translate.elements import boolean_extension, codings_at, objects, text, values
from app.translate.labels import directive_label
from app.translate.times import as_period, bounds, period
from consent.model import (
    ALL_DATA,
    ALWAYS,
    ANYONE,
    ActorScope,
    CitizenKey,
    DataScope,
    Directive,
    OrganisationKey,
    Period,
    PersonKey,
    Provision,
)
from consent.related import DEPENDENTS, RELATED
from consent.vocabulary import Action, Category, Effect, Function, Label, Purpose, Regime, Sector
from schemas.fault import Fault
from schemas.terminology import systems


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Whom a reference names. A role names a person and a unit together; a group names its members."""

    persons: frozenset[PersonKey] = frozenset()
    organisations: frozenset[OrganisationKey] = frozenset()
    citizens: frozenset[CitizenKey] = frozenset()
    sectors: frozenset[Sector] = frozenset()


Resolve = Callable[[Mapping[str, Any]], Named | None]
"""From a Reference to whom it names; None when nobody knows, which is a fault."""


def is_directive(resource: Mapping[str, Any]) -> bool:
    """Tell whether a Consent is about privacy; others (advance directives, treatment) are records without effect."""
    return any(code.code == "patient-privacy" for code in codings_at(resource, "scope"))


def actors_in(resource: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the references to everybody whom the provisions of a Consent name; total on any JSON object."""
    outer = resource.get("provision")
    provisions = [outer, *objects(outer.get("provision"))] if isinstance(outer, dict) else []
    return [
        actor["reference"]
        for provision in provisions
        for actor in objects(provision.get("actor"))
        if isinstance(actor.get("reference"), dict)
    ]


def directive_of(resource: Mapping[str, Any], *, id: str, version: int, resolve: Resolve) -> Directive | list[Fault]:
    """Return what a Consent directs, or every reason why it cannot be enforced. Total on any JSON object.

    Data that is *related* to a record, or that a record *depends* on, is marked; see `consent.related`.
    """
    reader = _Reader(resolve=resolve)
    reader.only(resource, "Consent", _CONSENT_ELEMENTS)
    provision = resource.get("provision")
    if not is_directive(resource):
        reader.fault("Consent.scope", "not-supported", "only consents of scope patient-privacy are directives")
    status = text(resource.get("status"))
    if status not in _STATUSES:
        reader.fault("Consent.status", "code-invalid", "the status is not one of the life cycle")
    if not isinstance(provision, dict):
        reader.fault("Consent.provision", "required", "a directive needs a provision that says permit or deny")
        return reader.faults
    root = reader.root(provision, "Consent.provision")
    if root is None or reader.faults:
        return reader.faults
    return Directive(id=id, version=version, active=status == "active", period=root.period, root=root)


_Value = TypeVar("_Value")


@dataclass(slots=True)
class _Reader:
    """Reads one Consent and gathers every fault on the way."""

    resolve: Resolve
    faults: list[Fault] = field(default_factory=list)

    def fault(self, path: str, code: str, words: str) -> None:
        self.faults.append(Fault(path, code, words))

    def only(self, element: Mapping[str, Any], path: str, known: frozenset[str]) -> None:
        """Refuse elements that would change the meaning and are not read."""
        for name in element:
            if name not in known and not name.startswith("_"):
                self.fault(f"{path}.{name}", "not-supported", "this element cannot be enforced here")

    def root(self, provision: Mapping[str, Any], path: str) -> Provision | None:
        nested: list[Provision] = []
        for index, inner in enumerate(objects(provision.get("provision"))):
            where = f"{path}.provision[{index}]"
            if "provision" in inner:
                self.fault(f"{where}.provision", "not-supported", "provisions nest one level deep")
            nested += self.alternatives(inner, where)
        own = self.alternatives(provision, path)
        if len(own) > 1:
            self.fault(f"{path}.actor", "not-supported", "the outer provision can name persons or units, not a mixture")
        if len(own) != 1:
            return None
        root = own[0]
        return Provision(
            effect=root.effect, actors=root.actors, purposes=root.purposes, actions=root.actions, data=root.data,
            period=root.period, exceptions=tuple(nested),
        )  # fmt: skip

    def alternatives(self, provision: Mapping[str, Any], path: str) -> list[Provision]:
        """Return the provision once for each kind of actor that it names; several of them are OR."""
        self.only(provision, path, _PROVISION_ELEMENTS)
        effect = _EFFECTS.get(text(provision.get("type")))
        if effect is None:
            self.fault(f"{path}.type", "required", "a provision says permit or deny")
            return []
        held = self.period(provision.get("period"), f"{path}.period")
        purposes = self.coded(provision, path, "purpose", _purpose)
        actions = self.coded(provision, path, "action", _action)
        data = self.data(provision, path)
        return [
            Provision(effect=effect, actors=actors, purposes=purposes, actions=actions, data=data, period=held)
            for actors in self.actors(provision, path)
        ]

    def period(self, value: object, path: str) -> Period:
        if value is None:
            return ALWAYS
        stated = period(value)
        ends = [value.get(end) for end in ("start", "end")] if isinstance(value, Mapping) else []
        if stated is None or any(end is not None and bounds(end) is None for end in ends):
            self.fault(path, "value", "the period states no time that can be read")
            return ALWAYS
        return as_period(stated)

    def coded(
        self, provision: Mapping[str, Any], path: str, element: str, meaning: Callable[[str, str], _Value | None]
    ) -> frozenset[_Value] | None:
        """Return what the codes of an element mean; None when the element is absent, a fault for an unknown code."""
        stated = values(provision, element)
        if not stated:
            return None
        found: set[_Value] = set()
        for index, value in enumerate(stated):
            codes = codings_at({"it": value}, "it")
            known = [meant for code in codes if (meant := meaning(code.system, code.code)) is not None]
            if not known:
                self.fault(f"{path}.{element}[{index}]", "code-invalid", "this code cannot be enforced here")
            found.update(known)
        return frozenset(found)

    def actors(self, provision: Mapping[str, Any], path: str) -> list[ActorScope]:
        functions = self.extended(provision, path, systems.FUNCTION_EXTENSION, Function)
        stated = objects(provision.get("actor"))
        if not stated:
            return [ActorScope(functions=functions) if functions else ANYONE]
        with_subunits = self.with_subunits(stated, f"{path}.actor")
        scopes: dict[tuple[str, frozenset[OrganisationKey]], ActorScope] = {}
        for index, actor in enumerate(stated):
            where = f"{path}.actor[{index}]"
            self.only(actor, where, _ACTOR_ELEMENTS)
            if not any(code.key in _RECEIVES for code in codings_at(actor, "role")):
                text_ = (
                    "an actor is who would receive the records (IRCP); units and authors of records are named by data"
                )
                self.fault(f"{where}.role", "not-supported", text_)
            named = self.named(actor, where)
            if named is None:
                continue
            scope = ActorScope(
                persons=named.persons or None,
                organisations=named.organisations or None,
                with_subunits=with_subunits,
                sectors=named.sectors or None,
                functions=functions,
                citizens=named.citizens or None,
            )
            _join(scopes, scope)
        return list(scopes.values())

    def named(self, element: Mapping[str, Any], path: str) -> Named | None:
        """Return whom the reference of an element names: a sector by its code, others as the directory knows them."""
        stated = element.get("reference")
        reference = stated if isinstance(stated, Mapping) else {}
        identifier = reference.get("identifier")
        if isinstance(identifier, Mapping) and identifier.get("system") == systems.SECTOR:
            value = text(identifier.get("value"))
            if value in _SECTORS and "reference" not in reference:
                return Named(sectors=frozenset({Sector(value)}))
            self.fault(f"{path}.reference", "code-invalid", "a sector is named by a code, and by that alone")
            return None
        known = self.resolve(reference)
        if known is None or known == Named():
            self.fault(f"{path}.reference", "not-found", "nobody is known by this reference")
            return None
        return known

    def data(self, provision: Mapping[str, Any], path: str) -> DataScope:
        categories = self.coded(provision, path, "code", _category)
        classes = self.coded(provision, path, "class", _category)
        if categories is not None and classes is not None:
            categories &= classes
        labels = self.coded(provision, path, "securityLabel", _label)
        regimes = self.extended(provision, path, systems.REGIME_EXTENSION, Regime)
        stated = objects(provision.get("data"))
        within = self.period(provision["dataPeriod"], f"{path}.dataPeriod") if "dataPeriod" in provision else None
        scope = replace(
            self.records(stated, f"{path}.data"),
            categories=classes if categories is None else categories,
            labels=labels,
            with_subunits=self.with_subunits(stated, f"{path}.data"),
            regimes=regimes,
            period=within,
        )
        return ALL_DATA if scope == ALL_DATA else scope

    def records(self, stated: list[dict[str, Any]], path: str) -> DataScope:
        """Return sectors, units, authors or instances that `data` names; of one kind, because they are OR."""
        origins: set[OrganisationKey] = set()
        authors: set[PersonKey] = set()
        sectors: set[Sector] = set()
        instances: set[str] = set()
        for index, item in enumerate(stated):
            where = f"{path}[{index}]"
            self.only(item, where, _DATA_ELEMENTS)
            reference = item.get("reference")
            meaning = text(item.get("meaning"))
            address = text(reference.get("reference")) if isinstance(reference, Mapping) else ""
            if meaning == "authoredby":
                named = self.named(item, where)
                if named is None:
                    continue
                if named.citizens:
                    self.fault(f"{where}.reference", "not-supported", "who acts for a citizen is no author of records")
                authors |= named.persons
                sectors |= named.sectors
                origins |= frozenset() if named.persons else named.organisations
            elif meaning in _INSTANCES:
                if "/" not in address or address.startswith(("#", "urn:")):
                    self.fault(f"{where}.reference", "value", "a record is named as Type/id")
                    continue
                instances.add(f"{_INSTANCES[meaning]}{_local(address)}")
            else:
                self.fault(
                    f"{where}.meaning", "not-supported", "data means instance, related, dependents or authoredby"
                )
        if sum(map(bool, (origins, authors, sectors, instances))) > 1:
            self.fault(path, "not-supported", "one provision names records, authors, units or sectors, not a mixture")
        return DataScope(
            origins=frozenset(origins) or None,
            authors=frozenset(authors) or None,
            sectors=frozenset(sectors) or None,
            instances=frozenset(instances) or None,
        )

    def with_subunits(self, stated: list[dict[str, Any]], path: str) -> bool:
        """Return whether units below the named ones are meant; they are, unless the elements say otherwise."""
        said = {boolean_extension(item, systems.SUBUNITS_EXTENSION) is not False for item in stated}
        if len(said) > 1:
            self.fault(path, "not-supported", "either all units are meant with those below them, or none")
        return said != {False}

    def extended(
        self, provision: Mapping[str, Any], path: str, url: str, kind: Callable[[str], _Value]
    ) -> frozenset[_Value] | None:
        """Return the closed words that an extension of ours repeats, or None when it is absent."""
        found: set[_Value] = set()
        stated = [item for item in objects(provision.get("extension")) if item.get("url") == url]
        for item in stated:
            try:
                found.add(kind(text(item.get("valueCode"))))
            except ValueError:
                self.fault(f"{path}.extension", "code-invalid", "the extension has no code of its list")
        return frozenset(found) if stated else None


def _join(scopes: dict[tuple[str, frozenset[OrganisationKey]], ActorScope], scope: ActorScope) -> None:
    """Add a scope to those of its kind: persons to persons, units to units, persons in one unit to each other."""
    persons, units, citizens = scope.persons, scope.organisations, scope.citizens
    kind = "citizens" if citizens else "role" if persons and units else "persons" if persons else "units"
    kind = "sectors" if scope.sectors else kind
    key = (kind, units if kind == "role" and units else frozenset())
    before = scopes.get(key)
    if before is None:
        scopes[key] = scope
        return
    scopes[key] = ActorScope(
        persons=_union(before.persons, persons),
        organisations=_union(before.organisations, units),
        with_subunits=scope.with_subunits,
        sectors=_union(before.sectors, scope.sectors),
        functions=scope.functions,
        citizens=_union(before.citizens, citizens),
    )


def _union(left: frozenset[_Value] | None, right: frozenset[_Value] | None) -> frozenset[_Value] | None:
    return (left or frozenset()) | (right or frozenset()) or None


def _local(address: str) -> str:
    """Return 'Type/id' of a relative or absolute address, without its version."""
    return "/".join(address.partition("/_history/")[0].split("/")[-2:])


def _purpose(system: str, code: str) -> Purpose | None:
    return Purpose(code) if system in {systems.ACT_REASON, ""} and code in _PURPOSES else None


def _action(system: str, code: str) -> Action | None:
    if system == systems.ACTION:
        return Action(code) if code in _ACTIONS else None
    return _CONSENT_ACTIONS.get(code) if system == systems.CONSENT_ACTION else None


def _category(system: str, code: str) -> Category | None:
    return Category(code) if system == systems.CATEGORY and code in _CATEGORIES else None


def _label(system: str, code: str) -> Label | None:
    return directive_label(system, code)


_PURPOSES: Final = frozenset(Purpose)
_ACTIONS: Final = frozenset(Action)
_CATEGORIES: Final = frozenset(Category)
_SECTORS: Final = frozenset(Sector)
_INSTANCES: Final = {"instance": "", "related": RELATED, "dependents": DEPENDENTS}
_EFFECTS: Final = {"permit": Effect.PERMIT, "deny": Effect.DENY}
_CONSENT_ACTIONS: Final = {"access": Action.LOOK_UP, "disclose": Action.DISCLOSE}
_STATUSES: Final = frozenset({"draft", "proposed", "active", "rejected", "inactive", "entered-in-error"})
"""With an active consent not begun yet, in force, or elapsed: the nine states are these six and the three of time."""
_CONSENT_ELEMENTS: Final = frozenset(
    {"resourceType", "id", "meta", "language", "text", "contained", "extension", "identifier", "status", "scope"}
    | {"category", "patient", "dateTime", "performer", "organization", "sourceAttachment", "sourceReference"}
    | {"policy", "policyRule", "verification", "provision"}
)
_PROVISION_ELEMENTS: Final = frozenset(
    {"id", "extension", "type", "period", "actor", "action", "securityLabel", "purpose", "class", "code"}
    | {"dataPeriod", "data", "provision"}
)
_RECEIVES: Final = frozenset({f"{systems.PARTICIPATION}|IRCP", f"{systems.PARTICIPATION}|PRCP"})
_ACTOR_ELEMENTS: Final = frozenset({"id", "extension", "role", "reference"})
_DATA_ELEMENTS: Final = frozenset({"id", "extension", "meaning", "reference"})
