"""Jobs of runners and couriers."""

from fastapi import APIRouter

from quickserve.contracts.tracking import JobId, JobView
from quickserve.kernel.auth import services
from quickserve.kernel.errors import Forbidden, NotFound, Unauthenticated, errors
from quickserve.kernel.service import Ctx
from quickserve.tracking.reads import jobs

router = APIRouter()


@router.get(
    "/jobs/{job_id}",
    dependencies=[services("web", "ordering")],
    responses=errors(NotFound, Unauthenticated, Forbidden),
)
async def get_job(job_id: JobId, ctx: Ctx) -> JobView:
    return await jobs.show_job(ctx, job_id)
