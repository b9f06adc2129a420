"""Forgets one person: whoever carried orders, and where orders were carried to."""

from quickserve.contracts.erasure import Erased, Erasure
from quickserve.kernel.service import Context
from quickserve.tracking.store import fixes, jobs, looks, shifts


async def erase_person(ctx: Context, cmd: Erasure) -> Erased:
    """Buyers are known here by their orders alone, whose destination is forgotten in a day anyway.

    Where a runner was goes with them: nobody else's positions are in their shifts.
    """
    erased, seen = 0, 0
    async with ctx.db.transaction() as tx:
        destinations = await jobs.erase_destinations(tx, cmd.order_ids)
        if cmd.person_id is not None:
            await fixes.erase_of_runner(tx, cmd.person_id)
            erased = await shifts.erase_runner(tx, cmd.person_id)
            seen = await looks.erase_looker(tx, cmd.person_id)
    return Erased(counts={"destinations": destinations, "shifts": erased, "looks": seen})
