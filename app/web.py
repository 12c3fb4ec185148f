"""What the faces share: from an Authorization header to a caller."""

from app.context import Service
from app.errors import NotAuthenticatedError
from app.identity import Caller, sessions


def authenticate(service: Service, authorization: str | None, *, at_us: int, takes_late: bool = False) -> Caller:
    """Return the caller that the bearer token names: an issuer's, or a session that an emergency opened.

    `takes_late`: a personal login of this shift that has expired is returned too, marked so that the gate asks whether
    its issuer is down.

    Revocation and the ceiling of the client's registration are re-read from the database by the gate.

    Raises:
        NotAuthenticatedError: no bearer token, or one that cannot be believed.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticatedError("send a bearer token in the Authorization header")
    if token.strip().startswith(sessions.PREFIX):
        return sessions.opened(service.secret, token.strip(), now_us=at_us)
    shift_us = service.settings.shift_hours * 3600 * 1_000_000 if takes_late else 0
    return service.verifier.verify(token.strip(), now_us=at_us, shift_us=shift_us)
