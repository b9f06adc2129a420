"""What is not needed any more is forgotten, in batches."""

from collections.abc import Awaitable, Callable

from quickserve.kernel.db import Transaction
from quickserve.kernel.service import Context
from quickserve.ordering.store import baskets, cancellations, kitchen, orders, people, stands, tabs

_BATCH = 1000


async def forget_people(ctx: Context) -> None:
    """Contacts of ended orders, staff in old steps."""
    await _all(ctx, people.forget_contacts)
    await _all(ctx, people.forget_staff)
    await _all(ctx, cancellations.forget_staff)
    await _all(ctx, tabs.forget)


async def delete_leftovers(ctx: Context) -> None:
    """Baskets nobody fills, slots that are over, menus nobody shows, tombstones."""
    await _all(ctx, baskets.delete_old)
    async with ctx.db.transaction() as tx:
        await kitchen.delete_old_slots(tx)
        await stands.delete_old_menus(tx)
        await orders.delete_tombstones(tx)


async def _all(ctx: Context, forget: Callable[[Transaction, int], Awaitable[int]]) -> None:
    touched = _BATCH
    while touched >= _BATCH:
        async with ctx.db.transaction() as tx:
            touched = await forget(tx, _BATCH)
