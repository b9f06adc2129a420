"""Who waited takes the offer, or leaves the list."""

from quickserve.booking import signing
from quickserve.booking.commands.return_expired_holds import give_back
from quickserve.booking.resources import resources
from quickserve.booking.store import stock
from quickserve.booking.store import waiting_list as store
from quickserve.booking.store.waiting_list import Entry
from quickserve.contracts.waiting_list import EntryId, NoOffer
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context


async def accept_offer(ctx: Context, entry_id: EntryId, key: str) -> Entry:
    """The same places become a buyer's hold, never free in between. Repeating changes nothing.

    Errors: NotFound, also when the key does not fit; NoOffer.
    """
    _require(ctx, entry_id, key)
    async with ctx.db.transaction() as tx:
        entry = await store.lock_entry(tx, entry_id)
        if entry is None:
            raise NotFound("There is no such place on a waiting list.")
        if entry.state != "offered" or entry.hold_id is None:
            raise NoOffer
        if not await store.accept_hold(tx, entry.hold_id, ctx.settings.hold_minutes):
            hold = await stock.find_hold(tx, entry.hold_id)
            if hold is None or hold.state not in ("active", "used"):
                raise NoOffer
    return entry


async def leave_waiting_list(ctx: Context, entry_id: EntryId, key: str) -> Entry:
    """What was offered goes to the next. Repeating changes nothing."""
    _require(ctx, entry_id, key)
    async with ctx.db.transaction() as tx:
        entry = await store.lock_entry(tx, entry_id)
        if entry is None:
            raise NotFound("There is no such place on a waiting list.")
        if entry.state in ("waiting", "offered"):
            await _leave(ctx, tx, entry)
        after = await store.find_entry(tx, entry_id)
    resources(ctx).shelf.forget([entry.date_id])
    assert after is not None
    return after


async def _leave(ctx: Context, tx: Transaction, entry: Entry) -> None:
    if entry.state == "offered" and entry.hold_id is not None:
        hold = await stock.find_hold(tx, entry.hold_id)
        if hold is not None and hold.state == "used":
            return  # it became a purchase at this very moment
        taken = await stock.release_hold(tx, entry.hold_id)
        if taken is not None:
            await give_back(ctx, tx, [taken])
    await store.set_state(tx, entry.id, "left")
    await store.look_again(tx, [entry.date_id])


def _require(ctx: Context, entry_id: EntryId, key: str) -> None:
    link = signing.entry_link(entry_id, ctx.settings.key_for("waiting-list-links"))
    if not link.opens(key):
        raise NotFound("There is no such place on a waiting list.")
