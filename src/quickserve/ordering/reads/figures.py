"""A stand and its orders, as its organiser looks at them."""

from quickserve.contracts.kitchen import StaffSteps, StandFigures
from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import OrderId, OrderList, OrderState
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context
from quickserve.ordering import pacing
from quickserve.ordering.reads.orders import read_cursor, require_kitchen, status, view_of
from quickserve.ordering.store import figures, orders

_PAGE = 50
_BEFORE, _AFTER = 12, 24  # slots: an hour back, two hours on


async def stand_figures(ctx: Context, stand_id: StandId) -> StandFigures:
    """Errors: NotFound, Unauthenticated, Forbidden."""
    now = await status(ctx, stand_id)
    slot = pacing.slot_of(ctx.clock.now())
    async with ctx.db.read() as tx:
        counts = await figures.counts(tx, stand_id)
        rejected = await figures.rejections(tx, stand_id)
        refused = await figures.refusals(tx, stand_id)
        slots = await figures.slots(
            tx, stand_id, slot - pacing.SLOT * _BEFORE, slot + pacing.SLOT * _AFTER
        )
    return StandFigures(
        status=now, placed=counts.placed, finished=counts.finished, cancelled=counts.cancelled,
        rejected={one.name: one.count for one in rejected},
        refused={one.name: one.count for one in refused},
        waiting=counts.waiting, oldest=counts.oldest, ready_p50_s=counts.ready_p50_s,
        ready_p90_s=counts.ready_p90_s, slots=slots, server_now=ctx.clock.now(),
    )  # fmt: skip


async def orders_of_stand(
    ctx: Context, stand_id: StandId, number: str, states: list[OrderState], after: str | None
) -> OrderList:
    """Newest first. Errors: NotFound, Unauthenticated, Forbidden."""
    await require_kitchen(ctx, stand_id)
    before, before_id = read_cursor(after)
    async with ctx.db.read() as tx:
        ids = await figures.ids_of_stand(tx, stand_id, number, states, before, before_id, _PAGE + 1)
        found = [order for one in ids[:_PAGE] if (order := await orders.find(tx, one))]
    more = len(ids) > _PAGE
    following = f"{found[-1].placed_at.isoformat()}_{found[-1].id}" if more else None
    return OrderList(orders=[view_of(ctx, order, []) for order in found], next=following)


async def staff_steps(ctx: Context, order_id: OrderId) -> StaffSteps:
    """Errors: NotFound, Unauthenticated, Forbidden."""
    async with ctx.db.read() as tx:
        order = await orders.find(tx, order_id)
        if order is None:
            raise NotFound("There is no such order.")
        ctx.principal.require(order.organiser_id, Role.KITCHEN)
        return StaffSteps(steps=await figures.staff_steps(tx, order_id))
