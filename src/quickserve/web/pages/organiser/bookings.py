"""One booking at the organiser's desk: its tickets, one revoked, or all of it called off."""

from typing import Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking import BookingId, TicketId
from quickserve.contracts.booking_records import BookingRecord, RecordedTicket
from quickserve.contracts.checkout import CancellationId, CancellationView
from quickserve.kernel.errors import Conflict, NotFound, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.web.forms import Submitted
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser.desk import AtDesk, Desk, show
from quickserve.web.patience import begin_again, optional
from quickserve.web.problems import sentence, sentence_for

router = page_router()

SECTION: Final = "/organiser/purchases"


@router.get("/organiser/bookings/{booking_id}")
async def booking_page(request: Request, booking_id: BookingId, desk: AtDesk, ask: Ask) -> Response:
    record = await ask.records.record(booking_id, desk.token)
    cancellation = await _cancellation(record, desk, ask)
    why = cancellation.failure.code if cancellation and cancellation.failure else ""
    return show(
        request, desk.its(record.date.organiser_id), "booking.html", section=SECTION,
        record=record, cancellation=cancellation,
        moving=bool(cancellation and cancellation.state == "processing"),
        why=None if why in ("", Conflict.code) else sentence_for(why, locale_of(request)),
    )  # fmt: skip


@router.get("/organiser/bookings/{booking_id}/cancellation")
async def cancellation_page(
    request: Request, booking_id: BookingId, desk: AtDesk, ask: Ask
) -> Response:
    record = await ask.records.record(booking_id, desk.token)
    return _ask_to_cancel(request, record, desk)


@router.post("/organiser/bookings/{booking_id}/cancellation")
async def cancel(
    request: Request, booking_id: BookingId, desk: AtDesk, form: Submitted, ask: Ask
) -> Response:
    """What was paid is refunded first; the page that follows tells what came of it."""
    record = await ask.records.record(booking_id, desk.token)
    try:
        if record.total.minor:
            cancellation_id = CancellationId(form.minted("cancellation"))
            await ask.checkout.cancel(cancellation_id, booking_id, desk.token)
        else:
            await ask.records.cancel(booking_id, desk.token)
    except Problem as problem:
        begin_again(request)
        return _ask_to_cancel(request, record, desk, problem)
    return redirect(request, _path(booking_id))


@router.get("/organiser/bookings/{booking_id}/tickets/{ticket_id}/revocation")
async def revocation_page(
    request: Request, booking_id: BookingId, ticket_id: TicketId, desk: AtDesk, ask: Ask
) -> Response:
    record, ticket = await _ticket(booking_id, ticket_id, desk, ask)
    return show(
        request, desk.its(record.date.organiser_id), "ticket_revocation.html", section=SECTION,
        record=record, ticket=ticket,
    )  # fmt: skip


@router.post("/organiser/bookings/{booking_id}/tickets/{ticket_id}/revocation")
async def revoke(
    request: Request,
    booking_id: BookingId,
    ticket_id: TicketId,
    desk: AtDesk,
    _form: Submitted,
    ask: Ask,
) -> Response:
    _, ticket = await _ticket(booking_id, ticket_id, desk, ask)
    await ask.booking.revoke_ticket(ticket.id, desk.token)
    return redirect(request, f"{_path(booking_id)}?done=revoked")


def _ask_to_cancel(
    request: Request, record: BookingRecord, desk: Desk, problem: Problem | None = None
) -> Response:
    return show(
        request, desk.its(record.date.organiser_id), "booking_cancellation.html", section=SECTION,
        status=problem.status if problem else 200, record=record, cancellation_id=new_uuid(),
        admitted=sum(ticket.admitted_at is not None for ticket in record.tickets),
        told=sentence(problem, locale_of(request)) if problem else None,
    )  # fmt: skip


async def _cancellation(
    record: BookingRecord, desk: Desk, ask: Services
) -> CancellationView | None:
    """None where none was asked for, or nobody can tell."""
    if not record.total.minor:
        return None
    try:
        return await optional(ask.checkout.cancellation(record.id, desk.token))
    except NotFound:
        return None


async def _ticket(
    booking_id: BookingId, ticket_id: TicketId, desk: Desk, ask: Services
) -> tuple[BookingRecord, RecordedTicket]:
    record = await ask.records.record(booking_id, desk.token)
    ticket = next((one for one in record.tickets if one.id == ticket_id), None)
    if ticket is None:
        raise NotFound
    return record, ticket


def _path(booking_id: BookingId) -> str:
    return f"/organiser/bookings/{booking_id}"
