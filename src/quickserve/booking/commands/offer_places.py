"""Places that come back are offered to who waits, in order; nobody else can take them meanwhile.

What comes back is the list's from the very statement that gives it back (0031): so it does not
matter how soon a round of this follows. A round looks through a date's whole list, in one
transaction and one process; what nobody on it can use goes on sale.
"""

from datetime import UTC, datetime, timedelta
from uuid import uuid5

from quickserve.booking import model, selling
from quickserve.booking.commands.seating import Seating, wish_for_seats
from quickserve.booking.model import Basket, NewHoldRow, Offer, SeatWish
from quickserve.booking.resources import resources, tell_changed
from quickserve.booking.store import stock
from quickserve.booking.store import waiting_list as store
from quickserve.booking.store.waiting_list import Entry
from quickserve.contracts.booking import HoldId, Item
from quickserve.contracts.catalog import DateId, TicketTypeId
from quickserve.contracts.waiting_list import ListRules, PlacesOffered
from quickserve.kernel import outbox
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import Problem
from quickserve.kernel.service import Context

_DATES_MAX = 50
_PAGE = 200
_LINE_MAX = 5000  # looked at in one round
_BATCH = 500
_LEAST = timedelta(minutes=15)  # to answer, however near the date is

Wish = tuple[Basket, SeatWish | None]


async def offer_places(ctx: Context) -> None:
    """Twice a second: closes what ended, and offers what came back."""
    async with ctx.db.transaction() as tx:
        await store.close_ended_offers(tx, _BATCH)
    async with ctx.db.read() as tx:
        dates = await store.dates_to_offer(tx, _DATES_MAX)
    for date_id in dates:
        await _look_through(ctx, date_id)


async def close_lists(ctx: Context) -> None:
    """Twice a minute: of dates that are near; and what groups gathered too long goes on sale."""
    async with ctx.db.transaction() as tx:
        dates = await store.close_lists(tx) + await store.dates_gathered_long_enough(tx)
        await store.look_again(tx, dates)


async def _look_through(ctx: Context, date_id: DateId) -> None:
    offer = await resources(ctx).shelf.fresh_offer(date_id)
    house = resources(ctx).houses
    if offer is not None and offer.plan_id is not None and offer.plan_version is not None:
        await house.layout(offer.plan_id, offer.plan_version)  # not read while others wait
    try:
        async with ctx.db.transaction() as tx:
            if await store.lock_date(tx, date_id):
                await _Round(ctx, tx, date_id, offer).run()
    except BaseException:
        house.forget(date_id)
        raise
    resources(ctx).shelf.forget([date_id])
    tell_changed(ctx, date_id)


class _Round:
    """One date's list, looked through in one transaction. Locks: entries, house, quotas."""

    def __init__(self, ctx: Context, tx: Transaction, date_id: DateId, offer: Offer | None) -> None:
        self._ctx = ctx
        self._tx = tx
        self._date_id = date_id
        self._offer = offer
        self._wishes: dict[tuple[TicketTypeId, int], Wish | None] = {}
        self._full: dict[TicketTypeId, int] = {}
        self._served: list[tuple[Entry, NewHoldRow]] = []

    async def run(self) -> None:
        """In order, as far as places go."""
        tx, date_id, offer = self._tx, self._date_id, self._offer
        if offer is None:
            await store.settle_quotas(tx, date_id, datetime.now(UTC))
            return
        rules = await store.find_rules(tx, offer.date.event_id)
        line = await self._line(rules)
        seated = offer.plan_id is not None
        house = await resources(self._ctx).houses.lock(tx, date_id) if seated else None
        seating = Seating(date_id, house)
        room = await stock.lock_room(tx, await store.quotas_of_date(tx, date_id))
        for entry in line:
            await self._serve(entry, rules, room, seating)
        rows = [row for _, row in self._served]
        if rows:
            await stock.insert_holds(tx, rows, self._ctx.settings.hold_minutes)
            await seating.record(tx, [(row.id, row.basket) for row in rows], "held")
        for entry, row in self._served:
            assert row.until is not None
            await store.set_offered(tx, entry.id, row.id, row.until)
            told = PlacesOffered(entry.id, entry.date_id, entry.quantity, row.until)
            await outbox.append(tx, told)
        await store.settle_quotas(tx, date_id, _until(offer, rules))

    async def _line(self, rules: ListRules) -> list[Entry]:
        line: list[Entry] = []
        after = (float("-inf"), -1)
        while len(line) < _LINE_MAX:
            page = await store.lock_line(
                self._tx, self._date_id, lottery=rules.lottery, after=after, limit=_PAGE
            )
            line += page
            if len(page) < _PAGE:
                break
            after = page[-1].turn(lottery=rules.lottery)
        return line

    async def _serve(
        self, entry: Entry, rules: ListRules, room: stock.Room, seating: Seating
    ) -> None:
        """With the first of the tickets that would do; who does not fit stays in place."""
        offer = self._offer
        assert offer is not None
        for type_id in entry.ticket_type_ids:
            if entry.quantity >= self._full.get(type_id, entry.quantity + 1):
                continue  # so many did not fit before
            wish = await self._wish(type_id, entry.quantity)
            if wish is None:
                continue
            basket = seating.seat(*wish)
            if isinstance(basket, Problem):
                self._full[type_id] = entry.quantity
                continue
            if not room.take(basket, past_list=True):
                seating.take_back(basket)
                self._full[type_id] = entry.quantity
                continue
            hold_id = HoldId(uuid5(entry.id, f"offer:{entry.offers}"))
            body_hash = model.fingerprint("offer", str(entry.id), entry.offers)
            row = NewHoldRow(
                hold_id, self._date_id, basket, body_hash, wish[1], purpose="offer",
                until=_until(offer, rules),
            )  # fmt: skip
            self._served.append((entry, row))
            return

    async def _wish(self, type_id: TicketTypeId, quantity: int) -> Wish | None:
        """None where the rules of sale do not allow it now."""
        key = type_id, quantity
        if key not in self._wishes:
            self._wishes[key] = await self._made(type_id, quantity)
        return self._wishes[key]

    async def _made(self, type_id: TicketTypeId, quantity: int) -> Wish | None:
        assert self._offer is not None
        try:
            basket = selling.choose(self._offer, {type_id: quantity})
            items = [Item(ticket_type_id=type_id, quantity=quantity)]
            wish = await wish_for_seats(self._ctx, self._offer, basket, items, accessible=False)
        except Problem:
            return None
        return basket, wish


def _until(offer: Offer, rules: ListRules) -> datetime:
    """How long an offer stands, and a group gathers places.

    The organiser's hours; near the date a quarter of the time that is left, so that others have
    their turn. A quarter of an hour at least, but not beyond the date.
    """
    now, start = offer.now(), offer.date.starts_at
    stands = min(timedelta(hours=rules.offer_hours), max((start - now) / 4, _LEAST))
    return min(now + stands, max(offer.date.ends_at, now + timedelta(minutes=1))).astimezone(UTC)
