"""An organiser puts somebody first in line: the next places that fit are theirs."""

from quickserve.booking.store import offers
from quickserve.booking.store import waiting_list as store
from quickserve.booking.store.waiting_list import Entry
from quickserve.contracts.waiting_list import EntryId
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context


async def put_first(ctx: Context, entry_id: EntryId) -> Entry:
    """Before others and lots; among several, who came first. Repeating changes nothing.

    Errors: NotFound, Forbidden.
    """
    async with ctx.db.transaction() as tx:
        entry = await lock_own_entry(ctx, tx, entry_id)
        await store.put_first(tx, entry_id)
        await store.look_again(tx, [entry.date_id])
    return entry


async def lock_own_entry(ctx: Context, tx: Transaction, entry_id: EntryId) -> Entry:
    """Of an organiser's own list. Errors: NotFound, Forbidden."""
    entry = await store.lock_entry(tx, entry_id)
    date = await offers.find_date_facts(tx, entry.date_id) if entry else None
    if entry is None or date is None:
        raise NotFound("There is no such place on a waiting list.")
    ctx.principal.require(date.organiser_id, Role.ORGANISER)
    return entry
