"""What is forgotten: people after the time that the columns' comments promise, rows without use.

One bounded batch a statement; the answer is how many rows it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from quickserve.contracts.booking import BookingId, TicketId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import PersonId


async def forget_buyers(tx: Transaction, limit: int) -> int:
    """Of dates that ended three years ago. The request's hash goes too: it was made of them."""
    return await tx.value(
        "WITH old AS (SELECT b.id FROM offered_dates d JOIN bookings b ON b.date_id = d.id"
        "  AND b.email IS NOT NULL AND b.state <> 'pending'"
        "  WHERE d.ends_at < statement_timestamp() - interval '3 years'"
        "  LIMIT %s FOR UPDATE OF b SKIP LOCKED),"
        " holders AS (UPDATE tickets t SET holder_name = '',"
        "  holder_email = left(holder_email, 0) FROM old WHERE t.booking_id = old.id),"
        " buyers AS (UPDATE bookings b SET email = NULL, name = NULL, language = NULL,"
        "  body_hash = '' FROM old WHERE b.id = old.id RETURNING b.id)"
        " SELECT count(*) FROM buyers",
        (limit,),
    )


async def forget_scanners(tx: Transaction, limit: int) -> int:
    """Who stood at the door, of dates that ended a year ago."""
    return await tx.execute(
        "UPDATE scans SET scanned_by = NULL WHERE id IN (SELECT s.id FROM offered_dates d"
        "  JOIN scans s ON s.date_id = d.id AND s.scanned_by IS NOT NULL"
        "  WHERE d.ends_at < statement_timestamp() - interval '1 year' LIMIT %s)",
        (limit,),
    )


@dataclass(frozen=True, slots=True)
class _Booking:
    id: BookingId


@dataclass(frozen=True, slots=True)
class _Erased:
    bookings: int
    tickets: int


async def bookings_of(tx: Transaction, email: str, limit: int) -> list[BookingId]:
    """Ended ones that still name this buyer. Rarely asked: no index is kept for it."""
    found = await tx.all(
        _Booking,
        "SELECT id FROM bookings WHERE lower(email) = lower(%s) AND state <> 'pending'"
        " ORDER BY id LIMIT %s",
        (email, limit),
    )
    return [booking.id for booking in found]


async def tickets_of(
    tx: Transaction, booking_ids: Sequence[BookingId], email: str, limit: int
) -> list[TicketId]:
    """Of these bookings, and those that were passed on to this address."""
    found: list[TicketId] = await tx.value(
        "SELECT coalesce(array_agg(id), '{}') FROM (SELECT id FROM tickets"
        " WHERE booking_id = ANY(%s) OR lower(holder_email) = lower(%s) LIMIT %s) found",
        (list(booking_ids), email, limit),
    )
    return found


async def count_pending(tx: Transaction, email: str) -> int:
    return await tx.value(
        "SELECT count(*) FROM bookings WHERE lower(email) = lower(%s) AND state = 'pending'",
        (email,),
    )


async def erase_buyer(
    tx: Transaction, booking_ids: Sequence[BookingId], email: str
) -> tuple[int, int]:
    """How many bookings and tickets named this buyer. As `forget_buyers`, for one person."""
    erased = await tx.one(
        _Erased,
        "WITH whose AS (SELECT id FROM bookings WHERE id = ANY(%s)"
        "  AND lower(email) = lower(%s) AND state <> 'pending' FOR UPDATE),"
        " holders AS (UPDATE tickets t SET holder_name = '',"
        "  holder_email = left(holder_email, 0) FROM whose"
        "  WHERE t.booking_id = whose.id RETURNING t.id),"
        " buyers AS (UPDATE bookings b SET email = NULL, name = NULL, language = NULL,"
        "  body_hash = '' FROM whose WHERE b.id = whose.id RETURNING b.id)"
        " SELECT (SELECT count(*) FROM buyers) AS bookings,"
        "  (SELECT count(*) FROM holders) AS tickets",
        (list(booking_ids), email),
    )
    return erased.bookings, erased.tickets


async def erase_holder(tx: Transaction, email: str) -> int:
    """Of tickets that were passed on to this person. Rarely asked: no index is kept for it."""
    return await tx.execute(
        "UPDATE tickets SET holder_name = '', holder_email = ''"
        " WHERE lower(holder_email) = lower(%s)",
        (email,),
    )


async def erase_scanner(tx: Transaction, person_id: PersonId) -> int:
    return await tx.execute(
        "UPDATE scans SET scanned_by = NULL WHERE scanned_by = %s", (person_id,)
    )


async def delete_holds(tx: Transaction, limit: int) -> int:
    """Ended a day ago and more; what a used one took is written in its booking."""
    return await tx.execute(
        "DELETE FROM holds WHERE id IN (SELECT id FROM holds WHERE state <> 'active'"
        "  AND expires_at < statement_timestamp() - interval '1 day'"
        "  ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED)",
        (limit,),
    )


async def delete_tombstones(tx: Transaction, limit: int) -> int:
    """Of withdrawals so long ago that no booking comes late any more."""
    return await tx.execute(
        "DELETE FROM bookings WHERE id IN (SELECT id FROM bookings WHERE date_id IS NULL"
        "  AND created_at < statement_timestamp() - interval '30 days'"
        "  ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED)",
        (limit,),
    )
