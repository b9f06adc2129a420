"""Staff set places aside: no window of sale, no least or most, perhaps no price."""

from collections.abc import Sequence
from datetime import datetime

from quickserve.booking import model, selling
from quickserve.booking.commands.return_expired_holds import return_expired_holds
from quickserve.booking.commands.seating import wish_for_seats
from quickserve.booking.model import Hold, NewHoldRow, Outrun
from quickserve.booking.resources import resources, tell_changed
from quickserve.booking.store import stock
from quickserve.contracts.booking import HoldId, Item, SoldOut
from quickserve.contracts.catalog import DateId
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.service import Context


async def hold_at_desk(
    ctx: Context, hold_id: HoldId, date_id: DateId, items: Sequence[Item], *, free: bool,
    roles: Sequence[Role], accessible: bool, until: datetime | None = None,
) -> Hold:  # fmt: skip
    """As `hold_places`; `until` makes it a reservation. Errors: Forbidden, and those of it."""
    quantities = model.wanted(items)
    for again in (False, True):
        offer = await resources(ctx).shelf.fresh_offer(date_id)
        if offer is None:
            raise NotFound("There is no such date.")
        ctx.principal.require(offer.date.organiser_id, *roles)
        basket = selling.choose_for_staff(offer, quantities, free=free)
        wish = await wish_for_seats(ctx, offer, basket, items, accessible=accessible)
        plain = sorted((str(i.ticket_type_id), i.quantity, i.seats) for i in items)
        body_hash = model.fingerprint("desk", str(date_id), plain, free, accessible, until)
        row = NewHoldRow(
            hold_id, date_id, basket, body_hash, wish,
            purpose="reservation" if until else "sale", until=until, staff=True,
        )  # fmt: skip
        try:
            times = await resources(ctx).holds.put(row)
        except Outrun:
            return await _repeated(ctx, hold_id, body_hash)
        except SoldOut:
            if again or not await return_expired_holds(ctx, date_id):
                raise
            continue
        tell_changed(ctx, date_id)
        return Hold(
            hold_id, "active", times.expires_at, times.server_now, offer.date, times.basket.items,
            basket.total, basket.quota_ids, basket.quota_places, cancelled=False,
        )  # fmt: skip
    raise SoldOut


async def _repeated(ctx: Context, hold_id: HoldId, body_hash: bytes) -> Hold:
    async with ctx.db.read() as tx:
        known = await stock.find_hold_hash(tx, hold_id)
        hold = await stock.find_hold(tx, hold_id)
    if hold is None or known != body_hash:
        raise IdReused
    return hold
