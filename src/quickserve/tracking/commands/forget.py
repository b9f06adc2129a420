"""Forgets in time, as the comments on the columns promise."""

from collections.abc import Awaitable, Callable

from quickserve.kernel.db import Transaction
from quickserve.kernel.service import Context
from quickserve.tracking.store import fixes, jobs, looks, shifts

_BATCH = 1000


async def keep_days(ctx: Context) -> None:
    """Of positions: the days to come are made, those over are dropped."""
    days = ctx.settings.position_days
    async with ctx.db.transaction() as tx:
        await fixes.keep_days(tx, days)
    await _repeat(ctx, lambda tx, most: fixes.delete_scans(tx, days, most))


async def forget_people(ctx: Context) -> None:
    await _repeat(ctx, jobs.forget_destinations)
    await _repeat(ctx, jobs.delete_ended_orders)
    await _repeat(ctx, shifts.forget_runners)
    await _repeat(ctx, looks.delete_old)


async def _repeat(ctx: Context, forget: Callable[[Transaction, int], Awaitable[int]]) -> None:
    """Batch by batch, each in its own transaction, until there is less than a batch."""
    while True:
        async with ctx.db.transaction() as tx:
            if await forget(tx, _BATCH) < _BATCH:
                return
