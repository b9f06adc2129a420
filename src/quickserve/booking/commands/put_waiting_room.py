"""An organiser opens a waiting room, now or for an on-sale to come, or closes it."""

import secrets
from datetime import datetime, timedelta
from typing import Final

from quickserve.booking import queueing
from quickserve.booking.model import field_problem
from quickserve.booking.resources import resources
from quickserve.booking.store import offers
from quickserve.booking.store import waiting_room as store
from quickserve.booking.store.waiting_room import Room
from quickserve.contracts.booking import RoomState
from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import RoomSettings
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context

SEED_BYTES = 32
_JUST_NOW: Final = timedelta(minutes=1)  # a form has no seconds


async def put_waiting_room(ctx: Context, date_id: DateId, new: RoomSettings) -> Room | None:
    """The seed is drawn when the room is made.

    None where nothing is open. Errors: NotFound, Forbidden, Malformed for an opening that is past
    or after the date's beginning.
    """
    async with ctx.db.transaction() as tx:
        date = await offers.find_date_facts(tx, date_id)
        if date is None:
            raise NotFound("There is no such date.")
        ctx.principal.require(date.organiser_id, Role.ORGANISER)
        known = await store.find_room(tx, date_id)
        if not new.open:
            await store.close_room(tx, date_id)
        else:
            if new.opens_at and not (known and known.opens_at == new.opens_at):
                _require_in_time(new.opens_at, ctx.clock.now(), date.starts_at)
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


def _require_in_time(opens_at: datetime, now: datetime, starts_at: datetime) -> None:
    """A slip in the year would close the sale."""
    if opens_at < now - _JUST_NOW:
        fix = "Choose a moment from now on, or leave it out to open at once."
        raise field_problem("opens_at", "opens-in-the-past", fix)
    if opens_at >= starts_at:
        fix = "Choose a moment before the date begins."
        raise field_problem("opens_at", "opens-too-late", fix)
