"""Tokens of personas, for trying the service out: only in development mode and on a demo database."""

from collections.abc import Sequence
from dataclasses import replace

from app.config import Settings
from app.demo.personas import PERSONAS
from app.demo.run import issuer_key, persona_token
from app.errors import ConfigurationError
from app.runtime import now_us
from app.store.database import open_database


async def token_of(settings: Settings, key: str, *, purposes: Sequence[str] = (), citizen: str | None = None) -> str:
    """Return a token of the persona `key`.

    Raises:
        ConfigurationError: production mode, a database that is not marked as demo, an unknown persona or purpose.
    """
    if settings.mode != "development":
        raise ConfigurationError("personas exist in development mode alone: set OVERGANG_MODE=development")
    persona = PERSONAS.get(key)
    if persona is None:
        raise ConfigurationError("there is no such persona; `overgang personas` lists them")
    if citizen is not None:
        system, _, value = citizen.partition("|")
        if persona.citizen is None or not value:
            raise ConfigurationError("give `system|value`, for a persona that is a citizen")
        persona = replace(persona, citizen=(system, value))
    database = await open_database(settings.database_url)
    try:
        private = await issuer_key(database)
    finally:
        await database.close()
    try:
        return persona_token(persona, private, at_us=now_us(), audience=settings.audience, purposes=frozenset(purposes))
    except ValueError:
        raise ConfigurationError(
            "a purpose is a code of HL7's PurposeOfUse that the service knows, e.g. TREAT"
        ) from None
