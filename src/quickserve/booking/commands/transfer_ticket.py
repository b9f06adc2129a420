"""A ticket passes on to another person: the old QR dies, a new one is born."""

from dataclasses import dataclass

from quickserve.booking import changing, signing
from quickserve.booking.model import Outrun
from quickserve.booking.resources import resources
from quickserve.booking.store import bookings, changes
from quickserve.booking.store.changes import ChangingTicket
from quickserve.contracts.booking import BookingId, TicketId, TicketRevoked
from quickserve.contracts.booking_changes import TicketTransferred
from quickserve.kernel import outbox
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class TransferTicket:
    """`key` opens the booking, or the ticket itself when it was passed on before."""

    successor_id: TicketId
    ticket_id: TicketId
    key: str
    name: str
    email: str


async def transfer_ticket(ctx: Context, cmd: TransferTicket) -> None:
    """Its place, price and booking stay. Repeating changes nothing.

    Errors: NotFound, also when the key does not fit; ChangeNotAllowed, IdReused.
    """
    while True:
        try:
            await _transfer(ctx, cmd)
        except Outrun:  # the drawn code was taken
            continue
        return


async def _transfer(ctx: Context, cmd: TransferTicket) -> None:
    async with ctx.db.read() as tx:
        seen = await bookings.find_booking_of_ticket(tx, ticket_id=cmd.ticket_id)
        booking = await bookings.find_booking(tx, seen) if seen else None
    if booking is None:
        raise NotFound("There is no such ticket.")
    key = await resources(ctx).keys.active(booking.date.organiser_id)
    async with ctx.db.transaction() as tx:
        await bookings.lock_booking(tx, booking.id)
        (ticket,) = await changes.lock_tickets(tx, [cmd.ticket_id])
        if not _opens(ctx, cmd, booking.id, ticket):
            raise NotFound("There is no such ticket.")
        if known := await changes.find_successor(tx, cmd.successor_id):
            same = (known.replaces, known.holder_name, known.holder_email)
            if same != (cmd.ticket_id, cmd.name, cmd.email):
                raise IdReused
            return
        rules = await changes.find_rules(tx, ticket.event_id)
        if reason := changing.transfer_refusal(rules, ticket):
            raise changing.not_allowed(reason, ticket)
        await changes.set_ticket_states(tx, [cmd.ticket_id], "passed-on")
        if not await changes.insert_successor(
            tx, cmd.successor_id, cmd.ticket_id, signing.new_code(), key.id, cmd.name, cmd.email
        ):
            raise IdReused
        await outbox.append(
            tx,
            TicketRevoked(cmd.ticket_id, ticket.date_id),
            TicketTransferred(cmd.ticket_id, cmd.successor_id, ticket.date_id),
        )


def _opens(
    ctx: Context, cmd: TransferTicket, booking_id: BookingId, ticket: ChangingTicket
) -> bool:
    """The buyer's key opens what was not passed on; the ticket's own key what was."""
    if ticket.own:
        link = signing.booking_link(booking_id, ctx.settings.key_for("booking-links"))
        return link.opens(cmd.key)
    return signing.ticket_link(cmd.ticket_id, ctx.settings.key_for("ticket-links")).opens(cmd.key)
