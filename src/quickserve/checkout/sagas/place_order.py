"""An order against money: the kitchen's time, the stand's yes and the charge, or none of them.

The order takes its place in the kitchen, the money is set aside, and only then the stand is asked:
whatever it accepts is paid for. Its answer comes by hand within minutes, or by itself at once; then
the money is taken (the pivot). Who takes the order back before the answer has it undone.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from quickserve.checkout.model import OrderCheckout
from quickserve.checkout.sagas.charging import decided_or_wait
from quickserve.checkout.store import orders
from quickserve.contracts.checkout import PaymentTimeout
from quickserve.contracts.order_checkout import (
    OrderCheckoutId,
    OrderRefused,
    OrderTakenBack,
    StandDidNotAnswer,
)
from quickserve.contracts.ordering import ANSWER_SECONDS, NewOrder, OrderId, OrderView
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.contracts.ordering_problems import OrderWithdrawn
from quickserve.contracts.payment import IntentId, NewIntent, PaymentClient
from quickserve.kernel.errors import Conflict
from quickserve.kernel.saga import Saga, State, Wait, step
from quickserve.kernel.service import Context

_CLOCK_SECONDS = 60  # ordering's clock rejects what is not answered; it may be a little late


@dataclass(frozen=True)
class PlaceOrder:
    checkout_id: OrderCheckoutId
    order_id: OrderId
    intent_id: IntentId


def order_answered(order_id: OrderId) -> str:
    """The signal that the stand, its clock or the buyer has decided."""
    return f"order:{order_id}"


async def _checkout(ctx: Context, placing: PlaceOrder) -> OrderCheckout:
    async with ctx.db.read() as tx:
        found = await orders.find(tx, placing.checkout_id)
    assert found is not None, "spawned in the transaction that inserted it"
    return found


def _ordering(ctx: Context) -> OrderingClient:
    return OrderingClient(ctx.client("ordering"))


def _payment(ctx: Context) -> PaymentClient:
    return PaymentClient(ctx.client("payment"))


async def reserve(ctx: Context, placing: PlaceOrder, _state: State) -> dict[str, Any]:
    checkout = await _checkout(ctx, placing)
    if checkout.contact is None:
        raise Conflict("This order has ended.")
    new = NewOrder(
        basket_id=checkout.basket_id, basket_version=checkout.basket_version,
        total=checkout.total, contact=checkout.contact, payment="card",
    )  # fmt: skip
    order = await _ordering(ctx).reserve(placing.order_id, new)
    if order.state == "withdrawn":
        raise OrderWithdrawn
    async with ctx.db.transaction() as tx:
        await orders.set_key(tx, checkout.id, order.key)
    return {"order": order.number}


async def withdraw(ctx: Context, placing: PlaceOrder, _state: State) -> None:
    await _ordering(ctx).withdraw(placing.order_id)
    async with ctx.db.transaction() as tx:
        await orders.end(tx, placing.checkout_id, "failed")


async def authorize(ctx: Context, placing: PlaceOrder, _state: State) -> dict[str, Any] | Wait:
    checkout = await _checkout(ctx, placing)
    if checkout.method is None:
        raise Conflict("This order has ended.")
    intent = await _payment(ctx).put_intent(
        placing.intent_id,
        NewIntent(
            organiser_id=checkout.organiser_id, amount=checkout.total, method=checkout.method,
            reference=placing.order_id, return_path=f"/order-checkouts/{checkout.id}",
        ),
    )  # fmt: skip
    return decided_or_wait(intent)


async def void(ctx: Context, placing: PlaceOrder, _state: State) -> None:
    await _payment(ctx).void(placing.intent_id)


async def accept(ctx: Context, placing: PlaceOrder, _state: State) -> dict[str, Any] | Wait:
    order = await _ordering(ctx).offer(placing.order_id)
    match order.state:
        case "submitted" | "pending":
            until = order.answer_by or order.server_now + timedelta(seconds=ANSWER_SECONDS)
            return Wait(order_answered(placing.order_id), {"answer_by": until.isoformat()})
        case "rejected" | "cancelled":
            raise OrderRefused(reason=answer_reason(order))
        case "withdrawn":
            raise OrderTakenBack
        case _:
            return {"accepted": True}


def answer_reason(order: OrderView) -> str:
    """The stand's own word."""
    told = [step.reason for step in order.steps if step.state == order.state and step.reason]
    return told[-1] if told else "other"


async def capture(ctx: Context, placing: PlaceOrder, _state: State) -> dict[str, Any]:
    intent = await _payment(ctx).capture(placing.intent_id)
    return {"captured": intent.state}


async def confirm(ctx: Context, placing: PlaceOrder, _state: State) -> dict[str, Any]:
    order = await _ordering(ctx).confirm(placing.order_id)
    async with ctx.db.transaction() as tx:
        await orders.end(tx, placing.checkout_id, "confirmed")
    return {"order": order.number}


place_order = Saga(
    "place_order",
    PlaceOrder,
    steps=(
        step("reserve", do=reserve, undo=withdraw),
        step(
            "authorize",
            do=authorize,
            undo=void,
            wait_seconds=lambda settings: settings.payment_wait_seconds,
            late=PaymentTimeout,
        ),
        step(
            "accept",
            do=accept,
            wait_seconds=lambda _settings: ANSWER_SECONDS + _CLOCK_SECONDS,
            late=StandDidNotAnswer,
        ),
        step("capture", do=capture, pivot=True),
        step("confirm", do=confirm),
    ),
)
