"""An organiser sells what a group on the waiting list gathers; the group waits on."""

from quickserve.booking.commands.put_first import lock_own_entry
from quickserve.booking.store import waiting_list as store
from quickserve.contracts.waiting_list import EntryId
from quickserve.kernel.service import Context


async def stop_gathering(ctx: Context, entry_id: EntryId) -> None:
    """Repeating changes nothing. Errors: NotFound, Forbidden."""
    async with ctx.db.transaction() as tx:
        entry = await lock_own_entry(ctx, tx, entry_id)
        await store.stop_gathering(tx, entry_id)
        await store.look_again(tx, [entry.date_id])
