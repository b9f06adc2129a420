"""A ticket type is made or changed."""

from dataclasses import dataclass

from quickserve.catalog import rules
from quickserve.catalog.commands.announce import announce
from quickserve.catalog.commands.lock_event import lock_changeable_event
from quickserve.catalog.model import TicketTypeRow
from quickserve.catalog.store import events as store
from quickserve.contracts.catalog import EventId, TicketTypeDraft, TicketTypeId
from quickserve.kernel.errors import IdReused
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class PutTicketType:
    event_id: EventId
    ticket_type_id: TicketTypeId
    draft: TicketTypeDraft


async def put_ticket_type(ctx: Context, cmd: PutTicketType) -> TicketTypeRow:
    """Raises Malformed for a second currency or a name that the event has already."""
    rules.check_ticket_type(cmd.draft)
    async with ctx.db.transaction() as tx:
        await lock_changeable_event(ctx, tx, cmd.event_id)
        present = await store.find_ticket_types(tx, [cmd.event_id])
        category = next((k.seat_category for k in present if k.id == cmd.ticket_type_id), None)
        row = TicketTypeRow.of(cmd.ticket_type_id, cmd.event_id, cmd.draft, category)
        if row in present:
            return row
        others = [other for other in present if other.id != row.id]
        rules.check_beside(row, others)
        if not await store.save_ticket_types(tx, [row]):
            raise IdReused("Another event has a ticket type of this id: make a new id.")
        await announce(ctx, tx, [cmd.event_id])
    return row
