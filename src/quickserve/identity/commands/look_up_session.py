"""Tells whose session it is, with an access token for the other services."""

from hashlib import sha256

from quickserve.contracts.identity import SessionView
from quickserve.identity import resources, store
from quickserve.identity.tokens import DEFAULT_CLIENT
from quickserve.kernel.errors import Unauthenticated
from quickserve.kernel.service import Context


async def look_up_session(ctx: Context, token: str, client: str = DEFAULT_CLIENT) -> SessionView:
    """Keeps the session alive. Raises Unauthenticated when it ended, or never was."""
    hashed = sha256(token.encode()).digest()
    async with ctx.db.read() as tx:
        session = await store.find_session(tx, hashed)
        person = await store.find_person(tx, session.person_id) if session else None
        if session is None or person is None:
            raise Unauthenticated("The session has ended; sign in again.")
        if session.stale:
            await store.touch_session(tx, hashed)
    access_token = await resources.of(ctx).tokens.token(hashed, person, client)
    return SessionView(person=person.view, access_token=access_token, expires_at=session.expires_at)
