"""Keeps a copy of catalog's stands, and of what is out at them."""

import json

from quickserve.contracts.menus import SoldOutChanged, StandSaved
from quickserve.kernel.db import Transaction
from quickserve.kernel.service import Context
from quickserve.ordering.pacing import SLOT
from quickserve.ordering.resources import tell_stand
from quickserve.ordering.store import kitchen, stands


async def keep_stand(tx: Transaction, event: StandSaved) -> None:
    """In the inbox's transaction. An older version than the one kept is ignored."""
    facts = json.loads(event.dump())
    kept = await stands.keep_stand(
        tx, event, json.dumps(facts["stand"]), json.dumps(facts["dates"])
    )
    if not kept:
        return
    await stands.make_gate(tx, event.stand_id)
    if early := await stands.take_early_sold_out(tx, event.stand_id):
        await stands.keep_sold_out(tx, event.stand_id, *early)
    gate = await stands.lock_gate(tx, event.stand_id, event.stand.zone)
    cooks = {station.key: station.cooks for station in event.stand.stations}
    await kitchen.set_capacity(tx, event.stand_id, cooks, gate.intake_percent, gate.now - SLOT)


async def keep_sold_out(tx: Transaction, event: SoldOutChanged) -> None:
    """It may come before its stand."""
    if not await stands.keep_sold_out(tx, event.stand_id, event.version, event.ids):
        await stands.keep_early_sold_out(tx, event.stand_id, event.version, event.ids)


async def tell_changed(ctx: Context, event: StandSaved | SoldOutChanged) -> None:
    """Menus and baskets that are open look again."""
    await tell_stand(ctx, event.stand_id)
