"""Forgets one person who carried orders: shifts stay, without whose they were."""

from quickserve.contracts.erasure import Erased, Erasure
from quickserve.kernel.service import Context
from quickserve.tracking.store import shifts


async def erase_person(ctx: Context, cmd: Erasure) -> Erased:
    """Buyers are unknown here but by their order, whose destination is forgotten within a day."""
    if cmd.person_id is None:
        return Erased(counts={})
    async with ctx.db.transaction() as tx:
        erased = await shifts.erase_runner(tx, cmd.person_id)
    return Erased(counts={"shifts": erased})
