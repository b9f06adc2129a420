"""Access tokens as Keycloak shapes them (RS256, OpenID Connect claims), and the keys they hang on.

Keys are made at first need, kept encrypted in the database, and changed now and then: the next one
is published minutes before it signs, the last one stays published while its tokens live.
"""

import asyncio
import json
import os
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwt
from joserfc.jwk import RSAKey

from quickserve.identity import store
from quickserve.identity.model import Person
from quickserve.kernel.auth import AUDIENCE
from quickserve.kernel.db import Database
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.settings import Settings

TOKEN_SECONDS = 600
KEY_DAYS = 90
DEFAULT_CLIENT = "quickserve-web"
_KEYS_FRESH_SECONDS = 60
_REUSE_SECONDS = 300
_CACHE_MAX = 4096
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class _SigningKey:
    key: RSAKey
    read_at: float


@dataclass(frozen=True, slots=True)
class _Minted:
    person: Person
    token: str
    reuse_until: float


class TokenIssuer:
    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._issuer = settings.issuer_url
        self._cipher = AESGCM(settings.key_for("issuer-keys"))
        self._signing: _SigningKey | None = None
        self._minted: OrderedDict[tuple[bytes, str], _Minted] = OrderedDict()

    async def public_keys(self) -> list[dict[str, Any]]:
        """As JSON Web Keys (RFC 7517)."""
        return [{**key.public_jwk, "use": "sig", "alg": "RS256"} for key in await self._keys()]

    async def token(self, session: bytes, person: Person, client: str = DEFAULT_CLIENT) -> str:
        """An access token that lives 5 minutes at least; while it does, the same one again."""
        now = time.time()
        minted = self._minted.get((session, client))
        if minted and minted.reuse_until > now and minted.person == person:
            return minted.token
        key = await self._signing_key()
        header = {"alg": "RS256", "typ": "JWT", "kid": key.kid}
        token = jwt.encode(header, self._claims(person, int(now), client), key)
        self._minted[session, client] = _Minted(person, token, now + _REUSE_SECONDS)
        if len(self._minted) > _CACHE_MAX:
            self._minted.popitem(last=False)
        return token

    async def rotate(self, *, older_than_days: int = 0) -> bool:
        """Publishes the next key; it signs in 5 minutes. False when the newest is too young."""
        async with self._db.read() as tx:
            age_days = await store.newest_key_age_days(tx)
        if age_days is None or age_days < older_than_days:
            return False
        fresh = await asyncio.to_thread(self._generate)
        async with self._db.transaction() as tx:
            if not await store.retire_key(tx, older_than_days):
                return False
            await store.insert_next_key(tx, fresh)
        return True

    def _claims(self, person: Person, now: int, client: str) -> dict[str, Any]:
        """The e-mail address stays out: tokens travel further than it should."""
        return {
            "iss": self._issuer, "aud": AUDIENCE, "azp": client, "typ": "Bearer",
            "sub": str(person.id), "jti": str(new_uuid()), "iat": now, "exp": now + TOKEN_SECONDS,
            "name": person.name, "preferred_username": person.name, "scope": "openid profile",
            "realm_access": {"roles": ["admin"] if person.admin else []},
            "organisations": {m["organiser_id"]: m["roles"] for m in person.memberships},
        }  # fmt: skip

    async def _signing_key(self) -> RSAKey:
        now = time.monotonic()
        if self._signing is None or now - self._signing.read_at > _KEYS_FRESH_SECONDS:
            current = [key for key in await self._keys() if key.signs]
            self._signing = _SigningKey(self._decrypt(current[-1]), now)
        return self._signing.key

    async def _keys(self) -> list[store.IssuerKey]:
        async with self._db.read() as tx:
            keys = await store.issuer_keys(tx)
        if keys:
            return keys
        fresh = await asyncio.to_thread(self._generate)
        async with self._db.transaction() as tx:
            await store.insert_first_key(tx, fresh)
            return await store.issuer_keys(tx)

    def _generate(self) -> store.IssuerKey:
        key = RSAKey.generate_key(2048, auto_kid=True)
        assert key.kid is not None, "auto_kid"
        nonce = os.urandom(_NONCE_BYTES)
        private = json.dumps(key.as_dict(private=True)).encode()
        encrypted = nonce + self._cipher.encrypt(nonce, private, key.kid.encode())
        return store.IssuerKey(key.kid, dict(key.as_dict(private=False)), encrypted, signs=False)

    def _decrypt(self, key: store.IssuerKey) -> RSAKey:
        nonce, sealed = key.private_encrypted[:_NONCE_BYTES], key.private_encrypted[_NONCE_BYTES:]
        return RSAKey.import_key(json.loads(self._cipher.decrypt(nonce, sealed, key.kid.encode())))
