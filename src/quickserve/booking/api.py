"""Routes: HTTP in, command or read, a view out."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from quickserve.booking import reads
from quickserve.booking.commands.book_free import BookFree, book_free
from quickserve.booking.commands.book_hold import BookHold, book_hold
from quickserve.booking.commands.cancel_booking import cancel_booking
from quickserve.booking.commands.confirm_booking import confirm_booking
from quickserve.booking.commands.erase_person import erase_person
from quickserve.booking.commands.hold_places import HoldPlaces, hold_places
from quickserve.booking.commands.put_quotas import PutQuotas, put_quotas
from quickserve.booking.commands.release_hold import release_hold
from quickserve.booking.commands.revoke_ticket import revoke_ticket
from quickserve.booking.commands.rotate_ticket_key import rotate_ticket_key
from quickserve.booking.commands.scan_ticket import ScanTicket, scan_ticket
from quickserve.booking.commands.withdraw_booking import withdraw_booking
from quickserve.booking.model import Buyer, field_problem
from quickserve.contracts.booking import (
    Admissions,
    AvailabilityList,
    BookingId,
    BookingNotPending,
    BookingView,
    CapacityBelowSold,
    Contact,
    DoorDates,
    FreeBooking,
    HoldExpired,
    HoldId,
    HoldUsed,
    HoldView,
    MixedCurrencies,
    NewBooking,
    NewHold,
    NewScan,
    NotOnSale,
    OrganiserReport,
    PaymentRequired,
    QuantityNotAllowed,
    QuotaChanges,
    QuotaList,
    SalesReport,
    ScanId,
    ScanView,
    SoldOut,
    TicketId,
    TicketKeyId,
    TicketKeys,
    TicketView,
    UnknownTicketType,
)  # fmt: skip
from quickserve.contracts.booking_records import (
    BookingNotConfirmed,
    BookingPaid,
    BookingRecord,
)
from quickserve.contracts.catalog import DateId, EventId
from quickserve.contracts.erasure import Erased, Erasure, PersonalData, Whose
from quickserve.kernel.auth import anyone, services, signed_in
from quickserve.kernel.errors import (
    Conflict,
    Forbidden,
    IdReused,
    Malformed,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    errors,
)  # fmt: skip
from quickserve.kernel.http import json_answer
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Ctx

router = APIRouter()

_CHOICE = (NotFound, NotOnSale, UnknownTicketType, QuantityNotAllowed, MixedCurrencies, SoldOut)
_CHECKOUT = (Unauthenticated, Forbidden)
_STAFF = (Unauthenticated, Forbidden, NotFound)

# -- What a rush calls: matched first -------------------------------------------------------------


@router.put(
    "/free-bookings/{booking_id}",
    dependencies=[anyone],
    responses=errors(
        *_CHOICE, PaymentRequired, HoldExpired, HoldUsed, BookingNotPending, IdReused, Malformed
    ),
)
async def put_free_booking(booking_id: BookingId, body: FreeBooking, ctx: Ctx) -> BookingView:
    if body.hold_id is None and (body.date_id is None or not body.items):
        missing = "date_id" if body.date_id is None else "items"
        fix = "Name a hold_id, or a date_id and at least one item."
        raise field_problem(missing, "missing", fix)
    if body.hold_id is not None and (body.date_id is not None or body.items):
        fix = "The hold says what is booked: leave date_id and items out."
        raise field_problem("hold_id", "ambiguous", fix)
    cmd = BookFree(booking_id, body.hold_id, body.date_id, tuple(body.items), _buyer(body.contact))
    return await reads.show_booking(ctx, await book_free(ctx, cmd))


@router.put("/holds/{hold_id}", dependencies=[anyone], responses=errors(*_CHOICE, IdReused))
async def put_hold(hold_id: HoldId, body: NewHold, ctx: Ctx) -> HoldView:
    cmd = HoldPlaces(hold_id, body.date_id, tuple(body.items))
    return reads.show_hold(await hold_places(ctx, cmd))


# -- Stock and holds ------------------------------------------------------------------------------


@router.put(
    "/organisers/{organiser_id}/quotas",
    status_code=204,
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, CapacityBelowSold, Conflict, Malformed),
)
async def put_organiser_quotas(organiser_id: OrganiserId, body: QuotaChanges, ctx: Ctx) -> Response:
    await put_quotas(ctx, PutQuotas(organiser_id, tuple(body.quotas)))
    return Response(status_code=204)


@router.get("/events/{event_id}/quotas", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_quotas(event_id: EventId, ctx: Ctx) -> QuotaList:
    return await reads.quotas(ctx, event_id)


@router.get(
    "/availability",
    response_model=AvailabilityList,
    dependencies=[anyone],
    responses=errors(Malformed),
)
async def get_availability(
    date_id: Annotated[list[DateId], Query(min_length=1, max_length=100)], ctx: Ctx
) -> Response:
    return json_answer(await reads.availability(ctx, date_id))


@router.get("/holds/{hold_id}", dependencies=[anyone], responses=errors(NotFound))
async def get_hold(hold_id: HoldId, ctx: Ctx) -> HoldView:
    return await reads.hold(ctx, hold_id)


@router.delete(
    "/holds/{hold_id}", status_code=204, dependencies=[anyone], responses=errors(HoldUsed)
)
async def delete_hold(hold_id: HoldId, ctx: Ctx) -> Response:
    await release_hold(ctx, hold_id)
    return Response(status_code=204)


# -- Bookings -------------------------------------------------------------------------------------


@router.put(
    "/bookings/{booking_id}",
    dependencies=[services("checkout")],
    responses=errors(
        *_CHECKOUT, HoldExpired, HoldUsed, NotOnSale, BookingNotPending, IdReused, NotFound
    ),
)
async def put_booking(booking_id: BookingId, body: NewBooking, ctx: Ctx) -> BookingView:
    cmd = BookHold(booking_id, body.hold_id, _buyer(body.contact))
    return await reads.show_booking(ctx, await book_hold(ctx, cmd))


@router.put(
    "/bookings/{booking_id}/confirmation",
    dependencies=[services("checkout")],
    responses=errors(*_CHECKOUT, BookingNotPending, NotFound),
)
async def put_confirmation(booking_id: BookingId, ctx: Ctx) -> BookingView:
    return await reads.show_booking(ctx, await confirm_booking(ctx, booking_id))


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
    return await reads.booking(ctx, booking_id, key)


def _buyer(contact: Contact) -> Buyer:
    return Buyer(contact.email, contact.name, contact.language)


# -- Door -----------------------------------------------------------------------------------------


@router.put("/scans/{scan_id}", dependencies=[signed_in], responses=errors(*_STAFF, IdReused))
async def put_scan(scan_id: ScanId, body: NewScan, ctx: Ctx) -> ScanView:
    return await scan_ticket(ctx, ScanTicket(scan_id, body.date_id, body.code, body.gate))


@router.get("/dates/{date_id}/admissions", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_admissions(date_id: DateId, ctx: Ctx) -> Admissions:
    return await reads.admissions(ctx, date_id)


@router.put("/tickets/{ticket_id}/revocation", dependencies=[signed_in], responses=errors(*_STAFF))
async def put_revocation(ticket_id: TicketId, ctx: Ctx) -> TicketView:
    ticket, date_id = await revoke_ticket(ctx, ticket_id)
    return (await reads.show_tickets(ctx, date_id, [ticket]))[0]


@router.get(
    "/organisers/{organiser_id}/door-dates",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden),
)
async def get_door_dates(
    organiser_id: OrganiserId, ctx: Ctx, text: Annotated[str, Query(max_length=100)] = ""
) -> DoorDates:
    return await reads.door_dates(ctx, organiser_id, text)


@router.get(
    "/organisers/{organiser_id}/ticket-keys",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden),
)
async def get_ticket_keys(organiser_id: OrganiserId, ctx: Ctx) -> TicketKeys:
    return await reads.ticket_keys(ctx, organiser_id)


@router.put(
    "/organisers/{organiser_id}/ticket-keys/{key_id}",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, TooManyRequests, IdReused, Malformed),
)
async def put_ticket_key(
    organiser_id: OrganiserId,
    key_id: Annotated[TicketKeyId, Path(pattern="^[0-9a-f]{16}$")],
    ctx: Ctx,
) -> TicketKeys:
    await rotate_ticket_key(ctx, organiser_id, key_id)
    return await reads.ticket_keys(ctx, organiser_id)


# -- Reports --------------------------------------------------------------------------------------


@router.get("/events/{event_id}/sales", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_sales(event_id: EventId, ctx: Ctx) -> SalesReport:
    return await reads.sales_report(ctx, event_id)


@router.get(
    "/organisers/{organiser_id}/report",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden),
)
async def get_report(organiser_id: OrganiserId, ctx: Ctx) -> OrganiserReport:
    return await reads.organiser_report(ctx, organiser_id)


# -- The organiser's desk -------------------------------------------------------------------------


@router.get("/records/{booking_id}", dependencies=[signed_in], responses=errors(*_STAFF, Malformed))
async def get_record(booking_id: BookingId, ctx: Ctx) -> BookingRecord:
    return await reads.record(ctx, booking_id)


@router.get("/records", dependencies=[signed_in], responses=errors(*_STAFF, Malformed))
async def get_record_of_ticket(
    ticket: Annotated[str, Query(min_length=1, max_length=1000)], ctx: Ctx
) -> BookingRecord:
    """By a ticket's code, or by what its QR carries."""
    return await reads.record_of_ticket(ctx, ticket)


@router.put(
    "/bookings/{booking_id}/cancellation",
    dependencies=[signed_in],
    responses=errors(*_STAFF, BookingPaid, BookingNotConfirmed, Malformed),
)
async def put_cancellation(booking_id: BookingId, ctx: Ctx) -> BookingRecord:
    """For the organiser where it cost nothing; for `checkout` where it is refunded."""
    return await reads.show_record(ctx, await cancel_booking(ctx, booking_id))


# -- Personal data --------------------------------------------------------------------------------


@router.post(
    "/personal-data/search",
    dependencies=[services("cli")],
    responses=errors(Unauthenticated, Forbidden, Malformed),
)
async def post_search(body: Whose, ctx: Ctx) -> PersonalData:
    return await reads.personal_data(ctx, body.email)


@router.post(
    "/personal-data/erasure",
    dependencies=[services("cli")],
    responses=errors(Unauthenticated, Forbidden, Malformed),
)
async def post_erasure(body: Erasure, ctx: Ctx) -> Erased:
    return await erase_person(ctx, body)
