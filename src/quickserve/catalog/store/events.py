"""Writing and reading events with their dates, venues and ticket types.

Sets of rows travel as one JSON parameter, so a batch of an import is a handful of statements.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from quickserve.catalog.model import (
    DateKey,
    DateRow,
    EventHead,
    EventRow,
    OfferedRow,
    SavedDate,
    SavedEvent,
    SavedVenue,
    TicketTypeRow,
    VenueRef,
)
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId


def _json(rows: Sequence[Any]) -> str:
    return json.dumps([asdict(row) for row in rows], default=str)


# -- Organisers and venues ------------------------------------------------------------------------


async def save_organiser(
    tx: Transaction, id_: OrganiserId, name: str, slug: str, version: int
) -> None:
    """Unless a newer version is known."""
    await tx.execute(
        "INSERT INTO organisers AS known (id, name, slug, version) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (id) DO UPDATE"
        " SET name = EXCLUDED.name, slug = EXCLUDED.slug, version = EXCLUDED.version"
        " WHERE known.version <= EXCLUDED.version",
        (id_, name, slug, version),
    )


async def save_venues(tx: Transaction, venues: Sequence[SavedVenue]) -> None:
    """Adds the new ones; tells the known ones what they did not know.

    In key order, against deadlocks between two who save the same places.
    """
    await tx.execute(
        "INSERT INTO venues AS v"
        " (id, organiser_id, name, city, address, country, latitude, longitude)"
        " SELECT id, organiser_id, name, city, address, country, latitude, longitude"
        " FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (id uuid, organiser_id uuid, name text,"
        "   city text, address text, country text, latitude float8, longitude float8)"
        " ON CONFLICT ON CONSTRAINT venue_once DO UPDATE SET"
        "   address = coalesce(EXCLUDED.address, v.address),"
        "   country = coalesce(EXCLUDED.country, v.country),"
        "   latitude = coalesce(EXCLUDED.latitude, v.latitude),"
        "   longitude = coalesce(EXCLUDED.longitude, v.longitude)"
        " WHERE (v.address, v.country, v.latitude, v.longitude) IS DISTINCT FROM"
        "   (coalesce(EXCLUDED.address, v.address), coalesce(EXCLUDED.country, v.country),"
        "    coalesce(EXCLUDED.latitude, v.latitude), coalesce(EXCLUDED.longitude, v.longitude))",
        {"rows": _json(sorted(venues, key=lambda v: (v.name, v.city or "")))},
    )


async def find_venues(tx: Transaction, venues: Sequence[SavedVenue]) -> list[VenueRef]:
    """The stored venues of these names and cities."""
    return await tx.all(
        VenueRef,
        "SELECT v.id, v.name, v.city FROM venues v"
        " JOIN jsonb_to_recordset(%(rows)s::jsonb) AS r (organiser_id uuid, name text, city text)"
        "   ON v.organiser_id = r.organiser_id AND v.name = r.name"
        "   AND v.city IS NOT DISTINCT FROM r.city",
        {"rows": _json(venues)},
    )


# -- Events: writing ------------------------------------------------------------------------------


async def claim_event(tx: Transaction, event_id: EventId, organiser_id: OrganiserId) -> None:
    """Makes an empty draft unless the event exists: of two creators one waits for the other."""
    await tx.execute(
        "INSERT INTO events (id, organiser_id, title) VALUES (%s, %s, '') ON CONFLICT DO NOTHING",
        (event_id, organiser_id),
    )


async def lock_events(tx: Transaction, event_ids: Sequence[EventId]) -> list[EventHead]:
    return await tx.all(
        EventHead,
        "SELECT id, organiser_id, state, source_uid, source_hash, draft_hash"
        " FROM events WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
        (list(event_ids),),
    )


async def lock_imported_events(
    tx: Transaction, organiser_id: OrganiserId, source_uids: Sequence[str]
) -> list[EventHead]:
    return await tx.all(
        EventHead,
        "SELECT id, organiser_id, state, source_uid, source_hash, draft_hash"
        " FROM events WHERE organiser_id = %s AND source_uid = ANY(%s) ORDER BY id FOR UPDATE",
        (organiser_id, list(source_uids)),
    )


async def save_events(tx: Transaction, events: Sequence[SavedEvent]) -> None:
    """What came from a file keeps its source when a person edits it."""
    await tx.execute(
        "INSERT INTO events AS e (id, organiser_id, title, description, language, url, category,"
        "   state, source_uid, source_hash, draft_hash, search_text, refund_rule, access)"
        " SELECT id, organiser_id, title, description, language, url, category, state, source_uid,"
        "   decode(source_hash, 'hex'), decode(draft_hash, 'hex'), search_text, refund_rule, access"
        " FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (id uuid, organiser_id uuid, title text,"
        "   description text, language text, url text, category text, state text, source_uid text,"
        "   source_hash text, draft_hash text, search_text text, refund_rule text, access text)"
        " ON CONFLICT (id) DO UPDATE SET title = EXCLUDED.title,"
        "   description = EXCLUDED.description, language = EXCLUDED.language, url = EXCLUDED.url,"
        "   category = EXCLUDED.category, draft_hash = EXCLUDED.draft_hash,"
        "   state = CASE EXCLUDED.state WHEN 'cancelled' THEN 'cancelled' ELSE e.state END,"
        "   source_uid = coalesce(EXCLUDED.source_uid, e.source_uid),"
        "   source_hash = coalesce(EXCLUDED.source_hash, e.source_hash),"
        "   search_text = EXCLUDED.search_text,"
        "   refund_rule = coalesce(EXCLUDED.refund_rule, e.refund_rule),"
        "   access = coalesce(EXCLUDED.access, e.access)",
        {"rows": _json(events)},
    )


async def save_dates(tx: Transaction, dates: Sequence[SavedDate]) -> int:
    """How many were written: a date of another event is not.

    The state follows an imported file when what the file says has changed; a date whose event is
    published counts as moved when its times change.
    """
    return await tx.execute(
        "INSERT INTO event_dates AS d (id, event_id, starts_at, ends_at, zone, all_day, state,"
        "   room, venue_id, source_key, source_state)"
        " SELECT id, event_id, starts_at, ends_at, zone, all_day, state, room, venue_id,"
        "   source_key, source_state"
        " FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (id uuid, event_id uuid,"
        "   starts_at timestamptz, ends_at timestamptz, zone text, all_day boolean, state text,"
        "   room text, venue_id uuid, source_key text, source_state text)"
        " ON CONFLICT (id) DO UPDATE SET starts_at = EXCLUDED.starts_at,"
        "   ends_at = EXCLUDED.ends_at, zone = EXCLUDED.zone, all_day = EXCLUDED.all_day,"
        "   room = EXCLUDED.room, venue_id = EXCLUDED.venue_id,"
        "   source_key = coalesce(EXCLUDED.source_key, d.source_key),"
        "   source_state = coalesce(EXCLUDED.source_state, d.source_state),"
        "   state = CASE"
        "     WHEN EXCLUDED.source_state <> coalesce(d.source_state, '') THEN EXCLUDED.state"
        "     WHEN d.state = 'scheduled'"
        "       AND (d.starts_at, d.ends_at) <> (EXCLUDED.starts_at, EXCLUDED.ends_at)"
        "       AND (SELECT e.published_at IS NOT NULL FROM events e WHERE e.id = d.event_id)"
        "       THEN 'moved'"
        "     ELSE d.state END"
        " WHERE d.event_id = EXCLUDED.event_id",
        {"rows": _json(dates)},
    )


async def find_date_keys(tx: Transaction, event_ids: Sequence[EventId]) -> list[DateKey]:
    return await tx.all(
        DateKey,
        "SELECT id, event_id, source_key FROM event_dates"
        " WHERE event_id = ANY(%s) AND source_key IS NOT NULL",
        (list(event_ids),),
    )


async def delete_other_dates(tx: Transaction, event_id: EventId, kept: Sequence[DateId]) -> None:
    await tx.execute(
        "DELETE FROM event_dates WHERE event_id = %s AND id <> ALL(%s)", (event_id, list(kept))
    )


async def cancel_other_dates(tx: Transaction, event_id: EventId, kept: Sequence[DateId]) -> None:
    await tx.execute(
        "UPDATE event_dates SET state = 'cancelled' WHERE event_id = %s AND id <> ALL(%s)",
        (event_id, list(kept)),
    )


async def publish_events(tx: Transaction, event_ids: Sequence[EventId]) -> None:
    await tx.execute(
        "UPDATE events SET state = 'published',"
        " published_at = coalesce(published_at, clock_timestamp())"
        " WHERE id = ANY(%s) AND state = 'draft'",
        (list(event_ids),),
    )


async def cancel_event(tx: Transaction, event_id: EventId) -> None:
    await tx.execute("UPDATE events SET state = 'cancelled' WHERE id = %s", (event_id,))


async def refresh_dates(tx: Transaction, event_ids: Sequence[EventId]) -> None:
    """Sets which dates are listed and which are over."""
    await tx.execute(
        "UPDATE event_dates AS d SET listed = f.listed, over = f.over"
        " FROM (SELECT x.id, e.state = 'published' AND x.state <> 'cancelled' AS listed,"
        "         x.ends_at <= clock_timestamp() AS over"
        "       FROM event_dates x JOIN events e ON e.id = x.event_id WHERE e.id = ANY(%s)) f"
        " WHERE d.id = f.id AND (d.listed, d.over) IS DISTINCT FROM (f.listed, f.over)",
        (list(event_ids),),
    )


async def refresh_events(tx: Transaction, event_ids: Sequence[EventId], changes: int) -> None:
    """What lists show of an event, from its dates and ticket types; `changes` add to its version.

    After refresh_dates.
    """
    await tx.execute(
        "UPDATE events AS e SET version = e.version + %(changes)s, first_starts_at = f.starts_at,"
        "   next_date_id = n.id, next_starts_at = n.starts_at, price_from_minor = p.price_minor,"
        "   price_from_currency = p.currency, free = coalesce(p.price_minor = 0, false),"
        "   prices_vary = EXISTS (SELECT FROM ticket_types t WHERE t.event_id = e.id"
        "     AND t.price_minor > p.price_minor)"
        " FROM unnest(%(ids)s::uuid[]) AS c (id)"
        " LEFT JOIN LATERAL (SELECT starts_at FROM event_dates WHERE event_id = c.id"
        "   ORDER BY state = 'cancelled', starts_at LIMIT 1) f ON true"
        " LEFT JOIN LATERAL (SELECT id, starts_at FROM event_dates WHERE event_id = c.id"
        "   AND listed AND NOT over ORDER BY starts_at, id LIMIT 1) n ON true"
        " LEFT JOIN LATERAL (SELECT price_minor, currency FROM ticket_types WHERE event_id = c.id"
        "   ORDER BY price_minor LIMIT 1) p ON true"
        " WHERE e.id = c.id",
        {"ids": list(event_ids), "changes": changes},
    )


# -- Ticket types ---------------------------------------------------------------------------------


async def find_ticket_types(tx: Transaction, event_ids: Sequence[EventId]) -> list[TicketTypeRow]:
    return await tx.all(
        TicketTypeRow,
        "SELECT id, event_id, name, description, price_minor, currency, tax_rate_bp, sale_from,"
        "   sale_until, min_per_booking, max_per_booking, position, seat_category"
        " FROM ticket_types WHERE event_id = ANY(%s) ORDER BY event_id, position, price_minor, id",
        (list(event_ids),),
    )


async def save_ticket_types(tx: Transaction, rows: Sequence[TicketTypeRow]) -> int:
    """How many were written: a ticket type of another event is not."""
    return await tx.execute(
        "INSERT INTO ticket_types AS t (id, event_id, name, description, price_minor, currency,"
        "   tax_rate_bp, sale_from, sale_until, min_per_booking, max_per_booking, position)"
        " SELECT id, event_id, name, description, price_minor, currency, tax_rate_bp, sale_from,"
        "   sale_until, min_per_booking, max_per_booking, position"
        " FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (id uuid, event_id uuid, name text,"
        "   description text, price_minor bigint, currency text, tax_rate_bp integer,"
        "   sale_from timestamptz, sale_until timestamptz, min_per_booking integer,"
        "   max_per_booking integer, position integer)"
        " ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, description = EXCLUDED.description,"
        "   price_minor = EXCLUDED.price_minor, currency = EXCLUDED.currency,"
        "   tax_rate_bp = EXCLUDED.tax_rate_bp, sale_from = EXCLUDED.sale_from,"
        "   sale_until = EXCLUDED.sale_until, min_per_booking = EXCLUDED.min_per_booking,"
        "   max_per_booking = EXCLUDED.max_per_booking, position = EXCLUDED.position"
        " WHERE t.event_id = EXCLUDED.event_id",
        {"rows": _json(rows)},
    )


async def delete_ticket_type(tx: Transaction, event_id: EventId, id_: TicketTypeId) -> int:
    return await tx.execute(
        "DELETE FROM ticket_types WHERE event_id = %s AND id = %s", (event_id, id_)
    )


# -- Events: reading ------------------------------------------------------------------------------


async def find_event(tx: Transaction, event_id: EventId) -> EventRow | None:
    return await tx.maybe(
        EventRow,
        "SELECT e.id, e.organiser_id, coalesce(o.name, '') AS organiser_name,"
        "   coalesce(o.slug, '') AS organiser_slug, e.title, e.description, e.language, e.url,"
        "   coalesce(e.refund_rule, '') AS refund_rule, coalesce(e.access, '') AS access,"
        "   e.category, e.state, e.published_at IS NOT NULL AS was_published,"
        "   e.source_uid IS NOT NULL AS imported"
        " FROM events e LEFT JOIN organisers o ON o.id = e.organiser_id WHERE e.id = %s",
        (event_id,),
    )


async def find_offered(tx: Transaction, event_ids: Sequence[EventId]) -> list[OfferedRow]:
    return await tx.all(
        OfferedRow,
        "SELECT id, version, organiser_id, title, state FROM events WHERE id = ANY(%s) ORDER BY id",
        (list(event_ids),),
    )


async def find_dates(tx: Transaction, event_ids: Sequence[EventId]) -> list[DateRow]:
    return await tx.all(
        DateRow,
        "SELECT d.id, d.event_id, d.starts_at, d.ends_at, d.zone, d.all_day, d.state, d.room,"
        "   d.venue_id, v.name AS venue_name, v.address, v.city, v.country, v.latitude,"
        "   v.longitude, d.plan_id, d.plan_version"
        " FROM event_dates d LEFT JOIN venues v ON v.id = d.venue_id"
        " WHERE d.event_id = ANY(%s) ORDER BY d.event_id, d.starts_at, d.id",
        (list(event_ids),),
    )
