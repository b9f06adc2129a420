"""Who orders shows a ticket: what it says of them, without letting anybody in."""

from quickserve.booking.commands.scan_ticket import name_ticket
from quickserve.booking.store import scans
from quickserve.booking.store.scans import SessionTicket
from quickserve.contracts.ticket_sessions import SessionRefusal, TicketLook, TicketSession
from quickserve.kernel.service import Context


async def look_at_ticket(ctx: Context, look: TicketLook) -> TicketSession:
    """A refusal is an answer, not an error."""
    named = await name_ticket(ctx, look.code.strip(), look.organiser_id)
    if named.refusal is not None:
        return TicketSession(refusal="forged" if named.refusal == "forged" else "unknown")
    async with ctx.db.read() as tx:
        ticket = await scans.find_session_ticket(tx, named.ticket_id, named.code)
    if ticket is None:
        return TicketSession(refusal="unknown")
    if (refusal := _refusal(ticket, look)) is not None:
        return TicketSession(refusal=refusal)
    return TicketSession(
        refusal=None, ticket_id=ticket.id, event_id=ticket.event_id, date_id=ticket.date_id,
        ticket_type_id=ticket.ticket_type_id, ticket_type=ticket.ticket_type, seat=ticket.seat,
    )  # fmt: skip


def _refusal(ticket: SessionTicket, look: TicketLook) -> SessionRefusal | None:
    if ticket.organiser_id != look.organiser_id:
        return "other-organiser"
    if ticket.cancelled:
        return "cancelled"
    return None if ticket.state == "valid" else "revoked"
