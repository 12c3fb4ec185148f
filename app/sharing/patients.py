"""Each source keeps one Patient of a citizen; one of them answers for her, and her birth and death follow from it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from app.errors import DuplicateError, InvalidSearchError
from app.gate import Access
from app.search import sql
from app.search.parse import parse
from app.sharing.entries import Entry
from app.store import bookkeeping, directory, versions
from app.store.citizens import CitizenRow
from app.store.controller import kind_of
from app.store.database import Snapshot
from app.store.resources import Stored
from app.translate.demographics import (
    TELL_OF_DEATH,
    Candidate,
    Contradiction,
    contradictions,
    demographics_of,
    master_of,
)
from consent.vocabulary import Action
from schemas.homes import HOME_OF

_parse = msgspec.json.Decoder().decode
_SPARSE = frozenset(
    {"resourceType", "id", "meta", "text", "identifier", "managingOrganization", "implicitRules", "language"}
)


async def existing(snapshot: Snapshot, access: Access, entry: Entry) -> tuple[Stored | None, bool]:
    """Return what a POST names that is already there, and whether it stands as it is.

    A condition (If-None-Exist) on an identifier that matches: it stands. A Patient from a source that already keeps one
    of this citizen: a new version of that, except that one without demographics never replaces one with.

    Raises:
        DuplicateError: the condition matches several.
        InvalidSearchError: the condition is not on identifiers.
    """
    if entry.if_none_exist:
        found = await _matching(snapshot, access, entry)
        if found is not None:
            return found, True
    if entry.type != "Patient":
        return None, False
    kept = await sql.find(snapshot, access.permit, parse("Patient", [("_count", "50")]), signatures=access.signatures)
    mine = next((row for row in kept.rows if _is_the_callers(access, row)), None)
    return mine, mine is not None and (entry.yields or entry.resource.keys() <= _SPARSE)


async def _matching(snapshot: Snapshot, access: Access, entry: Entry) -> Stored | None:
    from urllib.parse import parse_qsl  # noqa: PLC0415

    pairs = parse_qsl(entry.if_none_exist or "", keep_blank_values=True)
    if not pairs or any(name != "identifier" for name, _ in pairs):
        raise InvalidSearchError("a conditional create takes `identifier` and nothing else")
    query = parse(entry.type, [*pairs, ("_count", "2")])
    found = await sql.find(snapshot, access.permit, query, signatures=access.signatures)
    rows = [row for row in found.rows if _is_the_callers(access, row)]
    if len(rows) > 1:
        raise DuplicateError("the condition matches several resources")
    return rows[0] if rows else None


def _is_the_callers(access: Access, stored: Stored) -> bool:
    """Tell whether the caller may learn that it is there.

    Who writes knows the own organisation's alone, not those below it; a permit to direct covers all directives of the
    citizen, of which others than the citizen know only what they wrote.
    """
    request, signature = access.permit.request, stored.item.signature
    if request.action is not Action.DIRECT:
        return signature.controller == request.requester.controller
    return request.requester.citizen == request.citizen or request.requester.person == signature.author


async def amended(
    snapshot: Snapshot, row: CitizenRow, changed: Mapping[int, Mapping[str, Any] | None], *, controller: str, at_us: int
) -> tuple[CitizenRow, tuple[Contradiction, ...]]:
    """Return the citizen's row as it will be when the Patients `changed` (n -> resource, None: deleted) are stored.

    Contradicting demographics are findings for people to look at; nothing is joined or corrected.
    """
    if not changed:
        return row, ()
    registry = await directory.load(snapshot, (await versions.load(snapshot)).directory)
    candidates = [
        Candidate(
            key=n,
            source_kind=kind_of(registry, source),
            updated_us=updated_us,
            demographics=demographics_of(_parse(body)),
        )
        for n, source, updated_us, body in await bookkeeping.patients(snapshot, row.pid)
        if n not in changed
    ]
    candidates += [
        Candidate(
            key=n, source_kind=kind_of(registry, controller), updated_us=at_us, demographics=demographics_of(resource)
        )
        for n, resource in changed.items()
        if resource is not None
    ]
    master = master_of(candidates)
    if master is None:
        return replace(row, master=None, born=None, died=None), ()
    said = master.demographics
    born = said.born_us
    if born is None:
        born = next((one.demographics.born_us for one in candidates if one.demographics.born_us is not None), None)
    deaths = [one.demographics.died_us for one in candidates if one.source_kind in TELL_OF_DEATH]
    died = next((died_us for died_us in deaths if died_us is not None), None)
    return replace(row, master=master.key, born=born, died=died), contradictions(candidates)


PATIENT = HOME_OF["Patient"].number
