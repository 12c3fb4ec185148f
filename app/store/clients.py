"""Registered client systems and revoked tokens. A registration is a ceiling: it takes away, it never gives."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from app.store import directory
from app.store.database import Query, Snapshot
from app.store.directory import list_of, listed
from app.store.job import Upsert, Write
from app.store.tables import client, revoked_token
from app.store.versions import REVOCATION_CHANGED, Shared
from consent.model import OrganisationKey, Organisations, Requester
from consent.vocabulary import Purpose

ANY = "*"
"""Every organisation, function, purpose or type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered system. `organisation` is the top of what it may speak for; `types` are those it may write."""

    id: str
    organisation: str
    functions: frozenset[str]
    purposes: frozenset[str]
    types: frozenset[str] = frozenset()
    jwks: str | None = None
    revoked: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """All clients and revoked tokens at one version, with the tree of organisations at one version.

    `recognised` is for whoever asks: requesters whom these registrations admit, as they are known at these versions.
    """

    clients: Mapping[str, Client]
    revoked_tokens: Mapping[str, int]
    tree: Organisations
    recognised: dict[bytes, Requester] = field(default_factory=dict)

    def is_revoked(self, client_id: str, *, token_id: str, at_us: int) -> bool:
        """Tell whether the client is not registered, or it or the token is revoked."""
        known = self.clients.get(client_id)
        return known is None or _has_ended(known.revoked, at_us) or token_id in self.revoked_tokens

    def admits(self, requester: Requester, purposes: Iterable[Purpose], *, token_id: str, at_us: int) -> bool:
        """Tell whether the client is registered for such a requester, and neither it nor the token revoked."""
        known = self.clients.get(requester.client)
        return (
            known is not None
            and not self.is_revoked(known.id, token_id=token_id, at_us=at_us)
            and _holds(known.functions, requester.function.value)
            and all(_holds(known.purposes, purpose.value) for purpose in purposes)
            and self._speaks_for(known, requester.organisation)
        )

    def may_write(self, client_id: str, type: str) -> bool:
        """Tell whether the client is registered for writing this resource type."""
        known = self.clients.get(client_id)
        return known is not None and _holds(known.types, type)

    def _speaks_for(self, known: Client, organisation: OrganisationKey | None) -> bool:
        if organisation is None or known.organisation == ANY:
            return True  # a citizen speaks for no organisation
        return self.tree.is_within(organisation, OrganisationKey(known.organisation))


async def load(snapshot: Snapshot, shared: Shared) -> Registry:
    """Return the registry; `shared` was read on the same snapshot."""
    known = snapshot.remembered.get("clients")
    if known is None or known[0] != shared.revocation or known[1][0] != shared.directory:
        clients = {row[0]: _client(*row) for row in await snapshot.rows(_CLIENTS, {})}
        tokens: dict[str, int] = dict(await snapshot.rows(_TOKENS, {}))
        tree = (await directory.load(snapshot, shared.directory)).tree
        made = Registry(clients=clients, revoked_tokens=tokens, tree=tree)
        known = snapshot.remembered["clients"] = (shared.revocation, (shared.directory, made))
    registry: Registry = known[1][1]
    return registry


def put(clients: Iterable[Client]) -> tuple[Write, ...]:
    """Register clients, or change or revoke their registration."""
    rows = tuple(
        (
            one.id,
            one.organisation,
            list_of(one.functions),
            list_of(one.purposes),
            list_of(one.types),
            one.jwks,
            one.revoked,
        )
        for one in clients
    )
    return (Upsert(client, rows), REVOCATION_CHANGED)


def revoke_token(token_id: str, *, until: int) -> tuple[Write, ...]:
    """Let a token count no more; `until` is when it ends anyway, in µs UTC, after which the row may go."""
    return (Upsert(revoked_token, ((token_id, until),)), REVOCATION_CHANGED)


def _has_ended(revoked: int | None, at_us: int) -> bool:
    return revoked is not None and revoked <= at_us


def _holds(registered: frozenset[str], wanted: str) -> bool:
    return wanted in registered or ANY in registered


def _client(
    id: str, organisation: str, functions: str, purposes: str, types: str, jwks: str | None, revoked: int | None
) -> Client:
    return Client(
        id=id,
        organisation=organisation,
        functions=frozenset(listed(functions)),
        purposes=frozenset(listed(purposes)),
        types=frozenset(listed(types)),
        jwks=jwks,
        revoked=revoked,
    )


_CLIENTS = Query("clients.load", lambda: select(*client.columns))
_TOKENS = Query("clients.tokens", lambda: select(revoked_token.c.jti, revoked_token.c.until))
