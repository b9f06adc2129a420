"""Routes of seating plans: versions, lists, which dates and ticket types they serve."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from quickserve.catalog.commands.accept_repairs import AcceptRepairs, accept_repairs
from quickserve.catalog.commands.put_event_seating import PutEventSeating, put_event_seating
from quickserve.catalog.commands.put_seating_plan import PutSeatingPlan, put_seating_plan
from quickserve.catalog.commands.read_seating_file import ReadSeatingFile, read_seating_file
from quickserve.catalog.reads import events, seating
from quickserve.contracts.catalog import (
    EventCancelledError,
    EventId,
    EventSeating,
    EventView,
    SeatsWouldBeLost,
)
from quickserve.contracts.seating import (
    Acceptance,
    PlanChanged,
    PlanHasDefects,
    PlanId,
    PlanRefused,
    PlanReport,
    SeatingImportId,
    SeatingImportView,
    SeatingPlan,
    SeatingPlanDraft,
    SeatingPlanList,
    SeatingPlanSummary,
)
from quickserve.kernel.auth import anyone, signed_in
from quickserve.kernel.errors import (
    Conflict,
    Forbidden,
    IdReused,
    Malformed,
    NotFound,
    TooLarge,
    Unauthenticated,
    errors,
)
from quickserve.kernel.http import json_answer
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


@router.get(
    "/organisers/{organiser_id}/seating-plans/{plan_id}/versions/{version}/pretix",
    dependencies=[signed_in],
    responses=errors(NotFound, Malformed, Unauthenticated, Forbidden),
)
async def get_export(
    organiser_id: OrganiserId, plan_id: PlanId, version: Version, ctx: Ctx
) -> Response:
    """Pretix's seating-plan JSON."""
    content = await seating.exported(ctx, organiser_id, plan_id, version)
    return Response(content, media_type="application/json")


@router.post(
    "/organisers/{organiser_id}/seating-plans/checks",
    dependencies=[signed_in],
    responses=errors(PlanRefused, Malformed, Unauthenticated, Forbidden),
)
async def post_check(organiser_id: OrganiserId, body: SeatingPlanDraft, ctx: Ctx) -> PlanReport:
    """The rules of saving, without saving: what is wrong, and the plan with all repairs."""
    return await seating.report(ctx, organiser_id, body)


@router.put(
    "/organisers/{organiser_id}/seating-imports/{import_id}",
    dependencies=[signed_in],
    responses=errors(PlanRefused, IdReused, TooLarge, Malformed, Unauthenticated, Forbidden),
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {}}}}
    },
)
async def put_import(
    organiser_id: OrganiserId, import_id: SeatingImportId, request: Request, ctx: Ctx,
    filename: Annotated[str, Query(min_length=1, max_length=255)],
) -> SeatingImportView:  # fmt: skip
    """The body is the file, as it is. The answer tells every defect; nothing is saved yet."""
    content = await request.body()
    await read_seating_file(ctx, ReadSeatingFile(import_id, organiser_id, filename, content))
    return await seating.import_(ctx, organiser_id, import_id)


@router.get(
    "/organisers/{organiser_id}/seating-imports/{import_id}",
    dependencies=[signed_in],
    responses=errors(NotFound, Malformed, Unauthenticated, Forbidden),
)
async def get_import(
    organiser_id: OrganiserId, import_id: SeatingImportId, ctx: Ctx
) -> SeatingImportView:
    return await seating.import_(ctx, organiser_id, import_id)


@router.get(
    "/organisers/{organiser_id}/seating-imports/{import_id}/plan",
    response_model=SeatingPlanDraft,
    dependencies=[signed_in],
    responses=errors(NotFound, Malformed, Unauthenticated, Forbidden),
)
async def get_import_plan(
    organiser_id: OrganiserId, import_id: SeatingImportId, ctx: Ctx
) -> Response:
    return json_answer(await seating.import_draft(ctx, organiser_id, import_id))


@router.put(
    "/organisers/{organiser_id}/seating-imports/{import_id}/acceptance",
    dependencies=[signed_in],
    responses=errors(PlanChanged, Conflict, Malformed, NotFound, Unauthenticated, Forbidden),
)
async def put_acceptance(
    organiser_id: OrganiserId, import_id: SeatingImportId, body: Acceptance, ctx: Ctx
) -> SeatingImportView:
    """Repairs that are accepted; with the last of them the plan is saved."""
    await accept_repairs(ctx, AcceptRepairs(organiser_id, import_id, body))
    return await seating.import_(ctx, organiser_id, import_id)


@router.put(
    "/events/{event_id}/seating",
    dependencies=[signed_in],
    responses=errors(
        Malformed, EventCancelledError, SeatsWouldBeLost, NotFound, Unauthenticated, Forbidden
    ),
)
async def put_seating(event_id: EventId, body: EventSeating, ctx: Ctx) -> EventView:
    """With `lose_seats` also where somebody has seats that the new plan does not have."""
    await put_event_seating(ctx, PutEventSeating(event_id, body))
    return await events.event_of(ctx, event_id)
