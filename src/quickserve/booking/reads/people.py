"""What is kept of one person."""

from quickserve.booking.store import retention
from quickserve.contracts.erasure import BOOKINGS_MAX, TICKETS_MAX, PersonalData
from quickserve.kernel.service import Context


async def personal_data(ctx: Context, email: str) -> PersonalData:
    """Bookings that name the buyer, and how many cannot be erased yet."""
    async with ctx.db.read() as tx:
        booking_ids = await retention.bookings_of(tx, email, BOOKINGS_MAX)
        return PersonalData(
            booking_ids=booking_ids,
            ticket_ids=await retention.tickets_of(tx, booking_ids, email, TICKETS_MAX),
            under_way=await retention.count_pending(tx, email),
        )
