"""Forgets one person: ended purchases keep nothing but a keyed hash of what was typed."""

from quickserve.checkout import store
from quickserve.checkout.store import orders
from quickserve.contracts.erasure import Erased, Erasure
from quickserve.kernel.service import Context


async def erase_person(ctx: Context, cmd: Erasure) -> Erased:
    """The hashes of these bookings' and orders' purchases; one under way needs its contact."""
    async with ctx.db.transaction() as tx:
        purchases = await store.erase_contents(tx, cmd.booking_ids)
        purchases += await store.erase_change_contents(tx, cmd.booking_ids)
        purchases += await orders.erase_contents(tx, cmd.order_ids)
        under_way = await store.count_with_contact(tx, cmd.email)
        under_way += await orders.count_with_contact(tx, cmd.email)
    return Erased(counts={"purchases": purchases}, under_way=under_way)
