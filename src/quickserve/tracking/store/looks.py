"""Who looked where a runner was."""

from quickserve.contracts.ordering import OrderId
from quickserve.contracts.tracking import Look, ShiftId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId, PersonId


async def insert_order_look(tx: Transaction, order_id: OrderId, by: str) -> None:
    """Once a minute and reader."""
    await tx.execute(
        "INSERT INTO looks (order_id, organiser_id, shift_id, by)"
        " SELECT j.id, j.organiser_id, j.shift_id, %(by)s FROM jobs j WHERE j.id = %(id)s"
        " AND NOT EXISTS (SELECT 1 FROM looks l WHERE l.order_id = %(id)s AND l.by = %(by)s"
        "  AND l.at > clock_timestamp() - interval '1 minute')",
        {"id": order_id, "by": by},
    )


async def insert_fleet_look(tx: Transaction, organiser_id: OrganiserId, by: str) -> None:
    """At everybody on shift; once a minute and reader."""
    await tx.execute(
        "INSERT INTO looks (organiser_id, shift_id, by)"
        " SELECT s.organiser_id, s.id, %(by)s FROM shifts s"
        " WHERE s.organiser_id = %(id)s AND s.ended_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM looks l WHERE l.shift_id = s.id AND l.by = %(by)s"
        "  AND l.at > clock_timestamp() - interval '1 minute')",
        {"id": organiser_id, "by": by},
    )


async def find_looks_at_order(tx: Transaction, order_id: OrderId) -> list[Look]:
    return await tx.all(
        Look,
        "SELECT at, by, order_id FROM looks WHERE order_id = %s ORDER BY at DESC LIMIT 500",
        (order_id,),
    )


async def find_looks_at_shift(tx: Transaction, shift_id: ShiftId) -> list[Look]:
    return await tx.all(
        Look,
        "SELECT at, by, order_id FROM looks WHERE shift_id = %s ORDER BY at DESC LIMIT 500",
        (shift_id,),
    )


async def erase_looker(tx: Transaction, person_id: PersonId) -> int:
    """That somebody of the organiser's looked stays known; who it was does not."""
    return await tx.execute("UPDATE looks SET by = 'staff' WHERE by = %s::uuid::text", (person_id,))


async def delete_old(tx: Transaction, most: int) -> int:
    return await tx.execute(
        "DELETE FROM looks WHERE ctid IN (SELECT ctid FROM looks"
        " WHERE at < clock_timestamp() - interval '30 days' LIMIT %s)",
        (most,),
    )
