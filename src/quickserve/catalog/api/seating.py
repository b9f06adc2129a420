"""Routes of seating plans: versions, lists, which dates and ticket types they serve."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from quickserve.catalog.commands.put_event_seating import PutEventSeating, put_event_seating
from quickserve.catalog.commands.put_seating_plan import PutSeatingPlan, put_seating_plan
from quickserve.catalog.reads import events, seating
from quickserve.contracts.catalog import EventCancelledError, EventId, EventSeating, EventView
from quickserve.contracts.seating import (
    PlanChanged,
    PlanHasDefects,
    PlanId,
    SeatingPlan,
    SeatingPlanDraft,
    SeatingPlanList,
    SeatingPlanSummary,
)
from quickserve.kernel.auth import anyone, signed_in
from quickserve.kernel.errors import Forbidden, Malformed, NotFound, Unauthenticated, errors
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Ctx

router = APIRouter()

Version = Annotated[int, Path(ge=1, le=1_000_000)]
_FOREVER = "public, max-age=31536000, immutable"


@router.get(
    "/seating-plans/{plan_id}/versions/{version}",
    response_model=SeatingPlan,
    dependencies=[anyone],
    responses=errors(NotFound, Malformed),
)
async def get_plan_version(
    plan_id: PlanId, version: Version, request: Request, ctx: Ctx
) -> Response:
    """A version never changes: whoever has it need not ask again."""
    headers = {"cache-control": _FOREVER, "etag": f'"{plan_id}-{version}"'}
    content = await seating.plan_version(ctx, plan_id, version)
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)


@router.get(
    "/organisers/{organiser_id}/seating-plans",
    dependencies=[signed_in],
    responses=errors(Malformed, Unauthenticated, Forbidden),
)
async def get_plans(organiser_id: OrganiserId, ctx: Ctx) -> SeatingPlanList:
    return await seating.plans_of_organiser(ctx, organiser_id)


@router.get(
    "/organisers/{organiser_id}/seating-plans/{plan_id}",
    dependencies=[signed_in],
    responses=errors(NotFound, Malformed, Unauthenticated, Forbidden),
)
async def get_plan(organiser_id: OrganiserId, plan_id: PlanId, ctx: Ctx) -> SeatingPlanSummary:
    return await seating.plan(ctx, organiser_id, plan_id)


@router.put(
    "/organisers/{organiser_id}/seating-plans/{plan_id}",
    dependencies=[signed_in],
    responses=errors(
        PlanHasDefects, PlanChanged, Malformed, NotFound, Unauthenticated, Forbidden
    ),
)  # fmt: skip
async def put_plan(
    organiser_id: OrganiserId, plan_id: PlanId, body: SeatingPlanDraft, ctx: Ctx
) -> SeatingPlanSummary:
    """Saves the next version; refused when it has defects or when somebody was faster."""
    await put_seating_plan(ctx, PutSeatingPlan(organiser_id, plan_id, body))
    return await seating.plan(ctx, organiser_id, plan_id)


@router.put(
    "/events/{event_id}/seating",
    dependencies=[signed_in],
    responses=errors(Malformed, EventCancelledError, NotFound, Unauthenticated, Forbidden),
)
async def put_seating(event_id: EventId, body: EventSeating, ctx: Ctx) -> EventView:
    await put_event_seating(ctx, PutEventSeating(event_id, body))
    return await events.event_of(ctx, event_id)
