"""The issuer's keys: made once, sealed, changed without a token being refused."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from cryptography.exceptions import InvalidTag
from pydantic import SecretStr

from quickserve.app import Platform, load
from quickserve.identity.model import Person
from quickserve.identity.tokens import TokenIssuer
from quickserve.kernel.auth import TokenVerifier
from quickserve.kernel.db import Database, open_connection
from quickserve.kernel.errors import Unauthenticated
from quickserve.kernel.ids import PersonId, new_uuid
from quickserve.kernel.settings import Settings
from quickserve.kernel.testing import test_settings as settings_for

ANA = Person(PersonId(new_uuid()), "ana@example.org", "Ana", "", admin=False, memberships=[])


@dataclass
class Keyring:
    """A database of its own: keys are for everybody, and other tests want theirs unchanged."""

    db: Database
    settings: Settings

    def issuer(self) -> TokenIssuer:
        """Another process that issues tokens."""
        return TokenIssuer(self.db, self.settings)

    async def principal(self, token: str) -> Any:
        """A service that starts now and verifies the token."""

        async def fetch() -> Any:
            return {"keys": await self.issuer().public_keys()}

        return await TokenVerifier(self.settings, fetch).principal(token)

    async def token(self) -> str:
        return await self.issuer().token(b"session", ANA)

    async def run(self, statement: Any) -> list[Any]:
        async with await open_connection(self.settings.database_url) as connection:
            cursor = await connection.execute(statement)
            return await cursor.fetchall() if cursor.description else []

    async def later(self, minutes: int) -> None:
        """Time passes for the keys."""
        back = f"- interval '{minutes} minutes'"
        await self.run(
            f"UPDATE identity.issuer_keys SET signs_from = signs_from {back},"
            f" signs_until = signs_until {back}"
        )


@pytest.fixture
async def keyring(database_url: str) -> AsyncIterator[Keyring]:
    name = f"keys_{new_uuid().hex[-12:]}"
    async with await open_connection(database_url) as connection:
        await connection.execute(f"CREATE DATABASE {name}".encode())
        settings = settings_for(urlunsplit(urlsplit(database_url)._replace(path=f"/{name}")))
        platform = Platform(settings, [load("identity")])
        await platform.migrate()
        async with platform.running():
            yield Keyring(platform.runtimes["identity"].db, settings)
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def key_id(token: str) -> str:
    return token.split(".", maxsplit=1)[0]


async def test_the_first_key_is_made_once(keyring: Keyring):
    """Several processes start at the same moment on an empty database."""
    published = await asyncio.gather(*(keyring.issuer().public_keys() for _ in range(4)))
    assert {len(keys) for keys in published} == {1}
    assert len({keys[0]["kid"] for keys in published}) == 1


async def test_keys_are_sealed_at_rest(keyring: Keyring):
    await keyring.token()
    [(sealed, public)] = await keyring.run(
        "SELECT private_encrypted, public_jwk FROM identity.issuer_keys"
    )
    assert b'"d"' not in sealed
    assert set(public) == {"kty", "n", "e", "kid"}
    thief = keyring.settings.model_copy(update={"secret": SecretStr("t" * 40)})
    with pytest.raises(InvalidTag):
        await TokenIssuer(keyring.db, thief).token(b"session", ANA)


async def test_a_new_key_is_published_before_it_signs(keyring: Keyring):
    old = await keyring.token()
    rotated = await asyncio.gather(*(keyring.issuer().rotate() for _ in range(3)))
    assert sorted(rotated) == [False, False, True]
    assert len(await keyring.issuer().public_keys()) == 2
    assert key_id(await keyring.token()) == key_id(old)

    await keyring.later(minutes=5)
    new = await keyring.token()
    assert key_id(new) != key_id(old)
    for token in (old, new):
        assert (await keyring.principal(token)).person_id == ANA.id


async def test_an_old_key_is_forgotten_when_its_tokens_are(keyring: Keyring):
    old = await keyring.token()
    await keyring.issuer().rotate()
    await keyring.later(minutes=5 + 61)
    assert len(await keyring.issuer().public_keys()) == 1
    with pytest.raises(Unauthenticated):
        await keyring.principal(old)


async def test_a_key_is_changed_when_it_is_old(keyring: Keyring):
    assert not await keyring.issuer().rotate(older_than_days=90)
    await keyring.token()
    assert not await keyring.issuer().rotate(older_than_days=90)
    await keyring.later(minutes=90 * 24 * 60)
    assert await keyring.issuer().rotate(older_than_days=90)
    assert not await keyring.issuer().rotate(older_than_days=90)
