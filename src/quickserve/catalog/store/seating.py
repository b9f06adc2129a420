"""Seating plans: their versions, and which dates and ticket types they serve."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from quickserve.catalog.plan_rows import (
    DatePlan,
    PlanHead,
    PlanRow,
    PlanVersionHead,
    SavedPlanVersion,
    StoredPlan,
    TicketTypeCategory,
)
from quickserve.contracts.catalog import EventId
from quickserve.contracts.seating import PlanId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId


async def claim_plan(tx: Transaction, plan_id: PlanId, organiser_id: OrganiserId) -> None:
    """Makes a plan without versions unless it exists: of two creators one waits for the other."""
    await tx.execute(
        "INSERT INTO seating_plans (id, organiser_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (plan_id, organiser_id),
    )


async def lock_plan(tx: Transaction, plan_id: PlanId) -> PlanHead | None:
    return await tx.maybe(
        PlanHead,
        "SELECT p.id, p.organiser_id, p.version, v.content_hash FROM seating_plans p"
        " LEFT JOIN seating_plan_versions v ON v.plan_id = p.id AND v.version = p.version"
        " WHERE p.id = %s FOR UPDATE OF p",
        (plan_id,),
    )


async def count_plans(tx: Transaction, organiser_id: OrganiserId) -> int:
    return await tx.value(
        "SELECT count(*) FROM seating_plans WHERE organiser_id = %s", (organiser_id,)
    )


async def insert_version(tx: Transaction, row: SavedPlanVersion) -> None:
    await tx.execute(
        "WITH latest AS (UPDATE seating_plans SET version = %(version)s WHERE id = %(plan_id)s)"
        " INSERT INTO seating_plan_versions (plan_id, version, name, seats, sellable, sections,"
        "   categories, content, kept, content_hash)"
        " VALUES (%(plan_id)s, %(version)s, %(name)s, %(seats)s, %(sellable)s, %(sections)s,"
        "   %(categories)s, %(content)s, %(kept)s, %(content_hash)s)",
        asdict(row),
    )


async def find_content(tx: Transaction, plan_id: PlanId, version: int) -> StoredPlan | None:
    return await tx.maybe(
        StoredPlan,
        "SELECT p.organiser_id, v.name, v.content, v.kept FROM seating_plan_versions v"
        " JOIN seating_plans p ON p.id = v.plan_id WHERE v.plan_id = %s AND v.version = %s",
        (plan_id, version),
    )


async def plans_of_organiser(
    tx: Transaction, organiser_id: OrganiserId, limit: int
) -> list[PlanRow]:
    """The latest version of each, the plan that changed last first."""
    return await tx.all(
        PlanRow,
        "SELECT p.id, p.organiser_id, v.version, v.name, v.seats, v.sellable, v.sections,"
        "   v.categories, p.created_at, v.created_at AS changed_at,"
        "   (SELECT count(*) FROM event_dates d WHERE d.plan_id = p.id AND NOT d.over) AS dates"
        " FROM seating_plans p"
        " JOIN seating_plan_versions v ON v.plan_id = p.id AND v.version = p.version"
        " WHERE p.organiser_id = %s ORDER BY v.created_at DESC, p.id DESC LIMIT %s",
        (organiser_id, limit),
    )


async def find_plan(tx: Transaction, plan_id: PlanId) -> PlanRow | None:
    return await tx.maybe(
        PlanRow,
        "SELECT p.id, p.organiser_id, v.version, v.name, v.seats, v.sellable, v.sections,"
        "   v.categories, p.created_at, v.created_at AS changed_at,"
        "   (SELECT count(*) FROM event_dates d WHERE d.plan_id = p.id AND NOT d.over) AS dates"
        " FROM seating_plans p"
        " JOIN seating_plan_versions v ON v.plan_id = p.id AND v.version = p.version"
        " WHERE p.id = %s",
        (plan_id,),
    )


async def find_versions(
    tx: Transaction, organiser_id: OrganiserId, plan_ids: Sequence[PlanId]
) -> list[PlanVersionHead]:
    """All versions of these plans, as far as they are the organiser's."""
    return await tx.all(
        PlanVersionHead,
        "SELECT v.plan_id, v.version, v.categories FROM seating_plan_versions v"
        " JOIN seating_plans p ON p.id = v.plan_id"
        " WHERE p.organiser_id = %s AND p.id = ANY(%s)",
        (organiser_id, list(plan_ids)),
    )


async def seat_dates(tx: Transaction, event_id: EventId, dates: Sequence[DatePlan]) -> int:
    """Every date of the event gets what is said of it, or nothing. How many were changed."""
    return await tx.execute(
        "UPDATE event_dates d SET plan_id = w.plan_id, plan_version = w.plan_version"
        " FROM event_dates x LEFT JOIN jsonb_to_recordset(%(rows)s::jsonb)"
        "   AS w (date_id uuid, plan_id uuid, plan_version integer) ON w.date_id = x.id"
        " WHERE x.id = d.id AND d.event_id = %(event_id)s"
        "   AND (d.plan_id, d.plan_version) IS DISTINCT FROM (w.plan_id, w.plan_version)",
        {"event_id": event_id, "rows": json.dumps([asdict(d) for d in dates], default=str)},
    )


async def seat_ticket_types(
    tx: Transaction, event_id: EventId, kinds: Sequence[TicketTypeCategory]
) -> int:
    """Every ticket type of the event gets its category, or none. How many were changed."""
    return await tx.execute(
        "UPDATE ticket_types t SET seat_category = w.seat_category"
        " FROM ticket_types x LEFT JOIN jsonb_to_recordset(%(rows)s::jsonb)"
        "   AS w (ticket_type_id uuid, seat_category text) ON w.ticket_type_id = x.id"
        " WHERE x.id = t.id AND t.event_id = %(event_id)s"
        "   AND t.seat_category IS DISTINCT FROM w.seat_category",
        {"event_id": event_id, "rows": json.dumps([asdict(k) for k in kinds], default=str)},
    )
