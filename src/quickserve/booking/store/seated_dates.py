"""Which dates have seats."""

from collections.abc import Sequence

from quickserve.contracts.catalog import DateId
from quickserve.kernel.db import Transaction


async def among(tx: Transaction, date_ids: Sequence[DateId]) -> list[DateId]:
    return await tx.value(
        "SELECT coalesce(array_agg(date_id), '{}') FROM seated_dates WHERE date_id = ANY(%s)",
        (list(date_ids),),
    )
