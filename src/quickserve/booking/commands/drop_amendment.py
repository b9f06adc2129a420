"""Nothing comes of a change: the tickets are as they were."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from quickserve.booking import signing
from quickserve.booking.model import Booking
from quickserve.booking.resources import tell_changed
from quickserve.booking.store import bookings, changes, seats, stock
from quickserve.booking.store.changes import AmendmentRow
from quickserve.contracts.booking import BookingId, SoldOut
from quickserve.contracts.booking_changes import (
    AmendmentId,
    ChangeNotAllowed,
    PlaceTaken,
    ResaleEnded,
)
from quickserve.contracts.catalog import DateId
from quickserve.kernel import outbox
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context


async def drop_amendment(ctx: Context, amendment_id: AmendmentId) -> None:
    """Of an amendment that never came, leaves a tombstone: it is refused when it comes late.

    Repeating changes nothing. Errors: ChangeNotAllowed once it is done or sold, PlaceTaken.
    """
    async with _taking_back(ctx) as tx:
        if not await changes.insert_tombstone(tx, amendment_id):
            await _drop(ctx, tx, amendment_id)


async def end_resale(ctx: Context, resale_id: AmendmentId, key: str) -> AmendmentRow:
    """The seller wants the ticket back; whoever has the booking's key may.

    Errors: NotFound, ChangeNotAllowed once it is sold, PlaceTaken while somebody has its place.
    """
    async with _taking_back(ctx) as tx:
        found = await changes.find_amendment(tx, resale_id)
        if found is None or found.booking_id is None or found.kind != "resale":
            raise NotFound("There is no such resale.")
        link = signing.booking_link(found.booking_id, ctx.settings.key_for("booking-links"))
        if not link.opens(key):
            raise NotFound("There is no such resale.")
        await _drop(ctx, tx, resale_id)
        after = await changes.find_amendment(tx, resale_id)
    assert after is not None
    return after


async def end_due_resales(ctx: Context) -> None:
    """Of those without a buyer so shortly before the start, the tickets are valid again."""
    async with ctx.db.read() as tx:
        due = await changes.ending_resales(tx, _BATCH)
    for resale_id in due:
        try:
            async with _taking_back(ctx) as tx:
                await _drop(ctx, tx, resale_id)
        except (PlaceTaken, ChangeNotAllowed):
            continue  # somebody is buying it: it is sold, or the next round ends it


_BATCH = 200


@asynccontextmanager
async def _taking_back(ctx: Context) -> AsyncGenerator[Transaction]:
    """A transaction in which a full house means that somebody else has the place."""
    try:
        async with ctx.db.transaction() as tx:
            yield tx
    except SoldOut as taken:
        raise PlaceTaken from taken


async def _drop(ctx: Context, tx: Transaction, amendment_id: AmendmentId) -> None:
    seen = await changes.find_amendment(tx, amendment_id)
    assert seen is not None
    if seen.booking_id is not None:
        await bookings.lock_booking(tx, seen.booking_id)
    row = await changes.lock_amendment(tx, amendment_id)
    assert row is not None
    if row.state == "dropped":
        return
    if row.state != "open":
        raise ChangeNotAllowed("This change is made already.", reason="under-way")
    await changes.set_amendment_state(tx, amendment_id, "dropped")
    assert row.booking_id is not None
    booking = await bookings.find_booking(tx, row.booking_id)
    assert booking is not None
    if booking.state == "cancelled":  # in the meantime, as a whole: its tickets stay worthless
        return
    await changes.set_ticket_states(tx, row.ticket_ids, "valid")
    if row.kind == "resale":
        await _take_back(ctx, tx, row, booking)


async def _take_back(ctx: Context, tx: Transaction, row: AmendmentRow, booking: Booking) -> None:
    assert row.booking_id is not None
    assert row.date_id is not None
    given = [-places for places in row.quota_places]
    await changes.reduce_booking(
        tx, row.booking_id, booking.items, booking.total.minor, (row.quota_ids, given)
    )
    await outbox.append(tx, ResaleEnded(row.id, row.booking_id))
    date_id = row.date_id
    tx.after_commit.append(lambda: tell_changed(ctx, date_id))
    await _take_seats_back(tx, row, row.booking_id, date_id)
    await stock.move_places(tx, row.quota_ids, row.quota_places, held=0, sold=1)


async def _take_seats_back(
    tx: Transaction, row: AmendmentRow, booking_id: BookingId, date_id: DateId
) -> None:
    tickets = await changes.lock_tickets(tx, row.ticket_ids)
    wanted = [(ticket.seat_id, booking_id) for ticket in tickets if ticket.seat_id]
    if not wanted:
        return
    seated = await seats.lock_date(tx, date_id)
    assert seated is not None, "a ticket has a seat of it"
    if await seats.take_seats(tx, date_id, seated.version + 1, wanted, "sold") != len(wanted):
        raise PlaceTaken
