"""Forgets people in time, and rows that nobody asks for any more."""

from collections.abc import Awaitable, Callable

from quickserve.booking.store import desk, retention, waiting_list, waiting_room
from quickserve.kernel.db import Transaction
from quickserve.kernel.service import Context

_BATCH = 1000


async def forget_people(ctx: Context) -> None:
    """As the comments on the columns promise."""
    await _repeat(ctx, retention.forget_buyers)
    await _repeat(ctx, retention.forget_scanners)
    await _repeat(ctx, desk.forget_sellers)
    await _repeat(ctx, waiting_list.forget_people)


async def delete_leftovers(ctx: Context) -> None:
    await _repeat(ctx, retention.delete_holds)
    await _repeat(ctx, desk.delete_reservations)
    await _repeat(ctx, waiting_room.delete_old_places)
    await _repeat(ctx, retention.delete_tombstones)


async def _repeat(ctx: Context, forget: Callable[[Transaction, int], Awaitable[int]]) -> None:
    """Batch by batch, each in its own transaction, until there is less than a batch."""
    while True:
        async with ctx.db.transaction() as tx:
            if await forget(tx, _BATCH) < _BATCH:
                return
