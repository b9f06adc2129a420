"""Who is let in, and what a door needs to know."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from quickserve.booking.commands.look_at_ticket import look_at_ticket
from quickserve.booking.commands.revoke_ticket import revoke_ticket
from quickserve.booking.commands.rotate_ticket_key import rotate_ticket_key
from quickserve.booking.commands.scan_ticket import ScanTicket, scan_ticket
from quickserve.booking.reads import bookings, door
from quickserve.contracts.booking import (
    Admissions,
    DoorDates,
    NewScan,
    ScanId,
    ScanView,
    TicketId,
    TicketKeyId,
    TicketKeys,
    TicketView,
)  # fmt: skip
from quickserve.contracts.catalog import DateId
from quickserve.contracts.ticket_sessions import TicketLook, TicketSession
from quickserve.kernel.auth import services, signed_in
from quickserve.kernel.errors import (
    Forbidden,
    IdReused,
    Malformed,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    errors,
)  # fmt: skip
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Ctx

router = APIRouter()
_STAFF = (Unauthenticated, Forbidden, NotFound)


@router.put("/scans/{scan_id}", dependencies=[signed_in], responses=errors(*_STAFF, IdReused))
async def put_scan(scan_id: ScanId, body: NewScan, ctx: Ctx) -> ScanView:
    return await scan_ticket(ctx, ScanTicket(scan_id, body.date_id, body.code, body.gate))


@router.post(
    "/ticket-sessions",
    dependencies=[services("ordering", "web")],
    responses=errors(Unauthenticated, Forbidden, Malformed),
)
async def post_ticket_session(body: TicketLook, ctx: Ctx) -> TicketSession:
    return await look_at_ticket(ctx, body)


@router.get("/dates/{date_id}/admissions", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_admissions(date_id: DateId, ctx: Ctx) -> Admissions:
    return await door.admissions(ctx, date_id)


@router.put("/tickets/{ticket_id}/revocation", dependencies=[signed_in], responses=errors(*_STAFF))
async def put_revocation(ticket_id: TicketId, ctx: Ctx) -> TicketView:
    ticket, date_id = await revoke_ticket(ctx, ticket_id)
    return (await bookings.show_tickets(ctx, date_id, [ticket]))[0]


@router.get(
    "/organisers/{organiser_id}/door-dates",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden),
)
async def get_door_dates(
    organiser_id: OrganiserId, ctx: Ctx, text: Annotated[str, Query(max_length=100)] = ""
) -> DoorDates:
    return await door.door_dates(ctx, organiser_id, text)


@router.get(
    "/organisers/{organiser_id}/ticket-keys",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden),
)
async def get_ticket_keys(organiser_id: OrganiserId, ctx: Ctx) -> TicketKeys:
    return await door.ticket_keys(ctx, organiser_id)


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
    return await door.ticket_keys(ctx, organiser_id)
