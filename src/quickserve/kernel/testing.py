"""What tests stand on: a real PostgreSQL, an issuer of tokens, races."""

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from time import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from quickserve.kernel.auth import AUDIENCE, Role
from quickserve.kernel.bus.port import Take
from quickserve.kernel.db import ensure_database
from quickserve.kernel.events import Message
from quickserve.kernel.ids import OrganiserId, PersonId, new_uuid
from quickserve.kernel.postgres import EmbeddedPostgres
from quickserve.kernel.settings import Settings


@contextmanager
def postgres_url() -> Generator[str, None, None]:
    """An empty database of one's own: on the server of QUICKSERVE_TEST_DATABASE_URL, else on an
    embedded one.
    """
    given = os.environ.get("QUICKSERVE_TEST_DATABASE_URL")
    if given:
        yield asyncio.run(ensure_database(given, f"test_{token_hex(6)}"))
        return
    # Tests need not survive a power cut, and keep the services of many suites open in one process.
    with (
        tempfile.TemporaryDirectory(prefix="quickserve-test-") as folder,
        EmbeddedPostgres(
            Path(folder), settings={"fsync": "off", "max_connections": "500"}
        ) as server,
    ):
        yield server.url("postgres")


def test_settings(database_url: str, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "secret": "s" * 40, "pool_max": 4, "log_level": "warning", **changes,
    }  # fmt: skip
    return Settings(database_url=database_url, **values)  # type: ignore[arg-type] # pydantic makes the SecretStr


class Issuer:
    """Stands in for `identity`: issues the access tokens that a test asks for."""

    def __init__(self, settings: Settings) -> None:
        self._key = RSAKey.generate_key(2048, auto_kid=True)
        self._settings = settings

    async def keys(self) -> Any:
        return KeySet([self._key]).as_dict(private=False)

    def token(
        self,
        roles: Mapping[OrganiserId, list[Role]] | None = None,
        *,
        admin: bool = False,
        person_id: PersonId | None = None,
        **claims: Any,
    ) -> str:
        now = int(time())
        body = {
            "iss": self._settings.issuer_url, "aud": AUDIENCE, "iat": now, "exp": now + 600,
            "sub": str(person_id or new_uuid()),
            "organisations": {str(k): [r.value for r in v] for k, v in (roles or {}).items()},
            "realm_access": {"roles": ["admin"] if admin else []},
            **claims,
        }  # fmt: skip
        header = {"alg": "RS256", "kid": self._key.kid}
        return jwt.encode(header, body, self._key)


def each(handler: Callable[[Message], Awaitable[None]]) -> Take:
    """A route's `take` of a handler for one message."""

    async def take(messages: Sequence[Message]) -> list[Exception | None]:
        for message in messages:
            await handler(message)
        return [None] * len(messages)

    return take


@dataclass
class Outcomes:
    """How a race ended: values, and errors as values too."""

    values: list[Any] = field(default_factory=list[Any])

    @property
    def kinds(self) -> Mapping[type[Any], int]:
        return Counter(type(value) for value in self.values)

    def of(self, kind: type[Any]) -> list[Any]:
        return [value for value in self.values if isinstance(value, kind)]


async def race(*contestants: Awaitable[Any]) -> Outcomes:
    """Runs them at the same time; an exception counts as an outcome."""
    return Outcomes(list(await asyncio.gather(*contestants, return_exceptions=True)))
