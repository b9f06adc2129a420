"""An event is called off: its stands take no orders any more."""

from quickserve.contracts.catalog import EventId
from quickserve.kernel.errors import Conflict
from quickserve.kernel.service import Context
from quickserve.ordering.commands.move_order import MoveOrder, move_order
from quickserve.ordering.model import Actor
from quickserve.ordering.resources import tell_stand
from quickserve.ordering.store import orders, stands

_PAUSE_MINUTES = 60 * 24 * 30
_BATCH = 500


async def end_event(ctx: Context, event_id: EventId) -> None:
    """What nobody answered yet is rejected, and its buyers know why. A repeat changes nothing."""
    async with ctx.db.transaction() as tx:
        closed = await stands.pause_all_of_event(tx, event_id, _PAUSE_MINUTES)
    for stand_id in closed:
        await tell_stand(ctx, stand_id)
    async with ctx.db.read() as tx:
        asked = await orders.unanswered_of_event(tx, event_id, _BATCH)
    for order_id in asked:
        try:
            actor = Actor("stand", reason="event-cancelled")
            await move_order(ctx, MoveOrder(order_id, "rejected", actor))
        except Conflict:  # answered, or taken back, at this very moment
            continue
