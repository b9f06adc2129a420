"""The runner has the order in their hands."""

from datetime import datetime

from quickserve.contracts.ordering import OrderId
from quickserve.contracts.tracking import JobId, JobMoved, OrderPickedUp
from quickserve.kernel import outbox
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context
from quickserve.tracking.commands.own_shift import find_own_shift
from quickserve.tracking.model import Job
from quickserve.tracking.resources import tell_jobs
from quickserve.tracking.store import jobs


async def pick_up(ctx: Context, job_id: JobId, at: datetime) -> Job:
    """`at` as the phone tells it, between assignment and now. Again it changes nothing.

    Errors: NotFound, Forbidden, JobMoved.
    """
    async with ctx.db.transaction() as tx:
        job = await jobs.lock_job(tx, job_id)
        if job is None:
            raise NotFound("Nobody carries this order.")
        if job.shift_id is None or job.assigned_at is None:
            raise JobMoved(state=job.state)
        await find_own_shift(ctx, tx, job.shift_id)
        if job.state == "dropped":
            raise JobMoved(state=job.state)
        if job.state == "assigned":
            moment = max(job.assigned_at, min(at, ctx.clock.now()))
            await jobs.pick_up(tx, job_id, moment)
            if not job.told_picked_up:
                await outbox.append(tx, OrderPickedUp(OrderId(job_id), moment))
        after = await jobs.find_job(tx, job_id)
    assert after
    await tell_jobs(ctx, job_id)
    return after
