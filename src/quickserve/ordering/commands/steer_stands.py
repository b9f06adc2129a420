"""Promises that slip become wider, and the intake slower, until the kitchen is back on time."""

from quickserve.kernel.service import Context
from quickserve.ordering.pacing import SLOT
from quickserve.ordering.resources import resources, tell_stand
from quickserve.ordering.store import kitchen, orders, stands
from quickserve.ordering.store.orders import Figures, Pace
from quickserve.ordering.store.stands import Steered

_BATCH = 100
_LAST = 30  # orders that are measured
_ENOUGH = 5  # with fewer nothing is concluded
_INTAKE_MIN, _INTAKE_FULL = 40, 100
_SLOWER, _FASTER = 10, 5  # at once
_STEADY = 5  # what is nearer than this stays
WIDENED_MAX_S = 1800


async def steer_stands(ctx: Context) -> None:
    """Each stand at work every 20 s: the intake by the pace of its kitchen, the promises' width by
    how late its last orders were.
    """
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
        pace = await orders.pace(tx, one.stand_id, _LAST)
        percent, widened = steered(figures, pace, one.intake_percent)
        await stands.set_steering(tx, one.stand_id, percent, widened)
        if percent != one.intake_percent:
            await kitchen.set_capacity(tx, one.stand_id, cooks, percent, gate.now - SLOT)
    if (percent, widened) != (one.intake_percent, one.widened_s):
        await tell_stand(ctx, one.stand_id)


def steered(figures: Figures, pace: Pace, percent: int) -> tuple[int, int]:
    """The intake in percent, and the seconds by which promises are widened.

    A slower intake shows in orders that are placed from now on, and they are ready many minutes
    later: who throttled by lateness would throttle on until then, and let go as late. The pace is
    the same whatever the intake is; without orders that wait there is nothing to slow down.
    """
    widened = 0
    if figures.orders >= _ENOUGH:
        widened = min(WIDENED_MAX_S, max(0, figures.p90_s))
    goal = _INTAKE_FULL
    if pace.orders >= _ENOUGH:
        goal = min(_INTAKE_FULL, max(_INTAKE_MIN, pace.percent))
    if goal < _INTAKE_FULL and abs(goal - percent) < _STEADY:
        return percent, widened
    return percent + min(_FASTER, max(-_SLOWER, goal - percent)), widened
