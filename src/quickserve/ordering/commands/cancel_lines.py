"""Lines of an accepted order, or all of it, are called off; a saga gives the money back.

It is opened first, which fixes what is given back and changes nothing; then the money comes back,
which its provider may refuse; then the lines are gone, wherever the order is by then.
"""

from uuid import UUID

from quickserve.contracts.order_cancelling import (
    CancellationDropped,
    CancellationNotAllowed,
    CancelledLines,
    GivenBack,
    NothingToCancel,
    OpenCancellation,
)
from quickserve.contracts.ordering import LinesCancelled, OrderMoved, OrderState
from quickserve.contracts.ordering_problems import TabClosed
from quickserve.kernel import outbox
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import IdReused, NotFound, Unavailable
from quickserve.kernel.events import DomainEvent
from quickserve.kernel.service import Context
from quickserve.ordering import refunding
from quickserve.ordering.model import TRANSITIONS, WITHOUT_WORK, Actor, Order, live_lines
from quickserve.ordering.resources import tell_moved
from quickserve.ordering.store import benefits, cancellations, kitchen, orders, printing, stands
from quickserve.ordering.store.cancellations import Cancellation

# Buyers may while nobody began to make it; stands also give back what was handed over.
_BUYERS: frozenset[OrderState] = frozenset({"accepted"})
_STANDS: frozenset[OrderState] = frozenset(
    {"accepted", "preparing", "ready", "on-the-way", "picked-up", "delivered"}
)


async def open_cancellation(
    ctx: Context, cancellation_id: UUID, new: OpenCancellation
) -> CancelledLines:
    """A repeat answers with what was opened.

    Errors: NotFound, CancellationNotAllowed, CancellationUnderWay, CancellationDropped,
    NothingToCancel, TabClosed while the tab is being paid, IdReused, Unavailable while the
    order's own money is being taken.
    """
    async with ctx.db.transaction() as tx:
        order = await orders.lock(tx, new.order_id)
        if order is None:
            raise NotFound("There is no such order.")
        if found := await cancellations.find(tx, cancellation_id):
            return _same(found, new)
        _check(order, new)
        await cancellations.insert(tx, await _opened(tx, order, cancellation_id, new))
        found = await cancellations.find(tx, cancellation_id)
    assert found is not None, "it was inserted"
    return found.view()


async def drop_cancellation(ctx: Context, cancellation_id: UUID, new: OpenCancellation) -> None:
    """The order stands as before. Also what never came to be: then it is refused when it comes.

    Errors: NotFound.
    """
    async with ctx.db.transaction() as tx:
        order = await orders.lock(tx, new.order_id)
        if order is None:
            raise NotFound("There is no such order.")
        found = await cancellations.find(tx, cancellation_id)
        if found is None:
            nothing = Cancellation(
                cancellation_id, new.order_id, "dropped", [], False, 0,
                order.totals.total.currency, {}, [], "none", new.by, new.person, new.words,
                order.tab_id,
            )  # fmt: skip
            await cancellations.insert(tx, nothing)
        elif found.state == "open":
            await cancellations.end(tx, cancellation_id, "dropped")


async def confirm_cancellation(ctx: Context, cancellation_id: UUID) -> CancelledLines:
    """The money is back, or there was none. A repeat changes nothing.

    Errors: NotFound, CancellationDropped.
    """
    async with ctx.db.transaction() as tx:
        known = await cancellations.find(tx, cancellation_id)
        if known is None:
            raise NotFound("There is no such cancellation.")
        order = await orders.lock(tx, known.order_id)
        found = await cancellations.find(tx, cancellation_id)
        assert order is not None, "orders are not deleted"
        assert found is not None, "cancellations are not deleted"
        if found.state == "dropped":
            raise CancellationDropped
        if found.state == "open":
            await _cancel(tx, order, found)
            await cancellations.end(tx, cancellation_id, "done")
            found = await cancellations.find(tx, cancellation_id)
    assert found is not None
    await tell_moved(ctx, order.stand_id, order.id)
    return found.view()


def _same(found: Cancellation, new: OpenCancellation) -> CancelledLines:
    if found.order_id != new.order_id:
        raise IdReused
    if found.state == "dropped":
        raise CancellationDropped
    return found.view()


def _check(order: Order, new: OpenCancellation) -> None:
    allowed = _BUYERS if new.by == "buyer" else _STANDS
    if order.state not in allowed:
        raise CancellationNotAllowed(state=order.state)
    if order.payment == "card" and order.paid_at is None:
        raise Unavailable("The order is being paid at this moment.", retry_after=1)
    known = {line.id for line in order.lines}
    if not known.issuperset(new.lines):
        raise NotFound("The order has no such line.")


async def _opened(
    tx: Transaction, order: Order, cancellation_id: UUID, new: OpenCancellation
) -> Cancellation:
    wanted = set(new.lines)
    lines = [one.id for one in live_lines(order.lines) if not wanted or one.id in wanted]
    if not lines:
        raise NothingToCancel
    back = refunding.worth(order, lines)
    given: GivenBack = "card" if order.payment == "card" else "none"
    if order.tab_id is not None:
        tab = await benefits.lock_tab(tx, order.tab_id)
        assert tab is not None, "an order's tab is not deleted"
        if tab.state == "closing":
            raise TabClosed
        given = "tab" if tab.state == "open" else "paid-tab"
    return Cancellation(
        cancellation_id, order.id, "open", lines, back.whole, back.amount.minor,
        back.amount.currency, {str(one): part for one, part in back.parts.items()},
        [tax.model_dump(mode="json") for tax in back.taxes], given, new.by, new.person, new.words,
        order.tab_id,
    )  # fmt: skip


async def _cancel(tx: Transaction, order: Order, found: Cancellation) -> None:
    await _give_back(tx, order, found)
    lines = refunding.cancelled(order.lines, found.lines)
    await orders.set_lines(tx, order.id, lines, order.refunded_minor + found.amount_minor)
    if order.state in {"accepted", "preparing"}:
        await printing.queue(tx, [order.id], "cancelled" if found.whole else "again")
    news: list[DomainEvent] = [
        LinesCancelled(order.id, order.stand_id, found.view().amount, found.whole)
    ]
    # What was handed over stays so, also when all of it is given back.
    if found.whole and (order.state, "cancelled") in TRANSITIONS:
        actor = Actor(found.by, found.person, found.words or None)
        at = await orders.move(tx, order.id, "cancelled", actor)
        news.append(OrderMoved(order.id, order.stand_id, "cancelled", at))
    await outbox.append(tx, *news)


async def _give_back(tx: Transaction, order: Order, found: Cancellation) -> None:
    """What the kitchen does not make, the ticket does not give, the tab does not owe."""
    unmade = order.state not in WITHOUT_WORK
    if unmade:
        await stands.lock_gate(tx, order.stand_id, "UTC")
        await _give_back_work(tx, order, found)
        taken = await benefits.included_in(tx, order.id)
        unused = refunding.unused(taken, order.lines, found.lines)
        if unused:
            await benefits.give_back_some(tx, order.id, unused)
    if found.back == "tab" and order.tab_id is not None and found.amount_minor:
        await benefits.add_to_tabs(tx, {order.tab_id: -found.amount_minor})
    if unmade and found.whole:
        await benefits.give_back_codes(tx, order.id)


async def _give_back_work(tx: Transaction, order: Order, found: Cancellation) -> None:
    if found.whole:
        await kitchen.give_back(tx, order.id)
        await kitchen.give_back_cap(tx, order.id)
        return
    work = await kitchen.work_of(tx, order.id)
    pieces = refunding.saved(work, order.lines, found.lines)
    if pieces:
        await kitchen.give_back_pieces(tx, order.id, pieces)
