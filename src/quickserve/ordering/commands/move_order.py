"""An order moves on: who may, from where to where, is `model.TRANSITIONS`."""

from dataclasses import dataclass, replace
from datetime import datetime

from quickserve.contracts.ordering import (
    OrderId,
    OrderMove,
    OrderMoved,
    OrderRejected,
    OrderState,
)
from quickserve.contracts.ordering_problems import MoveOvertaken
from quickserve.kernel import outbox, tracing
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import NotFound, Unavailable
from quickserve.kernel.events import DomainEvent
from quickserve.kernel.service import Context
from quickserve.ordering import model
from quickserve.ordering.commands.announce import accepted_later
from quickserve.ordering.commands.record_moves import TOGETHER
from quickserve.ordering.model import WITHOUT_WORK, Actor, Moved, Moving, Order, Overtaken, Stand
from quickserve.ordering.resources import resources, tell_moved
from quickserve.ordering.store import baskets, benefits, kitchen, moves, orders, printing, stands

# Nothing of it is kept: places in the kitchen, what the ticket includes, vouchers, tab.
_UNDONE: frozenset[OrderState] = frozenset({"rejected", "withdrawn", "cancelled"})

_TRIES = 5


@dataclass(frozen=True, slots=True)
class MoveOrder:
    order_id: OrderId
    to: OrderState
    actor: Actor
    seen: OrderState | None = None


async def move_as_staff(ctx: Context, order_id: OrderId, move: OrderMove) -> Moved:
    """By somebody who works at the stand. A repeat changes nothing.

    Errors: NotFound, Unauthenticated, Forbidden, IllegalTransition, MoveOvertaken.
    """
    home = await resources(ctx).shelf.home_of(order_id)
    if home is None:
        raise NotFound("There is no such order.")
    ctx.principal.require(home.organiser_id, Role.KITCHEN)
    actor = Actor("stand", ctx.principal.person_id, move.reason, move.id)
    if move.state not in TOGETHER:
        order = await move_order(ctx, MoveOrder(order_id, move.state, actor, move.seen))
        async with ctx.db.read() as tx:
            return Moved(order, await orders.steps(tx, order_id))
    stand = await resources(ctx).shelf.stand(home.stand_id)
    assert stand is not None, "an order has a stand"
    row = Moving(order_id, stand, move.state, actor, tracing.traceparent(), move.seen)
    for _ in range(_TRIES):
        try:
            moved = await resources(ctx).moving.put(row)
        except Overtaken:
            continue
        await tell_moved(ctx, stand.id, order_id)
        return moved
    raise Unavailable("Others move this order at the same time.", retry_after=1)


async def move_order(ctx: Context, cmd: MoveOrder) -> Order:
    """Errors: NotFound, IllegalTransition, MoveOvertaken."""
    async with ctx.db.read() as tx:
        found = await orders.find(tx, cmd.order_id)
    if found is None:
        raise NotFound("There is no such order.")
    stand = await resources(ctx).shelf.stand(found.stand_id)
    assert stand is not None, "an order has a stand"
    async with ctx.db.transaction() as tx:
        order = await apply_move(tx, stand, cmd)
    await tell_moved(ctx, order.stand_id, order.id)
    return order


async def apply_move(tx: Transaction, stand: Stand, cmd: MoveOrder) -> Order:
    """In the caller's transaction. An order that is there already stays as it is."""
    order = await orders.lock(tx, cmd.order_id)
    assert order is not None, "orders are not deleted"
    if order.state == cmd.to or await _is_repeat(tx, cmd):
        return order
    if cmd.seen not in (None, order.state):
        raise MoveOvertaken(state=order.state)
    model.check_move(order.state, cmd.to, cmd.actor.by, order.payment)
    at = await orders.move(tx, order.id, cmd.to, cmd.actor)
    await _settle(tx, order, cmd.to)
    if cmd.to == "accepted" and order.state in {"pending", "submitted"}:
        await printing.queue(tx, [order.id], "order")
    elif cmd.to in _UNDONE and order.state in {"accepted", "preparing"}:
        await printing.queue(tx, [order.id], "cancelled")
    await outbox.append(tx, *_news(order, stand, cmd, at))
    return replace(order, state=cmd.to, now=at)


async def _is_repeat(tx: Transaction, cmd: MoveOrder) -> bool:
    """A device without an answer asks again, perhaps much later: others may have gone on."""
    move_id = cmd.actor.move_id
    return move_id is not None and bool(await moves.made_already(tx, [cmd.order_id], [move_id]))


async def _settle(tx: Transaction, order: Order, to: OrderState) -> None:
    """Gives back what the order does not need any more: in the order in which it was taken."""
    if to in {"withdrawn", "rejected"}:
        await baskets.reopen(tx, order.basket_id, order.id)
    if to in WITHOUT_WORK:
        await stands.lock_gate(tx, order.stand_id, "UTC")
        await kitchen.give_back(tx, order.id)
    if to in _UNDONE:
        await kitchen.give_back_cap(tx, order.id)
        await benefits.give_back_uses(tx, order.id)
        left = order.totals.total.minor - order.refunded_minor
        if order.tab_id is not None and left:
            await benefits.add_to_tabs(tx, {order.tab_id: -left})
        await benefits.give_back_codes(tx, order.id)


def _news(order: Order, stand: Stand, cmd: MoveOrder, at: datetime) -> list[DomainEvent]:
    moved = OrderMoved(order.id, order.stand_id, cmd.to, at)
    if cmd.to == "accepted" and order.state in {"pending", "submitted"}:
        return [accepted_later(order, stand), moved]
    if cmd.to in {"rejected", "withdrawn"}:
        return [OrderRejected(order.id, order.stand_id, cmd.actor.reason or cmd.to), moved]
    return [moved]
