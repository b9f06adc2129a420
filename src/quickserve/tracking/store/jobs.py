"""Jobs: what is carried to whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quickserve.contracts.ordering import OrderAccepted, OrderId
from quickserve.contracts.tracking import HandoverId, JobId, Proof, ShiftId
from quickserve.kernel.db import Jsonb, Transaction
from quickserve.kernel.ids import OrganiserId
from quickserve.tracking.model import Job

_JOB = (
    "SELECT j.id, j.organiser_id, j.stand_id, j.event_id, j.number, j.stand_name, j.seat,"
    " j.latitude, j.longitude, j.from_latitude, j.from_longitude, j.route, j.items, j.age_min,"
    " j.state, j.ready, j.ready_at, j.made_at, j.shift_id, s.runner, s.moves, j.pin, j.attempts,"
    " j.near, j.nearby_at, j.told_picked_up, j.proof, j.assigned_at, j.picked_up_at, j.ended_at"
    " FROM jobs j LEFT JOIN shifts s ON s.id = j.shift_id"
)


async def insert_job(tx: Transaction, order: OrderAccepted, pin: str) -> bool:
    """Unless it is there, or the order has ended already."""
    return await tx.execute(
        "INSERT INTO jobs (id, organiser_id, state, stand_id, event_id, number, stand_name,"
        " fulfilment, seat, latitude, longitude, from_latitude, from_longitude, items, age_min,"
        " ready_at, pin)"
        " SELECT %(id)s, %(organiser)s, 'waiting', %(stand)s, %(event)s, %(number)s, %(name)s,"
        "  %(fulfilment)s, %(seat)s, %(latitude)s, %(longitude)s, %(from_latitude)s,"
        "  %(from_longitude)s, %(items)s, %(age_min)s, %(ready_at)s, %(pin)s"
        " WHERE NOT EXISTS (SELECT 1 FROM ended_orders WHERE order_id = %(id)s)"
        " ON CONFLICT (id) DO NOTHING",
        {
            "id": order.order_id, "organiser": order.organiser_id, "stand": order.stand_id,
            "event": order.event_id, "number": order.number, "name": order.stand_name,
            "fulfilment": order.fulfilment, "seat": order.seat, "latitude": order.latitude,
            "longitude": order.longitude, "from_latitude": order.from_latitude,
            "from_longitude": order.from_longitude, "items": order.items,
            "age_min": order.age_min, "ready_at": order.ready_at, "pin": pin,
        },
    ) == 1  # fmt: skip


async def note_ended_order(tx: Transaction, order_id: OrderId) -> None:
    await tx.execute(
        "INSERT INTO ended_orders (order_id) VALUES (%s) ON CONFLICT DO NOTHING", (order_id,)
    )


async def find_job(tx: Transaction, job_id: JobId) -> Job | None:
    return await tx.maybe(Job, _JOB + " WHERE j.id = %s", (job_id,))


async def lock_job(tx: Transaction, job_id: JobId) -> Job | None:
    return await tx.maybe(Job, _JOB + " WHERE j.id = %s FOR UPDATE OF j", (job_id,))


async def find_open(tx: Transaction, organiser_id: OrganiserId, most: int) -> list[Job]:
    return await tx.all(
        Job,
        _JOB + " WHERE j.organiser_id = %s AND j.ended_at IS NULL"
        " ORDER BY j.ready_at, j.id LIMIT %s",
        (organiser_id, most),
    )


async def find_of_shifts(tx: Transaction, shift_ids: Sequence[ShiftId]) -> list[Job]:
    """What they have in hand, in the order in which it was given to them."""
    return await tx.all(
        Job,
        _JOB + " WHERE j.shift_id = ANY(%s) AND j.state IN ('assigned', 'carried')"
        " ORDER BY j.assigned_at, j.id",
        (shift_ids,),
    )


async def find_carried(tx: Transaction, shift_ids: Sequence[ShiftId]) -> list[Job]:
    return await tx.all(
        Job,
        _JOB + " WHERE j.shift_id = ANY(%s) AND j.state = 'carried' ORDER BY j.assigned_at, j.id",
        (shift_ids,),
    )


_DUE = (
    " j.state = 'waiting' AND NOT j.by_hand"
    " AND (j.ready OR j.ready_at <= clock_timestamp() + %s * interval '1 second')"
)


async def find_due_organisers(tx: Transaction, lead_seconds: float) -> list[OrganiserId]:
    rows = await tx.all(
        _OrganiserId,
        "SELECT DISTINCT j.organiser_id FROM jobs j WHERE j.state = 'waiting' AND NOT j.by_hand"
        " AND (j.ready OR j.ready_at <= clock_timestamp() + %s * interval '1 second')"
        " AND EXISTS (SELECT 1 FROM shifts s WHERE s.organiser_id = j.organiser_id"
        "  AND s.ended_at IS NULL) ORDER BY 1 LIMIT 500",
        (lead_seconds,),
    )
    return [row.organiser_id for row in rows]


@dataclass(frozen=True, slots=True)
class _OrganiserId:
    organiser_id: OrganiserId


async def lock_due(
    tx: Transaction, organiser_id: OrganiserId, lead_seconds: float, most: int
) -> list[Job]:
    """Waiting, and ready by when a runner can be there."""
    return await tx.all(
        Job,
        _JOB
        + " WHERE j.organiser_id = %s AND"
        + _DUE
        + " ORDER BY j.ready_at, j.id LIMIT %s FOR UPDATE OF j SKIP LOCKED",
        (organiser_id, lead_seconds, most),
    )


async def assign(
    tx: Transaction, job_id: JobId, shift_id: ShiftId | None, *, by_hand: bool = False
) -> None:
    """None: it waits again."""
    await tx.execute(
        "UPDATE jobs SET shift_id = %(shift)s, by_hand = %(by_hand)s, near = false,"
        " picked_up_at = NULL,"
        " state = CASE WHEN %(shift)s::uuid IS NULL THEN 'waiting' ELSE 'assigned' END,"
        " assigned_at = CASE WHEN %(shift)s::uuid IS NULL THEN NULL ELSE clock_timestamp() END"
        " WHERE id = %(id)s",
        {"id": job_id, "shift": shift_id, "by_hand": by_hand},
    )


async def give_back_all(tx: Transaction, shift_id: ShiftId) -> list[JobId]:
    """What the shift has not picked up yet."""
    rows = await tx.all(
        _Id,
        "UPDATE jobs SET state = 'waiting', shift_id = NULL, assigned_at = NULL, by_hand = false"
        " WHERE shift_id = %s AND state = 'assigned' RETURNING id",
        (shift_id,),
    )
    return [row.id for row in rows]


@dataclass(frozen=True, slots=True)
class _Id:
    id: JobId


async def pick_up(tx: Transaction, job_id: JobId, at: datetime) -> None:
    await tx.execute(
        "UPDATE jobs SET state = 'carried', picked_up_at = %s, told_picked_up = true WHERE id = %s",
        (at, job_id),
    )


async def note_attempt(tx: Transaction, job_id: JobId) -> None:
    await tx.execute("UPDATE jobs SET attempts = attempts + 1 WHERE id = %s", (job_id,))


async def finish(tx: Transaction, job_id: JobId, at: datetime, proof: Proof) -> None:
    await tx.execute(
        "UPDATE jobs SET state = 'done', ended_at = %s, proof = %s, near = false WHERE id = %s",
        (at, proof, job_id),
    )


async def drop(tx: Transaction, job_id: JobId) -> None:
    await tx.execute(
        "UPDATE jobs SET state = 'dropped', ended_at = clock_timestamp(), near = false"
        " WHERE id = %s",
        (job_id,),
    )


async def set_ready(tx: Transaction, job_id: JobId) -> None:
    await tx.execute("UPDATE jobs SET ready = true WHERE id = %s", (job_id,))


async def set_near(tx: Transaction, job_id: JobId, *, near: bool) -> None:
    await tx.execute(
        "UPDATE jobs SET near = %s WHERE id = %s AND state = 'carried'", (near, job_id)
    )


async def note_nearby(tx: Transaction, job_id: JobId, at: datetime) -> bool:
    """Whether this is the first time."""
    return (
        await tx.execute(
            "UPDATE jobs SET nearby_at = %s"
            " WHERE id = %s AND nearby_at IS NULL AND state = 'carried'",
            (at, job_id),
        )
        == 1
    )


async def set_route(tx: Transaction, job_id: JobId, route: Any) -> None:
    await tx.execute("UPDATE jobs SET route = %s WHERE id = %s", (Jsonb(route), job_id))


# -- Handovers -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handover:
    id: HandoverId
    job_id: JobId
    at: datetime
    proof: Proof | None
    body_hash: bytes


async def find_handover(tx: Transaction, handover_id: HandoverId) -> Handover | None:
    return await tx.maybe(
        Handover,
        "SELECT id, job_id, at, proof, body_hash FROM handovers WHERE id = %s",
        (handover_id,),
    )


async def insert_handover(tx: Transaction, handover: Handover) -> None:
    await tx.execute(
        "INSERT INTO handovers (id, job_id, at, proof, body_hash) VALUES (%s, %s, %s, %s, %s)",
        (handover.id, handover.job_id, handover.at, handover.proof, handover.body_hash),
    )


@dataclass(frozen=True, slots=True)
class CarryTimes:
    count: int
    short_s: float | None
    long_s: float | None


async def carry_times(tx: Transaction, job_id: JobId) -> CarryTimes:
    """How long the stand's last orders were carried: what most of them took at least, at most."""
    return await tx.one(
        CarryTimes,
        "SELECT count(*) AS count,"
        " percentile_cont(0.2) WITHIN GROUP (ORDER BY seconds) AS short_s,"
        " percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS long_s"
        " FROM (SELECT extract(epoch FROM ended_at - picked_up_at)::float8 AS seconds FROM jobs"
        "  WHERE state = 'done' AND picked_up_at IS NOT NULL"
        "  AND stand_id = (SELECT stand_id FROM jobs WHERE id = %s)"
        "  ORDER BY ended_at DESC LIMIT 50) AS latest",
        (job_id,),
    )


# -- Forgetting ------------------------------------------------------------------------------------


async def forget_destinations(tx: Transaction, most: int) -> int:
    return await tx.execute(
        "UPDATE jobs SET seat = '', latitude = NULL, longitude = NULL, route = NULL, pin = ''"
        " WHERE id IN (SELECT id FROM jobs WHERE ended_at < clock_timestamp() - interval '1 day'"
        "  AND pin <> '' LIMIT %s)",
        (most,),
    )


async def erase_destinations(tx: Transaction, order_ids: Sequence[OrderId]) -> int:
    """As `forget_destinations`, of these orders at once; what is carried still needs its own."""
    return await tx.execute(
        "UPDATE jobs SET seat = '', latitude = NULL, longitude = NULL, route = NULL, pin = ''"
        " WHERE id = ANY(%s) AND ended_at IS NOT NULL AND pin <> ''",
        (list(order_ids),),
    )


async def delete_ended_orders(tx: Transaction, most: int) -> int:
    return await tx.execute(
        "DELETE FROM ended_orders WHERE order_id IN (SELECT order_id FROM ended_orders"
        " WHERE ended_at < clock_timestamp() - interval '7 days' LIMIT %s)",
        (most,),
    )
