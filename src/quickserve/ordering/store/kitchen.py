"""Make-seconds of stations, slot by slot. Read and changed under the lock of the stand's gate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quickserve.contracts.menus import Fulfilment, StandId
from quickserve.contracts.ordering import OrderId
from quickserve.kernel.db import Transaction
from quickserve.ordering.model import Piece
from quickserve.ordering.pacing import Cap, Load


@dataclass(frozen=True, slots=True)
class _Slot:
    """Without a start: what is behind."""

    station: str
    starts_at: datetime | None
    capacity_s: int
    reserved_s: int


async def look(
    tx: Transaction, stand_id: StandId, since: datetime
) -> tuple[dict[tuple[str, datetime], Load], dict[str, int]]:
    """The slots from `since` on, and by station the work of earlier ones that is not made yet."""
    found = await tx.all(
        _Slot,
        "SELECT station, starts_at, capacity_s, reserved_s FROM station_slots"
        " WHERE stand_id = %(stand)s AND starts_at >= %(since)s"
        " UNION ALL SELECT w.station, NULL, 0, sum(w.seconds)::int FROM order_work w"
        " JOIN orders o ON o.id = w.order_id WHERE w.stand_id = %(stand)s"
        " AND w.starts_at < %(since)s AND w.starts_at > %(since)s::timestamptz - interval '1 day'"
        " AND o.state IN ('pending', 'submitted', 'accepted', 'preparing') GROUP BY w.station",
        {"stand": stand_id, "since": since},
    )
    loads = {
        (one.station, one.starts_at): Load(one.capacity_s, one.reserved_s)
        for one in found
        if one.starts_at is not None
    }
    return loads, {one.station: one.reserved_s for one in found if one.starts_at is None}


async def add_work(
    tx: Transaction, changes: Mapping[tuple[StandId, str, datetime], tuple[int, int]]
) -> None:
    """Adds seconds to slots; `changes` has the seconds and the capacity of a slot without a row.

    Raises KitchenFull by the constraint.
    """
    keys = sorted(changes)
    await tx.execute(
        "INSERT INTO station_slots AS known (stand_id, station, starts_at, capacity_s, reserved_s)"
        " SELECT stand_id, station, starts_at, capacity_s, seconds FROM unnest(%s::uuid[],"
        " %s::text[], %s::timestamptz[], %s::integer[], %s::integer[])"
        " AS new(stand_id, station, starts_at, capacity_s, seconds)"
        " ON CONFLICT (stand_id, station, starts_at)"
        " DO UPDATE SET reserved_s = known.reserved_s + excluded.reserved_s",
        (
            [k[0] for k in keys], [k[1] for k in keys], [k[2] for k in keys],
            [changes[k][1] for k in keys], [changes[k][0] for k in keys],
        ),
    )  # fmt: skip


async def give_back(tx: Transaction, order_id: OrderId) -> None:
    """What an order reserved, all of it; its work is not remembered any more."""
    await tx.execute(
        "WITH gone AS (DELETE FROM order_work WHERE order_id = %s"
        " RETURNING stand_id, station, starts_at, seconds)"
        " UPDATE station_slots s SET reserved_s = s.reserved_s - gone.seconds FROM gone"
        " WHERE s.stand_id = gone.stand_id AND s.station = gone.station"
        " AND s.starts_at = gone.starts_at",
        (order_id,),
    )


async def give_back_all(tx: Transaction, order_ids: Sequence[OrderId]) -> None:
    """As `give_back`, for many."""
    await tx.execute(
        "WITH gone AS (DELETE FROM order_work WHERE order_id = ANY(%s)"
        " RETURNING stand_id, station, starts_at, seconds),"
        " less AS (SELECT stand_id, station, starts_at, sum(seconds)::int AS seconds FROM gone"
        " GROUP BY stand_id, station, starts_at)"
        " UPDATE station_slots s SET reserved_s = s.reserved_s - less.seconds FROM less"
        " WHERE s.stand_id = less.stand_id AND s.station = less.station"
        " AND s.starts_at = less.starts_at",
        (list(order_ids),),
    )


@dataclass(frozen=True, slots=True)
class WorkRow:
    station: str
    starts_at: datetime
    seconds: int


async def work_of(tx: Transaction, order_id: OrderId) -> list[Piece]:
    found = await tx.all(
        WorkRow,
        "SELECT station, starts_at, seconds FROM order_work WHERE order_id = %s"
        " ORDER BY starts_at DESC, station",
        (order_id,),
    )
    return [Piece(one.station, one.starts_at, one.seconds) for one in found]


async def give_back_pieces(tx: Transaction, order_id: OrderId, pieces: Sequence[Piece]) -> None:
    """A part of it: of lines that were cancelled."""
    await tx.execute(
        "WITH less AS (SELECT * FROM unnest(%(stations)s::text[], %(starts)s::timestamptz[],"
        " %(seconds)s::integer[]) AS less(station, starts_at, seconds)), gone AS ("
        " DELETE FROM order_work w USING less WHERE w.order_id = %(order)s"
        " AND w.station = less.station AND w.starts_at = less.starts_at"
        " AND w.seconds = less.seconds), fewer AS ("
        " UPDATE order_work w SET seconds = w.seconds - less.seconds FROM less"
        " WHERE w.order_id = %(order)s AND w.station = less.station"
        " AND w.starts_at = less.starts_at AND w.seconds > less.seconds)"
        " UPDATE station_slots s SET reserved_s = s.reserved_s - less.seconds FROM less,"
        " orders o WHERE o.id = %(order)s AND s.stand_id = o.stand_id"
        " AND s.station = less.station AND s.starts_at = less.starts_at",
        {
            "order": order_id, "stations": [one.station for one in pieces],
            "starts": [one.starts_at for one in pieces],
            "seconds": [one.seconds for one in pieces],
        },
    )  # fmt: skip


async def set_capacity(
    tx: Transaction, stand_id: StandId, cooks: Mapping[str, int], percent: int, since: datetime
) -> None:
    """Of slots that have rows: never below what is reserved."""
    await tx.execute(
        "UPDATE station_slots s SET capacity_s = greatest(s.reserved_s, c.cooks * 300 * %s / 100)"
        " FROM unnest(%s::text[], %s::integer[]) AS c(station, cooks)"
        " WHERE s.stand_id = %s AND s.station = c.station AND s.starts_at >= %s",
        (percent, list(cooks), list(cooks.values()), stand_id, since),
    )


# -- Caps ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _CapRow:
    fulfilment: Fulfilment
    starts_at: datetime
    orders: int
    orders_max: int
    value_minor: int
    value_max: int


async def caps(
    tx: Transaction, stand_id: StandId, since: datetime
) -> dict[tuple[Fulfilment, datetime], Cap]:
    found = await tx.all(
        _CapRow,
        "SELECT fulfilment, starts_at, orders, orders_max, value_minor, value_max"
        " FROM fulfilment_slots WHERE stand_id = %s AND starts_at >= %s",
        (stand_id, since),
    )
    return {
        (one.fulfilment, one.starts_at): Cap(
            one.orders, one.orders_max, one.value_minor, one.value_max
        )
        for one in found
    }


async def add_to_caps(
    tx: Transaction,
    stand_id: StandId,
    rows: Iterable[tuple[Fulfilment, datetime, int, int, int, int]],
) -> None:
    """Fulfilment, slot, orders and value to add, and the bounds where the slot has no row.

    Raises KitchenFull by the constraints.
    """
    columns: Sequence[Sequence[Any]] = list(zip(*sorted(rows), strict=True))
    await tx.execute(
        "INSERT INTO fulfilment_slots AS known"
        " (stand_id, fulfilment, starts_at, orders, value_minor, orders_max, value_max)"
        " SELECT %s, * FROM unnest(%s::text[], %s::timestamptz[], %s::integer[], %s::bigint[],"
        " %s::integer[], %s::bigint[]) ON CONFLICT (stand_id, fulfilment, starts_at)"
        " DO UPDATE SET orders = known.orders + excluded.orders,"
        " value_minor = known.value_minor + excluded.value_minor",
        (stand_id, *[list(column) for column in columns]),
    )


async def note_caps(
    tx: Transaction, rows: Sequence[tuple[OrderId, StandId, Fulfilment, datetime, int]]
) -> None:
    """Order, stand, fulfilment, slot and value."""
    columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True))
    await tx.execute(
        "INSERT INTO order_caps (order_id, stand_id, fulfilment, starts_at, value_minor)"
        " SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[],"
        " %s::bigint[])",
        [list(column) for column in columns],
    )


async def give_back_cap(tx: Transaction, order_id: OrderId) -> None:
    """What an order took of its slot's cap, if it had one."""
    await tx.execute(
        "WITH gone AS (DELETE FROM order_caps WHERE order_id = %s"
        " RETURNING stand_id, fulfilment, starts_at, value_minor)"
        " UPDATE fulfilment_slots s SET orders = s.orders - 1,"
        " value_minor = s.value_minor - gone.value_minor FROM gone"
        " WHERE s.stand_id = gone.stand_id AND s.fulfilment = gone.fulfilment"
        " AND s.starts_at = gone.starts_at",
        (order_id,),
    )


async def set_caps(
    tx: Transaction, stand_id: StandId, fulfilment: Fulfilment, orders: int, value: int,
    since: datetime,
) -> None:  # fmt: skip
    """Of slots that have rows: never below what is taken."""
    await tx.execute(
        "UPDATE fulfilment_slots SET orders_max = greatest(orders, %s),"
        " value_max = greatest(value_minor, %s)"
        " WHERE stand_id = %s AND fulfilment = %s AND starts_at >= %s",
        (orders, value, stand_id, fulfilment, since),
    )


async def delete_old_slots(tx: Transaction) -> int:
    """Nobody's work is counted by them any more."""
    return await tx.execute(
        "WITH caps AS (DELETE FROM fulfilment_slots"
        " WHERE starts_at < clock_timestamp() - interval '7 days')"
        " DELETE FROM station_slots WHERE starts_at < clock_timestamp() - interval '7 days'"
    )
