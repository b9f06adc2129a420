"""Inside a venue a runner scans the codes of sections and rows: there is no GPS under a roof."""

import re
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from quickserve.contracts.tracking import (
    CheckpointScan,
    CheckpointScanId,
    ImpossiblePosition,
    Place,
    Position,
    ShiftEnded,
    ShiftId,
    UnknownCheckpoint,
)
from quickserve.kernel.errors import IdReused
from quickserve.kernel.service import Context
from quickserve.tracking import geofence
from quickserve.tracking.commands.own_shift import find_own_shift
from quickserve.tracking.commands.take_fixes import come_near, go_away
from quickserve.tracking.following import KEPT_SECONDS, SeenPlace, place_key
from quickserve.tracking.resources import tell_jobs, tell_moved
from quickserve.tracking.store import fixes, jobs
from quickserve.tracking.store.fixes import ScanRow

_PREFIX: Final = "QSC:"
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,60}")
_AHEAD_SECONDS_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class ScanCheckpoint:
    scan_id: CheckpointScanId
    shift_id: ShiftId
    scan: CheckpointScan


async def scan_checkpoint(ctx: Context, cmd: ScanCheckpoint) -> Position:
    """Kept while the shift carries something.

    Errors: UnknownCheckpoint, ImpossiblePosition (in the future), NotFound, Forbidden, ShiftEnded,
    IdReused.
    """
    place, at = read_code(cmd.scan.code), cmd.scan.at
    if at.timestamp() > time.time() + _AHEAD_SECONDS_MAX:
        raise ImpossiblePosition("This has not happened yet: is the clock right?")
    async with ctx.db.transaction() as tx:
        shift = await find_own_shift(ctx, tx, cmd.shift_id)
        if not shift.began_at <= at <= (shift.ended_at or at):
            raise ShiftEnded("This is not within the shift.")
        row = ScanRow(cmd.scan_id, cmd.shift_id, at, place.section, place.row)
        known = await fixes.find_scan(tx, cmd.scan_id)
        if known not in (None, row):
            raise IdReused
        carried = await jobs.find_carried(tx, [cmd.shift_id])
        if known is None and carried:
            await fixes.insert_scan(tx, row)
        for job in carried:
            near = geofence.is_at_row(place.section, place.row, job.seat)
            if job.target is None and near != job.near:
                await (come_near(tx, job, at.timestamp()) if near else go_away(tx, job))
    if shift.ended_at is None:
        seen = SeenPlace(at=at, section=place.section, row=place.row)
        value = at.timestamp(), seen.model_dump_json().encode()
        await ctx.latest.put({place_key(cmd.shift_id): value}, KEPT_SECONDS)
        await tell_jobs(ctx, *(job.id for job in carried))
        await tell_moved(ctx, (), [shift.organiser_id])
    return Position(at=at, place=place)


def read_code(text: str) -> Place:
    """`QSC:<section>/<row>` or `QSC:<section>`; names with a slash have it as %2F."""
    code = text.strip()
    section, _, row = (unquote(part).strip() for part in code.removeprefix(_PREFIX).partition("/"))
    fine = code.startswith(_PREFIX) and _NAME.fullmatch(section)
    if not fine or (row and not _NAME.fullmatch(row)):
        raise UnknownCheckpoint
    return Place(section=section, row=row)
