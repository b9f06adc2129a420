"""Somebody calls an order off, or some of its lines: its buyer, or who works at the stand."""

import hmac
from dataclasses import dataclass

from quickserve.checkout import model
from quickserve.checkout.model import OrderCancellation
from quickserve.checkout.sagas import queue
from quickserve.checkout.sagas.cancel_order import CancelOrder as Params
from quickserve.checkout.sagas.cancel_order import cancel_order as saga
from quickserve.checkout.store import cancellations
from quickserve.contracts.order_cancelling import (
    CancellationNotAllowed,
    CancelledBy,
    NewOrderCancellation,
    NothingToCancel,
    OrderCancellationId,
)
from quickserve.contracts.ordering import OrderView
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.service import Context

_BUYERS = ("accepted",)
_NOT_YET = ("pending", "submitted")
_NOT_ANY_MORE = ("rejected", "cancelled", "withdrawn")


@dataclass(frozen=True)
class CancelOrder:
    cancellation_id: OrderCancellationId
    body: NewOrderCancellation


async def cancel_order(ctx: Context, cmd: CancelOrder) -> OrderCancellation:
    """Idempotent by id. What is evident now is refused at once; ordering has the last word.

    Raises NotFound, Unauthenticated, Forbidden, CancellationNotAllowed, NothingToCancel, IdReused.
    """
    content = model.content_of(cmd.body, ctx.settings.key_for("checkout content"))
    order = await OrderingClient(ctx.client("ordering")).facts(cmd.body.order_id)
    by = _by(ctx, cmd.body, order)
    async with ctx.db.read() as tx:
        done = await cancellations.find(tx, cmd.cancellation_id)
    if done is None:
        _check(cmd.body, order, by)
        wanted = OrderCancellation(
            id=cmd.cancellation_id, saga_id=model.saga_of(cmd.cancellation_id, ctx.settings),
            order_id=order.id, organiser_id=order.organiser_id, lines=cmd.body.lines, by=by,
            person=ctx.principal.person_id if by == "stand" else None, words=cmd.body.words,
            content=content, amount=None, back=None, whole=not cmd.body.lines, state="open",
            created_at=ctx.clock.now(),
        )  # fmt: skip
        async with ctx.db.transaction() as tx:
            inserted = await cancellations.insert(tx, wanted)
            if inserted:
                params = Params(inserted.id, inserted.saga_id, inserted.order_id)
                await queue.spawn(tx, saga, inserted.saga_id, params)
                return inserted
            done = await cancellations.find(tx, cmd.cancellation_id)
    if done is None or done.content != content:
        raise IdReused
    return done


def _by(ctx: Context, body: NewOrderCancellation, order: OrderView) -> CancelledBy:
    if body.key is None:
        ctx.principal.require(order.organiser_id, Role.KITCHEN)
        return "stand"
    if not hmac.compare_digest(order.key.encode(), body.key.encode()):
        raise NotFound("There is no such order.")
    return "buyer"


def _check(body: NewOrderCancellation, order: OrderView, by: CancelledBy) -> None:
    if order.state in _NOT_YET or order.state in _NOT_ANY_MORE:
        raise CancellationNotAllowed(state=order.state)
    if by == "buyer" and order.state not in _BUYERS:
        raise CancellationNotAllowed(state=order.state)
    live = {line.id for line in order.lines if not line.cancelled}
    if not {line.id for line in order.lines}.issuperset(body.lines):
        raise NotFound("The order has no such line.")
    if not (live.intersection(body.lines) if body.lines else live):
        raise NothingToCancel
