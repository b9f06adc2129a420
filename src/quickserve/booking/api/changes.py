"""After the sale: rules, transfers, resales, and the amendments that `checkout` makes."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from quickserve.booking.commands.confirm_amendment import confirm_amendment
from quickserve.booking.commands.drop_amendment import drop_amendment, end_resale
from quickserve.booking.commands.note_opening import note_opening
from quickserve.booking.commands.open_amendment import OpenAmendment, open_amendment
from quickserve.booking.commands.put_change_rules import put_change_rules
from quickserve.booking.commands.transfer_ticket import TransferTicket, transfer_ticket
from quickserve.booking.reads import changes
from quickserve.contracts.booking import BookingId, TicketId
from quickserve.contracts.booking_changes import (
    Amendment,
    AmendmentId,
    BookingChanges,
    ChangeNotAllowed,
    ChangeRules,
    NewAmendment,
    NewTransfer,
    PlaceTaken,
    ResaleEnd,
    TicketOpening,
    TicketPage,
)
from quickserve.contracts.catalog import EventId
from quickserve.kernel.auth import anyone, services, signed_in
from quickserve.kernel.errors import Forbidden, IdReused, NotFound, Unauthenticated, errors
from quickserve.kernel.service import Ctx

router = APIRouter()

Key = Annotated[str, Query(max_length=100)]
_CHECKOUT = (Unauthenticated, Forbidden, NotFound)


@router.get("/events/{event_id}/change-rules", dependencies=[anyone], responses=errors(NotFound))
async def get_rules(event_id: EventId, ctx: Ctx) -> ChangeRules:
    return await changes.change_rules(ctx, event_id)


@router.put(
    "/events/{event_id}/change-rules",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, NotFound),
)
async def put_rules(event_id: EventId, body: ChangeRules, ctx: Ctx) -> ChangeRules:
    return await put_change_rules(ctx, event_id, body)


@router.get("/bookings/{booking_id}/changes", dependencies=[anyone], responses=errors(NotFound))
async def get_changes(booking_id: BookingId, key: Key, ctx: Ctx) -> BookingChanges:
    return await changes.booking_changes(ctx, booking_id, key)


@router.put(
    "/transfers/{successor_id}",
    dependencies=[anyone],
    responses=errors(NotFound, ChangeNotAllowed, IdReused),
)
async def put_transfer(successor_id: TicketId, body: NewTransfer, ctx: Ctx) -> TicketPage:
    cmd = TransferTicket(successor_id, body.ticket_id, body.key, body.name, body.email)
    await transfer_ticket(ctx, cmd)
    return await changes.show_passed_on(ctx, successor_id)


@router.get("/tickets/{ticket_id}", dependencies=[anyone], responses=errors(NotFound))
async def get_ticket(ticket_id: TicketId, key: Key, ctx: Ctx) -> TicketPage:
    return await changes.passed_on_ticket(ctx, ticket_id, key)


@router.put(
    "/tickets/{ticket_id}/opening",
    status_code=204,
    dependencies=[anyone],
    responses=errors(NotFound),
)
async def put_opening(ticket_id: TicketId, body: TicketOpening, ctx: Ctx) -> Response:
    await note_opening(ctx, ticket_id, body.key)
    return Response(status_code=204)


@router.put(
    "/resales/{resale_id}/end",
    dependencies=[anyone],
    responses=errors(NotFound, ChangeNotAllowed, PlaceTaken),
)
async def put_end(resale_id: AmendmentId, body: ResaleEnd, ctx: Ctx) -> Amendment:
    return changes.show_amendment(await end_resale(ctx, resale_id, body.key))


@router.put(
    "/amendments/{amendment_id}",
    dependencies=[services("checkout")],
    responses=errors(*_CHECKOUT, ChangeNotAllowed, IdReused),
)
async def put_amendment(amendment_id: AmendmentId, body: NewAmendment, ctx: Ctx) -> Amendment:
    cmd = OpenAmendment(
        amendment_id, body.booking_id, body.kind, tuple(body.ticket_ids), body.new_booking_id
    )
    return changes.show_amendment(await open_amendment(ctx, cmd))


@router.get(
    "/amendments/{amendment_id}",
    dependencies=[services("checkout")],
    responses=errors(*_CHECKOUT),
)
async def get_amendment(amendment_id: AmendmentId, ctx: Ctx) -> Amendment:
    return await changes.amendment(ctx, amendment_id)


@router.put(
    "/amendments/{amendment_id}/dropping",
    status_code=204,
    dependencies=[services("checkout")],
    responses=errors(Unauthenticated, Forbidden, ChangeNotAllowed, PlaceTaken),
)
async def put_dropping(amendment_id: AmendmentId, ctx: Ctx) -> Response:
    await drop_amendment(ctx, amendment_id)
    return Response(status_code=204)


@router.put(
    "/amendments/{amendment_id}/confirmation",
    dependencies=[services("checkout")],
    responses=errors(*_CHECKOUT, ChangeNotAllowed),
)
async def put_confirmation(amendment_id: AmendmentId, ctx: Ctx) -> Amendment:
    return changes.show_amendment(await confirm_amendment(ctx, amendment_id))
