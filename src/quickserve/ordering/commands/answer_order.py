"""What a saga asks of an order: to be offered to its stand, to be paid, to be taken back."""

from quickserve.contracts.ordering import ANSWER_SECONDS, ENDED, OrderId
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context
from quickserve.ordering.commands.move_order import MoveOrder, move_order
from quickserve.ordering.model import Actor, Order
from quickserve.ordering.resources import resources
from quickserve.ordering.store import orders

_BY_SAGA = Actor("saga")


async def offer_order(ctx: Context, order_id: OrderId) -> Order:
    """Asks the stand; one that takes all orders itself has accepted when this returns.

    A repeat answers with the order as it is. Errors: NotFound, IllegalTransition.
    """
    order = await _the_order(ctx, order_id)
    if order.state != "pending":
        return order
    stand = await resources(ctx).shelf.stand(order.stand_id)
    assert stand is not None, "an order has a stand"
    if stand.draft.accepts == "itself":
        return await move_order(ctx, MoveOrder(order_id, "accepted", _BY_SAGA))
    async with ctx.db.transaction() as tx:
        await orders.set_answer_by(tx, order_id, ANSWER_SECONDS)
    return await move_order(ctx, MoveOrder(order_id, "submitted", _BY_SAGA))


async def confirm_order(ctx: Context, order_id: OrderId) -> Order:
    """The money is there. A repeat changes nothing."""
    await _the_order(ctx, order_id)
    async with ctx.db.transaction() as tx:
        await orders.set_paid(tx, order_id)
    return await _the_order(ctx, order_id)


async def withdraw_order(ctx: Context, order_id: OrderId) -> None:
    """Gives back all it took; also when it never came to be, or was rejected already.

    What was handed over stays so, unpaid.
    """
    order = await _order_or_tombstone(ctx, order_id)
    if order is not None and order.state not in ENDED:
        await move_order(ctx, MoveOrder(order_id, "withdrawn", _BY_SAGA))


async def _order_or_tombstone(ctx: Context, order_id: OrderId) -> Order | None:
    """A saga that gave up waiting may withdraw what is being placed at this very moment."""
    async with ctx.db.read() as tx:
        if order := await orders.find(tx, order_id):
            return order
    async with ctx.db.transaction() as tx:
        await orders.hold_off_orders(tx)
        order = await orders.find(tx, order_id)
        if order is None:
            await orders.put_tombstone(tx, order_id)
    return order


async def _the_order(ctx: Context, order_id: OrderId) -> Order:
    async with ctx.db.read() as tx:
        order = await orders.find(tx, order_id)
    if order is None:
        raise NotFound("There is no such order.")
    return order
