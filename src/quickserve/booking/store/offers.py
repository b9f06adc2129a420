"""What `catalog` offers, as this service keeps it."""

from datetime import datetime
from functools import partial
from typing import Any, LiteralString
from uuid import UUID

from quickserve.booking import model
from quickserve.booking.model import Offer, OfferedDateRow
from quickserve.booking.store import rules
from quickserve.booking.store.date_facts import SELECT_DATE_FACTS
from quickserve.contracts.booking import DateFacts, QuotaId
from quickserve.contracts.catalog import DateId, EventId, EventOffered, TicketTypeId
from quickserve.contracts.seating import PlanId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId


async def keep_event(tx: Transaction, event: EventOffered) -> bool:
    """False when a version at least as new is kept already. Locks the event's row."""
    return (
        await tx.execute(
            "INSERT INTO offered_events AS known (id, version, organiser_id, title, state)"
            " VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (id) DO UPDATE SET version = excluded.version,"
            " organiser_id = excluded.organiser_id, title = excluded.title, state = excluded.state"
            " WHERE known.version < excluded.version",
            (event.event_id, event.version, event.organiser_id, event.title, event.state),
        )
        == 1
    )


async def replace_dates(tx: Transaction, event_id: EventId, rows: str) -> None:
    """`rows` is a JSON array of OfferedDate. Dates no longer in it are kept as not offered."""
    await tx.execute(
        "WITH new AS (SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(id uuid,"
        " starts_at timestamptz, ends_at timestamptz, zone text, state text, venue_name text,"
        " city text, room text, plan_id uuid, plan_version bigint)), dropped AS ("
        " UPDATE offered_dates SET offered = false"
        " WHERE event_id = %(event)s AND id NOT IN (SELECT id FROM new))"
        " INSERT INTO offered_dates AS known"
        " (id, event_id, starts_at, ends_at, zone, state, venue_name, city, room, plan_id,"
        " plan_version) SELECT id, %(event)s, starts_at, ends_at, zone, state, venue_name, city,"
        " room, plan_id, plan_version FROM new"
        " ON CONFLICT (id) DO UPDATE SET starts_at = excluded.starts_at,"
        " ends_at = excluded.ends_at, zone = excluded.zone, state = excluded.state,"
        " venue_name = excluded.venue_name, city = excluded.city, room = excluded.room,"
        " plan_id = excluded.plan_id, plan_version = excluded.plan_version,"
        " offered = true WHERE known.event_id = excluded.event_id",
        {"event": event_id, "rows": rows},
    )


async def replace_ticket_types(tx: Transaction, event_id: EventId, rows: str) -> None:
    """`rows` is a JSON array of OfferedTicketType, in the order in which they are shown."""
    await tx.execute(
        "WITH new AS (SELECT r.value ->> 'id' AS text_id, r.position, t.*"
        " FROM jsonb_array_elements(%(rows)s::jsonb) WITH ORDINALITY AS r(value, position),"
        " jsonb_to_record(r.value) AS t(id uuid, name text, price jsonb, tax_rate_bp integer,"
        " sale_from timestamptz, sale_until timestamptz, min_per_booking integer,"
        " max_per_booking integer, seat_category text)), dropped AS ("
        " UPDATE offered_ticket_types SET offered = false"
        " WHERE event_id = %(event)s AND id NOT IN (SELECT id FROM new))"
        " INSERT INTO offered_ticket_types AS known (id, event_id, position, name, price_minor,"
        " currency, tax_rate_bp, sale_from, sale_until, min_per_booking, max_per_booking,"
        " seat_category)"
        " SELECT id, %(event)s, position, name, (price ->> 'minor')::bigint, price ->> 'currency',"
        " tax_rate_bp, sale_from, sale_until, min_per_booking, max_per_booking, seat_category"
        " FROM new"
        " ON CONFLICT (id) DO UPDATE SET position = excluded.position, name = excluded.name,"
        " price_minor = excluded.price_minor, currency = excluded.currency,"
        " tax_rate_bp = excluded.tax_rate_bp, sale_from = excluded.sale_from,"
        " sale_until = excluded.sale_until, min_per_booking = excluded.min_per_booking,"
        " max_per_booking = excluded.max_per_booking,"
        " seat_category = excluded.seat_category, offered = true"
        " WHERE known.event_id = excluded.event_id",
        {"event": event_id, "rows": rows},
    )


async def find_date(tx: Transaction, date_id: DateId) -> OfferedDateRow | None:
    return await tx.maybe(
        OfferedDateRow,
        "SELECT d.id AS date_id, d.event_id, e.organiser_id,"
        " 'cancelled' IN (e.state, d.state) AS cancelled"
        " FROM offered_dates d JOIN offered_events e ON e.id = d.event_id WHERE d.id = %s",
        (date_id,),
    )


async def find_date_facts(tx: Transaction, date_id: DateId) -> DateFacts | None:
    return await tx.maybe(
        DateFacts,
        SELECT_DATE_FACTS
        + " FROM offered_dates d JOIN offered_events e ON e.id = d.event_id WHERE d.id = %s",
        (date_id,),
    )


async def find_event_organiser(tx: Transaction, event_id: EventId) -> OrganiserId | None:
    return await tx.value("SELECT organiser_id FROM offered_events WHERE id = %s", (event_id,))


def _offer(
    types: list[dict[str, Any]], links: list[dict[str, str]], began: float,
    looked_at: datetime, event_state: str, date_state: str, offered: bool,
    plan_id: PlanId | None, plan_version: int | None,
    type_rules: list[dict[str, Any]],
    discounts: list[dict[str, Any]], **date: Any,
) -> Offer:  # fmt: skip
    available = {QuotaId(UUID(link["quota"])): int(link["available"]) for link in links}
    pairs = [(QuotaId(UUID(i["quota"])), TicketTypeId(UUID(i["type"]))) for i in links]
    left: dict[TicketTypeId, int] = {}
    for quota_id, type_id in pairs:
        left[type_id] = min(left.get(type_id, available[quota_id]), available[quota_id])
    kinds: dict[TicketTypeId, model.OfferedType] = {}
    for kind in types:
        type_id = TicketTypeId(UUID(kind.pop("id")))
        moments = {
            name: datetime.fromisoformat(moment) if (moment := kind.pop(name)) else None
            for name in ("sale_from", "sale_until")
        }
        kinds[type_id] = model.OfferedType(
            id=type_id, available=left.get(type_id, 0), **moments, **kind
        )
    return Offer(
        looked_at, began, DateFacts(**date), event_state, date_state, offered, kinds, pairs,
        available, plan_id, plan_version, rules.loaded(type_rules, discounts),
    )  # fmt: skip


_OFFER: LiteralString = (
    ", d.state AS date_state, d.offered, d.plan_id, d.plan_version,"
    " e.state AS event_state, clock_timestamp() AS looked_at,"
    " (SELECT coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'name', t.name,"
    "  'price_minor', t.price_minor, 'currency', t.currency, 'tax_rate_bp', t.tax_rate_bp,"
    "  'min_per_booking', t.min_per_booking, 'max_per_booking', t.max_per_booking,"
    "  'sale_from', t.sale_from, 'sale_until', coalesce(t.sale_until, d.ends_at),"
    "  'seat_category', t.seat_category) ORDER BY t.position), '[]')"
    "  FROM offered_ticket_types t WHERE t.event_id = d.event_id AND t.offered) AS types,"
    " (SELECT coalesce(jsonb_agg(jsonb_build_object('quota', q.id, 'type', l.ticket_type_id,"
    "  'available', CASE WHEN q.for_list THEN 0 ELSE q.capacity - q.held - q.sold END)), '[]')"
    "  FROM quotas q JOIN quota_ticket_types l ON l.quota_id = q.id"
    "  WHERE q.date_id = d.id AND q.organiser_id = e.organiser_id) AS links,"
    " (SELECT coalesce(jsonb_agg(to_jsonb(r)), '[]') FROM type_rules r"
    "  WHERE r.event_id = d.event_id) AS type_rules,"
    " (SELECT coalesce(jsonb_agg(to_jsonb(s)), '[]') FROM discounts s"
    "  WHERE s.organiser_id = e.organiser_id AND s.active"
    "  AND (s.event_id IS NULL OR s.event_id = d.event_id)"
    "  AND coalesce(s.valid_until > clock_timestamp(), true)) AS discounts"
    " FROM offered_dates d JOIN offered_events e ON e.id = d.event_id WHERE d.id = %(date)s"
)


async def find_offer(tx: Transaction, date_id: DateId, began: float) -> Offer | None:
    """What a choice is judged by, in one read without locks that began at `began`."""
    return await tx.maybe(
        partial(_offer, began=began), SELECT_DATE_FACTS + _OFFER, {"date": date_id}
    )
