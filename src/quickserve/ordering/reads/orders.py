"""Orders as buyers, stands and organisers see them."""

import hmac
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from quickserve.contracts.booking import TicketId
from quickserve.contracts.catalog import EventId
from quickserve.contracts.event_cancelling import OrdersToCancel
from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import (
    OrderId,
    OrderList,
    OrderStep,
    OrderView,
    PromiseFigures,
    StandStatus,
    StationLoad,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context
from quickserve.ordering import pacing
from quickserve.ordering.model import Order, Stand, order_key
from quickserve.ordering.resources import resources
from quickserve.ordering.store import kitchen, orders

BOARD_MAX = 500
_PAGE = 50
_OF_TICKET = 50
_TO_CANCEL = 500
_LAST = 30  # orders whose promise is measured
_AHEAD = 6  # slots, half an hour


async def show_order(ctx: Context, order: Order, *, with_steps: bool = True) -> OrderView:
    found: Sequence[OrderStep] = []
    if with_steps:
        async with ctx.db.read() as tx:
            found = await orders.steps(tx, order.id)
    return view_of(ctx, order, found)


def view_of(ctx: Context, order: Order, steps: Sequence[OrderStep]) -> OrderView:
    currency = order.totals.total.currency
    return OrderView(
        id=order.id, key=order_key(order.id, ctx.settings.key_for("order-links")),
        number=order.number, stand_id=order.stand_id, stand_name=order.stand_name,
        organiser_id=order.organiser_id, event_id=order.event_id, ticket_id=order.ticket_id,
        state=order.state, payment=order.payment, name=order.contact_name or "",
        language=order.language, destination=order.destination, lines=order.lines,
        totals=order.totals, refunded=Money(order.refunded_minor, currency),
        promise=order.promise, steps=list(steps), tab_id=order.tab_id, answer_by=order.answer_by,
        ready_by=order.ready_by, placed_at=order.placed_at, server_now=order.now,
    )  # fmt: skip


async def order_by_key(ctx: Context, order_id: OrderId, key: str) -> OrderView:
    """Raises NotFound when the key does not fit."""
    right = order_key(order_id, ctx.settings.key_for("order-links"))
    async with ctx.db.read() as tx:
        order = await orders.find(tx, order_id)
    if order is None or not hmac.compare_digest(right.encode(), key.encode()):
        raise NotFound("There is no such order.")
    return await show_order(ctx, order)


async def order_for_staff(ctx: Context, order_id: OrderId) -> OrderView:
    async with ctx.db.read() as tx:
        order = await orders.find(tx, order_id)
    if order is None:
        raise NotFound("There is no such order.")
    ctx.principal.require(order.organiser_id, Role.KITCHEN, Role.RUNNER)
    return await show_order(ctx, order)


async def order_for_service(ctx: Context, order_id: OrderId) -> OrderView:
    """Of who acts in a saga."""
    async with ctx.db.read() as tx:
        order = await orders.find(tx, order_id)
    if order is None:
        raise NotFound("There is no such order.")
    return await show_order(ctx, order)


async def board(ctx: Context, stand_id: StandId) -> OrderList:
    """What is not handed over yet; the first to be ready first."""
    await require_kitchen(ctx, stand_id)
    async with ctx.db.read() as tx:
        found = await orders.on_board(tx, stand_id, BOARD_MAX)
    return OrderList(orders=[view_of(ctx, order, []) for order in found])


async def of_organiser(ctx: Context, organiser_id: OrganiserId, after: str | None) -> OrderList:
    """Newest first."""
    ctx.principal.require(organiser_id, Role.KITCHEN)
    before, before_id = read_cursor(after)
    async with ctx.db.read() as tx:
        found = await orders.of_organiser(tx, organiser_id, before, before_id, _PAGE + 1)
    more = len(found) > _PAGE
    shown = found[:_PAGE]
    following = f"{shown[-1].placed_at.isoformat()}_{shown[-1].id}" if more else None
    return OrderList(orders=[view_of(ctx, order, []) for order in shown], next=following)


async def orders_to_cancel(
    ctx: Context, event_id: EventId, after: OrderId | None
) -> OrdersToCancel:
    """What the event's stands accepted and did not hand over; page by page."""
    async with ctx.db.read() as tx:
        found = await orders.open_of_event(tx, event_id, after, _TO_CANCEL)
    return OrdersToCancel(orders=found, next=found[-1] if len(found) == _TO_CANCEL else None)


def read_cursor(after: str | None) -> tuple[datetime | None, OrderId | None]:
    """A mark that cannot be read begins at the first page."""
    at, _, order_id = (after or "").partition("_")
    try:
        return datetime.fromisoformat(at), OrderId(UUID(order_id))
    except ValueError:
        return None, None


async def of_ticket(ctx: Context, ticket_id: TicketId) -> OrderList:
    """For the pages, which have seen the ticket."""
    async with ctx.db.read() as tx:
        found = await orders.of_ticket(tx, ticket_id, _OF_TICKET)
    return OrderList(orders=[view_of(ctx, order, []) for order in found])


async def status(ctx: Context, stand_id: StandId) -> StandStatus:
    """How the stand is doing: its stations, its promises."""
    stand = await require_kitchen(ctx, stand_id)
    slot = pacing.slot_of(stand.now)
    async with ctx.db.read() as tx:
        loads, behind = await kitchen.look(tx, stand_id, slot)
        figures = await orders.promise_figures(tx, stand_id, _LAST)
        count = await orders.open_count(tx, stand_id)
    slots = [slot + pacing.SLOT * number for number in range(_AHEAD)]
    full = stand.gate.intake_percent * pacing.SLOT_SECONDS // 100
    return StandStatus(
        stand_id=stand_id, paused_until=stand.gate.paused_until,
        intake_percent=stand.gate.intake_percent, widened_s=stand.gate.widened_s,
        pacing=stand.gate.pacing,
        stations=[
            StationLoad(
                station=one.key, name=one.name, cooks=one.cooks,
                capacity_s=sum(
                    loads[one.key, at].capacity_s if (one.key, at) in loads else one.cooks * full
                    for at in slots
                ),
                reserved_s=sum(
                    loads[one.key, at].reserved_s for at in slots if (one.key, at) in loads
                ),
                behind_s=behind.get(one.key, 0),
            )
            for one in stand.draft.stations
        ],
        figures=PromiseFigures(orders=figures.orders, p50_s=figures.p50_s, p90_s=figures.p90_s),
        open_orders=count,
    )  # fmt: skip


async def require_kitchen(ctx: Context, stand_id: StandId, *, fresh: bool = False) -> Stand:
    """Raises NotFound, Unauthenticated, Forbidden."""
    stand = await resources(ctx).shelf.stand(stand_id, fresh=fresh)
    if stand is None:
        raise NotFound("There is no such stand.")
    ctx.principal.require(stand.organiser_id, Role.KITCHEN)
    return stand
