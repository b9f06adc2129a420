"""The waiting room: for everybody a place, for the organiser the switch."""

from typing import Annotated

from fastapi import APIRouter, Query

from quickserve.booking.commands.enter_waiting_room import enter_waiting_room
from quickserve.booking.commands.put_waiting_room import put_waiting_room
from quickserve.booking.reads import waiting_room
from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import (
    Draw,
    NewPlace,
    NotDrawn,
    PlaceView,
    RoomSettings,
    RoomView,
    VisitorId,
)
from quickserve.kernel.auth import anyone, signed_in
from quickserve.kernel.errors import Forbidden, NotFound, Unauthenticated, errors
from quickserve.kernel.service import Ctx

router = APIRouter()


@router.get("/waiting-rooms/{date_id}", dependencies=[anyone], responses=errors(NotFound))
async def get_room(date_id: DateId, ctx: Ctx) -> RoomView:
    return await waiting_room.room(ctx, date_id)


@router.put(
    "/waiting-rooms/{date_id}",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, NotFound),
)
async def put_room(date_id: DateId, body: RoomSettings, ctx: Ctx) -> RoomView:
    room = await put_waiting_room(ctx, date_id, body)
    if room is None:
        raise NotFound("This date has no waiting room.")
    return waiting_room.show_room(room)


@router.put(
    "/waiting-rooms/{date_id}/places/{visitor_id}",
    dependencies=[anyone],
    responses=errors(NotFound),
)
async def put_place(date_id: DateId, visitor_id: VisitorId, body: NewPlace, ctx: Ctx) -> PlaceView:
    place = await enter_waiting_room(ctx, date_id, visitor_id, again=body.again)
    return await waiting_room.show_place(ctx, date_id, place)


@router.get(
    "/waiting-rooms/{date_id}/places/{visitor_id}",
    dependencies=[anyone],
    responses=errors(NotFound),
)
async def get_place(
    date_id: DateId, visitor_id: VisitorId, ctx: Ctx,
    number: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    proof: Annotated[str, Query(max_length=64)] = "",
) -> PlaceView:  # fmt: skip
    return await waiting_room.place(ctx, date_id, visitor_id, number, proof)


@router.get(
    "/waiting-rooms/{date_id}/draw", dependencies=[anyone], responses=errors(NotFound, NotDrawn)
)
async def get_draw(date_id: DateId, ctx: Ctx) -> Draw:
    return await waiting_room.draw(ctx, date_id)
