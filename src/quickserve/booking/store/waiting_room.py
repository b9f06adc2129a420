"""The waiting room: rooms, places in line, the draw."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from quickserve.contracts.booking import RoomState
from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import VisitorId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId


@dataclass(frozen=True, slots=True)
class Room:
    """`now` by the database's clock."""

    date_id: DateId
    organiser_id: OrganiserId
    state: RoomState
    auto: bool
    fail_open: bool
    opens_at: datetime | None
    seed: bytes
    drawn_at: datetime | None
    drawn: int
    next_number: int
    admitted: int
    used: int
    per_second: float
    idle_since: datetime | None
    steered_at: datetime | None
    now: datetime

    @property
    def waiting(self) -> int:
        if self.state == "pre":
            return self.drawn
        return max(0, self.next_number - 1 - self.admitted)


async def rooms_now(tx: Transaction) -> list[Room]:
    return await tx.all(
        Room,
        "SELECT date_id, organiser_id, state, auto, fail_open, opens_at, seed, drawn_at, drawn,"
        " next_number, admitted, used, per_second, idle_since, steered_at,"
        " clock_timestamp() AS now FROM waiting_rooms WHERE state <> 'off'",
    )


async def find_room(tx: Transaction, date_id: DateId) -> Room | None:
    return await tx.maybe(
        Room,
        "SELECT date_id, organiser_id, state, auto, fail_open, opens_at, seed, drawn_at, drawn,"
        " next_number, admitted, used, per_second, idle_since, steered_at,"
        " clock_timestamp() AS now FROM waiting_rooms WHERE date_id = %s",
        (date_id,),
    )


async def lock_room_to_steer(tx: Transaction, date_id: DateId) -> Room | None:
    """None while another process steers it."""
    return await tx.maybe(
        Room,
        "SELECT date_id, organiser_id, state, auto, fail_open, opens_at, seed, drawn_at, drawn,"
        " next_number, admitted, used, per_second, idle_since, steered_at,"
        " clock_timestamp() AS now FROM waiting_rooms WHERE date_id = %s AND state <> 'off'"
        " FOR UPDATE SKIP LOCKED",
        (date_id,),
    )


async def put_room(
    tx: Transaction, date_id: DateId, organiser_id: OrganiserId, state: RoomState, *,
    opens_at: datetime | None, fail_open: bool, auto: bool, seed: bytes, per_second: float,
) -> None:  # fmt: skip
    """A room that is opened again begins a new line, with a new seed."""
    await tx.execute(
        "INSERT INTO waiting_rooms AS known (date_id, organiser_id, state, opens_at, fail_open,"
        " auto, seed, per_second) VALUES (%(date)s, %(organiser)s, %(state)s, %(opens_at)s,"
        " %(fail_open)s, %(auto)s, %(seed)s, %(rate)s)"
        " ON CONFLICT (date_id) DO UPDATE SET state = excluded.state,"
        " opens_at = excluded.opens_at, fail_open = excluded.fail_open, auto = excluded.auto,"
        " seed = CASE WHEN known.state = 'off' THEN excluded.seed ELSE known.seed END,"
        " drawn_at = CASE WHEN known.state = 'off' THEN NULL ELSE known.drawn_at END,"
        " drawn = CASE WHEN known.state = 'off' THEN 0 ELSE known.drawn END,"
        " idle_since = NULL",
        {
            "date": date_id, "organiser": organiser_id, "state": state, "opens_at": opens_at,
            "fail_open": fail_open, "auto": auto, "seed": seed, "rate": per_second,
        },
    )  # fmt: skip


async def clear_places(tx: Transaction, date_id: DateId) -> None:
    """Of a room that is closed: who was in its last line has no number in the next one."""
    await tx.execute(
        "DELETE FROM room_places p USING waiting_rooms w"
        " WHERE p.date_id = %s AND w.date_id = p.date_id AND w.state = 'off'",
        (date_id,),
    )


async def close_room(tx: Transaction, date_id: DateId) -> None:
    """Whoever waits may go on."""
    await tx.execute(
        "UPDATE waiting_rooms SET state = 'off', admitted = greatest(admitted, next_number - 1)"
        " WHERE date_id = %s",
        (date_id,),
    )


async def draw_numbers(tx: Transaction, date_id: DateId) -> int:
    """Everybody who came before gets a number, in an order that the seed alone decides."""
    drawn = await tx.execute(
        "UPDATE room_places p SET number = d.number FROM (SELECT visitor_id, w.next_number - 1"
        "  + row_number() OVER (ORDER BY sha256(w.seed || uuid_send(visitor_id)), visitor_id)"
        "  AS number FROM room_places o JOIN waiting_rooms w USING (date_id)"
        "  WHERE o.date_id = %(date)s AND o.number IS NULL) d"
        " WHERE p.date_id = %(date)s AND p.visitor_id = d.visitor_id",
        {"date": date_id},
    )
    await tx.execute(
        "UPDATE waiting_rooms SET state = 'open', drawn_at = clock_timestamp(),"
        " drawn_from = next_number, drawn = %(drawn)s, next_number = next_number + %(drawn)s"
        " WHERE date_id = %(date)s",
        {"date": date_id, "drawn": drawn},
    )
    return drawn


async def steer(
    tx: Transaction, date_id: DateId, *, admitted: int, per_second: float, idle: bool
) -> None:
    await tx.execute(
        "UPDATE waiting_rooms SET admitted = %s, per_second = %s, steered_at = clock_timestamp(),"
        " idle_since = CASE WHEN %s THEN coalesce(idle_since, clock_timestamp()) END"
        " WHERE date_id = %s",
        (admitted, per_second, idle, date_id),
    )


async def add_used(tx: Transaction, date_id: DateId, count: int) -> None:
    await tx.execute(
        "UPDATE waiting_rooms SET used = used + %s WHERE date_id = %s", (count, date_id)
    )


@dataclass(frozen=True, slots=True)
class Place:
    """`now` by the database's clock."""

    visitor_id: VisitorId
    number: int | None
    admitted_at: datetime | None
    now: datetime


async def lock_room(tx: Transaction, date_id: DateId) -> None:
    """Before `enter`, which then sees who came through another process meanwhile."""
    await tx.execute("SELECT FROM waiting_rooms WHERE date_id = %s FOR UPDATE", (date_id,))


async def enter(tx: Transaction, date_id: DateId, visitors: Sequence[VisitorId]) -> list[Place]:
    """In the order of their arrival; who is there already keeps the place. Needs the lock."""
    return await tx.all(
        Place,
        "WITH room AS MATERIALIZED (SELECT date_id, state, next_number FROM waiting_rooms"
        "  WHERE date_id = %(date)s),"
        " came AS (SELECT (c.value ->> 0)::uuid AS visitor_id, min(c.n) AS n"
        "  FROM jsonb_array_elements(%(visitors)s::jsonb) WITH ORDINALITY AS c(value, n)"
        "  GROUP BY 1),"
        " fresh AS (SELECT came.visitor_id, row_number() OVER (ORDER BY came.n) AS n FROM came"
        "  WHERE NOT EXISTS (SELECT FROM room_places p WHERE p.date_id = %(date)s"
        "   AND p.visitor_id = came.visitor_id)),"
        " seated AS (INSERT INTO room_places (date_id, visitor_id, number)"
        "  SELECT room.date_id, fresh.visitor_id, CASE WHEN room.state <> 'pre'"
        "   THEN room.next_number - 1 + fresh.n END FROM fresh, room"
        "  ON CONFLICT DO NOTHING RETURNING visitor_id, number, admitted_at),"
        " counted AS (UPDATE waiting_rooms w SET next_number = w.next_number"
        "  + (SELECT count(*) FROM seated WHERE number IS NOT NULL), drawn = w.drawn"
        "  + (SELECT count(*) FROM seated WHERE number IS NULL)"
        "  FROM room WHERE w.date_id = room.date_id)"
        " SELECT visitor_id, number, admitted_at, clock_timestamp() AS now FROM seated"
        " UNION ALL SELECT p.visitor_id, p.number, p.admitted_at, clock_timestamp()"
        "  FROM room_places p JOIN came USING (visitor_id) WHERE p.date_id = %(date)s",
        {"date": date_id, "visitors": json.dumps([[str(one)] for one in visitors])},
    )


async def leave(tx: Transaction, date_id: DateId, visitor_id: VisitorId) -> None:
    await tx.execute(
        "DELETE FROM room_places WHERE date_id = %s AND visitor_id = %s", (date_id, visitor_id)
    )


async def find_places(
    tx: Transaction, date_id: DateId, visitors: Sequence[VisitorId]
) -> list[Place]:
    return await tx.all(
        Place,
        "SELECT visitor_id, number, admitted_at, clock_timestamp() AS now FROM room_places"
        " WHERE date_id = %s AND visitor_id = ANY(%s)",
        (date_id, list(visitors)),
    )


async def note_admission(tx: Transaction, date_id: DateId, visitor_id: VisitorId) -> Place | None:
    """The first time it is seen counts: from then on the admission runs out."""
    return await tx.maybe(
        Place,
        "UPDATE room_places SET admitted_at = coalesce(admitted_at, clock_timestamp())"
        " WHERE date_id = %s AND visitor_id = %s"
        " RETURNING visitor_id, number, admitted_at, clock_timestamp() AS now",
        (date_id, visitor_id),
    )


async def draw_keys(tx: Transaction, date_id: DateId, limit: int) -> list[str]:
    """Of those who were there before the opening, in the order of their numbers."""
    return await tx.value(
        "SELECT coalesce(array_agg(encode(sha256(w.seed || uuid_send(p.visitor_id)), 'hex')"
        " ORDER BY p.number), '{}') FROM waiting_rooms w JOIN room_places p"
        " ON p.date_id = w.date_id AND p.number >= w.drawn_from"
        " AND p.number < w.drawn_from + least(w.drawn, %(limit)s) WHERE w.date_id = %(date)s",
        {"date": date_id, "limit": limit},
    )


async def delete_old_places(tx: Transaction, limit: int) -> int:
    return await tx.execute(
        "DELETE FROM room_places WHERE (date_id, visitor_id) IN (SELECT p.date_id, p.visitor_id"
        "  FROM room_places p JOIN waiting_rooms w USING (date_id)"
        "  WHERE p.arrived_at < statement_timestamp() - interval '1 day' AND w.state = 'off'"
        "  LIMIT %s)",
        (limit,),
    )
