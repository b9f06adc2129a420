"""Keeps a copy of what catalog offers."""

import json

from quickserve.booking.store import offers, seats
from quickserve.contracts.catalog import EventOffered
from quickserve.kernel.db import Transaction


async def keep_offer(tx: Transaction, event: EventOffered) -> None:
    """In the inbox's transaction. An older version than the one kept is ignored."""
    if await offers.keep_event(tx, event):
        facts = json.loads(event.dump())
        await offers.replace_dates(tx, event.event_id, json.dumps(facts["dates"]))
        await offers.replace_ticket_types(tx, event.event_id, json.dumps(facts["ticket_types"]))
        await seats.keep_dates(tx, event.event_id)
        await seats.link_categories(tx, event.event_id)
