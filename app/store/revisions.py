"""New versions of resources as rows: current version, history, index. Pure; the writer stores what comes out."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from app.store import pointers
from app.store.job import Archive, Delete, Insert, Upsert, Write
from app.store.place import place_of
from app.store.tables import idx_date, idx_quantity, idx_reference, idx_string, idx_token, resource


class Indexed(Protocol):
    """What a resource is found by, without citizen and counter; see `app.search.index.IndexRows`."""

    @property
    def tokens(self) -> Sequence[tuple[int, int]]:
        """(parameter, hash)."""

    @property
    def references(self) -> Sequence[tuple[int, int]]:
        """(parameter, hash)."""

    @property
    def dates(self) -> Sequence[tuple[int, int, int]]:
        """(parameter, first µs, last µs)."""

    @property
    def strings(self) -> Sequence[tuple[int, str]]:
        """(parameter, folded text)."""

    @property
    def quantities(self) -> Sequence[tuple[int, int, int, int]]:
        """(parameter, hash of unit, least, most)."""


class Revision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One new version of a resource; `version` 1 is a new resource.

    Times are µs UTC; a deletion has empty `line` and `body`, keeps `sig`, `start` and `stop` of what it deletes, and
    is found by nothing (`index` None). `was` is the index of the version that it replaces. `about` has the counters of
    the resources that it is about, `names` those of the others that it names.
    """

    n: int
    type_number: int
    version: int
    sig: int
    updated_us: int
    start_us: int
    stop_us: int
    line: bytes
    body: bytes
    index: Indexed | None
    was: Indexed | None = None
    deleted: bool = False
    about: frozenset[int] = frozenset()
    names: frozenset[int] = frozenset()


def put(pid: int, revisions: Iterable[Revision]) -> tuple[Write, ...]:
    """Return the writes of a citizen's new versions (or the directory's): one per table, however many versions.

    A resource may occur once only. Whoever submits the job gives `base_change`, so versions cannot collide.
    INVARIANT: the rows of a version are what `app.search.index` makes of its body, so that they can be named when it is
    replaced; changing what it makes means indexing every database anew.
    """
    revised = list(revisions)
    replaced = [one.n for one in revised if one.version > 1]
    writes: list[Write] = []
    if replaced:
        writes.append(Archive(tuple((place_of(pid, n),) for n in replaced)))
        keys = tuple((pid, n) for n in replaced)
        writes += (Delete(table, ("pid", "n"), keys) for table in (idx_date, idx_string, idx_quantity))
        were = [(one.n, one.was) for one in revised if one.was is not None]
        gone = {
            idx_token: tuple((pid, param, value, n) for n, was in were for param, value in was.tokens),
            idx_reference: tuple((pid, param, value, n) for n, was in were for param, value in was.references),
        }
        writes += (Delete(table, ("pid", "param", "value", "n"), rows) for table, rows in gone.items() if rows)
    writes.append(
        Upsert(
            resource,
            tuple(
                (
                    place_of(pid, one.n),
                    pid,
                    one.n,
                    one.type_number,
                    one.version,
                    one.sig,
                    int(one.deleted),
                    one.updated_us,
                    one.start_us,
                    one.stop_us,
                    one.line,
                    one.body,
                )
                for one in revised
            ),
        )
    )
    found_by = [(one.n, one.index) for one in revised if one.index is not None]
    rows = {
        idx_token: tuple((pid, param, value, n) for n, by in found_by for param, value in by.tokens),
        idx_reference: tuple((pid, param, value, n) for n, by in found_by for param, value in by.references),
        idx_date: tuple((pid, param, low, n, high) for n, by in found_by for param, low, high in by.dates),
        idx_string: tuple((pid, param, value, n) for n, by in found_by for param, value in by.strings),
        idx_quantity: tuple(
            (pid, param, unit, low, n, high) for n, by in found_by for param, unit, low, high in by.quantities
        ),
    }
    writes += (Insert(table, of_table) for table, of_table in rows.items() if of_table)
    # Never deleted: the versions that were replaced are about what they were about.
    if pointing := pointers.rows((one.n, one.about, one.names) for one in revised):
        writes.append(pointers.put(pid, pointing))
    return tuple(writes)
