"""The organiser's desk: reports, records, cancellation."""

from typing import Annotated

from fastapi import APIRouter, Query

from quickserve.booking.commands.cancel_booking import cancel_booking
from quickserve.booking.reads import bookings, figures
from quickserve.contracts.booking import (
    BookingId,
)  # fmt: skip
from quickserve.contracts.booking_records import (
    BookingNotConfirmed,
    BookingPaid,
    BookingRecord,
)
from quickserve.contracts.booking_reports import OrganiserReport, SalesReport
from quickserve.contracts.catalog import EventId
from quickserve.kernel.auth import signed_in
from quickserve.kernel.errors import (
    Forbidden,
    Malformed,
    NotFound,
    Unauthenticated,
    errors,
)  # fmt: skip
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Ctx

router = APIRouter()
_STAFF = (Unauthenticated, Forbidden, NotFound)


@router.get("/events/{event_id}/sales", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_sales(event_id: EventId, ctx: Ctx) -> SalesReport:
    return await figures.sales_report(ctx, event_id)


@router.get(
    "/organisers/{organiser_id}/report",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden),
)
async def get_report(organiser_id: OrganiserId, ctx: Ctx) -> OrganiserReport:
    return await figures.organiser_report(ctx, organiser_id)


@router.get("/records/{booking_id}", dependencies=[signed_in], responses=errors(*_STAFF, Malformed))
async def get_record(booking_id: BookingId, ctx: Ctx) -> BookingRecord:
    return await bookings.record(ctx, booking_id)


@router.get("/records", dependencies=[signed_in], responses=errors(*_STAFF, Malformed))
async def get_record_of_ticket(
    ticket: Annotated[str, Query(min_length=1, max_length=1000)], ctx: Ctx
) -> BookingRecord:
    """By a ticket's code, or by what its QR carries."""
    return await bookings.record_of_ticket(ctx, ticket)


@router.put(
    "/bookings/{booking_id}/cancellation",
    dependencies=[signed_in],
    responses=errors(*_STAFF, BookingPaid, BookingNotConfirmed, Malformed),
)
async def put_cancellation(booking_id: BookingId, ctx: Ctx) -> BookingRecord:
    """For the organiser where it cost nothing; for `checkout` where it is refunded."""
    return await bookings.show_record(ctx, await cancel_booking(ctx, booking_id))
