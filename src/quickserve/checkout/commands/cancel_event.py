"""An organiser calls an event off, and gives back whatever was paid for it."""

from quickserve.checkout import model
from quickserve.checkout.sagas import queue
from quickserve.checkout.sagas.cancel_event import CancelEvent, begin_refunds, sweep
from quickserve.checkout.sagas.cancel_event import cancel_event as saga
from quickserve.checkout.store import events
from quickserve.contracts.catalog import CatalogClient, EventId
from quickserve.kernel.auth import Role
from quickserve.kernel.service import Context


async def cancel_event(ctx: Context, event_id: EventId) -> None:
    """A repeat tries again what was refused, and nothing else.

    Raises NotFound, also for a draft, of which nothing is sold; Unauthenticated, Forbidden.
    """
    async with ctx.db.read() as tx:
        known = await events.find(tx, event_id)
    if known is not None:
        ctx.principal.require(known.organiser_id, Role.ORGANISER)
        async with ctx.db.transaction() as tx:
            await events.forget_refused(tx, event_id)
        return
    event = await CatalogClient(ctx.client("catalog")).event(event_id)
    ctx.principal.require(event.organiser.id, Role.ORGANISER)
    saga_id = model.saga_of(event_id, ctx.settings)
    async with ctx.db.transaction() as tx:
        if await events.insert(tx, event_id, saga_id, event.organiser.id):
            await queue.spawn(tx, saga, saga_id, CancelEvent(event_id, event.organiser.id))


async def begin_more_refunds(ctx: Context) -> None:
    """As those before them end."""
    async with ctx.db.read() as tx:
        found = await events.waiting(tx)
    for one in found:
        await begin_refunds(ctx, CancelEvent(one.event_id, one.organiser_id))


async def sweep_cancelled_events(ctx: Context) -> None:
    """One after the other, until none is due."""
    while True:
        async with ctx.db.transaction() as tx:
            event_id = await events.claim_sweep(tx)
            found = await events.find(tx, event_id) if event_id else None
        if found is None:
            return
        await sweep(ctx, CancelEvent(found.event_id, found.organiser_id))
