"""Turns a hold into a pending booking, for whoever takes the money next."""

from dataclasses import dataclass

from quickserve.booking import model
from quickserve.booking.commands import limits
from quickserve.booking.model import Booking, Buyer, Hold, Outrun
from quickserve.booking.store import bookings, seats, stock
from quickserve.contracts.booking import (
    BookingId,
    BookingNotPending,
    HoldExpired,
    HoldId,
    HoldUsed,
    NotOnSale,
)  # fmt: skip
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class BookHold:
    booking_id: BookingId
    hold_id: HoldId
    buyer: Buyer

    @property
    def body_hash(self) -> bytes:
        return model.fingerprint("booking", str(self.hold_id), self.buyer)


async def book_hold(ctx: Context, cmd: BookHold) -> Booking:
    """The places stay `held` on their quotas, but the hold's clock no longer takes them back.

    Errors: HoldExpired, HoldUsed, NotOnSale when cancelled since, BookingNotPending when the
    booking was withdrawn before it came, PerPersonExceeded, IdReused, NotFound.
    """
    try:
        return await _book(ctx, cmd)
    except Outrun:  # the same request at the same moment: now it is there to be found
        return await _book(ctx, cmd)


async def _book(ctx: Context, cmd: BookHold) -> Booking:
    async with ctx.db.transaction() as tx:
        # The hold first: who asks the same at the same moment waits here, then finds the booking.
        used = await stock.use_hold(tx, cmd.hold_id)
        if state := await bookings.lock_booking(tx, cmd.booking_id):
            return await _repeated(tx, cmd, state)
        hold = await usable_hold(tx, cmd.hold_id, used=used)
        await limits.require(tx, hold.date, cmd.buyer, hold.items)
        await bookings.insert_booking(
            tx, cmd.booking_id, hold.date, hold.basket, cmd.buyer, cmd.body_hash,
            cmd.hold_id,
        )  # fmt: skip
        if hold.basket.seat_ids:
            await seats.pass_on(tx, hold.date.date_id, [(hold.id, cmd.booking_id)], "held")
        booking = await bookings.find_booking(tx, cmd.booking_id)
    assert booking is not None
    return booking


async def usable_hold(tx: Transaction, hold_id: HoldId, *, used: bool) -> Hold:
    """The hold that this transaction made `used`; else raises why it could not.

    Errors: HoldExpired, HoldUsed, NotOnSale when cancelled since, NotFound.
    """
    hold = await stock.find_hold(tx, hold_id)
    if hold is None:
        raise NotFound("There is no such hold.")
    if not used:
        raise HoldUsed if hold.state == "used" else HoldExpired
    if hold.cancelled:
        raise NotOnSale("The event was cancelled.", reason="cancelled")
    return hold


async def _repeated(tx: Transaction, cmd: BookHold, state: str) -> Booking:
    booking = await bookings.find_booking(tx, cmd.booking_id)
    if booking is not None and booking.body_hash != cmd.body_hash:
        raise IdReused
    if booking is None or state == "withdrawn":
        raise BookingNotPending("It was withdrawn.")
    return booking
