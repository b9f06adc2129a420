"""Which bookings of an event are still confirmed, page by page."""

from quickserve.booking.store import cancelled_events
from quickserve.contracts.booking import BookingId
from quickserve.contracts.catalog import EventId
from quickserve.contracts.event_cancelling import BookingsToCancel
from quickserve.kernel.service import Context

_PAGE = 500


async def bookings_to_cancel(
    ctx: Context, event_id: EventId, after: BookingId | None
) -> BookingsToCancel:
    async with ctx.db.read() as tx:
        found = await cancelled_events.confirmed_bookings(tx, event_id, after, _PAGE)
    return BookingsToCancel(bookings=found, next=found[-1].id if len(found) == _PAGE else None)
