"""Seats of a date, for whoever looks."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from quickserve.booking.reads import seats
from quickserve.contracts.booking_seats import BEST_MAX, BestSeats, DateSeats
from quickserve.contracts.catalog import DateId
from quickserve.kernel.auth import anyone
from quickserve.kernel.errors import Malformed, NotFound, errors
from quickserve.kernel.http import json_answer
from quickserve.kernel.service import Ctx

router = APIRouter()

Version = Annotated[int, Query(ge=0, le=2**62)]


@router.get(
    "/dates/{date_id}/seats",
    response_model=DateSeats,
    dependencies=[anyone],
    responses=errors(NotFound, Malformed),
)
async def get_seats(date_id: DateId, ctx: Ctx, since: Version | None = None) -> Response:
    """All that are taken; with `since`, those that changed after that version."""
    if since is None:
        return json_answer(await seats.snapshot(ctx, date_id))
    changed = await seats.since(ctx, date_id, since)
    return json_answer(changed.model_dump_json().encode())


@router.get(
    "/dates/{date_id}/best-seats", dependencies=[anyone], responses=errors(NotFound, Malformed)
)
async def get_best_seats(
    date_id: DateId,
    category: Annotated[str, Query(min_length=1, max_length=60)],
    count: Annotated[int, Query(ge=1, le=BEST_MAX)],
    ctx: Ctx,
    accessible: bool = False,
) -> BestSeats:
    """The best that are free now, side by side where there are; nothing is set aside."""
    return await seats.best(ctx, date_id, category, count, accessible=accessible)
