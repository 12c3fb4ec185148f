"""The application: FastAPI around the FHIR face. Nothing happens at import."""

import gc
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from joserfc.errors import JoseError
from starlette.routing import Route

from app.config import Settings, settings_from_environment
from app.context import Service
from app.errors import ConfigurationError, OvergangError
from app.fhir.dispatch import FhirApp
from app.identity import TokenVerifier
from app.sharing.pointing import fill_pointers
from app.store import settings as stored
from app.store.database import Database, open_database

_log = logging.getLogger("overgang")
_UNTIL_SEARCH = 10_000
"""Objects more than before until cycles are looked for. A transaction makes thousands that live while it runs, none of
them in a cycle: at the usual 700 they would be looked through ten times each."""


async def open_service(settings: Settings) -> Service:
    """Open the database and build the service.

    Raises:
        ConfigurationError: the mode and the database contradict, or nobody could ever log in.
    """
    database = await open_database(settings.database_url)
    try:
        service = await _service(settings, database)
        await fill_pointers(service)
    except BaseException:
        await database.close()
        raise
    return service


async def check_service(settings: Settings) -> None:
    """Open the service and close it again, so that a wrong configuration is one clear line before anything starts.

    Raises:
        ConfigurationError, UnavailableError: see `open_service`.
    """
    service = await open_service(settings)
    await service.database.close()


async def _service(settings: Settings, database: Database) -> Service:
    async with database.snapshot() as snapshot:
        marks = await stored.load(snapshot)
    is_demo = "demo" in marks
    issuers: dict[str, Any] = {}
    if settings.issuers_file is not None:
        issuers = _issuers_in(settings.issuers_file)
    if settings.mode == "development":
        if not is_demo:
            raise ConfigurationError("development mode refuses a database that is not marked as demo")
        issuers["overgang-demo"] = json.loads(marks["demo-issuer-public"])
    if not issuers:
        raise ConfigurationError("no issuer of tokens is configured: set OVERGANG_ISSUERS_FILE")
    try:
        verifier = TokenVerifier(issuers, audience=settings.audience)
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise ConfigurationError("an issuer of tokens has keys that cannot be read: give a JWKS for each") from None
    return Service(
        settings=settings,
        database=database,
        verifier=verifier,
        secret=marks["digest-key"],
        is_demo=is_demo,
    )


def _issuers_in(file: Path) -> dict[str, Any]:
    try:
        issuers = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ConfigurationError("the file of OVERGANG_ISSUERS_FILE cannot be read as JSON") from None
    if not isinstance(issuers, dict):
        raise ConfigurationError('the file of OVERGANG_ISSUERS_FILE must be `{"issuer": JWKS, ...}`')
    return issuers


class LateFhirApp:
    """Stands where the FHIR face will be once the service is open: a mount is made before start-up."""

    def __init__(self) -> None:
        self.face: FhirApp | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on."""
        if self.face is None:
            raise ConfigurationError("the service is not open")
        await self.face(scope, receive, send)


class AtBase:
    """The FHIR base itself, without a slash at the end: a mount answers only what lies below it."""

    def __init__(self, face: LateFhirApp) -> None:
        self._face = face

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on, with nothing of the path left."""
        await self._face({**scope, "root_path": scope["path"]}, receive, send)


class Front(FastAPI):
    """FastAPI for everything but FHIR, whose requests go past it: its layers would cost each a tenth of its time."""

    fhir: LateFhirApp

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"].startswith("/fhir/"):
            scope["root_path"] = "/fhir"
            await (self.fhir.face or self.fhir)(scope, receive, send)
            return
        await super().__call__(scope, receive, send)


def create_app(settings: Settings | None = None, *, service: Service | None = None) -> FastAPI:
    """Build the application; `service` is given by tests that opened one themselves."""
    chosen = settings or (service.settings if service else settings_from_environment())
    fhir = LateFhirApp()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opened = service or await open_service(chosen)
        fhir.face = FhirApp(opened)
        app.state.service = opened
        gc.collect()
        gc.freeze()
        gc.set_threshold(_UNTIL_SEARCH)
        try:
            yield
        finally:
            if service is None:
                await opened.database.close()

    app = Front(title="Overgang", lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.fhir = fhir
    app.router.routes.append(Route("/fhir", AtBase(fhir)))
    app.mount("/fhir", fhir)

    @app.get("/health/live")
    async def live() -> JSONResponse:
        """Tell that the process answers."""
        return JSONResponse({"status": "alive"})

    @app.get("/health/ready")
    async def ready() -> JSONResponse:
        """Tell whether the database answers."""
        try:
            async with app.state.service.database.snapshot() as snapshot:
                await stored.load(snapshot)
        except OvergangError:
            return JSONResponse({"status": "unavailable"}, status_code=503)
        return JSONResponse({"status": "ready"})

    return app
