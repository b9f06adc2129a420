"""Gives back the places of holds whose time is over, judged by the database's clock."""

from collections import Counter

from quickserve.booking.commands import set_aside
from quickserve.booking.resources import tell_changed
from quickserve.booking.store import seats, stock
from quickserve.contracts.booking import QuotaId
from quickserve.contracts.catalog import DateId
from quickserve.kernel.db import Transaction
from quickserve.kernel.service import Context

_BATCH = 500


async def return_all_expired_holds(ctx: Context) -> None:
    """Batch by batch until none is left, so that no transaction grows large."""
    while await return_expired_holds(ctx) == _BATCH:
        pass


async def return_expired_holds(ctx: Context, date_id: DateId | None = None) -> int:
    """One batch, of one date or of all. Returns how many holds ended."""
    async with ctx.db.read() as tx:
        if not await stock.any_expired_hold(tx, date_id):
            return 0
    async with ctx.db.transaction() as tx:
        ended = await stock.expire_holds(tx, _BATCH, date_id)
        await give_back(ctx, tx, ended)
    return len(ended)


async def give_back(ctx: Context, tx: Transaction, taken: list[stock.Taken]) -> None:
    places = Counter[QuotaId]()
    for one in taken:
        places.update(dict(zip(one.quota_ids, one.quota_places, strict=True)))
    dates = {one.date_id for one in taken}
    tx.after_commit.append(lambda: tell_changed(ctx, *dates))
    if taken:
        await seats.free_all(tx, sorted(dates), [one.id for one in taken])
    if places:
        await set_aside.give_back(tx, list(places), list(places.values()), held=-1, sold=0)
