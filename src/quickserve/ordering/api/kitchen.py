"""A stand's board for its kitchen; its orders and figures for its organiser."""

from typing import Annotated

from fastapi import APIRouter, Query

from quickserve.contracts.kitchen import KitchenBoard, StaffSteps, StandFigures
from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import OrderId, OrderList, OrderState
from quickserve.kernel.auth import signed_in
from quickserve.kernel.errors import Forbidden, Malformed, NotFound, Unauthenticated, errors
from quickserve.kernel.service import Ctx
from quickserve.ordering.reads.figures import orders_of_stand, staff_steps, stand_figures
from quickserve.ordering.reads.kitchen import kitchen_board

router = APIRouter()
_STAFF = (NotFound, Unauthenticated, Forbidden)


@router.get("/stands/{stand_id}/kitchen", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_kitchen(stand_id: StandId, ctx: Ctx) -> KitchenBoard:
    return await kitchen_board(ctx, stand_id)


@router.get("/stands/{stand_id}/figures", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_figures(stand_id: StandId, ctx: Ctx) -> StandFigures:
    return await stand_figures(ctx, stand_id)


@router.get(
    "/stands/{stand_id}/orders",
    dependencies=[signed_in],
    responses=errors(*_STAFF, Malformed),
)
async def get_stand_orders(
    stand_id: StandId,
    ctx: Ctx,
    number: Annotated[str, Query(max_length=20)] = "",
    state: Annotated[list[OrderState] | None, Query(max_length=20)] = None,
    after: Annotated[str | None, Query(max_length=100)] = None,
) -> OrderList:
    return await orders_of_stand(ctx, stand_id, number, state or [], after)


@router.get("/staff/orders/{order_id}/steps", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_staff_steps(order_id: OrderId, ctx: Ctx) -> StaffSteps:
    return await staff_steps(ctx, order_id)
