"""Whether the caller is still one of ours, for what is answered before anything of a citizen is asked."""

from app import gate
from app.context import Call, Service


async def recognise(service: Service, call: Call) -> None:
    """Check that neither the token nor its client is revoked, and that it stays within its registration.

    Raises:
        NotAuthenticatedError: it is, or it does not.
    """
    async with service.database.snapshot() as snapshot:
        await gate.identify(snapshot, call)
