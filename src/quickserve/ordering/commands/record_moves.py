"""What kitchens say of their orders, many at once: preparing, ready, picked up.

A rush moves each order three times. What arrives while a transaction is in flight goes together
into the next one, each accepted or refused by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from quickserve.contracts.ordering import OrderId, OrderMoved, OrderState
from quickserve.contracts.ordering_problems import MoveOvertaken
from quickserve.kernel import outbox
from quickserve.kernel.db import Database, Transaction
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.events import DomainEvent
from quickserve.ordering import model
from quickserve.ordering.commands.announce import accepted_later
from quickserve.ordering.model import WITHOUT_WORK, Moved, Moving, Order, Overtaken
from quickserve.ordering.store import kitchen, moves, orders, printing, stands

# Those that give back nothing but the kitchen's time.
TOGETHER: frozenset[OrderState] = frozenset(
    {"accepted", "preparing", "ready", "on-the-way", "picked-up", "delivered"}
)


async def record_moves(db: Database, rows: Sequence[Moving]) -> list[Moved | Problem]:
    """In one transaction, each by itself, in the order of their arrival; all of one organiser.

    NotFound, IllegalTransition, MoveOvertaken; Overtaken for an order's second move in a batch.
    """
    async with db.transaction() as tx:
        known = await orders.lock_many(tx, sorted({row.order_id for row in rows}))
        taken: dict[OrderId, Moving] = {}
        repeats = await _repeats(tx, rows)
        outcomes = [_decided(row, known, taken, repeats) for row in rows]
        await _write(tx, known, list(taken.values()))
        steps = await orders.steps_of(tx, sorted(known))
    return [
        one if isinstance(one, Problem) else Moved(one, steps.get(one.id, [])) for one in outcomes
    ]


async def _repeats(tx: Transaction, rows: Sequence[Moving]) -> set[UUID]:
    """A device without an answer asks again, perhaps much later: others may have gone on."""
    ids = [row.actor.move_id for row in rows if row.actor.move_id is not None]
    return await moves.made_already(tx, [row.order_id for row in rows], ids) if ids else set()


def _decided(
    row: Moving, known: Mapping[OrderId, Order], taken: dict[OrderId, Moving], repeats: set[UUID]
) -> Order | Problem:
    """An order that is there already stays as it is."""
    order = known.get(row.order_id)
    if order is None:
        return NotFound("There is no such order.")
    if row.order_id in taken:
        return Overtaken()
    if order.state == row.to or row.actor.move_id in repeats:
        return order
    if row.seen not in (None, order.state):
        return MoveOvertaken(state=order.state)
    try:
        model.check_move(order.state, row.to, row.actor.by, order.payment)
    except Problem as problem:
        return problem
    taken[row.order_id] = row
    return replace(order, state=row.to)


def _is_taken(here: OrderState, to: OrderState) -> bool:
    return to == "accepted" and here in {"pending", "submitted"}


async def _write(tx: Transaction, known: Mapping[OrderId, Order], wanted: Sequence[Moving]) -> None:
    if not wanted:
        return
    made = [
        row.order_id
        for row in wanted
        if row.to in WITHOUT_WORK and known[row.order_id].state not in WITHOUT_WORK
    ]
    if made:
        await stands.lock_gates(tx, sorted({known[one].stand_id for one in made}))
        await kitchen.give_back_all(tx, made)
    at = await orders.move_all(tx, wanted)
    taken = [row.order_id for row in wanted if _is_taken(known[row.order_id].state, row.to)]
    if taken:
        await printing.queue(tx, taken, "order")
    news: list[DomainEvent] = []
    traces: list[str] = []
    for row in wanted:
        order = known[row.order_id]
        told: list[DomainEvent] = [OrderMoved(order.id, order.stand_id, row.to, at)]
        if row.to == "accepted" and order.state == "submitted":
            told.insert(0, accepted_later(order, row.stand))
        news += told
        traces += [row.trace] * len(told)
    await outbox.append(tx, *news, traces=traces)
