"""Time passes: dates end, and the next ones take their place on the home page."""

from quickserve.catalog.model import CARDS_TAG
from quickserve.catalog.store import events as store
from quickserve.catalog.store import lists
from quickserve.kernel.service import Context

_BATCH = 500


async def refresh_lists(ctx: Context) -> None:
    """Nothing that others know of an event changes, so its version stays."""
    while True:
        async with ctx.db.transaction() as tx:
            ids = [head.id for head in await lists.lock_ended(tx, _BATCH)]
            if not ids:
                return
            await store.refresh_dates(tx, ids)
            await store.refresh_events(tx, ids, changes=0)
        await ctx.cache.forget(CARDS_TAG)
