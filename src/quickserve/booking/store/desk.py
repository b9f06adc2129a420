"""Sales by staff, and reservations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quickserve.booking import model
from quickserve.contracts.booking import BookingId, HeldItem, HoldId
from quickserve.contracts.box_office import DeskKind, ReservationView, TillLine
from quickserve.contracts.catalog import DateId, EventId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import PersonId
from quickserve.kernel.money import Money


@dataclass(frozen=True, slots=True)
class DeskSale:
    booking_id: BookingId
    event_id: EventId
    kind: DeskKind
    places: int
    total: Money
    note: str
    sold_by: PersonId | None


async def insert_sale(tx: Transaction, sale: DeskSale) -> None:
    await tx.execute(
        "INSERT INTO desk_sales (booking_id, event_id, kind, places, total_minor, currency, note,"
        " sold_by) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            sale.booking_id, sale.event_id, sale.kind, sale.places, sale.total.minor,
            sale.total.currency, sale.note, sale.sold_by,
        ),
    )  # fmt: skip


async def find_kind(tx: Transaction, booking_id: BookingId) -> DeskKind | None:
    """None for a booking that no staff made."""
    return await tx.value("SELECT kind FROM desk_sales WHERE booking_id = %s", (booking_id,))


def _till_line(total_minor: int, currency: str, **columns: Any) -> TillLine:
    return TillLine(total=Money(total_minor, currency), **columns)


async def till(tx: Transaction, event_id: EventId) -> list[TillLine]:
    """Without what was cancelled."""
    return await tx.all(
        _till_line,
        "SELECT s.kind, count(*) AS bookings, sum(s.places)::bigint AS places,"
        " sum(s.total_minor)::bigint AS total_minor, s.currency FROM desk_sales s"
        " JOIN bookings b ON b.id = s.booking_id AND b.state = 'confirmed'"
        " WHERE s.event_id = %s GROUP BY s.kind, s.currency ORDER BY s.kind, s.currency",
        (event_id,),
    )


async def insert_reservation(
    tx: Transaction, hold_id: HoldId, event_id: EventId, name: str, made_by: PersonId | None
) -> None:
    await tx.execute(
        "INSERT INTO reservations (hold_id, event_id, name, made_by) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (hold_id) DO NOTHING",
        (hold_id, event_id, name, made_by),
    )


def _reservation(items: Any, total_minor: int, currency: str, **columns: Any) -> ReservationView:
    held: Sequence[HeldItem] = model.load_items(items)
    return ReservationView(items=list(held), total=Money(total_minor, currency), **columns)


async def reservations(tx: Transaction, event_id: EventId, limit: int) -> list[ReservationView]:
    return await tx.all(
        _reservation,
        "SELECT h.id, h.date_id, r.name, h.items, h.total_minor, h.currency,"
        " h.expires_at AS until, r.created_at FROM reservations r"
        " JOIN holds h ON h.id = r.hold_id AND h.state = 'active'"
        " AND h.expires_at > clock_timestamp()"
        " WHERE r.event_id = %s ORDER BY h.expires_at, h.id LIMIT %s",
        (event_id, limit),
    )


async def find_reservation(tx: Transaction, hold_id: HoldId) -> ReservationView | None:
    """Whatever became of its hold."""
    return await tx.maybe(
        _reservation,
        "SELECT h.id, h.date_id, r.name, h.items, h.total_minor, h.currency,"
        " h.expires_at AS until, r.created_at FROM reservations r"
        " JOIN holds h ON h.id = r.hold_id WHERE r.hold_id = %s",
        (hold_id,),
    )


async def forget_sellers(tx: Transaction, limit: int) -> int:
    """Of dates that ended a year ago."""
    return await tx.execute(
        "UPDATE desk_sales SET sold_by = NULL WHERE booking_id IN (SELECT s.booking_id"
        "  FROM offered_dates d JOIN bookings b ON b.date_id = d.id"
        "  JOIN desk_sales s ON s.booking_id = b.id AND s.sold_by IS NOT NULL"
        "  WHERE d.ends_at < statement_timestamp() - interval '1 year' LIMIT %s)",
        (limit,),
    )


async def erase_seller(tx: Transaction, person_id: PersonId) -> int:
    return await tx.execute(
        "WITH made AS (UPDATE reservations SET made_by = NULL WHERE made_by = %(person)s)"
        " UPDATE desk_sales SET sold_by = NULL WHERE sold_by = %(person)s",
        {"person": person_id},
    )


async def delete_reservations(tx: Transaction, limit: int) -> int:
    """Whose hold was deleted."""
    return await tx.execute(
        "DELETE FROM reservations WHERE hold_id IN (SELECT r.hold_id FROM reservations r"
        "  WHERE NOT EXISTS (SELECT FROM holds h WHERE h.id = r.hold_id) LIMIT %s)",
        (limit,),
    )


@dataclass(frozen=True, slots=True)
class Moments:
    now: datetime
    ends_at: datetime


async def moments(tx: Transaction, date_id: DateId) -> Moments | None:
    return await tx.maybe(
        Moments,
        "SELECT clock_timestamp() AS now, ends_at FROM offered_dates WHERE id = %s",
        (date_id,),
    )
