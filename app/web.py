"""What the faces share: from an Authorization header to a caller."""

from app.context import Service
from app.errors import NotAuthenticatedError
from app.identity import Caller


def authenticate(service: Service, authorization: str | None, *, at_us: int) -> Caller:
    """Return the caller that the bearer token names.

    Revocation and the ceiling of the client's registration are re-read from the database by the gate.

    Raises:
        NotAuthenticatedError: no bearer token, or one that cannot be believed.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticatedError("send a bearer token in the Authorization header")
    return service.verifier.verify(token.strip(), now_us=at_us)
