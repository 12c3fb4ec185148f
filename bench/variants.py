"""The service in forms that exist for measuring alone; nothing in app/ knows of them. Factories for uvicorn."""

from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from fastapi import FastAPI
from sqlalchemy import ColumnElement, FromClause, true

from app import audit, gate
from app.context import Call, Service
from app.decisions import Decision, Decisions
from app.fhir import write
from app.main import create_app
from app.runtime import from_us
from app.search import sql
from app.store import citizen_facts, facts, resources, signatures, sqlite, versions
from app.store.database import Snapshot
from app.store.ids import Ids
from app.store.recent import Recent
from app.store.signatures import SignatureRow
from app.summary.kept import Kept, SummaryCache
from consent import decide
from consent.condition import ALWAYS
from consent.model import NOBODY, AccessRequest, CitizenKey, Permit, Signature
from consent.vocabulary import Action
from schemas.admit import Admitted, Rejected
from schemas.fault import Fault
from schemas.syntax import read

composing: Any = import_module("app.sharing.summary")
"""The module: its package has a function of the same name."""


class _Forgetful(Decisions):
    """Keeps nothing."""

    def keep(self, key: Hashable, made: Decision) -> None:
        """Pass over it."""


class _Outdated(Decisions):
    """Keeps decisions as they are once a record of the citizen has changed that is no fact."""

    def keep(self, key: Hashable, made: Decision) -> None:
        """Keep it as one of an earlier change, without what was found by it."""
        super().keep(key, replace(made, change=-1, keys={}, patients=set()))


def changed() -> FastAPI:
    """Every request is the first after a change of the citizen's records that touches no fact: a new blood pressure.

    No document is remembered; a decision is, but not what it shows: that is looked up again.
    """
    Recent.keep = lambda _recent, _pid, _version, _value: None  # type: ignore[method-assign]

    def forget(service: Service) -> None:
        service.decisions = _Outdated()
        service.summaries = SummaryCache(most_bytes=0)

    return _changed(forget)


def newcomer() -> FastAPI:
    """Every request is the first of its reader: no decision and no document is remembered, of the citizen facts are."""

    def forget(service: Service) -> None:
        service.decisions = _Forgetful()
        service.summaries = SummaryCache(most_bytes=0)

    return _changed(forget)


def fresh() -> FastAPI:
    """Every request is the first of its citizen: nothing is remembered of her, and no decision, and no document."""
    Recent.keep = lambda _recent, _pid, _version, _value: None  # type: ignore[method-assign]
    citizen_facts.Memory.keep = lambda _memory, _pid, _facts: None  # type: ignore[method-assign]
    return newcomer()


def undecided() -> FastAPI:
    """`newcomer` without consent: who asks is known, recorded, and given everything.

    No facts are read, nothing is decided, no condition stands in SQL, nothing is released. The permit that the records
    name is made once per citizen, before it counts.
    """
    gate.authorize = _given  # type: ignore[assignment]
    gate.release = lambda _permit, candidates: list(candidates)  # type: ignore[assignment]
    resources.visible = sql.visible = _everything  # type: ignore[assignment]
    composing.residual = lambda _permit, _signature: ALWAYS
    composing.covers = lambda _permit, _citizen, _signature: True
    return newcomer()


def unasked() -> FastAPI:
    """`changed` without consent: as `undecided`, and the signatures are read after a change here too."""
    made = undecided()
    Recent.keep = lambda _recent, _pid, _version, _value: None  # type: ignore[method-assign]
    return made


def uncomposed() -> FastAPI:
    """A floor: the decision is remembered, what it shows is read and joined, and no document is made of it.

    Nothing is decoded, dated, grouped, written or rewritten, and the record of the access names no version.
    """
    composing._composed = _joined  # noqa: SLF001  # nobody but a bench does without it

    def forget(service: Service) -> None:
        service.summaries = SummaryCache(most_bytes=0)

    return _changed(forget)


async def _joined(_service: Service, snapshot: Snapshot, _call: Call, access: gate.Access, _view: str) -> Kept:
    rows = await resources.current_lines(snapshot, access.permit, access.signatures) or []
    entries = b",".join([b'{"resource":' + body + b"}" for _, _, body in rows])
    body = b'{"resourceType":"Bundle","type":"collection","entry":[' + entries + b"]}"
    return Kept(body, b'W/"floor"', None, (), ())


def pageless() -> FastAPI:
    """`fresh` with readers that keep no page of the database and map none: every page that is needed is read."""
    sqlite.READER += "PRAGMA mmap_size = 0; PRAGMA cache_size = 0;"
    return fresh()


def models() -> FastAPI:
    """The service with the models of fhir.resources (R4B) as write gate and as serializer.

    A Bundle is validated once and written once, and the rest of the way is ours: bodies are cut out of what the models
    wrote. That is kind to them: kept as models, each resource would be written anew with its id. Unkind: what they
    wrote is read once more for the rest of the way, 0.5 ms of a hundred resources.
    """
    from fhir.resources.R4B import get_fhir_model_class

    bundle: Any = get_fhir_model_class("Bundle")

    def admit(raw: bytes, *, expect: str | None = None, max_bytes: int = 0) -> Admitted | Rejected:
        if expect != "Bundle":
            return own(raw, expect=expect, max_bytes=max_bytes)
        try:
            raw = bundle.model_validate_json(raw).model_dump_json().encode()
        except ValueError as error:
            return Rejected("invalid", (Fault("Bundle", "structure", str(error)),))
        return Admitted(read(raw), raw)

    own = write.admit
    write.admit = admit  # type: ignore[assignment]
    return create_app()


def _changed(change: Callable[[Service], None]) -> FastAPI:
    app = create_app()
    usual = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(inner: FastAPI) -> AsyncIterator[Any]:
        async with usual(inner) as state:
            change(inner.state.service)
            yield state

    app.router.lifespan_context = lifespan
    return app


_permits: dict[int, Permit] = {}


async def _given(
    _service: Service,
    snapshot: Snapshot,
    call: Call,
    *,
    pid: int | None,
    action: Action,
    operation: audit.Operation,  # noqa: ARG001
    query: str = "",  # noqa: ARG001
    view: str = "",  # noqa: ARG001
) -> gate.Access:
    known = NOBODY if pid is None else pid
    shared, (change, *_) = await versions.load_with_counters(snapshot, known)
    requester = await gate.recognise(snapshot, call, shared)
    permit = _permits.get(known)
    if permit is None:
        request = AccessRequest(
            requester=requester,
            citizen=CitizenKey(known),
            purposes=call.caller.purposes,
            action=action,
            categories=gate.ALL_CATEGORIES,
            at=from_us(call.at_us),
        )
        made = decide(request, await facts.load(snapshot, pid=known, requester=requester, at_us=call.at_us))
        assert isinstance(made, Permit)
        permit = _permits[known] = made
    return gate.Access(
        permit=permit,
        pid=known,
        change=change,
        versions=shared.key,
        signatures=await signatures.load(snapshot, known, change=change),
        keys={},
        patients=set(),
    )


@dataclass(frozen=True, slots=True)
class _Everything:
    """Stands for `app.store.visible.Visible`."""

    pid: int
    signatures: Mapping[int, Signature]
    key: str = "everything"
    values = {}  # noqa: RUF012
    nothing = False
    whole = True

    def clause(self, _table: FromClause) -> ColumnElement[bool]:
        return true()


def _everything(permit: Permit, known: Sequence[SignatureRow], _ids: Ids) -> _Everything:
    return _Everything(int(permit.request.citizen), {row.number: row.signature for row in known})


__all__ = ["changed", "fresh", "models", "newcomer", "pageless", "unasked", "uncomposed", "undecided"]
