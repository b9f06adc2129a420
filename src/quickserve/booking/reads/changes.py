"""What may still become of a booking, as its buyer sees it; a ticket, as its next holder does."""

from quickserve.booking import changing, signing
from quickserve.booking.reads.bookings import link_of, show_tickets
from quickserve.booking.store import bookings, changes
from quickserve.booking.store.changes import AmendmentRow, ChangingTicket
from quickserve.contracts.booking import BookingId, TicketId
from quickserve.contracts.booking_changes import (
    Amendment,
    AmendmentId,
    BookingChanges,
    ChangeableTicket,
    ChangeRules,
    TicketPage,
)
from quickserve.contracts.catalog import EventId
from quickserve.kernel.errors import NotFound
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context


async def change_rules(ctx: Context, event_id: EventId) -> ChangeRules:
    """The defaults for an event that nothing is known of: it may be known in a moment."""
    async with ctx.db.read() as tx:
        return await changes.find_rules(tx, event_id)


async def booking_changes(ctx: Context, booking_id: BookingId, key: str) -> BookingChanges:
    """Errors: NotFound, also when the key does not fit."""
    link = link_of(ctx, booking_id)
    if not link.opens(key):
        raise NotFound("There is no such booking.")
    async with ctx.db.read() as tx:
        booking = await bookings.find_booking(tx, booking_id)
        if booking is None:
            raise NotFound("There is no such booking.")
        rules = await changes.find_rules(tx, booking.date.event_id)
        tickets = await changes.tickets_of_booking(tx, booking_id)
        resales = await changes.resales_of_booking(tx, booking_id)
    by_ticket = {ticket_id: resale for resale in resales for ticket_id in resale.ticket_ids}
    currency, starts_at = booking.total.currency, booking.date.starts_at
    free = booking.total.minor == 0
    return BookingChanges(
        id=booking_id, number=link.number, state=booking.state,
        organiser_id=booking.date.organiser_id, date=booking.date, total=booking.total,
        rules=rules,
        cancel_until=changing.until("cancel", rules, starts_at, free=free),
        exchange_until=changing.until("exchange", rules, starts_at, free=free),
        tickets=[_ticket(rules, one, currency, by_ticket.get(one.id)) for one in tickets],
    )  # fmt: skip


def _ticket(
    rules: ChangeRules, ticket: ChangingTicket, currency: str, resale: AmendmentRow | None
) -> ChangeableTicket:
    return ChangeableTicket(
        id=ticket.id, ticket_type_id=ticket.ticket_type_id, ticket_type=ticket.ticket_type,
        code=signing.show_code(ticket.code), seat=ticket.seat or "",
        price=Money(ticket.price_minor, currency),
        refund=Money(changing.refund_minor(rules, ticket.price_minor), currency),
        state=ticket.state, holder_name=ticket.holder_name, own=ticket.own,
        may_cancel=changing.refusal("cancel", rules, ticket) is None,
        may_exchange=changing.refusal("exchange", rules, ticket) is None,
        may_transfer=ticket.own and changing.transfer_refusal(rules, ticket) is None,
        may_resell=changing.refusal("resale", rules, ticket) is None,
        resale_id=resale.id if resale else None,
        resale_until=resale.until if resale else None,
    )  # fmt: skip


async def passed_on_ticket(ctx: Context, ticket_id: TicketId, key: str) -> TicketPage:
    """Errors: NotFound, also when the key does not fit."""
    link = signing.ticket_link(ticket_id, ctx.settings.key_for("ticket-links"))
    if not link.opens(key):
        raise NotFound("There is no such ticket.")
    return await show_passed_on(ctx, ticket_id)


async def show_passed_on(ctx: Context, ticket_id: TicketId) -> TicketPage:
    link = signing.ticket_link(ticket_id, ctx.settings.key_for("ticket-links"))
    async with ctx.db.read() as tx:
        booking_id = await bookings.find_booking_of_ticket(tx, ticket_id=ticket_id)
        booking = await bookings.find_booking(tx, booking_id) if booking_id else None
        ticket = await bookings.find_ticket(tx, ticket_id)
        known = await changes.find_successor(tx, ticket_id)
        if booking is None or ticket is None or known is None:
            raise NotFound("There is no such ticket.")
        rules = await changes.find_rules(tx, booking.date.event_id)
        found = await changes.tickets_of_booking(tx, booking.id)
    own = [one for one in found if one.id == ticket_id]
    return TicketPage(
        ticket=(await show_tickets(ctx, booking.date.date_id, [ticket]))[0],
        key=link.key, date=booking.date,
        may_transfer=bool(own) and changing.transfer_refusal(rules, own[0]) is None,
        opened=ticket.link_with is None,
    )  # fmt: skip


async def amendment(ctx: Context, amendment_id: AmendmentId) -> Amendment:
    async with ctx.db.read() as tx:
        found = await changes.find_amendment(tx, amendment_id)
    if found is None or found.booking_id is None:
        raise NotFound("There is no such change.")
    return show_amendment(found)


def show_amendment(found: AmendmentRow) -> Amendment:
    assert found.booking_id is not None
    assert found.kind is not None
    return Amendment(
        id=found.id, booking_id=found.booking_id, kind=found.kind, state=found.state,
        value=Money(found.value_minor, found.currency),
        refund=Money(found.refund_minor, found.currency),
    )  # fmt: skip
