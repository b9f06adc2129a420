"""Who waited takes the offer, or leaves the list."""

from quickserve.booking import signing
from quickserve.booking.commands.return_expired_holds import give_back
from quickserve.booking.resources import resources
from quickserve.booking.store import stock
from quickserve.booking.store import waiting_list as store
from quickserve.booking.store.waiting_list import Entry
from quickserve.contracts.waiting_list import EntryId, NoOffer
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context


async def accept_offer(ctx: Context, entry_id: EntryId, key: str) -> Entry:
    """The same places become a buyer's hold, never free in between. Repeating renews its time.

    Errors: NotFound, also when the key does not fit; NoOffer.
    """
    _require(ctx, entry_id, key)
    async with ctx.db.transaction() as tx:
        entry = await store.lock_entry(tx, entry_id)
        if entry is None:
            raise NotFound("There is no such place on a waiting list.")
        minutes = ctx.settings.hold_minutes
        if entry.state != "offered" or entry.hold_id is None:
            raise NoOffer
        if not await store.accept_hold(tx, entry.hold_id, minutes):
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
            if entry.hold_id is not None:
                taken = await stock.release_hold(tx, entry.hold_id)
                if taken is not None:
                    await give_back(ctx, tx, [taken])
            await store.set_state(tx, entry_id, "left")
        after = await store.find_entry(tx, entry_id)
    resources(ctx).shelf.forget([entry.date_id])
    assert after is not None
    return after


def _require(ctx: Context, entry_id: EntryId, key: str) -> None:
    link = signing.entry_link(entry_id, ctx.settings.key_for("waiting-list-links"))
    if not link.opens(key):
        raise NotFound("There is no such place on a waiting list.")
