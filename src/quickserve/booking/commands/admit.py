"""While a waiting room is open, places are taken by whom it let in."""

from uuid import UUID

from quickserve.booking import queueing
from quickserve.booking.resources import resources
from quickserve.booking.store import bookings, stock
from quickserve.contracts.booking import BookingId, HoldId
from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import AdmissionRequired, AdmissionSpent
from quickserve.kernel.errors import Unavailable
from quickserve.kernel.service import Context

# Enough to change one's mind, too few to empty a house. A request sent again is no other take.
TAKES_PER_MINUTE = 5


async def admit(ctx: Context, date_id: DateId, token: str | None, take_id: UUID) -> None:
    """Where no room is open it costs a look into a dictionary.

    `take_id` is the hold's or the booking's: one that is there already is answered, not taken.
    Errors: AdmissionRequired, AdmissionSpent for one that is used too often, Unavailable where
    nobody can tell and the room's organiser wants nobody in then.
    """
    rooms = resources(ctx).rooms
    room = rooms.at(date_id)
    if room is None:
        return
    if rooms.stale:
        if room.fail_open:
            return
        raise Unavailable("The waiting room cannot be asked just now.", retry_after=5)
    key = ctx.settings.key_for("admissions")
    visitor = queueing.admitted(key, token, date_id, ctx.clock.now()) if token else None
    if visitor is None:
        raise AdmissionRequired(date_id=str(date_id))
    counters = ctx.runtime.shared.counters
    if not await counters.admits(f"room-take:{take_id}", 1) and await _taken(ctx, take_id):
        return  # sent again within the minute
    if not await counters.admits(f"room:{date_id}:{visitor}", TAKES_PER_MINUTE):
        raise AdmissionSpent(retry_after=60)
    if await counters.admits(f"room-first:{date_id}:{visitor}", 1):
        rooms.came(date_id)


async def _taken(ctx: Context, take_id: UUID) -> bool:
    async with ctx.db.read() as tx:
        hold = await stock.find_hold_hash(tx, HoldId(take_id))
        return bool(hold or await bookings.find_body_hash(tx, BookingId(take_id)))
