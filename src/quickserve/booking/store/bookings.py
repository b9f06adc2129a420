"""Bookings and their tickets."""

import json
from collections.abc import Sequence
from typing import Any

from quickserve.booking import model
from quickserve.booking.model import Basket, Booking, Buyer, Sale, Ticket
from quickserve.booking.store.date_facts import SELECT_DATE_FACTS
from quickserve.contracts.booking import BookingId, DateFacts, HoldId, TicketId
from quickserve.kernel.db import Transaction
from quickserve.kernel.money import Money


async def insert_booking(
    tx: Transaction, booking_id: BookingId, date: DateFacts, basket: Basket, buyer: Buyer,
    body_hash: bytes, hold_id: HoldId,
) -> None:  # fmt: skip
    """A pending one."""
    await tx.execute(
        "INSERT INTO bookings (id, state, hold_id, date_id, event_id, organiser_id, email, name,"
        " language, items, total_minor, currency, places, quota_ids, quota_places, body_hash)"
        " VALUES (%s, 'pending', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            booking_id, hold_id, date.date_id, date.event_id, date.organiser_id, buyer.email,
            buyer.name, buyer.language, model.dump_items(basket.items), basket.total.minor,
            basket.total.currency, basket.places, basket.quota_ids, basket.quota_places,
            body_hash,
        ),
    )  # fmt: skip


def _booking(
    email: str, name: str, language: str, items: Any, total_minor: int, currency: str,
    **columns: Any,
) -> Booking:  # fmt: skip
    own = {
        key: columns.pop(key)
        for key in ("id", "state", "quota_ids", "quota_places", "body_hash", "created_at")
    }
    return Booking(
        **own,
        buyer=Buyer(email, name, language),
        date=DateFacts(**columns),
        items=model.load_items(items),
        total=Money(total_minor, currency),
    )


async def find_booking(tx: Transaction, booking_id: BookingId) -> Booking | None:
    """None for a tombstone too. A buyer who was forgotten is blank."""
    return await tx.maybe(
        _booking,
        SELECT_DATE_FACTS + ", b.id, b.state, coalesce(b.email, '') AS email,"
        " coalesce(b.name, '') AS name, coalesce(b.language, '') AS language, b.items,"
        " b.total_minor, b.currency, b.quota_ids, b.quota_places, b.body_hash, b.created_at"
        " FROM bookings b JOIN offered_dates d ON d.id = b.date_id"
        " JOIN offered_events e ON e.id = d.event_id WHERE b.id = %s",
        (booking_id,),
    )


async def find_body_hash(tx: Transaction, booking_id: BookingId) -> bytes | None:
    """Empty for a tombstone, None when there is no such booking."""
    return await tx.value(
        "SELECT coalesce(body_hash, '') FROM bookings WHERE id = %s", (booking_id,)
    )


async def used_ids(tx: Transaction, booking_ids: Sequence[BookingId]) -> set[BookingId]:
    """Tombstones count."""
    found: list[BookingId] = await tx.value(
        "SELECT coalesce(array_agg(id), '{}') FROM bookings WHERE id = ANY(%s)",
        (list(booking_ids),),
    )
    return set(found)


async def lock_booking(tx: Transaction, booking_id: BookingId) -> str | None:
    """Its state; a withdrawn one may be a tombstone."""
    return await tx.value("SELECT state FROM bookings WHERE id = %s FOR UPDATE", (booking_id,))


async def confirm_booking(tx: Transaction, booking_id: BookingId) -> None:
    await tx.execute(
        "UPDATE bookings SET state = 'confirmed', confirmed_at = clock_timestamp() WHERE id = %s",
        (booking_id,),
    )


async def withdraw_booking(tx: Transaction, booking_id: BookingId) -> None:
    await tx.execute(
        "UPDATE bookings SET state = 'withdrawn', ended_at = clock_timestamp() WHERE id = %s",
        (booking_id,),
    )


async def cancel_booking(tx: Transaction, booking_id: BookingId) -> None:
    """With its tickets, the revoked ones too."""
    await tx.execute(
        "WITH called_off AS (UPDATE tickets SET state = 'cancelled' WHERE booking_id = %(id)s)"
        " UPDATE bookings SET state = 'cancelled', ended_at = clock_timestamp()"
        " WHERE id = %(id)s",
        {"id": booking_id},
    )


async def insert_tombstone(tx: Transaction, booking_id: BookingId) -> bool:
    """False when the booking came to be in the meantime."""
    return (
        await tx.execute(
            "INSERT INTO bookings (id, state) VALUES (%s, 'withdrawn') ON CONFLICT DO NOTHING",
            (booking_id,),
        )
        == 1
    )


async def insert_sales(tx: Transaction, sales: Sequence[Sale]) -> int:
    """Confirmed bookings, their tickets, their places sold, their holds used. How many there were.

    One that is missing had its id taken, or its hold is active no more: then roll back. One JSON
    document, because adapting two dozen values costs more than the statement itself. The quotas
    are locked already. Raises SoldOut.
    """
    return await tx.value(
        "WITH doc AS (SELECT * FROM jsonb_to_recordset(%s::jsonb) AS d(id uuid, hold_id uuid,"
        "  date_id uuid, event_id uuid, organiser_id uuid, email text, name text, language text,"
        "  items jsonb, total_minor bigint, currency text, places integer, quota_ids uuid[],"
        "  quota_places integer[], body_hash text, created_at timestamptz, tickets jsonb)),"
        " used AS (UPDATE holds h SET state = 'used' FROM doc WHERE h.id = doc.hold_id"
        "  AND h.state = 'active' AND h.expires_at > clock_timestamp() RETURNING h.id),"
        " sold AS (INSERT INTO bookings (id, state, hold_id, date_id, event_id, organiser_id,"
        "  email, name, language, items, total_minor, currency, places, quota_ids, quota_places,"
        "  body_hash, created_at, confirmed_at) SELECT id, 'confirmed', hold_id, date_id,"
        "  event_id, organiser_id, email, name, language, items, total_minor, currency, places,"
        "  quota_ids, quota_places, decode(body_hash, 'hex'), created_at, created_at FROM doc"
        "  WHERE hold_id IS NULL OR hold_id IN (SELECT id FROM used)"
        "  ON CONFLICT (id) DO NOTHING RETURNING id, hold_id, quota_ids, quota_places),"
        " issued AS (INSERT INTO tickets (id, booking_id, position, date_id, organiser_id,"
        "  ticket_type_id, ticket_type, price_minor, currency, code, holder_name, key_id, seat_id,"
        "  seat) SELECT k.id, doc.id, k.position, doc.date_id, doc.organiser_id, k.type_id, k.type,"
        "  k.price, doc.currency, k.code, doc.name, k.key, k.seat_id, k.seat"
        "  FROM doc JOIN sold USING (id),"
        "  jsonb_to_recordset(doc.tickets) AS k(id uuid, position integer, type_id uuid,"
        "  type text, price bigint, code text, key text, seat_id text, seat text)),"
        " moved AS (SELECT u.id, sum(u.places) AS sold,"
        "  coalesce(sum(u.places) FILTER (WHERE sold.hold_id IS NOT NULL), 0) AS unheld"
        "  FROM sold, unnest(sold.quota_ids, sold.quota_places) AS u(id, places) GROUP BY u.id),"
        " stock AS (UPDATE quotas q SET sold = q.sold + moved.sold, held = q.held - moved.unheld"
        "  FROM moved WHERE q.id = moved.id)"
        " SELECT count(*) FROM sold",
        (json.dumps([_plain_sale(sale) for sale in sales]),),
    )


def _plain_sale(sale: Sale) -> dict[str, Any]:
    booking = sale.booking
    date = booking.date
    return {
        "id": str(booking.id), "hold_id": str(sale.hold_id) if sale.hold_id else None,
        "date_id": str(date.date_id), "event_id": str(date.event_id),
        "organiser_id": str(date.organiser_id), "email": booking.buyer.email,
        "name": booking.buyer.name, "language": booking.buyer.language,
        "items": model.plain_items(booking.items), "total_minor": booking.total.minor,
        "currency": booking.total.currency, "places": booking.places,
        "quota_ids": [str(i) for i in booking.quota_ids], "quota_places": booking.quota_places,
        "body_hash": booking.body_hash.hex(), "created_at": booking.created_at.isoformat(),
        "tickets": [
            {
                "id": str(t.id), "position": position, "type_id": str(t.ticket_type_id),
                "type": t.ticket_type, "price": t.price_minor, "code": t.code, "key": t.key_id,
                "seat_id": t.seat_id, "seat": t.seat,
            }
            for position, t in enumerate(booking.tickets, 1)
        ],
    }  # fmt: skip


async def insert_tickets(
    tx: Transaction, booking_id: BookingId, date: DateFacts, currency: str,
    tickets: Sequence[Ticket],
) -> None:  # fmt: skip
    """All of one booking, so holder and key are the same."""
    await tx.execute(
        "INSERT INTO tickets (id, booking_id, position, date_id, organiser_id, ticket_type_id,"
        " ticket_type, price_minor, currency, code, holder_name, key_id, seat_id, seat)"
        " SELECT t.id, %s, t.position, %s, %s, t.type_id, t.type_name, t.price, %s, t.code, %s, %s,"
        " t.seat_id, t.seat FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::bigint[],"
        " %s::text[], %s::text[], %s::text[])"
        " WITH ORDINALITY AS t(id, type_id, type_name, price, code, seat_id, seat, position)",
        (
            booking_id, date.date_id, date.organiser_id, currency, tickets[0].holder_name,
            tickets[0].key_id, [t.id for t in tickets], [t.ticket_type_id for t in tickets],
            [t.ticket_type for t in tickets], [t.price_minor for t in tickets],
            [t.code for t in tickets], [t.seat_id for t in tickets], [t.seat for t in tickets],
        ),
    )  # fmt: skip


async def find_tickets(tx: Transaction, booking_id: BookingId) -> list[Ticket]:
    """In place of a ticket that was passed on, the one that replaces it."""
    return await tx.all(
        Ticket,
        "SELECT t.id, t.ticket_type_id, t.ticket_type, t.price_minor, t.code, t.state,"
        " t.holder_name, t.key_id, s.scanned_at AS admitted_at, s.gate AS admitted_gate,"
        " t.holder_email IS NOT NULL AS passed_on, t.link_with, t.seat_id, t.seat"
        " FROM tickets t LEFT JOIN scans s ON s.ticket_id = t.id AND s.verdict = 'admitted'"
        " WHERE t.booking_id = %s AND t.state <> 'passed-on' ORDER BY t.position",
        (booking_id,),
    )


async def find_booking_of_ticket(
    tx: Transaction, *, ticket_id: TicketId | None = None, code: str | None = None
) -> BookingId | None:
    return await tx.value(
        "SELECT booking_id FROM tickets WHERE id = %s OR code = %s", (ticket_id, code)
    )


async def find_ticket(tx: Transaction, ticket_id: TicketId) -> Ticket | None:
    return await tx.maybe(
        Ticket,
        "SELECT t.id, t.ticket_type_id, t.ticket_type, t.price_minor, t.code, t.state,"
        " t.holder_name, t.key_id, s.scanned_at AS admitted_at, s.gate AS admitted_gate,"
        " t.holder_email IS NOT NULL AS passed_on, t.link_with, t.seat_id, t.seat"
        " FROM tickets t LEFT JOIN scans s ON s.ticket_id = t.id AND s.verdict = 'admitted'"
        " WHERE t.id = %s",
        (ticket_id,),
    )
