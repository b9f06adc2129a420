"""The money back against the tickets: both or neither.

The refund comes first, because only the provider can refuse; from then on there is only forward.
"""

from dataclasses import dataclass
from typing import Any

from quickserve.checkout import store
from quickserve.checkout.model import Checkout
from quickserve.contracts.booking import BookingId
from quickserve.contracts.booking_records import BookingRecordsClient
from quickserve.contracts.checkout import CancellationId
from quickserve.contracts.payment import NewRefund, PaymentClient, RefundId
from quickserve.kernel.saga import Saga, State, step
from quickserve.kernel.service import Context


@dataclass(frozen=True)
class RefundAndCancel:
    cancellation_id: CancellationId
    booking_id: BookingId


async def begin(_ctx: Context, _order: RefundAndCancel, _state: State) -> dict[str, Any]:
    return {}


async def close(ctx: Context, order: RefundAndCancel, _state: State) -> None:
    """So that nobody who comes late gives back what was decided not to be given back."""
    checkout, wanted = await _refund_of(ctx, order)
    payment = PaymentClient(ctx.client("payment"))
    await payment.close_refund(checkout.intent_id, RefundId(order.cancellation_id), wanted)


async def refund(ctx: Context, order: RefundAndCancel, _state: State) -> dict[str, Any]:
    checkout, wanted = await _refund_of(ctx, order)
    payment = PaymentClient(ctx.client("payment"))
    refund_id = RefundId(order.cancellation_id)
    intent = await payment.refund(checkout.intent_id, refund_id, wanted)
    return {"refunded": str(intent.refunded)}


async def cancel(ctx: Context, order: RefundAndCancel, _state: State) -> dict[str, Any]:
    record = await BookingRecordsClient(ctx.client("booking")).cancel(order.booking_id)
    return {"tickets": len(record.tickets)}


async def _refund_of(ctx: Context, order: RefundAndCancel) -> tuple[Checkout, NewRefund]:
    async with ctx.db.read() as tx:
        checkout = await store.find_checkout_of_booking(tx, order.booking_id)
    assert checkout is not None, "checkouts are not deleted"
    return checkout, NewRefund(amount=checkout.total, reason="cancelled")


cancel_purchase = Saga(
    "cancel_purchase",
    RefundAndCancel,
    steps=(
        step("begin", do=begin, undo=close),
        step("refund", do=refund, pivot=True),
        step("cancel", do=cancel),
    ),
)
