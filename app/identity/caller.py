"""The caller of one request, as the token states it and before the law is asked."""

import hashlib
from dataclasses import dataclass

from consent.model import Requester
from consent.vocabulary import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """`requester.citizen` is filled in by the gate, after `citizen_identifier` has been looked up.

    `digest` names this combination of person, function, organisation, client and purposes; page tokens, caches and
    ETags are bound to it. `expires_us` is the end of the token, `issued_us` when the person logged in. `is_late`: the
    token has expired within the shift; the gate asks whether its issuer is down. `is_flagged`: so it was when the
    session began.
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
    issued_us: int = 0
    is_late: bool = False
    is_flagged: bool = False

    def __repr__(self) -> str:
        """Show function and organisation only: a caller may be a citizen."""
        return f"Caller(function={self.requester.function}, organisation={self.requester.organisation})"


def digest_of(requester: Requester, purposes: frozenset[Purpose], identifier: tuple[str, str] | None) -> bytes:
    """Return the name of a combination: two callers of the same are told the same."""
    combination = repr((requester, sorted(purposes), identifier)).encode()
    return hashlib.sha256(combination).digest()[:16]
