"""How a stand has done: counts and loads, for its organiser."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from quickserve.contracts.kitchen import SlotLoad, StaffStep
from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import OrderId, OrderState
from quickserve.kernel.db import Transaction


async def count_refusals(tx: Transaction, counts: Mapping[tuple[StandId, str], int]) -> None:
    """By stand and problem code."""
    keys = sorted(counts)
    await tx.execute(
        "INSERT INTO stand_refusals AS known (stand_id, hour, code, count)"
        " SELECT stand_id, date_trunc('hour', clock_timestamp()), code, count"
        " FROM unnest(%s::uuid[], %s::text[], %s::integer[]) AS new(stand_id, code, count)"
        " ON CONFLICT (stand_id, hour, code) DO UPDATE SET count = known.count + excluded.count",
        ([key[0] for key in keys], [key[1] for key in keys], [counts[key] for key in keys]),
    )


async def delete_old_refusals(tx: Transaction) -> int:
    return await tx.execute(
        "DELETE FROM stand_refusals WHERE hour < clock_timestamp() - interval '30 days'"
    )


@dataclass(frozen=True, slots=True)
class Named:
    name: str
    count: int


async def refusals(tx: Transaction, stand_id: StandId) -> list[Named]:
    return await tx.all(
        Named,
        "SELECT code AS name, sum(count)::int AS count FROM stand_refusals WHERE stand_id = %s"
        " AND hour > clock_timestamp() - interval '24 hours' GROUP BY code ORDER BY 2 DESC, 1",
        (stand_id,),
    )


async def rejections(tx: Transaction, stand_id: StandId) -> list[Named]:
    """By reason."""
    return await tx.all(
        Named,
        "SELECT coalesce(s.reason, 'other') AS name, count(*)::int AS count FROM orders o"
        " JOIN order_steps s ON s.order_id = o.id AND s.state = 'rejected' WHERE o.stand_id = %s"
        " AND o.placed_at > clock_timestamp() - interval '24 hours'"
        " GROUP BY 1 ORDER BY 2 DESC, 1",
        (stand_id,),
    )


@dataclass(frozen=True, slots=True)
class Counts:
    placed: int
    finished: int
    cancelled: int
    waiting: int
    oldest: datetime | None
    ready_p50_s: int
    ready_p90_s: int


async def counts(tx: Transaction, stand_id: StandId) -> Counts:
    """Without those whose payment never came to be."""
    return await tx.one(
        Counts,
        "SELECT count(*)::int AS placed,"
        " count(*) FILTER (WHERE state IN ('delivered', 'picked-up'))::int AS finished,"
        " count(*) FILTER (WHERE state = 'cancelled')::int AS cancelled,"
        " count(*) FILTER (WHERE state IN ('submitted', 'accepted', 'preparing'))::int AS waiting,"
        " min(placed_at) FILTER (WHERE state IN ('submitted', 'accepted', 'preparing')) AS oldest,"
        " coalesce(percentile_cont(0.5) WITHIN GROUP"
        " (ORDER BY extract(epoch FROM ready_at - placed_at)), 0)::int AS ready_p50_s,"
        " coalesce(percentile_cont(0.9) WITHIN GROUP"
        " (ORDER BY extract(epoch FROM ready_at - placed_at)), 0)::int AS ready_p90_s"
        " FROM orders WHERE stand_id = %s AND state NOT IN ('pending', 'withdrawn')"
        " AND placed_at > clock_timestamp() - interval '24 hours'",
        (stand_id,),
    )


async def slots(
    tx: Transaction, stand_id: StandId, since: datetime, until: datetime
) -> list[SlotLoad]:
    return await tx.all(
        SlotLoad,
        "SELECT station, starts_at, capacity_s, reserved_s FROM station_slots"
        " WHERE stand_id = %s AND starts_at >= %s AND starts_at < %s ORDER BY station, starts_at",
        (stand_id, since, until),
    )


async def staff_steps(tx: Transaction, order_id: OrderId) -> list[StaffStep]:
    return await tx.all(
        StaffStep,
        "SELECT state, at, by, reason, person FROM order_steps WHERE order_id = %s"
        " ORDER BY position",
        (order_id,),
    )


async def ids_of_stand(
    tx: Transaction, stand_id: StandId, number: str, states: list[OrderState],
    before: datetime | None, before_id: OrderId | None, limit: int,
) -> list[OrderId]:  # fmt: skip
    """Newest first; no `states` are all of them."""
    found: list[OrderId] = await tx.value(
        "SELECT coalesce(array_agg(id), '{}') FROM (SELECT id FROM orders"
        " WHERE stand_id = %(stand)s AND (%(number)s = '' OR number = %(number)s)"
        " AND (cardinality(%(states)s::text[]) = 0 OR state = ANY(%(states)s))"
        " AND (%(before)s::timestamptz IS NULL"
        " OR (placed_at, id) < (%(before)s, %(before_id)s::uuid))"
        " ORDER BY placed_at DESC, id DESC LIMIT %(limit)s) found",
        {
            "stand": stand_id, "number": number, "states": states, "before": before,
            "before_id": before_id, "limit": limit,
        },
    )  # fmt: skip
    return found
