"""Settings come from the environment only: `QUICKSERVE_…`. See docs/settings.md."""

import os
import re
from functools import cached_property
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

SECRET_CHARS_MIN: Final = 32
_OF_ONE_SERVICE = re.compile(r"QUICKSERVE_([A-Z]+)_(URL|DATABASE_URL)")

# The service principal "Microsoft.EventGrid" of the public cloud.
EVENT_GRID: Final = "4962773b-9cdb-44cf-a8bf-237846a00ab7"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="QUICKSERVE_", frozen=True, extra="ignore")

    database_url: str = Field(
        default="", description="PostgreSQL ≥ 15, a role that may create roles and schemas."
    )
    database_urls: dict[str, str] = Field(
        default={}, description="By service, where one has a database of its own."
    )
    service_urls: dict[str, str] = Field(
        default={}, description="By service, the addresses of those in other processes."
    )
    redis_url: SecretStr = Field(
        default=SecretStr(""),
        description="Shared by all processes; empty: each has its own memory.",
    )
    secret: SecretStr = Field(
        default=SecretStr(""), description="At least 32 characters; every derived key hangs on it."
    )
    service_secret: SecretStr = Field(
        default=SecretStr(""), description="All services' own: signs their tokens to each other."
    )
    rabbitmq_url: SecretStr = Field(
        default=SecretStr(""), description="amqp://…; empty: events stay within the process."
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
    room_auto_depth: int = Field(
        default=400,
        ge=0,
        le=100_000,
        description="Requests waiting for a date that open its waiting room; 0: never.",
    )
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
    position_days: int = Field(
        default=3, ge=2, le=31, description="How long runners' positions are kept."
    )
    printer_networks: str = Field(
        default="10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7",
        description="Networks in which kitchens may have printers; empty: none.",
    )
    printer_ports: str = Field(
        default="9100-9109",
        pattern=r"^[0-9]{1,5}(-[0-9]{1,5})?$",
        description="Ports that printers may listen on.",
    )
    map_tiles_url: str = Field(
        default="",
        pattern=r"^$|^https?://[A-Za-z0-9.:-]+/[^\s\"'<>;,]*\{z\}[^\s\"'<>;,]*$",
        description="Streets under who brings an order: https://…/{z}/{x}/{y}.png; empty: a grid.",
    )
    map_tiles_credit: str = Field(
        default="", max_length=200, description="Whose streets they are, as their licence asks."
    )
    import_bytes_max: int = Field(default=20 * 1024 * 1024, ge=1024)
    body_bytes_max: int = Field(default=1024 * 1024, ge=1024)
    probes_from: str = Field(
        default="127.0.0.0/8 ::1/128",
        description="Networks whose programs may read /metrics and /readyz.",
    )
    otlp_endpoint: str = Field(
        default="", description="OpenTelemetry collector (OTLP over HTTP) that spans are sent to."
    )
    trace_ratio: float = Field(
        default=1, ge=0, le=1, description="How many of the traces that begin here are recorded."
    )
    drain_seconds: float = Field(
        default=0, ge=0, le=300, description="Between saying `not ready` and taking no more."
    )

    eventgrid_endpoint: str = Field(
        default="", description="Of the custom topic or the namespace; empty: no Event Grid."
    )
    eventgrid_key: SecretStr = Field(
        default=SecretStr(""), description="Access key; empty: the platform's identity."
    )
    eventgrid_topic: str = Field(
        default="", description="The namespace's topic: we pull. Empty: a custom topic pushes."
    )
    eventgrid_subscription: str = Field(
        default="quickserve", description="We pull from `<this>-<service>`."
    )
    eventgrid_tenant: str = Field(
        default="", description="Id of the tenant that issues the tokens of deliveries."
    )
    eventgrid_audience: str = Field(
        default="", description="Id or URI of the webhook's Entra application."
    )
    eventgrid_sender: str = Field(
        default=EVENT_GRID, description="Id of the Entra application that delivers."
    )
    eventgrid_webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="Value of `code` in the webhook's address, too."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        return init_settings, _OneVariableAService(settings_cls), env_settings

    @cached_property
    def issuer_url(self) -> str:
        """Shaped like Keycloak's, so that changing the setting is all it takes to move there."""
        return self.issuer or f"{self.public_url.rstrip('/')}/realms/quickserve"

    def key_for(self, purpose: str) -> bytes:
        """32 bytes for one purpose, derived from the secret; purposes never share a key."""
        return _derived(self.secret.get_secret_value(), purpose)

    def shared_key_for(self, purpose: str) -> bytes:
        """As `key_for`, of the secret that services share; without one they share everything."""
        shared = self.service_secret.get_secret_value() or self.secret.get_secret_value()
        return _derived(shared, purpose)

    def of_service(self, name: str) -> "Settings":
        """With the database that is this service's."""
        return self.model_copy(
            update={"database_url": self.database_urls.get(name, self.database_url)}
        )


def _derived(secret: str, purpose: str) -> bytes:
    assert len(secret) >= SECRET_CHARS_MIN, "a secret needs at least 32 characters"
    return digest(secret.encode(), b"quickserve:" + purpose.encode(), sha256)


class _OneVariableAService(PydanticBaseSettingsSource):
    """`QUICKSERVE_BOOKING_URL` and `QUICKSERVE_BOOKING_DATABASE_URL`, as containers set them."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        del field
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found: dict[str, dict[str, str]] = {"service_urls": {}, "database_urls": {}}
        for variable, value in os.environ.items():
            name = variable.removeprefix("QUICKSERVE_").lower()
            match = _OF_ONE_SERVICE.fullmatch(variable)
            if match and value and name not in self.settings_cls.model_fields:
                kind = "service_urls" if match[2] == "URL" else "database_urls"
                found[kind][match[1].lower()] = value
        return {name: values for name, values in found.items() if values}
