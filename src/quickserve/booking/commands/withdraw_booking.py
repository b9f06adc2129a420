"""Undoes a pending booking: its places go back on sale."""

from quickserve.booking.commands import set_aside
from quickserve.booking.resources import tell_changed
from quickserve.booking.store import bookings, seats
from quickserve.contracts.booking import BookingId, BookingNotPending, BookingWithdrawn
from quickserve.kernel import outbox
from quickserve.kernel.service import Context


async def withdraw_booking(ctx: Context, booking_id: BookingId) -> None:
    """Of a booking that never came, leaves a tombstone, so that it is refused when it comes late.

    Repeating changes nothing. Errors: BookingNotPending when it is confirmed.
    """
    async with ctx.db.transaction() as tx:
        if await bookings.insert_tombstone(tx, booking_id):
            return
        state = await bookings.lock_booking(tx, booking_id)
        if state in ("confirmed", "cancelled"):
            raise BookingNotPending("It is confirmed: refund it instead.")
        if state == "pending":
            booking = await bookings.find_booking(tx, booking_id)
            assert booking is not None
            await bookings.withdraw_booking(tx, booking_id)
            await outbox.append(tx, BookingWithdrawn(booking_id, booking.date.date_id))
            await seats.free_all(tx, [booking.date.date_id], [booking_id])
            await set_aside.give_back(tx, booking.quota_ids, booking.quota_places, held=-1, sold=0)
            date_id = booking.date.date_id
            tx.after_commit.append(lambda: tell_changed(ctx, date_id))
