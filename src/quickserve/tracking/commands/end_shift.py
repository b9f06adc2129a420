"""A shift ends: what was not picked up goes back; where the runner is, nobody knows any more."""

from quickserve.contracts.tracking import ShiftId, StillCarrying
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context
from quickserve.tracking.commands.own_shift import check_own
from quickserve.tracking.model import Shift
from quickserve.tracking.resources import forget_where, tell_jobs, tell_moved
from quickserve.tracking.store import jobs, shifts


async def end_shift(ctx: Context, shift_id: ShiftId) -> Shift:
    """Again it changes nothing. Errors: NotFound, Forbidden, StillCarrying."""
    async with ctx.db.transaction() as tx:
        shift = await shifts.lock_shift(tx, shift_id)
        if shift is None:
            raise NotFound("There is no such shift.")
        check_own(ctx, shift)
        if await jobs.find_carried(tx, [shift_id]):
            raise StillCarrying
        returned = await jobs.give_back_all(tx, shift_id)
        await shifts.end_shift(tx, shift_id)
        ended = await shifts.find_shift(tx, shift_id)
    assert ended
    await forget_where(ctx, shift_id)
    await tell_jobs(ctx, *returned)
    await tell_moved(ctx, [shift_id], [shift.organiser_id])
    return ended


async def end_forgotten_shifts(ctx: Context) -> None:
    async with ctx.db.transaction() as tx:
        await shifts.end_forgotten(tx)
