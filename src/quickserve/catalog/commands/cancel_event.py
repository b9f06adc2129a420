"""An event is called off, for good."""

from quickserve.catalog.commands.announce import announce
from quickserve.catalog.commands.lock_event import lock_event, lock_known_event
from quickserve.catalog.store import events as store
from quickserve.contracts.catalog import EventId
from quickserve.kernel.service import Context


async def cancel_event(ctx: Context, event_id: EventId) -> None:
    """Cancelling twice changes nothing. `checkout` has asked who its caller is.

    Errors: NotFound, Unauthenticated, Forbidden.
    """
    in_name = (ctx.principal.kind, ctx.principal.name) == ("service", "checkout")
    async with ctx.db.transaction() as tx:
        head = await (lock_known_event(tx, event_id) if in_name else lock_event(ctx, tx, event_id))
        if head.state != "cancelled":
            await store.cancel_event(tx, event_id)
            await announce(ctx, tx, [event_id])
