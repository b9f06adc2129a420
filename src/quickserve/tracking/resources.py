"""What the commands share within a process, beside the database; and how watchers are told."""

from collections.abc import Iterable
from dataclasses import dataclass

from quickserve.contracts import notices
from quickserve.contracts.ordering import OrderId
from quickserve.contracts.tracking import FixesTaken, JobId, ShiftId
from quickserve.kernel.batches import Batch
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context
from quickserve.tracking import following
from quickserve.tracking.following import Seen
from quickserve.tracking.keys import Keys
from quickserve.tracking.model import Job
from quickserve.tracking.store import jobs
from quickserve.tracking.taking import Call
from quickserve.tracking.trails import Trails


@dataclass(frozen=True, slots=True)
class Resources:
    keys: Keys
    trails: Trails
    calls: Batch[Call, FixesTaken]


def resources(ctx: Context) -> Resources:
    assert isinstance(ctx.resources, Resources)
    return ctx.resources


async def look_at(ctx: Context, shift_ids: Iterable[ShiftId]) -> dict[ShiftId, Seen]:
    """Where these shifts were seen last."""
    wanted = list(dict.fromkeys(shift_ids))
    keys = [key(one) for one in wanted for key in (following.fix_key, following.place_key)]
    found = await ctx.latest.get(keys)
    return {shift_id: following.read_seen(found, shift_id) for shift_id in wanted}


async def forget_where(ctx: Context, shift_id: ShiftId) -> None:
    """The shift is over."""
    resources(ctx).trails.forget(shift_id)
    await ctx.latest.forget([following.fix_key(shift_id), following.place_key(shift_id)])


async def tell_jobs(ctx: Context, *job_ids: JobId) -> None:
    """After the commit: whoever follows these orders sees them as they are now."""
    async with ctx.db.read() as tx:
        found = [await jobs.find_job(tx, job_id) for job_id in job_ids]
    known = [job for job in found if job]
    seen = await look_at(ctx, [job.shift_id for job in known if job.shift_id])
    for job in known:
        of_shift = seen.get(job.shift_id, Seen()) if job.shift_id else Seen()
        await tell_track(ctx, job, of_shift)
    await tell_moved(
        ctx, {job.shift_id for job in known if job.shift_id}, {job.organiser_id for job in known}
    )


async def tell_track(ctx: Context, job: Job, seen: Seen, stops: int = 0) -> None:
    view = following.track_view(job, seen, ctx.clock.now(), stops=stops)
    await ctx.fanout.publish(notices.track(OrderId(job.id)), view.model_dump_json().encode())


async def tell_moved(
    ctx: Context, shift_ids: Iterable[ShiftId], organiser_ids: Iterable[OrganiserId]
) -> None:
    for shift_id in shift_ids:
        await ctx.fanout.publish(notices.shift(shift_id), b"")
    for organiser_id in organiser_ids:
        await ctx.fanout.publish(notices.fleet(organiser_id), b"")
