"""Bookings of an event that is called off."""

from quickserve.contracts.booking import BookingId
from quickserve.contracts.catalog import EventId
from quickserve.contracts.event_cancelling import BookingToCancel
from quickserve.kernel.db import Transaction
from quickserve.kernel.money import Money


def _booking(booking_id: BookingId, minor: int | None, currency: str) -> BookingToCancel:
    return BookingToCancel(id=booking_id, by_hand=Money(minor, currency) if minor else None)


async def confirmed_bookings(
    tx: Transaction, event_id: EventId, after: BookingId | None, limit: int
) -> list[BookingToCancel]:
    return await tx.all(
        _booking,
        "SELECT b.id AS booking_id, s.total_minor AS minor, b.currency FROM bookings b"
        " LEFT JOIN desk_sales s ON s.booking_id = b.id"
        " WHERE b.event_id = %(event)s AND b.state = 'confirmed'"
        " AND (%(after)s::uuid IS NULL OR b.id > %(after)s::uuid) ORDER BY b.id LIMIT %(limit)s",
        {"event": event_id, "after": after, "limit": limit},
    )
