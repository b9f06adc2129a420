"""Gives out what is ready, or will be by when a runner can be there."""

from typing import Final

from quickserve.contracts.tracking import JobId, ShiftId
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context
from quickserve.tracking.assigning import give_out
from quickserve.tracking.commands.follow_orders import tell_changed
from quickserve.tracking.geo import Degrees
from quickserve.tracking.resources import look_at, tell_jobs
from quickserve.tracking.store import jobs, shifts

_LEAD_SECONDS: Final = 90.0
_AT_ONCE: Final = 200


async def assign_jobs(ctx: Context) -> None:
    """Each organiser's by themselves: nobody waits because others are busy."""
    await tell_changed(ctx)
    async with ctx.db.read() as tx:
        organisers = await jobs.find_due_organisers(tx, _LEAD_SECONDS)
    for organiser_id in organisers:
        await assign_some(ctx, organiser_id)


async def assign_some(ctx: Context, organiser_id: OrganiserId) -> list[JobId]:
    """Who is on shift is locked first, so no hands are filled twice."""
    async with ctx.db.read() as tx:
        crew_ids = [shift.id for shift in await shifts.find_crew(tx, organiser_id)]
    where: dict[ShiftId, Degrees] = {}
    for shift_id, seen in (await look_at(ctx, crew_ids)).items():
        if seen.fix:
            where[shift_id] = seen.fix.latitude, seen.fix.longitude
    async with ctx.db.transaction() as tx:
        crew = await shifts.lock_crew(tx, organiser_id)
        in_hand = await jobs.find_of_shifts(tx, [shift.id for shift in crew])
        due = await jobs.lock_due(tx, organiser_id, _LEAD_SECONDS, _AT_ONCE)
        given = give_out(due, crew, in_hand, where)
        for job_id, shift_id in given:
            await jobs.assign(tx, job_id, shift_id)
    told = [job_id for job_id, _ in given]
    await tell_jobs(ctx, *told)
    return told
