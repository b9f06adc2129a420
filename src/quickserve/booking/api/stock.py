"""Quotas, availability, holds."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from quickserve.booking.commands.put_quotas import PutQuotas, put_quotas
from quickserve.booking.commands.release_hold import release_hold
from quickserve.booking.reads import stock
from quickserve.contracts.booking import (
    AvailabilityList,
    CapacityBelowSold,
    HoldId,
    HoldUsed,
    HoldView,
    QuotaChanges,
    QuotaList,
)  # fmt: skip
from quickserve.contracts.catalog import DateId, EventId
from quickserve.kernel.auth import anyone, signed_in
from quickserve.kernel.errors import (
    Conflict,
    Forbidden,
    Malformed,
    NotFound,
    Unauthenticated,
    errors,
)  # fmt: skip
from quickserve.kernel.http import json_answer
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Ctx

router = APIRouter()


@router.put(
    "/organisers/{organiser_id}/quotas",
    status_code=204,
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, CapacityBelowSold, Conflict, Malformed),
)
async def put_organiser_quotas(organiser_id: OrganiserId, body: QuotaChanges, ctx: Ctx) -> Response:
    await put_quotas(ctx, PutQuotas(organiser_id, tuple(body.quotas)))
    return Response(status_code=204)


@router.get(
    "/events/{event_id}/quotas",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, NotFound),
)
async def get_quotas(event_id: EventId, ctx: Ctx) -> QuotaList:
    return await stock.quotas(ctx, event_id)


@router.get(
    "/availability",
    response_model=AvailabilityList,
    dependencies=[anyone],
    responses=errors(Malformed),
)
async def get_availability(
    date_id: Annotated[list[DateId], Query(min_length=1, max_length=100)], ctx: Ctx
) -> Response:
    return json_answer(await stock.availability(ctx, date_id))


@router.get("/holds/{hold_id}", dependencies=[anyone], responses=errors(NotFound))
async def get_hold(hold_id: HoldId, ctx: Ctx) -> HoldView:
    return await stock.hold(ctx, hold_id)


@router.delete(
    "/holds/{hold_id}", status_code=204, dependencies=[anyone], responses=errors(HoldUsed)
)
async def delete_hold(hold_id: HoldId, ctx: Ctx) -> Response:
    await release_hold(ctx, hold_id)
    return Response(status_code=204)
