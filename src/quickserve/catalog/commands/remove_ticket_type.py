"""A ticket type is no longer offered."""

from dataclasses import dataclass

from quickserve.catalog.commands.announce import announce
from quickserve.catalog.commands.lock_event import lock_changeable_event
from quickserve.catalog.store import events as store
from quickserve.contracts.catalog import EventId, TicketTypeId, TicketTypeInUse
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class RemoveTicketType:
    event_id: EventId
    ticket_type_id: TicketTypeId


async def remove_ticket_type(ctx: Context, cmd: RemoveTicketType) -> None:
    """Raises TicketTypeInUse for a published event's last one. Removing twice changes nothing."""
    async with ctx.db.transaction() as tx:
        head = await lock_changeable_event(ctx, tx, cmd.event_id)
        present = {kind.id for kind in await store.find_ticket_types(tx, [cmd.event_id])}
        if cmd.ticket_type_id not in present:
            return
        if head.state == "published" and len(present) == 1:
            raise TicketTypeInUse
        await store.delete_ticket_type(tx, cmd.event_id, cmd.ticket_type_id)
        await announce(ctx, tx, [cmd.event_id])
