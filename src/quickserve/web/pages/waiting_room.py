"""The waiting room: where one stands, how long it takes, what happens next.

Thousands ask for their place. What moves is the same for all of them: the room, which this process
looks at once a second. Only who comes, and whose turn it is, costs a call.
"""

from functools import partial
from typing import Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking import DateFacts
from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import (
    PlaceView,
    RoomView,
    VisitorId,
    place_of,
    place_that_waits,
    place_to_be_drawn,
)
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.service import Context, Ctx
from quickserve.web import line
from quickserve.web.forms import Submitted
from quickserve.web.page import PRIVATE, Ask, Services, local_path, page_router, redirect
from quickserve.web.patience import optional
from quickserve.web.room_looks import ROOM_SECONDS, RoomLooks
from quickserve.web.templating import render

router = page_router()

_ON: Final = ("none", "admitted")
_UNAVAILABLE: Final = 503


@router.get("/waiting-room/{date_id}")
async def waiting_room(request: Request, date_id: DateId, ask: Ask, ctx: Ctx) -> Response:
    """Takes a place in line with the first look; a reload keeps it."""
    back = local_path(request.query_params.get("to", ""), "/")
    own = line.read(request)
    try:
        place = await _place(request, ask, ctx, own, date_id)
    except Problem as problem:
        known = own.at(date_id)
        if known is None or not problem.transient:
            raise
        # Nobody can be asked just now: the place is kept, and the page asks again.
        place = place_of("waiting" if known.number else "drawn", None, known.number)
        return await _show_room(request, ask, ctx, date_id, place, back, away=True)
    if place.state in _ON:
        response: Response = redirect(request, back)
    else:
        response = await _show_room(request, ask, ctx, date_id, place, back)
    line.keep(request, response, own, date_id, place)
    return response


@router.get("/waiting-room/{date_id}/place")
async def place_in_line(request: Request, date_id: DateId, ask: Ask, ctx: Ctx) -> Response:
    """The part of the page that changes."""
    back = local_path(request.query_params.get("to", ""), "/")
    own = line.read(request)
    place = await _place(request, ask, ctx, own, date_id)
    if place.state in _ON:
        target = redirect(request, back).headers["location"]
        response: Response = Response(headers={"HX-Redirect": target, "Cache-Control": "no-store"})
    else:
        response = _show(request, "waiting_place.html", date_id, place, back, away=False)
    line.keep(request, response, own, date_id, place)
    return response


@router.post("/waiting-room/{date_id}/again")
async def begin_anew(request: Request, date_id: DateId, form: Submitted, ask: Ask) -> Response:
    """After an admission that lapsed: to the end of the line."""
    own = line.read(request)
    visitor_id = VisitorId(own.visitor_id)
    place = await ask.waiting_rooms.enter(date_id, visitor_id, again=True)
    back = local_path(form.text("to"), "/")
    response = redirect(request, line.room_path(date_id, back))
    line.keep(request, response, own, date_id, place)
    return response


@router.get("/waiting-room/{date_id}/draw")
async def draw(request: Request, date_id: DateId, ask: Ask, ctx: Ctx) -> Response:
    """How the numbers were drawn, and how anybody checks it."""
    room = await _room(request, ask, ctx, date_id)
    own = line.read(request)
    return render(
        request, "waiting_draw.html", headers=PRIVATE, room=room, visitor_id=own.visitor_id,
        place=own.at(date_id), back=local_path(request.query_params.get("to", ""), _event(room)),
        path_of_room=f"/waiting-room/{date_id}",
    )  # fmt: skip


def _event(room: RoomView) -> str:
    return f"/events/{room.date.event_id}?date={room.date_id}" if room.date else "/"


async def _place(
    request: Request, ask: Services, ctx: Context, own: line.Line, date_id: DateId
) -> PlaceView:
    visitor_id = VisitorId(own.visitor_id)
    known = own.at(date_id)
    if known is None:
        return await ask.waiting_rooms.enter(date_id, visitor_id)
    try:
        room = await _room(request, ask, ctx, date_id)
        if room.state == "pre" and known.number is None:
            return place_to_be_drawn(room, ctx.clock.now())
        if room.state == "open" and known.number is not None and known.number > room.admitted:
            return place_that_waits(room, known.number, known.proof)
        return await ask.waiting_rooms.place(date_id, visitor_id, known.number, known.proof)
    except NotFound:
        return await ask.waiting_rooms.enter(date_id, visitor_id)


async def _room(request: Request, ask: Services, ctx: Context, date_id: DateId) -> RoomView:
    looks: RoomLooks = request.app.state.room_looks
    room = looks.recent(date_id)
    if room is None:
        look = partial(ask.waiting_rooms.room, date_id)
        seen = await ctx.cache.json(RoomView, f"booking:room:{date_id}", ROOM_SECONDS, look)
        room = RoomView.model_validate_json(seen)
        looks.note(room)
    return room


async def _show_room(
    request: Request, ask: Services, ctx: Context, date_id: DateId, place: PlaceView, back: str, *,
    away: bool = False,
) -> Response:  # fmt: skip
    """The whole page, which also tells what the line is for: asked once, then known."""
    looks: RoomLooks = request.app.state.room_looks
    if looks.date_of(date_id) is None and not away:
        await optional(_room(request, ask, ctx, date_id))
    date = looks.date_of(date_id)
    return _show(request, "waiting_room.html", date_id, place, back, away=away, date=date)


def _show(
    request: Request, name: str, date_id: DateId, place: PlaceView, back: str, *, away: bool,
    date: DateFacts | None = None,
) -> Response:  # fmt: skip
    return render(
        request, name, status=_UNAVAILABLE if away else 200, headers=PRIVATE,
        place=place, back=back, away=away, date=date, path_of_room=f"/waiting-room/{date_id}",
    )  # fmt: skip
