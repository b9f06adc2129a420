"""While a waiting room is open, places are taken by whom it let in."""

from quickserve.booking import queueing
from quickserve.booking.resources import resources
from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import AdmissionRequired, AdmissionSpent
from quickserve.kernel.errors import Unavailable
from quickserve.kernel.service import Context

TAKES_PER_MINUTE = 5


async def admit(ctx: Context, date_id: DateId, token: str | None) -> None:
    """Where no room is open it costs a look into a dictionary.

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
    if not await counters.admits(f"room:{date_id}:{visitor}", TAKES_PER_MINUTE):
        raise AdmissionSpent(retry_after=60)
    if await counters.admits(f"room-first:{date_id}:{visitor}", 1):
        rooms.came(date_id)
