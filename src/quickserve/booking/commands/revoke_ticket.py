"""A ticket opens no door any more: lost, stolen, given back."""

from quickserve.booking.model import Ticket
from quickserve.booking.store import bookings, scans
from quickserve.contracts.booking import TicketId, TicketRevoked
from quickserve.contracts.catalog import DateId
from quickserve.kernel import outbox
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound, Unauthenticated
from quickserve.kernel.service import Context


async def revoke_ticket(ctx: Context, ticket_id: TicketId) -> tuple[Ticket, DateId]:
    """Its place stays sold. Repeating changes nothing. Errors: NotFound, Forbidden."""
    if ctx.principal.kind == "visitor":
        raise Unauthenticated
    async with ctx.db.transaction() as tx:
        found = await scans.lock_ticket(tx, ticket_id)
        if found is None:
            raise NotFound("There is no such ticket.")
        ctx.principal.require(found.organiser_id, Role.ORGANISER)
        if found.state == "valid":
            await scans.revoke_ticket(tx, ticket_id)
            await outbox.append(tx, TicketRevoked(ticket_id, found.date_id))
        ticket = await bookings.find_ticket(tx, ticket_id)
    assert ticket is not None
    return ticket, found.date_id
