"""What `tracking` tells: the order left with its runner, and reached who ordered it."""

from quickserve.contracts.ordering import OrderId, OrderState
from quickserve.contracts.tracking import OrderHandedOver, OrderPickedUp
from quickserve.kernel.db import Transaction
from quickserve.kernel.service import Context
from quickserve.ordering.commands.move_order import MoveOrder, apply_move
from quickserve.ordering.model import TRANSITIONS, Actor
from quickserve.ordering.resources import tell_moved
from quickserve.ordering.store import orders, stands

_BY_RUNNER = Actor("runner")


async def leave_with_runner(tx: Transaction, event: OrderPickedUp) -> None:
    await _move(tx, event.order_id, "on-the-way")


async def hand_over(tx: Transaction, event: OrderHandedOver) -> None:
    """It may be heard of before the pickup: then it was picked up as well."""
    await _move(tx, event.order_id, "on-the-way")
    await _move(tx, event.order_id, "delivered")


async def _move(tx: Transaction, order_id: OrderId, to: OrderState) -> None:
    """What cannot go there has ended, or is further already: the news is late."""
    order = await orders.lock(tx, order_id)
    if order is None or "runner" not in TRANSITIONS.get((order.state, to), ()):
        return
    row = await stands.find_stand(tx, order.stand_id)
    assert row is not None, "an order has a stand"
    await apply_move(tx, row.stand(None), MoveOrder(order_id, to, _BY_RUNNER))


async def tell_followed(ctx: Context, event: OrderPickedUp | OrderHandedOver) -> None:
    """Board and order page look again."""
    async with ctx.db.read() as tx:
        home = await orders.home_of(tx, event.order_id)
    if home is not None:
        await tell_moved(ctx, home.stand_id, event.order_id)
