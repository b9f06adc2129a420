"""What buyers see of their orders that are being paid."""

from datetime import datetime
from functools import partial

from quickserve.checkout.model import OrderCheckout
from quickserve.checkout.reads.purchases import failure_of
from quickserve.checkout.reads.waiting import wait_for
from quickserve.checkout.sagas import queue
from quickserve.checkout.store import orders
from quickserve.contracts.order_checkout import (
    OrderCheckoutId,
    OrderCheckoutState,
    OrderCheckoutView,
)
from quickserve.kernel.errors import NotFound
from quickserve.kernel.saga_queue import SagaStatus
from quickserve.kernel.service import Context


async def wait_for_order(
    ctx: Context, checkout_id: OrderCheckoutId, wait_ms: int, seen: OrderCheckoutView | None = None
) -> OrderCheckoutView:
    """See `wait_for`. Raises NotFound."""
    return await wait_for(ctx, checkout_id, wait_ms, partial(_read, ctx, checkout_id), seen)


async def _read(ctx: Context, checkout_id: OrderCheckoutId) -> OrderCheckoutView:
    async with ctx.db.read() as tx:
        found = await orders.find(tx, checkout_id)
        if found is None:
            raise NotFound("There is no such order.")
        status = None
        if found.state != "confirmed":
            status = await queue.status(tx, found.saga_id)
            if status is None:
                raise NotFound("This order failed more than a month ago.")
    return view_of(found, status)


def view_of(found: OrderCheckout, status: SagaStatus | None = None) -> OrderCheckoutView:
    """Without a status: as it was when it began."""
    state: OrderCheckoutState = "processing"
    challenge_path, answer_by, failure = None, None, None
    if found.state == "confirmed":
        state = "confirmed"
    elif status and status.state == "undone":
        state, failure = "failed", failure_of(status.failure or {})
    elif status and status.state == "waiting":
        note = status.note or {}
        if note.get("challenge_path"):
            state, challenge_path = "challenge", note["challenge_path"]
        elif note.get("answer_by"):
            state, answer_by = "waiting", datetime.fromisoformat(note["answer_by"])
    return OrderCheckoutView(
        id=found.id, state=state, basket_id=found.basket_id, order_id=found.order_id,
        order_key=found.order_key, challenge_path=challenge_path, answer_by=answer_by,
        failure=failure, total=found.total, created_at=found.created_at,
    )  # fmt: skip
