"""Sales by staff, and reservations for groups."""

from fastapi import APIRouter

from quickserve.booking.commands.reserve_for_group import reserve_for_group
from quickserve.booking.commands.sell_at_desk import sell_at_desk
from quickserve.booking.model import field_problem
from quickserve.booking.reads import bookings, desk
from quickserve.contracts.booking import (
    BookingId,
    BookingNotPending,
    BookingView,
    HoldExpired,
    HoldId,
    HoldUsed,
    MixedCurrencies,
    NotOnSale,
    QuantityNotAllowed,
    SeatTaken,
    SoldOut,
    UnknownSeat,
    UnknownTicketType,
)
from quickserve.contracts.box_office import (
    DeadlinePast,
    NewDeskSale,
    NewReservation,
    ReservationList,
    ReservationView,
    Till,
)
from quickserve.contracts.catalog import EventId
from quickserve.kernel.auth import signed_in
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
_STAFF = (Unauthenticated, Forbidden, NotFound)
_CHOICE = (
    NotOnSale, UnknownTicketType, QuantityNotAllowed, MixedCurrencies, SoldOut, SeatTaken,
    UnknownSeat, IdReused, Malformed,
)  # fmt: skip


@router.put(
    "/desk-sales/{booking_id}",
    dependencies=[signed_in],
    responses=errors(*_STAFF, *_CHOICE, HoldExpired, HoldUsed, BookingNotPending),
)
async def put_desk_sale(booking_id: BookingId, body: NewDeskSale, ctx: Ctx) -> BookingView:
    if body.hold_id is None and (body.date_id is None or not body.items):
        missing = "date_id" if body.date_id is None else "items"
        fix = "Name a hold_id, or a date_id and at least one item."
        raise field_problem(missing, "missing", fix)
    if body.hold_id is not None and (body.date_id is not None or body.items or body.accessible):
        fix = "The reservation says what is booked: leave date_id, items and accessible out."
        raise field_problem("hold_id", "ambiguous", fix)
    return await bookings.show_booking(ctx, await sell_at_desk(ctx, booking_id, body))


@router.put(
    "/reservations/{hold_id}",
    dependencies=[signed_in],
    responses=errors(*_STAFF, *_CHOICE, DeadlinePast),
)
async def put_reservation(hold_id: HoldId, body: NewReservation, ctx: Ctx) -> ReservationView:
    return await reserve_for_group(ctx, hold_id, body)


@router.get("/events/{event_id}/reservations", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_reservations(event_id: EventId, ctx: Ctx) -> ReservationList:
    return await desk.reservations(ctx, event_id)


@router.get("/events/{event_id}/till", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_till(event_id: EventId, ctx: Ctx) -> Till:
    return await desk.till(ctx, event_id)
