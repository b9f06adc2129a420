"""Makes a session for somebody who knows the password."""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest
from uuid import UUID

from quickserve.contracts.identity import (
    REALM,
    Credentials,
    SessionView,
    TooManyAttempts,
    WrongCredentials,
)
from quickserve.identity import resources, store
from quickserve.identity.tokens import DEFAULT_CLIENT
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import Conflict
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.service import Context

# Failures within 15 minutes. For an address from one client; from all clients together, high enough
# that a stranger does not keep its owner out; and of a client, which may be a whole office.
FAILURES_OF_EMAIL_AT_CLIENT_MAX = 5
FAILURES_OF_EMAIL_MAX = 50
FAILURES_OF_CLIENT_MAX = 30


@dataclass(frozen=True, slots=True)
class SignIn:
    """`address`: where from, empty when not known. `client`: the OAuth client to name in tokens."""

    credentials: Credentials
    address: str = ""
    client: str = DEFAULT_CLIENT


@dataclass(frozen=True, slots=True)
class _Limit:
    key: bytes
    allowed: int


async def sign_in(ctx: Context, cmd: SignIn) -> SessionView:
    """The session; its token is told here only.

    Raises WrongCredentials alike for an unknown address and a wrong password, TooManyAttempts,
    Conflict where another issuer signs people in.
    """
    _refuse_if_elsewhere(ctx)
    tools = resources.of(ctx)
    password = cmd.credentials.password.get_secret_value()
    async with ctx.db.read() as tx:
        person = await store.find_person_by_email(tx, cmd.credentials.email)
    limits = _limits(ctx, cmd, str(person.id) if person else cmd.credentials.email.lower())
    async with ctx.db.transaction() as tx:
        # Counted before the password is looked at, so that attempts at once count as well.
        attempt_ids = [await _count(tx, limit) for limit in limits]
    right = await tools.passwords.matches(person.password_hash if person else None, password)
    if person is None or not right:
        raise WrongCredentials
    rehashed = None
    if tools.passwords.outdated(person.password_hash):
        rehashed = await tools.passwords.hash(password)
    token = secrets.token_urlsafe(32)
    hashed = sha256(token.encode()).digest()
    async with ctx.db.transaction() as tx:
        await store.delete_attempts(tx, limits[0].key, attempt_ids)
        if rehashed:
            await store.set_password_hash(tx, person.id, rehashed)
        await store.insert_session(tx, hashed, person.id)
        session = await store.find_session(tx, hashed)
    assert session is not None, "just inserted"
    access_token = await tools.tokens.token(hashed, person, cmd.client)
    return SessionView(
        token=token, person=person.view, access_token=access_token, expires_at=session.expires_at
    )


def _refuse_if_elsewhere(ctx: Context) -> None:
    settings = ctx.settings
    if settings.issuer and settings.issuer != f"{settings.public_url}{REALM}":
        raise Conflict(f"People sign in at {settings.issuer}.")


def _key(ctx: Context, text: str) -> bytes:
    return digest(ctx.settings.key_for("login-attempts"), text.encode(), "sha256")


def _limits(ctx: Context, cmd: SignIn, email: str) -> list[_Limit]:
    """Always in this order, so that attempts at once do not wait for each other for ever."""
    limits = [
        _Limit(_key(ctx, f"{email} from {cmd.address}"), FAILURES_OF_EMAIL_AT_CLIENT_MAX),
        _Limit(_key(ctx, email), FAILURES_OF_EMAIL_MAX),
    ]
    if cmd.address:
        limits.append(_Limit(_key(ctx, f"client {cmd.address}"), FAILURES_OF_CLIENT_MAX))
    return limits


async def _count(tx: Transaction, limit: _Limit) -> UUID:
    """The attempt's id. Raises TooManyAttempts."""
    await store.lock_key(tx, limit.key)
    if wait := await store.seconds_to_wait(tx, limit.key, limit.allowed):
        raise TooManyAttempts(retry_after=wait)
    attempt_id = new_uuid()
    await store.insert_attempt(tx, attempt_id, limit.key)
    return attempt_id
