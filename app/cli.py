"""The command `overgang`. Imports stay inside the commands, so that starting is quick."""

import asyncio
import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from app.config import Settings, settings_from_environment
from app.errors import OvergangError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.sharing.agreements import Decided
    from app.store.database import Database

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Overgang: one shared picture of a citizen.")
audit_app = typer.Typer(no_args_is_help=True, help="Verify the audit chains, or seal their heads to anchor elsewhere.")
app.add_typer(audit_app, name="audit")
terminology_app = typer.Typer(
    no_args_is_help=True, help="Code systems that others publish and this software does not ship."
)
app.add_typer(terminology_app, name="terminology")
agreement_app = typer.Typer(no_args_is_help=True, help="Agreements between parties: drafted, piloted, in force, ended.")
app.add_typer(agreement_app, name="agreement")
policy_app = typer.Typer(no_args_is_help=True, help="What another policy would have meant.")
app.add_typer(policy_app, name="policy")

AgreementId = Annotated[str, typer.Argument(metavar="ID")]
AgreementVersion = Annotated[int, typer.Argument(metavar="VERSION", min=1)]
From = Annotated[str | None, typer.Option("--from", help="Danish day or moment from which it counts; now without it")]
By = Annotated[str, typer.Option("--by", help="who runs this, as it shall stand in the audit")]

_T = TypeVar("_T")
_SILENT_SECONDS = 2
_DEMO_URL = "sqlite:///var/demo.sqlite"


def main() -> None:
    """Run the command line; an error of ours is one line and exit code 2."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for name in ("alembic", "httpx2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        app()
    except OvergangError as error:
        typer.echo(f"overgang: {error.text}", err=True)
        for fault in error.faults[:20]:
            typer.echo(f"  {fault.path}: {fault.text}", err=True)
        sys.exit(2)


@app.command()
def migrate() -> None:
    """Create or upgrade the schema of OVERGANG_DATABASE_URL."""
    from app.store.migrate import migrate as bring_up  # noqa: PLC0415

    asyncio.run(bring_up(settings_from_environment().database_url))
    typer.echo("the database has the newest schema")


@app.command()
def serve(
    workers: Annotated[int, typer.Option(min=1, help="processes; each has its own audit chain")] = 1,
) -> None:
    """Serve the FHIR API on OVERGANG_HOST:OVERGANG_PORT."""
    import uvicorn  # noqa: PLC0415

    from app.main import check_service  # noqa: PLC0415

    settings = settings_from_environment()
    asyncio.run(check_service(settings))
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=workers,
        access_log=False,  # INVARIANT: addresses of requests may hold identifiers and are never logged
        log_level=settings.log_level,
        server_header=False,
        date_header=True,
        proxy_headers=False,  # nothing rests on an address or a scheme that a proxy states
        timeout_keep_alive=75,
    )


@app.command()
def token(
    persona: Annotated[str, typer.Option("--as", help="a persona of the demo cluster; see `overgang personas`")],
    purpose: Annotated[list[str] | None, typer.Option(help="instead of the persona's own, e.g. ETREAT")] = None,
    citizen: Annotated[str | None, typer.Option(help="system|value, for the persona `citizen`")] = None,
) -> None:
    """Print a bearer token of a persona, on a database that is marked as demo, in development mode alone."""
    from app.demo.tokens import token_of  # noqa: PLC0415

    typer.echo(asyncio.run(token_of(settings_from_environment(), persona, purposes=purpose or [], citizen=citizen)))


@app.command()
def personas() -> None:
    """List the personas of the demo cluster."""
    from app.demo.personas import PERSONAS  # noqa: PLC0415

    for key, persona in PERSONAS.items():
        typer.echo(f"{key:24} {persona.function.value:22} {persona.name}")


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="JSON, see docs/operate.md", exists=True, dir_okay=False)],
) -> None:
    """Load organisations, staff, delegations, clients, agreements and register facts; nothing is removed by it."""
    from app.main import open_service  # noqa: PLC0415
    from app.runtime import now  # noqa: PLC0415
    from app.sharing import load_directory, load_registers, read_directory_file  # noqa: PLC0415

    async def run() -> int:
        content = read_directory_file(file.read_bytes())
        service = await open_service(settings_from_environment())
        try:
            await load_directory(service.database, content)
            await load_registers(service, content, at=now())
        finally:
            await service.database.close()
        return sum(len(getattr(content, name)) for name in type(content).model_fields)

    typer.echo(f"loaded {asyncio.run(run())} rows")


@app.command()
def seed(
    citizens: Annotated[int, typer.Option(min=38, help="how many, the 38 official test citizens first")] = 220,
    number: Annotated[int, typer.Option("--seed", help="the same number gives the same cluster")] = 1,
) -> None:
    """Migrate, mark as demo and fill OVERGANG_DATABASE_URL with the synthetic cluster."""
    from app.demo.start import prepare  # noqa: PLC0415

    asyncio.run(prepare(settings_from_environment(), citizens=citizens, number=number))


@app.command()
def demo(
    *,
    stay: Annotated[bool, typer.Option(help="keep serving after the journeys")] = True,
    database: Annotated[
        str, typer.Option(help="SQLite or PostgreSQL URL; made and seeded when it is empty")
    ] = _DEMO_URL,
    citizens: Annotated[int, typer.Option(min=38)] = 220,
    port: Annotated[int, typer.Option()] = 8000,
) -> None:
    """Seed, start the server, play the three journeys over HTTP and show each request with its answer; then stay up."""
    from app.demo.journeys import play  # noqa: PLC0415
    from app.demo.start import environment_of, prepare, wait_until_ready  # noqa: PLC0415

    settings = Settings(
        mode="development", database_url=database, port=port, public_url=f"http://127.0.0.1:{port}/fhir"
    )
    asyncio.run(prepare(settings, citizens=citizens, number=1))
    server = subprocess.Popen([sys.executable, "-m", "app.cli", "serve"], env=environment_of(settings))
    try:
        asyncio.run(wait_until_ready(settings))
        asyncio.run(play(settings))
        if stay:
            typer.echo(f"\nThe server stays up at {settings.public_url}  (Ctrl-C ends it). All data is synthetic.")
            server.wait()
    except KeyboardInterrupt:
        typer.echo("\nbye")
    finally:
        server.terminate()
        server.wait(timeout=30)


@terminology_app.command("import")
def terminology_import(
    system: Annotated[str, typer.Argument(help="`fsiii`")],
    file: Annotated[
        Path, typer.Argument(help="the publisher's file, see docs/operate.md", exists=True, dir_okay=False)
    ],
    by: By,
) -> None:
    """Read a code system into the database; the same file again changes nothing, another one takes its place."""
    from app.errors import InvalidContentError  # noqa: PLC0415
    from app.runtime import now_us  # noqa: PLC0415
    from app.sharing import import_fsiii, read_fsiii_file  # noqa: PLC0415
    from app.sharing.terminology import LARGEST_FILE  # noqa: PLC0415

    if system != "fsiii":
        raise InvalidContentError("the only code system that can be imported is `fsiii`")
    if file.stat().st_size > LARGEST_FILE:
        raise InvalidContentError("the file is larger than any publication of FSIII; nothing was changed")

    read = read_fsiii_file(file.read_bytes())
    done = _on_database(lambda database: import_fsiii(database, read, by=by, at_us=now_us()))
    typer.echo(f"FSIII version {read.version}: {len(read.rows)} codes, {read.paired} of them UUIDs with a legacy form")
    if read.unknown_branches:
        branches = ", ".join(read.unknown_branches)
        typer.echo(f"left out, and so social cases: {read.left_out} codes of unknown branches: {branches}")
    typer.echo(
        f"new: {done.added}, gone: {done.removed}"
        if done.changed
        else "the same codes were loaded already; nothing was changed"
    )


@agreement_app.command("draft")
def agreement_draft(
    file: Annotated[Path, typer.Argument(help="JSON, see docs/operate.md", exists=True, dir_okay=False)], by: By
) -> None:
    """Store what parties wish as the next version of an agreement; it binds nobody."""
    from app.runtime import now_us  # noqa: PLC0415
    from app.sharing import agreements  # noqa: PLC0415

    wish = agreements.read_draft_file(file.read_bytes())
    made = _on_database(lambda database: agreements.draft(database, wish, by=by, now_us=now_us()))
    typer.echo(f"version {made.terms.version} of `{made.terms.id}` is drafted; it binds nobody")
    if made.terms.enables_social_case:
        typer.echo("it does not only narrow: social cases open to those who have access otherwise (rule X2)")


@agreement_app.command("pilot")
def agreement_pilot(
    id_: AgreementId,
    version: AgreementVersion,
    organisation: Annotated[list[str], typer.Option(help="SOR of a party or of a unit below one")],
    by: By,
    start: From = None,
    until: Annotated[str | None, typer.Option(help="first day or moment after it")] = None,
) -> None:
    """Let a draft bind the readers of some of its parties."""
    from app.sharing import agreements  # noqa: PLC0415

    decided, until_us = _decided(by, start), None if until is None else _danish(until)
    _on_database(lambda base: agreements.pilot(base, id_, version, organisation, decided, until_us=until_us))
    typer.echo(f"version {version} of `{id_}` is piloted by {len(set(organisation))} organisations")


@agreement_app.command("enforce")
def agreement_enforce(id_: AgreementId, version: AgreementVersion, by: By, start: From = None) -> None:
    """Let a version bind all its parties from a day on; the version before ends then."""
    from app.sharing import agreements  # noqa: PLC0415

    _on_database(lambda database: agreements.enforce(database, id_, version, _decided(by, start)))
    typer.echo(f"version {version} of `{id_}` binds its parties from {start or 'now'}")


@agreement_app.command("end")
def agreement_end(id_: AgreementId, version: AgreementVersion, by: By, start: From = None) -> None:
    """Let a version bind nobody from a day on."""
    from app.sharing import agreements  # noqa: PLC0415

    _on_database(lambda database: agreements.end(database, id_, version, _decided(by, start)))
    typer.echo(f"version {version} of `{id_}` binds nobody from {start or 'now'}")


@agreement_app.command("list")
def agreement_list() -> None:
    """Show every version of every agreement with its stage and its story."""
    from app.runtime import from_us, now_us  # noqa: PLC0415
    from app.sharing import agreements  # noqa: PLC0415

    for one in _on_database(agreements.every):
        stage = agreements.stage_of(one, at_us=now_us())
        typer.echo(f"{one.terms.id} {one.terms.version}  {stage}  {one.area}  {one.title}")
        for event in one.events:
            typer.echo(f"    {from_us(event.at):%Y-%m-%d %H:%M:%SZ}  {event.by}: {event.what}")


@policy_app.command("replay")
def policy_replay(
    *,
    against: Annotated[str, typer.Option(help="Danish days: `2026-10`, or `2026-10-01..2026-10-15`")],
    draft: Annotated[str, typer.Option("--with", help="`id:version` of a stored agreement, or the file of a draft")],
    by: By,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Count which past accesses of staff a draft agreement would have changed; nothing is changed by it."""
    from app.runtime import monotonic, now_us  # noqa: PLC0415
    from app.sharing import agreements, replay_text  # noqa: PLC0415
    from app.sharing.replay import period_of_days, replay  # noqa: PLC0415

    period = period_of_days(against)
    begun, shown = monotonic(), [0]

    def progress(share: float) -> None:
        if monotonic() - begun > _SILENT_SECONDS and int(share * 100) > shown[0]:
            shown[0] = int(share * 100)
            typer.echo(f"\r{shown[0]} %", err=True, nl=shown[0] == 100)  # noqa: PLR2004

    wish = agreements.read_draft_file(Path(draft).read_bytes()) if Path(draft).is_file() else None

    async def run(database: "Database") -> str:
        terms = wish.terms(0) if wish is not None else await agreements.find(database, draft)
        found = await replay(database, terms, period, by=by, now_us=now_us(), progress=progress)
        smallest = settings_from_environment().small_count
        tell = replay_text.as_json if as_json else replay_text.as_table
        return tell(found, terms, period, smallest=smallest)

    typer.echo(_on_database(run))


def _on_database(use: "Callable[[Database], Awaitable[_T]]") -> _T:
    """Run a use case on the configured database."""
    from app.store.database import open_database  # noqa: PLC0415

    async def run() -> _T:
        database = await open_database(settings_from_environment().database_url)
        try:
            return await use(database)
        finally:
            await database.close()

    return asyncio.run(run())


def _danish(text: str) -> int:
    """Return the first microsecond (UTC) of a Danish day or of a moment."""
    from app.errors import InvalidContentError  # noqa: PLC0415
    from app.search.dates import date_range  # noqa: PLC0415

    found = date_range(text)
    if found is None:
        raise InvalidContentError("a time is a Danish day, `2027-01-01`, or a moment, `2027-01-01T08:00:00+01:00`")
    return found[0]


def _decided(by: str, start: str | None) -> "Decided":
    from app.runtime import now_us  # noqa: PLC0415
    from app.sharing.agreements import Decided  # noqa: PLC0415

    return Decided(by=by, now_us=now_us(), from_us=None if start is None else _danish(start))


@audit_app.command("key")
def audit_key(
    to: Annotated[Path, typer.Option(help="file for the private key; the public one gets `.public`")],
) -> None:
    """Make a key pair for sealing; keep the private one away from the database."""
    from app.identity.tokens import new_issuer_key, public_jwks  # noqa: PLC0415

    key = new_issuer_key()
    to.touch(mode=0o600, exist_ok=False)
    to.write_text(json.dumps(key), encoding="utf-8")
    to.with_suffix(to.suffix + ".public").write_text(json.dumps(public_jwks(key)["keys"][0]), encoding="utf-8")
    typer.echo(f"private key in {to}, public key beside it")


@audit_app.command("seal")
def audit_seal(
    key: Annotated[Path, typer.Option(help="private key, see `overgang audit key`")],
    to: Annotated[Path, typer.Option(help="file to write; keep it with somebody else")],
) -> None:
    """Write the signed ends of all audit chains."""
    from joserfc.jwk import ECKey  # noqa: PLC0415

    from app.runtime import now_us  # noqa: PLC0415
    from app.store.database import open_database  # noqa: PLC0415
    from app.store.verify import seal  # noqa: PLC0415

    async def run() -> str:
        database = await open_database(settings_from_environment().database_url)
        try:
            private = ECKey.import_key(json.loads(key.read_text(encoding="utf-8")))
            return await seal(database, private, at_us=now_us())
        finally:
            await database.close()

    to.write_text(asyncio.run(run()) + "\n", encoding="utf-8")
    typer.echo(f"the sealed ends are in {to}")


@audit_app.command("verify")
def audit_verify(
    seals: Annotated[list[Path] | None, typer.Option("--seal", help="sealed ends that were kept elsewhere")] = None,
    key: Annotated[Path | None, typer.Option(help="public key of the seals")] = None,
) -> None:
    """Walk all audit chains; exit code 1 when something was removed, altered, reordered or re-chained."""
    from joserfc.jwk import ECKey  # noqa: PLC0415

    from app.audit import organisation_in  # noqa: PLC0415
    from app.store.database import open_database  # noqa: PLC0415
    from app.store.verify import Verification, verify  # noqa: PLC0415

    async def run() -> Verification:
        database = await open_database(settings_from_environment().database_url)
        try:
            texts = [path.read_text(encoding="utf-8").strip() for path in seals or []]
            public = None if key is None else ECKey.import_key(json.loads(key.read_text(encoding="utf-8")))
            return await verify(database, seals=texts, key=public, organisation_in=organisation_in)
        finally:
            await database.close()

    result = asyncio.run(run())
    for finding in result.findings:
        typer.echo(f"{finding.kind}: chain {finding.writer} at {finding.seq}", err=True)
    if result.findings:
        sys.exit(1)
    typer.echo(f"the audit is whole: {result.entries} records")


@app.command()
def findings(by: By) -> None:
    """List what people must look at: contradicting demographics, local numbers that moved; citizens by our id."""
    from app.sharing.findings import told_to_the_operator  # noqa: PLC0415

    for line in asyncio.run(told_to_the_operator(settings_from_environment().database_url, by=by)):
        typer.echo(line)


@app.command()
def revoke(token_id: Annotated[str, typer.Argument(help="`jti` of the token")]) -> None:
    """Let a token count no more, from the next request on, in every process."""
    from app.store.revoke import revoke_now  # noqa: PLC0415

    asyncio.run(revoke_now(settings_from_environment().database_url, token_id))
    typer.echo("revoked")


@app.command("login-provider")
def login_provider(
    state: Annotated[str, typer.Argument(help="`down` or `up`")],
    issuer: Annotated[str, typer.Option(help="as in OVERGANG_ISSUERS_FILE")],
    by: Annotated[str, typer.Option(help="who says so")],
    reason: Annotated[str, typer.Option(help="why, and how it was found out")],
) -> None:
    """Say that a login provider is down, or up again: while it is down, logins of the shift serve emergencies."""
    from app.sharing.outages import tell_login_provider  # noqa: PLC0415
    from app.store.database import open_database  # noqa: PLC0415

    if state not in {"down", "up"}:
        raise typer.BadParameter("say `down` or `up`")

    async def run() -> None:
        database = await open_database(settings_from_environment().database_url)
        try:
            await tell_login_provider(database, issuer=issuer, is_down=state == "down", by=by, reason=reason)
        finally:
            await database.close()

    asyncio.run(run())
    typer.echo(f"{issuer} is {state}; this stands in the audit")


if __name__ == "__main__":
    main()
