"""The caller of one request, as the token states it and before the law is asked."""

from dataclasses import dataclass

from consent.model import Requester
from consent.vocabulary import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """`requester.citizen` is filled in by the gate, after `citizen_identifier` has been looked up.

    `digest` names this combination of person, function, organisation, client and purposes; page tokens, caches and
    ETags are bound to it. `expires_us` is the end of the token.
    """

    requester: Requester
    purposes: frozenset[Purpose]
    client: str
    name: str
    citizen_identifier: tuple[str, str] | None
    token_id: str
    issuer: str
    expires_us: int
    digest: bytes

    def __repr__(self) -> str:
        """Show function and organisation only: a caller may be a citizen."""
        return f"Caller(function={self.requester.function}, organisation={self.requester.organisation})"
