"""Books places that cost nothing: one request, one transaction, tickets at once."""

from dataclasses import dataclass
from datetime import datetime

from quickserve.booking import model
from quickserve.booking.commands.book_hold import usable_hold
from quickserve.booking.commands.choose_places import TRIES, Repeat, choose_places
from quickserve.booking.commands.confirm_booking import confirmation, new_tickets
from quickserve.booking.keys import key_ring
from quickserve.booking.model import Basket, Booking, Buyer, Outrun
from quickserve.booking.store import bookings, stock
from quickserve.contracts.booking import (
    BookingId,
    BookingNotPending,
    DateFacts,
    HoldId,
    Item,
    PaymentRequired,
    SoldOut,
)  # fmt: skip
from quickserve.contracts.catalog import DateId
from quickserve.kernel import outbox
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context


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

    Errors: PaymentRequired when it has a price, those of `choose_places`, of `usable_hold`,
    IdReused, BookingNotPending when it was withdrawn before it came.
    """
    for _ in range(TRIES):
        try:
            if cmd.hold_id is not None:
                return await _book_held(ctx, cmd, cmd.hold_id)
            return await _book_directly(ctx, cmd)
        except Outrun:
            continue
    raise SoldOut


async def _book_directly(ctx: Context, cmd: BookFree) -> Booking:
    assert cmd.date_id is not None
    choice = await choose_places(ctx, cmd.date_id, cmd.items, booking_id=cmd.booking_id)
    if isinstance(choice, Repeat):
        return await _repeated(ctx, cmd)
    offer, basket = choice
    _require_free(basket.total)
    key = await key_ring(ctx).active(offer.date.organiser_id)
    booking = _confirmed(cmd, offer.date, basket, key.id, offer.looked_at)
    try:
        async with ctx.db.transaction() as tx:
            await _record(tx, cmd, booking)
    except SoldOut as lost:
        raise Outrun from lost
    return booking


async def _book_held(ctx: Context, cmd: BookFree, hold_id: HoldId) -> Booking:
    async with ctx.db.read() as tx:
        hold = await stock.find_hold(tx, hold_id)
    if hold is None:
        raise NotFound("There is no such hold.")
    _require_free(hold.total)
    key = await key_ring(ctx).active(hold.date.organiser_id)
    async with ctx.db.transaction() as tx:
        used = await stock.use_hold(tx, hold_id)
        if await bookings.lock_booking(tx, cmd.booking_id):
            return await _check_repeated(tx, cmd)
        hold = await usable_hold(tx, hold_id, used=used)
        basket = Basket(hold.items, hold.total, hold.quota_ids, hold.quota_places)
        booking = _confirmed(cmd, hold.date, basket, key.id, hold.server_now)
        await _record(tx, cmd, booking)
    return booking


def _require_free(total: Money) -> None:
    if total.minor > 0:
        raise PaymentRequired(total=str(total))


def _confirmed(
    cmd: BookFree, date: DateFacts, basket: Basket, key_id: str, now: datetime
) -> Booking:
    return Booking(
        cmd.booking_id, "confirmed", cmd.buyer, date, basket.items, basket.total,
        basket.quota_ids, basket.quota_places, cmd.body_hash, now,
        new_tickets(basket.items, cmd.buyer, key_id),
    )  # fmt: skip


async def _record(tx: Transaction, cmd: BookFree, booking: Booking) -> None:
    # In one round trip, so that the quota's row is locked for as short as can be.
    async with tx.connection.pipeline():
        await outbox.append(tx, confirmation(booking))
        await bookings.insert_sale(
            tx, booking, hold_id=cmd.hold_id, from_hold=cmd.hold_id is not None
        )


async def _repeated(ctx: Context, cmd: BookFree) -> Booking:
    async with ctx.db.transaction() as tx:
        return await _check_repeated(tx, cmd)


async def _check_repeated(tx: Transaction, cmd: BookFree) -> Booking:
    booking = await bookings.find_booking(tx, cmd.booking_id)
    if booking is not None and booking.body_hash != cmd.body_hash:
        raise IdReused
    if booking is None or booking.state == "withdrawn":
        raise BookingNotPending("It was withdrawn.")
    return booking
