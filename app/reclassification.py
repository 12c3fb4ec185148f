"""When tables change, a citizen whose classification is old is classified anew, in one job, before she is looked at.

Category and law follow the new tables. Labels are only ever added: which of the old ones came from a table and which
from a sender is not written down. What a record takes over from another flows along references as at intake: upwards
from what it rests on, downwards only to records of the same controller. The audit stays as it was written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from app.context import Service
from app.errors import ContentionError, StaleError, UnavailableError
from app.store import citizens, directory, reclassifying, signatures, versions
from app.store.database import Snapshot
from app.store.job import Job, Write
from app.store.reclassifying import Kept
from app.store.tables import DIRECTORY
from app.summary.lines import line_of
from app.summary.model import Stamp
from app.translate.classification import category_of, current_version, regime_of
from app.translate.inheritance import links_of, spread
from app.translate.labels import codes_in, specialty_labels
from app.translate.source import Inherited
from app.translate.survey import survey
from consent.model import Signature
from consent.vocabulary import Label, Regime
from schemas.homes import TYPE_NAME

_TRIES = 16
_parse = msgspec.json.Decoder(dict[str, Any]).decode


async def is_due(snapshot: Snapshot, pid: int) -> bool:
    """Tell whether the citizen was classified under older tables than those in use."""
    row = await citizens.load(snapshot, pid)
    return row is not None and pid > DIRECTORY and row.classified < current_version()


async def catch_up(service: Service, snapshot: Snapshot, pid: int) -> bool:
    """Tell whether the records had to be classified by new tables; then the snapshot is a later one: decide again.

    Asked only for who may look: how long a refusal takes tells nothing of whom the service knows.

    Raises:
        UnavailableError: they are not classified by the tables of now.
    """
    if not await is_due(snapshot, pid):
        return False
    await reclassify(service, pid)
    await snapshot.refresh()
    if await is_due(snapshot, pid):
        raise UnavailableError("the records could not be classified anew")
    return True


async def reclassify(service: Service, pid: int) -> None:
    """Classify all records of the citizen anew; whoever comes second finds it done.

    Raises:
        ContentionError: others keep writing about the citizen.
    """
    for _ in range(_TRIES):
        async with service.database.snapshot() as snapshot:
            job = await _job(service, snapshot, pid)
        if job is None:
            return
        try:
            await service.database.commit(job)
        except StaleError:
            continue
        return
    raise ContentionError("others are writing about this citizen; try again")


async def _job(service: Service, snapshot: Snapshot, pid: int) -> Job | None:
    row = await citizens.load(snapshot, pid)
    if row is None or row.classified >= current_version():
        return None
    registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
    rows = await signatures.load(snapshot, pid)
    book = _Book({one.number: one.signature for one in rows}, registry.specialties)
    current = await reclassifying.current_of(snapshot, pid)
    earlier = await reclassifying.earlier_of(snapshot, pid)
    names = snapshot.ids.encode_all(pid, [one.n for one in current])
    book.read_current(current, names, base_url=service.settings.public_url)
    now = [again for one in current if (again := book.again(one)) != one]
    then = [again for one in earlier if (again := book.again_earlier(one)) != one]
    gone = [again for one in current if not one.body and (again := book.again_deleted(one)) != one]
    writes: list[Write] = [citizens.amend(replace(row, classified=current_version()), before=row)]
    if book.touched:
        writes += reclassifying.rewrite(pid, [*now, *gone], then)
        writes.append(signatures.touch(pid, book.touched, change=row.change + 1))
    return Job(pid=pid, base_change=row.change, writes=tuple(writes))


@dataclass(frozen=True, slots=True)
class _Read:
    """What the tables of today say of a live record, without what it takes over."""

    resource: dict[str, Any]
    labels: frozenset[Label]
    may_be_service: bool


class _Book:
    """The citizen's records on their way to new signatures."""

    def __init__(self, by_number: Mapping[int, Signature], specialties: Mapping[str, frozenset[str]]) -> None:
        self._by_number = dict(by_number)
        self._numbers = {signature: number for number, signature in by_number.items()}
        self._specialties = specialties
        self._taken: dict[int, tuple[frozenset[Label], Inherited]] = {}
        self._last: dict[int, int] = {}
        self.touched: dict[Signature, int] = {}

    def read_current(self, current: Sequence[Kept], names: Sequence[str], *, base_url: str) -> None:
        """Find what each live record takes over from the others."""
        live = [(one, name) for one, name in zip(current, names, strict=True) if one.body]
        read = [self._read(one) for one, _ in live]
        own = [each.labels | self._by_number[one.sig].labels for (one, _), each in zip(live, read, strict=True)]
        place = {f"{TYPE_NAME[one.type_number]}/{name}": index for index, (one, name) in enumerate(live)}
        edges: set[tuple[int, int]] = set()
        holder: dict[int, int] = {}
        for index, ((one, _), each) in enumerate(zip(live, read, strict=True)):
            takers, givers = links_of(each.resource)
            for target in _places(takers, place, base_url):
                holder.setdefault(target, index)
                if self._controller(live[target][0]) == self._controller(one):
                    edges.add((index, target))
            edges.update((giver, index) for giver in _places(givers, place, base_url))
        for index, labels in enumerate(spread(own, edges)):
            over = live[holder[index]][0] if index in holder else None
            held = None if over is None else read[holder[index]].resource
            self._taken[live[index][0].n] = (
                labels - own[index],
                Inherited(
                    category=None if held is None else category_of(held),
                    social_case=held is not None and regime_of(held) is Regime.SOCIAL_CASE,
                ),
            )

    def again(self, one: Kept) -> Kept:
        """Return a live record as the tables of today see it."""
        if not one.body:
            return one
        read = self._read(one)
        made = self._signature(one, read)
        stamp = Stamp(one.n, one.version, one.updated_us)
        line = line_of(read.resource, category=made.category, body=one.body, stamp=stamp)
        number = self._number(one, made)
        if line != one.line:
            self.touched[made] = number
        return replace(one, sig=number, line=line)

    def again_earlier(self, one: Kept) -> Kept:
        """Return a replaced version as the tables of today see it."""
        made = self._by_number[one.sig] if not one.body else self._signature(one, self._read(one))
        if not one.body and one.n in self._last:
            made = self._by_number[self._last[one.n]]
        again = replace(one, sig=self._number(one, made))
        self._last[one.n] = again.sig
        return again

    def again_deleted(self, one: Kept) -> Kept:
        """Return what says that a record is deleted under the signature of its last version."""
        return replace(one, sig=self._number(one, self._by_number[self._last.get(one.n, one.sig)]))

    def _signature(self, one: Kept, read: _Read) -> Signature:
        old = self._by_number[one.sig]
        taken, inherited = self._taken.get(one.n, (frozenset[Label](), Inherited()))
        category = category_of(read.resource)
        if read.resource.get("resourceType") == "Binary":
            category = inherited.category or old.category
        return replace(
            old,
            category=category,
            labels=old.labels | read.labels | taken,
            regime=regime_of(read.resource, inherited=inherited, may_be_service=read.may_be_service),
        )

    def _read(self, one: Kept) -> _Read:
        resource = _parse(one.body)
        codes = codes_in(survey(resource).parts)
        unit = self._specialties.get(self._by_number[one.sig].origin, frozenset())
        return _Read(resource, codes.labels | specialty_labels(unit), codes.may_be_service)

    def _number(self, one: Kept, made: Signature) -> int:
        number = self._numbers.get(made)
        if number is None:
            number = self._numbers[made] = max(self._by_number, default=0) + 1
            self._by_number[number] = made
        if number != one.sig:
            self.touched[self._by_number[one.sig]] = one.sig
            self.touched[made] = number
        return number

    def _controller(self, one: Kept) -> str:
        return self._by_number[one.sig].controller


def _places(references: frozenset[str], place: Mapping[str, int], base_url: str) -> list[int]:
    """Return which records of the citizen are meant."""
    bare = (reference.removeprefix(f"{base_url}/").partition("/_history/")[0] for reference in references)
    return [place[name] for name in bare if name in place]
