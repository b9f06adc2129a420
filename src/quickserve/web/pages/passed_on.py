"""A ticket that was passed on: its page, for its holder and, until then, for who sends it."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Path, Request
from pydantic import ValidationError
from starlette.responses import Response

from quickserve.contracts.booking import BookingId, TicketId
from quickserve.contracts.booking_changes import NewTransfer, TicketPage
from quickserve.kernel.errors import Malformed, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.service import Ctx
from quickserve.web import card_form, kept, ticket_files
from quickserve.web.forms import Form, Submitted
from quickserve.web.page import PRIVATE, Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.tickets import attached, public_link, state_of_date
from quickserve.web.patience import optional
from quickserve.web.problems import Sentence, field_errors, sentence
from quickserve.web.templating import render

router = page_router()

Key = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{8,100}$")]

_PRIVATE: Final = PRIVATE | {"Referrer-Policy": "no-referrer"}  # the address is the key


@router.get("/ticket/{ticket_id}/{key}")
async def ticket_page(request: Request, ticket_id: TicketId, key: Key, ask: Ask) -> Response:
    return await _show(request, ask, ticket_id, key)


@router.post("/ticket/{ticket_id}/{key}")
async def pass_further(
    request: Request, ticket_id: TicketId, key: Key, form: Submitted, ask: Ask
) -> Response:
    try:
        return await pass_on(request, ask, form, ticket_id, key)
    except Problem as problem:
        locale = locale_of(request)
        errors = field_errors(problem, locale)
        told = None if errors else sentence(problem, locale)
        return await _show(
            request, ask, ticket_id, key, form=form, errors=errors, told=told,
            status=problem.status,
        )  # fmt: skip


@router.get("/tickets/{booking_id}/{key}/passed-on/{ticket_id}")
async def send(
    request: Request, booking_id: BookingId, key: Key, ticket_id: TicketId, ask: Ask
) -> Response:
    """From the buyer's page, on whatever device: as who sends it, not as who has it."""
    booking = await ask.booking.booking(booking_id, key)
    for ticket in booking.tickets:
        if ticket.id == ticket_id and ticket.key:
            return _to_sender(request, ticket_id, ticket.key)
    return redirect(request, f"/tickets/{booking_id}/{key}")


@router.get("/ticket/{ticket_id}/{key}/calendar.ics")
async def calendar_file(
    request: Request, ticket_id: TicketId, key: Key, ask: Ask, ctx: Ctx
) -> Response:
    page = await ask.changes.ticket(ticket_id, key)
    off = page.ticket.state != "valid" or await state_of_date(page.date, ask) == "cancelled"
    content = ticket_files.calendar(_papers(request, page), cancelled=off, now=ctx.clock.now())
    return attached(content, "text/calendar; charset=utf-8", f"{page.ticket.code}.ics")


@router.get("/ticket/{ticket_id}/{key}/ticket.pdf")
async def pdf_file(request: Request, ticket_id: TicketId, key: Key, ask: Ask, ctx: Ctx) -> Response:
    page = await ask.changes.ticket(ticket_id, key)
    papers, locale = _papers(request, page), locale_of(request)
    content = await ticket_files.pdf(papers, now=ctx.clock.now(), locale=locale)
    return attached(content, "application/pdf", f"{page.ticket.code}.pdf")


async def pass_on(
    request: Request, ask: Services, form: Form, ticket_id: UUID | None, key: str
) -> Response:
    """Leads to the new ticket, to send it. Raises Malformed with what is wrong."""
    if ticket_id is None:
        raise Malformed
    try:
        wanted = NewTransfer(
            ticket_id=TicketId(ticket_id), key=key, name=form.text("name"),
            email=form.text("email"),
        )  # fmt: skip
    except ValidationError as error:
        raise Malformed(errors=card_form.findings(error, {"email": "not-an-address"})) from error
    page = await ask.changes.transfer(TicketId(form.minted("successor")), wanted)
    return _to_sender(request, page.ticket.id, page.key)


def _to_sender(request: Request, ticket_id: TicketId, key: str) -> Response:
    response = redirect(request, f"/ticket/{ticket_id}/{key}")
    kept.SENT.keep(request, response, kept.Key(id=ticket_id, key=key))
    return response


def _papers(request: Request, page: TicketPage) -> ticket_files.Papers:
    return ticket_files.Papers(
        page.ticket.id, "", page.date, [page.ticket], public_link(request, _path(page))
    )


def _path(page: TicketPage) -> str:
    return f"/ticket/{page.ticket.id}/{page.key}"


def _by_a_person(request: Request) -> bool:
    """Not by a messenger, which looks at a link to show what it is about."""
    return request.method == "GET" and request.headers.get("sec-fetch-mode") == "navigate"


async def _show(
    request: Request, ask: Services, ticket_id: TicketId, key: str, *, form: Form | None = None,
    errors: dict[str, str] | None = None, told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    page = await ask.changes.ticket(ticket_id, key)
    sends = any(one.id == ticket_id for one in kept.SENT.of(request))
    if not sends and not page.opened and _by_a_person(request):
        await optional(ask.changes.note_opening(ticket_id, key))
    codes = await ticket_files.qr_codes([page.ticket.payload])
    response = render(
        request, "passed_on.html", status=status, headers=_PRIVATE,
        page=page, ticket=page.ticket, date=page.date, place=ticket_files.place(page.date),
        date_state=await state_of_date(page.date, ask), code=codes[0], sends=sends,
        values=form.values if form else {}, errors=errors or {}, told=told,
        successor_id=new_uuid(), path_of_ticket=_path(page), link=public_link(request, _path(page)),
    )  # fmt: skip
    if not sends and page.ticket.state == "valid":
        kept.HELD.keep(request, response, kept.Key(id=ticket_id, key=key))
    return response
