"""Once a second: rooms open at their time or by demand, people are let in, rooms close."""

import math
import secrets
from datetime import timedelta

from quickserve.booking import queueing
from quickserve.booking.commands.put_waiting_room import SEED_BYTES
from quickserve.booking.resources import resources
from quickserve.booking.store import offers
from quickserve.booking.store import waiting_room as store
from quickserve.booking.store.waiting_room import Room
from quickserve.contracts.catalog import DateId
from quickserve.kernel.db import Transaction
from quickserve.kernel.service import Context

# A room that opened by itself closes when nobody has waited, and no rush is on, for so long.
QUIET = timedelta(seconds=60)


async def steer_waiting_rooms(ctx: Context) -> None:
    """Of several processes one steers a room at a time; all of them look."""
    own = resources(ctx)
    await _open_by_demand(ctx)
    latency_ms = own.rooms.take_latency_ms()
    async with ctx.db.read() as tx:
        rooms = await store.rooms_now(tx)
    own.rooms.see(rooms)
    used = own.rooms.take_used()
    for room in rooms:
        came = own.rooms.turnout(room)
        async with ctx.db.transaction() as tx:
            if count := used.get(room.date_id):
                await store.add_used(tx, room.date_id, count)
            locked = await store.lock_room_to_steer(tx, room.date_id)
            if locked is not None:
                await _steer(ctx, tx, locked, latency_ms, came)
            now = await store.find_room(tx, room.date_id)
        if now is not None:
            own.rooms.note(now)


async def _steer(
    ctx: Context, tx: Transaction, room: Room, latency_ms: float | None, came: float
) -> None:
    if room.state == "pre":
        if room.opens_at is not None and room.opens_at <= room.now:
            await store.draw_numbers(tx, room.date_id)
        return
    seconds = (room.now - room.steered_at).total_seconds() if room.steered_at else 1.0
    if seconds < _PAUSE_SECONDS:
        return  # another process just did
    depth = resources(ctx).depth(room.date_id)
    if 0 < ctx.settings.room_auto_depth <= depth:
        latency_ms = math.inf  # however quick the answers are that come
    rate = queueing.next_rate(room.per_second, latency_ms) if room.waiting else room.per_second
    more = queueing.to_admit(rate, min(seconds, 5.0), came, room.waiting)
    idle = room.waiting == 0 and depth < _CALM
    await store.steer(tx, room.date_id, admitted=room.admitted + more, per_second=rate, idle=idle)
    if room.auto and idle and room.idle_since and room.now - room.idle_since > QUIET:
        await store.close_room(tx, room.date_id)


_PAUSE_SECONDS = 0.5
_CALM = 10  # requests that wait for a date's stock


async def _open_by_demand(ctx: Context) -> None:
    """Where requests have piled up for some seconds."""
    own = resources(ctx)
    for date_id in own.demand.pressed(own.depths(), ctx.settings.room_auto_depth):
        if own.rooms.at(date_id) is None:
            await _open(ctx, date_id)


async def _open(ctx: Context, date_id: DateId) -> None:
    async with ctx.db.transaction() as tx:
        date = await offers.find_date(tx, date_id)
        if date is None:
            return
        known = await store.find_room(tx, date_id)
        if known is not None and known.state != "off":
            return  # another process, or the organiser, was faster
        await store.clear_places(tx, date_id)
        await store.put_room(
            tx, date_id, date.organiser_id, "open", opens_at=None, fail_open=True, auto=True,
            seed=secrets.token_bytes(SEED_BYTES), per_second=queueing.RATE_FIRST,
        )  # fmt: skip
