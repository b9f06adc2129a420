"""Of an event that is called off: which bookings are to be cancelled, for `checkout`."""

from typing import Annotated

from fastapi import APIRouter, Query

from quickserve.booking.reads.cancelled_events import bookings_to_cancel
from quickserve.contracts.booking import BookingId
from quickserve.contracts.catalog import EventId
from quickserve.contracts.event_cancelling import BookingsToCancel
from quickserve.kernel.auth import services
from quickserve.kernel.errors import Forbidden, Malformed, Unauthenticated, errors
from quickserve.kernel.service import Ctx

router = APIRouter()


@router.get(
    "/events/{event_id}/bookings-to-cancel",
    dependencies=[services("checkout")],
    responses=errors(Unauthenticated, Forbidden, Malformed),
)
async def get_bookings_to_cancel(
    event_id: EventId, ctx: Ctx, after: Annotated[BookingId | None, Query()] = None
) -> BookingsToCancel:
    return await bookings_to_cancel(ctx, event_id, after)
