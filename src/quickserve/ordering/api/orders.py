"""Orders: placed by buyers and sagas, moved by who works on them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from quickserve.contracts.booking import TicketId
from quickserve.contracts.ordering import NewOrder, OrderId, OrderList, OrderMove, OrderView
from quickserve.contracts.ordering_problems import (
    BasketChanged,
    BasketOrdered,
    IllegalTransition,
    ItemSoldOut,
    KitchenFull,
    LineNotAllowed,
    MoveOvertaken,
    NotToBePlaced,
    OrderCodeNotValid,
    OrderWithdrawn,
    OutOfReach,
    StandClosed,
    StandPaused,
    TabClosed,
    TabLimit,
    TotalChanged,
)
from quickserve.kernel.auth import anyone, services, signed_in
from quickserve.kernel.errors import (
    Forbidden,
    IdReused,
    Malformed,
    NotFound,
    Unauthenticated,
    errors,
)
from quickserve.kernel.http import json_answer
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.lane import Lean
from quickserve.kernel.service import Context, Ctx
from quickserve.ordering.commands.answer_order import confirm_order, offer_order, withdraw_order
from quickserve.ordering.commands.move_order import move_as_staff
from quickserve.ordering.commands.place_order import PlaceOrder, place_order, reserve_order
from quickserve.ordering.commands.reopen_order import reopen_order
from quickserve.ordering.reads import orders

router = APIRouter()
_PLACING = (
    NotFound, BasketChanged, BasketOrdered, StandClosed, StandPaused, ItemSoldOut, LineNotAllowed,
    OrderCodeNotValid, OutOfReach, TotalChanged, NotToBePlaced, KitchenFull, TabLimit, TabClosed,
    IdReused, OrderWithdrawn, Malformed,
)  # fmt: skip
_STAFF = (NotFound, Unauthenticated, Forbidden)


@router.put(
    "/placed-orders/{order_id}",
    response_model=OrderView,
    dependencies=[anyone],
    responses=errors(*_PLACING),
)
async def put_placed_order(order_id: OrderId, body: NewOrder, ctx: Ctx) -> Response:
    return json_answer(await _place(ctx, order_id, body))


async def _place(ctx: Context, order_id: OrderId, body: NewOrder) -> bytes:
    order = await place_order(ctx, PlaceOrder(order_id, body))
    return orders.view_of(ctx, order, []).model_dump_json().encode()


async def _move(ctx: Context, order_id: OrderId, body: OrderMove) -> bytes:
    moved = await move_as_staff(ctx, order_id, body)
    return orders.view_of(ctx, moved.order, moved.steps).model_dump_json().encode()


LANE = (
    Lean("/placed-orders/{order_id}", NewOrder, _place),
    Lean("/orders/{order_id}/state", OrderMove, _move, signed=True),
)


@router.put(
    "/orders/{order_id}",
    dependencies=[services("checkout")],
    responses=errors(*_PLACING, Unauthenticated, Forbidden),
)
async def put_order(order_id: OrderId, body: NewOrder, ctx: Ctx) -> OrderView:
    return await orders.show_order(ctx, await reserve_order(ctx, PlaceOrder(order_id, body)))


@router.put(
    "/orders/{order_id}/offer",
    dependencies=[services("checkout")],
    responses=errors(*_STAFF, IllegalTransition),
)
async def put_offer(order_id: OrderId, ctx: Ctx) -> OrderView:
    return await orders.show_order(ctx, await offer_order(ctx, order_id))


@router.put(
    "/orders/{order_id}/confirmation",
    dependencies=[services("checkout")],
    responses=errors(*_STAFF),
)
async def put_confirmation(order_id: OrderId, ctx: Ctx) -> OrderView:
    return await orders.show_order(ctx, await confirm_order(ctx, order_id))


@router.put(
    "/orders/{order_id}/withdrawal",
    status_code=204,
    dependencies=[services("checkout")],
    responses=errors(Unauthenticated, Forbidden, IllegalTransition),
)
async def put_withdrawal(order_id: OrderId, ctx: Ctx) -> Response:
    await withdraw_order(ctx, order_id)
    return Response(status_code=204)


@router.get("/orders/{order_id}", dependencies=[anyone], responses=errors(NotFound))
async def get_order(
    order_id: OrderId, key: Annotated[str, Query(max_length=100)], ctx: Ctx
) -> OrderView:
    return await orders.order_by_key(ctx, order_id, key)


@router.put(
    "/orders/{order_id}/reopening",
    dependencies=[anyone],
    responses=errors(NotFound, IllegalTransition),
)
async def put_reopening(
    order_id: OrderId, key: Annotated[str, Query(max_length=100)], ctx: Ctx
) -> OrderView:
    return await orders.show_order(ctx, await reopen_order(ctx, order_id, key))


@router.get("/staff/orders/{order_id}", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_order_as_staff(order_id: OrderId, ctx: Ctx) -> OrderView:
    return await orders.order_for_staff(ctx, order_id)


@router.get(
    "/orders/{order_id}/facts",
    dependencies=[services("checkout", "web")],
    responses=errors(*_STAFF),
)
async def get_order_facts(order_id: OrderId, ctx: Ctx) -> OrderView:
    return await orders.order_for_service(ctx, order_id)


@router.put(
    "/orders/{order_id}/state",
    response_model=OrderView,
    dependencies=[signed_in],
    responses=errors(*_STAFF, IllegalTransition, MoveOvertaken, Malformed),
)
async def put_state(order_id: OrderId, body: OrderMove, ctx: Ctx) -> Response:
    return json_answer(await _move(ctx, order_id, body))


@router.get(
    "/organisers/{organiser_id}/orders",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden),
)
async def get_orders(
    organiser_id: OrganiserId, ctx: Ctx, after: Annotated[str | None, Query(max_length=100)] = None
) -> OrderList:
    return await orders.of_organiser(ctx, organiser_id, after)


@router.get(
    "/tickets/{ticket_id}/orders",
    dependencies=[services("web")],
    responses=errors(Unauthenticated, Forbidden),
)
async def get_ticket_orders(ticket_id: TicketId, ctx: Ctx) -> OrderList:
    return await orders.of_ticket(ctx, ticket_id)
