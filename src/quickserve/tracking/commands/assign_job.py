"""A person gives a job to a runner, to another one, or back."""

from quickserve.contracts.tracking import (
    HandsFull,
    JobId,
    JobMoved,
    ShiftEnded,
    ShiftId,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden, NotFound
from quickserve.kernel.service import Context
from quickserve.tracking.model import Job
from quickserve.tracking.resources import tell_jobs, tell_moved
from quickserve.tracking.store import jobs, shifts


async def assign_job(ctx: Context, job_id: JobId, shift_id: ShiftId | None) -> Job:
    """Organisers may give anything to anybody; runners take what waits, and give back what they
    have not picked up.

    Errors: NotFound, Forbidden, HandsFull, ShiftEnded, JobMoved.
    """
    async with ctx.db.transaction() as tx:
        shift = await shifts.lock_shift(tx, shift_id) if shift_id else None
        job = await jobs.lock_job(tx, job_id)
        if job is None:
            raise NotFound("Nobody carries this order.")
        ctx.principal.require(job.organiser_id, Role.RUNNER)
        before = await shifts.find_shift(tx, job.shift_id) if job.shift_id else None
        if shift_id and (shift is None or shift.organiser_id != job.organiser_id):
            raise NotFound("There is no such shift.")
        if not ctx.principal.may(job.organiser_id):
            person = ctx.principal.person_id
            theirs = [one for one in (shift, before) if one and one.person_id != person]
            if theirs or job.state == "carried":
                raise Forbidden("Runners decide about their own hands only.")
        if job.state in ("done", "dropped"):
            raise JobMoved(state=job.state)
        if job.shift_id != shift_id:
            if shift and shift.ended_at is not None:
                raise ShiftEnded
            if shift and len(await jobs.find_of_shifts(tx, [shift.id])) >= shift.capacity:
                raise HandsFull
            await jobs.assign(tx, job_id, shift_id, by_hand=shift_id is not None)
        after = await jobs.find_job(tx, job_id)
    assert after
    await tell_jobs(ctx, job_id)
    if before and before.id != shift_id:
        await tell_moved(ctx, [before.id], ())
    return after
