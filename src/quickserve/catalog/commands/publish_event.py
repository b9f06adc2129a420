"""An event becomes public."""

from quickserve.catalog.commands.announce import announce
from quickserve.catalog.commands.lock_event import lock_changeable_event
from quickserve.catalog.store import events as store
from quickserve.contracts.catalog import EventId, NothingToSell
from quickserve.kernel.service import Context


async def publish_event(ctx: Context, event_id: EventId) -> None:
    """Raises NothingToSell without a ticket type. Publishing twice changes nothing."""
    async with ctx.db.transaction() as tx:
        head = await lock_changeable_event(ctx, tx, event_id)
        if head.state == "published":
            return
        if not await store.find_ticket_types(tx, [event_id]):
            raise NothingToSell
        await store.publish_events(tx, [event_id])
        await announce(ctx, tx, [event_id])
