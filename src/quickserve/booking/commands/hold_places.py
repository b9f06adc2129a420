"""Sets places aside for a while."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from quickserve.booking import model
from quickserve.booking.commands import set_aside
from quickserve.booking.commands.choose_places import TRIES, Repeat, choose_places
from quickserve.booking.commands.seating import Seating, locked_seating, wish_for_seats
from quickserve.booking.houses import Houses
from quickserve.booking.model import Basket, Hold, HoldTimes, NewHoldRow, Offer, Outrun
from quickserve.booking.resources import resources, tell_changed
from quickserve.booking.store import stock
from quickserve.contracts.booking import HoldId, Item, SoldOut
from quickserve.contracts.catalog import DateId
from quickserve.kernel.db import Database
from quickserve.kernel.errors import IdReused, NotFound, Problem
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class HoldPlaces:
    hold_id: HoldId
    date_id: DateId
    items: tuple[Item, ...]
    codes: tuple[str, ...] = ()
    accessible: bool = False

    @property
    def body_hash(self) -> bytes:
        items = sorted((str(i.ticket_type_id), i.quantity, i.seats) for i in self.items)
        return model.fingerprint(
            "hold", str(self.date_id), items, self.accessible, *sorted(self.codes)
        )


async def hold_places(ctx: Context, cmd: HoldPlaces) -> Hold:
    """All places or none. A repeat answers with the hold as it is now, whatever its state.

    Errors: those of `choose_places`, IdReused.
    """
    quantities = model.wanted(cmd.items)
    for attempt in range(TRIES):
        choice = await choose_places(
            ctx, cmd.date_id, quantities, partial(_known, ctx, cmd), fresh=attempt > 0,
            codes=cmd.codes,
        )  # fmt: skip
        if isinstance(choice, Repeat):
            return await _repeated(ctx, cmd, choice)
        try:
            return await _hold(ctx, cmd, *choice)
        except SoldOut:
            continue  # somebody was faster: look again
        except Outrun:  # this very request was
            if (body_hash := await _known(ctx, cmd)) is not None:
                return await _repeated(ctx, cmd, Repeat(body_hash))
    raise SoldOut


async def _known(ctx: Context, cmd: HoldPlaces) -> bytes | None:
    async with ctx.db.read() as tx:
        return await stock.find_hold_hash(tx, cmd.hold_id)


async def _hold(ctx: Context, cmd: HoldPlaces, offer: Offer, basket: Basket) -> Hold:
    wish = await wish_for_seats(ctx, offer, basket, cmd.items, accessible=cmd.accessible)
    row = NewHoldRow(cmd.hold_id, cmd.date_id, basket, cmd.body_hash, wish)
    times = await resources(ctx).holds.put(row)
    basket = times.basket
    tell_changed(ctx, cmd.date_id)
    return Hold(
        cmd.hold_id, "active", times.expires_at, times.server_now, offer.date, basket.items,
        basket.total, basket.quota_ids, basket.quota_places, cancelled=False,
    )  # fmt: skip


async def record_holds(
    db: Database, houses: Houses, minutes: float, holds: Sequence[NewHoldRow]
) -> list[HoldTimes | Problem]:
    """In one transaction, each by itself, in the order of their arrival. Raises Outrun.

    The quotas are locked, then decided about, then changed: whoever is refused takes nothing, and
    disturbs nobody. SoldOut for whom no room is left, SeatTaken and UnknownSeat for whom the seats
    are not to be had, Outrun for whom the id was used before.
    """
    outcomes: list[NewHoldRow | Problem] = []
    async with locked_seating(db, houses, [(hold.date_id, hold.wish) for hold in holds]) as at:
        tx, seating = at
        quota_ids = sorted({quota_id for hold in holds for quota_id in hold.basket.quota_ids})
        aside = await set_aside.lock(tx, [hold.basket.draws for hold in holds])
        room = await stock.lock_room(tx, quota_ids)
        used = await stock.used_hold_ids(tx, [hold.id for hold in holds])
        for hold in holds:
            outcome = _serve(hold, seating, aside, room, used)
            outcomes.append(outcome)
            if isinstance(outcome, NewHoldRow):
                used.add(hold.id)
        await aside.draw(tx)
        served = [one for one in outcomes if isinstance(one, NewHoldRow)]
        times = dict(await stock.insert_holds(tx, served, minutes)) if served else {}
        if len(times) != len(served):
            raise Outrun  # another process used an id at this very moment
        await seating.record(tx, [(one.id, one.basket) for one in served], "held")
    return [one if isinstance(one, Problem) else times[one.id] for one in outcomes]


def _serve(
    hold: NewHoldRow, seating: Seating, aside: set_aside.Aside, room: stock.Room,
    used: set[HoldId],
) -> NewHoldRow | Problem:  # fmt: skip
    """With its seats, or why not. Staff may take what is kept for who waits."""
    if hold.id in used:
        return Outrun()
    basket = seating.seat(hold.basket, hold.wish)
    if isinstance(basket, Problem):
        return basket
    if not aside.take(room, hold.basket, past_list=hold.staff):
        seating.take_back(basket)
        return SoldOut()
    return replace(hold, basket=basket)


async def _repeated(ctx: Context, cmd: HoldPlaces, repeat: Repeat) -> Hold:
    if repeat.body_hash != cmd.body_hash:
        raise IdReused
    async with ctx.db.read() as tx:
        hold = await stock.find_hold(tx, cmd.hold_id)
    if hold is None:  # deleted this very moment, a day after it ended
        raise NotFound("There is no such hold.")
    return hold
