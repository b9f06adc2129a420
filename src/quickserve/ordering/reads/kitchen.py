"""The board of a stand, as its kitchen works with it."""

from quickserve.contracts.kitchen import KitchenBoard
from quickserve.contracts.menus import StandId
from quickserve.kernel.service import Context
from quickserve.ordering.reads.orders import BOARD_MAX, require_kitchen, view_of
from quickserve.ordering.store import moves, orders


async def kitchen_board(ctx: Context, stand_id: StandId) -> KitchenBoard:
    """Errors: NotFound, Unauthenticated, Forbidden."""
    stand = await require_kitchen(ctx, stand_id, fresh=True)
    async with ctx.db.read() as tx:
        found = await orders.on_board(tx, stand_id, BOARD_MAX)
        last_id = await moves.moved_last(tx, stand_id)
        last = await orders.find(tx, last_id) if last_id else None
    paused = stand.gate.paused_until
    return KitchenBoard(
        stand_id=stand_id, organiser_id=stand.organiser_id, name=stand.draft.name,
        zone=stand.draft.zone, stations=stand.draft.stations,
        paused_until=paused if paused and paused > ctx.clock.now() else None,
        intake_percent=stand.gate.intake_percent, out=sorted(stand.out),
        orders=[view_of(ctx, order, []) for order in found],
        recall=view_of(ctx, last, []) if last else None, server_now=ctx.clock.now(),
    )  # fmt: skip
