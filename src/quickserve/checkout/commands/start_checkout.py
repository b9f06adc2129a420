"""Buys the places of a hold: at once when they cost nothing, else by a saga."""

from dataclasses import dataclass, replace

from quickserve.checkout import model, store
from quickserve.checkout.model import Checkout
from quickserve.checkout.sagas import queue
from quickserve.checkout.sagas.book_tickets import BookTickets, book_tickets
from quickserve.contracts.booking import FreeBooking
from quickserve.contracts.booking_client import BookingClient
from quickserve.contracts.checkout import CheckoutId, NewCheckout, PaymentMethodMissing
from quickserve.kernel.errors import FieldError, IdReused, Problem
from quickserve.kernel.service import Context


@dataclass(frozen=True)
class StartCheckout:
    checkout_id: CheckoutId
    body: NewCheckout


async def start_checkout(ctx: Context, cmd: StartCheckout) -> Checkout:
    """Idempotent by id. Raises HoldExpired, HoldUsed, PaymentMethodMissing, IdReused, NotFound."""
    content = model.content_of(cmd.body, ctx.settings.key_for("checkout content"))
    try:
        wanted = await _wanted(ctx, cmd, content)
    except Problem:
        # Of a repeat that comes late: the first one has used the hold.
        if done := await _find(ctx, cmd.checkout_id):
            return _same(done, content)
        raise
    async with ctx.db.transaction() as tx:
        inserted = await store.insert_checkout(tx, wanted)
        if inserted and inserted.booking_key is None:
            order = BookTickets(inserted.id, inserted.booking_id, inserted.intent_id)
            await queue.spawn(tx, book_tickets, inserted.saga_id, order)
    if inserted:
        return inserted
    done = await _find(ctx, cmd.checkout_id)
    assert done is not None, "checkouts are not deleted"
    return _same(done, content)


async def _find(ctx: Context, checkout_id: CheckoutId) -> Checkout | None:
    async with ctx.db.read() as tx:
        return await store.find_checkout(tx, checkout_id)


async def _wanted(ctx: Context, cmd: StartCheckout, content: bytes) -> Checkout:
    """The checkout to insert; for places that cost nothing, booked."""
    booking = BookingClient(ctx.client("booking"))
    hold = await booking.hold(cmd.body.hold_id)
    ids = model.ids_of(cmd.checkout_id, ctx.settings)
    wanted = Checkout(
        id=cmd.checkout_id,
        saga_id=ids.saga,
        hold_id=hold.id,
        booking_id=ids.booking,
        intent_id=ids.intent,
        organiser_id=hold.date.organiser_id,
        total=hold.total,
        content=content,
        contact=cmd.body.contact,
        method=cmd.body.method,
        booking_key=None,
        created_at=ctx.clock.now(),
    )
    if hold.total.minor == 0:
        # Not refused here when used: this may be the repeat of what used it.
        free = FreeBooking(hold_id=hold.id, contact=cmd.body.contact)
        booked = await booking.book_free(wanted.booking_id, free)
        return replace(wanted, contact=None, method=None, booking_key=booked.key)
    model.refuse_dead_hold(hold)
    if not cmd.body.method:
        field = FieldError(field="method", code="missing", message="Choose how to pay.")
        raise PaymentMethodMissing(errors=[field])
    return wanted


def _same(done: Checkout, content: bytes) -> Checkout:
    if done.content != content:
        raise IdReused
    return done
