"""Where an order is, for whom it is brought to. Every look is noted."""

from quickserve.contracts.ordering import OrderId
from quickserve.contracts.tracking import JobId, LinkExpired, ShiftId, TrackLinks, TrackView
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context
from quickserve.tracking.following import Seen, track_view
from quickserve.tracking.keys import LINK_LIFE, Link
from quickserve.tracking.model import Job
from quickserve.tracking.resources import look_at, resources
from quickserve.tracking.store import jobs, looks

_FEW = 5  # of so few orders nothing is learnt


async def track(ctx: Context, order_id: OrderId) -> TrackView:
    """For the buyer, whom `web` has recognised by the order's key."""
    return await _track(ctx, order_id, "buyer", pin=True)


async def track_of_link(ctx: Context, text: str) -> TrackView:
    """Errors: NotFound for a forged link, LinkExpired."""
    link = resources(ctx).keys.read_link(text)
    if link is None:
        raise NotFound("There is no such link.")
    if link.expires_at < ctx.clock.now():
        raise LinkExpired
    by = "buyer" if link.own else "link"
    return await _track(ctx, link.order_id, by, pin=link.own)


async def links(ctx: Context, order_id: OrderId) -> TrackLinks:
    async with ctx.db.read() as tx:
        job = await jobs.find_job(tx, JobId(order_id))
    if job is None:
        raise NotFound("Nobody carries this order.")
    expires_at = (job.ended_at or ctx.clock.now()) + LINK_LIFE
    keys = resources(ctx).keys
    return TrackLinks(
        own=keys.link(Link(order_id, expires_at, own=True)),
        shared=keys.link(Link(order_id, expires_at, own=False)),
        expires_at=expires_at,
    )


async def _track(ctx: Context, order_id: OrderId, by: str, *, pin: bool) -> TrackView:
    async with ctx.db.read() as tx:
        job = await jobs.find_job(tx, JobId(order_id))
        if job is None:
            raise NotFound("Nobody carries this order.")
        await looks.insert_order_look(tx, order_id, by)
        carried = job.state == "carried" and job.shift_id is not None
        stops = await _stops(tx, job) if carried else 0
        times = await jobs.carry_times(tx, job.id) if carried and job.target is None else None
    seen = await _seen(ctx, job.shift_id) if carried and job.shift_id else Seen()
    if times and times.count >= _FEW and times.short_s is not None and times.long_s is not None:
        usual = times.short_s, times.long_s
        return track_view(job, seen, ctx.clock.now(), stops=stops, pin=pin, usual=usual)
    return track_view(job, seen, ctx.clock.now(), stops=stops, pin=pin)


async def _stops(tx: Transaction, job: Job) -> int:
    """How many the runner hands over first."""
    assert job.shift_id
    carried = await jobs.find_carried(tx, [job.shift_id])
    return next((index for index, one in enumerate(carried) if one.id == job.id), 0)


async def _seen(ctx: Context, shift_id: ShiftId) -> Seen:
    return (await look_at(ctx, [shift_id])).get(shift_id, Seen())
