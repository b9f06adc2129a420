"""Begins to change a booking: its tickets are locked, or their places on sale again."""

from dataclasses import dataclass

from quickserve.booking import changing
from quickserve.booking.model import Booking
from quickserve.booking.resources import tell_changed
from quickserve.booking.store import bookings, changes, seats, stock
from quickserve.booking.store.changes import AmendmentRow, ChangingTicket
from quickserve.contracts.booking import BookingId, TicketId
from quickserve.contracts.booking_changes import AmendmentId, AmendmentKind, ChangeNotAllowed
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class OpenAmendment:
    amendment_id: AmendmentId
    booking_id: BookingId
    kind: AmendmentKind
    ticket_ids: tuple[TicketId, ...]
    new_booking_id: BookingId | None = None


async def open_amendment(ctx: Context, cmd: OpenAmendment) -> AmendmentRow:
    """A ticket that is changing opens no door, until the amendment is dropped.

    For a resale its place goes on sale at once. A repeat answers with what it became. Errors:
    NotFound, ChangeNotAllowed, IdReused.
    """
    async with ctx.db.transaction() as tx:
        await bookings.lock_booking(tx, cmd.booking_id)
        if known := await changes.lock_amendment(tx, cmd.amendment_id):
            return _repeated(cmd, known)
        booking = await bookings.find_booking(tx, cmd.booking_id)
        if booking is None:
            raise NotFound("There is no such booking.")
        tickets = await changes.lock_tickets(tx, cmd.ticket_ids)
        row = await _amendment(tx, cmd, booking, tickets)
        if not await changes.insert_amendment(tx, row):
            raise IdReused
        if cmd.kind == "resale":
            await changes.set_ticket_states(tx, cmd.ticket_ids, "returned")
            await _put_on_sale(ctx, tx, booking, row, tickets)
        else:
            await changes.set_ticket_states(tx, cmd.ticket_ids, "changing")
    return row


async def _amendment(
    tx: Transaction, cmd: OpenAmendment, booking: Booking, tickets: list[ChangingTicket]
) -> AmendmentRow:
    found = {ticket.id for ticket in tickets if ticket.booking_id == cmd.booking_id}
    if found != set(cmd.ticket_ids):
        raise NotFound("The booking has no such ticket.")
    rules = await changes.find_rules(tx, booking.date.event_id)
    changing.require(cmd.kind, rules, tickets)
    ids, places = await changes.quotas_of_tickets(tx, cmd.booking_id, cmd.ticket_ids)
    value = refund = sum(ticket.price_minor for ticket in tickets)
    if cmd.kind == "cancel":
        refund = sum(changing.refund_minor(rules, ticket.price_minor) for ticket in tickets)
    starts_at = booking.date.starts_at
    return AmendmentRow(
        cmd.amendment_id, cmd.booking_id, booking.date.date_id, cmd.kind, "open",
        list(cmd.ticket_ids), ids, places, value, refund, booking.total.currency,
        starts_at - changing.RESALE_ENDS if cmd.kind == "resale" else None, cmd.new_booking_id,
    )  # fmt: skip


async def _put_on_sale(
    ctx: Context, tx: Transaction, booking: Booking, row: AmendmentRow,
    tickets: list[ChangingTicket],
) -> None:  # fmt: skip
    """The booking no longer has the places, so that cancelling it does not give them back twice."""
    taken = (row.quota_ids, row.quota_places)
    await changes.reduce_booking(tx, booking.id, booking.items, booking.total.minor, taken)
    if taken_seats := [ticket.seat_id for ticket in tickets if ticket.seat_id]:
        await seats.free_some(tx, booking.date.date_id, booking.id, taken_seats)
    await stock.move_places(tx, row.quota_ids, row.quota_places, held=0, sold=-1)
    date_id = booking.date.date_id
    tx.after_commit.append(lambda: tell_changed(ctx, date_id))


def _repeated(cmd: OpenAmendment, known: AmendmentRow) -> AmendmentRow:
    if known.booking_id is None:
        raise ChangeNotAllowed("This change was given up.", reason="under-way")
    same = (known.booking_id, known.kind, set(known.ticket_ids))
    if same != (cmd.booking_id, cmd.kind, set(cmd.ticket_ids)):
        raise IdReused
    return known
