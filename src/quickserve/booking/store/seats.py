"""Seats of dates. Whoever changes one locks the date's row of `seated_dates` first.

Locks are taken in one order: holds, bookings, seated dates, blocks of vouchers, quotas by id.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from quickserve.contracts.catalog import DateId, EventId
from quickserve.contracts.seating import PlanId, SeatId
from quickserve.kernel.db import Transaction


@dataclass(frozen=True, slots=True)
class SeatedDate:
    date_id: DateId
    plan_id: PlanId
    plan_version: int
    version: int
    ready: bool


async def lock_date(tx: Transaction, date_id: DateId) -> SeatedDate | None:
    """Nobody else changes its seats until the transaction ends."""
    return await tx.maybe(
        SeatedDate,
        "SELECT date_id, plan_id, plan_version, version, ready FROM seated_dates"
        " WHERE date_id = %s FOR UPDATE",
        (date_id,),
    )


async def find_date(tx: Transaction, date_id: DateId) -> SeatedDate | None:
    return await tx.maybe(
        SeatedDate,
        "SELECT date_id, plan_id, plan_version, version, ready FROM seated_dates"
        " WHERE date_id = %s",
        (date_id,),
    )


@dataclass(frozen=True, slots=True)
class SeatChange:
    """What became of a seat."""

    seat_id: SeatId
    state: Literal["free", "held", "sold"]


async def changes_since(tx: Transaction, date_id: DateId, version: int) -> list[SeatChange]:
    """Seats that changed after that version; all that were ever touched after -1."""
    return await tx.all(
        SeatChange,
        "SELECT seat_id, state FROM seats WHERE date_id = %s AND version > %s",
        (date_id, version),
    )


async def take_seats(
    tx: Transaction, date_id: DateId, version: int, taken: Sequence[tuple[SeatId, UUID]],
    state: Literal["held", "sold"],
) -> int:  # fmt: skip
    """Of a locked date, for who is named beside each. How many were free, and are taken now."""
    return await tx.value(
        "WITH raised AS (UPDATE seated_dates SET version = %(version)s WHERE date_id = %(date)s),"
        " taken AS (INSERT INTO seats AS known (date_id, seat_id, state, taken_by, version)"
        "  SELECT %(date)s, new.seat_id, %(state)s, new.taken_by, %(version)s"
        "  FROM jsonb_to_recordset(%(taken)s::jsonb) AS new(seat_id text, taken_by uuid)"
        "  ON CONFLICT (date_id, seat_id) DO UPDATE SET state = excluded.state,"
        "  taken_by = excluded.taken_by, version = excluded.version WHERE known.state = 'free'"
        "  RETURNING 1) SELECT count(*) FROM taken",
        {
            "date": date_id, "version": version, "state": state,
            "taken": json.dumps([{"seat_id": seat, "taken_by": str(who)} for seat, who in taken]),
        },
    )  # fmt: skip


async def free_all(tx: Transaction, date_ids: Sequence[DateId], holders: Sequence[UUID]) -> None:
    """What these holds or bookings have, where they have seats."""
    await tx.execute(
        "WITH locked AS MATERIALIZED (SELECT date_id FROM seated_dates"
        "  WHERE date_id = ANY(%(dates)s) ORDER BY date_id FOR UPDATE),"
        " raised AS (UPDATE seated_dates d SET version = d.version + 1 FROM locked"
        "  WHERE d.date_id = locked.date_id RETURNING d.date_id, d.version)"
        " UPDATE seats s SET state = 'free', taken_by = NULL, version = raised.version FROM raised"
        " WHERE s.date_id = raised.date_id AND s.taken_by = ANY(%(holders)s)",
        {"dates": list(date_ids), "holders": list(holders)},
    )


async def free_some(
    tx: Transaction, date_id: DateId, holder: UUID, seat_ids: Sequence[SeatId]
) -> None:
    await tx.execute(
        "WITH raised AS (UPDATE seated_dates SET version = version + 1 WHERE date_id = %(date)s"
        "  RETURNING version)"
        " UPDATE seats s SET state = 'free', taken_by = NULL, version = raised.version FROM raised"
        " WHERE s.date_id = %(date)s AND s.taken_by = %(holder)s AND s.seat_id = ANY(%(seats)s)",
        {"date": date_id, "holder": holder, "seats": list(seat_ids)},
    )


async def pass_on(
    tx: Transaction, date_id: DateId, heirs: Sequence[tuple[UUID, UUID]],
    state: Literal["held", "sold"],
) -> None:  # fmt: skip
    """What each one has is now the other's, held or sold."""
    pairs: list[dict[str, Any]] = [{"of": str(of), "to": str(to)} for of, to in heirs]
    await tx.execute(
        "WITH raised AS (UPDATE seated_dates SET version = version + 1 WHERE date_id = %(date)s"
        "  RETURNING version)"
        " UPDATE seats s SET state = %(state)s, taken_by = heir.to, version = raised.version"
        ' FROM raised, jsonb_to_recordset(%(pairs)s::jsonb) AS heir(of uuid, "to" uuid)'
        " WHERE s.date_id = %(date)s AND s.taken_by = heir.of",
        {"date": date_id, "state": state, "pairs": json.dumps(pairs)},
    )


# -- Plans ----------------------------------------------------------------------------------------


async def keep_dates(tx: Transaction, event_id: EventId) -> None:
    """The event's dates that have a plan; one with another plan than before is not ready."""
    await tx.execute(
        "INSERT INTO seated_dates AS known (date_id, plan_id, plan_version)"
        " SELECT id, plan_id, plan_version FROM offered_dates"
        " WHERE event_id = %s AND plan_id IS NOT NULL AND plan_version IS NOT NULL"
        " ON CONFLICT (date_id) DO UPDATE SET plan_id = excluded.plan_id,"
        " plan_version = excluded.plan_version, ready = false"
        " WHERE (known.plan_id, known.plan_version)"
        "  IS DISTINCT FROM (excluded.plan_id, excluded.plan_version)",
        (event_id,),
    )


async def link_categories(tx: Transaction, event_id: EventId) -> None:
    """The ticket types of each category's seats, for all dates of the event."""
    await tx.execute(
        "WITH own AS (SELECT q.id, q.name FROM quotas q JOIN offered_dates d ON d.id = q.date_id"
        "  WHERE d.event_id = %(event)s AND q.kind = 'seats'),"
        " wanted AS (SELECT own.id AS quota_id, t.id AS ticket_type_id FROM own"
        "  JOIN offered_ticket_types t ON t.event_id = %(event)s AND t.seat_category = own.name),"
        " dropped AS (DELETE FROM quota_ticket_types l USING own WHERE l.quota_id = own.id"
        "  AND (l.quota_id, l.ticket_type_id) NOT IN (SELECT quota_id, ticket_type_id FROM wanted))"
        " INSERT INTO quota_ticket_types (quota_id, ticket_type_id) SELECT * FROM wanted"
        " ON CONFLICT DO NOTHING",
        {"event": event_id},
    )


async def dates_to_prepare(tx: Transaction, limit: int) -> list[SeatedDate]:
    return await tx.all(
        SeatedDate,
        "SELECT date_id, plan_id, plan_version, version, ready FROM seated_dates"
        " WHERE NOT ready LIMIT %s",
        (limit,),
    )


async def find_plan(tx: Transaction, plan_id: PlanId, version: int) -> Any:
    """Its JSON, None when it is not here."""
    return await tx.value(
        "SELECT plan FROM seating_plans WHERE id = %s AND version = %s", (plan_id, version)
    )


async def keep_plan(tx: Transaction, plan_id: PlanId, version: int, plan: str) -> None:
    await tx.execute(
        "INSERT INTO seating_plans (id, version, plan) VALUES (%s, %s, %s::jsonb)"
        " ON CONFLICT DO NOTHING",
        (plan_id, version, plan),
    )


async def put_category_quotas(
    tx: Transaction, date_id: DateId, categories: Sequence[tuple[UUID, str, int]]
) -> None:
    """(id, category, seats for sale). Never fewer than are taken: what was sold stays sold."""
    rows = [{"id": str(i), "name": name, "capacity": size} for i, name, size in categories]
    await tx.execute(
        "INSERT INTO quotas AS known (id, date_id, organiser_id, name, capacity, kind)"
        " SELECT new.id, %(date)s, e.organiser_id, new.name, new.capacity, 'seats'"
        " FROM jsonb_to_recordset(%(rows)s::jsonb) AS new(id uuid, name text, capacity integer),"
        " offered_dates d JOIN offered_events e ON e.id = d.event_id WHERE d.id = %(date)s"
        " ORDER BY new.id ON CONFLICT (id) DO UPDATE"
        " SET capacity = greatest(excluded.capacity, known.held + known.sold)",
        {"date": date_id, "rows": json.dumps(rows)},
    )


async def retire_other_categories(tx: Transaction, date_id: DateId, kept: Sequence[UUID]) -> None:
    """Categories that the plan has no more sell nothing more."""
    await tx.execute(
        "UPDATE quotas SET capacity = held + sold"
        " WHERE date_id = %s AND kind = 'seats' AND NOT id = ANY(%s)",
        (date_id, list(kept)),
    )


async def set_ready(tx: Transaction, seated: SeatedDate) -> EventId | None:
    """The event, when the plan is still this one."""
    return await tx.value(
        "UPDATE seated_dates s SET ready = true, version = s.version + 1 FROM offered_dates d"
        " WHERE s.date_id = %s AND s.plan_id = %s AND s.plan_version = %s AND d.id = s.date_id"
        " RETURNING d.event_id",
        (seated.date_id, seated.plan_id, seated.plan_version),
    )
