"""Where runners were while they carried something."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from quickserve.contracts.tracking import CheckpointScanId, ShiftId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import PersonId


@dataclass(frozen=True, slots=True)
class FixRow:
    shift_id: ShiftId
    at: datetime
    latitude: float
    longitude: float
    accuracy_m: float | None


async def insert_fixes(tx: Transaction, rows: Sequence[FixRow]) -> int:
    """Those taken while the shift carried an order, and each moment of a shift once."""
    return await tx.execute(
        "INSERT INTO fixes (shift_id, at, latitude, longitude, accuracy_m)"
        " SELECT f.shift_id, f.at, f.latitude, f.longitude, f.accuracy_m FROM unnest("
        "  %s::uuid[], %s::timestamptz[], %s::float8[], %s::float8[], %s::float4[]"
        " ) AS f(shift_id, at, latitude, longitude, accuracy_m)"
        " WHERE EXISTS (SELECT 1 FROM jobs j JOIN shifts s ON s.id = j.shift_id"
        "  WHERE j.shift_id = f.shift_id AND f.at >= j.picked_up_at"
        "  AND f.at <= coalesce(j.ended_at, 'infinity')"
        "  AND f.at <= coalesce(s.ended_at, 'infinity'))"
        " ON CONFLICT (shift_id, at) DO NOTHING",
        (
            [row.shift_id for row in rows], [row.at for row in rows],
            [row.latitude for row in rows], [row.longitude for row in rows],
            [row.accuracy_m for row in rows],
        ),
    )  # fmt: skip


async def keep_days(tx: Transaction, days: int) -> int:
    """Makes what the next days need; drops what is older. How many were dropped."""
    return await tx.value("SELECT keep_days(%s)", (days,))


async def delete_scans(tx: Transaction, days: int, most: int) -> int:
    return await tx.execute(
        "DELETE FROM checkpoint_scans WHERE id IN (SELECT id FROM checkpoint_scans"
        " WHERE at < clock_timestamp() - %s * interval '1 day' LIMIT %s)",
        (days, most),
    )


@dataclass(frozen=True, slots=True)
class ScanRow:
    id: CheckpointScanId
    shift_id: ShiftId
    at: datetime
    section: str
    line: str


async def find_scan(tx: Transaction, scan_id: CheckpointScanId) -> ScanRow | None:
    return await tx.maybe(
        ScanRow,
        "SELECT id, shift_id, at, section, line FROM checkpoint_scans WHERE id = %s",
        (scan_id,),
    )


async def insert_scan(tx: Transaction, scan: ScanRow) -> None:
    await tx.execute(
        "INSERT INTO checkpoint_scans (id, shift_id, at, section, line)"
        " VALUES (%s, %s, %s, %s, %s)",
        (scan.id, scan.shift_id, scan.at, scan.section, scan.line),
    )


async def erase_of_runner(tx: Transaction, person_id: PersonId) -> None:
    await tx.execute(
        "WITH own AS (SELECT id FROM shifts WHERE person_id = %s),"
        " scans AS (DELETE FROM checkpoint_scans c USING own WHERE c.shift_id = own.id)"
        " DELETE FROM fixes f USING own WHERE f.shift_id = own.id",
        (person_id,),
    )
