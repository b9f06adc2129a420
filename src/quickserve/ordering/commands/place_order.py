"""An order takes its place in the kitchen: all of it, by the promised time, or not at all."""

from dataclasses import dataclass

from quickserve.contracts.ordering import NewOrder, OrderId
from quickserve.contracts.ordering_problems import (
    BasketChanged,
    BasketOrdered,
    KitchenFull,
    NotToBePlaced,
    OrderWithdrawn,
    TotalChanged,
)
from quickserve.kernel import tracing
from quickserve.kernel.errors import IdReused, NotFound, Problem
from quickserve.kernel.service import Context
from quickserve.ordering import model, pricing
from quickserve.ordering.commands.put_basket import the_stand
from quickserve.ordering.judging import check, price_basket
from quickserve.ordering.model import Basket, Home, NewOrderRow, Order, Overtaken, order_of
from quickserve.ordering.resources import resources, tell_moved
from quickserve.ordering.store import baskets, orders

_TRIES = 5


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    order_id: OrderId
    new: NewOrder

    @property
    def content(self) -> bytes:
        return model.fingerprint("order", self.new.model_dump(mode="json"))


async def place_order(ctx: Context, cmd: PlaceOrder) -> Order:
    """Nothing is to be paid now: it is free, or on the tab. See `reserve_order`."""
    if cmd.new.payment == "card":
        raise NotToBePlaced
    return await reserve_order(ctx, cmd)


async def reserve_order(ctx: Context, cmd: PlaceOrder) -> Order:
    """A repeat answers with the order as it is now.

    Errors: NotFound, BasketChanged, BasketOrdered, TotalChanged, NotToBePlaced, those of `check`,
    KitchenFull, TabLimit, TabClosed, IdReused, OrderWithdrawn.
    """
    for attempt in range(_TRIES):
        try:
            basket = await _basket(ctx, cmd)
            repeat = basket.order_id == cmd.order_id or attempt > 0
            if repeat and (order := await _repeated(ctx, cmd)):
                return order
            row = await _row(ctx, cmd, basket, fresh=attempt > 0)
        except Problem:
            # The basket of a repeat may have been reopened since, or be gone.
            if order := await _repeated(ctx, cmd):
                return order
            raise
        try:
            placed = await resources(ctx).placing.put(row)
        except Overtaken:
            continue
        resources(ctx).shelf.note_home(row.id, Home(row.stand.id, row.stand.organiser_id))
        await tell_moved(ctx, row.stand.id, row.id)
        return order_of(row, placed)
    raise KitchenFull("Too many people order at this moment: try again.")


async def _basket(ctx: Context, cmd: PlaceOrder) -> Basket:
    async with ctx.db.read() as tx:
        basket = await baskets.find(tx, cmd.new.basket_id)
    if basket is None:
        raise NotFound("There is no such basket, or it is older than a day.")
    return basket


async def _repeated(ctx: Context, cmd: PlaceOrder) -> Order | None:
    """The order that an earlier, equal request made. Raises IdReused, OrderWithdrawn."""
    async with ctx.db.read() as tx:
        order = await orders.find(tx, cmd.order_id)
        if order is None and await orders.is_tombstone(tx, cmd.order_id):
            raise OrderWithdrawn
    if order is not None and order.content != cmd.content:
        raise IdReused
    return order


async def _row(ctx: Context, cmd: PlaceOrder, basket: Basket, *, fresh: bool) -> NewOrderRow:
    if basket.order_id is not None:
        raise BasketOrdered(order_id=str(basket.order_id))
    if basket.version != cmd.new.basket_version:
        raise BasketChanged(version=basket.version)
    stand = await the_stand(ctx, basket.draft.stand_id)
    if fresh:
        stand = await resources(ctx).shelf.stand(stand.id, fresh=True) or stand
    priced = await price_basket(ctx, basket, stand)
    check(basket, stand, priced)
    total = priced.totals.total
    if total != cmd.new.total:
        raise TotalChanged(total=str(total))
    if cmd.new.payment == "free" and total.minor > 0:
        raise NotToBePlaced(total=str(total))
    if cmd.new.payment == "tab" and (basket.ticket is None or not stand.draft.tabs):
        raise NotToBePlaced("A tab is opened by a ticket.")
    return NewOrderRow(
        cmd.order_id, basket.id, basket.version, stand, basket.ticket, cmd.new.payment,
        cmd.new.contact, basket.draft.destination, basket.draft.slot, priced,
        pricing.work_of(priced.lines), pricing.longest_of(priced.lines), cmd.content,
        tracing.traceparent(),
    )  # fmt: skip
