"""An order against money: the kitchen's time, the stand's yes and the charge, or none of them.

The order takes its place in the kitchen, the money is set aside, and only then the stand is asked:
whatever it accepts is paid for. Its answer comes by hand within minutes, or by itself at once; then
the money is taken (the pivot). Who takes the order back before the answer has it undone.
"""

from dataclasses import dataclass
from typing import Any

from quickserve.checkout.model import OrderCheckout
from quickserve.checkout.sagas.asking import accept, accept_step, ordering, reserve_order
from quickserve.checkout.sagas.charging import (
    authorize_step,
    capture,
    decided_or_wait,
    payment,
    void,
)
from quickserve.checkout.store import orders
from quickserve.contracts.order_checkout import OrderCheckoutId
from quickserve.contracts.ordering import NewOrder, OrderId
from quickserve.contracts.payment import IntentId, NewIntent
from quickserve.kernel.errors import Conflict
from quickserve.kernel.saga import Saga, State, Wait, step
from quickserve.kernel.service import Context


@dataclass(frozen=True)
class PlaceOrder:
    checkout_id: OrderCheckoutId
    order_id: OrderId
    intent_id: IntentId


async def _checkout(ctx: Context, placing: PlaceOrder) -> OrderCheckout:
    async with ctx.db.read() as tx:
        found = await orders.find(tx, placing.checkout_id)
    assert found is not None, "spawned in the transaction that inserted it"
    return found


async def reserve(ctx: Context, placing: PlaceOrder, _state: State) -> dict[str, Any]:
    checkout = await _checkout(ctx, placing)
    if checkout.contact is None:
        raise Conflict("This order has ended.")
    new = NewOrder(
        basket_id=checkout.basket_id, basket_version=checkout.basket_version,
        total=checkout.total, contact=checkout.contact, payment="card",
    )  # fmt: skip
    order = await reserve_order(ctx, placing.order_id, new)
    async with ctx.db.transaction() as tx:
        await orders.set_key(tx, checkout.id, order.key)
    return {"order": order.number}


async def withdraw(ctx: Context, placing: PlaceOrder, _state: State) -> None:
    await ordering(ctx).withdraw(placing.order_id)
    async with ctx.db.transaction() as tx:
        await orders.end(tx, placing.checkout_id, "failed")


async def authorize(ctx: Context, placing: PlaceOrder, _state: State) -> dict[str, Any] | Wait:
    checkout = await _checkout(ctx, placing)
    if checkout.method is None:
        raise Conflict("This order has ended.")
    intent = await payment(ctx).put_intent(
        placing.intent_id,
        NewIntent(
            organiser_id=checkout.organiser_id, amount=checkout.total, method=checkout.method,
            reference=placing.order_id, return_path=f"/order-checkouts/{checkout.id}",
        ),
    )  # fmt: skip
    return decided_or_wait(intent)


async def confirm(ctx: Context, placing: PlaceOrder, _state: State) -> dict[str, Any]:
    order = await ordering(ctx).confirm(placing.order_id)
    async with ctx.db.transaction() as tx:
        await orders.end(tx, placing.checkout_id, "confirmed")
    return {"order": order.number}


place_order = Saga(
    "place_order",
    PlaceOrder,
    steps=(
        step("reserve", do=reserve, undo=withdraw),
        authorize_step(authorize, void),
        accept_step(accept),
        step("capture", do=capture, pivot=True),
        step("confirm", do=confirm),
    ),
)
