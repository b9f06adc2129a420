"""Baskets as they would be ordered now: priced, with what is wrong, and what would be promised."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import (
    BasketId,
    BasketView,
    LineProblem,
    Promise,
    Slot,
    SlotList,
)
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context
from quickserve.ordering import hours, pacing, pricing
from quickserve.ordering.judging import price_basket, reach_problem, stand_problem
from quickserve.ordering.model import Basket, Stand
from quickserve.ordering.pacing import Kitchen
from quickserve.ordering.resources import resources
from quickserve.ordering.store import baskets, benefits, kitchen

_AHEAD = timedelta(hours=24)
_SLOTS_MAX = 96


async def show_basket(ctx: Context, basket_id: BasketId) -> BasketView:
    """Raises NotFound."""
    async with ctx.db.read() as tx:
        basket = await baskets.find(tx, basket_id)
    stand = await resources(ctx).shelf.stand(basket.draft.stand_id) if basket else None
    if basket is None or stand is None or stand.menu is None:
        raise NotFound("There is no such basket, or it is older than a day.")
    priced = await price_basket(ctx, basket, stand)
    found = [*priced.problems]
    of_stand = (stand_problem(basket, stand), reach_problem(basket, stand))
    found += [(problem.code, str(problem)) for problem in of_stand if problem is not None]
    problems = [LineProblem(code=code, detail=detail) for code, detail in found]
    promise = None
    if priced.lines:
        promise = await _promise(ctx, basket, stand, pricing.work_of(priced.lines),
                                 pricing.longest_of(priced.lines))  # fmt: skip
        if promise is None and not problems:
            detail = "The kitchen cannot make this by then."
            problems.append(LineProblem(code="kitchen-full", detail=detail))
    tab, on_tab = None, basket.ticket is not None and stand.draft.tabs
    if basket.ticket is not None:
        async with ctx.db.read() as tx:
            tab = await benefits.tab_of(
                tx, basket.ticket.ticket_id, stand.organiser_id, stand.draft.currency
            )
    return BasketView(
        id=basket.id, version=basket.version, organiser_id=stand.organiser_id,
        draft=basket.draft, lines=priced.lines, totals=priced.totals, promise=promise,
        problems=problems, included=priced.names,
        on_tab=on_tab and (tab is None or tab.state == "open"),
        tab_id=tab.id if tab else None,
        order_id=basket.order_id,
    )  # fmt: skip


async def _promise(
    ctx: Context, basket: Basket, stand: Stand, work: Mapping[str, int], longest_s: int
) -> Promise | None:
    fulfilment = basket.draft.destination.fulfilment
    target = None
    if basket.draft.slot is not None:
        target = pacing.wanted_ready(basket.draft.slot, fulfilment)
    plan = (await look_into_kitchen(ctx, stand)).plan(
        work, longest_s, target=target, wait_max_s=stand.gate.pacing.wait_max_minutes * 60
    )
    if plan is None:
        return None
    return pacing.promised(plan.ready_by, fulfilment, stand.gate.widened_s)


async def look_into_kitchen(ctx: Context, stand: Stand) -> Kitchen:
    """As it is now; whoever orders is judged again under the stand's lock."""
    slot = pacing.slot_of(stand.now)
    async with ctx.db.read() as tx:
        loads, behind = await kitchen.look(tx, stand.id, slot)
        return Kitchen(
            stand.now,
            {one.key: one for one in stand.draft.stations},
            stand.gate.intake_percent,
            loads,
            behind,
            await kitchen.caps(tx, stand.id, slot) if stand.gate.pacing.caps else {},
            {name: (cap.orders, cap.value_minor) for name, cap in stand.gate.pacing.caps.items()},
        )


async def show_slots(ctx: Context, stand_id: StandId, basket_id: BasketId | None) -> SlotList:
    """Times to choose, for what is in the basket; without one for a single short thing.

    Raises NotFound.
    """
    stand = await resources(ctx).shelf.stand(stand_id)
    if stand is None:
        raise NotFound("There is no such stand.")
    work, longest_s, fulfilment = {}, 0, stand.draft.fulfilments[0]
    if basket_id is not None:
        async with ctx.db.read() as tx:
            basket = await baskets.find(tx, basket_id)
        if basket is not None and stand.menu is not None:
            lines = pricing.price(basket, stand, at=stand.now).lines
            work, longest_s = pricing.work_of(lines), pricing.longest_of(lines)
            fulfilment = basket.draft.destination.fulfilment
    cooking = await look_into_kitchen(ctx, stand)
    wait_max_s = stand.gate.pacing.wait_max_minutes * 60

    def free(at: datetime) -> bool:
        ready = pacing.wanted_ready(at, fulfilment)
        plan = cooking.plan(work, longest_s, target=ready, wait_max_s=wait_max_s)
        return plan is not None and cooking.fits(fulfilment, plan.ready_by, 0)

    reason = _reason(stand)
    plan = None
    if reason is None:
        plan = cooking.plan(work, longest_s, target=None, wait_max_s=wait_max_s)
        reason = None if plan else "full"
    asap = pacing.promised(plan.ready_by, fulfilment, stand.gate.widened_s) if plan else None
    opens_at = (
        hours.next_opening(stand.draft, stand.dates, stand.now) if reason == "closed" else None
    )
    return SlotList(
        asap=asap, reason=reason, opens_at=opens_at,
        slots=[
            Slot(starts_at=at, kind=kind, label=label, free=free(at))
            for at, kind, label in _times(stand)
        ],
    )  # fmt: skip


def _reason(stand: Stand) -> str | None:
    """Why nothing can be had at once."""
    if not hours.open_at(stand.draft, stand.dates, stand.now):
        return "closed"
    if stand.gate.paused_until is not None and stand.gate.paused_until > stand.now:
        return "paused"
    return None


def _times(stand: Stand) -> list[tuple[datetime, hours.TimeKind, str | None]]:
    """What the programme names comes with its name; between them every quarter of an hour."""
    until = stand.now + _AHEAD
    named: dict[datetime, tuple[hours.TimeKind, str | None]] = {
        one.at: (one.kind, one.label)
        for one in hours.moments(stand.draft, stand.dates)
        if stand.now < one.at <= until
    }
    quarter = timedelta(minutes=15)
    found: dict[datetime, tuple[hours.TimeKind, str | None]] = {}
    for opening in hours.openings(stand.draft, stand.dates, stand.now, until):
        at = pacing.slot_of(max(opening.opens, stand.now) + quarter)
        at = at.replace(minute=at.minute // 15 * 15)
        while at < min(opening.closes, until) and len(found) < _SLOTS_MAX:
            if at > stand.now:
                found[at] = ("time", None)
            at += quarter
    found.update(named)
    return [(at, *found[at]) for at in sorted(found)]
