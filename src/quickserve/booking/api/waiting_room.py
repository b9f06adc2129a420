"""The waiting room: for everybody a place, for the organiser the switch."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from quickserve.booking.commands.enter_waiting_room import enter_waiting_room
from quickserve.booking.commands.put_waiting_room import put_waiting_room
from quickserve.booking.reads import waiting_room
from quickserve.booking.resources import resources
from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import (
    Demand,
    Draw,
    NewPlace,
    NotDrawn,
    PlaceView,
    RoomSettings,
    RoomView,
    VisitorId,
)
from quickserve.kernel.auth import anyone, services, signed_in
from quickserve.kernel.errors import Forbidden, Malformed, NotFound, Unauthenticated, errors
from quickserve.kernel.lane import Lean
from quickserve.kernel.service import Context, Ctx

router = APIRouter()
_NUMBER_MAX = 2**62
_PROOF_MAX = 64


class _Known(BaseModel):
    """What who asks for a place says of it."""

    number: int | None = Field(default=None, ge=1, le=_NUMBER_MAX)
    proof: str = Field(default="", max_length=_PROOF_MAX)


@router.get("/waiting-rooms/{date_id}", dependencies=[anyone], responses=errors(NotFound))
async def get_room(date_id: DateId, ctx: Ctx) -> RoomView:
    return await waiting_room.room(ctx, date_id)


@router.put(
    "/waiting-rooms/{date_id}",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, NotFound, Malformed),
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
    return await _enter(ctx, date_id, visitor_id, body)


@router.get(
    "/waiting-rooms/{date_id}/places/{visitor_id}",
    dependencies=[anyone],
    responses=errors(NotFound),
)
async def get_place(
    date_id: DateId, visitor_id: VisitorId, ctx: Ctx,
    number: Annotated[int | None, Query(ge=1, le=_NUMBER_MAX)] = None,
    proof: Annotated[str, Query(max_length=_PROOF_MAX)] = "",
) -> PlaceView:  # fmt: skip
    return await waiting_room.place(ctx, date_id, visitor_id, number, proof)


@router.put(
    "/waiting-rooms/{date_id}/demand/{process_id}",
    status_code=204,
    dependencies=[services("web")],
    responses=errors(Unauthenticated, Forbidden),
)
async def put_demand(date_id: DateId, process_id: UUID, body: Demand, ctx: Ctx) -> Response:
    resources(ctx).demand.told(date_id, process_id, body.waiting)
    return Response(status_code=204)


@router.get(
    "/waiting-rooms/{date_id}/draw", dependencies=[anyone], responses=errors(NotFound, NotDrawn)
)
async def get_draw(date_id: DateId, ctx: Ctx) -> Draw:
    return await waiting_room.draw(ctx, date_id)


async def _enter(ctx: Context, date_id: DateId, visitor_id: VisitorId, body: NewPlace) -> PlaceView:
    place = await enter_waiting_room(ctx, date_id, visitor_id, again=body.again)
    return await waiting_room.show_place(ctx, date_id, place)


async def _put(ctx: Context, date_id: DateId, visitor_id: VisitorId, body: NewPlace) -> bytes:
    return (await _enter(ctx, date_id, visitor_id, body)).model_dump_json().encode()


async def _get(ctx: Context, date_id: DateId, visitor_id: VisitorId, known: _Known) -> bytes:
    view = await waiting_room.place(ctx, date_id, visitor_id, known.number, known.proof)
    return view.model_dump_json().encode()


_PLACE = "/waiting-rooms/{date_id}/places/{visitor_id}"
LANE = (Lean(_PLACE, NewPlace, _put), Lean(_PLACE, _Known, _get, method="GET"))
