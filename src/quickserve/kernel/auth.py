"""Who is calling, and who may.

People carry OpenID Connect access tokens (RS256, Keycloak-shaped claims) of whichever issuer the
settings name; services carry short-lived tokens signed with a key only they share. Every route
declares its callers with `anyone`, `keyed`, `signed_in` or `services(...)`; a test checks that.
"""

import asyncio
import base64
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from fastapi import Depends, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from quickserve.kernel.errors import Forbidden, Unauthenticated, Unavailable
from quickserve.kernel.ids import OrganiserId, PersonId
from quickserve.kernel.settings import Settings

AUDIENCE = "quickserve"
# Who calls; `Authorization` tells for whom.
SERVICE_TOKEN_HEADER = "x-service-token"  # noqa: S105 - a name
_SERVICE_ISSUER = "quickserve-services"
_SERVICE_TOKEN_SECONDS = 60
_INVALID = "The access token is not valid here; sign in again."
_CACHE_MAX = 4096
_TOKEN_CHARS_MAX = 16_384
_KEYS_SECONDS_MIN = 30  # between two questions for the issuer's keys
_KEYS_PAUSE_SECONDS = 1  # after a question without an answer
_UNCHECKED = "Sign-ins cannot be checked just now."


class Role(StrEnum):
    """What a person may do for one organisation."""

    ORGANISER = "organiser"
    DOOR = "door"
    KITCHEN = "kitchen"
    RUNNER = "runner"


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller. `roles` holds, per organisation, what a person may do there."""

    kind: Literal["visitor", "person", "service"] = "visitor"
    name: str = ""
    person_id: PersonId | None = None
    admin: bool = False
    roles: dict[OrganiserId, frozenset[Role]] = field(default_factory=dict)

    def may(self, organiser_id: OrganiserId, *roles: Role) -> bool:
        """Has one of the roles there. Organisers may do what the others may; admins everything.

        Of the services only the command line acts for everybody: a page that forgets to pass on
        its person's token must not.
        """
        if self.admin or (self.kind == "service" and self.name == "cli"):
            return True
        held = self.roles.get(organiser_id, frozenset())
        return Role.ORGANISER in held or not held.isdisjoint(roles)

    def require(self, organiser_id: OrganiserId, *roles: Role) -> None:
        if self.kind == "visitor":
            raise Unauthenticated
        if not self.may(organiser_id, *roles):
            raise Forbidden("You do not belong to this organisation, or not in that role.")


VISITOR = Principal()


class TokenVerifier:
    """Checks bearer tokens; remembers the good ones until they expire."""

    def __init__(self, settings: Settings, fetch_keys: Callable[[], Awaitable[Any]]) -> None:
        self._issuer = settings.issuer_url
        self._service_key = _service_key(settings)
        self._fetch_keys = fetch_keys
        self._keys: KeySet | None = None
        self._keys_fetched_at = 0.0
        self._ask_again_at = 0.0
        self._asking = asyncio.Lock()
        self._seen: OrderedDict[str, tuple[float, Principal]] = OrderedDict()

    async def principal(self, token: str) -> Principal:
        """Raises Unauthenticated when the token is forged, expired or meant for somebody else."""
        cached = self._seen.get(token)
        if cached and cached[0] > time.time():
            return cached[1]
        if len(token) > _TOKEN_CHARS_MAX:
            raise Unauthenticated(_INVALID)
        try:
            claims = await self._claims(token)
            principal = _principal(claims)
        except (JoseError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as e:
            raise Unauthenticated(_INVALID) from e
        self._seen[token] = (float(claims["exp"]), principal)
        if len(self._seen) > _CACHE_MAX:
            self._seen.popitem(last=False)
        return principal

    async def service(self, token: str) -> Principal:
        """Of a service's token only: nobody else's is looked at, nor its issuer asked."""
        with suppress(ValueError, LookupError, TypeError, AttributeError, RecursionError):
            if _unverified_issuer(token) == _SERVICE_ISSUER:
                return await self.principal(token)
        raise Unauthenticated("Services only: this needs a service token.")

    async def _claims(self, token: str) -> dict[str, Any]:
        if _unverified_issuer(token) == _SERVICE_ISSUER:
            issuer = _SERVICE_ISSUER
            decoded = jwt.decode(token, self._service_key, algorithms=["HS256"])
        else:
            issuer = self._issuer
            decoded = await self._decode_person(token)
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": AUDIENCE},
            sub={"essential": True},
            exp={"essential": True},
        ).validate(decoded.claims)
        return decoded.claims

    async def _decode_person(self, token: str) -> jwt.Token:
        keys = await self._refreshed(None) if self._keys is None else self._keys
        try:
            return jwt.decode(token, keys, algorithms=["RS256"])
        except (JoseError, ValueError):
            # The issuer may have rotated its keys since; forgers must not make us ask each time.
            if time.monotonic() - self._keys_fetched_at < _KEYS_SECONDS_MIN:
                raise
            keys = await self._refreshed(keys)
            return jwt.decode(token, keys, algorithms=["RS256"])

    async def _refreshed(self, known: KeySet | None) -> KeySet:
        """One question for all who wait, and after a failed one a pause.

        Raises Unavailable: while the issuer is away, nobody's token is wrong.
        """
        async with self._asking:
            if self._keys is not None and self._keys is not known:
                return self._keys
            if time.monotonic() < self._ask_again_at:
                raise Unavailable(_UNCHECKED, retry_after=_KEYS_PAUSE_SECONDS)
            try:
                self._keys = KeySet.import_key_set(await self._fetch_keys())
            except Exception as error:
                self._ask_again_at = time.monotonic() + _KEYS_PAUSE_SECONDS
                raise Unavailable(_UNCHECKED, retry_after=_KEYS_PAUSE_SECONDS) from error
            self._keys_fetched_at = time.monotonic()
            return self._keys


def _unverified_issuer(token: str) -> str | None:
    """Which key to try; nothing is believed before the signature is checked."""
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims.get("iss") if isinstance(claims, dict) else None


def _principal(claims: dict[str, Any]) -> Principal:
    if claims["iss"] == _SERVICE_ISSUER:
        return Principal(kind="service", name=str(claims["sub"]))
    organisations = claims.get("organisations") or {}
    realm_roles = (claims.get("realm_access") or {}).get("roles") or []
    return Principal(
        kind="person",
        name=str(claims.get("name") or claims.get("preferred_username") or ""),
        person_id=PersonId(UUID(str(claims["sub"]))),
        admin="admin" in realm_roles,
        roles={
            OrganiserId(UUID(key)): frozenset(Role(r) for r in value if r in set(Role))
            for key, value in organisations.items()
        },
    )


def _service_key(settings: Settings) -> OctKey:
    return OctKey.import_key(settings.shared_key_for("service-tokens"))


class ServiceIdentity:
    """Mints the tokens with which one service calls the others."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._key = _service_key(settings)
        self._name = name
        self._token = ""
        self._renew_at = 0.0

    def token(self) -> str:
        now = time.time()
        if now >= self._renew_at:
            claims = {
                "iss": _SERVICE_ISSUER, "aud": AUDIENCE, "sub": self._name,
                "iat": int(now), "exp": int(now) + _SERVICE_TOKEN_SECONDS,
            }  # fmt: skip
            self._token = jwt.encode({"alg": "HS256"}, claims, self._key)
            self._renew_at = now + _SERVICE_TOKEN_SECONDS / 2
        return self._token


async def authenticate(request: Request) -> Principal:
    """The caller of this request; a visitor when there is no token."""
    header = request.headers.get("authorization", "")
    if not header:
        return VISITOR
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Unauthenticated("Send the access token as `Authorization: Bearer …`.")
    return await request.app.state.runtime.verifier.principal(token.strip())


async def _anyone(request: Request) -> None:
    request.state.principal = await authenticate(request)


async def _keyed(request: Request) -> None:
    request.state.principal = VISITOR


async def _signed_in(request: Request) -> None:
    request.state.principal = principal = await authenticate(request)
    if principal.kind == "visitor":
        raise Unauthenticated


def services(*names: str) -> Any:
    """Only these services may call."""

    async def only_services(request: Request) -> None:
        request.state.principal = principal = await authenticate(request)
        if principal.kind == "visitor":
            raise Unauthenticated
        if principal.kind != "service" or principal.name not in names:
            raise Forbidden("Only other services may call this.")

    return Depends(only_services)


# A route names its callers in `dependencies=[...]` with one of these or with services(...).
anyone = Depends(_anyone)
keyed = Depends(_keyed)  # by a key of the route's own; `Authorization` is its own business too
signed_in = Depends(_signed_in)
