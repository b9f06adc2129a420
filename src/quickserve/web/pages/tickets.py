"""Tickets: a booking's page behind its link, its files, and the ones this browser has opened."""

import asyncio
import re
from typing import Annotated, Final

from fastapi import Path, Request
from starlette.responses import Response

from quickserve.contracts.booking import BookingId, BookingView, DateFacts, TicketId
from quickserve.contracts.booking_changes import TicketPage
from quickserve.contracts.catalog import DateState
from quickserve.contracts.waiting_list import EntryId, EntryView
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.service import Ctx
from quickserve.web import kept, ticket_files
from quickserve.web.forms import Submitted, parse_id
from quickserve.web.page import (
    PRIVATE,
    Ask,
    Services,
    locale_of,
    page_router,
    redirect,
    settings_of,
)
from quickserve.web.patience import optional
from quickserve.web.receipt import receipt
from quickserve.web.templating import render, security_headers

router = page_router()

BookingKey = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{8,100}$")]

# The address is the key: it must not travel as a referrer, either.
_PRIVATE: Final = PRIVATE | {"Referrer-Policy": "no-referrer"}
_LINK: Final = re.compile(r"/(tickets?)/([0-9A-Fa-f-]{36})/([A-Za-z0-9_-]{8,100})")


@router.get("/tickets")
async def my_tickets(request: Request, ask: Ask) -> Response:
    return await _show_mine(request, ask)


@router.post("/tickets")
async def open_tickets(request: Request, form: Submitted, ask: Ask) -> Response:
    """From a pasted link, or the number of a booking that this browser knows."""
    typed = form.lines("link")
    if found := _LINK.search(typed):
        return redirect(request, f"/{found[1]}/{found[2].lower()}/{found[3]}")
    wanted = re.sub(r"[^0-9A-Za-z]", "", typed).upper()
    for booking in await _mine(request, ask):
        if wanted and wanted == re.sub(r"[^0-9A-Za-z]", "", booking.number).upper():
            return redirect(request, f"/tickets/{booking.id}/{booking.key}")
    locale = locale_of(request)
    errors = {"link": locale.gettext("Paste the whole link to the tickets, as you received it.")}
    return await _show_mine(request, ask, typed=typed, errors=errors, status=422)


@router.post("/tickets/forgotten")
async def forget_tickets(request: Request, form: Submitted) -> Response:
    """On a device that somebody else uses, too."""
    response = redirect(request, "/tickets")
    if forgotten := parse_id(form.text("booking")):
        for list_ in (kept.TICKETS, kept.HELD, kept.SENT):
            list_.forget(request, response, forgotten)
    return response


@router.get("/tickets/{booking_id}/{key}")
async def tickets(request: Request, booking_id: BookingId, key: BookingKey, ask: Ask) -> Response:
    booking = await ask.booking.booking(booking_id, key)
    state, stands = await asyncio.gather(
        state_of_date(booking.date, ask), _has_stands(booking, ask)
    )
    response = render(
        request, "tickets.html", headers=_PRIVATE,
        booking=booking, date=booking.date, place=ticket_files.place(booking.date),
        date_state=state, stands=stands, receipt=receipt(booking.items, booking.total),
        codes=await ticket_files.qr_codes([ticket.payload for ticket in booking.tickets]),
        path_of_tickets=_path(booking), link=public_link(request, _path(booking)),
    )  # fmt: skip
    if booking.state != "withdrawn":
        kept.TICKETS.keep(request, response, kept.Key(id=booking.id, key=booking.key))
    return response


@router.get("/tickets/{booking_id}/{key}/calendar.ics")
async def calendar_file(
    request: Request, booking_id: BookingId, key: BookingKey, ask: Ask, ctx: Ctx
) -> Response:
    booking = await ask.booking.booking(booking_id, key)
    off = booking.state in ("withdrawn", "cancelled")
    cancelled = off or await state_of_date(booking.date, ask) == "cancelled"
    content = ticket_files.calendar(
        _papers(request, booking), cancelled=cancelled, now=ctx.clock.now()
    )
    return attached(content, "text/calendar; charset=utf-8", f"{booking.number}.ics")


@router.get("/tickets/{booking_id}/{key}/tickets.pdf")
async def pdf_file(request: Request, booking_id: BookingId, key: BookingKey, ask: Ask) -> Response:
    booking = await ask.booking.booking(booking_id, key)
    if not booking.tickets:
        raise NotFound
    content = await ticket_files.pdf(
        _papers(request, booking), now=booking.created_at, locale=locale_of(request)
    )
    return attached(content, "application/pdf", f"{booking.number}.pdf")


def _papers(request: Request, booking: BookingView) -> ticket_files.Papers:
    return ticket_files.Papers(
        booking.id, booking.number, booking.date, booking.tickets,
        public_link(request, _path(booking)),
    )  # fmt: skip


def attached(content: bytes, media_type: str, filename: str) -> Response:
    headers = {
        **security_headers(), **_PRIVATE,
        "Content-Disposition": f'attachment; filename="{filename}"',
    }  # fmt: skip
    return Response(content, media_type=media_type, headers=headers)


def _path(booking: BookingView) -> str:
    return f"/tickets/{booking.id}/{booking.key}"


def public_link(request: Request, path: str) -> str:
    """The whole address of one of our pages, to keep or to send."""
    return settings_of(request).public_url.rstrip("/") + locale_of(request).path(path)


async def _has_stands(booking: BookingView, ask: Services) -> bool:
    """Whether one can order there with a ticket; not while catalog cannot be asked."""
    if booking.state != "confirmed":
        return False
    found = await optional(ask.menus.of_event(booking.date.event_id))
    return bool(found and found.stands)


async def state_of_date(shown: DateFacts, ask: Services) -> DateState:
    """Cancelled or moved, if catalog can be asked; tickets show without it."""
    try:
        event = await optional(ask.catalog.event(shown.event_id))
    except NotFound:
        return "scheduled"
    if event is None:
        return "scheduled"
    if event.state == "cancelled":
        return "cancelled"
    for date in event.dates:
        if date.id == shown.date_id:
            return date.state
    return "scheduled"


async def _mine(request: Request, ask: Services) -> list[BookingView]:
    """Those of this browser that still open. Raises when booking cannot be asked at all."""
    keys = kept.TICKETS.of(request)
    asked = (ask.booking.booking(BookingId(key.id), key.key) for key in keys)
    found = await asyncio.gather(*asked, return_exceptions=True)
    bookings = [one for one in found if isinstance(one, BookingView)]
    failures = [one for one in found if isinstance(one, BaseException)]
    for failure in failures:
        if not isinstance(failure, NotFound):
            raise failure
    return sorted(bookings, key=lambda booking: booking.date.starts_at)


async def _passed_on(request: Request, ask: Services, kind: kept.Kept) -> list[TicketPage]:
    """Tickets that passed from one person to another and are still valid; none in an outage."""
    asked = (ask.changes.ticket(TicketId(key.id), key.key) for key in kind.of(request))
    found = await asyncio.gather(*asked, return_exceptions=True)
    pages = [one for one in found if isinstance(one, TicketPage) and one.ticket.state == "valid"]
    return sorted(pages, key=lambda page: page.date.starts_at)


async def _waiting(request: Request, ask: Services) -> list[EntryView]:
    """Places on waiting lists; none of those that cannot be asked for now."""
    keys = kept.WAITING.of(request)
    asked = (ask.waiting_list.entry(EntryId(key.id), key.key) for key in keys)
    found = await asyncio.gather(*asked, return_exceptions=True)
    entries = [one for one in found if isinstance(one, EntryView)]
    return [one for one in entries if one.state in ("waiting", "offered", "lapsed")]


async def _show_mine(
    request: Request, ask: Services, *, typed: str = "", errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    try:
        bookings, told = await _mine(request, ask), False
    except Problem:
        bookings, told = [], True
    waiting, held, sent = await asyncio.gather(
        _waiting(request, ask), _passed_on(request, ask, kept.HELD),
        _passed_on(request, ask, kept.SENT),
    )  # fmt: skip
    return render(
        request, "my_tickets.html", status=status, headers=_PRIVATE,
        waiting=waiting, bookings=bookings, held=held, unreachable=told,
        unopened=[page for page in sent if not page.opened], typed=typed[:500], errors=errors or {},
    )  # fmt: skip
