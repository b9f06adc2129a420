"""Books places that cost nothing: one request, one transaction, tickets at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import uuid5

from quickserve.booking import model, selling
from quickserve.booking.commands import limits, set_aside
from quickserve.booking.commands.choose_places import TRIES, Repeat, choose_places
from quickserve.booking.commands.confirm_booking import confirmation, new_tickets
from quickserve.booking.commands.hold_places import HoldPlaces, hold_places
from quickserve.booking.commands.seating import wish_for_seats
from quickserve.booking.model import Basket, Booking, Buyer, Outrun, PersonLimit, Sale
from quickserve.booking.resources import resources, tell_changed
from quickserve.booking.store import bookings, seats, stock
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
from quickserve.kernel.errors import IdReused, NotFound, Problem
from quickserve.kernel.service import Context

_Choice = tuple[DateFacts, Basket, datetime, tuple[PersonLimit, ...]]


@dataclass(frozen=True, slots=True)
class BookFree:
    """Out of `hold_id`, or of `date_id` and `items`."""

    booking_id: BookingId
    hold_id: HoldId | None
    date_id: DateId | None
    items: tuple[Item, ...]
    buyer: Buyer
    codes: tuple[str, ...] = ()

    @property
    def body_hash(self) -> bytes:
        items = sorted((str(i.ticket_type_id), i.quantity, i.seats) for i in self.items)
        return model.fingerprint(
            "free", str(self.hold_id), str(self.date_id), items, self.buyer, *sorted(self.codes)
        )


async def book_free(ctx: Context, cmd: BookFree) -> Booking:
    """A repeat answers with the booking as it is now.

    Errors: PaymentRequired when it has a price, those of `choose_places`, PerPersonExceeded,
    HoldExpired, HoldUsed,
    NotOnSale when cancelled since it was held, NotFound, IdReused, BookingNotPending when it was
    withdrawn before it came.
    """
    for attempt in range(TRIES):
        hold_id = cmd.hold_id
        choice = None if hold_id else await _chosen(ctx, cmd, fresh=attempt > 0)
        if choice is None:
            hold_id = hold_id or await _seats(ctx, cmd)
            choice = await _held(ctx, cmd, hold_id)
        if isinstance(choice, Repeat):
            return await _repeated(ctx, cmd)
        date, basket, now, bounds = choice
        if basket.total.minor > 0:
            raise PaymentRequired(total=str(basket.total))
        key = await resources(ctx).keys.active(date.organiser_id)
        booking = Booking(
            cmd.booking_id, "confirmed", cmd.buyer, date, basket.items, basket.total,
            basket.quota_ids, basket.quota_places, cmd.body_hash, now,
            new_tickets(basket.items, cmd.buyer, key.id),
        )  # fmt: skip
        sale = Sale(booking, hold_id, tracing.traceparent(), basket.draws, bounds)
        try:
            await resources(ctx).sales.put(sale)
        except SoldOut:
            continue  # somebody was faster: look again
        except Outrun:  # this very request was, or a drawn code was taken
            if await _known(ctx, cmd) is not None:
                return await _repeated(ctx, cmd)
            continue
        tell_changed(ctx, date.date_id)
        return booking
    raise SoldOut


async def record_sales(db: Database, sales: Sequence[Sale]) -> list[Problem | None]:
    """In one transaction, each by itself, in the order of their arrival. Raises Outrun.

    As `record_holds`; a sale out of a hold has its room already.
    """
    async with db.transaction() as tx:
        holds = await stock.lock_active_holds(tx, [s.hold_id for s in sales if s.hold_id])
        persons = await limits.lock(tx, [(s.booking, s.limits) for s in sales if s.limits])
        if any(sale.seated for sale in sales):
            await seats.lock_date(tx, sales[0].booking.date.date_id)
        aside = await set_aside.lock(tx, [sale.draws for sale in sales])
        ids = {quota_id for sale in sales for quota_id in sale.booking.quota_ids}
        room = await stock.lock_room(tx, sorted(ids))
        used = await bookings.used_ids(tx, [sale.booking.id for sale in sales])
        outcomes: list[Problem | None] = []
        served: list[Sale] = []
        for sale in sales:
            refusal = _refusal(sale, holds, used) or await persons.refusal(
                tx, sale.booking, sale.limits
            )
            if refusal is None and sale.hold_id is None and not aside.take(room, _basket(sale)):
                refusal = SoldOut()
            outcomes.append(refusal)
            if refusal is None:
                served.append(sale)
                used.add(sale.booking.id)
                persons.add(sale.booking, sale.limits)
                if sale.hold_id is not None:
                    holds.remove(sale.hold_id)
        await aside.draw(tx)
        if served:
            events = [confirmation(sale.booking) for sale in served]
            await outbox.append(tx, *events, traces=[sale.trace for sale in served])
            if await bookings.insert_sales(tx, served) != len(served):
                raise Outrun  # another process used an id at this very moment
            heirs = [(s.hold_id, s.booking.id) for s in served if s.seated and s.hold_id]
            if heirs:
                await seats.pass_on(tx, served[0].booking.date.date_id, heirs, "sold")
    return outcomes


def _refusal(sale: Sale, holds: set[HoldId], used: set[BookingId]) -> Problem | None:
    """None when nobody else has its id or its hold."""
    if sale.booking.id in used or (sale.hold_id is not None and sale.hold_id not in holds):
        return Outrun()
    return None


def _basket(sale: Sale) -> Basket:
    booking = sale.booking
    return Basket([], booking.total, booking.quota_ids, booking.quota_places, sale.draws)


async def _chosen(ctx: Context, cmd: BookFree, *, fresh: bool) -> _Choice | Repeat | None:
    """None where seats go with it, which are held first."""
    assert cmd.date_id is not None
    quantities = model.wanted(cmd.items)
    choice = await choose_places(
        ctx, cmd.date_id, quantities, partial(_known, ctx, cmd), fresh=fresh, codes=cmd.codes
    )
    if isinstance(choice, Repeat):
        return choice
    offer, basket = choice
    wish = await wish_for_seats(ctx, offer, basket, cmd.items, accessible=False)
    if wish and not basket.total.minor:
        return None
    return offer.date, basket, offer.now(), selling.person_limits(offer, basket.items)


async def _seats(ctx: Context, cmd: BookFree) -> HoldId:
    """A hold, of an id that a repeat derives again."""
    assert cmd.date_id is not None
    hold_id = HoldId(uuid5(cmd.booking_id, "hold"))
    return (await hold_places(ctx, HoldPlaces(hold_id, cmd.date_id, cmd.items, cmd.codes))).id


async def _known(ctx: Context, cmd: BookFree) -> bytes | None:
    async with ctx.db.read() as tx:
        return await bookings.find_body_hash(tx, cmd.booking_id)


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
    offer = await resources(ctx).shelf.offer(hold.date.date_id)
    bounds = selling.person_limits(offer, hold.items) if offer is not None else ()
    return hold.date, hold.basket, hold.server_now, bounds


async def _repeated(ctx: Context, cmd: BookFree) -> Booking:
    async with ctx.db.read() as tx:
        booking = await bookings.find_booking(tx, cmd.booking_id)
    if booking is not None and booking.body_hash != cmd.body_hash:
        raise IdReused
    if booking is None or booking.state == "withdrawn":
        raise BookingNotPending("It was withdrawn.")
    return booking
