"""Shifts and their devices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from quickserve.contracts.tracking import DeviceId, Moves, ShiftId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId, PersonId
from quickserve.tracking.model import Shift

_SHIFT = (
    "SELECT id, organiser_id, event_id, person_id, runner, moves, capacity, began_at, ended_at"
    " FROM shifts"
)


async def insert_shift(tx: Transaction, shift: Shift, body_hash: bytes) -> bool:
    """False where the id is there already. Raises AlreadyOnShift."""
    return await tx.execute(
        "INSERT INTO shifts (id, organiser_id, event_id, person_id, runner, moves, capacity,"
        " body_hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
        (
            shift.id, shift.organiser_id, shift.event_id, shift.person_id, shift.runner,
            shift.moves, shift.capacity, body_hash,
        ),
    ) == 1  # fmt: skip


async def find_hash(tx: Transaction, shift_id: ShiftId) -> bytes | None:
    return await tx.value("SELECT body_hash FROM shifts WHERE id = %s", (shift_id,))


async def find_shift(tx: Transaction, shift_id: ShiftId) -> Shift | None:
    return await tx.maybe(Shift, _SHIFT + " WHERE id = %s", (shift_id,))


async def lock_shift(tx: Transaction, shift_id: ShiftId) -> Shift | None:
    return await tx.maybe(Shift, _SHIFT + " WHERE id = %s FOR UPDATE", (shift_id,))


async def lock_crew(tx: Transaction, organiser_id: OrganiserId) -> list[Shift]:
    """Everybody on shift, in one order."""
    return await tx.all(
        Shift,
        _SHIFT + " WHERE organiser_id = %s AND ended_at IS NULL ORDER BY id FOR UPDATE",
        (organiser_id,),
    )


async def find_crew(tx: Transaction, organiser_id: OrganiserId) -> list[Shift]:
    return await tx.all(
        Shift,
        _SHIFT + " WHERE organiser_id = %s AND ended_at IS NULL ORDER BY began_at LIMIT 500",
        (organiser_id,),
    )


async def find_own(
    tx: Transaction, person_id: PersonId | None, organiser_id: OrganiserId | None = None
) -> list[Shift]:
    return await tx.all(
        Shift,
        _SHIFT + " WHERE person_id = %(person)s AND ended_at IS NULL"
        " AND (%(organiser)s::uuid IS NULL OR organiser_id = %(organiser)s)"
        " ORDER BY began_at LIMIT 20",
        {"person": person_id, "organiser": organiser_id},
    )


async def end_shift(tx: Transaction, shift_id: ShiftId) -> None:
    await tx.execute(
        "UPDATE shifts SET ended_at = clock_timestamp() WHERE id = %s AND ended_at IS NULL",
        (shift_id,),
    )


async def end_forgotten(tx: Transaction) -> int:
    """Nobody is on shift for longer than a day: somebody forgot to end it."""
    return await tx.execute(
        "UPDATE shifts SET ended_at = began_at + interval '24 hours'"
        " WHERE ended_at IS NULL AND began_at < clock_timestamp() - interval '24 hours'"
        " AND NOT EXISTS (SELECT 1 FROM jobs WHERE shift_id = shifts.id"
        "  AND state IN ('assigned', 'carried'))"
    )


async def insert_device(
    tx: Transaction, device_id: DeviceId, shift_id: ShiftId, speed_up: float
) -> None:
    await tx.execute(
        "INSERT INTO devices (id, shift_id, speed_up) VALUES (%s, %s, %s)"
        " ON CONFLICT (id) DO NOTHING",
        (device_id, shift_id, speed_up),
    )


async def find_device_shift(tx: Transaction, device_id: DeviceId) -> ShiftId | None:
    return await tx.value("SELECT shift_id FROM devices WHERE id = %s", (device_id,))


async def count_devices(tx: Transaction, shift_id: ShiftId) -> int:
    return await tx.value("SELECT count(*) FROM devices WHERE shift_id = %s", (shift_id,))


@dataclass(frozen=True, slots=True)
class Carrier:
    """A device and the shift it tells positions of."""

    device_id: DeviceId
    shift_id: ShiftId
    organiser_id: OrganiserId
    moves: Moves
    speed_up: float
    began_at: datetime
    ended_at: datetime | None


async def find_carriers(tx: Transaction, device_ids: Sequence[DeviceId]) -> list[Carrier]:
    return await tx.all(
        Carrier,
        "SELECT d.id AS device_id, s.id AS shift_id, s.organiser_id, s.moves, d.speed_up,"
        " s.began_at, s.ended_at FROM devices d JOIN shifts s ON s.id = d.shift_id"
        " WHERE d.id = ANY(%s)",
        (device_ids,),
    )


async def forget_runners(tx: Transaction, most: int) -> int:
    """Who had the shift; what was carried stays."""
    return await tx.execute(
        "UPDATE shifts SET person_id = NULL, runner = '' WHERE id IN (SELECT id FROM shifts"
        " WHERE ended_at < clock_timestamp() - interval '30 days' AND runner <> '' LIMIT %s)",
        (most,),
    )


async def erase_runner(tx: Transaction, person_id: PersonId) -> int:
    """Shifts that go on as well: whoever is forgotten works here no more."""
    return await tx.execute(
        "UPDATE shifts SET person_id = NULL, runner = '',"
        " ended_at = coalesce(ended_at, clock_timestamp()) WHERE person_id = %s",
        (person_id,),
    )
