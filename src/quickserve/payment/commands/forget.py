"""Forgets what no late message can ask for any more, and means of payment in time."""

from collections.abc import Awaitable, Callable

from quickserve.kernel.db import Transaction
from quickserve.kernel.service import Context
from quickserve.payment import store

_BATCH = 1000


async def forget(ctx: Context) -> None:
    """Batch by batch, each in its own transaction, until there is less than a batch."""
    for what in (store.delete_tombstones, store.delete_callbacks, store.forget_methods):
        while await _batch(ctx, what) == _BATCH:
            pass


async def _batch(ctx: Context, what: Callable[[Transaction, int], Awaitable[int]]) -> int:
    async with ctx.db.transaction() as tx:
        return await what(tx, _BATCH)
