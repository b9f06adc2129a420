"""Gives held places back before their time is over."""

from quickserve.booking.commands.return_expired_holds import give_back
from quickserve.booking.store import stock
from quickserve.contracts.booking import HoldId, HoldUsed
from quickserve.kernel.service import Context


async def release_hold(ctx: Context, hold_id: HoldId) -> None:
    """Repeating it, or releasing what never was held, changes nothing. Errors: HoldUsed."""
    async with ctx.db.transaction() as tx:
        taken = await stock.release_hold(tx, hold_id)
        if taken is not None:
            await give_back(ctx, tx, [taken])
            return
        hold = await stock.find_hold(tx, hold_id)
        if hold is not None and hold.state == "used":
            raise HoldUsed
