"""Deletes what is over, and changes the issuer's key in time."""

from quickserve.identity import resources, store
from quickserve.identity.tokens import KEY_DAYS
from quickserve.kernel.service import Context


async def tidy_up(ctx: Context) -> None:
    async with ctx.db.transaction() as tx:
        await store.delete_ended_sessions(tx)
        await store.delete_old_attempts(tx)
    await resources.of(ctx).tokens.rotate(older_than_days=KEY_DAYS)
