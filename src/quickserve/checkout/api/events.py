"""`/event-cancellations`: for the organisers of events."""

from fastapi import APIRouter

from quickserve.checkout.commands.cancel_event import cancel_event
from quickserve.checkout.reads.events import show_event_cancellation
from quickserve.contracts.catalog import EventId
from quickserve.contracts.event_cancelling import EventCancellationView
from quickserve.kernel.auth import signed_in
from quickserve.kernel.errors import Forbidden, Malformed, NotFound, Unauthenticated, errors
from quickserve.kernel.service import Ctx

router = APIRouter()
_STAFF = (NotFound, Unauthenticated, Forbidden, Malformed)


@router.put("/event-cancellations/{event_id}", dependencies=[signed_in], responses=errors(*_STAFF))
async def put_event_cancellation(event_id: EventId, ctx: Ctx) -> EventCancellationView:
    """Begins it; a repeat tries again what was refused."""
    await cancel_event(ctx, event_id)
    return await show_event_cancellation(ctx, event_id)


@router.get("/event-cancellations/{event_id}", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_event_cancellation(event_id: EventId, ctx: Ctx) -> EventCancellationView:
    return await show_event_cancellation(ctx, event_id)
