"""Staff book: against cash, for nothing, or what was reserved. One request, tickets at once."""

from uuid import uuid5

from quickserve.booking import model
from quickserve.booking.commands.confirm_booking import confirmation, new_tickets
from quickserve.booking.commands.hold_at_desk import hold_at_desk
from quickserve.booking.model import Booking, Buyer, Hold, Outrun, Sale
from quickserve.booking.resources import resources, tell_changed
from quickserve.booking.store import bookings, desk, seats, stock
from quickserve.booking.store.desk import DeskSale
from quickserve.contracts.booking import (
    BookingId,
    BookingNotPending,
    HoldExpired,
    HoldId,
    HoldUsed,
    NotOnSale,
)
from quickserve.contracts.box_office import NewDeskSale
from quickserve.kernel import outbox
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.service import Context


async def sell_at_desk(ctx: Context, booking_id: BookingId, new: NewDeskSale) -> Booking:
    """Against cash also at the door; for nothing only organisers. A repeat answers the same.

    Errors: NotFound, Forbidden, NotOnSale when cancelled, SoldOut, SeatTaken,
    HoldExpired, HoldUsed, IdReused, BookingNotPending.
    """
    body_hash = model.fingerprint("desk", new.model_dump_json())
    if known := await _known(ctx, booking_id, body_hash):
        return known
    hold = await _hold(ctx, booking_id, new)
    key = await resources(ctx).keys.active(hold.date.organiser_id)
    buyer = Buyer(new.contact.email or "", new.contact.name, new.contact.language)
    basket = hold.basket
    booking = Booking(
        booking_id, "confirmed", buyer, hold.date, basket.items, basket.total, basket.quota_ids,
        basket.quota_places, body_hash, hold.server_now,
        new_tickets(basket.items, buyer, key.id),
    )  # fmt: skip
    try:
        await _record(ctx, booking, hold, new)
    except Outrun:  # this very request was faster
        if known := await _known(ctx, booking_id, body_hash):
            return known
        raise HoldUsed from None
    tell_changed(ctx, hold.date.date_id)
    return booking


async def _hold(ctx: Context, booking_id: BookingId, new: NewDeskSale) -> Hold:
    """What was reserved, or places held right now, under an id that a repeat derives again."""
    free = new.kind == "complimentary"
    roles = [Role.ORGANISER] if free else [Role.ORGANISER, Role.DOOR]
    if new.hold_id is None:
        assert new.date_id is not None
        hold_id = HoldId(uuid5(booking_id, "hold"))
        return await hold_at_desk(
            ctx, hold_id, new.date_id, new.items, free=free, roles=roles, accessible=new.accessible
        )
    async with ctx.db.read() as tx:
        hold = await stock.find_hold(tx, new.hold_id)
    if hold is None:
        raise NotFound("There is no such reservation.")
    ctx.principal.require(hold.date.organiser_id, *roles)
    if free and hold.total.minor:
        raise NotOnSale("A reservation is paid at its price.", reason="price")
    if hold.state != "active":
        raise HoldUsed if hold.state == "used" else HoldExpired
    return hold


async def _record(ctx: Context, booking: Booking, hold: Hold, new: NewDeskSale) -> None:
    """Raises Outrun when the hold was used or ended meanwhile, or the id was used."""
    sale = Sale(booking, hold.id)
    date = booking.date
    async with ctx.db.transaction() as tx:
        if hold.id not in await stock.lock_active_holds(tx, [hold.id]):
            raise Outrun
        if sale.seated:
            await seats.lock_date(tx, date.date_id)
        await stock.lock_room(tx, sorted(booking.quota_ids))
        await outbox.append(tx, confirmation(booking))
        if await bookings.insert_sales(tx, [sale]) != 1:
            raise Outrun
        if sale.seated:
            await seats.pass_on(tx, date.date_id, [(hold.id, booking.id)], "sold")
        await desk.insert_sale(
            tx,
            DeskSale(
                booking.id, date.event_id, new.kind, booking.places, booking.total, new.note,
                ctx.principal.person_id,
            ),
        )  # fmt: skip


async def _known(ctx: Context, booking_id: BookingId, body_hash: bytes) -> Booking | None:
    """Of a repeat, the booking as it is now."""
    async with ctx.db.read() as tx:
        booking = await bookings.find_booking(tx, booking_id)
        known = await bookings.find_body_hash(tx, booking_id)
    if booking is None:
        if known is not None:
            raise BookingNotPending("It was withdrawn.")
        return None
    ctx.principal.require(booking.date.organiser_id, Role.ORGANISER, Role.DOOR)
    if known != body_hash:
        raise IdReused
    return booking
