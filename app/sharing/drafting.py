"""From an entry with its place to rows: classified, permitted, distilled, indexed; what follows from it too."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from app.context import Call
from app.errors import AccessRefusedError
from app.gate import Access
from app.runtime import from_us
from app.search.index import index, index_of
from app.sharing.actors import named_by
from app.sharing.draft import Draft
from app.sharing.entries import Entry, moved
from app.sharing.placed import Placed
from app.sharing.proofs import People, proven, told_of, withdrawn
from app.sharing.values import Written
from app.store import relations
from app.store.resources import Stored
from app.store.revisions import Revision
from app.summary.lines import line_of
from app.summary.model import Stamp
from app.translate.classification import Classified, category_of, classify
from app.translate.directives import directive_of
from app.translate.homes import Inherits
from app.translate.inheritance import inherited_in, links_of
from app.translate.labels import Codes, codes_in, merge_labels
from app.translate.pointing import about, named
from app.translate.source import Inherited, Source
from app.translate.survey import Content
from app.translate.word import unkept_word
from consent.directives import is_on_the_citizens_word, may_record
from consent.disclosure import covers, may_disclose
from consent.explain import guidance
from consent.model import CitizenKey, Directive, Item, Period, Signature
from consent.vocabulary import Label
from schemas.fault import Fault
from schemas.homes import HOME_OF
from schemas.splice import received_meta, with_identity


class _Surveyed(msgspec.Struct, frozen=True, gc=False):
    """An entry to be stored: `resource` is the content under our id, `codes` what its codes say."""

    reference: str
    content: Content
    resource: dict[str, Any]
    codes: Codes


def _surveyed(placed: Placed, content: Content) -> _Surveyed:
    resource = content.resource | {"id": placed.reference.partition("/")[2]}
    return _Surveyed(placed.reference, content, resource, codes_in(placed.entry.survey.parts))


class _Becoming(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry that will be stored, and as what: `sig` is the number of its signature."""

    placed: Placed
    content: Content
    resource: dict[str, Any]
    classified: Classified
    sig: int
    version: int
    at_us: int

    @property
    def type(self) -> str:
        """The type of the resource."""
        return self.placed.entry.type

    @property
    def id(self) -> str:
        """The public id under which it will be found."""
        return self.placed.reference.partition("/")[2]


@dataclass(slots=True, kw_only=True)
class Drafting:
    """The entries of one submission on their way into one draft.

    `references` maps what the client called things to what we call them; `related` are the signatures of stored
    resources that the entries refer to, by the reference as it stands then, and `places` where these lie. `related`
    follows when a label is raised. `counter_of` tells which of the citizen's resources a reference names, if any.
    `covered` remembers which signatures a permit covers whole: to direct, or to submit.
    """

    call: Call
    access: Access
    directing: Access | None
    draft: Draft
    references: Mapping[str, str]
    related: dict[str, Signature]
    places: Mapping[str, int]
    counter_of: Callable[[str], int | None]
    source: Source
    people: Mapping[str, People] = field(default_factory=dict)
    proves: bool = True
    anchored: frozenset[str] = frozenset()
    patients: dict[int, Mapping[str, Any] | None] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    covered: dict[tuple[bool, Signature], bool] = field(default_factory=dict)

    def put_all(self, placed: Sequence[Placed], contents: Mapping[int, Content]) -> dict[int, Written]:
        """Draft all entries, by identity of the entry, as `contents` are; faults gather in `faults`.

        Raises:
            AccessRefusedError: the permit does not cover what one would become.
        """
        surveyed = [
            _surveyed(each, contents[id(each.entry)])
            for each in placed
            if each.entry.method != "DELETE" and not each.is_kept
        ]
        inherited = inherited_in(
            [((each.reference,), each.resource) for each in surveyed],
            [each.codes.labels for each in surveyed],
            category_of,
        )
        own = {each.reference for each in surveyed}
        pointing = [each for each in surveyed if not own.isdisjoint(each.content.references)]
        self.anchored = frozenset(each.reference for each in pointing).union(
            *(own.intersection(each.content.references) for each in pointing)
        )
        both = {each.reference: (each, taken) for each, taken in zip(surveyed, inherited, strict=True)}
        written: dict[int, Written] = {}
        becoming: list[_Becoming] = []
        for each in placed:
            found = None if each.is_kept else both.get(each.reference)
            if found is None:
                written[id(each.entry)] = self._left(each)
            else:
                becoming.append(self._become(each, *found))
        return written | self._put(becoming)

    def _left(self, placed: Placed) -> Written:
        """Draft what becomes of an entry without content to store: what is there stands, or goes."""
        type_, id_ = placed.reference.split("/")
        current = placed.current
        if placed.is_kept and current is not None:
            # Without its body: who may write it need not be one who may read it.
            return Written(type_, id_, current.version, current.updated_us, created=False, body=b"")
        return self._deleted(placed, type_, id_, 1 if current is None else current.version + 1)

    def _become(self, placed: Placed, surveyed: _Surveyed, inherited: Inherited) -> "_Becoming":
        """Decide what an entry becomes, and draft what follows from it."""
        classified = self._classify(placed, surveyed, inherited)
        self._check_permit(placed.entry, placed.reference, classified)
        if placed.current is not None:
            self.draft.touch(placed.current.item.signature)
        one = _Becoming(
            placed=placed,
            content=surveyed.content,
            resource=surveyed.resource,
            classified=classified,
            sig=self.draft.touch(classified.signature),
            version=1 if placed.current is None else placed.current.version + 1,
            at_us=self._at_us(placed.current),
        )
        self._consequences(placed, surveyed.resource, classified, one.version)
        return one

    def _put(self, becoming: Sequence["_Becoming"]) -> dict[int, Written]:
        """Draft the new versions, by identity of the entry.

        Each step is taken for all before the next: what a step needs of the processor's cache is then still there.
        """
        bodies = [
            with_identity(
                one.placed.entry.raw,
                id=one.id,
                meta=received_meta(one.placed.entry.resource, version=one.version, updated_us=one.at_us),
                references=self.references,
                replaced=one.content.replaced,
            )
            for one in becoming
        ]
        lines = [
            line_of(
                one.resource,
                category=one.classified.signature.category,
                body=body,
                stamp=Stamp(one.placed.n, one.version, one.at_us),
            )
            for one, body in zip(becoming, bodies, strict=True)
        ]
        found_by = [index(one.resource) for one in becoming]
        is_about = [about(one.resource) for one in becoming]
        self.draft.revisions += [
            Revision(
                n=one.placed.n,
                type_number=HOME_OF[one.type].number,
                version=one.version,
                sig=one.sig,
                updated_us=one.at_us,
                start_us=one.classified.period_us[0],
                stop_us=one.classified.period_us[1],
                line=line,
                body=body,
                index=rows,
                was=None if one.placed.current is None else index_of(one.placed.current.body),
                about=self._counters(one.placed, targets),
                names=self._counters(one.placed, named(one.resource, one.content.references, targets)),
            )
            for one, body, line, rows, targets in zip(becoming, bodies, lines, found_by, is_about, strict=True)
        ]
        return {
            id(one.placed.entry): Written(
                one.type, one.id, one.version, one.at_us, created=one.placed.current is None, body=body
            )
            for one, body in zip(becoming, bodies, strict=True)
        }

    def _at_us(self, current: Stored | None) -> int:
        """Return when a version is written: a submission that was overtaken and tries again never goes back in time."""
        return self.call.at_us if current is None else max(self.call.at_us, current.updated_us)

    def _counters(self, placed: Placed, references: frozenset[str]) -> frozenset[int]:
        found = (self.counter_of(reference) for reference in references)
        return frozenset(n for n in found if n is not None and n != placed.n)

    def _deleted(self, placed: Placed, type_: str, id_: str, version: int) -> Written:
        current = placed.current
        if current is None or current.deleted:
            return Written(type_, id_, version - 1, self.call.at_us, created=False, body=b"")
        self.draft.revisions.append(
            Revision(
                n=placed.n,
                type_number=current.type_number,
                version=version,
                sig=self.draft.touch(current.item.signature),
                updated_us=self._at_us(current),
                start_us=current.start_us,
                stop_us=current.stop_us,
                line=b"",
                body=b"",
                index=None,
                was=index_of(current.body),
                deleted=True,
            )
        )
        pid = self.draft.citizen.pid
        self.draft.withdrawn += withdrawn(placed.reference)
        if type_ == "Consent":
            self.draft.others.append(relations.end_directive(pid, placed.n))
        if type_ == "Patient":
            self.patients[placed.n] = None
        return Written(type_, id_, version, self._at_us(current), created=False, body=b"")

    def _classify(self, placed: Placed, surveyed: "_Surveyed", inherited: Inherited) -> Classified:
        """Return what the resource is, with the highest labels of what it derives from, stored or submitted with it."""
        resource = surveyed.resource
        stored = [self.related[name] for name in surveyed.content.references if name in self.related]
        if placed.current is not None:
            stored.append(placed.current.item.signature)
        if isinstance(placed.home, Inherits) and not stored and placed.reference not in self.anchored:
            text = "nothing in this submission points to this and it points to nothing here, so it has no home"
            self.faults.append(Fault(placed.entry.path, "business-rule", text))
        if self.related:
            _, givers = links_of(resource)
            given = [self.related[name].labels for name in givers if name in self.related]
            inherited = msgspec.structs.replace(inherited, labels=inherited.labels.union(*given))
        if inherited.category is None and stored and isinstance(placed.home, Inherits):
            labels = inherited.labels.union(*(signature.labels for signature in stored))
            inherited = msgspec.structs.replace(inherited, category=stored[-1].category, labels=labels)
        classified = classify(resource, self.source, inherited=inherited, codes=surveyed.codes)
        if placed.current is None:
            return classified
        labels = merge_labels(placed.current.item.signature.labels, classified.signature.labels)
        return msgspec.structs.replace(classified, signature=replace(classified.signature, labels=labels))

    def _raise(self, target: str, labels: frozenset[Label]) -> None:
        """Raise the labels of a stored resource that is spoken of now, at once and without a new version.

        INVARIANT: only its own controller may; to raise another's would be to hide it from its readers.
        """
        old, place = self.related[target], self.places[target]
        if labels <= old.labels or old.controller != self.source.controller:
            return
        raised = replace(old, labels=old.labels | labels)
        self.draft.touch(old)
        self.draft.relabelled.append((place, self.draft.touch(raised)))
        self.related |= {name: raised for name, lies in self.places.items() if lies == place}

    def _check_permit(self, entry: Entry, reference: str, classified: Classified) -> None:
        access = self.access
        if entry.type == "Consent" and self.directing is not None:
            access = self.directing
        citizen, signature = CitizenKey(self.draft.citizen.pid), classified.signature
        key = (access is self.directing, signature)
        is_covered = self.covered.get(key)
        if is_covered is None:
            is_covered = self.covered[key] = covers(access.permit, citizen, signature)
        if is_covered:
            return
        start, stop = classified.period_us
        item = Item(
            citizen=citizen,
            instance=reference,
            signature=signature,
            period=Period(start=from_us(start), end=from_us(stop)),
        )
        if not may_disclose(access.permit, item):
            raise _refused(access)

    def _consequences(self, placed: Placed, resource: dict[str, Any], classified: Classified, version: int) -> None:
        """Draft what the resource means beyond itself: relations, a directive, the citizen's own row."""
        pid = self.draft.citizen.pid
        if self.related:
            takers, _ = links_of(resource)
            for target in takers & self.related.keys():
                self._raise(target, classified.signature.labels)
        if placed.current is not None:
            self.draft.withdrawn += withdrawn(placed.reference)
        people = self.people.get(placed.reference, {})
        if self.proves:
            rows, faults = proven(pid, placed.reference, resource, classified, source=self.source, people=people)
            self.draft.others += rows
            self.faults += [moved(fault, placed.entry) for fault in faults]
        if placed.entry.type == "Patient":
            self.patients[placed.n] = resource
        if placed.entry.type == "Consent" and self.directing is not None:
            read = directive_of(
                resource,
                id=placed.reference,
                version=version,
                resolve=lambda reference: named_by(reference, self.source.actors, people),
            )
            if isinstance(read, Directive):
                if not may_record(self.directing.permit, read):
                    raise _refused(self.directing)
                self.draft.others.append(
                    relations.put_directive(
                        pid,
                        placed.n,
                        version=version,
                        active=read.active,
                        period=self._begun(read.period),
                        root=read.root,
                    )
                )
                if is_on_the_citizens_word(self.directing.permit):
                    self.faults += [moved(fault, placed.entry) for fault in unkept_word(resource)]
                    self.draft.others.append(told_of(pid, placed.reference, "block-recorded", at_us=self.call.at_us))
            else:
                self.faults += [moved(fault, placed.entry) for fault in read]

    def _begun(self, period: Period) -> Period:
        """Return when a directive counts: one that does not say from when begins as it is said.

        So the last word can be told from those before it: a *consent now* lifts what was said before it alone.
        """
        said = from_us(self.call.at_us)
        is_over = period.end is not None and period.end < said
        return period if period.start is not None or is_over else replace(period, start=said)


def _refused(access: Access) -> AccessRefusedError:
    request = access.permit.request
    return AccessRefusedError(guidance(request.requester.function, min(request.purposes), request.action))
