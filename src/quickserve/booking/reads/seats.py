"""Which seats of a date are not to be had, and which are best: looks, which set nothing aside."""

import base64
from collections.abc import Sequence

from quickserve.booking.resources import resources
from quickserve.booking.seat_looks import SEATS_SECONDS
from quickserve.booking.store import seated_dates, seats
from quickserve.contracts.booking_seats import BestSeats, DateSeats
from quickserve.contracts.catalog import DateId
from quickserve.contracts.seating import SeatId
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context


async def snapshot(ctx: Context, date_id: DateId) -> bytes:
    """A DateSeats, a second old at most. Errors: NotFound."""
    found = await _kept(ctx, [date_id])
    if date_id not in found:
        raise NotFound("This date has no seats to choose from.")
    return found[date_id]


async def snapshots(ctx: Context, date_ids: Sequence[DateId]) -> dict[DateId, bytes]:
    """A DateSeats of each date that has seats."""
    async with ctx.db.read() as tx:
        seated = await seated_dates.among(tx, date_ids)
    return await _kept(ctx, seated) if seated else {}


async def _kept(ctx: Context, date_ids: Sequence[DateId]) -> dict[DateId, bytes]:
    """Looked at once a second, however many ask."""
    keys = {f"booking:seats:{date_id}": date_id for date_id in date_ids}

    async def make(wanted: Sequence[str]) -> dict[str, bytes]:
        return {key: await _see(ctx, keys[key]) for key in wanted}

    kept = await ctx.cache.jsons(DateSeats, list(keys), SEATS_SECONDS, make)
    return {keys[key]: found for key, found in kept.items() if found}


async def _see(ctx: Context, date_id: DateId) -> bytes:
    # The cache keeps it for a second: so the look itself is a new one.
    look = await resources(ctx).seat_looks.look(date_id, fresh=True)
    if look is None or look.house is None or look.seated is None:
        return b""
    return (
        DateSeats(
            date_id=date_id, plan_id=look.seated.plan_id, plan_version=look.seated.plan_version,
            version=look.house.version, free=look.house.seats.free_count(),
            taken=base64.b64encode(look.house.seats.taken_bits()).decode(),
        )
        .model_dump_json()
        .encode()
    )  # fmt: skip


async def since(ctx: Context, date_id: DateId, version: int) -> DateSeats:
    """What changed after that version. Errors: NotFound."""
    look = await resources(ctx).seat_looks.look(date_id)
    if look is None or look.house is None or look.seated is None:
        raise NotFound("This date has no seats to choose from.")
    seen = DateSeats(
        date_id=date_id, plan_id=look.seated.plan_id, plan_version=look.seated.plan_version,
        version=look.house.version, free=look.house.seats.free_count(),
    )  # fmt: skip
    if version >= look.house.version:
        return seen
    async with ctx.db.read() as tx:
        changes = await seats.changes_since(tx, date_id, version)
    seen.now_taken = [one.seat_id for one in changes if one.state != "free"]
    seen.now_free = [one.seat_id for one in changes if one.state == "free"]
    return seen


async def best(
    ctx: Context, date_id: DateId, category: str, count: int, *, accessible: bool
) -> BestSeats:
    """Errors: NotFound."""
    look = await resources(ctx).seat_looks.look(date_id)
    if look is None or look.house is None:
        raise NotFound("This date has no seats to choose from.")
    found: list[SeatId] | None = look.house.seats.best(category, count, accessible=accessible)
    return BestSeats(seats=found or [])
