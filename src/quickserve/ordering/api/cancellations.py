"""Lines that are called off: for `checkout`, which gives the money back."""

from uuid import UUID

from fastapi import APIRouter, Response

from quickserve.contracts.order_cancelling import (
    CancellationDropped,
    CancellationNotAllowed,
    CancellationUnderWay,
    CancelledLines,
    NothingToCancel,
    OpenCancellation,
)
from quickserve.contracts.ordering_problems import TabClosed
from quickserve.kernel.auth import services
from quickserve.kernel.errors import (
    Forbidden,
    IdReused,
    Malformed,
    NotFound,
    Unauthenticated,
    Unavailable,
    errors,
)
from quickserve.kernel.service import Ctx
from quickserve.ordering.commands import cancel_lines

router = APIRouter()
_SERVICES = (NotFound, Unauthenticated, Forbidden, Malformed)


@router.put(
    "/order-cancellations/{cancellation_id}",
    dependencies=[services("checkout")],
    responses=errors(
        *_SERVICES, CancellationNotAllowed, CancellationUnderWay, CancellationDropped,
        NothingToCancel, TabClosed, IdReused, Unavailable,
    ),
)  # fmt: skip
async def put_cancellation(
    cancellation_id: UUID, body: OpenCancellation, ctx: Ctx
) -> CancelledLines:
    return await cancel_lines.open_cancellation(ctx, cancellation_id, body)


@router.put(
    "/order-cancellations/{cancellation_id}/refusal",
    status_code=204,
    dependencies=[services("checkout")],
    responses=errors(*_SERVICES),
)
async def put_refusal(cancellation_id: UUID, body: OpenCancellation, ctx: Ctx) -> Response:
    await cancel_lines.drop_cancellation(ctx, cancellation_id, body)
    return Response(status_code=204)


@router.put(
    "/order-cancellations/{cancellation_id}/confirmation",
    dependencies=[services("checkout")],
    responses=errors(*_SERVICES, CancellationDropped),
)
async def put_confirmation(cancellation_id: UUID, ctx: Ctx) -> CancelledLines:
    return await cancel_lines.confirm_cancellation(ctx, cancellation_id)
