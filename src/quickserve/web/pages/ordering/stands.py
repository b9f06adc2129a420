"""Ways to a menu: from a ticket to the stands of its event, from a code on a table."""

import asyncio
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Path, Request
from starlette.responses import Response

from quickserve.contracts.booking import BookingId, TicketView
from quickserve.contracts.menus import FULFILMENTS, StandView
from quickserve.contracts.ordering import TicketBasket
from quickserve.kernel.errors import NotFound, Problem
from quickserve.web import kept, order_words
from quickserve.web.forms import Submitted
from quickserve.web.page import PRIVATE, Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.tickets import BookingKey
from quickserve.web.patience import optional
from quickserve.web.problems import Sentence, sentence
from quickserve.web.templating import render

router = page_router()

Slug = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,200}$")]
Table = Annotated[str, Path(min_length=1, max_length=40)]
_PRIVATE: Final = PRIVATE | {"Referrer-Policy": "no-referrer"}


@router.get("/t/{slug}/{table}")
async def table_code(request: Request, slug: Slug, table: Table) -> Response:
    """What the code on a table says: short, so that the code is coarse."""
    return redirect(request, f"/stands/{slug}?{urlencode({'table': table})}")


@router.get("/tickets/{booking_id}/{key}/orders/{position}")
async def stands_page(
    request: Request, booking_id: BookingId, key: BookingKey, position: int, ask: Ask
) -> Response:
    return await _show(request, booking_id, key, position, ask)


@router.post("/tickets/{booking_id}/{key}/orders/{position}")
async def open_menu(
    request: Request, booking_id: BookingId, key: BookingKey, position: int, form: Submitted,
    ask: Ask,
) -> Response:  # fmt: skip
    """The basket that all devices of this ticket share."""
    ticket = await _ticket(booking_id, key, position, ask)
    try:
        stand = await ask.menus.stand_by_slug(form.text("stand"))
        wanted = TicketBasket(stand_id=stand.id, ticket=ticket.payload)
        basket = await ask.ordering.ticket_basket(wanted)
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return await _show(
            request, booking_id, key, position, ask, told=told, status=problem.status
        )
    response = redirect(request, f"/stands/{stand.slug}")
    kept.keep_basket(request, response, kept.Basket(stand_id=stand.id, basket_id=basket.id))
    return response


async def _ticket(booking_id: BookingId, key: str, position: int, ask: Services) -> TicketView:
    booking = await ask.booking.booking(booking_id, key)
    usable = [one for one in booking.tickets if one.state == "valid" and one.payload]
    if not 1 <= position <= len(booking.tickets) or booking.tickets[position - 1] not in usable:
        raise NotFound("This ticket opens no menu.")
    return booking.tickets[position - 1]


async def _show(
    request: Request, booking_id: BookingId, key: str, position: int, ask: Services,
    *, told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    booking = await ask.booking.booking(booking_id, key)
    ticket = await _ticket(booking_id, key, position, ask)
    stands = (await ask.menus.of_event(booking.date.event_id)).stands
    waits = await asyncio.gather(*(optional(ask.ordering.slots(one.id)) for one in stands))
    orders = await optional(ask.ordering.of_ticket(ticket.id))
    locale = locale_of(request)
    return render(
        request, "ordering/stands.html", status=status, headers=_PRIVATE, booking=booking,
        ticket=ticket, stands=list(zip(stands, waits, strict=True)), told=told,
        orders=orders.orders if orders else [],
        words={way: order_words.states(locale, way) for way in FULFILMENTS},
        path_of_tickets=f"/tickets/{booking_id}/{key}", position=position,
    )  # fmt: skip


async def the_stand(ask: Services, slug: str) -> StandView:
    """Raises NotFound for what visitors do not see."""
    stand = await ask.menus.stand_by_slug(slug)
    if stand.draft.state == "hidden" or stand.menu_version is None:
        raise NotFound("There is no such stand.")
    return stand
