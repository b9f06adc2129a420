"""What takes a quota's places or a seat now, and what led there: told by the rows themselves.

A date's bookings are found by its tickets, and by their buyers while there are no tickets.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quickserve.contracts.booking import BookingId, QuotaId
from quickserve.contracts.catalog import DateId
from quickserve.contracts.explanations import HoldingKind, StepKind
from quickserve.contracts.seating import PlanId, SeatId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId


@dataclass(frozen=True, slots=True)
class QuotaFigures:
    """`all_held` and `all_sold` are the quota's own figures, the others those of the rows."""

    id: QuotaId
    date_id: DateId
    organiser_id: OrganiserId
    name: str
    capacity: int
    all_held: int
    all_sold: int
    for_list: bool
    held: int
    offered: int
    blocked: int
    reserved: int
    under_way: int
    sold: int


async def find_quota(tx: Transaction, quota_id: QuotaId) -> QuotaFigures | None:
    """In one statement, so that all of it is of one moment."""
    return await tx.maybe(
        QuotaFigures,
        "SELECT q.id, q.date_id, q.organiser_id, q.name, q.capacity, q.held AS all_held,"
        " q.sold AS all_sold, q.for_list, h.held, h.offered, h.blocked, h.reserved,"
        " b.under_way, b.sold FROM quotas q LEFT JOIN offered_dates d ON d.id = q.date_id"
        " CROSS JOIN LATERAL (SELECT"
        "  coalesce(sum(x.places) FILTER (WHERE x.purpose = 'sale'), 0)::integer AS held,"
        "  coalesce(sum(x.places) FILTER (WHERE x.purpose = 'offer'), 0)::integer AS offered,"
        "  coalesce(sum(x.places) FILTER (WHERE x.purpose = 'block'), 0)::integer AS blocked,"
        "  coalesce(sum(x.places) FILTER (WHERE x.purpose = 'reservation'), 0)::integer AS reserved"
        "  FROM (SELECT purpose, quota_places[array_position(quota_ids, q.id)] AS places"
        "   FROM holds WHERE state = 'active' AND q.id = ANY(quota_ids)) AS x) AS h"
        " CROSS JOIN LATERAL (SELECT"
        "  coalesce(sum(y.places) FILTER (WHERE y.state = 'pending'), 0)::integer AS under_way,"
        "  coalesce(sum(y.places) FILTER (WHERE y.state = 'confirmed'), 0)::integer AS sold"
        "  FROM (SELECT state, quota_places[array_position(quota_ids, q.id)] AS places"
        "   FROM bookings WHERE state = 'confirmed' AND event_id = d.event_id"
        "    AND q.id = ANY(quota_ids)"
        "   UNION ALL SELECT state, quota_places[array_position(quota_ids, q.id)]"
        "   FROM bookings WHERE state = 'pending' AND date_id = q.date_id AND email IS NOT NULL"
        "    AND q.id = ANY(quota_ids)) AS y) AS b"
        " WHERE q.id = %s AND q.date_id IS NOT NULL",
        (quota_id,),
    )


@dataclass(frozen=True, slots=True)
class HoldingRow:
    kind: HoldingKind
    places: int
    until: datetime | None
    booking_id: BookingId | None


async def holdings_of_quota(
    tx: Transaction, quota_id: QuotaId, date_id: DateId, limit: int
) -> list[HoldingRow]:
    """Those that end first, first."""
    return await tx.all(
        HoldingRow,
        "SELECT CASE purpose WHEN 'sale' THEN 'held' WHEN 'offer' THEN 'offered'"
        "  WHEN 'block' THEN 'blocked' ELSE 'reserved' END AS kind,"
        " quota_places[array_position(quota_ids, %(quota)s)] AS places,"
        " nullif(expires_at, 'infinity') AS until, NULL::uuid AS booking_id"
        " FROM holds WHERE state = 'active' AND %(quota)s = ANY(quota_ids)"
        " UNION ALL SELECT 'under-way', quota_places[array_position(quota_ids, %(quota)s)],"
        " NULL, id FROM bookings WHERE state = 'pending' AND date_id = %(date)s"
        " AND email IS NOT NULL AND %(quota)s = ANY(quota_ids)"
        " ORDER BY until NULLS LAST, booking_id LIMIT %(limit)s",
        {"quota": quota_id, "date": date_id, "limit": limit},
    )


@dataclass(frozen=True, slots=True)
class StepRow:
    at: datetime
    id: UUID
    kind: StepKind
    places: int
    before: int | None
    until: datetime | None
    booking_id: BookingId | None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Steps before this one."""

    at: datetime
    id: UUID
    kind: str


async def steps_of_quota(
    tx: Transaction, quota_id: QuotaId, date_id: DateId, cursor: Cursor, limit: int
) -> list[StepRow]:
    """Newest first. A sale has the places that it had, also of tickets that left it later."""
    return await tx.all(
        StepRow,
        "WITH theirs AS (SELECT id, state, created_at, confirmed_at, ended_at,"
        "  quota_places[array_position(quota_ids, %(quota)s)] AS places"
        "  FROM bookings WHERE %(quota)s = ANY(quota_ids) AND id IN ("
        "  SELECT booking_id FROM tickets WHERE date_id = %(date)s UNION"
        "  SELECT id FROM bookings WHERE date_id = %(date)s AND email IS NOT NULL)),"
        " left_it AS (SELECT a.id, a.booking_id, a.created_at,"
        "  a.quota_places[array_position(a.quota_ids, %(quota)s)] AS places"
        "  FROM amendments a JOIN theirs ON theirs.id = a.booking_id"
        "  WHERE %(quota)s = ANY(a.quota_ids) AND (a.state IN ('sold', 'done')"
        "   OR a.state = 'open' AND a.kind = 'resale')),"
        " sales AS (SELECT t.*, coalesce(l.gone, 0)::integer AS gone FROM theirs t LEFT JOIN"
        "  (SELECT booking_id, sum(places) AS gone FROM left_it GROUP BY booking_id) AS l"
        "  ON l.booking_id = t.id),"
        " taken AS (SELECT id, created_at, expires_at, ended_at,"
        " CASE purpose WHEN 'sale' THEN 'held' WHEN 'offer' THEN 'offered'"
        "  WHEN 'block' THEN 'blocked' ELSE 'reserved' END AS kind,"
        "  quota_places[array_position(quota_ids, %(quota)s)] AS places FROM holds"
        "  WHERE %(quota)s = ANY(quota_ids) AND date_id = %(date)s),"
        " steps AS (SELECT created_at AS at, id, kind, places, NULL::integer AS before,"
        "   nullif(expires_at, 'infinity') AS until, NULL::uuid AS booking_id FROM taken"
        "  UNION ALL SELECT ended_at, id, 'returned', places, NULL, NULL, NULL FROM taken"
        "   WHERE ended_at IS NOT NULL"
        "  UNION ALL SELECT created_at, id, 'under-way', places + gone, NULL, NULL, id FROM sales"
        "   WHERE confirmed_at IS NULL OR confirmed_at > created_at + interval '1 ms'"
        "  UNION ALL SELECT confirmed_at, id, 'sold', places + gone, NULL, NULL, id FROM sales"
        "   WHERE confirmed_at IS NOT NULL"
        "  UNION ALL SELECT ended_at, id, state, places, NULL, NULL, id FROM sales"
        "   WHERE ended_at IS NOT NULL AND places > 0 AND state IN ('withdrawn', 'cancelled')"
        "  UNION ALL SELECT created_at, id, 'given-back', places, NULL, NULL, booking_id"
        "   FROM left_it"
        "  UNION ALL SELECT changed_at, id, 'capacity', capacity, before, NULL, NULL"
        "   FROM quota_changes WHERE quota_id = %(quota)s)"
        " SELECT at, id, kind, places, before, until, booking_id FROM steps"
        " WHERE (at, id, kind) < (%(at)s, %(id)s, %(kind)s)"
        " ORDER BY at DESC, id DESC, kind DESC LIMIT %(limit)s",
        {
            "quota": quota_id, "date": date_id, "at": cursor.at, "id": cursor.id,
            "kind": cursor.kind, "limit": limit,
        },
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SeatRow:
    """`purpose` and `until` are of the hold, `booking_state` is of the booking that has it."""

    organiser_id: OrganiserId
    plan_id: PlanId
    plan_version: int
    state: str
    purpose: str | None
    until: datetime | None
    booking_id: BookingId | None
    booking_state: str | None


async def find_seat(tx: Transaction, date_id: DateId, seat_id: SeatId) -> SeatRow | None:
    """Of a date that has seats; a seat that was never touched is free."""
    return await tx.maybe(
        SeatRow,
        "SELECT e.organiser_id, z.plan_id, z.plan_version, coalesce(s.state, 'free') AS state,"
        " h.purpose, nullif(h.expires_at, 'infinity') AS until, b.id AS booking_id,"
        " b.state AS booking_state FROM seated_dates z JOIN offered_dates d ON d.id = z.date_id"
        " JOIN offered_events e ON e.id = d.event_id"
        " LEFT JOIN seats s ON s.date_id = z.date_id AND s.seat_id = %s"
        " LEFT JOIN holds h ON h.id = s.taken_by AND h.state = 'active'"
        " LEFT JOIN bookings b ON (b.id = s.taken_by OR b.hold_id = s.taken_by)"
        "  AND b.state IN ('pending', 'confirmed') WHERE z.date_id = %s",
        (seat_id, date_id),
    )


async def steps_of_seat(
    tx: Transaction, date_id: DateId, seat_id: SeatId, cursor: Cursor, limit: int
) -> list[StepRow]:
    """Newest first. `whose` is how an item names the seat."""
    return await tx.all(
        StepRow,
        "WITH whose AS MATERIALIZED (SELECT jsonb_build_array(jsonb_build_object('seats',"
        "  jsonb_build_array(jsonb_build_object('id', %(seat)s::text)))) AS seat),"
        " taken AS (SELECT id, created_at, expires_at, ended_at,"
        " CASE purpose WHEN 'sale' THEN 'held' WHEN 'offer' THEN 'offered'"
        "  WHEN 'block' THEN 'blocked' ELSE 'reserved' END AS kind"
        "  FROM holds, whose WHERE date_id = %(date)s AND items @> whose.seat),"
        " theirs AS (SELECT t.id AS ticket_id, t.state AS ticket, b.id, b.state, b.confirmed_at,"
        "  b.ended_at FROM tickets t JOIN bookings b ON b.id = t.booking_id"
        "  WHERE t.date_id = %(date)s AND t.seat_id = %(seat)s AND t.replaces IS NULL),"
        " steps AS (SELECT created_at AS at, id, kind, nullif(expires_at, 'infinity') AS until,"
        "   NULL::uuid AS booking_id FROM taken"
        "  UNION ALL SELECT ended_at, id, 'returned', NULL, NULL FROM taken"
        "   WHERE ended_at IS NOT NULL"
        "  UNION ALL SELECT confirmed_at, ticket_id, 'sold', NULL, id FROM theirs"
        "  UNION ALL SELECT a.created_at, a.id, 'given-back', NULL, a.booking_id"
        "   FROM theirs JOIN amendments a ON a.booking_id = theirs.id"
        "   AND theirs.ticket_id = ANY(a.ticket_ids) AND (a.state IN ('sold', 'done')"
        "    OR a.state = 'open' AND a.kind = 'resale')"
        "  UNION ALL SELECT ended_at, ticket_id, 'cancelled', NULL, id FROM theirs"
        "   WHERE state = 'cancelled' AND ended_at IS NOT NULL AND NOT EXISTS ("
        "    SELECT FROM amendments a WHERE a.booking_id = theirs.id AND a.state = 'done'"
        "    AND theirs.ticket_id = ANY(a.ticket_ids)))"
        " SELECT at, id, kind, 1 AS places, NULL::integer AS before, until, booking_id FROM steps"
        " WHERE (at, id, kind) < (%(at)s, %(id)s, %(kind)s)"
        " ORDER BY at DESC, id DESC, kind DESC LIMIT %(limit)s",
        {
            "seat": seat_id, "date": date_id, "at": cursor.at, "id": cursor.id,
            "kind": cursor.kind, "limit": limit,
        },
    )  # fmt: skip
