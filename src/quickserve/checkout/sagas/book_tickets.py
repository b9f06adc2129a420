"""Tickets against money: both or neither.

Places are taken out of the hold first, so that no clock gives them back while a bank thinks; the
money is set aside, then taken (the pivot); what is left, the confirmation, cannot be refused.
"""

from dataclasses import dataclass
from typing import Any

from quickserve.checkout import store
from quickserve.checkout.model import Checkout
from quickserve.checkout.sagas.charging import decided_or_wait
from quickserve.contracts.booking import BookingId, NewBooking
from quickserve.contracts.booking_client import BookingClient
from quickserve.contracts.checkout import CheckoutId, PaymentTimeout
from quickserve.contracts.payment import IntentId, NewIntent, PaymentClient
from quickserve.kernel.errors import Conflict
from quickserve.kernel.saga import Saga, State, Wait, step
from quickserve.kernel.service import Context


@dataclass(frozen=True)
class BookTickets:
    checkout_id: CheckoutId
    booking_id: BookingId
    intent_id: IntentId


async def _checkout(ctx: Context, order: BookTickets) -> Checkout:
    async with ctx.db.read() as tx:
        found = await store.find_checkout(tx, order.checkout_id)
    assert found is not None, "spawned in the transaction that inserted it"
    return found


def _booking(ctx: Context) -> BookingClient:
    return BookingClient(ctx.client("booking"))


def _payment(ctx: Context) -> PaymentClient:
    return PaymentClient(ctx.client("payment"))


async def reserve(ctx: Context, order: BookTickets, _state: State) -> dict[str, Any]:
    checkout = await _checkout(ctx, order)
    if checkout.contact is None:
        raise Conflict("This purchase has ended.")
    booking = NewBooking(hold_id=checkout.hold_id, contact=checkout.contact)
    view = await _booking(ctx).put_booking(order.booking_id, booking)
    return {"booking": view.number}


async def withdraw(ctx: Context, order: BookTickets, _state: State) -> None:
    await _booking(ctx).withdraw(order.booking_id)
    async with ctx.db.transaction() as tx:
        await store.end_checkout(tx, order.checkout_id, None)


async def authorize(ctx: Context, order: BookTickets, _state: State) -> dict[str, Any] | Wait:
    checkout = await _checkout(ctx, order)
    if checkout.method is None:
        raise Conflict("This purchase has ended.")
    intent = await _payment(ctx).put_intent(
        order.intent_id,
        NewIntent(
            organiser_id=checkout.organiser_id,
            amount=checkout.total,
            method=checkout.method,
            reference=order.booking_id,
            return_path=f"/purchases/{checkout.id}",
        ),
    )
    return decided_or_wait(intent)


async def void(ctx: Context, order: BookTickets, _state: State) -> None:
    await _payment(ctx).void(order.intent_id)


async def capture(ctx: Context, order: BookTickets, _state: State) -> dict[str, Any]:
    intent = await _payment(ctx).capture(order.intent_id)
    return {"captured": intent.state}


async def confirm(ctx: Context, order: BookTickets, _state: State) -> dict[str, Any]:
    booking = await _booking(ctx).confirm(order.booking_id)
    async with ctx.db.transaction() as tx:
        await store.end_checkout(tx, order.checkout_id, booking.key)
    return {"tickets": len(booking.tickets)}


book_tickets = Saga(
    "book_tickets",
    BookTickets,
    steps=(
        step("reserve", do=reserve, undo=withdraw),
        step(
            "authorize",
            do=authorize,
            undo=void,
            wait_seconds=lambda settings: settings.payment_wait_seconds,
            late=PaymentTimeout,
        ),
        step("capture", do=capture, pivot=True),
        step("confirm", do=confirm),
    ),
)
