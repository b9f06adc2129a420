"""Bookings and their tickets, for buyers and for the desk."""

from collections.abc import Sequence

from quickserve.booking import signing
from quickserve.booking.model import Booking, Ticket
from quickserve.booking.resources import resources
from quickserve.booking.store import bookings, changes
from quickserve.booking.store.changes import Exchange
from quickserve.contracts.booking import (
    BookingId,
    BookingView,
    ExchangedTickets,
    TicketView,
)  # fmt: skip
from quickserve.contracts.booking_records import BookingRecord, RecordedTicket
from quickserve.contracts.catalog import DateId
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context


async def booking(ctx: Context, booking_id: BookingId, key: str) -> BookingView:
    """Errors: NotFound, also when the key does not fit."""
    if not link_of(ctx, booking_id).opens(key):
        raise NotFound("There is no such booking.")
    async with ctx.db.read() as tx:
        found = await bookings.find_booking(tx, booking_id)
        exchanges = await changes.exchanges_of_booking(tx, booking_id)
    if found is None:
        raise NotFound("There is no such booking.")
    view = await show_booking(ctx, found)
    return view.model_copy(update={"exchanged": [_exchanged(ctx, one) for one in exchanges]})


def _exchanged(ctx: Context, exchange: Exchange) -> ExchangedTickets:
    """Whoever has the old key had the right to what came instead."""
    link = link_of(ctx, exchange.new_booking_id)
    return ExchangedTickets(
        id=exchange.new_booking_id, key=link.key, number=link.number, tickets=exchange.tickets
    )


async def show_booking(ctx: Context, found: Booking) -> BookingView:
    tickets = found.tickets
    if found.state == "confirmed" and not tickets:
        async with ctx.db.read() as tx:
            tickets = await bookings.find_tickets(tx, found.id)
    link = link_of(ctx, found.id)
    return BookingView(
        id=found.id, key=link.key, number=link.number, state=found.state,
        email=found.buyer.email, name=found.buyer.name, language=found.buyer.language,
        total=found.total, items=found.items, date=found.date,
        tickets=await show_tickets(ctx, found.date.date_id, tickets, to_buyer=True),
        created_at=found.created_at,
    )  # fmt: skip


async def show_tickets(
    ctx: Context, date_id: DateId, tickets: Sequence[Ticket], *, to_buyer: bool = False
) -> list[TicketView]:
    """Payloads are not stored: the ticket and its key give the same one every time.

    The buyer of a booking does not see what opens a ticket that was passed on.
    """
    ring = await resources(ctx).keys.by_id({ticket.key_id for ticket in tickets})
    mine = [not (to_buyer and ticket.passed_on) for ticket in tickets]
    return [
        TicketView(
            id=ticket.id, code=signing.show_code(ticket.code) if own else "",
            payload=signing.sign_payload(ring[ticket.key_id], ticket.id, date_id) if own else "",
            state=ticket.state, ticket_type=ticket.ticket_type, seat=ticket.seat,
            holder_name=ticket.holder_name, admitted_at=ticket.admitted_at,
            admitted_gate=ticket.admitted_gate,
            key=_key_to_send(ctx, ticket) if to_buyer else "",
        )
        for ticket, own in zip(tickets, mine, strict=True)
    ]  # fmt: skip


def _key_to_send(ctx: Context, ticket: Ticket) -> str:
    if ticket.link_with != "buyer":
        return ""
    return signing.ticket_link(ticket.id, ctx.settings.key_for("ticket-links")).key


async def record(ctx: Context, booking_id: BookingId) -> BookingRecord:
    """For the organiser's own. Errors: NotFound, Forbidden."""
    async with ctx.db.read() as tx:
        found = await bookings.find_booking(tx, booking_id)
        if found is None:
            raise NotFound("There is no such booking.")
        ctx.principal.require(found.date.organiser_id, Role.ORGANISER)
    return await show_record(ctx, found)


async def record_of_ticket(ctx: Context, text: str) -> BookingRecord:
    """By a code or a QR's text; nothing is proven, the ticket need not be genuine."""
    claim, code = signing.read_payload(text), signing.read_code(text)
    async with ctx.db.read() as tx:
        booking_id = await bookings.find_booking_of_ticket(
            tx, ticket_id=claim.ticket_id if claim else None, code=code
        )
    if booking_id is None:
        raise NotFound("There is no such ticket.")
    return await record(ctx, booking_id)


async def show_record(ctx: Context, found: Booking) -> BookingRecord:
    async with ctx.db.read() as tx:
        tickets = await bookings.find_tickets(tx, found.id)
    return BookingRecord(
        id=found.id, number=link_of(ctx, found.id).number, state=found.state,
        email=found.buyer.email, name=found.buyer.name, total=found.total, date=found.date,
        created_at=found.created_at,
        tickets=[
            RecordedTicket(
                id=ticket.id, code=signing.show_code(ticket.code), state=ticket.state,
                ticket_type=ticket.ticket_type, seat=ticket.seat, holder_name=ticket.holder_name,
                admitted_at=ticket.admitted_at, admitted_gate=ticket.admitted_gate,
            )
            for ticket in tickets
        ],
    )  # fmt: skip


def link_of(ctx: Context, booking_id: BookingId) -> signing.BookingLink:
    return signing.booking_link(booking_id, ctx.settings.key_for("booking-links"))
