"""Following an order."""

from typing import Annotated

from fastapi import APIRouter, Path

from quickserve.contracts.ordering import OrderId
from quickserve.contracts.tracking import LinkExpired, LookList, TrackLinks, TrackView
from quickserve.kernel.auth import anyone, services, signed_in
from quickserve.kernel.errors import Forbidden, NotFound, Unauthenticated, errors
from quickserve.kernel.service import Ctx
from quickserve.tracking.reads import jobs, track

router = APIRouter()
_SERVICES = (NotFound, Unauthenticated, Forbidden)


@router.get(
    "/orders/{order_id}/track", dependencies=[services("web")], responses=errors(*_SERVICES)
)
async def get_track(order_id: OrderId, ctx: Ctx) -> TrackView:
    """For the buyer, whom the caller has recognised; it shows the handover's code."""
    return await track.track(ctx, order_id)


@router.get(
    "/orders/{order_id}/links", dependencies=[services("web")], responses=errors(*_SERVICES)
)
async def get_links(order_id: OrderId, ctx: Ctx) -> TrackLinks:
    return await track.links(ctx, order_id)


@router.get("/tracks/{link}", dependencies=[anyone], responses=errors(NotFound, LinkExpired))
async def get_track_of_link(link: Annotated[str, Path(max_length=100)], ctx: Ctx) -> TrackView:
    return await track.track_of_link(ctx, link)


@router.get(
    "/orders/{order_id}/looks",
    dependencies=[signed_in],
    responses=errors(NotFound, Unauthenticated, Forbidden),
)
async def get_looks(order_id: OrderId, ctx: Ctx) -> LookList:
    """Who looked where the order was; for the organiser."""
    return await jobs.looks_at_order(ctx, order_id)
