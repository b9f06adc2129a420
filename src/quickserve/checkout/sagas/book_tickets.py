"""Tickets against money: both or neither.

Places are taken out of the hold first, so that no clock gives them back while a bank thinks; the
money is set aside, then taken (the pivot); what is left, the confirmation, cannot be refused.
"""

from dataclasses import dataclass
from typing import Any

from quickserve.checkout import store
from quickserve.checkout.model import Checkout
from quickserve.checkout.sagas.charging import (
    authorize_step,
    capture,
    decided_or_wait,
    payment,
    void,
)
from quickserve.contracts.booking import BookingId, NewBooking
from quickserve.contracts.booking_client import BookingClient
from quickserve.contracts.checkout import CheckoutId
from quickserve.contracts.payment import IntentId, NewIntent
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
    intent = await payment(ctx).put_intent(
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
        authorize_step(authorize, void),
        step("capture", do=capture, pivot=True),
        step("confirm", do=confirm),
    ),
)
