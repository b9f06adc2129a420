"""Shifts of runners and couriers."""

from fastapi import APIRouter

from quickserve.contracts.tracking import (
    AlreadyOnShift,
    CheckpointScan,
    CheckpointScanId,
    DeviceId,
    DeviceView,
    Fleet,
    ImpossiblePosition,
    LookList,
    NewDevice,
    NewShift,
    Position,
    ShiftEnded,
    ShiftId,
    ShiftJobs,
    ShiftList,
    ShiftView,
    StillCarrying,
    UnknownCheckpoint,
)
from quickserve.kernel.auth import signed_in
from quickserve.kernel.errors import (
    Forbidden,
    IdReused,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    errors,
)
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Ctx
from quickserve.tracking.commands.add_device import add_device
from quickserve.tracking.commands.begin_shift import BeginShift, begin_shift
from quickserve.tracking.commands.end_shift import end_shift
from quickserve.tracking.commands.scan_checkpoint import ScanCheckpoint, scan_checkpoint
from quickserve.tracking.reads import jobs

router = APIRouter()
_STAFF = (Unauthenticated, Forbidden, NotFound)


@router.put(
    "/shifts/{shift_id}",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, AlreadyOnShift, IdReused),
)
async def put_shift(shift_id: ShiftId, body: NewShift, ctx: Ctx) -> ShiftView:
    return (await begin_shift(ctx, BeginShift(shift_id, body))).view


@router.get("/shifts/{shift_id}", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_shift(shift_id: ShiftId, ctx: Ctx) -> ShiftJobs:
    """What it has in hand, in the order to go about it."""
    return await jobs.show_shift(ctx, shift_id)


@router.put(
    "/shifts/{shift_id}/ending",
    dependencies=[signed_in],
    responses=errors(*_STAFF, StillCarrying),
)
async def put_ending(shift_id: ShiftId, ctx: Ctx) -> ShiftView:
    return (await end_shift(ctx, shift_id)).view


@router.get("/own-shifts", dependencies=[signed_in], responses=errors(Unauthenticated))
async def get_own_shifts(ctx: Ctx) -> ShiftList:
    """Those that go on, of the person who asks."""
    return await jobs.own_shifts(ctx)


@router.put(
    "/shifts/{shift_id}/devices/{device_id}",
    dependencies=[signed_in],
    responses=errors(*_STAFF, ShiftEnded, IdReused, TooManyRequests),
)
async def put_device(
    shift_id: ShiftId, device_id: DeviceId, ctx: Ctx, body: NewDevice | None = None
) -> DeviceView:
    return await add_device(ctx, shift_id, device_id, body.speed_up if body else 1)


@router.put(
    "/shifts/{shift_id}/scans/{scan_id}",
    dependencies=[signed_in],
    responses=errors(*_STAFF, UnknownCheckpoint, ImpossiblePosition, ShiftEnded, IdReused),
)
async def put_scan(
    shift_id: ShiftId, scan_id: CheckpointScanId, body: CheckpointScan, ctx: Ctx
) -> Position:
    return await scan_checkpoint(ctx, ScanCheckpoint(scan_id, shift_id, body))


@router.get("/shifts/{shift_id}/looks", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_looks(shift_id: ShiftId, ctx: Ctx) -> LookList:
    """Who looked where this runner was."""
    return await jobs.looks_at_shift(ctx, shift_id)


@router.get(
    "/organisers/{organiser_id}/fleet",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden),
)
async def get_fleet(organiser_id: OrganiserId, ctx: Ctx) -> Fleet:
    return await jobs.fleet(ctx, organiser_id)
