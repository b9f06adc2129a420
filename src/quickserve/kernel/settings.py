"""Settings come from the environment only: `QUICKSERVE_…`. See docs/settings.md."""

from functools import cached_property
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="QUICKSERVE_", frozen=True, extra="ignore")

    database_url: str = Field(
        default="", description="PostgreSQL ≥ 15, a role that may create roles and schemas."
    )
    secret: SecretStr = Field(
        default=SecretStr(""), description="At least 32 characters; every derived key hangs on it."
    )
    data: Path = Field(default=Path(), description="Folder of the embedded server and the secret.")
    public_url: str = Field(
        default="http://127.0.0.1:8000", description="The address people type; links carry it."
    )
    issuer: str = Field(
        default="", description="OpenID Connect issuer; empty means the local one of `identity`."
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "text"] = "json"
    hold_minutes: float = Field(default=15, gt=0, le=24 * 60)
    saga_lease_seconds: int = Field(default=30, ge=2, le=600)
    saga_workers: int = Field(default=4, ge=1, le=64)
    payment_wait_seconds: int = Field(
        default=600, ge=1, le=3600, description="How long a challenge or a late answer may take."
    )
    provider_timeout_ms: int = Field(default=8000, ge=50, le=60_000)
    sandbox_delay_ms: int = Field(
        default=3000, ge=0, le=60_000, description="How late the sandbox's late cards answer."
    )
    pool_max: int = Field(default=8, ge=1, le=100, description="Connections of one service.")
    takes_per_minute: int = Field(
        default=1200, ge=0, description="Holds and free bookings of one address; 0: no limit."
    )
    import_bytes_max: int = Field(default=20 * 1024 * 1024, ge=1024)
    body_bytes_max: int = Field(default=1024 * 1024, ge=1024)

    @cached_property
    def issuer_url(self) -> str:
        """Shaped like Keycloak's, so that changing the setting is all it takes to move there."""
        return self.issuer or f"{self.public_url.rstrip('/')}/realms/quickserve"

    def key_for(self, purpose: str) -> bytes:
        """32 bytes for one purpose, derived from the secret; purposes never share a key."""
        secret = self.secret.get_secret_value().encode()
        assert len(secret) >= 32, "QUICKSERVE_SECRET needs at least 32 characters"  # noqa: PLR2004
        return digest(secret, b"quickserve:" + purpose.encode(), sha256)
