"""A ticket that was passed on was opened by whom it was passed on to."""

from quickserve.booking import signing
from quickserve.booking.store import changes
from quickserve.contracts.booking import TicketId
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context


async def note_opening(ctx: Context, ticket_id: TicketId, key: str) -> None:
    """Who passed it on is shown its address no longer. Errors: NotFound."""
    if not signing.ticket_link(ticket_id, ctx.settings.key_for("ticket-links")).opens(key):
        raise NotFound("There is no such ticket.")
    async with ctx.db.transaction() as tx:
        await changes.hide_link(tx, ticket_id)
