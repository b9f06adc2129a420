"""An order that its stand does not answer in time is rejected, and the buyer knows why."""

from quickserve.kernel.errors import Conflict
from quickserve.kernel.service import Context
from quickserve.ordering.commands.move_order import MoveOrder, move_order
from quickserve.ordering.model import Actor
from quickserve.ordering.store import orders

_BATCH = 200


async def reject_unanswered(ctx: Context) -> None:
    async with ctx.db.read() as tx:
        late = await orders.unanswered(tx, _BATCH)
    for order_id in late:
        try:
            actor = Actor("clock", reason="not-answered")
            await move_order(ctx, MoveOrder(order_id, "rejected", actor))
        except Conflict:  # answered at this very moment
            continue
