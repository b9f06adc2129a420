"""What a ticket says about who orders: its seat, and what it includes."""

from quickserve.contracts.ordering_problems import TicketNotAccepted
from quickserve.contracts.ticket_sessions import TicketSessionsClient
from quickserve.kernel.service import Context
from quickserve.ordering.model import Stand, TicketFacts


async def find_ticket(ctx: Context, stand: Stand, code: str) -> TicketFacts:
    """By its QR's text or its code. Raises TicketNotAccepted."""
    session = await TicketSessionsClient(ctx.client("booking")).look(stand.organiser_id, code)
    if session.refusal is not None:
        raise TicketNotAccepted(reason=session.refusal)
    assert session.ticket_id is not None, "it was not refused"
    assert session.event_id is not None, "it was not refused"
    assert session.ticket_type_id is not None, "it was not refused"
    if stand.event_id is not None and session.event_id != stand.event_id:
        raise TicketNotAccepted(reason="other-event")
    return TicketFacts(
        session.ticket_id, session.event_id, session.ticket_type_id, session.seat or ""
    )
