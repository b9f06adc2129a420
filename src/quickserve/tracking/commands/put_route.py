"""The way to an address becomes known: arrival is then told by how far along it the courier is."""

from quickserve.contracts.tracking import JobId, JobMoved, Route
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context
from quickserve.tracking.model import Job
from quickserve.tracking.store import jobs


async def put_route(ctx: Context, job_id: JobId, route: Route) -> Job:
    """Errors: NotFound, Forbidden, JobMoved."""
    async with ctx.db.transaction() as tx:
        job = await jobs.lock_job(tx, job_id)
        if job is None:
            raise NotFound("Nobody carries this order.")
        ctx.principal.require(job.organiser_id, Role.RUNNER)
        if job.ended_at is not None:
            raise JobMoved(state=job.state)
        points = [[round(p.latitude, 6), round(p.longitude, 6)] for p in route.points]
        await jobs.set_route(tx, job_id, points)
        after = await jobs.find_job(tx, job_id)
    assert after
    return after
