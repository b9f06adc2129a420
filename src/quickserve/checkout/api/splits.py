"""`/splits` for the group, which knows its id; `/shares` for who pays one."""

from fastapi import APIRouter

from quickserve.checkout.commands.split_order import SplitOrder, pay_share, split_order
from quickserve.checkout.reads.splits import show_share, show_split
from quickserve.contracts.order_checkout import ContactEmailMissing
from quickserve.contracts.ordering_problems import BasketChanged, BasketOrdered, TotalChanged
from quickserve.contracts.payment import CardDeclined
from quickserve.contracts.split_payment import (
    NewSplit,
    ShareId,
    SharePayment,
    ShareView,
    SplitEnded,
    SplitId,
    SplitTooSmall,
    SplitView,
)
from quickserve.kernel.auth import anyone
from quickserve.kernel.errors import Conflict, IdReused, Malformed, NotFound, errors
from quickserve.kernel.service import Ctx

router = APIRouter()


@router.put(
    "/splits/{split_id}",
    dependencies=[anyone],
    responses=errors(
        NotFound, BasketChanged, BasketOrdered, TotalChanged, SplitTooSmall, ContactEmailMissing,
        IdReused, Malformed,
    ),
)  # fmt: skip
async def put_split(split_id: SplitId, body: NewSplit, ctx: Ctx) -> SplitView:
    await split_order(ctx, SplitOrder(split_id, body))
    return await show_split(ctx, split_id)


@router.get("/splits/{split_id}", dependencies=[anyone], responses=errors(NotFound, Malformed))
async def get_split(split_id: SplitId, ctx: Ctx) -> SplitView:
    return await show_split(ctx, split_id)


@router.put(
    "/shares/{share_id}/payment",
    dependencies=[anyone],
    responses=errors(NotFound, SplitEnded, CardDeclined, Conflict, Malformed),
)
async def put_share_payment(share_id: ShareId, body: SharePayment, ctx: Ctx) -> ShareView:
    """A repeat pays nothing twice."""
    return await show_share(ctx, share_id, await pay_share(ctx, share_id, body))
