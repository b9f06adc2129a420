"""How a stand takes orders: paused for a while, and within which bounds."""

import json

from quickserve.contracts.menus import FULFILMENTS, StandId
from quickserve.contracts.ordering import Pacing, Pause
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context
from quickserve.ordering.model import Stand
from quickserve.ordering.pacing import SLOT
from quickserve.ordering.resources import resources, tell_stand
from quickserve.ordering.store import kitchen, stands

_UNBOUNDED = 2**31 - 1


async def pause_stand(ctx: Context, stand_id: StandId, pause: Pause) -> None:
    """Orders that are in are made. Errors: NotFound, Unauthenticated, Forbidden."""
    await _own_stand(ctx, stand_id, Role.KITCHEN)
    async with ctx.db.transaction() as tx:
        await stands.set_pause(tx, stand_id, pause.minutes)
    await tell_stand(ctx, stand_id)


async def set_pacing(ctx: Context, stand_id: StandId, wanted: Pacing) -> None:
    """What is ordered already stays ordered. Errors: NotFound, Unauthenticated, Forbidden."""
    stand = await _own_stand(ctx, stand_id, Role.ORGANISER)
    caps = {name: cap.model_dump() for name, cap in wanted.caps.items()}
    async with ctx.db.transaction() as tx:
        gate = await stands.lock_gate(tx, stand_id, stand.draft.zone)
        await stands.set_pacing(tx, stand_id, json.dumps(caps), wanted.wait_max_minutes * 60)
        for name in FULFILMENTS:
            cap = wanted.caps.get(name)
            orders = _UNBOUNDED if cap is None or cap.orders is None else cap.orders
            value = _UNBOUNDED if cap is None or cap.value_minor is None else cap.value_minor
            await kitchen.set_caps(tx, stand_id, name, orders, value, gate.now - SLOT)
    await tell_stand(ctx, stand_id)


async def _own_stand(ctx: Context, stand_id: StandId, role: Role) -> Stand:
    stand = await resources(ctx).shelf.stand(stand_id)
    if stand is None:
        raise NotFound("There is no such stand.")
    ctx.principal.require(stand.organiser_id, role)
    return stand
