"""Jobs of runners and couriers."""

from fastapi import APIRouter

from quickserve.contracts.tracking import (
    Assignment,
    HandoverId,
    HandsFull,
    JobId,
    JobList,
    JobMoved,
    JobView,
    NewHandover,
    PickUp,
    PinLocked,
    Route,
    ShiftEnded,
    WrongPin,
)
from quickserve.kernel.auth import services, signed_in
from quickserve.kernel.errors import Forbidden, IdReused, NotFound, Unauthenticated, errors
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Ctx
from quickserve.tracking.commands.assign_job import assign_job
from quickserve.tracking.commands.hand_over import HandOver, hand_over
from quickserve.tracking.commands.pick_up import pick_up
from quickserve.tracking.commands.put_route import put_route
from quickserve.tracking.reads import jobs

router = APIRouter()
_STAFF = (Unauthenticated, Forbidden, NotFound)


@router.get(
    "/jobs/{job_id}",
    dependencies=[services("web", "ordering")],
    responses=errors(NotFound, Unauthenticated, Forbidden),
)
async def get_job(job_id: JobId, ctx: Ctx) -> JobView:
    return await jobs.show_job(ctx, job_id)


@router.get(
    "/organisers/{organiser_id}/jobs",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden),
)
async def get_jobs(organiser_id: OrganiserId, ctx: Ctx) -> JobList:
    """Those that have not ended, at most 500."""
    return await jobs.open_jobs(ctx, organiser_id)


@router.put(
    "/jobs/{job_id}/assignment",
    dependencies=[signed_in],
    responses=errors(*_STAFF, HandsFull, ShiftEnded, JobMoved),
)
async def put_assignment(job_id: JobId, body: Assignment, ctx: Ctx) -> JobView:
    return (await assign_job(ctx, job_id, body.shift_id)).view


@router.put("/jobs/{job_id}/pickup", dependencies=[signed_in], responses=errors(*_STAFF, JobMoved))
async def put_pickup(job_id: JobId, body: PickUp, ctx: Ctx) -> JobView:
    return (await pick_up(ctx, job_id, body.at)).view


@router.put("/jobs/{job_id}/route", dependencies=[signed_in], responses=errors(*_STAFF, JobMoved))
async def put_job_route(job_id: JobId, body: Route, ctx: Ctx) -> JobView:
    return (await put_route(ctx, job_id, body)).view


@router.put(
    "/handovers/{handover_id}",
    dependencies=[signed_in],
    responses=errors(*_STAFF, JobMoved, WrongPin, PinLocked, IdReused),
)
async def put_handover(handover_id: HandoverId, body: NewHandover, ctx: Ctx) -> JobView:
    return (await hand_over(ctx, HandOver(handover_id, body))).view
