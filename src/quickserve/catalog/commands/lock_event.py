"""The beginning of a command on one event: it exists, it is the caller's, it stays put."""

from quickserve.catalog.model import EventHead
from quickserve.catalog.store import events as store
from quickserve.contracts.catalog import EventCancelledError, EventId
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context


async def lock_event(ctx: Context, tx: Transaction, event_id: EventId) -> EventHead:
    """Raises NotFound, Unauthenticated or Forbidden."""
    head = await lock_known_event(tx, event_id)
    ctx.principal.require(head.organiser_id, Role.ORGANISER)
    return head


async def lock_known_event(tx: Transaction, event_id: EventId) -> EventHead:
    """Whoever asks. Raises NotFound."""
    heads = await store.lock_events(tx, [event_id])
    if not heads:
        raise NotFound("There is no such event.")
    return heads[0]


async def lock_changeable_event(ctx: Context, tx: Transaction, event_id: EventId) -> EventHead:
    """The same, and raises EventCancelledError."""
    head = await lock_event(ctx, tx, event_id)
    if head.state == "cancelled":
        raise EventCancelledError
    return head
