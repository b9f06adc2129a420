"""Promises that slip become wider, and the intake slower, until the kitchen is back on time."""

from quickserve.kernel.service import Context
from quickserve.ordering.pacing import SLOT
from quickserve.ordering.resources import resources, tell_stand
from quickserve.ordering.store import kitchen, orders, stands
from quickserve.ordering.store.orders import Figures
from quickserve.ordering.store.stands import Steered

_BATCH = 100
_LAST = 30  # orders that are measured
_ENOUGH = 5  # with fewer nothing is concluded
_LATE_S = 300
_ON_TIME_S = 60
_INTAKE_MIN = 40
_SLOWER, _FASTER = 10, 5
WIDENED_MAX_S = 1800


async def steer_stands(ctx: Context) -> None:
    """Each stand at work every 20 s: by the 90th percentile of how late its last orders were."""
    async with ctx.db.read() as tx:
        at_work = await stands.stands_at_work(tx, _BATCH)
    for one in at_work:
        await _steer(ctx, one)


async def _steer(ctx: Context, one: Steered) -> None:
    stand = await resources(ctx).shelf.stand(one.stand_id)
    assert stand is not None, "a gate has a stand"
    cooks = {station.key: station.cooks for station in stand.draft.stations}
    async with ctx.db.transaction() as tx:
        gate = await stands.lock_gate(tx, one.stand_id, stand.draft.zone)
        figures = await orders.promise_figures(tx, one.stand_id, _LAST)
        percent, widened = steered(figures, one.intake_percent)
        await stands.set_steering(tx, one.stand_id, percent, widened)
        if percent != one.intake_percent:
            await kitchen.set_capacity(tx, one.stand_id, cooks, percent, gate.now - SLOT)
    if (percent, widened) != (one.intake_percent, one.widened_s):
        await tell_stand(ctx, one.stand_id)


def steered(figures: Figures, percent: int) -> tuple[int, int]:
    """The intake in percent, and the seconds by which promises are widened."""
    if figures.orders < _ENOUGH:
        return min(100, percent + _FASTER), 0
    widened = min(WIDENED_MAX_S, max(0, figures.p90_s))
    if figures.p90_s > _LATE_S:
        return max(_INTAKE_MIN, percent - _SLOWER), widened
    if figures.p90_s < _ON_TIME_S:
        return min(100, percent + _FASTER), widened
    return percent, widened
