"""What became of orders that are called off."""

from functools import partial
from typing import Literal

from quickserve.checkout.model import OrderCancellation
from quickserve.checkout.reads.purchases import failure_of
from quickserve.checkout.reads.waiting import wait_for
from quickserve.checkout.sagas import queue
from quickserve.checkout.store import cancellations
from quickserve.contracts.order_cancelling import OrderCancellationId, OrderCancellationView
from quickserve.kernel.errors import NotFound
from quickserve.kernel.saga_queue import SagaStatus
from quickserve.kernel.service import Context


async def wait_for_cancellation(
    ctx: Context, cancellation_id: OrderCancellationId, wait_ms: int
) -> OrderCancellationView:
    """See `wait_for`. Raises NotFound."""
    look = partial(_read, ctx, cancellation_id)
    return await wait_for(ctx, cancellation_id, wait_ms, look)


async def _read(ctx: Context, cancellation_id: OrderCancellationId) -> OrderCancellationView:
    async with ctx.db.read() as tx:
        found = await cancellations.find(tx, cancellation_id)
        if found is None:
            raise NotFound("There is no such cancellation.")
        status = None if found.state == "done" else await queue.status(tx, found.saga_id)
    return _view_of(found, status)


def _view_of(found: OrderCancellation, status: SagaStatus | None) -> OrderCancellationView:
    state: Literal["processing", "done", "refused"] = "processing"
    failure = None
    if found.state == "done":
        state = "done"
    elif status is None or status.state == "undone":
        state = "refused"
        failure = failure_of(status.failure or {}) if status else None
    return OrderCancellationView(
        id=found.id, order_id=found.order_id, state=state, amount=found.amount, back=found.back,
        whole=found.whole, failure=failure, created_at=found.created_at,
    )  # fmt: skip
