"""A buyer changes a booking: cancels tickets, exchanges them, or sells one again."""

from dataclasses import dataclass

from quickserve.checkout import model, store
from quickserve.checkout.model import Change
from quickserve.checkout.sagas import queue
from quickserve.checkout.sagas.change_booking import ChangeBooking, change_booking
from quickserve.checkout.sagas.resell_ticket import resell_ticket
from quickserve.contracts.booking import Contact, HoldView
from quickserve.contracts.booking_changes import (
    BookingChanges,
    BookingChangesClient,
    ChangeableTicket,
    ChangeNotAllowed,
)
from quickserve.contracts.booking_client import BookingClient
from quickserve.contracts.checkout import PaymentMethodMissing
from quickserve.contracts.checkout_changes import ChangeId, HoldMissing, NewChange, OneAtATime
from quickserve.kernel.errors import FieldError, IdReused, NotFound, Problem
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context


@dataclass(frozen=True)
class StartChange:
    change_id: ChangeId
    body: NewChange


async def start_change(ctx: Context, cmd: StartChange) -> Change:
    """Idempotent by id. What is evident now is refused at once; the saga has the last word.

    Raises NotFound, ChangeNotAllowed, HoldMissing, HoldExpired, HoldUsed, OneAtATime,
    PaymentMethodMissing, IdReused.
    """
    content = model.content_of(cmd.body, ctx.settings.key_for("checkout content"))
    try:
        wanted = await _wanted(ctx, cmd, content)
    except Problem:
        # Of a repeat that comes late: the first one has locked the tickets.
        if done := await _find(ctx, cmd.change_id):
            return _same(done, content)
        raise
    async with ctx.db.transaction() as tx:
        inserted = await store.insert_change(tx, wanted)
        if inserted:
            saga = resell_ticket if inserted.kind == "resale" else change_booking
            await queue.spawn(tx, saga, inserted.saga_id, ChangeBooking(inserted.saga_id))
            return inserted
    done = await _find(ctx, cmd.change_id)
    if done is None:
        raise IdReused
    return _same(done, content)


async def _wanted(ctx: Context, cmd: StartChange, content: bytes) -> Change:
    body = cmd.body
    found = await BookingChangesClient(ctx.client("booking")).changes(body.booking_id, body.key)
    tickets = _tickets(cmd, found)
    value = Money(sum(ticket.price.minor for ticket in tickets), found.total.currency)
    refund, due, hold = value, Money(0, value.currency), None
    if body.kind == "cancel":
        refund = Money(sum(ticket.refund.minor for ticket in tickets), value.currency)
    elif body.kind == "exchange":
        hold = await _hold(ctx, cmd, found)
        more = hold.total.minor - value.minor
        due, refund = Money(max(0, more), value.currency), Money(max(0, -more), value.currency)
        if due.minor and not body.method:
            field = FieldError(field="method", code="missing", message="Choose how to pay.")
            raise PaymentMethodMissing(errors=[field])
    ids = model.ids_of(cmd.change_id, ctx.settings)
    return Change(
        id=cmd.change_id, saga_id=ids.saga, kind=body.kind, booking_id=body.booking_id,
        organiser_id=found.organiser_id, ticket_ids=list(dict.fromkeys(body.ticket_ids)),
        hold_id=hold and hold.id, new_booking_id=ids.booking if hold else None,
        intent_id=ids.intent, value=value, due=due, refund=refund, content=content,
        contact=await _contact(ctx, cmd) if hold else None,
        method=body.method if due.minor else None,
        new_booking_key=None, done=False, created_at=ctx.clock.now(),
    )  # fmt: skip


def _tickets(cmd: StartChange, found: BookingChanges) -> list[ChangeableTicket]:
    """Those to be changed, all of which may be."""
    kind = cmd.body.kind
    wanted = set(cmd.body.ticket_ids)
    if kind == "resale" and len(wanted) > 1:
        raise OneAtATime
    tickets = [ticket for ticket in found.tickets if ticket.id in wanted]
    if len(tickets) != len(wanted):
        raise NotFound("The booking has no such ticket.")
    for ticket in tickets:
        may = {
            "cancel": ticket.may_cancel, "exchange": ticket.may_exchange,
            "resale": ticket.may_resell,
        }[kind]  # fmt: skip
        if not may:
            reason = "under-way" if ticket.state in ("changing", "returned") else "rule"
            raise ChangeNotAllowed(reason=reason, ticket_id=str(ticket.id))
    return tickets


async def _hold(ctx: Context, cmd: StartChange, found: BookingChanges) -> HoldView:
    if cmd.body.hold_id is None:
        field = FieldError(field="hold_id", code="missing", message="Name the hold.")
        raise HoldMissing(errors=[field])
    hold = await BookingClient(ctx.client("booking")).hold(cmd.body.hold_id)
    model.refuse_dead_hold(hold)
    if hold.date.event_id != found.date.event_id or hold.total.currency != found.total.currency:
        raise ChangeNotAllowed(
            "Tickets are exchanged for others of the same event, in the same currency.",
            reason="rule",
        )
    return hold


async def _contact(ctx: Context, cmd: StartChange) -> Contact:
    """The buyer's, as the booking knows them."""
    client = BookingClient(ctx.client("booking"))
    view = await client.booking(cmd.body.booking_id, cmd.body.key)
    language = "en" if view.language == "en" else "fr"
    return Contact(email=view.email, name=view.name, language=language)


async def _find(ctx: Context, change_id: ChangeId) -> Change | None:
    async with ctx.db.read() as tx:
        return await store.find_change(tx, change_id)


def _same(done: Change, content: bytes) -> Change:
    if done.content != content:
        raise IdReused
    return done
