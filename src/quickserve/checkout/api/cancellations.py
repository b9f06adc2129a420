"""`/order-cancellations`: for who has the order's key, and for who works at its stand."""

from typing import Annotated

from fastapi import APIRouter, Query

from quickserve.checkout.commands.cancel_order import CancelOrder, cancel_order
from quickserve.checkout.reads.cancellations import wait_for_cancellation
from quickserve.contracts.order_cancelling import (
    CancellationNotAllowed,
    NewOrderCancellation,
    NothingToCancel,
    OrderCancellationId,
    OrderCancellationView,
)
from quickserve.kernel.auth import anyone
from quickserve.kernel.errors import (
    Forbidden,
    IdReused,
    Malformed,
    NotFound,
    Unauthenticated,
    errors,
)
from quickserve.kernel.service import Ctx

router = APIRouter()

WaitMs = Annotated[int, Query(ge=0, le=10_000)]


@router.put(
    "/order-cancellations/{cancellation_id}",
    dependencies=[anyone],
    responses=errors(
        NotFound, Unauthenticated, Forbidden, CancellationNotAllowed, NothingToCancel, IdReused,
        Malformed,
    ),
)  # fmt: skip
async def put_order_cancellation(
    cancellation_id: OrderCancellationId, body: NewOrderCancellation, ctx: Ctx,
    wait_ms: WaitMs = 0,
) -> OrderCancellationView:  # fmt: skip
    """Begins it, and waits as GET does. With the order's key, or as staff of its stand."""
    await cancel_order(ctx, CancelOrder(cancellation_id, body))
    return await wait_for_cancellation(ctx, cancellation_id, wait_ms)


@router.get(
    "/order-cancellations/{cancellation_id}",
    dependencies=[anyone],
    responses=errors(NotFound, Malformed),
)
async def get_order_cancellation(
    cancellation_id: OrderCancellationId, ctx: Ctx, wait_ms: WaitMs = 0
) -> OrderCancellationView:
    """Waits up to `wait_ms` for it to leave `processing`."""
    return await wait_for_cancellation(ctx, cancellation_id, wait_ms)
