"""An organiser opens a waiting room, now or for an on-sale to come, or closes it."""

import secrets

from quickserve.booking import queueing
from quickserve.booking.resources import resources
from quickserve.booking.store import offers
from quickserve.booking.store import waiting_room as store
from quickserve.booking.store.waiting_room import Room
from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import RoomSettings, RoomState
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context

SEED_BYTES = 32


async def put_waiting_room(ctx: Context, date_id: DateId, new: RoomSettings) -> Room | None:
    """The seed is drawn when the room is made; an opening that is past opens it at once.

    None where nothing is open. Errors: NotFound, Forbidden.
    """
    async with ctx.db.transaction() as tx:
        date = await offers.find_date(tx, date_id)
        if date is None:
            raise NotFound("There is no such date.")
        ctx.principal.require(date.organiser_id, Role.ORGANISER)
        known = await store.find_room(tx, date_id)
        if not new.open:
            await store.close_room(tx, date_id)
        else:
            before: RoomState = known.state if known else "off"
            if before == "off":
                await store.clear_places(tx, date_id)  # a new line: nobody is in it yet
            # Who has a number keeps it: an open room does not go back before its opening. Who
            # waits for the draw gets it, also when the opening is now.
            opens_at = new.opens_at or (ctx.clock.now() if before == "pre" else None)
            state: RoomState = "pre" if opens_at and before != "open" else "open"
            await store.put_room(
                tx, date_id, date.organiser_id, state, opens_at=opens_at,
                fail_open=new.fail_open, auto=False, seed=secrets.token_bytes(SEED_BYTES),
                per_second=queueing.RATE_FIRST,
            )  # fmt: skip
        room = await store.find_room(tx, date_id)
    if room is not None:
        resources(ctx).rooms.note(room)
    return room
