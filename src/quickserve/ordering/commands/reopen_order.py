"""The buyer takes an order back before the stand accepts it: the basket is as it was."""

import hmac

from quickserve.contracts.ordering import OrderId
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context
from quickserve.ordering import model
from quickserve.ordering.commands.move_order import MoveOrder, move_order
from quickserve.ordering.model import Actor, Order


async def reopen_order(ctx: Context, order_id: OrderId, key: str) -> Order:
    """The money that was set aside is let go. Errors: NotFound, IllegalTransition."""
    secret = ctx.settings.key_for("order-links")
    if not hmac.compare_digest(model.order_key(order_id, secret).encode(), key.encode()):
        raise NotFound("There is no such order.")
    return await move_order(ctx, MoveOrder(order_id, "withdrawn", Actor("buyer")))
