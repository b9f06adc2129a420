"""Books places that cost nothing: one request, one transaction, tickets at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from quickserve.booking import model
from quickserve.booking.commands.choose_places import TRIES, Repeat, choose_places
from quickserve.booking.commands.confirm_booking import confirmation, new_tickets
from quickserve.booking.model import Basket, Booking, Buyer, Outrun, Sale
from quickserve.booking.resources import resources, tell_changed
from quickserve.booking.store import bookings, stock
from quickserve.contracts.booking import (
    BookingId,
    BookingNotPending,
    DateFacts,
    HoldExpired,
    HoldId,
    HoldUsed,
    Item,
    NotOnSale,
    PaymentRequired,
    SoldOut,
)  # fmt: skip
from quickserve.contracts.catalog import DateId
from quickserve.kernel import outbox, tracing
from quickserve.kernel.db import Database
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.service import Context

_Choice = tuple[DateFacts, Basket, datetime]


@dataclass(frozen=True, slots=True)
class BookFree:
    """Out of `hold_id`, or of `date_id` and `items`."""

    booking_id: BookingId
    hold_id: HoldId | None
    date_id: DateId | None
    items: tuple[Item, ...]
    buyer: Buyer

    @property
    def body_hash(self) -> bytes:
        items = sorted((str(i.ticket_type_id), i.quantity) for i in self.items)
        return model.fingerprint("free", str(self.hold_id), str(self.date_id), items, self.buyer)


async def book_free(ctx: Context, cmd: BookFree) -> Booking:
    """A repeat answers with the booking as it is now.

    Errors: PaymentRequired when it has a price, those of `choose_places`, HoldExpired, HoldUsed,
    NotOnSale when cancelled since it was held, NotFound, IdReused, BookingNotPending when it was
    withdrawn before it came.
    """
    for _ in range(TRIES):
        if cmd.hold_id is not None:
            choice = await _held(ctx, cmd, cmd.hold_id)
        else:
            choice = await _chosen(ctx, cmd)
        if isinstance(choice, Repeat):
            return await _repeated(ctx, cmd)
        date, basket, now = choice
        if basket.total.minor > 0:
            raise PaymentRequired(total=str(basket.total))
        key = await resources(ctx).keys.active(date.organiser_id)
        booking = Booking(
            cmd.booking_id, "confirmed", cmd.buyer, date, basket.items, basket.total,
            basket.quota_ids, basket.quota_places, cmd.body_hash, now,
            new_tickets(basket.items, cmd.buyer, key.id),
        )  # fmt: skip
        try:
            await resources(ctx).sales.put(Sale(booking, cmd.hold_id, tracing.traceparent()))
        except (SoldOut, Outrun):
            continue  # somebody, or this very request, was faster: look again
        tell_changed(ctx, date.date_id)
        return booking
    raise SoldOut


async def record_sales(db: Database, sales: Sequence[Sale]) -> list[None]:
    """All or none, in one transaction. Errors: SoldOut, Outrun."""
    async with db.transaction() as tx:
        events = [confirmation(sale.booking) for sale in sales]
        await outbox.append(tx, *events, traces=[sale.trace for sale in sales])
        if await bookings.insert_sales(tx, sales) != len(sales):
            raise Outrun
    return [None] * len(sales)


async def _chosen(ctx: Context, cmd: BookFree) -> _Choice | Repeat:
    assert cmd.date_id is not None
    choice = await choose_places(ctx, cmd.date_id, cmd.items, booking_id=cmd.booking_id)
    if isinstance(choice, Repeat):
        return choice
    offer, basket = choice
    return offer.date, basket, offer.looked_at


async def _held(ctx: Context, cmd: BookFree, hold_id: HoldId) -> _Choice | Repeat:
    async with ctx.db.read() as tx:
        hold = await stock.find_hold(tx, hold_id)
        # In this order: when this very request used the hold, its booking is there to be seen.
        known = await bookings.find_body_hash(tx, cmd.booking_id)
    if known is not None:
        return Repeat(known)
    if hold is None:
        raise NotFound("There is no such hold.")
    if hold.state != "active":
        raise HoldUsed if hold.state == "used" else HoldExpired
    if hold.cancelled:
        raise NotOnSale("The event was cancelled.", reason="cancelled")
    basket = Basket(hold.items, hold.total, hold.quota_ids, hold.quota_places)
    return hold.date, basket, hold.server_now


async def _repeated(ctx: Context, cmd: BookFree) -> Booking:
    async with ctx.db.read() as tx:
        booking = await bookings.find_booking(tx, cmd.booking_id)
    if booking is not None and booking.body_hash != cmd.body_hash:
        raise IdReused
    if booking is None or booking.state == "withdrawn":
        raise BookingNotPending("It was withdrawn.")
    return booking
