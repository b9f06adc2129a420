"""What a rush calls: matched first."""

import time

from fastapi import APIRouter, Response

from quickserve.booking.commands.admit import admit
from quickserve.booking.commands.book_free import BookFree, book_free
from quickserve.booking.commands.hold_places import HoldPlaces, hold_places
from quickserve.booking.model import Buyer, field_problem
from quickserve.booking.reads import bookings, stock
from quickserve.booking.resources import resources
from quickserve.contracts.booking import (
    BookingId,
    BookingNotPending,
    BookingView,
    FreeBooking,
    HoldExpired,
    HoldId,
    HoldUsed,
    HoldView,
    MixedCurrencies,
    NewHold,
    NotOnSale,
    PaymentRequired,
    QuantityNotAllowed,
    SeatTaken,
    SoldOut,
    UnknownSeat,
    UnknownTicketType,
)  # fmt: skip
from quickserve.contracts.booking_rules import (
    CodeNotValid,
    CodeRequired,
    MissingCompanion,
    PerPersonExceeded,
)
from quickserve.contracts.waiting_room import AdmissionRequired, AdmissionSpent
from quickserve.kernel.auth import anyone
from quickserve.kernel.errors import (
    IdReused,
    Malformed,
    NotFound,
    errors,
)  # fmt: skip
from quickserve.kernel.http import json_answer
from quickserve.kernel.lane import Lean
from quickserve.kernel.service import Context, Ctx

router = APIRouter()
_CHOICE = (
    NotFound, NotOnSale, UnknownTicketType, QuantityNotAllowed, MixedCurrencies, SoldOut,
    CodeNotValid, CodeRequired, PerPersonExceeded, MissingCompanion, SeatTaken, UnknownSeat,
    Malformed, AdmissionRequired, AdmissionSpent,
)  # fmt: skip


@router.put(
    "/free-bookings/{booking_id}",
    response_model=BookingView,
    dependencies=[anyone],
    responses=errors(*_CHOICE, PaymentRequired, HoldExpired, HoldUsed, BookingNotPending, IdReused),
)
async def put_free_booking(booking_id: BookingId, body: FreeBooking, ctx: Ctx) -> Response:
    return json_answer(await _book_free(ctx, booking_id, body))


@router.put(
    "/holds/{hold_id}",
    response_model=HoldView,
    dependencies=[anyone],
    responses=errors(*_CHOICE, IdReused),
)
async def put_hold(hold_id: HoldId, body: NewHold, ctx: Ctx) -> Response:
    return json_answer(await _hold(ctx, hold_id, body))


async def _book_free(ctx: Context, booking_id: BookingId, body: FreeBooking) -> bytes:
    if body.hold_id is None and (body.date_id is None or not body.items):
        missing = "date_id" if body.date_id is None else "items"
        fix = "Name a hold_id, or a date_id and at least one item."
        raise field_problem(missing, "missing", fix)
    if body.hold_id is not None and (body.date_id is not None or body.items or body.codes):
        fix = "The hold says what is booked: leave date_id, items and codes out."
        raise field_problem("hold_id", "ambiguous", fix)
    if body.date_id is not None:
        await admit(ctx, body.date_id, body.admission, booking_id)
    buyer = Buyer.of(body.contact)
    cmd = BookFree(
        booking_id, body.hold_id, body.date_id, tuple(body.items), buyer, tuple(body.codes)
    )
    view = await bookings.show_booking(ctx, await book_free(ctx, cmd))
    return view.model_dump_json().encode()


async def _hold(ctx: Context, hold_id: HoldId, body: NewHold) -> bytes:
    began = time.monotonic()
    await admit(ctx, body.date_id, body.admission, hold_id)
    cmd = HoldPlaces(hold_id, body.date_id, tuple(body.items), tuple(body.codes), body.accessible)
    hold = await hold_places(ctx, cmd)
    resources(ctx).rooms.measured(time.monotonic() - began)
    return stock.show_hold(hold).model_dump_json().encode()


LANE = (
    Lean("/holds/{hold_id}", NewHold, _hold),
    Lean("/free-bookings/{booking_id}", FreeBooking, _book_free),
)
