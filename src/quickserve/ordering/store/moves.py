"""What devices of a kitchen asked for, and what was moved last."""

from collections.abc import Sequence
from uuid import UUID

from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import OrderId
from quickserve.kernel.db import Transaction


async def made_already(
    tx: Transaction, order_ids: Sequence[OrderId], move_ids: Sequence[UUID]
) -> set[UUID]:
    """Which of these moves were made, whatever became of their orders since."""
    found: list[UUID] = await tx.value(
        "SELECT coalesce(array_agg(move_id), '{}') FROM order_steps"
        " WHERE order_id = ANY(%s) AND move_id = ANY(%s)",
        (list(order_ids), list(move_ids)),
    )
    return set(found)


async def moved_last(tx: Transaction, stand_id: StandId) -> OrderId | None:
    """What was ready or handed over last, within half an hour."""
    return await tx.value(
        "SELECT id FROM orders WHERE stand_id = %s"
        " AND placed_at > clock_timestamp() - interval '12 hours'"
        " AND ((state = 'ready' AND ready_at > clock_timestamp() - interval '30 minutes')"
        " OR (state = 'picked-up' AND ended_at > clock_timestamp() - interval '30 minutes'))"
        " ORDER BY coalesce(ended_at, ready_at) DESC LIMIT 1",
        (stand_id,),
    )
