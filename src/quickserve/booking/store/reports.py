"""Figures. Sales and tickets are summed out of covering indexes, never row by row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from quickserve.booking.model import Pool
from quickserve.booking.store.date_facts import SELECT_DATE_FACTS
from quickserve.contracts.booking import (
    BookingId,
    DateFacts,
    QuotaView,
)  # fmt: skip
from quickserve.contracts.booking_reports import HourFigure, TicketTypeFigures
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money


async def quotas_of_event(tx: Transaction, event_id: EventId) -> list[QuotaView]:
    return await tx.all(
        QuotaView,
        "SELECT q.id, q.date_id, q.name, q.capacity, q.held, q.sold,"
        " q.capacity - q.held - q.sold AS available, coalesce((SELECT array_agg(l.ticket_type_id"
        "  ORDER BY l.ticket_type_id) FROM quota_ticket_types l WHERE l.quota_id = q.id), '{}')"
        " AS ticket_type_ids"
        " FROM offered_events e JOIN offered_dates d ON d.event_id = e.id"
        " JOIN quotas q ON q.date_id = d.id AND q.organiser_id = e.organiser_id"
        " WHERE e.id = %s ORDER BY d.starts_at, q.name, q.id LIMIT 5000",
        (event_id,),
    )


@dataclass(frozen=True, slots=True)
class SellableType:
    date_id: DateId
    ticket_type_id: TicketTypeId
    on_sale: bool
    hidden: bool
    parts: list[dict[str, Any]]
    ruled: bool
    codes: bool


async def sellable_types(tx: Transaction, date_ids: Sequence[DateId]) -> list[SellableType]:
    """Of known dates, in the order of sale; whether one may be bought now, places aside."""
    return await tx.all(
        SellableType,
        "SELECT d.id AS date_id, t.id AS ticket_type_id, d.offered AND e.state = 'published'"
        " AND d.state <> 'cancelled' AND coalesce(t.sale_from <= clock_timestamp(), true)"
        " AND coalesce(t.sale_until, d.ends_at) > clock_timestamp() AS on_sale,"
        " coalesce(r.hidden, false) AS hidden, coalesce(r.parts, '[]') AS parts,"
        " r.event_id IS NOT NULL OR EXISTS (SELECT FROM discounts s WHERE s.active"
        "  AND s.organiser_id = e.organiser_id) AS ruled,"
        " EXISTS (SELECT FROM vouchers v WHERE v.organiser_id = e.organiser_id) AS codes"
        " FROM offered_dates d JOIN offered_events e ON e.id = d.event_id"
        " JOIN offered_ticket_types t ON t.event_id = d.event_id AND t.offered"
        " LEFT JOIN type_rules r ON r.ticket_type_id = t.id"
        " WHERE d.id = ANY(%s) ORDER BY t.position",
        (date_ids,),
    )


async def known_dates(tx: Transaction, date_ids: Sequence[DateId]) -> list[DateId]:
    return await tx.value(
        "SELECT coalesce(array_agg(id), '{}') FROM offered_dates WHERE id = ANY(%s)", (date_ids,)
    )


@dataclass(frozen=True, slots=True)
class DateQuota:
    date_id: DateId
    capacity: int
    held: int
    sold: int
    for_list: bool
    ticket_type_ids: list[TicketTypeId]

    @property
    def pool(self) -> Pool:
        return Pool(self.capacity, frozenset(self.ticket_type_ids))

    @property
    def pool_of_held(self) -> Pool:
        return Pool(self.held, frozenset(self.ticket_type_ids))

    @property
    def left(self) -> Pool:
        """For everybody: what is kept for the waiting list is not."""
        free = 0 if self.for_list else self.capacity - self.held - self.sold
        return Pool(free, frozenset(self.ticket_type_ids))


async def quotas_of_dates(tx: Transaction, date_ids: Sequence[DateId]) -> list[DateQuota]:
    return await tx.all(
        DateQuota,
        "SELECT q.date_id, q.capacity, q.held, q.sold, q.for_list, array_agg(l.ticket_type_id)"
        " AS ticket_type_ids FROM quotas q JOIN quota_ticket_types l ON l.quota_id = q.id"
        " JOIN offered_dates d ON d.id = q.date_id JOIN offered_events e ON e.id = d.event_id"
        " AND e.organiser_id = q.organiser_id WHERE q.date_id = ANY(%s) GROUP BY q.id",
        (date_ids,),
    )


@dataclass(frozen=True, slots=True)
class EventFacts:
    organiser_id: OrganiserId
    title: str


async def find_event(tx: Transaction, event_id: EventId) -> EventFacts | None:
    return await tx.maybe(
        EventFacts, "SELECT organiser_id, title FROM offered_events WHERE id = %s", (event_id,)
    )


async def dates_of_event(tx: Transaction, event_id: EventId) -> list[DateFacts]:
    """Those it has no more too, when there are tickets for them."""
    return await tx.all(
        DateFacts,
        SELECT_DATE_FACTS + " FROM offered_dates d"
        " JOIN offered_events e ON e.id = d.event_id WHERE d.event_id = %s"
        " AND (d.offered OR EXISTS (SELECT FROM tickets WHERE date_id = d.id))"
        " ORDER BY d.starts_at, d.id LIMIT 1000",
        (event_id,),
    )


async def next_dates(tx: Transaction, organiser_id: OrganiserId, limit: int) -> list[DateFacts]:
    """Those that have not ended, the nearest first."""
    return await tx.all(
        DateFacts,
        SELECT_DATE_FACTS + " FROM offered_events e"
        " JOIN offered_dates d ON d.event_id = e.id WHERE e.organiser_id = %s"
        " AND e.state = 'published' AND d.offered AND d.state <> 'cancelled'"
        " AND d.ends_at > clock_timestamp() ORDER BY d.starts_at, d.id LIMIT %s",
        (organiser_id, limit),
    )


_DOOR_DATES: LiteralString = (
    " FROM offered_events e"
    " JOIN offered_dates d ON d.event_id = e.id WHERE e.organiser_id = %(organiser_id)s"
    " AND e.state = 'published' AND d.offered AND d.state <> 'cancelled'"
    " AND CASE WHEN %(words)s::text[] = '{}'"
    " THEN d.ends_at > clock_timestamp() - interval '12 hours'"
    " ELSE NOT EXISTS (SELECT FROM unnest(%(words)s::text[]) AS word WHERE position("
    "lower(word) IN lower(concat_ws(' ', e.title, d.venue_name, d.room))) = 0) END"
    " ORDER BY abs(extract(epoch FROM d.starts_at - clock_timestamp())), d.id LIMIT %(limit)s"
)


async def door_dates(
    tx: Transaction, organiser_id: OrganiserId, words: list[str], limit: int
) -> list[DateFacts]:
    """Those of today and to come; with words, every one whose title or venue has them all."""
    return await tx.all(
        DateFacts,
        SELECT_DATE_FACTS + _DOOR_DATES,
        {"organiser_id": organiser_id, "words": words, "limit": limit},
    )


@dataclass(frozen=True, slots=True)
class DateCount:
    date_id: DateId
    sold: int
    admitted: int


async def count_dates(tx: Transaction, date_ids: Sequence[DateId]) -> list[DateCount]:
    return await tx.all(
        DateCount,
        "SELECT d.id AS date_id, (SELECT count(*) FROM tickets"
        "  WHERE date_id = d.id AND state NOT IN ('cancelled', 'passed-on', 'returned')) AS sold,"
        " (SELECT count(*) FROM scans WHERE date_id = d.id AND verdict = 'admitted') AS admitted"
        " FROM unnest(%s::uuid[]) AS d(id)",
        (date_ids,),
    )


def _type_figures(revenue: int, currency: str, **columns: Any) -> TicketTypeFigures:
    return TicketTypeFigures(revenue=Money(revenue, currency), **columns)


async def count_ticket_types(tx: Transaction, event_id: EventId) -> list[TicketTypeFigures]:
    """A type whose currency was changed after sales has a line for each."""
    return await tx.all(
        _type_figures,
        "SELECT t.id AS ticket_type_id, t.name, coalesce(sum(s.sold), 0)::bigint AS sold,"
        " coalesce(sum(s.revenue), 0)::bigint AS revenue, coalesce(s.currency, t.currency)"
        " AS currency FROM offered_ticket_types t LEFT JOIN ("
        "  SELECT k.ticket_type_id, k.currency, count(*) AS sold, sum(k.price_minor) AS revenue"
        "  FROM offered_dates d JOIN tickets k ON k.date_id = d.id"
        "  AND k.state NOT IN ('cancelled', 'passed-on') WHERE d.event_id = %(event)s"
        "  GROUP BY k.ticket_type_id, k.currency) s ON s.ticket_type_id = t.id"
        " WHERE t.event_id = %(event)s AND (t.offered OR s.sold > 0)"
        " GROUP BY t.id, s.currency ORDER BY t.position, t.id LIMIT 1000",
        {"event": event_id},
    )


@dataclass(frozen=True, slots=True)
class Sales:
    """`total_minor` is of confirmed bookings, `fees_minor` what cancellations did not give back."""

    currency: str
    places: int
    total_minor: int
    fees_minor: int


async def sales_of_event(tx: Transaction, event_id: EventId) -> list[Sales]:
    return await tx.all(
        Sales,
        "WITH sold AS (SELECT currency, sum(places) AS places, sum(total_minor) AS total FROM"
        "  bookings WHERE event_id = %(event)s AND state = 'confirmed' GROUP BY currency),"
        " kept AS (SELECT a.currency, sum(a.value_minor - a.refund_minor) AS fees"
        "  FROM offered_dates d JOIN amendments a ON a.date_id = d.id AND a.kind = 'cancel'"
        "  AND a.state = 'done' AND a.value_minor > a.refund_minor"
        "  WHERE d.event_id = %(event)s GROUP BY a.currency)"
        " SELECT currency, coalesce(places, 0)::bigint AS places,"
        " coalesce(total, 0)::bigint AS total_minor, coalesce(fees, 0)::bigint AS fees_minor"
        " FROM sold FULL JOIN kept USING (currency) ORDER BY currency",
        {"event": event_id},
    )


async def sales_of_organiser(tx: Transaction, organiser_id: OrganiserId) -> list[Sales]:
    return await tx.all(
        Sales,
        "WITH sold AS (SELECT currency, sum(places) AS places, sum(total_minor) AS total FROM"
        "  bookings WHERE organiser_id = %(organiser)s AND state = 'confirmed' GROUP BY currency),"
        " kept AS (SELECT a.currency, sum(a.value_minor - a.refund_minor) AS fees"
        "  FROM offered_events e JOIN offered_dates d ON d.event_id = e.id"
        "  JOIN amendments a ON a.date_id = d.id AND a.kind = 'cancel' AND a.state = 'done'"
        "  AND a.value_minor > a.refund_minor WHERE e.organiser_id = %(organiser)s"
        "  GROUP BY a.currency)"
        " SELECT currency, coalesce(places, 0)::bigint AS places,"
        " coalesce(total, 0)::bigint AS total_minor, coalesce(fees, 0)::bigint AS fees_minor"
        " FROM sold FULL JOIN kept USING (currency) ORDER BY currency",
        {"organiser": organiser_id},
    )


async def places_sold_since(tx: Transaction, organiser_id: OrganiserId, since: datetime) -> int:
    return await tx.value(
        "SELECT coalesce(sum(places), 0)::bigint FROM bookings"
        " WHERE organiser_id = %s AND state = 'confirmed' AND confirmed_at >= %s",
        (organiser_id, since),
    )


@dataclass(frozen=True, slots=True)
class Door:
    admitted: int
    expected: int


async def dates_with_holds(tx: Transaction, organiser_id: OrganiserId) -> list[DateId]:
    """Those where places are set aside now; over for a day, a date has none any more."""
    return await tx.value(
        "SELECT coalesce(array_agg(DISTINCT d.id), '{}') FROM offered_events e"
        " JOIN offered_dates d ON d.event_id = e.id"
        " AND d.ends_at > clock_timestamp() - interval '1 day'"
        " JOIN quotas q ON q.date_id = d.id AND q.organiser_id = e.organiser_id AND q.held > 0"
        " WHERE e.organiser_id = %s",
        (organiser_id,),
    )


async def door_of_organiser(
    tx: Transaction, organiser_id: OrganiserId, since: datetime, until: datetime
) -> Door:
    """Of the dates that take place in that time."""
    return await tx.one(
        Door,
        "WITH near AS MATERIALIZED (SELECT d.id FROM offered_events e"
        " JOIN offered_dates d ON d.event_id = e.id WHERE e.organiser_id = %s"
        " AND d.starts_at < %s AND d.ends_at >= %s)"
        " SELECT (SELECT count(*) FROM near JOIN scans s ON s.date_id = near.id"
        "  AND s.verdict = 'admitted') AS admitted,"
        " (SELECT count(*) FROM near JOIN tickets t ON t.date_id = near.id"
        "  AND t.state = 'valid') AS expected",
        (organiser_id, until, since),
    )


# Bounded before anything is summed: the cost hangs on the days shown, not on all ever sold.
_HOURS_OF_EVENT: LiteralString = (
    "WITH last_sale AS MATERIALIZED (SELECT max(confirmed_at) AS at FROM bookings"
    "  WHERE event_id = %(event)s AND state = 'confirmed'),"
    " sales AS (SELECT date_trunc('hour', confirmed_at) AS hour, sum(places) AS sold,"
    "  0 AS admitted FROM bookings WHERE event_id = %(event)s AND state = 'confirmed'"
    "  AND confirmed_at > (SELECT at FROM last_sale) - %(days)s * interval '1 day'"
    "  GROUP BY 1), doors AS ("
    "  SELECT date_trunc('hour', s.scanned_at) AS hour, 0 AS sold, count(*) AS admitted"
    "  FROM offered_dates d JOIN scans s ON s.date_id = d.id AND s.verdict = 'admitted'"
    "  AND s.scanned_at > (SELECT at FROM last_sale) - %(days)s * interval '1 day'"
    "  WHERE d.event_id = %(event)s GROUP BY 1),"
    " latest AS (SELECT hour, sum(sold)::bigint AS sold, sum(admitted)::bigint AS admitted"
    "  FROM (SELECT * FROM sales UNION ALL SELECT * FROM doors) AS both_kinds"
    "  GROUP BY hour ORDER BY hour DESC LIMIT %(limit)s)"
    " SELECT hour, sold, admitted FROM latest ORDER BY hour"
)


async def hours_of_event(
    tx: Transaction, event_id: EventId, *, days: int, limit: int
) -> list[HourFigure]:
    """The latest hours in which something was sold or somebody came in, oldest first.

    None from longer before the last sale than `days`.
    """
    return await tx.all(
        HourFigure, _HOURS_OF_EVENT, {"event": event_id, "days": days, "limit": limit}
    )


async def hours_of_organiser(
    tx: Transaction, organiser_id: OrganiserId, hours: int
) -> list[HourFigure]:
    """The last so many hours, those without sales or admissions left out."""
    return await tx.all(
        HourFigure,
        "WITH sales AS (SELECT date_trunc('hour', confirmed_at) AS hour, sum(places) AS sold,"
        "  0 AS admitted FROM bookings WHERE organiser_id = %(organiser)s"
        "  AND state = 'confirmed'"
        "  AND confirmed_at > clock_timestamp() - %(hours)s * interval '1 hour' GROUP BY 1),"
        " doors AS (SELECT date_trunc('hour', s.scanned_at) AS hour, 0 AS sold,"
        "  count(*) AS admitted FROM offered_events e JOIN offered_dates d ON d.event_id = e.id"
        "  JOIN scans s ON s.date_id = d.id AND s.verdict = 'admitted'"
        "  AND s.scanned_at > clock_timestamp() - %(hours)s * interval '1 hour'"
        "  WHERE e.organiser_id = %(organiser)s GROUP BY 1)"
        " SELECT hour, sum(sold)::bigint AS sold, sum(admitted)::bigint AS admitted"
        " FROM (SELECT * FROM sales UNION ALL SELECT * FROM doors) AS both_kinds"
        " GROUP BY hour ORDER BY hour",
        {"organiser": organiser_id, "hours": hours},
    )


@dataclass(frozen=True, slots=True)
class LatestBooking:
    id: BookingId
    name: str
    places: int
    total_minor: int
    currency: str
    created_at: datetime


async def latest_of_event(tx: Transaction, event_id: EventId, limit: int) -> list[LatestBooking]:
    return await tx.all(
        LatestBooking,
        "SELECT id, coalesce(name, '') AS name, places, total_minor, currency, created_at"
        " FROM bookings"
        " WHERE event_id = %s AND state = 'confirmed' ORDER BY confirmed_at DESC LIMIT %s",
        (event_id, limit),
    )


async def latest_of_organiser(
    tx: Transaction, organiser_id: OrganiserId, limit: int
) -> list[LatestBooking]:
    return await tx.all(
        LatestBooking,
        "SELECT id, coalesce(name, '') AS name, places, total_minor, currency, created_at"
        " FROM bookings"
        " WHERE organiser_id = %s AND state = 'confirmed' ORDER BY confirmed_at DESC LIMIT %s",
        (organiser_id, limit),
    )
