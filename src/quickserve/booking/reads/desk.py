"""What stands at the box office of an event."""

from quickserve.booking.store import desk, offers
from quickserve.contracts.box_office import ReservationList, Till
from quickserve.contracts.catalog import EventId
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context

_RESERVATIONS_MAX = 500


async def reservations(ctx: Context, event_id: EventId) -> ReservationList:
    await _require(ctx, event_id)
    async with ctx.db.read() as tx:
        return ReservationList(
            reservations=await desk.reservations(tx, event_id, _RESERVATIONS_MAX)
        )


async def till(ctx: Context, event_id: EventId) -> Till:
    await _require(ctx, event_id)
    async with ctx.db.read() as tx:
        return Till(event_id=event_id, lines=await desk.till(tx, event_id))


async def _require(ctx: Context, event_id: EventId) -> None:
    """Errors: NotFound, Forbidden."""
    async with ctx.db.read() as tx:
        organiser_id = await offers.find_event_organiser(tx, event_id)
    if organiser_id is None:
        raise NotFound("There is no such event.")
    ctx.principal.require(organiser_id, Role.ORGANISER)
