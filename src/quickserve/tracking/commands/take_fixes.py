"""Devices tell where they are: what comes while a transaction is in flight goes into the next one.

What is kept of a fix depends on the shift and on what it carries: outside a shift nothing, on shift
the latest position, for who gives out the work; between pickup and handover the history as well,
and only then anybody else is told.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from quickserve.contracts.ordering import OrderId
from quickserve.contracts.tracking import (
    BadDeviceKey,
    DeviceId,
    Fix,
    FixesTaken,
    JobId,
    RunnerNearby,
    ShiftEnded,
    ShiftId,
    UnknownDevice,
)
from quickserve.kernel import outbox
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import Problem
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context
from quickserve.tracking import arrivals, geo, geofence
from quickserve.tracking import fixes as rules
from quickserve.tracking.following import KEPT_SECONDS, Seen, SeenFix, fix_key
from quickserve.tracking.model import FASTEST, Job
from quickserve.tracking.resources import resources, tell_moved, tell_track
from quickserve.tracking.store import fixes, jobs, shifts
from quickserve.tracking.store.fixes import FixRow
from quickserve.tracking.store.shifts import Carrier
from quickserve.tracking.taking import Call
from quickserve.tracking.trails import Point, Trail, Trails

_LATE_SECONDS_MAX: Final = 48 * 3600.0


async def take_fixes(
    ctx: Context, device_id: DeviceId, key: str, fixes_told: Sequence[Fix]
) -> FixesTaken:
    """Errors: BadDeviceKey, UnknownDevice, ImpossiblePosition, ShiftEnded."""
    if not resources(ctx).keys.opens(device_id, key):
        raise BadDeviceKey
    points, refused = rules.sort_out(fixes_told, time.time())
    return await resources(ctx).calls.put(Call(device_id, points, refused))


@dataclass(slots=True)
class _Moved:
    """A shift whose newest position is another one now."""

    carrier: Carrier
    trail: Trail
    newest: Point
    seen: SeenFix | None = None
    carried: list[Job] = field(default_factory=list[Job])


async def record_fixes(
    ctx: Context, trails: Trails, calls: Sequence[Call]
) -> Sequence[FixesTaken | Problem]:
    """For `Batch`: one transaction for all."""
    touched: set[ShiftId] = set()
    try:
        async with ctx.db.transaction() as tx:
            carriers = {
                one.device_id: one
                for one in await shifts.find_carriers(tx, [call.device_id for call in calls])
            }
            touched.update(one.shift_id for one in carriers.values())
            rows: list[FixRow] = []
            moved: dict[ShiftId, _Moved] = {}
            outcomes: list[FixesTaken | Problem] = []
            for call in calls:
                carrier = carriers.get(call.device_id)
                outcomes.append(_take(trails, call, carrier, rows, moved))
            if rows:
                await fixes.insert_fixes(tx, rows)
            await _look_around(tx, moved)
    except BaseException:
        trails.forget(*touched)  # it was not written: the same fixes may come again
        raise
    await _tell(ctx, moved)
    return outcomes


def _take(
    trails: Trails, call: Call, carrier: Carrier | None, rows: list[FixRow],
    moved: dict[ShiftId, _Moved],
) -> FixesTaken | Problem:  # fmt: skip
    if carrier is None:
        return UnknownDevice()
    began = carrier.began_at.timestamp()
    ended = carrier.ended_at.timestamp() if carrier.ended_at else float("inf")
    if all(point.at > ended for point in call.points):
        return ShiftEnded()
    taken = FixesTaken(refused=call.refused)
    trail = trails.get(carrier.shift_id, FASTEST[carrier.moves] * carrier.speed_up)
    begin = max(began, time.time() - _LATE_SECONDS_MAX)
    for point in call.points:
        if not begin <= point.at <= ended:
            taken.off_shift += 1
            continue
        match trail.take(point):
            case "duplicate":
                taken.duplicates += 1
            case "jump":
                taken.jumps += 1
            case "accepted":
                taken.accepted += 1
                rows.append(_row(carrier.shift_id, point))
    if taken.accepted and trail.latest and carrier.ended_at is None:
        moved[carrier.shift_id] = _Moved(carrier, trail, trail.latest)
    return taken


def _row(shift_id: ShiftId, point: Point) -> FixRow:
    at = datetime.fromtimestamp(point.at, UTC)
    return FixRow(shift_id, at, point.latitude, point.longitude, point.accuracy_m)


async def _look_around(tx: Transaction, moved: dict[ShiftId, _Moved]) -> None:
    """What each runner carries, how far it is, and whether they have come near."""
    for job in await jobs.find_carried(tx, list(moved)):
        assert job.shift_id
        moved[job.shift_id].carried.append(job)
    for one in moved.values():
        one.seen = _seen(one)
        one.carried = [await _fence(tx, one, job) for job in one.carried]


def _seen(one: _Moved) -> SeenFix:
    newest, moves = one.newest, one.carrier.moves
    left: dict[JobId, float] = {}
    for job in one.carried:
        if job.target is None:
            continue
        route = [(float(lat), float(lon)) for lat, lon in job.route] if job.route else None
        since = one.trail.along_m.get(job.id, 0.0)
        way = arrivals.way_left(newest.degrees, job.target, moves, route, since)
        if way.along_m is not None:
            one.trail.along_m[job.id] = max(since, way.along_m)
        left[job.id] = way.left_m
    return SeenFix(
        at=datetime.fromtimestamp(newest.at, UTC), latitude=newest.latitude,
        longitude=newest.longitude, accuracy_m=newest.accuracy_m,
        speed_mps=one.trail.speed_mps(), left_m={key: round(m, 1) for key, m in left.items()},
    )  # fmt: skip


async def _fence(tx: Transaction, one: _Moved, job: Job) -> Job:
    if job.target is None:
        return job
    assert job.picked_up_at
    if one.newest.at < job.picked_up_at.timestamp():
        return job
    near = geofence.is_near(
        near=job.near, distance_m=geo.distance_m(one.newest.degrees, job.target),
        accuracy_m=one.newest.accuracy_m,
    )  # fmt: skip
    return (
        await come_near(tx, job, one.newest.at)
        if near and not job.near
        else (await go_away(tx, job) if job.near and not near else job)
    )


async def come_near(tx: Transaction, job: Job, at: float) -> Job:
    """Tells it the first time."""
    moment = datetime.fromtimestamp(at, UTC)
    await jobs.set_near(tx, job.id, near=True)
    if await jobs.note_nearby(tx, job.id, moment):
        await outbox.append(tx, RunnerNearby(OrderId(job.id), moment))
    return replace(job, near=True, nearby_at=job.nearby_at or moment)


async def go_away(tx: Transaction, job: Job) -> Job:
    await jobs.set_near(tx, job.id, near=False)
    return replace(job, near=False)


async def _tell(ctx: Context, moved: dict[ShiftId, _Moved]) -> None:
    """After the commit."""
    values: dict[str, tuple[float, bytes]] = {}
    organisers: set[OrganiserId] = set()
    for shift_id, one in moved.items():
        assert one.seen
        values[fix_key(shift_id)] = (one.newest.at, one.seen.model_dump_json().encode())
        organisers.add(one.carrier.organiser_id)
    await ctx.latest.put(values, KEPT_SECONDS)
    for one in moved.values():
        for stops, job in enumerate(one.carried):
            await tell_track(ctx, job, Seen(fix=one.seen), stops)
    await tell_moved(ctx, (), organisers)
