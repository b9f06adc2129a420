"""Signs out."""

from hashlib import sha256

from quickserve.identity import store
from quickserve.kernel.service import Context


async def end_session(ctx: Context, token: str) -> None:
    """Ends it at once; a session that is not there needs no ending."""
    async with ctx.db.transaction() as tx:
        await store.delete_session(tx, sha256(token.encode()).digest())
