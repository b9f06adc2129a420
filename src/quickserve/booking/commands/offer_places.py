"""Places that come back are offered to who waits, in order; nobody else can take them meanwhile.

While somebody waits for a ticket, its places that come free are refused to everybody else: by a
look at the list under the lock of every batch. So it does not matter how soon an offer follows.
"""

from datetime import UTC, datetime, timedelta
from uuid import uuid5

from quickserve.booking import model, selling
from quickserve.booking.commands.seating import wish_for_seats
from quickserve.booking.model import NewHoldRow, Offer, Outrun
from quickserve.booking.resources import resources, tell_changed
from quickserve.booking.store import stock
from quickserve.booking.store import waiting_list as store
from quickserve.booking.store.waiting_list import Entry
from quickserve.contracts.booking import HoldId, Item
from quickserve.contracts.catalog import DateId, TicketTypeId
from quickserve.contracts.waiting_list import ListRules, PlacesOffered
from quickserve.kernel import outbox
from quickserve.kernel.errors import Problem
from quickserve.kernel.service import Context

_DATES_MAX = 50
_LINE_MAX = 200  # looked at in one round
_BATCH = 500
_LEAST = timedelta(minutes=10)  # to answer, however near the date is


async def offer_places(ctx: Context) -> None:
    """Once a second: closes offers that ended, makes those that are possible."""
    async with ctx.db.transaction() as tx:
        await store.close_ended_offers(tx, _BATCH)
    async with ctx.db.read() as tx:
        dates = await store.dates_to_offer(tx, _DATES_MAX)
    for date_id in dates:
        await _offer_of_date(ctx, date_id)


async def _offer_of_date(ctx: Context, date_id: DateId) -> None:
    """In the order of the line. Who does not fit stays in place, and others are looked at."""
    offer = await resources(ctx).shelf.fresh_offer(date_id)
    if offer is None:
        return
    async with ctx.db.read() as tx:
        rules = await store.find_rules(tx, offer.date.event_id)
        line = await store.line(tx, date_id, lottery=rules.lottery, limit=_LINE_MAX)
    full: set[tuple[TicketTypeId, int]] = set()
    for entry in line:
        for type_id in entry.ticket_type_ids:
            if any(type_id == t and entry.quantity >= n for t, n in full):
                continue
            if await _offer(ctx, offer, entry, type_id, rules):
                break
            full.add((type_id, entry.quantity))


async def _offer(
    ctx: Context, offer: Offer, entry: Entry, type_id: TicketTypeId, rules: ListRules
) -> bool:
    """False when there is no room for it."""
    until = _until(offer, rules)
    hold_id = HoldId(uuid5(entry.id, f"offer:{entry.offers}"))
    try:
        basket = selling.choose_for_staff(offer, {type_id: entry.quantity}, free=False)
        items = [Item(ticket_type_id=type_id, quantity=entry.quantity)]
        wish = await wish_for_seats(ctx, offer, basket, items, accessible=False)
        body_hash = model.fingerprint("offer", str(entry.id), entry.offers)
        row = NewHoldRow(
            hold_id, entry.date_id, basket, body_hash, wish, purpose="offer", until=until
        )
        await resources(ctx).holds.put(row)
    except Outrun:
        # An earlier round made it and was cut off before it was written down.
        async with ctx.db.read() as tx:
            known = await stock.find_hold(tx, hold_id)
        if known is None or known.state != "active":
            return False
        until = known.expires_at
    except Problem:
        return False
    async with ctx.db.transaction() as tx:
        if not await store.set_offered(tx, entry.id, hold_id, until):
            await stock.release_hold(tx, hold_id)  # somebody left at this very moment
            return True
        await outbox.append(tx, PlacesOffered(entry.id, entry.date_id, entry.quantity, until))
    tell_changed(ctx, entry.date_id)
    return True


def _until(offer: Offer, rules: ListRules) -> datetime:
    """The organiser's hours, but before the date ends; some minutes at least."""
    now = offer.now()
    latest = min(now + timedelta(hours=rules.offer_hours), offer.date.ends_at)
    return max(latest, now + _LEAST).astimezone(UTC)
