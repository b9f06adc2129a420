"""A phone or a tracker joins a shift, with a key of its own."""

from quickserve.contracts.tracking import DeviceId, DeviceView, ShiftEnded, ShiftId
from quickserve.kernel.errors import IdReused, TooManyRequests
from quickserve.kernel.service import Context
from quickserve.tracking.commands.own_shift import find_own_shift
from quickserve.tracking.resources import resources
from quickserve.tracking.store import shifts

_DEVICES_MAX = 20


async def add_device(
    ctx: Context, shift_id: ShiftId, device_id: DeviceId, speed_up: float = 1
) -> DeviceView:
    """Errors: NotFound, Forbidden, ShiftEnded, IdReused, TooManyRequests."""
    async with ctx.db.transaction() as tx:
        shift = await find_own_shift(ctx, tx, shift_id)
        if speed_up > 1:
            ctx.principal.require(shift.organiser_id)
        known = await shifts.find_device_shift(tx, device_id)
        if known is None:
            if shift.ended_at is not None:
                raise ShiftEnded
            if await shifts.count_devices(tx, shift_id) >= _DEVICES_MAX:
                raise TooManyRequests("This shift has too many devices.")
            await shifts.insert_device(tx, device_id, shift_id, speed_up)
            known = await shifts.find_device_shift(tx, device_id)
    if known != shift_id:
        raise IdReused
    return DeviceView(id=device_id, shift_id=shift_id, key=resources(ctx).keys.of_device(device_id))
