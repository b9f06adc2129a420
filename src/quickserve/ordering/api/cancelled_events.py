"""Of an event that is called off: no more orders, and which are open; for `checkout`."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from quickserve.contracts.catalog import EventId
from quickserve.contracts.event_cancelling import OrdersToCancel
from quickserve.contracts.ordering import OrderId
from quickserve.kernel.auth import services
from quickserve.kernel.errors import Forbidden, Malformed, Unauthenticated, errors
from quickserve.kernel.service import Ctx
from quickserve.ordering.commands.end_event import end_event
from quickserve.ordering.reads.orders import orders_to_cancel

router = APIRouter()


@router.put(
    "/events/{event_id}/end-of-orders",
    status_code=204,
    dependencies=[services("checkout")],
    responses=errors(Unauthenticated, Forbidden, Malformed),
)
async def put_end_of_orders(event_id: EventId, ctx: Ctx) -> Response:
    await end_event(ctx, event_id)
    return Response(status_code=204)


@router.get(
    "/events/{event_id}/orders-to-cancel",
    dependencies=[services("checkout")],
    responses=errors(Unauthenticated, Forbidden, Malformed),
)
async def get_orders_to_cancel(
    event_id: EventId, ctx: Ctx, after: Annotated[OrderId | None, Query()] = None
) -> OrdersToCancel:
    return await orders_to_cancel(ctx, event_id, after)
