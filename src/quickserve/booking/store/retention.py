"""What is forgotten: people after the time that the columns' comments promise, rows without use.

One bounded batch a statement; the answer is how many rows it was.
"""

from quickserve.kernel.db import Transaction


async def forget_buyers(tx: Transaction, limit: int) -> int:
    """Of dates that ended three years ago. The request's hash goes too: it was made of them."""
    return await tx.value(
        "WITH old AS (SELECT b.id FROM offered_dates d JOIN bookings b ON b.date_id = d.id"
        "  AND b.email IS NOT NULL AND b.state <> 'pending'"
        "  WHERE d.ends_at < statement_timestamp() - interval '3 years'"
        "  LIMIT %s FOR UPDATE OF b SKIP LOCKED),"
        " holders AS (UPDATE tickets t SET holder_name = '' FROM old WHERE t.booking_id = old.id),"
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
