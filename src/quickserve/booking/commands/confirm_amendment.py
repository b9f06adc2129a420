"""A change is certain: the tickets leave the booking, their places go back on sale."""

from quickserve.booking import changing
from quickserve.booking.commands import set_aside
from quickserve.booking.resources import tell_changed
from quickserve.booking.store import bookings, changes, seats
from quickserve.booking.store.changes import AmendmentRow
from quickserve.contracts.booking import BookingId
from quickserve.contracts.booking_changes import AmendmentId, BookingAmended, ChangeNotAllowed
from quickserve.contracts.booking_records import BookingCancelled
from quickserve.kernel import outbox
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import NotFound
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context


async def confirm_amendment(ctx: Context, amendment_id: AmendmentId) -> AmendmentRow:
    """Repeating changes nothing. The places of a resale were given back when it began.

    Errors: NotFound, ChangeNotAllowed when it was dropped, or when a resale is not sold.
    """
    async with ctx.db.transaction() as tx:
        seen = await changes.find_amendment(tx, amendment_id)
        if seen is None:
            raise NotFound("There is no such change.")
        if seen.booking_id is not None:
            await bookings.lock_booking(tx, seen.booking_id)
        row = await changes.lock_amendment(tx, amendment_id)
        assert row is not None
        if row.state != "done":
            if row.booking_id is None or row.state != ("sold" if row.kind == "resale" else "open"):
                raise ChangeNotAllowed("This change was given up.", reason="under-way")
            await _reduce(ctx, tx, row, row.booking_id)
        after = await changes.find_amendment(tx, amendment_id)
    assert after is not None
    return after


async def _reduce(ctx: Context, tx: Transaction, row: AmendmentRow, booking_id: BookingId) -> None:
    booking = await bookings.find_booking(tx, booking_id)
    assert booking is not None
    assert row.kind is not None
    if booking.state == "cancelled":  # in the meantime, as a whole: nothing is left to give back
        await changes.set_amendment_state(tx, row.id, "done")
        return
    tickets = await changes.lock_tickets(tx, row.ticket_ids)
    items = changing.without(booking.items, tickets)
    total = booking.total.minor - row.value_minor
    date_id = booking.date.date_id
    resale = row.kind == "resale"
    taken = ([], []) if resale else (row.quota_ids, row.quota_places)
    await changes.set_ticket_states(tx, row.ticket_ids, "cancelled")
    await changes.reduce_booking(tx, booking_id, items, total, taken)
    await changes.set_amendment_state(tx, row.id, "done")
    left = Money(total, booking.total.currency)
    await outbox.append(tx, BookingAmended(booking_id, date_id, row.kind, left))
    if not items:
        await outbox.append(tx, BookingCancelled(booking_id, date_id))
    taken_seats = [ticket.seat_id for ticket in tickets if ticket.seat_id]
    if taken_seats and not resale:
        await seats.free_some(tx, date_id, booking_id, taken_seats)
    if not resale:
        await set_aside.give_back(tx, row.quota_ids, row.quota_places, held=0, sold=-1)
    tx.after_commit.append(lambda: tell_changed(ctx, date_id))
