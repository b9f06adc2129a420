"""Baskets: whoever knows the id fills it."""

from typing import Annotated

from fastapi import APIRouter, Query

from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import (
    BasketId,
    BasketLineId,
    BasketView,
    LineDraft,
    NewBasket,
    SlotList,
    TicketBasket,
)
from quickserve.contracts.ordering_problems import BasketOrdered, TicketNotAccepted
from quickserve.kernel.auth import anyone
from quickserve.kernel.errors import Conflict, Malformed, NotFound, TooLarge, errors
from quickserve.kernel.service import Ctx
from quickserve.ordering.commands.change_line import put_line, remove_line
from quickserve.ordering.commands.put_basket import open_basket_of_ticket, put_basket
from quickserve.ordering.reads import baskets

router = APIRouter()


@router.put(
    "/baskets/{basket_id}",
    dependencies=[anyone],
    responses=errors(NotFound, BasketOrdered, Conflict, TicketNotAccepted, Malformed),
)
async def put_whole_basket(basket_id: BasketId, body: NewBasket, ctx: Ctx) -> BasketView:
    await put_basket(ctx, basket_id, body)
    return await baskets.show_basket(ctx, basket_id)


@router.get("/baskets/{basket_id}", dependencies=[anyone], responses=errors(NotFound))
async def get_basket(basket_id: BasketId, ctx: Ctx) -> BasketView:
    return await baskets.show_basket(ctx, basket_id)


@router.put(
    "/baskets/{basket_id}/lines/{line_id}",
    dependencies=[anyone],
    responses=errors(NotFound, BasketOrdered, TooLarge, Malformed),
)
async def put_basket_line(
    basket_id: BasketId, line_id: BasketLineId, body: LineDraft, ctx: Ctx
) -> BasketView:
    await put_line(ctx, basket_id, line_id, body)
    return await baskets.show_basket(ctx, basket_id)


@router.delete(
    "/baskets/{basket_id}/lines/{line_id}",
    dependencies=[anyone],
    responses=errors(NotFound, BasketOrdered),
)
async def delete_basket_line(basket_id: BasketId, line_id: BasketLineId, ctx: Ctx) -> BasketView:
    await remove_line(ctx, basket_id, line_id)
    return await baskets.show_basket(ctx, basket_id)


@router.post(
    "/ticket-baskets",
    dependencies=[anyone],
    responses=errors(NotFound, TicketNotAccepted, Malformed),
)
async def post_ticket_basket(body: TicketBasket, ctx: Ctx) -> BasketView:
    return await baskets.show_basket(ctx, await open_basket_of_ticket(ctx, body))


@router.get(
    "/stands/{stand_id}/slots", dependencies=[anyone], responses=errors(NotFound, Malformed)
)
async def get_slots(
    stand_id: StandId, ctx: Ctx, basket_id: Annotated[BasketId | None, Query()] = None
) -> SlotList:
    return await baskets.show_slots(ctx, stand_id, basket_id)
