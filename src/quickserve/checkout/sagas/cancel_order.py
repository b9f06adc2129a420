"""Lines of an order against what they cost: both go, or the order stands as before.

Ordering fixes what the lines cost and lets nobody else call off anything of the order; the money
goes back, which only its provider can refuse (the pivot); then the lines are gone.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quickserve.checkout.model import OrderCancellation
from quickserve.checkout.sagas import refunds
from quickserve.checkout.store import cancellations, events
from quickserve.contracts.order_cancelling import (
    CancelledLines,
    OpenCancellation,
    OrderCancellationId,
    OrderCancellingClient,
)
from quickserve.contracts.ordering import OrderId
from quickserve.contracts.payment import IntentId
from quickserve.kernel.saga import Saga, State, step
from quickserve.kernel.service import Context


@dataclass(frozen=True)
class CancelOrder:
    cancellation_id: OrderCancellationId
    saga_id: UUID
    order_id: OrderId


async def _cancellation(ctx: Context, asked: CancelOrder) -> OrderCancellation:
    async with ctx.db.read() as tx:
        found = await cancellations.find(tx, asked.cancellation_id)
    assert found is not None, "spawned in the transaction that inserted it"
    return found


def _ordering(ctx: Context) -> OrderCancellingClient:
    return OrderCancellingClient(ctx.client("ordering"))


def _opened(found: OrderCancellation) -> OpenCancellation:
    return OpenCancellation(
        order_id=found.order_id, lines=found.lines, by=found.by, person=found.person,
        words=found.words,
    )  # fmt: skip


async def open_it(ctx: Context, asked: CancelOrder, _state: State) -> dict[str, Any]:
    found = await _cancellation(ctx, asked)
    lines = await _ordering(ctx).open(asked.saga_id, _opened(found))
    async with ctx.db.transaction() as tx:
        await cancellations.set_amount(tx, found.id, lines.amount, lines.back, whole=lines.whole)
    paid = await _paid(ctx, lines)
    planned = []
    if lines.back == "card" or paid:  # a tab that was paid in cash is handed back in cash
        planned = await refunds.plan_of(ctx, lines.amount, paid, asked.saga_id, "lines-cancelled")
    return {"refunds": planned, "amount": str(lines.amount), "back": lines.back}


async def _paid(ctx: Context, lines: CancelledLines) -> list[tuple[IntentId, int]]:
    """The charges it goes back to, each with what its own lines had cost."""
    async with ctx.db.read() as tx:
        if lines.back == "paid-tab" and lines.tab_id is not None:
            found = await cancellations.payments_of_tab(tx, lines.tab_id)
        elif lines.back == "card":
            found = await cancellations.payments_of_order(tx, lines.order_id)
        else:
            found = []
    return [
        (one.intent_id, sum(lines.parts.get(line_id, 0) for line_id in one.line_ids))
        for one in found
    ]


async def drop(ctx: Context, asked: CancelOrder, state: State) -> None:
    await refunds.close(ctx, state.get("open", {}).get("refunds", [])[:1])
    await _ordering(ctx).drop(asked.saga_id, _opened(await _cancellation(ctx, asked)))
    async with ctx.db.transaction() as tx:
        await cancellations.end(tx, asked.cancellation_id, "refused")
        await events.end_refund(tx, asked.saga_id, "refused")


async def refund(ctx: Context, _asked: CancelOrder, state: State) -> dict[str, Any]:
    """Of several charges only the first can still refuse."""
    await refunds.give(ctx, state["open"]["refunds"][:1])
    return {"refunded": state["open"]["amount"]}


async def confirm(ctx: Context, asked: CancelOrder, state: State) -> dict[str, Any]:
    await refunds.give(ctx, state["open"]["refunds"][1:])
    lines = await _ordering(ctx).confirm(asked.saga_id)
    async with ctx.db.transaction() as tx:
        await cancellations.end(tx, asked.cancellation_id, "done")
        await events.end_refund(tx, asked.saga_id, "done")
    return {"lines": len(lines.lines), "whole": lines.whole}


cancel_order = Saga(
    "cancel_order",
    CancelOrder,
    steps=(
        step("open", do=open_it, undo=drop),
        step("refund", do=refund, pivot=True),
        step("confirm", do=confirm),
    ),
)
