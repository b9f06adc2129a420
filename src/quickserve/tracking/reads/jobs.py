"""What staff may know of jobs and shifts."""

from quickserve.contracts.ordering import OrderId
from quickserve.contracts.tracking import (
    Fleet,
    JobId,
    JobList,
    JobView,
    LookList,
    RunnerOnMap,
    ShiftId,
    ShiftJobs,
    ShiftList,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context
from quickserve.tracking.following import Seen, is_stale
from quickserve.tracking.resources import look_at
from quickserve.tracking.store import jobs, looks, shifts

_JOBS_MAX = 500


async def show_job(ctx: Context, job_id: JobId) -> JobView:
    async with ctx.db.read() as tx:
        job = await jobs.find_job(tx, job_id)
    if job is None:
        raise NotFound("Nobody carries this order.")
    return job.view


async def open_jobs(ctx: Context, organiser_id: OrganiserId) -> JobList:
    ctx.principal.require(organiser_id, Role.RUNNER, Role.KITCHEN)
    async with ctx.db.read() as tx:
        found = await jobs.find_open(tx, organiser_id, _JOBS_MAX)
    return JobList(jobs=[job.view for job in found])


async def own_shifts(ctx: Context) -> ShiftList:
    async with ctx.db.read() as tx:
        found = await shifts.find_own(tx, ctx.principal.person_id)
    return ShiftList(shifts=[shift.view for shift in found])


async def show_shift(ctx: Context, shift_id: ShiftId) -> ShiftJobs:
    """For its runner and the organiser."""
    async with ctx.db.read() as tx:
        shift = await shifts.find_shift(tx, shift_id)
        if shift is None:
            raise NotFound("There is no such shift.")
        if shift.person_id is None or shift.person_id != ctx.principal.person_id:
            ctx.principal.require(shift.organiser_id)
        found = await jobs.find_of_shifts(tx, [shift_id])
    return ShiftJobs(shift=shift.view, jobs=[job.view for job in found], server_now=ctx.clock.now())


async def fleet(ctx: Context, organiser_id: OrganiserId) -> Fleet:
    """Who is on shift, where, with what; the look is noted."""
    ctx.principal.require(organiser_id)
    async with ctx.db.read() as tx:
        crew = await shifts.find_crew(tx, organiser_id)
        found = await jobs.find_open(tx, organiser_id, _JOBS_MAX)
        await looks.insert_fleet_look(tx, organiser_id, str(ctx.principal.person_id or "service"))
    seen, now = await look_at(ctx, [shift.id for shift in crew]), ctx.clock.now()
    runners: list[RunnerOnMap] = []
    for shift in crew:
        position = seen.get(shift.id, Seen()).since(shift.began_at).position
        runners.append(
            RunnerOnMap(
                shift=shift.view, position=position,
                stale=position is not None and is_stale(position.at, now),
                jobs=[job.view for job in found if job.shift_id == shift.id],
            )
        )  # fmt: skip
    waiting = [job.view for job in found if job.state == "waiting"]
    return Fleet(runners=runners, waiting=waiting, server_now=now)


async def looks_at_order(ctx: Context, order_id: OrderId) -> LookList:
    async with ctx.db.read() as tx:
        job = await jobs.find_job(tx, JobId(order_id))
        if job is None:
            raise NotFound("Nobody carries this order.")
        ctx.principal.require(job.organiser_id)
        return LookList(looks=await looks.find_looks_at_order(tx, order_id))


async def looks_at_shift(ctx: Context, shift_id: ShiftId) -> LookList:
    """The runner may know who looked where they were."""
    await show_shift(ctx, shift_id)
    async with ctx.db.read() as tx:
        return LookList(looks=await looks.find_looks_at_shift(tx, shift_id))
