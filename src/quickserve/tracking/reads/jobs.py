"""What others may know of a job."""

from quickserve.contracts.tracking import JobId, JobView
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context
from quickserve.tracking.store import jobs


async def show_job(ctx: Context, job_id: JobId) -> JobView:
    async with ctx.db.read() as tx:
        state = await jobs.find_state(tx, job_id)
    if state is None:
        raise NotFound("Nobody carries this order.")
    return JobView(id=job_id, state=state)
