"""Somebody comes to the waiting room: a place in line, or the one they have."""

from collections.abc import Sequence

from quickserve.booking.resources import resources
from quickserve.booking.rooms import Arrival
from quickserve.booking.store import waiting_room as store
from quickserve.booking.store.waiting_room import Place
from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import VisitorId
from quickserve.kernel.db import Database
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.service import Context


async def enter_waiting_room(
    ctx: Context, date_id: DateId, visitor_id: VisitorId, *, again: bool
) -> Place:
    """Many arrivals share a transaction. Errors: NotFound where there is no room."""
    if again:
        async with ctx.db.transaction() as tx:
            await store.leave(tx, date_id, visitor_id)
    return await resources(ctx).arrivals.put(Arrival(date_id, visitor_id))


async def record_arrivals(db: Database, arrivals: Sequence[Arrival]) -> list[Place | Problem]:
    """All of one date, in their order."""
    async with db.transaction() as tx:
        await store.lock_room(tx, arrivals[0].date_id)
        found = await store.enter(tx, arrivals[0].date_id, [one.visitor_id for one in arrivals])
    places: dict[VisitorId, Place | Problem] = {one.visitor_id: one for one in found}
    none = NotFound("This date has no waiting room.")
    return [places.get(one.visitor_id, none) for one in arrivals]
