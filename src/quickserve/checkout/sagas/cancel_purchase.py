"""The money back against the tickets: both or neither.

The refund comes first, because only the provider can refuse; from then on there is only forward.
"""

from dataclasses import dataclass
from typing import Any

from quickserve.checkout import store
from quickserve.checkout.sagas import refunds
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
        left = await store.value_left(tx, order.booking_id)
    assert checkout is not None, "checkouts are not deleted"
    amount = Money(left, checkout.total.currency)
    planned = await refunds.plan(ctx, order.booking_id, amount, order.cancellation_id, "cancelled")
    return {"refunds": planned, "amount": str(amount)}


async def close(ctx: Context, _order: RefundAndCancel, state: State) -> None:
    await refunds.close(ctx, state.get("begin", {}).get("refunds", [])[:1])


async def refund(ctx: Context, _order: RefundAndCancel, state: State) -> dict[str, Any]:
    """Of several payments only the first can still refuse."""
    await refunds.give(ctx, state["begin"]["refunds"][:1])
    return {"refunded": state["begin"]["amount"]}


async def cancel(ctx: Context, order: RefundAndCancel, state: State) -> dict[str, Any]:
    await refunds.give(ctx, state["begin"]["refunds"][1:])
    record = await BookingRecordsClient(ctx.client("booking")).cancel(order.booking_id)
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
