"""`/order-checkouts` for buyers, who know the id they minted."""

from typing import Annotated

from fastapi import APIRouter, Query

from quickserve.checkout.commands.start_order_checkout import (
    StartOrderCheckout,
    start_order_checkout,
)
from quickserve.checkout.reads import orders
from quickserve.contracts.checkout import PaymentMethodMissing
from quickserve.contracts.order_checkout import (
    ContactEmailMissing,
    NewOrderCheckout,
    OrderCheckoutId,
    OrderCheckoutView,
)
from quickserve.contracts.ordering_problems import (
    BasketChanged,
    BasketOrdered,
    ItemSoldOut,
    KitchenFull,
    LineNotAllowed,
    OrderCodeNotValid,
    OutOfReach,
    StandClosed,
    StandPaused,
    TotalChanged,
)
from quickserve.kernel.auth import anyone
from quickserve.kernel.errors import IdReused, Malformed, NotFound, errors
from quickserve.kernel.service import Ctx

router = APIRouter()

WaitMs = Annotated[int, Query(ge=0, le=10_000)]


@router.put(
    "/order-checkouts/{checkout_id}",
    dependencies=[anyone],
    responses=errors(
        NotFound, BasketChanged, BasketOrdered, TotalChanged, PaymentMethodMissing,
        ContactEmailMissing, StandClosed, StandPaused, ItemSoldOut, LineNotAllowed, KitchenFull,
        OrderCodeNotValid, OutOfReach, IdReused, Malformed,
    ),
)  # fmt: skip
async def put_order_checkout(
    checkout_id: OrderCheckoutId, body: NewOrderCheckout, ctx: Ctx, wait_ms: WaitMs = 0
) -> OrderCheckoutView:
    """Starts it; follow it with GET, or wait. What costs nothing is ordered at once."""
    started = await start_order_checkout(ctx, StartOrderCheckout(checkout_id, body))
    return await orders.wait_for_order(ctx, checkout_id, wait_ms, orders.view_of(started))


@router.get(
    "/order-checkouts/{checkout_id}", dependencies=[anyone], responses=errors(NotFound, Malformed)
)
async def get_order_checkout(
    checkout_id: OrderCheckoutId, ctx: Ctx, wait_ms: WaitMs = 0
) -> OrderCheckoutView:
    """Waits up to `wait_ms` for it to leave `processing`."""
    return await orders.wait_for_order(ctx, checkout_id, wait_ms)
