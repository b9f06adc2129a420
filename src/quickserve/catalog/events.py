"""Events in."""

from quickserve.catalog.store import events as store
from quickserve.contracts.identity import OrganiserSaved
from quickserve.kernel.db import Transaction
from quickserve.kernel.inbox import Subscription


async def keep_organiser(tx: Transaction, event: OrganiserSaved) -> None:
    await store.save_organiser(tx, event.organiser_id, event.name, event.slug, event.version)


subscriptions = (Subscription(OrganiserSaved, keep_organiser),)
