"""The waiting room: where one stands, how long it takes, what happens next."""

from typing import Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import PlaceView, RoomView, VisitorId
from quickserve.kernel.errors import NotFound
from quickserve.web import line
from quickserve.web.forms import Submitted
from quickserve.web.page import PRIVATE, Ask, Services, local_path, page_router, redirect
from quickserve.web.patience import optional
from quickserve.web.templating import render

router = page_router()

_ON: Final = ("none", "admitted")


@router.get("/waiting-room/{date_id}")
async def waiting_room(request: Request, date_id: DateId, ask: Ask) -> Response:
    """Takes a place in line with the first look; a reload keeps it."""
    back = local_path(request.query_params.get("to", ""), "/")
    own = line.read(request)
    place = await _place(ask, own, date_id)
    if place.state in _ON:
        response: Response = redirect(request, back)
    else:
        response = await _show(request, ask, "waiting_room.html", date_id, place, back)
    line.keep(request, response, own, date_id, place)
    return response


@router.get("/waiting-room/{date_id}/place")
async def place_in_line(request: Request, date_id: DateId, ask: Ask) -> Response:
    """The part of the page that changes."""
    back = local_path(request.query_params.get("to", ""), "/")
    own = line.read(request)
    place = await _place(ask, own, date_id)
    if place.state in _ON:
        target = redirect(request, back).headers["location"]
        response: Response = Response(headers={"HX-Redirect": target, "Cache-Control": "no-store"})
    else:
        response = await _show(request, ask, "waiting_place.html", date_id, place, back)
    line.keep(request, response, own, date_id, place)
    return response


@router.post("/waiting-room/{date_id}/again")
async def begin_anew(request: Request, date_id: DateId, form: Submitted, ask: Ask) -> Response:
    """After an admission that lapsed: to the end of the line."""
    own = line.read(request)
    visitor_id = VisitorId(own.visitor_id)
    place = await ask.waiting_rooms.enter(date_id, visitor_id, again=True)
    back = local_path(form.text("to"), "/")
    response = redirect(request, f"/waiting-room/{date_id}?to={back}")
    line.keep(request, response, own, date_id, place)
    return response


@router.get("/waiting-room/{date_id}/draw")
async def draw(request: Request, date_id: DateId, ask: Ask) -> Response:
    """How the numbers were drawn, and how anybody checks it."""
    room = await ask.waiting_rooms.room(date_id)
    own = line.read(request)
    return render(
        request, "waiting_draw.html", headers=PRIVATE, room=room, visitor_id=own.visitor_id,
        place=own.at(date_id),
    )  # fmt: skip


async def _place(ask: Services, own: line.Line, date_id: DateId) -> PlaceView:
    visitor_id = VisitorId(own.visitor_id)
    known = own.at(date_id)
    try:
        if known is not None:
            return await ask.waiting_rooms.place(date_id, visitor_id, known.number, known.proof)
        return await ask.waiting_rooms.enter(date_id, visitor_id)
    except NotFound:
        if known is None:
            raise
        return await ask.waiting_rooms.enter(date_id, visitor_id)


async def _show(
    request: Request, ask: Services, name: str, date_id: DateId, place: PlaceView, back: str
) -> Response:
    room: RoomView | None = await optional(ask.waiting_rooms.room(date_id))
    return render(
        request, name, headers=PRIVATE, place=place, room=room, date_id=date_id, back=back,
        path_of_room=f"/waiting-room/{date_id}",
    )  # fmt: skip
