"""One job in the making: revisions and rows about one citizen, numbered from where she stands on the snapshot."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from app.errors import TooCostlyError
from app.store import citizens, relations, revisions, signatures
from app.store.citizens import CitizenRow
from app.store.job import AuditEntry, Job, Update, Write, joined
from app.store.place import place_of
from app.store.revisions import Revision
from app.store.signatures import SignatureRow
from app.store.tables import N_BITS, resource
from app.translate.classification import current_version
from consent.model import Signature


@dataclass(slots=True)
class Draft:
    """What will be written about `citizen`; `citizen.change` 0 means that she is new."""

    citizen: CitizenRow
    known: dict[Signature, int] = field(default_factory=dict)
    next_n: int = 1
    revisions: list[Revision] = field(default_factory=list)
    touched: dict[int, Signature] = field(default_factory=dict)
    relabelled: list[tuple[int, int]] = field(default_factory=list)  # place, number of the raised signature
    withdrawn: list[str] = field(default_factory=list)  # 'Type/id': what these proved before is taken back first
    others: list[Write] = field(default_factory=list)

    @classmethod
    def begin(cls, citizen: CitizenRow, rows: Iterable[SignatureRow]) -> "Draft":
        """Start from what the snapshot says."""
        known = {row.signature: row.number for row in rows}
        return cls(citizen=citizen, known=known, next_n=citizen.next_n)

    def take_n(self) -> int:
        """Reserve the number of a new resource.

        Raises:
            TooCostlyError: there is none left; the next one would lie among another citizen's.
        """
        taken = self.next_n
        if taken >> N_BITS:
            raise TooCostlyError("no more can be kept about this citizen")
        self.next_n += 1
        return taken

    def touch(self, signature: Signature) -> int:
        """Return the citizen's number for a signature, the next one when it is new; its newest change is this one."""
        number = self.known.setdefault(signature, len(self.known) + 1)
        self.touched[number] = signature
        return number

    @property
    def is_empty(self) -> bool:
        """Tell that nothing would be written."""
        return not self.revisions and not self.others and not self.withdrawn

    def job(self, audit: tuple[AuditEntry, ...], *, amended: CitizenRow) -> Job:
        """Return the job. `amended` says what the citizen's row becomes, its counters excepted."""
        pid, row = self.citizen.pid, replace(amended, next_n=self.next_n)
        is_new = self.citizen.change == 0
        # Said last: which tables are in use is known only since the caller was recognised.
        admitted = replace(row, change=1, classified=current_version())
        writes: list[Write] = [citizens.admit(admitted) if is_new else citizens.amend(row, before=self.citizen)]
        if self.revisions:
            writes += revisions.put(pid, self.revisions)
            if self.relabelled:
                written = {place_of(pid, one.n) for one in self.revisions}
                last = dict(self.relabelled)  # raised twice: two rows of one key have no order on PostgreSQL
                rows = tuple(row for row in last.items() if row[0] not in written)
                writes.append(Update(resource, ("place",), ("sig",), rows))
            numbers = {signature: number for number, signature in self.touched.items()}
            writes.append(signatures.touch(pid, numbers, change=self.citizen.change + 1))
        if self.withdrawn:
            writes += relations.remove_of(pid, self.withdrawn)
        return Job(pid=pid, base_change=self.citizen.change, writes=joined((*writes, *self.others)), audit=audit)
