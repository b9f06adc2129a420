"""Every change of a stand ends here: the others are told all of it."""

from collections import defaultdict
from collections.abc import Sequence

from quickserve.catalog.store import stands as store
from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import SoldOutChanged, StandDate, StandDraft, StandId, StandSaved
from quickserve.kernel import outbox
from quickserve.kernel.db import Transaction


async def announce_stands(tx: Transaction, stand_ids: Sequence[StandId]) -> None:
    """In the transaction of the change, with the stands locked."""
    if not stand_ids:
        return
    await store.raise_versions(tx, stand_ids)
    rows = await store.find_stands(tx, stand_ids)
    dates: defaultdict[EventId, list[StandDate]] = defaultdict(list)
    for date in await store.dates_of_events(tx, [r.event_id for r in rows if r.event_id]):
        dates[date.event_id].append(StandDate(date.id, date.starts_at, date.ends_at))
    await outbox.append(
        tx,
        *(
            StandSaved(
                row.id, row.version, StandDraft.model_validate(row.draft), row.slug,
                row.menu_version or None, dates[row.event_id] if row.event_id else [],
            )
            for row in rows
        ),
    )  # fmt: skip


async def announce_stands_of(tx: Transaction, event_ids: Sequence[EventId]) -> None:
    """Their events changed: hours may follow the programme."""
    await announce_stands(tx, await store.lock_stands_of_events(tx, event_ids))


async def announce_sold_out(tx: Transaction, stand_id: StandId) -> None:
    version = await store.raise_out_version(tx, stand_id)
    entries = await store.sold_out(tx, stand_id)
    await outbox.append(tx, SoldOutChanged(stand_id, version, [one.id for one in entries]))
