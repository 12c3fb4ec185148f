"""Search within one citizen or the directory, page by page.

Pages are keyset pages by sort value and counter, so that a resource that does not change during paging appears exactly
once, whatever others write meanwhile.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from app.search.cursor import Position
from app.search.query import SearchQuery, unnaming
from app.search.statement import page_of, total_of, values_of
from app.search.values import hash_reference
from app.store.database import Query, Row, Snapshot
from app.store.resources import Owner, Stored
from app.store.signatures import SignatureRow
from app.store.tables import DIRECTORY, N_BITS
from app.store.visible import Visible, visible
from consent.model import Permit
from schemas.homes import TYPE_NUMBER


@dataclass(frozen=True, slots=True)
class Page:
    """Some results in order.

    `total` counts all that are visible, when asked for or known anyway; `next` is where the rest begins.
    """

    rows: tuple[Stored, ...]
    total: int | None
    next: Position | None


_NOTHING_FOUND = Page((), 0, None)


async def find(
    snapshot: Snapshot,
    permit: Permit | None,
    query: SearchQuery,
    *,
    signatures: Iterable[SignatureRow] = (),
    after: Position | None = None,
    base_url: str = "",
) -> Page:
    """Search what `permit` shows of its citizen, whose signatures are `signatures`; without permit the directory.

    What the permit lets no record name, none is found by; `base_url` is how we are named in references from elsewhere.
    `query.patient` has been resolved by the caller: it is the citizen of the permit. A position in another citizen's
    results finds nothing.

    Raises:
        UnavailableError: the database is out of reach.
    """
    if permit is not None and permit.unnamed:
        names = frozenset[str]().union(*permit.unnamed.values())
        narrower = unnaming(query, {hash_reference(f"{base}{name}") for name in names for base in ("", f"{base_url}/")})
        if narrower is None:
            return _NOTHING_FOUND
        query = narrower
    rows = tuple(signatures)
    pid = DIRECTORY if permit is None else int(permit.request.citizen)
    shown = None if permit is None else visible(permit, rows, snapshot.ids)
    values = values_of(snapshot.ids, pid, query)
    if values is None or (shown is not None and shown.nothing) or (after is not None and after.pid != pid):
        return _NOTHING_FOUND
    key: Hashable = None
    if shown is not None:
        values.update(shown.values)
        key = shown.key
    found: list[Row] = []
    if query.count:
        values["s_limit"] = query.count + 1
        rest = after is not None
        if after is not None:
            values |= {"s_after": after.value, "s_after_place": pid << N_BITS | after.n}
        found = await snapshot.rows(
            Query(("search", query.key, key, rest), lambda: page_of(query, shown, rest=rest)), values
        )
        if not rest and len(found) <= query.count:
            return Page(_stored(snapshot, pid, shown, query, found), len(found), None)
    total = None
    if query.total == "accurate":
        counting = Query(("search-total", query.key, key), lambda: total_of(query, shown))
        total = (await snapshot.rows(counting, values))[0][0]
    page = found[: query.count]
    position = Position(pid, page[-1][-1], page[-1][0]) if len(found) > query.count and page else None
    return Page(_stored(snapshot, pid, shown, query, page), total, position)


def _stored(
    snapshot: Snapshot, pid: int, shown: Visible | None, query: SearchQuery, found: Sequence[Row]
) -> tuple[Stored, ...]:
    owner = Owner(pid, {} if shown is None else shown.signatures, snapshot.ids)
    owner.ns = [row[0] for row in found]
    type_number = TYPE_NUMBER[query.type]
    return tuple(
        Stored(owner, type_number, n, version, sig, 0, updated, start, stop, b"", body)
        for n, version, sig, updated, start, stop, body, _ in found
    )
