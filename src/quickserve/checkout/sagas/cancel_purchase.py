"""The money back against the tickets: both or neither.

The refund comes first, because only the provider can refuse; from then on there is only forward.
"""

from dataclasses import dataclass
from typing import Any

from quickserve.checkout import store
from quickserve.checkout.sagas import refunds
from quickserve.checkout.store import events
from quickserve.contracts.booking import BookingId
from quickserve.contracts.booking_records import BookingRecordsClient
from quickserve.contracts.checkout import CancellationId
from quickserve.kernel.money import Money
from quickserve.kernel.saga import Saga, State, step
from quickserve.kernel.service import Context


@dataclass(frozen=True)
class RefundAndCancel:
    cancellation_id: CancellationId
    booking_id: BookingId


async def begin(ctx: Context, order: RefundAndCancel, _state: State) -> dict[str, Any]:
    async with ctx.db.read() as tx:
        checkout = await store.find_checkout_of_booking(tx, order.booking_id)
        left = await store.value_left(tx, order.booking_id) if checkout else 0
    if checkout is None or not checkout.total.minor:  # sold by staff, or free
        return {"refunds": [], "amount": "0"}
    amount = Money(left, checkout.total.currency)
    planned = await refunds.plan(ctx, order.booking_id, amount, order.cancellation_id, "cancelled")
    return {"refunds": planned, "amount": str(amount)}


async def close(ctx: Context, order: RefundAndCancel, state: State) -> None:
    await refunds.close(ctx, state.get("begin", {}).get("refunds", [])[:1])
    async with ctx.db.transaction() as tx:
        await events.end_refund(tx, order.cancellation_id, "refused")


async def refund(ctx: Context, _order: RefundAndCancel, state: State) -> dict[str, Any]:
    """Of several payments only the first can still refuse."""
    await refunds.give(ctx, state["begin"]["refunds"][:1])
    return {"refunded": state["begin"]["amount"]}


async def cancel(ctx: Context, order: RefundAndCancel, state: State) -> dict[str, Any]:
    await refunds.give(ctx, state["begin"]["refunds"][1:])
    record = await BookingRecordsClient(ctx.client("booking")).cancel(order.booking_id)
    async with ctx.db.transaction() as tx:
        await events.end_refund(tx, order.cancellation_id, "done")
    return {"tickets": len(record.tickets)}


cancel_purchase = Saga(
    "cancel_purchase",
    RefundAndCancel,
    steps=(
        step("begin", do=begin, undo=close),
        step("refund", do=refund, pivot=True),
        step("cancel", do=cancel),
    ),
)
