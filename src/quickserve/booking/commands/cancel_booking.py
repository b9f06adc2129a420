"""A confirmed booking is called off: its tickets open no door, its places go back on sale."""

from quickserve.booking.commands import set_aside
from quickserve.booking.model import Booking
from quickserve.booking.resources import tell_changed
from quickserve.booking.store import bookings, changes, desk, seats
from quickserve.contracts.booking import BookingId
from quickserve.contracts.booking_changes import ResaleEnded
from quickserve.contracts.booking_records import (
    BookingCancelled,
    BookingNotConfirmed,
    BookingPaid,
)
from quickserve.kernel import outbox
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context


async def cancel_booking(ctx: Context, booking_id: BookingId) -> Booking:
    """Also when somebody came in already. Repeating changes nothing.

    `checkout` cancels what it has refunded, an organiser what cost nothing. Errors: NotFound,
    Forbidden, BookingPaid, BookingNotConfirmed.
    """
    refunded = (ctx.principal.kind, ctx.principal.name) == ("service", "checkout")
    async with ctx.db.transaction() as tx:
        state = await bookings.lock_booking(tx, booking_id)
        booking = await bookings.find_booking(tx, booking_id)
        if booking is None:
            raise NotFound("There is no such booking.")
        if not refunded:
            ctx.principal.require(booking.date.organiser_id, Role.ORGANISER)
            if booking.total.minor and await desk.find_kind(tx, booking_id) is None:
                raise BookingPaid
        if state not in ("confirmed", "cancelled"):
            raise BookingNotConfirmed
        if state == "confirmed":
            date_id = booking.date.date_id
            await bookings.cancel_booking(tx, booking_id)
            resales = await changes.drop_open_resales(tx, booking_id)
            await outbox.append(
                tx,
                BookingCancelled(booking_id, date_id),
                *(ResaleEnded(resale_id, booking_id) for resale_id in resales),
            )
            await seats.free_all(tx, [booking.date.date_id], [booking_id])
            await set_aside.give_back(tx, booking.quota_ids, booking.quota_places, held=0, sold=-1)
            tx.after_commit.append(lambda: tell_changed(ctx, date_id))
        after = await bookings.find_booking(tx, booking_id)
    assert after is not None
    return after
