"""The money is certain: places are sold, tickets issued."""

from collections.abc import Sequence

from quickserve.booking import signing
from quickserve.booking.model import Booking, Buyer, Outrun, Ticket
from quickserve.booking.resources import resources, tell_changed
from quickserve.booking.store import bookings, seats, stock
from quickserve.contracts.booking import (
    BookingConfirmed,
    BookingId,
    BookingNotPending,
    HeldItem,
    TicketId,
)  # fmt: skip
from quickserve.kernel import outbox
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.service import Context


async def confirm_booking(ctx: Context, booking_id: BookingId) -> Booking:
    """Never fails for lack of places: the pending booking has them. Repeating changes nothing.

    Errors: BookingNotPending when it was withdrawn, NotFound.
    """
    while True:
        try:
            return await _confirm(ctx, booking_id)
        except Outrun:  # the next draw is free, but for one case in millions
            continue


async def _confirm(ctx: Context, booking_id: BookingId) -> Booking:
    async with ctx.db.read() as tx:
        seen = await bookings.find_booking(tx, booking_id)
    key = await resources(ctx).keys.active(seen.date.organiser_id) if seen else None
    async with ctx.db.transaction() as tx:
        state = await bookings.lock_booking(tx, booking_id)
        if state is None:
            raise NotFound("There is no such booking.")
        if state == "withdrawn":
            raise BookingNotPending("It was withdrawn.")
        if state == "pending":
            assert seen is not None
            assert key is not None
            tickets = new_tickets(seen.items, seen.buyer, key.id)
            await bookings.confirm_booking(tx, booking_id)
            await bookings.insert_tickets(tx, booking_id, seen.date, seen.total.currency, tickets)
            await outbox.append(tx, confirmation(seen))
            if any(item.seats for item in seen.items):
                await seats.pass_on(tx, seen.date.date_id, [(booking_id, booking_id)], "sold")
            await stock.move_places(tx, seen.quota_ids, seen.quota_places, held=-1, sold=1)
        booking = await bookings.find_booking(tx, booking_id)
    assert booking is not None
    if state == "pending":
        tell_changed(ctx, booking.date.date_id)
    return booking


def new_tickets(items: Sequence[HeldItem], buyer: Buyer, key_id: str) -> list[Ticket]:
    return [
        Ticket(
            id=TicketId(new_uuid()), ticket_type_id=item.ticket_type_id, ticket_type=item.name,
            price_minor=item.unit_price.minor, code=signing.new_code(), state="valid",
            holder_name=buyer.name, key_id=key_id, seat_id=seat and seat.id,
            seat=seat and seat.label,
        )
        for item in items
        for seat in item.seats or [None] * item.quantity
    ]  # fmt: skip


def confirmation(booking: Booking) -> BookingConfirmed:
    date = booking.date
    return BookingConfirmed(
        booking.id, date.event_id, date.date_id, date.organiser_id, booking.places, booking.total
    )
