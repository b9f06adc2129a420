"""From a hold to tickets."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from quickserve.booking.commands.book_hold import BookHold, book_hold
from quickserve.booking.commands.confirm_booking import confirm_booking
from quickserve.booking.commands.withdraw_booking import withdraw_booking
from quickserve.booking.model import Buyer
from quickserve.booking.reads import bookings
from quickserve.contracts.booking import (
    BookingId,
    BookingNotPending,
    BookingView,
    HoldExpired,
    HoldUsed,
    NewBooking,
    NotOnSale,
)  # fmt: skip
from quickserve.contracts.booking_rules import PerPersonExceeded
from quickserve.kernel.auth import anyone, services
from quickserve.kernel.errors import (
    Forbidden,
    IdReused,
    NotFound,
    Unauthenticated,
    errors,
)  # fmt: skip
from quickserve.kernel.service import Ctx

router = APIRouter()
_CHECKOUT = (Unauthenticated, Forbidden)


@router.put(
    "/bookings/{booking_id}",
    dependencies=[services("checkout")],
    responses=errors(
        *_CHECKOUT,
        HoldExpired,
        HoldUsed,
        NotOnSale,
        BookingNotPending,
        PerPersonExceeded,
        IdReused,
        NotFound,
    ),
)
async def put_booking(booking_id: BookingId, body: NewBooking, ctx: Ctx) -> BookingView:
    cmd = BookHold(booking_id, body.hold_id, Buyer.of(body.contact))
    return await bookings.show_booking(ctx, await book_hold(ctx, cmd))


@router.put(
    "/bookings/{booking_id}/confirmation",
    dependencies=[services("checkout")],
    responses=errors(*_CHECKOUT, BookingNotPending, NotFound),
)
async def put_confirmation(booking_id: BookingId, ctx: Ctx) -> BookingView:
    return await bookings.show_booking(ctx, await confirm_booking(ctx, booking_id))


@router.put(
    "/bookings/{booking_id}/withdrawal",
    status_code=204,
    dependencies=[services("checkout")],
    responses=errors(*_CHECKOUT, BookingNotPending),
)
async def put_withdrawal(booking_id: BookingId, ctx: Ctx) -> Response:
    await withdraw_booking(ctx, booking_id)
    return Response(status_code=204)


@router.get("/bookings/{booking_id}", dependencies=[anyone], responses=errors(NotFound))
async def get_booking(
    booking_id: BookingId, key: Annotated[str, Query(max_length=100)], ctx: Ctx
) -> BookingView:
    return await bookings.booking(ctx, booking_id, key)
