"""Settings; the only reader of the environment. Every key has a safe default: production is the default mode."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Configuration by `OVERGANG_*` environment variables; docs/configuration.md is the table of them."""

    model_config = SettingsConfigDict(env_prefix="OVERGANG_", frozen=True, extra="ignore")

    mode: Literal["production", "development"] = "production"
    """`development` opens the persona issuer, and only on a database that is marked as demo."""
    database_url: str = "sqlite:///var/overgang.sqlite"
    """`sqlite:///path` or `postgresql://user:password@host/name`."""
    public_url: str = "http://127.0.0.1:8000/fhir"
    """Base address under which clients reach the FHIR face; stands in fullUrl, Location and links."""
    host: str = "127.0.0.1"
    port: int = 8000
    issuers_file: Path | None = None
    """JSON file `{"issuer": JWKS, ...}` of the issuers whose tokens count in production."""
    audience: str = "overgang"
    """`aud` that a token must carry."""
    max_body_bytes: int = Field(default=16 * 1024 * 1024, ge=1024)
    """Larger requests are refused with 413."""
    doors_per_citizen: int = Field(default=20, ge=1)
    """How often a person may open a door to one citizen in 24 hours."""
    doors_per_person: int = Field(default=60, ge=1)
    """How often a person may open a door, whoever the citizens are, in 24 hours."""
    emergencies_per_person: int = Field(default=20, ge=1)
    """How many of these may be emergencies."""
    doors_per_client: int = Field(default=600, ge=1)
    """How often doors may be opened through one client in an hour."""
    doors_per_organisation: int = Field(default=300, ge=1)
    """How often doors may be opened in one legal organisation in an hour."""
    refusals_per_person: int = Field(default=200, ge=1)
    """Who was refused this often in an hour looks nobody up for the next hour, an emergency excepted."""
    shift_hours: int = Field(default=10, ge=1, le=12)
    """How long after a personal login an emergency may rest on it: its session, and itself while its issuer is down."""
    habitual_computing: bool = False
    """Compute habitual values from measurements; off until the regulatory question is settled
    (docs/adr/0016-habitual-computing-off.md)."""
    pace_ms: int = Field(default=20, ge=0, le=1000)
    """Answers that show nothing leave at multiples of this time; 0: at once.
    (docs/adr/0022-refusals-leave-at-ticks.md)."""
    small_count: int = Field(default=5, ge=1)
    """Counts below this are kept back in what `overgang policy replay` tells."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"


def settings_from_environment() -> Settings:
    """Read the environment once.

    Raises:
        pydantic.ValidationError: a variable has an impossible value.
    """
    return Settings()
